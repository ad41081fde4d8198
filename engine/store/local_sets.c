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
    const uint32_t i = index_of(shard, set);
    large_release(shard, set);
    local_tag_set(&shard->set_tags[i / LOCAL_WAYS], i % LOCAL_WAYS, 0);
    memset(set, 0, sizeof(*set));
}

static size_t bucket_of(const struct local_shard *shard, uint64_t mix)
{
    return (size_t)(mix & (shard->n_sets / LOCAL_WAYS - 1));
}

void local_set_prefetch_tags(const struct local_shard *shard, const struct local_place *place)
{
    __builtin_prefetch(&shard->set_tags[bucket_of(shard, place->mix)]);
}

void local_set_prefetch(const struct local_shard *shard, const struct local_place *place)
{
    const size_t bucket = bucket_of(shard, place->mix);
    const uint64_t match = local_tags_match(&shard->set_tags[bucket], local_tag(place->mix));
    if (match != 0)
        local_prefetch(&shard->sets[bucket * LOCAL_WAYS + local_way(match)],
                       sizeof(struct local_set));
}

static struct local_set *set_find(const struct local_shard *shard, const struct local_place *place)
{
    const size_t bucket = bucket_of(shard, place->mix);
    uint64_t match = local_tags_match(&shard->set_tags[bucket], local_tag(place->mix));
    for (; match != 0; match &= match - 1) {
        struct local_set *set = &shard->sets[bucket * LOCAL_WAYS + local_way(match)];
        if (set->used != 0 && local_key_equal(&set->key, &place->key))
            return set;
    }
    return NULL;
}

// A free way, or that of the least recently used set, which is lost.
static uint32_t way_for(struct local_shard *shard, size_t bucket)
{
    struct local_set *sets = &shard->sets[bucket * LOCAL_WAYS];
    const uint64_t free = local_tags_match(&shard->set_tags[bucket], 0);
    if (free != 0)
        return local_way(free);
    uint32_t victim = 0;
    for (uint32_t i = 1; i < LOCAL_WAYS; i++) {
        if (sets[i].used < sets[victim].used)
            victim = i;
    }
    shard->stats.evicted_sets++;
    set_clear(shard, &sets[victim]);
    return victim;
}

static struct local_set *set_make(struct local_shard *shard, const struct local_place *place)
{
    const size_t bucket = bucket_of(shard, place->mix);
    const uint32_t way = way_for(shard, bucket);
    struct local_set *set = &shard->sets[bucket * LOCAL_WAYS + way];
    set->key = place->key;
    local_tag_set(&shard->set_tags[bucket], way, local_tag(place->mix));
    return set;
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

// Drops what has expired, and the member drop when it is not NULL. The member find where it stays;
// NULL: it does not, or find is NULL.
static struct local_member *set_prune(struct local_shard *shard, struct local_set *set,
                                      int64_t now_ms, const uint64_t *drop, const uint64_t *find)
{
    struct local_member *members = members_of(shard, set);
    struct local_member *found = NULL;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < set->count; i++) {
        if (members[i].expiry_ms <= now_ms || (drop != NULL && members[i].id == *drop))
            continue;
        if (kept != i)
            members[kept] = members[i];
        if (find != NULL && members[kept].id == *find)
            found = &members[kept];
        kept++;
    }
    set->count = kept;
    const uint32_t at = found != NULL ? (uint32_t)(found - members) : 0;
    set_shrink(shard, set);
    return found != NULL ? &members_of(shard, set)[at] : NULL;
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
    struct local_member *member = set_prune(shard, set, now_ms, NULL, &op->member);
    if (member != NULL) {
        if (member->expiry_ms < op->expiry_ms)
            member->expiry_ms = op->expiry_ms;
    } else if (op->expiry_ms > now_ms) {
        set_insert(shard, set, &(struct local_member){op->member, op->expiry_ms});
    }
}

static int64_t set_count(struct local_shard *shard, struct local_set *set, int64_t now_ms)
{
    const struct local_member *members = members_of(shard, set);
    int64_t n = 0;
    for (uint32_t i = 0; i < set->count; i++)
        n += members[i].expiry_ms > now_ms;
    return n;
}

int64_t local_set_run(struct local_shard *shard, const struct local_place *place,
                      const struct fg_meter_op *op, int64_t now_ms)
{
    struct local_set *set = set_find(shard, place);
    if (set == NULL && op->kind != FG_OP_SET_PUT)
        return 0;
    if (set == NULL)
        set = set_make(shard, place);
    set->used = shard->tick;
    if (op->kind == FG_OP_SET_READ)
        return set_count(shard, set, now_ms);
    if (op->kind == FG_OP_SET_PUT)
        set_put(shard, set, op, now_ms);
    else
        set_prune(shard, set, now_ms, &op->member, NULL);
    return set->count; // what has expired is gone
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
        local_tag_set(&shard->set_tags[i / LOCAL_WAYS], i % LOCAL_WAYS,
                      set->used == 0 ? 0 : local_tag(local_key_mix(&set->key)));
    }
    for (uint32_t i = 0; i < shard->n_large; i++) {
        const uint32_t owner = shard->large[i].owner;
        if (owner != 0 && (owner > shard->n_sets || shard->sets[owner - 1].large != i + 1))
            shard->large[i].owner = 0;
    }
}
