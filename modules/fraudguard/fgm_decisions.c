// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_decisions.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/locking.h"
#include "fg/err.h"
#include "fg/hash.h"
#include "fgm_memory.h"
#include "fgm_params.h"

#define ENTRIES 1024

struct entry {
    struct fg_hash128 call; // all zero: empty
    uint64_t position;      // in bytes ever written
    size_t len;
};
struct decisions {
    gen_lock_t lock;
    size_t size;
    uint64_t written;
    uint32_t next;
    struct entry entries[ENTRIES];
    char bytes[];
};
static struct decisions *decisions;

int fgm_decisions_init(size_t size_bytes)
{
    decisions = fgm_memory_map(sizeof *decisions + size_bytes);
    if (!decisions)
        return FG_ENOMEM;
    decisions->size = size_bytes;
    return lock_init(&decisions->lock) ? FG_OK : FG_ENOMEM;
}

static struct fg_hash128 hash_of(struct fg_view call_id)
{
    return fg_hash128(&fgm_config.hash_key, call_id.ptr, call_id.len);
}

void fgm_decisions_add(struct fg_view call_id, struct fg_view json)
{
    if (json.len == 0 || json.len > decisions->size / 4)
        return;
    struct fg_hash128 call = hash_of(call_id);
    lock_get(&decisions->lock);
    // A record never wraps: what is left at the end of the buffer stays unused.
    size_t at = (size_t)(decisions->written % decisions->size);
    if (at + json.len > decisions->size)
        decisions->written += decisions->size - at;
    struct entry *entry = &decisions->entries[decisions->next++ % ENTRIES];
    *entry = (struct entry){call, decisions->written, json.len};
    memcpy(decisions->bytes + decisions->written % decisions->size, json.ptr, json.len);
    decisions->written += json.len;
    lock_release(&decisions->lock);
}

// The newest entry of the call whose bytes have not been overwritten.
static const struct entry *find(struct fg_hash128 call)
{
    for (uint32_t i = 1; i <= ENTRIES; i++) {
        const struct entry *entry = &decisions->entries[(decisions->next - i) % ENTRIES];
        if (entry->len && entry->call.lo == call.lo && entry->call.hi == call.hi &&
            decisions->written - entry->position <= decisions->size)
            return entry;
    }
    return NULL;
}

char *fgm_decisions_find(struct fg_view call_id)
{
    struct fg_hash128 call = hash_of(call_id);
    char *copy = NULL;
    lock_get(&decisions->lock);
    const struct entry *entry = find(call);
    if (entry) {
        copy = malloc(entry->len + 1);
        if (copy) {
            memcpy(copy, decisions->bytes + entry->position % decisions->size, entry->len);
            copy[entry->len] = '\0';
        }
    }
    lock_release(&decisions->lock);
    return copy;
}
