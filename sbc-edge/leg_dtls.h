// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "dtls.h"
#include "handshakes.h"
#include "session.h"

/**
 * DTLS-SRTP of one media stream: what the signalling said of it, and the associations it has led
 * to; one for RTP, and one for RTCP unless they share a port. When a handshake ends well its keys
 * are put in force in the stream, and from then on packets are like those of any SRTP leg.
 *
 * The keys in force stay until a new association has keys of its own: neither a failed handshake
 * nor anything that a stranger sends takes them away. Only the peer's close_notify does, which is
 * authenticated.
 */

/** Bytes of text of an a=tls-id of ours: RFC 8842 4 wants 20 at least, and 120 random bits. */
#define EDGE_DTLS_TLS_ID 32u

/** Handshakes at once on one port: from where the signalling says, and from elsewhere. */
#define EDGE_LEG_DTLS_HANDSHAKES 2u

/** What a description says of its leg. */
struct edge_dtls_terms {
    struct edge_fingerprint print;
    enum edge_sdp_setup setup;
    uint64_t tls_id; /**< digest of a=tls-id; 0 without. Another one asks for a new association */
};

struct edge_dtls_association;

/** One port's associations. */
struct edge_dtls_port {
    struct edge_flow *flow;
    struct edge_dtls_association *current; /**< established: its keys are in force */
    struct edge_dtls_association *running[EDGE_LEG_DTLS_HANDSHAKES];
    union edge_address signalled; /**< where the leg was when the last association was asked for */
    uint64_t start_at_ns;         /**< active: when to greet; 0: no need */
    unsigned n_starts;            /**< since the signalling asked */
    bool is_outdated;             /**< `current` is not what the signalling asked for last */
};

struct edge_leg_dtls {
    struct edge_handshakes *handshakes;
    struct edge_media *media;
    struct edge_dtls_identity *identity; /**< the one that was announced to the leg */
    enum edge_dtls_hash hash;            /**< of the fingerprint that is announced */
    struct edge_dtls_terms offered;      /**< by the leg, not answered yet; setup NONE: nothing */
    bool prefers_passive;
    bool is_settled; /**< `terms` and `role` are known: handshakes may be */
    struct edge_dtls_terms terms;
    enum edge_dtls_role role;              /**< ours */
    char own_tls_id[EDGE_DTLS_TLS_ID + 1]; /**< of the association at hand */
    uint32_t suites_never;
    uint64_t rekey_grace_ns;
    struct edge_dtls_port port[EDGE_COMPONENTS];
    bool has_result;
    enum edge_dtls_result result; /**< of the last handshake that ended */
    bool is_closed;               /**< by the peer, after it was established */
    double greetings_left;        /**< handshakes that may be begun now */
    double requests_left;         /**< requests for a cookie that may be sent now */
    uint64_t refilled_ns;
    unsigned n_queued; /**< datagrams that wait for their turn */
    struct edge_leg_dtls *next;
    struct edge_leg_dtls *previous;
    bool is_listed; /**< among those with something to do in time */
};

/** The stream's, made if it has none. 0 and `*out`, or EDGE_ENOMEM. `now_s`: Unix time [s]. */
int edge_leg_dtls_get(struct edge_handshakes *handshakes, struct edge_media *media, uint64_t now_s,
                      struct edge_leg_dtls **out);

/** Ends it without a word; keys that are in force stay the stream's. NULL is fine. */
void edge_leg_dtls_free(struct edge_leg_dtls *dtls);

/** Says close_notify to the peer, where there is one. NULL is fine. */
void edge_leg_dtls_close(struct edge_leg_dtls *dtls);

/**
 * Offer and answer have settled on `terms` of the leg and on our `role`. The same as before keep
 * what there is; others ask for new associations. Nothing is sent here.
 */
void edge_leg_dtls_settle(struct edge_leg_dtls *dtls, const struct edge_dtls_terms *terms,
                          enum edge_dtls_role role, uint64_t now_ns);

/**
 * A DTLS datagram on one of the stream's ports. True when it is of use: then it waits for
 * edge_handshakes_turn, or has been answered with a request for a cookie. No state is kept for a
 * sender that has not shown a cookie. For the packet path: a few microseconds at most.
 */
bool edge_leg_dtls_take(struct edge_leg_dtls *dtls, struct edge_flow *flow,
                        const union edge_address *source, const uint8_t *bytes, size_t length,
                        uint64_t now_ns);

/**
 * "waiting", "handshake", "established", "closed", "failed"; static. NULL for RTCP that shares a
 * port with RTP.
 */
const char *edge_leg_dtls_state(const struct edge_leg_dtls *dtls, enum edge_component component);

/** For edge_handshakes_turn: a datagram's turn, and time's. Both may end associations. */
void edge_leg_dtls_receive(struct edge_leg_dtls *dtls, struct edge_flow *flow,
                           const union edge_address *source, const uint8_t *bytes, size_t length,
                           uint64_t now_ns);
void edge_leg_dtls_tick(struct edge_leg_dtls *dtls, uint64_t now_ns);

/** When edge_leg_dtls_tick is due; 0: never. */
uint64_t edge_leg_dtls_deadline_ns(const struct edge_leg_dtls *dtls);
