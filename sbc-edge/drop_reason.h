// SPDX-License-Identifier: GPL-2.0-or-later
/* Why a packet was not forwarded: one table that feeds the enum, the ng replies and the metrics. */
#pragma once

#define EDGE_DROP_REASONS(X)                                                                       \
    X(AUTH_FAILED, "auth_failed")       /* the SRTP or SRTCP tag does not verify */                \
    X(REPLAY, "replay")                 /* seen before, or older than the replay window */         \
    X(UNKNOWN_SOURCE, "unknown_source") /* not from where the signalling or learning says */       \
    X(BLOCKED, "blocked")               /* ng: block media, silence media, drop-traffic */         \
    X(HELD, "held")                     /* a hold on the customer that cuts calls */               \
    X(KILLED, "killed")                 /* a kill of this call */                                  \
    X(NOT_ALLOWED, "not_allowed")       /* default-deny: the guard has not allowed the call */     \
    X(NOT_SRTP, "not_srtp")             /* too short to carry a tag on an SRTP leg */              \
    X(PLAIN_RTCP, "plain_rtcp")         /* RTCP in clear on an SRTP leg */                         \
    X(BAD_PACKET, "bad_packet")         /* neither RTP nor RTCP, or a broken header */             \
    X(STUN, "stun")                     /* STUN, where no ICE was agreed */                        \
    X(DTLS, "dtls")                     /* DTLS, where none was agreed */                          \
    X(FLOOD, "flood")                   /* a flooded port's, unseen, while others need the room */ \
    X(TOO_LONG, "too_long")             /* larger than a media datagram may be */                  \
    X(NO_KEY, "no_key")                 /* SRTP leg whose key is not known yet */                  \
    X(NO_PEER, "no_peer")               /* nobody on the other side yet */                         \
    X(SSRC_LIMIT, "ssrc_limit")         /* more SSRCs than one key may serve */                    \
    X(PROTECT_FAILED, "protect_failed") /* could not be encrypted towards the peer */              \
    X(SEND_FAILED, "send_failed")       /* the kernel refused the datagram */

enum edge_drop {
#define EDGE_DROP_ENUM(name, text) EDGE_DROP_##name,
    EDGE_DROP_REASONS(EDGE_DROP_ENUM)
#undef EDGE_DROP_ENUM
        EDGE_DROP_COUNT,
};

/* Name as in ng replies and metric labels. */
const char *edge_drop_name(enum edge_drop reason);
