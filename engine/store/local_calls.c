// SPDX-License-Identifier: GPL-2.0-or-later
#include "local_layout.h"

// The entry of a call, fresh when it was unknown or its time is over. Victims are calls whose time
// is over, then the least recently used.
static struct local_call *call_entry(struct local_shard *shard, const struct local_key *customer,
                                     const struct fg_store_request *request)
{
    const struct fg_hash128 key = request->call_key;
    const uint32_t n_buckets = shard->n_calls / LOCAL_WAYS;
    const uint64_t at = local_mix(key.lo ^ customer->customer_lo) & (n_buckets - 1);
    struct local_call *bucket = &shard->calls[(size_t)at * LOCAL_WAYS];
    struct local_call *victim = &bucket[0];
    for (uint32_t i = 0; i < LOCAL_WAYS; i++) {
        struct local_call *call = &bucket[i];
        if (call->expiry_ms <= request->now_ms)
            call->used = 0;
        if (call->used != 0 && call->lo == key.lo && call->hi == key.hi &&
            call->customer_lo == customer->customer_lo &&
            call->customer_hi == customer->customer_hi)
            return call;
        if (call->used < victim->used)
            victim = call;
    }
    if (victim->used != 0)
        shard->stats.evicted_calls++;
    *victim = (struct local_call){.lo = key.lo,
                                  .hi = key.hi,
                                  .customer_lo = customer->customer_lo,
                                  .customer_hi = customer->customer_hi,
                                  .expiry_ms = request->now_ms + FG_REPEAT_MS};
    return victim;
}

bool local_call_repeats(struct local_shard *shard, const struct local_key *customer,
                        const struct fg_store_request *request)
{
    struct local_call *call = call_entry(shard, customer, request);
    call->used = shard->tick;
    call->evaluations++;
    return call->evaluations > 1 && call->evaluations <= 1 + FG_FREE_REPEATS;
}
