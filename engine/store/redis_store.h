// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of the Redis store share.
#pragma once

#include <stdint.h>

#include "fg/meter.h"
#include "fg/store.h"
#include "redis_conn.h"
#include "redis_request.h"

struct fg_redis {
    struct redis_conn conn;
    int32_t deadline_ms;
    uint64_t token; // of the last request; starts at random
    struct redis_request request;
};

// fraudguard*.lua and a NUL.
extern const unsigned char fg_redis_library[];

// A fresh token, and a fresh idempotency key (random start, then counted).
uint64_t redis_token_next(struct fg_redis *redis);
struct fg_hash128 redis_single_key(struct fg_redis *redis);

// evaluate() with the idempotency key that goes along when request is not "once"; NULL: none.
FG_MUST_CHECK int redis_evaluate(struct fg_redis *redis, const struct fg_store_request *request,
                                 const struct fg_hash128 *single_key, struct fg_store_reply *reply);
// Loads the function library, replacing what is there. Within one deadline.
FG_MUST_CHECK int redis_library_load(struct fg_redis *redis, int64_t deadline_ns);
int64_t redis_deadline_ns(const struct fg_redis *redis);
