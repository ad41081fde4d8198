// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of the Redis store share.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "breaker.h"
#include "fg/meter.h"
#include "fg/store.h"
#include "redis_cluster.h"
#include "redis_conn.h"
#include "redis_parts.h"
#include "redis_request.h"

struct fg_redis {
    struct redis_conn conn;        // in a Cluster: what is known of failures only
    struct redis_cluster *cluster; // NULL: one server
    int32_t deadline_ms;
    uint64_t token; // of the last request; starts at random
    struct redis_request request;
    struct fg_hash128 half_told; // the event that the first of its two streams has; 0: none
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
// Whether a failure was that the library is not there, and it can be loaded.
bool redis_library_is_missing(const struct fg_redis *redis);

// One command of one server or of a Cluster; queues it.
FG_MUST_CHECK int redis_append(struct fg_redis *redis, const struct fg_view *args, size_t n_args);
// Runs what is queued, as conn_exchange().
FG_MUST_CHECK int redis_exchange(struct fg_redis *redis, int64_t deadline_ns, struct resp **replies,
                                 size_t n);

// --- Cluster
// Parts that were not answered; they last until the next call.
struct redis_missed {
    size_t n;
    const struct redis_part *parts[REDIS_PARTS_MAX];
};
// As redis_evaluate(), part by part: what was answered is taken over into reply, whatever became of
// the others. breaker: decides which servers are asked, and hears what came of it; NULL: none.
// FG_OK when nothing was missed.
FG_MUST_CHECK int redis_parts_evaluate(struct fg_redis *redis,
                                       const struct fg_store_request *request,
                                       const struct fg_hash128 *single_key,
                                       struct fg_breaker *breaker, struct fg_store_reply *reply,
                                       struct redis_missed *missed);
// Reads the map again, loads the library where it may be missing and probes each master; their
// lanes hear of it. FG_OK when one of them works.
FG_MUST_CHECK int redis_cluster_probe(struct fg_redis *redis, struct fg_breaker *breaker);
// Whether the server that has this tag is not to be asked.
bool redis_part_is_open(const struct fg_redis *redis, struct fg_breaker *breaker, const char *tag);
// What probes write to see that a server takes writes.
struct fg_meter_op redis_probe_op(void);
