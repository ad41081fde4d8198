// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "drop_reason.h"
#include "dtls.h"
#include "ng_message.h"

#include <stdatomic.h>
#include <stdint.h>

/**
 * What one thread counts. It alone adds; anyone may read. So adding costs no locked instruction.
 */

enum edge_close_reason {
    EDGE_CLOSED_TERMINATED = 0, /**< delete */
    EDGE_CLOSED_TIMEOUT,
    EDGE_CLOSED_SILENT_TIMEOUT,
    EDGE_CLOSED_OFFER_TIMEOUT,
    EDGE_CLOSED_COUNT,
};

struct edge_stats {
    _Atomic uint64_t packets_in;
    _Atomic uint64_t packets_out;
    _Atomic uint64_t bytes_out;
    _Atomic uint64_t drops[EDGE_DROP_COUNT];
    _Atomic uint64_t dtls_handshakes[EDGE_DTLS_RESULT_COUNT];
    _Atomic uint64_t dtls_refused; /**< ClientHellos from where none is wanted */
    _Atomic uint64_t forwarded_after_verdict;
    _Atomic uint64_t verdicts;
    _Atomic uint64_t refused_by_hold;
    _Atomic uint64_t refused_by_load; /**< new calls: too many, too busy, or about to end */
    _Atomic uint64_t sessions_total;
    _Atomic uint64_t sessions_closed[EDGE_CLOSED_COUNT];
    _Atomic uint64_t sessions_us; /**< how long those that have ended lasted, in all */
    _Atomic uint64_t requests[EDGE_NG_COMMAND_COUNT];
    _Atomic uint64_t request_errors;
    _Atomic uint64_t requests_repeated; /**< answered from the cookie cache */
    _Atomic uint64_t requests_lost;     /**< the owner's mailbox was full */
};

/** For the one thread that owns the figure. */
static inline void edge_stats_add(_Atomic uint64_t *figure, uint64_t n)
{
    atomic_store_explicit(figure, atomic_load_explicit(figure, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

/** For any thread. */
static inline uint64_t edge_stats_get(const _Atomic uint64_t *figure)
{
    return atomic_load_explicit(figure, memory_order_relaxed);
}
