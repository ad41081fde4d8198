// SPDX-License-Identifier: GPL-2.0-or-later
#include "backlog.h"

#include <string.h>

#include "lock.h"

struct fg_backlog {
    struct fg_lock lock;
    uint32_t size, count;
    uint64_t head; // sequence of the oldest; its place is head % size
    struct fg_backlog_stats stats;
    _Atomic uint64_t unlocked; // not taken in, because the lock was not to be had in time
    struct backlog_entry entries[];
};

size_t fg_backlog_size_bytes(uint32_t entries)
{
    return sizeof(struct fg_backlog) + (size_t)entries * sizeof(struct backlog_entry);
}

struct fg_backlog *fg_backlog_init(void *memory, uint32_t entries)
{
    struct fg_backlog *backlog = memory;
    if (memory == NULL || entries == 0)
        return NULL;
    memset(memory, 0, fg_backlog_size_bytes(entries));
    backlog->size = entries;
    return fg_lock_init(&backlog->lock) == FG_OK ? backlog : NULL;
}

static bool backlog_lock(struct fg_backlog *backlog)
{
    bool died;
    if (fg_lock_acquire(&backlog->lock, &died) != FG_OK)
        return false;
    if (backlog->size == 0) { // cannot be; the places of entries are counted modulo size
        fg_lock_release(&backlog->lock);
        return false;
    }
    // The count moves last, so an entry that was being written is not counted yet.
    if (died && backlog->count > backlog->size)
        backlog->count = 0;
    return true;
}

static bool is_kept(enum fg_op_kind kind, bool repeated)
{
    switch (kind) {
    case FG_OP_SET_PUT:
    case FG_OP_SET_DELETE:
    case FG_OP_SEEN_PUT:
    case FG_OP_BASELINE_FREEZE:
    case FG_OP_PEERS_PUT:
    case FG_OP_KNOWN_PUT:
    case FG_OP_EXPOSURE_PUT:
    case FG_OP_EXPOSURE_DELETE:
        return true;
    case FG_OP_WINDOW_ADD:
    case FG_OP_RUN_PUT:
    case FG_OP_BASELINE_ADD:
        return !repeated;
    case FG_OP_RATE_TAKE: // its time has passed: merged late it would only hold up calls of now
    case FG_OP_WINDOW_READ:
    case FG_OP_SET_READ:
    case FG_OP_SEEN_READ:
    case FG_OP_RUN_READ:
    case FG_OP_BASELINE_READ:
    case FG_OP_BASELINE_CLOSES:
    case FG_OP_PEERS_READ:
    case FG_OP_KNOWN_READ:
    case FG_OP_EXPOSURE_READ:
        break;
    }
    return false;
}

static void entry_fill(struct backlog_entry *entry, const struct fg_store_request *request,
                       bool repeated, const struct fg_hash128 *key)
{
    entry->n_ops = 0;
    entry->now_ms = request->now_ms;
    entry->has_key = key != NULL;
    entry->key = key == NULL ? (struct fg_hash128){0, 0} : *key;
    memset(entry->customer, 0, sizeof(entry->customer));
    memcpy(entry->customer, request->customer, strlen(request->customer));
    for (uint32_t i = 0; i < request->n_ops; i++) {
        if (is_kept(request->ops[i].kind, repeated))
            entry->ops[entry->n_ops++] = request->ops[i];
    }
}

static bool changes_anything(const struct fg_store_request *request, bool repeated)
{
    for (uint32_t i = 0; i < request->n_ops; i++) {
        if (is_kept(request->ops[i].kind, repeated))
            return true;
    }
    return false;
}

void backlog_add(struct fg_backlog *backlog, const struct fg_store_request *request, bool repeated,
                 const struct fg_hash128 *key)
{
    if (!changes_anything(request, repeated))
        return;
    if (!backlog_lock(backlog)) {
        backlog->unlocked++;
        return;
    }
    if (backlog->count == backlog->size) {
        backlog->head++;
        backlog->count--;
        backlog->stats.overflowed++;
    }
    const uint64_t sequence = backlog->head + backlog->count;
    struct backlog_entry *entry = &backlog->entries[sequence % backlog->size];
    entry_fill(entry, request, repeated, key);
    entry->sequence = sequence;
    backlog->stats.added++;
    backlog->count++;
    fg_lock_release(&backlog->lock);
}

bool backlog_oldest(struct fg_backlog *backlog, struct backlog_entry *out)
{
    if (!backlog_lock(backlog))
        return false;
    const bool any = backlog->count > 0;
    if (any)
        *out = backlog->entries[backlog->head % backlog->size];
    fg_lock_release(&backlog->lock);
    return any;
}

void backlog_remove(struct fg_backlog *backlog, uint64_t sequence, bool merged)
{
    if (!backlog_lock(backlog))
        return;
    if (backlog->count > 0 && backlog->head == sequence) {
        backlog->head++;
        backlog->count--;
        if (merged)
            backlog->stats.merged++;
        else
            backlog->stats.refused++;
    }
    fg_lock_release(&backlog->lock);
}

void backlog_defer(struct fg_backlog *backlog, uint64_t sequence)
{
    if (!backlog_lock(backlog))
        return;
    if (backlog->count > 0 && backlog->head == sequence) {
        const uint64_t last = sequence + backlog->count;
        struct backlog_entry *to = &backlog->entries[last % backlog->size];
        const struct backlog_entry *from = &backlog->entries[sequence % backlog->size];
        if (to != from) // the ring is full
            *to = *from;
        to->sequence = last;
        backlog->head++;
    }
    fg_lock_release(&backlog->lock);
}

void fg_backlog_stats(struct fg_backlog *backlog, struct fg_backlog_stats *out)
{
    *out = (struct fg_backlog_stats){0};
    if (!backlog_lock(backlog))
        return;
    *out = backlog->stats;
    out->overflowed += backlog->unlocked;
    out->pending = backlog->count;
    fg_lock_release(&backlog->lock);
}
