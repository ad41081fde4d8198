// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "dtls_hello.h"
#include "dtls_identity.h"
#include "sdes.h"

/**
 * One DTLS-SRTP association (RFC 5764): datagrams and time in, datagrams and SRTP keys out. Opens
 * no socket and reads no clock but through the library's timer of retransmissions, which measures
 * wall-clock time; when to look at it is told by the caller. Belongs to one thread.
 *
 * DTLS 1.2 with forward secrecy only; both sides show a certificate, and the peer's must have the
 * signalled fingerprint, or the handshake fails before any key exists.
 */

enum edge_dtls_role {
    EDGE_DTLS_ACTIVE,  /**< client */
    EDGE_DTLS_PASSIVE, /**< server; made once a ClientHello has shown a good cookie */
};

enum edge_dtls_state {
    EDGE_DTLS_HANDSHAKE_RUNS,
    EDGE_DTLS_ESTABLISHED,
    EDGE_DTLS_CLOSED, /**< established, then ended by the peer (close_notify) */
    EDGE_DTLS_FAILED,
};

/** How a handshake ended. */
#define EDGE_DTLS_RESULTS(X)                                                                       \
    X(OK, "ok")                                                                                    \
    X(FINGERPRINT, "fingerprint") /* the certificate is not the signalled one */                   \
    X(PROFILE, "profile")         /* no SRTP profile in common */                                  \
    X(PROTOCOL, "protocol")       /* no version or cipher in common, broken messages */            \
    X(TIMEOUT, "timeout")         /* no answer, or none that led anywhere */                       \
    X(REPLACED, "replaced")       /* by another one, or the call ended */

enum edge_dtls_result {
#define EDGE_DTLS_ENUM(name, text) EDGE_DTLS_##name,
    EDGE_DTLS_RESULTS(EDGE_DTLS_ENUM)
#undef EDGE_DTLS_ENUM
        EDGE_DTLS_RESULT_COUNT,
};

/** As in ng replies and metric labels; static. */
const char *edge_dtls_result_name(enum edge_dtls_result result);

/** Told each datagram that is to be sent to the peer. */
struct edge_dtls_way_out {
    void (*send)(void *context, const uint8_t *bytes, size_t length);
    void *context;
};

/** Largest datagram that is sent, bytes. */
#define EDGE_DTLS_DATAGRAM_MAX 1200
/** What one association may send before it is established, bytes. */
#define EDGE_DTLS_OUT_MAX 32768u
/** A handshake that has not ended by then never will [ns]. */
#define EDGE_DTLS_PATIENCE_NS 30000000000u
/** First wait for an answer; doubled with each retransmission up to the second figure [us]. */
#define EDGE_DTLS_WAIT_US     250000u
#define EDGE_DTLS_WAIT_MAX_US 4000000u

struct edge_dtls;

struct edge_dtls_plan {
    struct edge_dtls_identity *identity;
    enum edge_dtls_role role;
    struct edge_fingerprint expected; /**< of the peer's certificate */
    uint32_t suites_never;            /**< 1 << enum edge_srtp_suite: not to be negotiated */
    struct edge_dtls_way_out out;
};

/** 0 and `*out`; EDGE_ESUITE when no SRTP profile is left; EDGE_ENOMEM. Sends nothing yet. */
int edge_dtls_new(const struct edge_dtls_plan *plan, uint64_t now_ns, struct edge_dtls **out);

/** Wipes and frees, without a word to the peer. NULL is fine. */
void edge_dtls_free(struct edge_dtls *dtls);

/** The client's first message, to be called once; about 0.1 ms. */
void edge_dtls_start(struct edge_dtls *dtls, uint64_t now_ns);

/**
 * Takes one datagram. The first one of a passive association is the ClientHello with the cookie
 * (which the caller has checked). Alerts in clear are passed over: anyone could have sent them.
 * Up to 0.5 ms for the datagrams that carry key exchange and signatures, else a few us.
 */
void edge_dtls_receive(struct edge_dtls *dtls, const uint8_t *bytes, size_t length,
                       uint64_t now_ns);

/** Sends again what was not answered, or gives up; to be called from the deadline on. */
void edge_dtls_tick(struct edge_dtls *dtls, uint64_t now_ns);

/** When edge_dtls_tick is due (monotonic [ns]); 0: never. */
uint64_t edge_dtls_deadline_ns(const struct edge_dtls *dtls);

/** Tells the peer that we end; only where established. */
void edge_dtls_close(struct edge_dtls *dtls);

enum edge_dtls_state edge_dtls_get_state(const struct edge_dtls *dtls);

/** Where the state is not EDGE_DTLS_HANDSHAKE_RUNS. */
enum edge_dtls_result edge_dtls_get_result(const struct edge_dtls *dtls);

/**
 * The SRTP keys of an established association, as lines with EDGE_SDES_NO_TAG: what the peer
 * encrypts with, and what we do. The caller wipes both. 0, or EDGE_EINVALID.
 */
int edge_dtls_export(struct edge_dtls *dtls, struct edge_sdes_line *receive,
                     struct edge_sdes_line *send);
