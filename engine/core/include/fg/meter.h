// SPDX-License-Identifier: GPL-2.0-or-later
// What plan asks of a counter store and what it answers: two primitives, both exact and free of
// clocks.
//
// Window: a row of FG_WINDOW_CELLS cells of equal width, the newest at bucket number "bucket".
// Adding with a newer bucket shifts, with an older one adds to the newest. The value is the sum of
// the cells, so a window of W covers the last W and at most W/10 more: it never undercounts, and
// overcounts by at most what came in the W/10 before. A calendar day is a window of one cell whose
// bucket is the local day. Expiring set: members with an expiry; the value is how many have not
// expired. At most FG_SET_MEMBERS_MAX members, the one that expires first goes. "distinct" puts a
// member for the window's length, "gauge" for a lease that is renewed while the call lives.
//
// Register: a small state with an arithmetic of its own, one for each meter and scope: when
// something was first seen (fg/first_seen.h), runs of neighbouring numbers (fg/run.h), a rate of
// admission (fg/rate.h), what is usual for an hour of the week (fg/baseline.h), and for the peers
// of a profile (fg/peers.h), who is known (fg/known.h), what calls in progress have come to
// (fg/exposure.h).
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/err.h"
#include "fg/hash.h"
#include "fg/hold.h"
#include "fg/units.h"

#define FG_WINDOW_PARTS    10
#define FG_WINDOW_CELLS    (FG_WINDOW_PARTS + 1)
#define FG_SET_MEMBERS_MAX 512
#define FG_OPS_MAX         96
// Windows that Redis keeps together: of one key.
#define FG_RECORD_WINDOWS_MAX 64
// A gauge's lease: the longest that a call rings (180 s), or two missed minute events, and a
// margin.
#define FG_LEASE_MS INT64_C(200000)
#define FG_FREE_REPEATS                                                                            \
    4 // evaluations of one call that count as the same one (forks, retries); more count again
#define FG_REPEAT_MS INT64_C(60000)

enum fg_op_kind {
    FG_OP_WINDOW_ADD,
    FG_OP_WINDOW_READ,
    FG_OP_SET_PUT,
    FG_OP_SET_READ,
    FG_OP_SET_DELETE,
    FG_OP_SEEN_PUT,  // value: seconds since scope was first seen, before this call; -1: never
    FG_OP_SEEN_READ, // the same, changing nothing
    FG_OP_RUN_PUT,   // amount: the number dialled, 0 to 2^52; value: length of the longest run
    FG_OP_RUN_READ,
    FG_OP_RATE_TAKE,     // value: 1 admitted, 0 not; a repeated call takes nothing and is admitted
    FG_OP_BASELINE_ADD,  // bucket: the customer's local hour; value: usual amount in this hour of
                         // the week [fg_micro], before this; -1: not known yet
    FG_OP_BASELINE_READ, // the same, changing nothing
    FG_OP_BASELINE_FREEZE, // nothing is learned from bucket on, for FG_BASELINE_FREEZE_HOURS;
                           // value: as of a read
    FG_OP_BASELINE_CLOSES, // value: what an addition to bucket is about to close, see
                           // fg/baseline.h; changes nothing
    FG_OP_PEERS_READ, // bucket as of a baseline; value: what is usual for the peers, see fg/peers.h
    FG_OP_PEERS_PUT,  // bucket, member, amount: what a baseline closed, with its hour; value: as of
                      // a read, before this
    FG_OP_KNOWN_PUT,  // bucket, member: who is seen; value: units since he was first seen, before
                      // this; -1: not known; see fg/known.h
    FG_OP_KNOWN_READ, // the same, changing nothing
    FG_OP_EXPOSURE_PUT,   // member, expiry_ms, amount: a call's lease; value: sum of all leases
    FG_OP_EXPOSURE_READ,  // the same, changing nothing
    FG_OP_EXPOSURE_DELETE // member; value: what is left
};
static inline bool fg_op_is_window(enum fg_op_kind kind)
{
    return kind == FG_OP_WINDOW_ADD || kind == FG_OP_WINDOW_READ;
}
static inline bool fg_op_is_set(enum fg_op_kind kind)
{
    return kind == FG_OP_SET_PUT || kind == FG_OP_SET_READ || kind == FG_OP_SET_DELETE;
}

struct fg_meter_op {
    enum fg_op_kind kind;
    uint32_t meter_id;
    uint32_t burst;         // rate: calls that may come at once, 1 to 100000
    bool scope_is_customer; // else scope says what the meter is kept for
    bool shared;            // kept for all customers together; scope_is_customer is false then
    uint8_t cells;          // window: 1 or FG_WINDOW_CELLS
    bool trend;             // baseline: the value is what fg_baseline_trend() gives
    uint64_t scope;         // keyed hash of the pair or other key
    int64_t bucket; // window; baseline: local hour since 1970-01-01T00; known: fg_known_bucket()
    int64_t
        amount; // window add: > 0, in the meter's own unit (calls: 1; cost: micro-USD; minutes:
                // 1); sums saturate at INT64_C(1) << 52; baseline add: >= 0 [fg_micro]; peers:
                // level and 256 times the hours since, of struct fg_peers_vote; exposure: micro-USD
    int64_t ttl_ms;  // how long the store must remember at least
    uint64_t member; // set; peers: at most FG_PEERS_MEMBER_MAX; known: a tag of 16 bits; exposure:
                     // at most FG_EXPOSURE_LEASE_MAX
    int64_t expiry_ms;   // set and exposure put: Unix [ms]
    int64_t interval_us; // rate: time that one call takes [us], 1 to 3600000000
    int64_t start;       // baseline: what an hour is taken to hold at first [fg_micro]
};

struct fg_store_request {
    const char *customer; // id, alphabet [a-z0-9._-], NUL-terminated
    int64_t now_ms;       // Unix [ms], for expiry of set members
    bool once; // true: adds count only when call_key is new (see FG_FREE_REPEATS), as runs and
               // rates do; puts of sets and of what was first seen are idempotent by themselves
    struct fg_hash128 call_key;
    struct fg_hold_query holds; // those that decide must know
    uint32_t n_ops;
    struct fg_meter_op ops[FG_OPS_MAX];
};

struct fg_store_reply {
    bool degraded;                // answered by the fallback
    bool repeated;                // this call was counted before
    int64_t values[FG_OPS_MAX];   // after the operation, in the meter's own unit; deletes: members
                                  // left; registers: as enum fg_op_kind says
    bool unavailable[FG_OPS_MAX]; // nobody could read this one
    struct fg_hold hold; // the hold that matters most, see enum fg_hold_scope; active false: none
};

// The arithmetic both stores share, and tests check against each other.
struct fg_window {
    int64_t bucket;
    int64_t cells[FG_WINDOW_CELLS]; // [0] newest
};
// Shifts window to bucket (no-op when older or equal).
void fg_window_advance(struct fg_window *window, uint8_t cells, int64_t bucket);
void fg_window_add(struct fg_window *window, uint8_t cells, int64_t bucket, int64_t amount);
// Sum as seen from bucket; window is not changed.
int64_t fg_window_sum(const struct fg_window *window, uint8_t cells, int64_t bucket);
// Bucket number of now_ms in a window of over_ms.
int64_t fg_window_bucket(int64_t now_ms, int64_t over_ms);
