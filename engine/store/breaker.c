// SPDX-License-Identifier: GPL-2.0-or-later
#include "breaker.h"

#include <stdatomic.h>
#include <string.h>

#define FAILURES_IN_ROW 5
#define TRIAL_SUCCESSES 3
// More than half failed within a second, once there are enough of them to tell.
#define SECOND_TRIED_MIN 10
#define COUNT_BITS       16
#define COUNT_MASK       ((UINT64_C(1) << COUNT_BITS) - 1)

enum { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_TRIAL };

struct lane {
    _Atomic uint64_t id; // 0: free
    _Atomic uint32_t state;
    _Atomic uint32_t failures_in_row;
    _Atomic uint32_t trial_successes;
    _Atomic uint64_t second; // second << 32 | tried << 16 | failed
    _Atomic uint64_t evaluations, failures;
    _Atomic uint64_t name[FG_MASTER_NAME_SIZE / sizeof(uint64_t)]; // text; all zero: none yet
};

struct fg_breaker {
    struct lane lanes[1 + BREAKER_LANES];
    _Atomic int64_t since_ms;
    _Atomic uint64_t evaluations, failures, timeouts, opened, skipped, changes;
    _Atomic uint64_t errors[FG_REDIS_ERRORS];
};
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "atomics in shared memory must be lock free");

size_t fg_breaker_size_bytes(void)
{
    return sizeof(struct fg_breaker);
}

struct fg_breaker *fg_breaker_init(void *memory)
{
    memset(memory, 0, sizeof(struct fg_breaker));
    return memory;
}

const char *fg_store_state_name(enum fg_store_state state)
{
    switch (state) {
    case FG_STORE_UP:
        return "up";
    case FG_STORE_SLOW:
        return "slow";
    case FG_STORE_DOWN:
        return "down";
    }
    return "unknown";
}

static enum fg_store_state lane_state(const struct lane *lane)
{
    if (atomic_load(&lane->state) == BREAKER_OPEN)
        return FG_STORE_DOWN;
    const bool failing =
        atomic_load(&lane->failures_in_row) > 0 || atomic_load(&lane->state) == BREAKER_TRIAL;
    return failing ? FG_STORE_SLOW : FG_STORE_UP;
}

// A Cluster of which some servers are down is slow: it is down for some customers only.
enum fg_store_state fg_breaker_state(const struct fg_breaker *breaker)
{
    const enum fg_store_state whole = lane_state(&breaker->lanes[0]);
    unsigned n = 0, down = 0, up = 0;
    for (unsigned i = 1; i <= BREAKER_LANES; i++) {
        if (atomic_load(&breaker->lanes[i].id) == 0)
            continue;
        const enum fg_store_state state = lane_state(&breaker->lanes[i]);
        n++;
        down += state == FG_STORE_DOWN;
        up += state == FG_STORE_UP;
    }
    if (whole == FG_STORE_DOWN || (n > 0 && down == n))
        return FG_STORE_DOWN;
    return up == n ? whole : FG_STORE_SLOW;
}

uint32_t breaker_lane(struct fg_breaker *breaker, uint64_t id)
{
    for (uint32_t i = 1; i <= BREAKER_LANES; i++) {
        if (atomic_load_explicit(&breaker->lanes[i].id, memory_order_relaxed) == id)
            return i;
    }
    for (uint32_t i = 1; i <= BREAKER_LANES; i++) {
        uint64_t none = 0;
        // Another process may have been faster with the same server.
        if (atomic_compare_exchange_strong(&breaker->lanes[i].id, &none, id) || none == id)
            return i;
    }
    return 0;
}

void breaker_lanes_keep(struct fg_breaker *breaker, const uint64_t *ids, size_t n)
{
    for (uint32_t i = 1; i <= BREAKER_LANES; i++) {
        struct lane *lane = &breaker->lanes[i];
        const uint64_t id = atomic_load(&lane->id);
        bool stays = id == 0;
        for (size_t k = 0; k < n; k++)
            stays = stays || ids[k] == id;
        if (stays)
            continue;
        atomic_store(&lane->failures_in_row, 0);
        atomic_store(&lane->second, 0);
        atomic_store(&lane->state, BREAKER_CLOSED);
        atomic_store(&lane->evaluations, 0);
        atomic_store(&lane->failures, 0);
        atomic_store(&lane->name[0], 0);
        atomic_store(&lane->id, 0);
        atomic_fetch_add(&breaker->changes, 1);
    }
}

// Word by word: who reads it meanwhile sees halves of two names at worst, and never beyond the end.
void breaker_name(struct fg_breaker *breaker, uint32_t lane, const char *text)
{
    uint64_t words[FG_MASTER_NAME_SIZE / sizeof(uint64_t)] = {0};
    size_t len = strlen(text);
    bool changed = false;
    if (len >= sizeof(words))
        len = sizeof(words) - 1;
    memcpy(words, text, len);
    bool had_one = atomic_load(&breaker->lanes[lane].name[0]) != 0;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        changed |= atomic_exchange(&breaker->lanes[lane].name[i], words[i]) != words[i];
    if (lane == 0 && had_one && changed)
        atomic_fetch_add(&breaker->changes, 1);
}

static bool master_read(const struct lane *lane, struct fg_master_stats *out)
{
    uint64_t words[FG_MASTER_NAME_SIZE / sizeof(uint64_t)];
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        words[i] = atomic_load(&lane->name[i]);
    memcpy(out->name, words, sizeof(out->name));
    out->name[sizeof(out->name) - 1] = '\0';
    out->state = lane_state(lane);
    out->evaluations = atomic_load(&lane->evaluations);
    out->failures = atomic_load(&lane->failures);
    return out->name[0] != '\0';
}

uint32_t fg_breaker_masters(const struct fg_breaker *breaker,
                            struct fg_master_stats out[FG_MASTERS_MAX])
{
    uint32_t n = 0;
    for (unsigned i = 1; i <= BREAKER_LANES; i++)
        n += atomic_load(&breaker->lanes[i].id) != 0 && master_read(&breaker->lanes[i], &out[n]);
    // One server has no lane but the first; a Cluster's first lane is no master.
    return n > 0 ? n : master_read(&breaker->lanes[0], &out[0]);
}

void fg_breaker_stats(const struct fg_breaker *breaker, struct fg_breaker_stats *out)
{
    out->evaluations = atomic_load(&breaker->evaluations);
    out->failures = atomic_load(&breaker->failures);
    out->timeouts = atomic_load(&breaker->timeouts);
    out->opened = atomic_load(&breaker->opened);
    out->skipped = atomic_load(&breaker->skipped);
    out->changes = atomic_load(&breaker->changes);
    out->since_ms = atomic_load(&breaker->since_ms);
    for (unsigned i = 0; i < FG_REDIS_ERRORS; i++)
        out->errors[i] = atomic_load(&breaker->errors[i]);
}

bool breaker_is_open(const struct fg_breaker *breaker, uint32_t lane)
{
    return atomic_load(&breaker->lanes[lane].state) == BREAKER_OPEN;
}

bool breaker_allows(struct fg_breaker *breaker, uint32_t lane)
{
    if (breaker_is_open(breaker, lane)) {
        atomic_fetch_add(&breaker->skipped, 1);
        return false;
    }
    atomic_fetch_add(&breaker->evaluations, 1);
    atomic_fetch_add(&breaker->lanes[lane].evaluations, 1);
    return true;
}

// Only who really changes the state counts and dates it.
static void state_change(struct fg_breaker *breaker, uint32_t lane, uint32_t from, uint32_t to,
                         int64_t now_ms)
{
    if (!atomic_compare_exchange_strong(&breaker->lanes[lane].state, &from, to))
        return;
    atomic_store(&breaker->since_ms, now_ms);
    if (to == BREAKER_OPEN)
        atomic_fetch_add(&breaker->opened, 1);
}

// Counts into the second of now_ms; true when too much of it failed.
static bool second_count(struct lane *lane, bool failed, int64_t now_ms)
{
    const uint64_t second = ((uint64_t)now_ms / 1000) & UINT32_MAX;
    uint64_t seen = atomic_load(&lane->second);
    uint64_t next, n_tried, n_failed;
    do {
        const bool same = seen >> (2 * COUNT_BITS) == second;
        n_tried = same ? (seen >> COUNT_BITS) & COUNT_MASK : 0;
        n_failed = same ? seen & COUNT_MASK : 0;
        if (n_tried == COUNT_MASK) // enough to tell; halve instead of overflowing
        {
            n_tried /= 2;
            n_failed /= 2;
        }
        n_tried++;
        n_failed += failed;
        next = second << (2 * COUNT_BITS) | n_tried << COUNT_BITS | n_failed;
    } while (!atomic_compare_exchange_weak(&lane->second, &seen, next));
    return n_tried >= SECOND_TRIED_MIN && n_failed * 2 > n_tried;
}

void breaker_succeeded(struct fg_breaker *breaker, uint32_t lane_at, int64_t now_ms)
{
    struct lane *lane = &breaker->lanes[lane_at];
    second_count(lane, false, now_ms);
    if (atomic_load_explicit(&lane->failures_in_row, memory_order_relaxed) != 0)
        atomic_store(&lane->failures_in_row, 0);
    if (atomic_load(&lane->state) == BREAKER_TRIAL &&
        atomic_fetch_add(&lane->trial_successes, 1) + 1 >= TRIAL_SUCCESSES)
        state_change(breaker, lane_at, BREAKER_TRIAL, BREAKER_CLOSED, now_ms);
}

void breaker_failed(struct fg_breaker *breaker, uint32_t lane_at, enum fg_redis_error kind,
                    int64_t now_ms)
{
    struct lane *lane = &breaker->lanes[lane_at];
    atomic_fetch_add(&breaker->failures, 1);
    atomic_fetch_add(&lane->failures, 1);
    if (kind == FG_REDIS_ERROR_TIMEOUT)
        atomic_fetch_add(&breaker->timeouts, 1);
    breaker_probe_failed(breaker, kind);
    const bool half_failed = second_count(lane, true, now_ms);
    const uint32_t in_row = atomic_fetch_add(&lane->failures_in_row, 1) + 1;
    state_change(breaker, lane_at, BREAKER_TRIAL, BREAKER_OPEN, now_ms);
    if (in_row >= FAILURES_IN_ROW || half_failed)
        state_change(breaker, lane_at, BREAKER_CLOSED, BREAKER_OPEN, now_ms);
}

void breaker_probe_failed(struct fg_breaker *breaker, enum fg_redis_error kind)
{
    if ((unsigned)kind < FG_REDIS_ERRORS)
        atomic_fetch_add(&breaker->errors[kind], 1);
}

void breaker_probed(struct fg_breaker *breaker, uint32_t lane_at, int64_t now_ms)
{
    struct lane *lane = &breaker->lanes[lane_at];
    atomic_store(&lane->trial_successes, 0);
    atomic_store(&lane->failures_in_row, 0);
    atomic_store(&lane->second, 0);
    state_change(breaker, lane_at, BREAKER_OPEN, BREAKER_TRIAL, now_ms);
}
