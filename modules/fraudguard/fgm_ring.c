// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_ring.h"

#include <stdatomic.h>
#include <string.h>

#include "core/locking.h"
#include "fg/err.h"
#include "fgm_counters.h"
#include "fgm_memory.h"

struct header {
    uint32_t kind, fixed_len, text_len[2];
};

struct fgm_ring {
    gen_lock_t lock;
    _Atomic uint32_t unsettled;
    size_t size;
    uint64_t head, read, tail; // bytes ever written, read, and dealt with
    unsigned char bytes[];
};
struct fgm_ring *fgm_records, *fgm_orders;

static struct fgm_ring *new_ring(size_t size_bytes)
{
    struct fgm_ring *ring = fgm_memory_map(sizeof *ring + size_bytes);
    if (!ring || !lock_init(&ring->lock))
        return NULL;
    ring->size = size_bytes;
    return ring;
}

int fgm_rings_init(size_t records_bytes, size_t orders_bytes)
{
    fgm_records = new_ring(records_bytes);
    fgm_orders = new_ring(orders_bytes);
    return fgm_records && fgm_orders ? FG_OK : FG_ENOMEM;
}

// Copies that wrap around the end.
static void put(struct fgm_ring *ring, const void *from, size_t len)
{
    size_t at = (size_t)(ring->head % ring->size);
    size_t first = len < ring->size - at ? len : ring->size - at;
    if (first)
        memcpy(ring->bytes + at, from, first);
    if (len > first)
        memcpy(ring->bytes, (const unsigned char *)from + first, len - first);
    ring->head += len;
}

static void get(struct fgm_ring *ring, void *to, size_t len)
{
    size_t at = (size_t)(ring->read % ring->size);
    size_t first = len < ring->size - at ? len : ring->size - at;
    memcpy(to, ring->bytes + at, first);
    if (len > first)
        memcpy((unsigned char *)to + first, ring->bytes, len - first);
    ring->read += len;
}

bool fgm_ring_push(struct fgm_ring *ring, const struct fgm_item *item)
{
    struct header header = {(uint32_t)item->kind,
                            (uint32_t)item->fixed_len,
                            {(uint32_t)item->text[0].len, (uint32_t)item->text[1].len}};
    size_t len = item->fixed_len + item->text[0].len + item->text[1].len;
    bool fits = len <= FGM_ITEM_MAX - sizeof header;

    lock_get(&ring->lock);
    fits = fits && ring->head - ring->tail + sizeof header + len <= ring->size;
    if (fits) {
        atomic_fetch_add(&ring->unsettled, 1);
        put(ring, &header, sizeof header);
        put(ring, item->fixed, item->fixed_len);
        put(ring, item->text[0].ptr, item->text[0].len);
        put(ring, item->text[1].ptr, item->text[1].len);
    }
    lock_release(&ring->lock);
    if (!fits)
        FGM_COUNT(ring_dropped);
    return fits;
}

bool fgm_ring_pop(struct fgm_ring *ring, void *buffer, struct fgm_item *item)
{
    struct header header;
    lock_get(&ring->lock);
    bool some = ring->head != ring->read;
    if (some) {
        get(ring, &header, sizeof header);
        get(ring, buffer, header.fixed_len + header.text_len[0] + header.text_len[1]);
    }
    lock_release(&ring->lock);
    if (!some)
        return false;
    char *text = (char *)buffer + header.fixed_len;
    *item = (struct fgm_item){
        .kind = (enum fgm_item_kind)header.kind,
        .fixed = buffer,
        .fixed_len = header.fixed_len,
        .text = {{text, header.text_len[0]}, {text + header.text_len[0], header.text_len[1]}},
    };
    return true;
}

void fgm_ring_free(struct fgm_ring *ring)
{
    lock_get(&ring->lock);
    ring->tail = ring->read;
    lock_release(&ring->lock);
}

void fgm_ring_rewind(struct fgm_ring *ring)
{
    lock_get(&ring->lock);
    ring->read = ring->tail;
    lock_release(&ring->lock);
}

void fgm_ring_inherit(struct fgm_ring *ring)
{
    lock_init(&ring->lock);
    ring->read = ring->tail;
}

void fgm_ring_owe(struct fgm_ring *ring)
{
    atomic_fetch_add(&ring->unsettled, 1);
}

void fgm_ring_settle(struct fgm_ring *ring)
{
    atomic_fetch_sub(&ring->unsettled, 1);
}

uint32_t fgm_ring_unsettled(const struct fgm_ring *ring)
{
    return atomic_load(&ring->unsettled);
}

size_t fgm_ring_used_bytes(struct fgm_ring *ring)
{
    lock_get(&ring->lock);
    size_t used = (size_t)(ring->head - ring->tail);
    lock_release(&ring->lock);
    return used;
}

size_t fgm_ring_size_bytes(const struct fgm_ring *ring)
{
    return ring->size;
}
