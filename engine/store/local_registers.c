// SPDX-License-Identifier: GPL-2.0-or-later
// Registers in tables of entries of three sizes: what was first seen and rates, runs, baselines.
// The arithmetic is the core's.
#include "local_layout.h"

#include <string.h>

#include "fg/rate.h"
#include "request.h"

struct table {
    unsigned char *entries; // each begins with a struct local_register
    uint32_t n;
    size_t entry_bytes;
};

static struct table table_of(const struct local_shard *shard, uint8_t kind)
{
    if (kind == FG_REGISTER_BASELINE)
        return (struct table){(unsigned char *)shard->baselines, shard->n_baselines,
                              sizeof(struct local_baseline)};
    if (kind == FG_REGISTER_RUN)
        return (struct table){(unsigned char *)shard->runs, shard->n_runs,
                              sizeof(struct local_runs)};
    return (struct table){(unsigned char *)shard->small, shard->n_small,
                          sizeof(struct local_small)};
}

static unsigned char *bucket_of(const struct table *table, const struct local_key *key)
{
    const uint32_t n_buckets = table->n / LOCAL_WAYS;
    const size_t at = (size_t)(local_key_mix(key) & (n_buckets - 1)) * LOCAL_WAYS;
    return table->entries + at * table->entry_bytes;
}

void local_register_prefetch(const struct local_shard *shard, const struct local_key *key)
{
    const struct table table = table_of(shard, key->cells);
    __builtin_prefetch(bucket_of(&table, key), 1);
}

// The register of key, made in place of the least recently used one when make is set; else NULL
// where there is none.
static void *register_find(struct local_shard *shard, const struct local_key *key, bool make)
{
    const struct table table = table_of(shard, key->cells);
    unsigned char *bucket = bucket_of(&table, key);
    struct local_register *victim = (struct local_register *)(void *)bucket;
    for (uint32_t i = 0; i < LOCAL_WAYS; i++) {
        struct local_register *entry =
            (struct local_register *)(void *)(bucket + i * table.entry_bytes);
        if (entry->used != 0 && local_key_equal(&entry->key, key)) {
            entry->used = shard->tick;
            return entry;
        }
        if (entry->used < victim->used)
            victim = entry;
    }
    if (!make)
        return NULL;
    if (victim->used != 0)
        shard->stats.evicted_registers++;
    memset(victim, 0, table.entry_bytes);
    victim->key = *key;
    victim->used = shard->tick;
    return victim;
}

static int64_t seen_run(struct local_shard *shard, const struct local_key *key,
                        const struct fg_meter_op *op, int64_t now_ms, bool repeated)
{
    const bool put = op->kind == FG_OP_SEEN_PUT;
    const int64_t now_s = now_ms / FG_MS_PER_S;
    struct local_small *entry = register_find(shard, key, put);
    if (entry == NULL)
        return -1;
    return put ? fg_first_seen_put(&entry->seen, now_s, fg_store_ttl_s(op->ttl_ms), repeated)
               : fg_first_seen_read(&entry->seen, now_s);
}

static int64_t runs_run(struct local_shard *shard, const struct local_key *key,
                        const struct fg_meter_op *op, int64_t now_ms, bool repeated)
{
    const bool put = op->kind == FG_OP_RUN_PUT && !repeated;
    const int64_t now_s = now_ms / FG_MS_PER_S;
    struct local_runs *entry = register_find(shard, key, put);
    if (entry == NULL)
        return 0;
    return put ? fg_runs_put(&entry->runs, op->amount, now_s, fg_store_ttl_s(op->ttl_ms))
               : fg_runs_longest(&entry->runs, now_s);
}

static int64_t rate_run(struct local_shard *shard, const struct local_key *key,
                        const struct fg_meter_op *op, int64_t now_ms, bool repeated)
{
    if (repeated)
        return 1;
    struct local_small *entry = register_find(shard, key, true);
    return fg_rate_take(&entry->arrival_us, now_ms * 1000, op->interval_us, op->burst);
}

static int64_t baseline_run(struct local_shard *shard, const struct local_key *key,
                            const struct fg_meter_op *op, bool repeated)
{
    const bool add = op->kind == FG_OP_BASELINE_ADD && !repeated;
    const bool freeze = op->kind == FG_OP_BASELINE_FREEZE;
    struct local_baseline *entry = register_find(shard, key, add || freeze);
    if (entry == NULL)
        return -1;
    const int64_t value = op->trend ? fg_baseline_trend(&entry->baseline, op->bucket)
                                    : fg_baseline_usual(&entry->baseline, op->bucket);
    if (add)
        fg_baseline_add(&entry->baseline, op->bucket, op->amount, op->start);
    else if (freeze)
        fg_baseline_freeze(&entry->baseline, op->bucket);
    return value;
}

int64_t local_register_run(struct local_shard *shard, const struct local_key *key,
                           const struct fg_meter_op *op, int64_t now_ms, bool repeated)
{
    switch (fg_register_of(op->kind)) {
    case FG_REGISTER_SEEN:
        return seen_run(shard, key, op, now_ms, repeated);
    case FG_REGISTER_RUN:
        return runs_run(shard, key, op, now_ms, repeated);
    case FG_REGISTER_RATE:
        return rate_run(shard, key, op, now_ms, repeated);
    case FG_REGISTER_BASELINE:
        return baseline_run(shard, key, op, repeated);
    case FG_REGISTER_NONE:
        break;
    }
    return 0;
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
}
