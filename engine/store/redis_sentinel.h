// SPDX-License-Identifier: GPL-2.0-or-later
// Which server is the master, by Redis Sentinel ("Guidelines for Redis clients with support for
// Redis Sentinel"): one Sentinel after the other is asked before each connect, those that answer
// first the next time; nothing is remembered of the master, so that a failover needs no restart.
// The same for the master that has a key, by the servers of a Cluster.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "fg/store.h"

struct redis_conn;

struct redis_sentinel {
    char host[256];
    uint16_t port;
    struct sockaddr_storage address;
    socklen_t address_len; // 0: not resolved yet
};

struct redis_sentinels {
    bool cluster;                          // they are a Cluster's servers
    char master[FG_SENTINEL_NAME_MAX + 1]; // its name; of a Cluster: a key that it has
    uint32_t n, next;                      // next: whom to ask first
    struct redis_sentinel at[FG_SENTINELS_MAX];
};

// Copies the Sentinels of config and looks their names up, which may block. NULL when out of memory
// or where a name is too long. Free with free().
struct redis_sentinels *sentinels_new(const struct fg_redis_config *config);
// Looks up again those names that were not known. FG_OK when one of them is.
FG_MUST_CHECK int sentinels_resolve(struct redis_sentinels *sentinels);

// Asks for the master and writes its address into conn, before deadline_ns on the monotonic clock;
// Sentinels that want a login get conn's. FG_EUNAVAILABLE or FG_ETIMEOUT noted in conn.
FG_MUST_CHECK int sentinels_find_master(struct redis_conn *conn, int64_t deadline_ns);
