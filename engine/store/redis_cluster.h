// SPDX-License-Identifier: GPL-2.0-or-later
// The masters of a Redis Cluster: which has which slot, one connection to each, and commands that
// go where their first key lies, at the same time to all that are concerned, within one deadline.
// MOVED and ASK are followed; the map is read again when a slot moved, when a master fails, and by
// whoever maintains the node.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "breaker.h"
#include "redis_conn.h"
#include "redis_parts.h"
#include "redis_request.h"
#include "redis_slots.h"

struct cluster_node {
    bool used;
    struct redis_node_name name;
    struct redis_conn conn;
    uint64_t id; // of its lane in the breaker
    int64_t failed_ms;
    uint64_t library;     // generation of the connection over which the library was loaded
    bool library_missing; // it said so
    // Of an exchange: how many commands it got, and where their replies are.
    size_t n, first, got;
    int rc;
};

enum cluster_progress { CLUSTER_WAITS, CLUSTER_SENT, CLUSTER_DONE };
struct cluster_command {
    enum cluster_progress progress;
    size_t at, len; // of cluster->bytes
    uint16_t slot;
    bool late;        // when all others have been answered: who is told shall find what is told of
    bool is_directed; // to node, whatever the map says
    bool asking;
    bool skipped; // the breaker does not let it through
    uint8_t node, tries;
    size_t reply_at; // of its node's replies
    int rc;
    enum fg_redis_error kind; // of a failure that is no reply
    struct resp *reply;       // FG_OK: also an error
};

struct redis_cluster {
    struct redis_conn
        *notes; // failures are noted there; its Sentinels are the first servers to ask
    struct cluster_node nodes[REDIS_MASTERS_MAX];
    uint8_t node_of[REDIS_SLOTS];
    struct redis_slot_map read; // the answer to be taken over
    bool known, stale;
    int64_t refresh_after_ms;
    char *bytes;
    size_t n_bytes, bytes_size;
    struct cluster_command *commands;
    size_t n_commands, commands_size;
    struct resp **replies;
    size_t replies_size;
    struct redis_part parts[REDIS_PARTS_MAX];
    struct redis_request packed[REDIS_PARTS_MAX];
};

// NULL when out of memory. notes is borrowed.
struct redis_cluster *cluster_new(struct redis_conn *notes);
void cluster_free(struct redis_cluster *cluster);
// Reads the map from the first server that answers. FG_EUNAVAILABLE, FG_ETIMEOUT.
FG_MUST_CHECK int cluster_refresh(struct redis_cluster *cluster, int64_t deadline_ns);

// Queues a command.
FG_MUST_CHECK int cluster_append(struct redis_cluster *cluster, const struct fg_view *args,
                                 size_t n_args);
// Runs what is queued; cluster->commands say what came of each. With a breaker, its lanes decide
// which servers are asked. To be followed by cluster_clear().
void cluster_run(struct redis_cluster *cluster, struct fg_breaker *breaker, int64_t deadline_ns);
void cluster_clear(struct redis_cluster *cluster);
// The same with all replies (error replies, too), or none and the first failure.
FG_MUST_CHECK int cluster_exchange(struct redis_cluster *cluster, int64_t deadline_ns,
                                   struct resp **replies, size_t n);
// Loads the function library: on all masters where it has not been loaded over this connection, or
// on those that said that it is missing. FG_OK when none refused.
FG_MUST_CHECK int cluster_library_load(struct redis_cluster *cluster, bool everywhere,
                                       int64_t deadline_ns);
