// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_outage.h"

#include <errno.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "fg/store.h"
#include "fgm_allowances.h"
#include "fgm_clock.h"
#include "fgm_counters.h"
#include "fgm_log.h"
#include "fgm_memory.h"
#include "fgm_params.h"
#include "fgm_ring.h"
#include "fgm_spool.h"
#include "fgm_stores.h"

#define MIB ((size_t)1048576)

static struct fgm_spool *spool;
static _Atomic size_t *waiting_bytes; // shared, for those who look
static unsigned char packed[FGM_ITEM_MAX];
static bool failing; // told once

static void note_size(void)
{
    atomic_store_explicit(waiting_bytes, fgm_spool_waiting_bytes(spool), memory_order_relaxed);
}

// What was in force when the last process stopped, and is not in Redis yet.
static void apply(const struct fgm_item *item)
{
    const struct fgm_item_hold *hold = item->fixed;
    const struct fgm_item_allowance *allowance = item->fixed;
    struct fg_allowance removed;
    int64_t now_ms = fgm_now_ms();
    switch (item->kind) {
    case FGM_ITEM_HOLD:
        if (hold->hold.until_ms > now_ms)
            fg_local_hold_set(fgm_local(), hold->customer, &hold->hold);
        break;
    case FGM_ITEM_HOLD_RELEASE:
        (void)fg_local_hold_release(fgm_local(), hold->customer, hold->hold.scope,
                                    hold->hold.value);
        break;
    case FGM_ITEM_ALLOW:
        (void)fgm_allowances_set(allowance->customer, &allowance->allowance, now_ms);
        break;
    case FGM_ITEM_DISALLOW:
        (void)fgm_allowances_remove(allowance->customer, allowance->allowance.id, &removed);
        break;
    default:
        break;
    }
}

static void look_through(void)
{
    static alignas(max_align_t) unsigned char buffer[FGM_ITEM_MAX];
    struct fgm_item item;
    size_t n = 0;
    while (fgm_outage_next(buffer, &item)) {
        apply(&item);
        if (item.kind != FGM_ITEM_EVENT)
            fgm_ring_owe(fgm_orders);
        n++;
    }
    fgm_outage_rewind();
    if (n)
        fgm_notice("%zu records of before the restart wait for Redis", n);
}

static int open_spool(char *path, size_t size)
{
    size_t lost = 0;
    bool set_aside = false;
    snprintf(path, size, "%s/spool", fgm_config.state_dir);
    int error =
        fgm_spool_open_afresh(path, &fgm_config.hash_key, FGM_ITEM_LAYOUT,
                              (size_t)fgm_params.spool_mib * MIB, &spool, &lost, &set_aside);
    if (set_aside)
        fgm_warn("%s is damaged, or no file of this module: it is kept as %s" FGM_SPOOL_ASIDE
                 ", and what waited for Redis in it is lost",
                 path, path);
    if (error == FG_OK && lost)
        fgm_warn("%s: %zu bytes at its end are damaged, or of another version: dropped", path,
                 lost);
    return error;
}

int fgm_outage_open(void)
{
    char path[512];
    waiting_bytes = fgm_memory_map(sizeof *waiting_bytes);
    if (!waiting_bytes) {
        fgm_error("out of memory");
        return -1;
    }
    if (!fgm_config.state_dir || !fgm_config.has_redis)
        return 0;
    int error = open_spool(path, sizeof path);
    if (error < 0) {
        fgm_error("%s cannot be used: %s", path,
                  error == FG_EIO ? strerror(errno) : fg_strerror(error));
        return -1;
    }
    look_through();
    note_size();
    return 0;
}

bool fgm_outage_keeps(void)
{
    return spool != NULL;
}

bool fgm_outage_waits(void)
{
    return spool && fgm_spool_waiting_bytes(spool) > 0;
}

size_t fgm_outage_waiting_bytes(void)
{
    return atomic_load_explicit(waiting_bytes, memory_order_relaxed);
}

bool fgm_outage_put(const struct fgm_item *item)
{
    size_t len = spool ? fgm_item_pack(item, packed, sizeof packed) : 0;
    if (len == 0)
        return false;
    int error = fgm_spool_put(spool, (uint32_t)item->kind, (struct fg_view){(char *)packed, len});
    note_size();
    if (error < 0) {
        FGM_COUNT(spool_dropped);
        if (!failing)
            fgm_error("the spool takes no more: %s",
                      error == FG_EIO ? strerror(errno) : fg_strerror(error));
        failing = true;
        return false;
    }
    failing = false;
    FGM_COUNT(spooled);
    return true;
}

bool fgm_outage_next(void *buffer, struct fgm_item *item)
{
    struct fgm_journal_record record;
    while (spool && fgm_spool_next(spool, &record)) {
        if (fgm_item_unpack(record.kind, record.bytes, buffer, item))
            return true;
        FGM_COUNT(spool_dropped); // ours by its check, and yet nothing we know: passed over
    }
    return false;
}

void fgm_outage_settle(void)
{
    fgm_spool_settle(spool);
    note_size();
}

void fgm_outage_settle_but_last(void)
{
    fgm_spool_settle_but_last(spool);
    note_size();
}

void fgm_outage_rewind(void)
{
    if (spool)
        fgm_spool_rewind(spool);
}

static void keep_ring(struct fgm_ring *ring)
{
    static alignas(max_align_t) unsigned char buffer[FGM_ITEM_MAX];
    struct fgm_item item;
    fgm_ring_inherit(ring);
    while (fgm_ring_pop(ring, buffer, &item)) {
        if (item.kind != FGM_ITEM_LEASES)
            (void)fgm_outage_put(&item);
    }
}

void fgm_outage_keep_rings(void)
{
    char path[512];
    if (!spool)
        return;
    // What the writer did with the file is known to the file alone.
    fgm_spool_close(spool);
    spool = NULL;
    if (open_spool(path, sizeof path) < 0) {
        spool = NULL;
        return;
    }
    keep_ring(fgm_orders);
    keep_ring(fgm_records);
}
