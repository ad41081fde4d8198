// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_owners.h"

#include "core/locking.h"
#include "fg/err.h"
#include "fgm_memory.h"

#define WAYS 8
// A script does not run longer; a process that died in it leaves its entry behind.
#define SCRIPT_MAX_MS INT64_C(30000)

enum state { NOBODY, IN_SCRIPT, KEPT, ENDED };

struct entry {
    struct fgm_owner owner;
    int64_t since_ms;
    enum state state;
};
struct owners {
    gen_lock_t lock;
    uint32_t n_buckets; // power of two
    struct entry *entries;
};
static struct owners *owners;

int fgm_owners_init(uint32_t n)
{
    owners = fgm_memory_map(sizeof *owners);
    if (!owners)
        return FG_ENOMEM;
    // A bucket of 8 that is a quarter full on average is full of calls once in many million.
    owners->n_buckets = 1;
    while (owners->n_buckets * (WAYS / 4) < n)
        owners->n_buckets *= 2;
    owners->entries = fgm_memory_map((size_t)owners->n_buckets * WAYS * sizeof *owners->entries);
    if (!owners->entries)
        return FG_ENOMEM;
    return lock_init(&owners->lock) ? FG_OK : FG_ENOMEM;
}

static struct entry *bucket_of(struct fg_hash128 dialog)
{
    return &owners->entries[(size_t)(dialog.hi & (owners->n_buckets - 1)) * WAYS];
}

static struct entry *find(struct fg_hash128 dialog)
{
    struct entry *bucket = bucket_of(dialog);
    for (uint32_t i = 0; i < WAYS; i++) {
        const struct fg_hash128 *own = &bucket[i].owner.dialog;
        if (bucket[i].state != NOBODY && own->lo == dialog.lo && own->hi == dialog.hi)
            return &bucket[i];
    }
    return NULL;
}

static bool is_held(const struct entry *entry, int64_t now_ms)
{
    return entry->state == KEPT ||
           (entry->state == IN_SCRIPT && now_ms - entry->since_ms < SCRIPT_MAX_MS);
}

// The place that is missed least; NULL where all are held.
static struct entry *find_room(struct fg_hash128 dialog, int64_t now_ms)
{
    struct entry *bucket = bucket_of(dialog);
    struct entry *room = NULL;
    for (uint32_t i = 0; i < WAYS; i++) {
        if (bucket[i].state == NOBODY)
            return &bucket[i];
        if (!is_held(&bucket[i], now_ms) && (!room || bucket[i].since_ms < room->since_ms))
            room = &bucket[i];
    }
    return room;
}

static enum fgm_owner_result take(const struct fgm_owner *owner, int64_t now_ms, uint64_t *before)
{
    struct entry *entry = find(owner->dialog);
    if (entry && is_held(entry, now_ms))
        return entry->owner.transaction == owner->transaction ? FGM_OWNER_SAME : FGM_OWNER_BUSY;
    if (entry && entry->state == ENDED)
        *before = entry->owner.lease; // a place that is given back twice does no harm
    if (!entry)
        entry = find_room(owner->dialog, now_ms);
    if (!entry)
        return FGM_OWNER_LOST;
    *entry = (struct entry){*owner, now_ms, IN_SCRIPT};
    return FGM_OWNER_NEW;
}

enum fgm_owner_result fgm_owners_take(const struct fgm_owner *owner, int64_t now_ms,
                                      uint64_t *before)
{
    *before = 0;
    lock_get(&owners->lock);
    enum fgm_owner_result result = take(owner, now_ms, before);
    lock_release(&owners->lock);
    return result;
}

void fgm_owners_keep(const struct fgm_owner *owner)
{
    lock_get(&owners->lock);
    struct entry *entry = find(owner->dialog);
    if (entry && entry->owner.lease == owner->lease)
        entry->state = KEPT;
    lock_release(&owners->lock);
}

void fgm_owners_end(struct fg_hash128 dialog, uint64_t lease, bool replaceable)
{
    lock_get(&owners->lock);
    struct entry *entry = find(dialog);
    if (entry && entry->owner.lease == lease) {
        entry->state = ENDED;
        if (!replaceable)
            entry->owner.lease = 0;
    }
    lock_release(&owners->lock);
}
