// SPDX-License-Identifier: GPL-2.0-or-later
#include "local_layout.h"

#include <string.h>

#include "request.h"

static size_t bucket_of(const struct local_shard *shard, uint64_t mix)
{
    return (size_t)(mix & (shard->n_windows / LOCAL_WAYS - 1));
}

void local_window_prefetch_tags(const struct local_shard *shard, const struct local_place *place)
{
    __builtin_prefetch(&shard->window_tags[bucket_of(shard, place->mix)]);
}

void local_window_prefetch(const struct local_shard *shard, const struct local_place *place)
{
    const size_t bucket = bucket_of(shard, place->mix);
    const uint64_t match = local_tags_match(&shard->window_tags[bucket], local_tag(place->mix));
    if (match != 0)
        local_prefetch(&shard->windows[bucket * LOCAL_WAYS + local_way(match)],
                       sizeof(struct local_window));
}

static struct local_window *window_find(const struct local_shard *shard,
                                        const struct local_place *place)
{
    const size_t bucket = bucket_of(shard, place->mix);
    uint64_t match = local_tags_match(&shard->window_tags[bucket], local_tag(place->mix));
    for (; match != 0; match &= match - 1) {
        struct local_window *entry = &shard->windows[bucket * LOCAL_WAYS + local_way(match)];
        if (entry->used != 0 && local_key_equal(&entry->key, &place->key))
            return entry;
    }
    return NULL;
}

// A free way, or that of the least recently used entry.
static uint32_t way_for(struct local_shard *shard, size_t bucket)
{
    const struct local_window *entries = &shard->windows[bucket * LOCAL_WAYS];
    const uint64_t free = local_tags_match(&shard->window_tags[bucket], 0);
    if (free != 0)
        return local_way(free);
    uint32_t victim = 0;
    for (uint32_t i = 1; i < LOCAL_WAYS; i++) {
        if (entries[i].used < entries[victim].used)
            victim = i;
    }
    shard->stats.evicted_windows++;
    return victim;
}

static struct local_window *window_make(struct local_shard *shard, const struct local_place *place,
                                        int64_t at)
{
    const size_t bucket = bucket_of(shard, place->mix);
    const uint32_t way = way_for(shard, bucket);
    struct local_window *entry = &shard->windows[bucket * LOCAL_WAYS + way];
    *entry = (struct local_window){.key = place->key, .window = {.bucket = at}};
    local_tag_set(&shard->window_tags[bucket], way, local_tag(place->mix));
    return entry;
}

int64_t local_window_run(struct local_shard *shard, const struct local_place *place,
                         const struct fg_meter_op *op, bool add)
{
    struct local_window *entry = window_find(shard, place);
    if (entry == NULL && !add)
        return 0;
    if (entry == NULL)
        entry = window_make(shard, place, op->bucket);
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
        if (entry->used == 0 || !sound)
            memset(entry, 0, sizeof(*entry));
        local_tag_set(&shard->window_tags[i / LOCAL_WAYS], i % LOCAL_WAYS,
                      entry->used == 0 ? 0 : local_tag(local_key_mix(&entry->key)));
    }
}
