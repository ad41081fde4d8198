// SPDX-License-Identifier: GPL-2.0-or-later
// What relays keep in Redis for a restart, or for one that stands in (docs/redis-schema.md): sealed
// records by the hash of their call, of each relay in a hash of its own, and a lease that says that
// the relay is alive. Returns and bounds as in redis_link.h.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/err.h"
#include "fg/store.h"
#include "fg/view.h"

#define FG_REDIS_EDGE_CHANGES_MAX 128
#define FG_REDIS_EDGE_NAME_MAX    32

// Whether text is the name of a relay or a namespace: [a-z0-9._-]{1,32}.
bool fg_redis_edge_name_valid(struct fg_view text);

// One of the relays that share a namespace.
struct fg_redis_edge {
    const char *space;
    const char *node;
};

struct fg_redis_edge_change {
    char field[33];       // 32 hex digits and a NUL
    struct fg_view value; // {NULL, 0}: gone
};

// Carries out the changes in order, renews the lease for lease_ms under instance, and keeps the
// records for keep_ms from now. One round trip; on an error nothing is known of any of them.
FG_MUST_CHECK int fg_redis_edge_write(struct fg_redis *redis, const struct fg_redis_edge *edge,
                                      const struct fg_redis_edge_change *changes, size_t n,
                                      const char *instance, int64_t lease_ms, int64_t keep_ms);
// Gives up the lease, so that nobody has to wait for its end.
FG_MUST_CHECK int fg_redis_edge_leave(struct fg_redis *redis, const struct fg_redis_edge *edge);
// Calls fn with each record, maybe more than once; stops when it returns false. One round trip for
// about 64 records.
FG_MUST_CHECK int
fg_redis_edge_each(struct fg_redis *redis, const struct fg_redis_edge *edge,
                   bool (*fn)(void *arg, struct fg_view field, struct fg_view value), void *arg);
// A malloc'd record (the caller frees) and whether its relay's lease runs; FG_ENOTFOUND.
FG_MUST_CHECK int fg_redis_edge_find(struct fg_redis *redis, const struct fg_redis_edge *edge,
                                     const char *field, char **value, size_t *len, bool *is_leased);
FG_MUST_CHECK int fg_redis_edge_is_leased(struct fg_redis *redis, const struct fg_redis_edge *edge,
                                          bool *is_leased);
// Takes a record out of a relay's hash.
FG_MUST_CHECK int fg_redis_edge_remove(struct fg_redis *redis, const struct fg_redis_edge *edge,
                                       const char *field);
// Calls fn with the relays of a namespace that were there within the last keep_ms; forgets others.
FG_MUST_CHECK int fg_redis_edge_nodes(struct fg_redis *redis, const char *space, int64_t now_ms,
                                      int64_t keep_ms, bool (*fn)(void *arg, struct fg_view node),
                                      void *arg);
