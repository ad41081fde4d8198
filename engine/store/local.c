// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "fg/hash.h"
#include "local_layout.h"
#include "request.h"

#define LOCAL_ALIGN       64
#define LOCAL_ENTRIES_MAX (UINT32_C(1) << 26)
// Sets that may be large at once: a sixteenth of all, and at least this many in a shard.
#define LOCAL_LARGE_PART     16
#define LOCAL_LARGE_MIN      2
#define LOCAL_RUNS_PART      8 // of the registers
#define LOCAL_BASELINES_PART 16
#define LOCAL_KNOWN_PART     2
#define LOCAL_EXPOSURES_PART 16
#define LOCAL_PEERS          LOCAL_WAYS // of a shard: one for each meter and profile

struct layout {
    uint32_t n_shards, windows, sets, large, calls; // of a shard
    uint32_t small, runs, baselines, known, exposures;
    uint32_t hold_slots;
    size_t shards_at, windows_at, sets_at, large_at, calls_at, small_at, runs_at, baselines_at;
    size_t peers_at, peers_tags_at, known_at, known_tags_at, exposures_at, exposure_tags_at;
    size_t window_tags_at, set_tags_at, small_tags_at, runs_tags_at, baseline_tags_at;
    size_t holds_at, end;
};

void fg_local_config_default(struct fg_local_config *config)
{
    *config = (struct fg_local_config){.windows = 1U << 17,
                                       .sets = 1U << 14,
                                       .calls = 1U << 15,
                                       .holds = 4096,
                                       .registers = 1U << 15};
}

static bool power_of_two(uint32_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

static bool size_fits(uint32_t n)
{
    return power_of_two(n) && n >= LOCAL_WAYS && n <= LOCAL_ENTRIES_MAX;
}

static size_t append(size_t *at, size_t count, size_t size)
{
    const size_t here = *at;
    *at = (here + count * size + LOCAL_ALIGN - 1) & ~(size_t)(LOCAL_ALIGN - 1);
    return here;
}

static size_t append_tags(size_t *at, uint32_t entries)
{
    return append(at, entries / LOCAL_WAYS, sizeof(struct local_tags));
}

// A part of a power of two, but a bucket at least.
static uint32_t part_of(uint32_t n, uint32_t part)
{
    return n / part > LOCAL_WAYS ? n / part : LOCAL_WAYS;
}

static bool layout_of(const struct fg_local_config *config, struct layout *out)
{
    if (!size_fits(config->windows) || !size_fits(config->sets) || !size_fits(config->calls) ||
        !size_fits(config->registers) || config->holds == 0 ||
        config->holds > LOCAL_ENTRIES_MAX / 4)
        return false;
    uint32_t least = config->windows < config->sets ? config->windows : config->sets;
    least = least < config->calls ? least : config->calls;
    least = least < config->registers ? least : config->registers;
    uint32_t shards = 1;
    // Shards keep at least eight buckets each, so that one busy customer finds room in its own.
    while (shards < LOCAL_SHARDS_MAX && shards * LOCAL_WAYS * 8 < least)
        shards *= 2;
    *out = (struct layout){.n_shards = shards,
                           .windows = config->windows / shards,
                           .sets = config->sets / shards,
                           .calls = config->calls / shards};
    out->large = out->sets / LOCAL_LARGE_PART;
    if (out->large < LOCAL_LARGE_MIN)
        out->large = LOCAL_LARGE_MIN;
    out->small = config->registers / shards;
    out->runs = part_of(out->small, LOCAL_RUNS_PART);
    out->baselines = part_of(out->small, LOCAL_BASELINES_PART);
    out->known = part_of(out->small, LOCAL_KNOWN_PART);
    out->exposures = part_of(out->small, LOCAL_EXPOSURES_PART);
    out->hold_slots = LOCAL_HOLD_PROBES;
    while (out->hold_slots < config->holds * 2)
        out->hold_slots *= 2;

    size_t at = 0;
    append(&at, 1, sizeof(struct fg_local));
    out->shards_at = append(&at, shards, sizeof(struct local_shard));
    out->windows_at = append(&at, config->windows, sizeof(struct local_window));
    out->sets_at = append(&at, config->sets, sizeof(struct local_set));
    out->large_at = append(&at, (size_t)out->large * shards, sizeof(struct local_large));
    out->calls_at = append(&at, config->calls, sizeof(struct local_call));
    out->small_at = append(&at, config->registers, sizeof(struct local_small));
    out->runs_at = append(&at, (size_t)out->runs * shards, sizeof(struct local_runs));
    out->baselines_at = append(&at, (size_t)out->baselines * shards, sizeof(struct local_baseline));
    out->peers_at = append(&at, (size_t)LOCAL_PEERS * shards, sizeof(struct local_peers));
    out->known_at = append(&at, (size_t)out->known * shards, sizeof(struct local_known));
    out->exposures_at = append(&at, (size_t)out->exposures * shards, sizeof(struct local_exposure));
    out->window_tags_at = append_tags(&at, config->windows);
    out->set_tags_at = append_tags(&at, config->sets);
    out->small_tags_at = append_tags(&at, config->registers);
    out->runs_tags_at = append_tags(&at, out->runs * shards);
    out->baseline_tags_at = append_tags(&at, out->baselines * shards);
    out->peers_tags_at = append_tags(&at, LOCAL_PEERS * shards);
    out->known_tags_at = append_tags(&at, out->known * shards);
    out->exposure_tags_at = append_tags(&at, out->exposures * shards);
    out->holds_at = append(&at, out->hold_slots, sizeof(struct local_hold));
    out->end = at;
    return true;
}

size_t fg_local_size_bytes(const struct fg_local_config *config)
{
    struct layout layout;
    return layout_of(config, &layout) ? layout.end : 0;
}

// Those of a shard that has so many entries.
static struct local_tags *tags_of(unsigned char *all, size_t shard, uint32_t entries)
{
    return (struct local_tags *)(void *)all + shard * (entries / LOCAL_WAYS);
}

static int shard_init(struct local_shard *shard, const struct layout *layout, unsigned char *base,
                      size_t i)
{
    shard->n_windows = layout->windows;
    shard->n_sets = layout->sets;
    shard->n_large = layout->large;
    shard->n_calls = layout->calls;
    shard->n_small = layout->small;
    shard->n_runs = layout->runs;
    shard->n_baselines = layout->baselines;
    shard->n_peers = LOCAL_PEERS;
    shard->n_known = layout->known;
    shard->n_exposures = layout->exposures;
    shard->windows =
        (struct local_window *)(void *)(base + layout->windows_at) + i * layout->windows;
    shard->sets = (struct local_set *)(void *)(base + layout->sets_at) + i * layout->sets;
    shard->large = (struct local_large *)(void *)(base + layout->large_at) + i * layout->large;
    shard->calls = (struct local_call *)(void *)(base + layout->calls_at) + i * layout->calls;
    shard->small = (struct local_small *)(void *)(base + layout->small_at) + i * layout->small;
    shard->runs = (struct local_runs *)(void *)(base + layout->runs_at) + i * layout->runs;
    shard->baselines =
        (struct local_baseline *)(void *)(base + layout->baselines_at) + i * layout->baselines;
    shard->peers = (struct local_peers *)(void *)(base + layout->peers_at) + i * LOCAL_PEERS;
    shard->known = (struct local_known *)(void *)(base + layout->known_at) + i * layout->known;
    shard->exposures =
        (struct local_exposure *)(void *)(base + layout->exposures_at) + i * layout->exposures;
    shard->window_tags = tags_of(base + layout->window_tags_at, i, layout->windows);
    shard->set_tags = tags_of(base + layout->set_tags_at, i, layout->sets);
    shard->small_tags = tags_of(base + layout->small_tags_at, i, layout->small);
    shard->runs_tags = tags_of(base + layout->runs_tags_at, i, layout->runs);
    shard->baseline_tags = tags_of(base + layout->baseline_tags_at, i, layout->baselines);
    shard->peers_tags = tags_of(base + layout->peers_tags_at, i, LOCAL_PEERS);
    shard->known_tags = tags_of(base + layout->known_tags_at, i, layout->known);
    shard->exposure_tags = tags_of(base + layout->exposure_tags_at, i, layout->exposures);
    return fg_lock_init(&shard->lock);
}

struct fg_local *fg_local_init(void *memory, const struct fg_local_config *config)
{
    struct layout layout;
    if (memory == NULL || (uintptr_t)memory % LOCAL_ALIGN != 0 || !layout_of(config, &layout))
        return NULL;
    memset(memory, 0, layout.end);
    return fg_local_init_zeroed(memory, config);
}

struct fg_local *fg_local_init_zeroed(void *memory, const struct fg_local_config *config)
{
    struct layout layout;
    if (memory == NULL || (uintptr_t)memory % LOCAL_ALIGN != 0 || !layout_of(config, &layout))
        return NULL;
    unsigned char *base = memory;
    struct fg_local *local = memory;
    local->n_shards = layout.n_shards;
    local->shards = (struct local_shard *)(void *)(base + layout.shards_at);
    for (uint32_t i = 0; i < layout.n_shards; i++) {
        if (shard_init(&local->shards[i], &layout, base, i) != FG_OK)
            return NULL;
    }
    local->holds.limit = config->holds;
    local->holds.n_slots = layout.hold_slots;
    local->holds.slots = (struct local_hold *)(void *)(base + layout.holds_at);
    return fg_lock_init(&local->holds.lock) == FG_OK ? local : NULL;
}

void local_customer_key(const char *customer, struct local_key *key)
{
    // Ids come from the provider's own file, so the hash spreads them and need not be secret.
    static const struct fg_hash_key spread = {{'f', 'g', '-', 'l', 'o', 'c', 'a', 'l'}};
    const struct fg_hash128 hash = fg_hash128(&spread, customer, strlen(customer));
    *key = (struct local_key){.customer_lo = hash.lo, .customer_hi = hash.hi};
}

static int shard_lock(struct local_shard *shard)
{
    bool died;
    const int rc = fg_lock_acquire(&shard->lock, &died);
    if (rc == FG_OK && died) {
        local_windows_repair(shard);
        local_sets_repair(shard);
        local_registers_repair(shard);
        shard->stats.recovered++;
    }
    return rc;
}

static void place_of(const struct local_key *customer, const struct fg_meter_op *op,
                     struct local_place *out)
{
    out->key = (struct local_key){
        .customer_lo = op->shared ? 0 : customer->customer_lo,
        .customer_hi = op->shared ? 0 : customer->customer_hi,
        .scope = op->scope_is_customer ? 0 : op->scope,
        .meter_id = op->meter_id,
        .scope_is_customer = op->scope_is_customer,
        .cells = fg_op_is_window(op->kind) ? op->cells : (uint8_t)fg_register_of(op->kind)};
    out->mix = local_key_mix(&out->key);
}

// What is kept for all customers together lies in a shard of its own scope.
static struct local_shard *shared_shard(const struct fg_local *local, const struct fg_meter_op *op)
{
    return &local->shards[local_mix(op->scope) & (local->n_shards - 1)];
}

// What a request needs lies all over the tables: it is sent for together, so that its way from
// memory is waited for once. First the tags, and where the ops are.
static void places_find(const struct local_shard *shard, const struct local_key *customer,
                        const struct fg_store_request *request, struct local_place *places)
{
    for (uint32_t i = 0; i < request->n_ops; i++) {
        const struct fg_meter_op *op = &request->ops[i];
        place_of(customer, op, &places[i]);
        if (op->shared)
            continue;
        if (fg_op_is_window(op->kind))
            local_window_prefetch_tags(shard, &places[i]);
        else if (fg_op_is_set(op->kind))
            local_set_prefetch_tags(shard, &places[i]);
        else
            local_register_prefetch_tags(shard, &places[i]);
    }
    if (request->once)
        local_call_prefetch(shard, customer, request);
}

// Then the entries that the tags lead to.
static void entries_prefetch(const struct local_shard *shard,
                             const struct fg_store_request *request,
                             const struct local_place *places)
{
    for (uint32_t i = 0; i < request->n_ops; i++) {
        const struct fg_meter_op *op = &request->ops[i];
        if (op->shared)
            continue;
        if (fg_op_is_window(op->kind))
            local_window_prefetch(shard, &places[i]);
        else if (fg_op_is_set(op->kind))
            local_set_prefetch(shard, &places[i]);
        else
            local_register_prefetch(shard, &places[i]);
    }
}

static int64_t op_run(struct local_shard *shard, const struct local_place *place,
                      const struct fg_store_request *request, const struct fg_meter_op *op,
                      bool repeated)
{
    if (fg_op_is_window(op->kind))
        return local_window_run(shard, place, op, op->kind == FG_OP_WINDOW_ADD && !repeated);
    if (fg_op_is_set(op->kind))
        return local_set_run(shard, place, op, request->now_ms);
    return local_register_run(shard, place, op, request->now_ms, repeated);
}

// The customer's own ops; true when there are shared ones, too.
static bool own_ops_run(struct local_shard *shard, const struct local_place *places,
                        const struct fg_store_request *request, struct fg_store_reply *reply)
{
    bool any_shared = false;
    for (uint32_t i = 0; i < request->n_ops; i++) {
        const struct fg_meter_op *op = &request->ops[i];
        if (op->shared)
            any_shared = true;
        else
            reply->values[i] = op_run(shard, &places[i], request, op, reply->repeated);
    }
    return any_shared;
}

// One lock after the other, never two at once. What cannot be had in time is marked, with all that
// follows, so that the wait stays that of one lock.
static void shared_ops_run(const struct fg_local *local, const struct local_place *places,
                           const struct fg_store_request *request, struct fg_store_reply *reply)
{
    bool waited = false;
    for (uint32_t i = 0; i < request->n_ops; i++) {
        const struct fg_meter_op *op = &request->ops[i];
        if (!op->shared)
            continue;
        struct local_shard *shard = shared_shard(local, op);
        waited = waited || shard_lock(shard) != FG_OK;
        reply->unavailable[i] = waited;
        if (waited)
            continue;
        shard->tick++;
        reply->values[i] = op_run(shard, &places[i], request, op, reply->repeated);
        fg_lock_release(&shard->lock);
    }
}

static int local_evaluate(void *store, const struct fg_store_request *request,
                          struct fg_store_reply *reply)
{
    struct fg_local *local = store;
    int rc = fg_store_request_check(request);
    if (rc != FG_OK)
        return rc;
    struct local_key customer;
    local_customer_key(request->customer, &customer);
    struct fg_hold hold;
    rc = local_holds_find(local, &customer, request, &hold);
    if (rc != FG_OK)
        return rc;
    struct local_shard *shard = &local->shards[customer.customer_hi & (local->n_shards - 1)];
    struct local_place places[FG_OPS_MAX];
    places_find(shard, &customer, request, places);
    rc = shard_lock(shard);
    if (rc != FG_OK)
        return rc;
    shard->tick++;
    shard->stats.evaluations++;
    entries_prefetch(shard, request, places);
    memset(reply, 0, sizeof(*reply));
    reply->repeated = request->once && local_call_repeats(shard, &customer, request);
    const bool any_shared = own_ops_run(shard, places, request, reply);
    fg_lock_release(&shard->lock);
    if (any_shared)
        shared_ops_run(local, places, request, reply);
    reply->hold = hold;
    return FG_OK;
}

struct fg_store fg_local_store(struct fg_local *local)
{
    static const struct fg_store_ops ops = {.name = "local", .evaluate = local_evaluate};
    return (struct fg_store){&ops, local};
}

void fg_local_stats(struct fg_local *local, struct fg_local_stats *out)
{
    *out = (struct fg_local_stats){0};
    for (uint32_t i = 0; i < local->n_shards; i++) {
        struct local_shard *shard = &local->shards[i];
        if (shard_lock(shard) != FG_OK)
            continue;
        out->evaluations += shard->stats.evaluations;
        out->evicted_windows += shard->stats.evicted_windows;
        out->evicted_sets += shard->stats.evicted_sets;
        out->evicted_calls += shard->stats.evicted_calls;
        out->evicted_registers += shard->stats.evicted_registers;
        out->recovered += shard->stats.recovered;
        fg_lock_release(&shard->lock);
    }
}
