// SPDX-License-Identifier: GPL-2.0-or-later
#include "local_layout.h"

#include <string.h>

#include "request.h"

static struct local_window *bucket_of(const struct local_shard *shard, const struct local_key *key)
{
    const uint32_t n_buckets = shard->n_windows / LOCAL_WAYS;
    return &shard->windows[(size_t)(local_key_mix(key) & (n_buckets - 1)) * LOCAL_WAYS];
}

void local_window_prefetch(const struct local_shard *shard, const struct local_key *key)
{
    const char *entry = (const char *)bucket_of(shard, key);
    for (size_t at = 0; at < sizeof(struct local_window); at += 64)
        __builtin_prefetch(entry + at, 1);
}

static struct local_window *window_find(struct local_window *bucket, const struct local_key *key)
{
    for (uint32_t i = 0; i < LOCAL_WAYS; i++) {
        if (bucket[i].used != 0 && local_key_equal(&bucket[i].key, key))
            return &bucket[i];
    }
    return NULL;
}

static struct local_window *window_make(struct local_shard *shard, struct local_window *bucket,
                                        const struct local_key *key, int64_t at)
{
    struct local_window *victim = &bucket[0];
    for (uint32_t i = 1; i < LOCAL_WAYS; i++) {
        if (bucket[i].used < victim->used)
            victim = &bucket[i];
    }
    if (victim->used != 0)
        shard->stats.evicted_windows++;
    *victim = (struct local_window){.key = *key, .window = {.bucket = at}};
    return victim;
}

int64_t local_window_run(struct local_shard *shard, const struct local_key *key,
                         const struct fg_meter_op *op, bool add)
{
    struct local_window *bucket = bucket_of(shard, key);
    struct local_window *entry = window_find(bucket, key);
    if (entry == NULL && !add)
        return 0;
    if (entry == NULL)
        entry = window_make(shard, bucket, key, op->bucket);
    entry->used = shard->tick;
    if (add)
        fg_window_add(&entry->window, op->cells, op->bucket, op->amount);
    return fg_window_sum(&entry->window, op->cells, op->bucket);
}

void local_windows_repair(struct local_shard *shard)
{
    for (uint32_t i = 0; i < shard->n_windows; i++) {
        struct local_window *entry = &shard->windows[i];
        bool sound = entry->key.cells == 1 || entry->key.cells == FG_WINDOW_CELLS;
        for (uint32_t c = 0; c < FG_WINDOW_CELLS; c++)
            sound = sound && entry->window.cells[c] >= 0 && entry->window.cells[c] <= FG_AMOUNT_MAX;
        if (entry->used != 0 && !sound)
            memset(entry, 0, sizeof(*entry));
    }
}
