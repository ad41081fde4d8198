// SPDX-License-Identifier: GPL-2.0-or-later
// How the local store lies in memory. Everything of one customer is in one shard, so one lock makes
// an evaluation atomic for the customer. Tables are flat arrays without links: whatever a holder
// that died in the middle left behind can be wrong in one entry, never lead outside of a table.
#pragma once

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "fg/baseline.h"
#include "fg/customer.h"
#include "fg/exposure.h"
#include "fg/first_seen.h"
#include "fg/known.h"
#include "fg/peers.h"
#include "fg/run.h"
#include "fg/store.h"
#include "lock.h"

#define LOCAL_WAYS        8  // entries of a bucket, among which the least recently used goes
#define LOCAL_SET_INLINE  16 // members kept in the set itself; more move to a large block
#define LOCAL_HOLD_PROBES 64 // slots in which a customer's holds may lie
#define LOCAL_SHARDS_MAX  64
#define LOCAL_HOLD_GROUPS 1024 // of customers, each with a count of its holds

// What tells the entries of a bucket apart without reading them: a byte of each entry's hash, the
// first way lowest, 0 where it is free.
struct local_tags {
    uint64_t bytes;
};

struct local_key {
    uint64_t customer_lo, customer_hi; // keyed hash of the customer's id; shared ops: 0
    uint64_t scope;                    // 0 for the customer itself
    uint32_t meter_id;
    uint8_t scope_is_customer;
    uint8_t cells; // 0 for sets; enum fg_register
    uint16_t pad;
};

struct local_window {
    struct local_key key;
    uint64_t used; // tick of the last use, 0: free
    struct fg_window window;
};

struct local_member {
    uint64_t id;
    int64_t expiry_ms;
};

struct local_set {
    struct local_key key;
    uint64_t used;
    uint32_t count;
    uint32_t large; // index + 1 of the large block, 0: members lie in "own"
    struct local_member own[LOCAL_SET_INLINE];
};

struct local_large {
    uint32_t owner; // index + 1 of the set in this shard, 0: free
    uint32_t pad;
    struct local_member members[FG_SET_MEMBERS_MAX];
};

struct local_call {
    uint64_t lo, hi, customer_lo, customer_hi;
    uint64_t used;
    int64_t expiry_ms;
    uint64_t evaluations;
};

// What each entry of a table of registers begins with.
struct local_register {
    struct local_key key;
    uint64_t used; // as of a window
};

struct local_small {
    struct local_register head;
    union {
        struct fg_first_seen seen;
        int64_t arrival_us;
    };
};

struct local_runs {
    struct local_register head;
    struct fg_runs runs;
};

struct local_baseline {
    struct local_register head;
    struct fg_baseline baseline;
};

struct local_peers {
    struct local_register head;
    struct fg_peers peers;
};

struct local_known {
    struct local_register head;
    struct fg_known known;
};

struct local_exposure {
    struct local_register head;
    struct fg_exposure exposure;
};

struct local_shard {
    alignas(64) struct fg_lock lock;
    uint64_t tick;
    struct fg_local_stats stats;
    struct local_window *windows;
    struct local_set *sets;
    struct local_large *large;
    struct local_call *calls;
    struct local_small *small;
    struct local_runs *runs;
    struct local_baseline *baselines;
    struct local_peers *peers;
    struct local_known *known;
    struct local_exposure *exposures;
    // Of each bucket.
    struct local_tags *window_tags, *set_tags, *small_tags, *runs_tags, *baseline_tags, *peers_tags;
    struct local_tags *known_tags, *exposure_tags;
    uint32_t n_windows, n_sets, n_large, n_calls; // powers of two but n_large
    uint32_t n_small, n_runs, n_baselines, n_peers, n_known, n_exposures;
};

struct local_hold {
    uint64_t customer_lo, customer_hi;
    bool used;
    char customer[FG_CUSTOMER_ID_MAX + 1];
    struct fg_hold hold;
};

struct local_holds {
    alignas(64) struct fg_lock lock;
    atomic_uint count;
    // How many slots the customers of a group use, the remembered ones included. Read without the
    // lock: mostly there are none, and one customer's holds cost no other one a lock.
    atomic_ushort groups[LOCAL_HOLD_GROUPS];
    uint32_t limit, n_slots;
    struct local_hold *slots;
};

struct fg_local {
    uint32_t n_shards;
    struct local_shard *shards;
    struct local_holds holds;
};

static inline bool local_key_equal(const struct local_key *a, const struct local_key *b)
{
    return a->customer_lo == b->customer_lo && a->customer_hi == b->customer_hi &&
           a->scope == b->scope && a->meter_id == b->meter_id &&
           a->scope_is_customer == b->scope_is_customer && a->cells == b->cells;
}

// splitmix64's finalizer (Steele, Lea, Flood 2014): the parts are keyed hashes or our own numbers,
// so mixing them needs no key.
static inline uint64_t local_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static inline uint64_t local_key_mix(const struct local_key *key)
{
    return local_mix(key->customer_lo ^ key->scope ^
                     local_mix(((uint64_t)key->meter_id << 16) + key->cells));
}

#define LOCAL_TAG_ONES UINT64_C(0x0101010101010101)

static inline uint8_t local_tag(uint64_t mix)
{
    const uint8_t tag = (uint8_t)(mix >> 56);
    return tag != 0 ? tag : 1;
}

// The ways with this tag, the high bit of each one's byte. Above the first one there may be others
// by mistake: who looks for an entry compares its key.
static inline uint64_t local_tags_match(const struct local_tags *tags, uint8_t tag)
{
    const uint64_t differ = tags->bytes ^ (LOCAL_TAG_ONES * tag);
    return (differ - LOCAL_TAG_ONES) & ~differ & (LOCAL_TAG_ONES << 7);
}

// The first of the ways that a match names, which is not 0.
static inline uint32_t local_way(uint64_t match)
{
    return (uint32_t)__builtin_ctzll(match) / 8;
}

static inline void local_tag_set(struct local_tags *tags, uint32_t way, uint8_t tag)
{
    const uint64_t others = tags->bytes & ~(UINT64_C(0xff) << (8 * way));
    tags->bytes = others | (uint64_t)tag << (8 * way);
}

static inline void local_prefetch(const void *entry, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += 64)
        __builtin_prefetch((const char *)entry + at, 1);
}

// An op's key and local_key_mix() of it.
struct local_place {
    struct local_key key;
    uint64_t mix;
};

// Bring what is needed of an op nearer, before any is run: first the tags, without the lock, then
// the entry they lead to. Each of the others takes the shard's lock as held, too.
void local_window_prefetch_tags(const struct local_shard *shard, const struct local_place *place);
void local_set_prefetch_tags(const struct local_shard *shard, const struct local_place *place);
void local_register_prefetch_tags(const struct local_shard *shard, const struct local_place *place);
void local_call_prefetch(const struct local_shard *shard, const struct local_key *customer,
                         const struct fg_store_request *request);
void local_window_prefetch(const struct local_shard *shard, const struct local_place *place);
void local_set_prefetch(const struct local_shard *shard, const struct local_place *place);
void local_register_prefetch(const struct local_shard *shard, const struct local_place *place);

int64_t local_window_run(struct local_shard *shard, const struct local_place *place,
                         const struct fg_meter_op *op, bool add);
int64_t local_set_run(struct local_shard *shard, const struct local_place *place,
                      const struct fg_meter_op *op, int64_t now_ms);
int64_t local_register_run(struct local_shard *shard, const struct local_place *place,
                           const struct fg_meter_op *op, int64_t now_ms, bool repeated);
// Notes an evaluation of a call; true when it repeats one that was counted.
bool local_call_repeats(struct local_shard *shard, const struct local_key *customer,
                        const struct fg_store_request *request);

void local_sets_repair(struct local_shard *shard);
void local_windows_repair(struct local_shard *shard);
void local_registers_repair(struct local_shard *shard);

// Takes the holds' own lock. FG_OK also when there is none; FG_ETIMEOUT.
int local_holds_find(struct fg_local *local, const struct local_key *customer,
                     const struct fg_store_request *request, struct fg_hold *out);
void local_customer_key(const char *customer, struct local_key *key);
