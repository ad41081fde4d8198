// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "address.h"
#include "dtls_cookie.h"
#include "dtls_identity.h"
#include "stats.h"

/**
 * The DTLS work of one worker: certificate, cookies, datagrams that wait, timers. Public-key work
 * is done by the thread that owns the call, a bounded number of datagrams between two rounds of
 * media packets, so that a storm of handshakes delays media by no more than such a turn.
 */

/** Datagrams handled a turn; each costs up to half a millisecond. */
#define EDGE_HANDSHAKES_PER_TURN 1u
/** Datagrams that may wait, of all calls of a worker and of one stream. */
#define EDGE_HANDSHAKES_QUEUE     1024u
#define EDGE_HANDSHAKES_QUEUE_LEG 12u
/** How long a certificate is announced to new calls [s]. */
#define EDGE_HANDSHAKES_IDENTITY_S 86400u

struct edge_flow;
struct edge_leg_dtls;
struct edge_handshakes;

/** How datagrams leave. */
struct edge_handshakes_rim {
    void (*send)(void *context, const struct edge_flow *flow, const union edge_address *to,
                 const uint8_t *bytes, size_t length);
    void *context;
    struct edge_stats *stats;
};

/** 0 and `*out`, or EDGE_ENOMEM. */
int edge_handshakes_new(const struct edge_handshakes_rim *rim, struct edge_handshakes **out);

/** After the last edge_leg_dtls is gone. NULL is fine. */
void edge_handshakes_free(struct edge_handshakes *handshakes);

/** Handles what waits and what is due, within bounds. */
void edge_handshakes_turn(struct edge_handshakes *handshakes, uint64_t now_ns);

/** When to call that next; 0: not before something arrives. */
uint64_t edge_handshakes_due_ns(const struct edge_handshakes *handshakes);

/** The certificate of new calls, with one more holder; NULL when memory is short. */
struct edge_dtls_identity *edge_handshakes_identity(struct edge_handshakes *handshakes,
                                                    uint64_t now_s);

/** For leg_dtls.c. */
const uint8_t *edge_handshakes_secret(const struct edge_handshakes *handshakes);
const struct edge_handshakes_rim *edge_handshakes_rim(const struct edge_handshakes *handshakes);
bool edge_handshakes_queue(struct edge_handshakes *handshakes, struct edge_leg_dtls *dtls,
                           struct edge_flow *flow, const union edge_address *source,
                           const uint8_t *bytes, size_t length);
void edge_handshakes_list(struct edge_handshakes *handshakes, struct edge_leg_dtls *dtls,
                          uint64_t due_ns);
void edge_handshakes_forget(struct edge_handshakes *handshakes, struct edge_leg_dtls *dtls);
