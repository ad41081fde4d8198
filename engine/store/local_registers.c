// SPDX-License-Identifier: GPL-2.0-or-later
// Registers in tables of entries of six sizes: what was first seen and rates, runs, baselines,
// peers, who is known, exposures.
// The arithmetic is the core's.
#include "local_layout.h"

#include <string.h>

#include "fg/rate.h"
#include "request.h"

struct table {
    unsigned char *entries; // each begins with a struct local_register
    struct local_tags *tags;
    uint32_t n;
    size_t entry_bytes;
};

static struct table table_of(const struct local_shard *shard, uint8_t kind)
{
    if (kind == FG_REGISTER_BASELINE)
        return (struct table){(unsigned char *)shard->baselines, shard->baseline_tags,
                              shard->n_baselines, sizeof(struct local_baseline)};
    if (kind == FG_REGISTER_PEERS)
        return (struct table){(unsigned char *)shard->peers, shard->peers_tags, shard->n_peers,
                              sizeof(struct local_peers)};
    if (kind == FG_REGISTER_RUN)
        return (struct table){(unsigned char *)shard->runs, shard->runs_tags, shard->n_runs,
                              sizeof(struct local_runs)};
    if (kind == FG_REGISTER_KNOWN)
        return (struct table){(unsigned char *)shard->known, shard->known_tags, shard->n_known,
                              sizeof(struct local_known)};
    if (kind == FG_REGISTER_EXPOSURE)
        return (struct table){(unsigned char *)shard->exposures, shard->exposure_tags,
                              shard->n_exposures, sizeof(struct local_exposure)};
    return (struct table){(unsigned char *)shard->small, shard->small_tags, shard->n_small,
                          sizeof(struct local_small)};
}

static size_t bucket_of(const struct table *table, uint64_t mix)
{
    return (size_t)(mix & (table->n / LOCAL_WAYS - 1));
}

static struct local_register *entry_at(const struct table *table, size_t bucket, uint32_t way)
{
    const size_t at = bucket * LOCAL_WAYS + way;
    return (struct local_register *)(void *)(table->entries + at * table->entry_bytes);
}

void local_register_prefetch_tags(const struct local_shard *shard, const struct local_place *place)
{
    const struct table table = table_of(shard, place->key.cells);
    __builtin_prefetch(&table.tags[bucket_of(&table, place->mix)]);
}

void local_register_prefetch(const struct local_shard *shard, const struct local_place *place)
{
    const struct table table = table_of(shard, place->key.cells);
    const size_t bucket = bucket_of(&table, place->mix);
    const uint64_t match = local_tags_match(&table.tags[bucket], local_tag(place->mix));
    if (match != 0)
        local_prefetch(entry_at(&table, bucket, local_way(match)), sizeof(struct local_small));
}

// A free way, or that of the least recently used register.
static uint32_t way_for(struct local_shard *shard, const struct table *table, size_t bucket)
{
    const uint64_t free = local_tags_match(&table->tags[bucket], 0);
    if (free != 0)
        return local_way(free);
    uint32_t victim = 0;
    for (uint32_t i = 1; i < LOCAL_WAYS; i++) {
        if (entry_at(table, bucket, i)->used < entry_at(table, bucket, victim)->used)
            victim = i;
    }
    shard->stats.evicted_registers++;
    return victim;
}

// The register of a place, made in place of the least recently used one when make is set; else NULL
// where there is none.
static void *register_find(struct local_shard *shard, const struct local_place *place, bool make)
{
    const struct table table = table_of(shard, place->key.cells);
    const size_t bucket = bucket_of(&table, place->mix);
    const uint8_t tag = local_tag(place->mix);
    uint64_t match = local_tags_match(&table.tags[bucket], tag);
    for (; match != 0; match &= match - 1) {
        struct local_register *entry = entry_at(&table, bucket, local_way(match));
        if (entry->used != 0 && local_key_equal(&entry->key, &place->key)) {
            entry->used = shard->tick;
            return entry;
        }
    }
    if (!make)
        return NULL;
    const uint32_t way = way_for(shard, &table, bucket);
    struct local_register *made = entry_at(&table, bucket, way);
    memset(made, 0, table.entry_bytes);
    made->key = place->key;
    made->used = shard->tick;
    local_tag_set(&table.tags[bucket], way, tag);
    return made;
}

static int64_t seen_run(struct local_shard *shard, const struct local_place *place,
                        const struct fg_meter_op *op, int64_t now_ms, bool repeated)
{
    const bool put = op->kind == FG_OP_SEEN_PUT;
    const int64_t now_s = now_ms / FG_MS_PER_S;
    struct local_small *entry = register_find(shard, place, put);
    if (entry == NULL)
        return -1;
    return put ? fg_first_seen_put(&entry->seen, now_s, fg_store_ttl_s(op->ttl_ms), repeated)
               : fg_first_seen_read(&entry->seen, now_s);
}

static int64_t runs_run(struct local_shard *shard, const struct local_place *place,
                        const struct fg_meter_op *op, int64_t now_ms, bool repeated)
{
    const bool put = op->kind == FG_OP_RUN_PUT && !repeated;
    const int64_t now_s = now_ms / FG_MS_PER_S;
    struct local_runs *entry = register_find(shard, place, put);
    if (entry == NULL)
        return 0;
    return put ? fg_runs_put(&entry->runs, op->amount, now_s, fg_store_ttl_s(op->ttl_ms))
               : fg_runs_longest(&entry->runs, now_s);
}

static int64_t rate_run(struct local_shard *shard, const struct local_place *place,
                        const struct fg_meter_op *op, int64_t now_ms, bool repeated)
{
    if (repeated)
        return 1;
    struct local_small *entry = register_find(shard, place, true);
    return fg_rate_take(&entry->arrival_us, now_ms * 1000, op->interval_us, op->burst);
}

static int64_t baseline_run(struct local_shard *shard, const struct local_place *place,
                            const struct fg_meter_op *op, bool repeated)
{
    const bool add = op->kind == FG_OP_BASELINE_ADD && !repeated;
    const bool freeze = op->kind == FG_OP_BASELINE_FREEZE;
    struct local_baseline *entry = register_find(shard, place, add || freeze);
    if (entry == NULL)
        return -1;
    if (op->kind == FG_OP_BASELINE_CLOSES)
        return fg_baseline_closes(&entry->baseline, op->bucket);
    const int64_t value = op->trend ? fg_baseline_trend(&entry->baseline, op->bucket)
                                    : fg_baseline_usual(&entry->baseline, op->bucket);
    if (add)
        fg_baseline_add(&entry->baseline, op->bucket, op->amount, op->start);
    else if (freeze)
        fg_baseline_freeze(&entry->baseline, op->bucket);
    return value;
}

static int64_t peers_run(struct local_shard *shard, const struct local_place *place,
                         const struct fg_meter_op *op)
{
    const bool put = op->kind == FG_OP_PEERS_PUT;
    struct local_peers *entry = register_find(shard, place, put);
    if (entry == NULL)
        return -1;
    const int64_t value = fg_peers_read(&entry->peers, op->bucket);
    if (put)
        fg_peers_put(&entry->peers, &(struct fg_peers_vote){.member = op->member,
                                                            .hour = op->bucket,
                                                            .level = (uint8_t)(op->amount % 256),
                                                            .since = (uint8_t)(op->amount / 256)});
    return value;
}

static int64_t known_run(struct local_shard *shard, const struct local_place *place,
                         const struct fg_meter_op *op)
{
    const bool put = op->kind == FG_OP_KNOWN_PUT;
    const uint16_t tag = (uint16_t)op->member;
    struct local_known *entry = register_find(shard, place, put);
    if (entry == NULL)
        return -1;
    return put ? fg_known_put(&entry->known, op->bucket, tag)
               : fg_known_read(&entry->known, op->bucket, tag);
}

static int64_t exposure_run(struct local_shard *shard, const struct local_place *place,
                            const struct fg_meter_op *op, int64_t now_ms)
{
    const bool put = op->kind == FG_OP_EXPOSURE_PUT;
    struct local_exposure *entry = register_find(shard, place, put);
    if (entry == NULL)
        return 0;
    if (put)
        return fg_exposure_put(&entry->exposure,
                               &(struct fg_exposure_lease){op->member, op->expiry_ms, op->amount},
                               now_ms);
    return op->kind == FG_OP_EXPOSURE_DELETE
               ? fg_exposure_delete(&entry->exposure, op->member, now_ms)
               : fg_exposure_read(&entry->exposure, now_ms);
}

int64_t local_register_run(struct local_shard *shard, const struct local_place *place,
                           const struct fg_meter_op *op, int64_t now_ms, bool repeated)
{
    switch (fg_register_of(op->kind)) {
    case FG_REGISTER_SEEN:
        return seen_run(shard, place, op, now_ms, repeated);
    case FG_REGISTER_RUN:
        return runs_run(shard, place, op, now_ms, repeated);
    case FG_REGISTER_RATE:
        return rate_run(shard, place, op, now_ms, repeated);
    case FG_REGISTER_BASELINE:
        return baseline_run(shard, place, op, repeated);
    case FG_REGISTER_PEERS:
        return peers_run(shard, place, op);
    case FG_REGISTER_KNOWN:
        return known_run(shard, place, op);
    case FG_REGISTER_EXPOSURE:
        return exposure_run(shard, place, op, now_ms);
    case FG_REGISTER_NONE:
        break;
    }
    return 0;
}

static void tags_repair(const struct table *table)
{
    for (uint32_t i = 0; i < table->n; i++) {
        const struct local_register *entry = entry_at(table, i / LOCAL_WAYS, i % LOCAL_WAYS);
        local_tag_set(&table->tags[i / LOCAL_WAYS], i % LOCAL_WAYS,
                      entry->used == 0 ? 0 : local_tag(local_key_mix(&entry->key)));
    }
}

// Counts that would lead outside.
static void bounded_repair(struct local_shard *shard)
{
    for (uint32_t i = 0; i < shard->n_peers; i++) {
        if (shard->peers[i].peers.n > FG_PEERS_MAX)
            memset(&shard->peers[i], 0, sizeof(shard->peers[i]));
    }
    for (uint32_t i = 0; i < shard->n_known; i++) {
        if (shard->known[i].known.n > FG_KNOWN_MEMBERS)
            memset(&shard->known[i], 0, sizeof(shard->known[i]));
    }
    for (uint32_t i = 0; i < shard->n_exposures; i++) {
        if (shard->exposures[i].exposure.n > FG_EXPOSURE_LEASES)
            memset(&shard->exposures[i], 0, sizeof(shard->exposures[i]));
    }
}

void local_registers_repair(struct local_shard *shard)
{
    // Small registers and runs have no state that could not be; their next use mends them.
    for (uint32_t i = 0; i < shard->n_baselines; i++) {
        struct local_baseline *entry = &shard->baselines[i];
        bool sound = entry->baseline.amount >= 0 && entry->baseline.amount <= FG_BASELINE_MAX;
        for (uint32_t k = 0; k < FG_BASELINE_HOURS; k++)
            sound = sound && entry->baseline.means[k] >= 0 &&
                    entry->baseline.means[k] <= FG_BASELINE_MAX;
        for (uint32_t k = 0; k < FG_BASELINE_WEEKS; k++)
            sound =
                sound && entry->baseline.sums[k] >= 0 && entry->baseline.sums[k] <= FG_BASELINE_MAX;
        if (entry->head.used != 0 && !sound)
            memset(entry, 0, sizeof(*entry));
    }
    bounded_repair(shard);
    for (int kind = FG_REGISTER_SEEN; kind <= FG_REGISTER_EXPOSURE; kind++) {
        const struct table table = table_of(shard, (uint8_t)kind);
        tags_repair(&table);
    }
}
