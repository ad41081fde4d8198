// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "ip.h"
#include "parse_error.h"
#include "view.h"

#include <stdint.h>

/**
 * Session descriptions (RFC 8866) as a list of lines with the facts a media relay needs picked out.
 * Everything is a view into the caller's bytes, which must outlive the struct. Pure: no allocation,
 * no state; a struct edge_sdp is about 16 KiB, so keep one per control thread, not on small stacks.
 */

#define EDGE_SDP_LINES_MAX  512
#define EDGE_SDP_MEDIA_MAX  8
#define EDGE_SDP_CRYPTO_MAX 16

enum edge_sdp_proto {
    EDGE_PROTO_KEEP = 0, /**< none given; in a plan: as received */
    EDGE_PROTO_RTP_AVP,
    EDGE_PROTO_RTP_SAVP,
    EDGE_PROTO_RTP_AVPF,
    EDGE_PROTO_RTP_SAVPF,
    EDGE_PROTO_UDP_TLS_RTP_SAVP,
    EDGE_PROTO_UDP_TLS_RTP_SAVPF,
    EDGE_PROTO_UDPTL,
    EDGE_PROTO_OTHER, /**< any other text */
};

/** The text of a protocol ("RTP/SAVP"); NULL for KEEP and OTHER. */
const char *edge_sdp_proto_text(enum edge_sdp_proto proto);
/** The protocol of a text, letters folded; EDGE_PROTO_OTHER when unknown. */
enum edge_sdp_proto edge_sdp_proto_find(struct edge_view text);
/** True for the six RTP profiles. */
bool edge_sdp_proto_is_rtp(enum edge_sdp_proto proto);
/** True for the SAVP and SAVPF profiles, keyed by SDES or DTLS. */
bool edge_sdp_proto_is_srtp(enum edge_sdp_proto proto);
/** True for UDP/TLS/RTP/SAVP(F). */
bool edge_sdp_proto_is_dtls(enum edge_sdp_proto proto);
/** True for the AVPF and SAVPF profiles. */
bool edge_sdp_proto_is_feedback(enum edge_sdp_proto proto);

enum edge_sdp_media_type {
    EDGE_MEDIA_OTHER = 0,
    EDGE_MEDIA_AUDIO,
    EDGE_MEDIA_VIDEO,
    EDGE_MEDIA_IMAGE, /**< T.38 */
    EDGE_MEDIA_TEXT,
};

enum edge_sdp_direction {
    EDGE_DIRECTION_NONE = 0, /**< not written: sendrecv (RFC 8866 6.7) */
    EDGE_DIRECTION_SENDRECV,
    EDGE_DIRECTION_SENDONLY,
    EDGE_DIRECTION_RECVONLY,
    EDGE_DIRECTION_INACTIVE,
};

enum edge_sdp_setup {
    EDGE_SETUP_NONE = 0,
    EDGE_SETUP_ACTIVE,
    EDGE_SETUP_PASSIVE,
    EDGE_SETUP_ACTPASS,
    EDGE_SETUP_HOLDCONN,
};

/** What a line is to us. Attributes that mean nothing to a relay are EDGE_LINE_OTHER. */
enum edge_sdp_line_kind {
    EDGE_LINE_OTHER = 0,
    EDGE_LINE_ORIGIN,
    EDGE_LINE_SESSION_NAME,
    EDGE_LINE_CONNECTION,
    EDGE_LINE_MEDIA,
    EDGE_LINE_TITLE,    /**< i= */
    EDGE_LINE_KEY,      /**< k=, a=key-mgmt, capability lines and any line with inline: keys */
    EDGE_LINE_CRYPTO,   /**< a=crypto */
    EDGE_LINE_RTCP,     /**< a=rtcp */
    EDGE_LINE_RTCP_MUX, /**< a=rtcp-mux, a=rtcp-mux-only */
    EDGE_LINE_RTCP_FB,  /**< a=rtcp-fb */
    EDGE_LINE_DIRECTION,
    EDGE_LINE_ICE, /**< a=candidate, a=ice-*, a=remote-candidates, a=end-of-candidates */
    EDGE_LINE_SETUP,
    EDGE_LINE_FINGERPRINT,
    EDGE_LINE_DTLS_OTHER, /**< a=tls-id, a=dtls-id, a=connection */
    EDGE_LINE_BUNDLE,     /**< a=group:BUNDLE, a=bundle-only */
    EDGE_LINE_MID,
};

struct edge_sdp_line {
    struct edge_view text; /**< the line without its end, for example "a=sendrecv" */
    enum edge_sdp_line_kind kind;
};

/** A connection address. */
struct edge_sdp_connection {
    bool is_present;
    struct edge_view host; /**< as written, without /ttl */
    struct edge_ip ip;     /**< EDGE_IP_NONE when `host` is a name */
};

/** Parts of the o= line. */
struct edge_sdp_origin {
    struct edge_view username;
    struct edge_view session_id;
    struct edge_view version;
    struct edge_view host;
    struct edge_ip ip; /**< EDGE_IP_NONE when `host` is a name */
};

/** One m= section. Facts that may stand at session level are already inherited from there. */
struct edge_sdp_media {
    uint16_t first_line; /**< index of the m= line in edge_sdp.lines */
    uint16_t end_line;   /**< one past the section's last line */
    enum edge_sdp_media_type type;
    struct edge_view type_text;
    uint16_t port;       /**< 0: rejected or disabled */
    uint16_t port_count; /**< 1 unless written as port/count */
    enum edge_sdp_proto proto;
    struct edge_view proto_text;
    struct edge_view formats;              /**< the rest of the m= line: "8 101" */
    bool has_own_connection;               /**< this section has a c= line of its own */
    struct edge_sdp_connection connection; /**< own, else the session's; may be absent */
    bool has_rtcp;
    uint16_t rtcp_port;                         /**< from a=rtcp; without it port + 1 */
    struct edge_sdp_connection rtcp_connection; /**< only if a=rtcp has an address */
    bool has_rtcp_mux;
    enum edge_sdp_direction direction; /**< own, else the session's, else NONE */
    bool has_ice;
    enum edge_sdp_setup setup;
    struct edge_view fingerprint; /**< the attribute's value, {NULL, 0} without */
    struct edge_view mid;
    uint16_t n_crypto;                            /**< entries used of `crypto` */
    uint16_t n_crypto_left_out;                   /**< crypto lines beyond EDGE_SDP_CRYPTO_MAX */
    struct edge_view crypto[EDGE_SDP_CRYPTO_MAX]; /**< values, for edge_sdes_parse */
};

struct edge_sdp {
    struct edge_view bytes;
    uint16_t n_lines;
    uint16_t n_media;
    uint16_t end_session; /**< one past the last session-level line */
    struct edge_sdp_origin origin;
    struct edge_view session_name;
    struct edge_sdp_connection connection; /**< at session level */
    struct edge_sdp_media media[EDGE_SDP_MEDIA_MAX];
    struct edge_sdp_line lines[EDGE_SDP_LINES_MAX];
};

/** Where and why a description could not be read. */
struct edge_sdp_error {
    unsigned line;      /**< counted from 1; 0 when it concerns the whole */
    const char *reason; /**< static English text, never bytes of the message */
};

/**
 * Parses a session description. Lines end in CRLF or LF; the last end may be missing, and empty
 * lines at the end are ignored. Wanted: v=0 first, then an o= line; NUL, bare CR and lines that are
 * not `letter=` are errors. A section without any c= is no error here (connection.is_present).
 * Returns 0; EDGE_ESYNTAX; EDGE_ELIMIT (lines or m= sections). On error `*error` (may be NULL) is
 * written and `*out` is not to be used.
 */
int edge_sdp_parse(struct edge_view bytes, struct edge_sdp *out, struct edge_sdp_error *error);

/**
 * True when the other side is told to send nothing here: the null address of RFC 3264 8.4 (old
 * hold), or a=inactive or a=sendonly.
 */
bool edge_sdp_media_is_hold(const struct edge_sdp_media *media);

/** The direction's name, "sendrecv" for EDGE_DIRECTION_NONE; static. */
const char *edge_sdp_direction_text(enum edge_sdp_direction direction);

/** The role's name (RFC 4145 section 4), NULL for EDGE_SETUP_NONE; static. */
const char *edge_sdp_setup_text(enum edge_sdp_setup setup);
