// SPDX-License-Identifier: GPL-2.0-or-later
// Expiring sets with the meaning of Redis's sorted sets: a put moves an expiry only forward, drops
// what has expired, and past FG_SET_MEMBERS_MAX the member that expires first (ties: the smaller
// one). A read changes nothing.
#include "local_layout.h"

#include <string.h>

static struct local_member *members_of(struct local_shard *shard, struct local_set *set)
{
    return set->large != 0 ? shard->large[set->large - 1].members : set->own;
}

static uint32_t index_of(const struct local_shard *shard, const struct local_set *set)
{
    return (uint32_t)(set - shard->sets);
}

static void large_release(struct local_shard *shard, struct local_set *set)
{
    if (set->large != 0)
        shard->large[set->large - 1].owner = 0;
    set->large = 0;
}

static void set_clear(struct local_shard *shard, struct local_set *set)
{
    large_release(shard, set);
    memset(set, 0, sizeof(*set));
}

void local_set_prefetch(const struct local_shard *shard, const struct local_key *key)
{
    const uint32_t n_buckets = shard->n_sets / LOCAL_WAYS;
    const char *set =
        (const char *)&shard->sets[(size_t)(local_key_mix(key) & (n_buckets - 1)) * LOCAL_WAYS];
    for (size_t at = 0; at < sizeof(struct local_set); at += 64)
        __builtin_prefetch(set + at, 1);
}

static struct local_set *set_find(struct local_shard *shard, const struct local_key *key, bool make)
{
    const uint32_t n_buckets = shard->n_sets / LOCAL_WAYS;
    struct local_set *bucket =
        &shard->sets[(size_t)(local_key_mix(key) & (n_buckets - 1)) * LOCAL_WAYS];
    struct local_set *victim = &bucket[0];
    for (uint32_t i = 0; i < LOCAL_WAYS; i++) {
        if (bucket[i].used != 0 && local_key_equal(&bucket[i].key, key))
            return &bucket[i];
        if (bucket[i].used < victim->used)
            victim = &bucket[i];
    }
    if (!make)
        return NULL;
    if (victim->used != 0)
        shard->stats.evicted_sets++;
    set_clear(shard, victim);
    victim->key = *key;
    return victim;
}

// A large block for set: a free one, or that of the least recently used other set, which is lost.
static void set_grow(struct local_shard *shard, struct local_set *set)
{
    uint32_t chosen = 0;
    uint64_t oldest = UINT64_MAX;
    for (uint32_t i = 0; i < shard->n_large && oldest > 0; i++) {
        const uint32_t owner = shard->large[i].owner;
        const uint64_t used = owner == 0 ? 0 : shard->sets[owner - 1].used;
        if (used < oldest) {
            oldest = used;
            chosen = i;
        }
    }
    if (shard->large[chosen].owner != 0) {
        shard->stats.evicted_sets++;
        set_clear(shard, &shard->sets[shard->large[chosen].owner - 1]);
    }
    memcpy(shard->large[chosen].members, set->own, set->count * sizeof(set->own[0]));
    shard->large[chosen].owner = index_of(shard, set) + 1;
    set->large = chosen + 1;
}

static void set_shrink(struct local_shard *shard, struct local_set *set)
{
    if (set->large == 0 || set->count > LOCAL_SET_INLINE / 2)
        return;
    memcpy(set->own, members_of(shard, set), set->count * sizeof(set->own[0]));
    large_release(shard, set);
}

// Drops what has expired, and the member id when drop_id is set.
static void set_prune(struct local_shard *shard, struct local_set *set, int64_t now_ms,
                      bool drop_id, uint64_t id)
{
    struct local_member *members = members_of(shard, set);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < set->count; i++) {
        if (members[i].expiry_ms > now_ms && !(drop_id && members[i].id == id))
            members[kept++] = members[i];
    }
    set->count = kept;
    set_shrink(shard, set);
}

static bool goes_before(const struct local_member *a, const struct local_member *b)
{
    return a->expiry_ms != b->expiry_ms ? a->expiry_ms < b->expiry_ms : a->id < b->id;
}

static void set_insert(struct local_shard *shard, struct local_set *set,
                       const struct local_member *member)
{
    if (set->count == LOCAL_SET_INLINE && set->large == 0)
        set_grow(shard, set);
    struct local_member *members = members_of(shard, set);
    if (set->count < FG_SET_MEMBERS_MAX) {
        members[set->count++] = *member;
        return;
    }
    struct local_member *first = &members[0];
    for (uint32_t i = 1; i < set->count; i++) {
        if (goes_before(&members[i], first))
            first = &members[i];
    }
    if (goes_before(first, member))
        *first = *member;
}

static void set_put(struct local_shard *shard, struct local_set *set, const struct fg_meter_op *op,
                    int64_t now_ms)
{
    set_prune(shard, set, now_ms, false, 0);
    struct local_member *members = members_of(shard, set);
    for (uint32_t i = 0; i < set->count; i++) {
        if (members[i].id == op->member) {
            if (members[i].expiry_ms < op->expiry_ms)
                members[i].expiry_ms = op->expiry_ms;
            return;
        }
    }
    if (op->expiry_ms > now_ms)
        set_insert(shard, set, &(struct local_member){op->member, op->expiry_ms});
}

static int64_t set_count(struct local_shard *shard, struct local_set *set, int64_t now_ms)
{
    const struct local_member *members = members_of(shard, set);
    int64_t n = 0;
    for (uint32_t i = 0; i < set->count; i++)
        n += members[i].expiry_ms > now_ms;
    return n;
}

int64_t local_set_run(struct local_shard *shard, const struct local_key *key,
                      const struct fg_meter_op *op, int64_t now_ms)
{
    struct local_set *set = set_find(shard, key, op->kind == FG_OP_SET_PUT);
    if (set == NULL)
        return 0;
    set->used = shard->tick;
    if (op->kind == FG_OP_SET_PUT)
        set_put(shard, set, op, now_ms);
    else if (op->kind == FG_OP_SET_DELETE)
        set_prune(shard, set, now_ms, true, op->member);
    return set_count(shard, set, now_ms);
}

void local_sets_repair(struct local_shard *shard)
{
    for (uint32_t i = 0; i < shard->n_sets; i++) {
        struct local_set *set = &shard->sets[i];
        const bool sound = set->large == 0 ? set->count <= LOCAL_SET_INLINE
                                           : set->large <= shard->n_large &&
                                                 shard->large[set->large - 1].owner == i + 1 &&
                                                 set->count <= FG_SET_MEMBERS_MAX;
        if (set->used == 0 || !sound)
            memset(set, 0, sizeof(*set));
    }
    for (uint32_t i = 0; i < shard->n_large; i++) {
        const uint32_t owner = shard->large[i].owner;
        if (owner != 0 && (owner > shard->n_sets || shard->sets[owner - 1].large != i + 1))
            shard->large[i].owner = 0;
    }
}
