// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_limiter.h"

#include <stdatomic.h>
#include <stdbool.h>

#define WAYS     8
#define SECOND   INT64_C(1000000)
#define RATE_MAX 1000000 // a microsecond each

struct entry {
    _Atomic uint64_t key;     // 0: free
    _Atomic int64_t passes;   // when all that passed would have come, at the rate [us]
    _Atomic int64_t refusals; // likewise of what was refused
};

struct fgm_limiter {
    uint32_t sets; // power of two
    struct entry entries[];
};

size_t fgm_limiter_size_bytes(uint32_t n)
{
    return sizeof(struct fgm_limiter) + n * sizeof(struct entry);
}

struct fgm_limiter *fgm_limiter_init(void *memory, uint32_t n)
{
    struct fgm_limiter *limiter = memory;
    limiter->sets = n / WAYS;
    return limiter;
}

static struct entry *find(struct fgm_limiter *limiter, uint64_t key)
{
    struct entry *set = &limiter->entries[(key & (limiter->sets - 1)) * WAYS];
    struct entry *least = set;
    for (uint32_t i = 0; i < WAYS; i++) {
        if (atomic_load_explicit(&set[i].key, memory_order_relaxed) == key)
            return &set[i];
        if (atomic_load_explicit(&set[i].passes, memory_order_relaxed) <
            atomic_load_explicit(&least->passes, memory_order_relaxed))
            least = &set[i];
    }
    // Two processes may take the same place: then one name has been let off what it sent so far.
    atomic_store_explicit(&least->passes, 0, memory_order_relaxed);
    atomic_store_explicit(&least->refusals, 0, memory_order_relaxed);
    atomic_store_explicit(&least->key, key, memory_order_relaxed);
    return least;
}

static bool take(_Atomic int64_t *clock, int64_t step_us, int64_t now_us)
{
    int64_t due = atomic_load_explicit(clock, memory_order_relaxed);
    for (;;) {
        int64_t from = due > now_us ? due : now_us;
        if (from + step_us - now_us > SECOND)
            return false;
        if (atomic_compare_exchange_weak_explicit(clock, &due, from + step_us, memory_order_relaxed,
                                                  memory_order_relaxed))
            return true;
    }
}

enum fgm_limit fgm_limiter_take(struct fgm_limiter *limiter, uint64_t key, uint32_t per_s,
                                int64_t now_us)
{
    struct entry *entry = find(limiter, key);
    int64_t step_us = SECOND / (per_s < RATE_MAX ? per_s : RATE_MAX);
    if (take(&entry->passes, step_us, now_us))
        return FGM_LIMIT_PASS;
    return take(&entry->refusals, step_us, now_us) ? FGM_LIMIT_REFUSE : FGM_LIMIT_DROP;
}
