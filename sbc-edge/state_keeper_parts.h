// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "clock.h"
#include "fg/redis_edge.h"
#include "state_keeper.h"
#include "state_queue.h"
#include "state_record.h"
#include "state_seal.h"
#include "worker.h"

#include <pthread.h>

/** What the keeper of state consists of: state_keeper.c writes, state_return.c brings back. */

#define EDGE_KEEPER_BATCH 64u
#define EDGE_KEEPER_NODES 16u

struct edge_keeper {
    struct edge_node *node;
    pthread_t thread;
    atomic_bool is_stopping;
    atomic_bool wants_take_over;
    atomic_bool has_tried; /* to restore: it worked, or Redis is away */
    atomic_bool is_up;
    _Atomic uint32_t n_adopting; /* records at the workers */
    pthread_mutex_t mailing;     /* held while mail is posted */
    bool is_quiet;               /* under `mailing`: the workers are gone */
    struct edge_job_queue *queue;
    struct edge_seal *seal;
    struct fg_redis *writer;
    struct fg_redis *reader; /* for look-ups: a short deadline */
    struct fg_redis_edge self;
    char instance[17];

    bool is_running;
    bool is_restored;
    bool was_down; /* since the last write that worked */
    uint64_t renewed_ms;
    uint64_t retry_at_ms;
    unsigned retry_ms;
    uint64_t stood_in_ms;
    uint64_t nodes_ms;
    uint64_t look_up_at_ms; /* not before */
    uint64_t behind_told_ms;
    unsigned n_nodes_read;
    _Atomic unsigned n_nodes; /* others of the space */
    char nodes[EDGE_KEEPER_NODES][EDGE_STATE_NODE_TEXT];

    struct fg_redis_edge_change changes[EDGE_KEEPER_BATCH];
    uint8_t *sealed[EDGE_KEEPER_BATCH];
    uint8_t *plain; /* EDGE_STATE_MAX + EDGE_SEAL_GROWTH */
};

static inline uint64_t edge_keeper_now_ms(void)
{
    return edge_clock_now_ns() / 1000000;
}

static inline void edge_keeper_count(_Atomic uint64_t *figure)
{
    atomic_fetch_add_explicit(figure, 1, memory_order_relaxed);
}

/** Brings our own calls of before back. False when Redis is away. For the keeper's thread, as the
 * others are. */
bool edge_keeper_restore(struct edge_keeper *keeper);

/** Takes over what the relays have left that we stand in for, where it is time for that. */
void edge_keeper_stand_in(struct edge_keeper *keeper);

/** Keeps the names of the other relays of the namespace. */
void edge_keeper_read_nodes(struct edge_keeper *keeper);

/** Answers the look-ups that wait. */
void edge_keeper_serve_look_ups(struct edge_keeper *keeper);
