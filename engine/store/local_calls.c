// SPDX-License-Identifier: GPL-2.0-or-later
#include "local_layout.h"

static bool is_call(const struct local_call *call, const struct local_key *customer,
                    const struct fg_hash128 key)
{
    return call->used != 0 && call->lo == key.lo && call->hi == key.hi &&
           call->customer_lo == customer->customer_lo && call->customer_hi == customer->customer_hi;
}

// Whether a rather goes than b: free, then its time is over, then less recently used.
static bool goes_before(const struct local_call *a, const struct local_call *b, int64_t now_ms)
{
    const bool a_over = a->expiry_ms <= now_ms, b_over = b->expiry_ms <= now_ms;
    return a_over != b_over ? a_over : a->used < b->used;
}

static struct local_call *call_find(struct local_call *bucket, const struct local_key *customer,
                                    const struct fg_hash128 key)
{
    for (uint32_t i = 0; i < LOCAL_WAYS; i++) {
        if (is_call(&bucket[i], customer, key))
            return &bucket[i];
    }
    return NULL;
}

static struct local_call *call_victim(struct local_call *bucket, int64_t now_ms)
{
    struct local_call *victim = &bucket[0];
    for (uint32_t i = 1; i < LOCAL_WAYS; i++) {
        if (goes_before(&bucket[i], victim, now_ms))
            victim = &bucket[i];
    }
    return victim;
}

static struct local_call *bucket_of(const struct local_shard *shard,
                                    const struct local_key *customer, const struct fg_hash128 key)
{
    const uint32_t n_buckets = shard->n_calls / LOCAL_WAYS;
    const uint64_t at = local_mix(key.lo ^ customer->customer_lo) & (n_buckets - 1);
    return &shard->calls[(size_t)at * LOCAL_WAYS];
}

void local_call_prefetch(const struct local_shard *shard, const struct local_key *customer,
                         const struct fg_store_request *request)
{
    local_prefetch(bucket_of(shard, customer, request->call_key),
                   LOCAL_WAYS * sizeof(struct local_call));
}

// The entry of a call, fresh when it was unknown or its time is over.
static struct local_call *call_entry(struct local_shard *shard, const struct local_key *customer,
                                     const struct fg_store_request *request)
{
    const struct fg_hash128 key = request->call_key;
    struct local_call *bucket = bucket_of(shard, customer, key);
    struct local_call *call = call_find(bucket, customer, key);
    if (call != NULL && call->expiry_ms > request->now_ms)
        return call;
    if (call == NULL)
        call = call_victim(bucket, request->now_ms);
    if (call->used != 0 && call->expiry_ms > request->now_ms)
        shard->stats.evicted_calls++;
    *call = (struct local_call){.lo = key.lo,
                                .hi = key.hi,
                                .customer_lo = customer->customer_lo,
                                .customer_hi = customer->customer_hi,
                                .expiry_ms = request->now_ms + FG_REPEAT_MS};
    return call;
}

bool local_call_repeats(struct local_shard *shard, const struct local_key *customer,
                        const struct fg_store_request *request)
{
    struct local_call *call = call_entry(shard, customer, request);
    call->used = shard->tick;
    call->evaluations++;
    return call->evaluations > 1 && call->evaluations <= 1 + FG_FREE_REPEATS;
}
