// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "sdes.h"
#include "sdp.h"

/**
 * Writes the description that the other side gets to see: our addresses, ports and keys, with
 * everything that belonged to the sender's own leg taken out. What a relay does not care about
 * stays in place, in order.
 *
 * Always removed: a=crypto, k=, a=key-mgmt, capability negotiation (RFC 5939, which can carry
 * keys), any line with `inline:` key text, a=rtcp, a=rtcp-mux, and direction lines; then written
 * anew at the end of each section in the order direction, rtcp, rtcp-mux, crypto, setup,
 * fingerprint.
 */

/** What to do with one m= section; same index as in edge_sdp.media. */
struct edge_sdp_media_plan {
    bool is_rejected;   /**< write port 0, without keys */
    struct edge_ip ip;  /**< ours; on hold by null address a null address is written instead */
    uint16_t rtp_port;  /**< ours; needed unless rejected */
    uint16_t rtcp_port; /**< ours; 0: write no a=rtcp */
    bool has_rtcp_mux;  /**< write a=rtcp-mux */
    enum edge_sdp_proto proto;         /**< to be written; EDGE_PROTO_KEEP or OTHER: as received */
    enum edge_sdp_direction direction; /**< EDGE_DIRECTION_NONE: as received */
    const struct edge_sdes_line *crypto; /**< our keys, n_crypto lines; none for plain RTP */
    size_t n_crypto;
    enum edge_sdp_setup setup;    /**< our DTLS role; EDGE_SETUP_NONE: no DTLS lines */
    struct edge_view fingerprint; /**< ours ("sha-256 AB:CD…"), written when `setup` is */
    struct edge_view tls_id;      /**< ours (RFC 8842), the same; empty: none */
};

struct edge_sdp_plan {
    const struct edge_sdp_media_plan *media;
    size_t n_media;                /**< must equal edge_sdp.n_media */
    struct edge_ip ip;             /**< ours, for the session's c= and for o= */
    bool replace_origin;           /**< our address in o= */
    bool replace_zero_address;     /**< our address also where the sender wrote the null address */
    bool keep_ice;                 /**< leave ICE lines; default is to remove them */
    struct edge_view username;     /**< for o=; empty: as received */
    struct edge_view session_id;   /**< for o=; empty: as received */
    struct edge_view version;      /**< for o=; empty: as received */
    struct edge_view session_name; /**< for s=; empty: as received */
};

/**
 * Writes the new description, with CRLF line ends and no NUL, into `buf`; its length into
 * `*out_len`. Sections with port 0 stay port 0. The views of the plan must not hold line ends,
 * and the o= ones no spaces.
 * Returns 0; EDGE_ENOSPACE; EDGE_EINVALID (plan and description do not fit, missing port or
 * address, forbidden bytes in the plan, unusable crypto line); EDGE_EKEYLEAK when a key of `sdp`
 * would appear in the result by whatever way. On error `buf` is wiped.
 */
int edge_sdp_rewrite(const struct edge_sdp *sdp, const struct edge_sdp_plan *plan, char *buf,
                     size_t size_bytes, size_t *out_len);
