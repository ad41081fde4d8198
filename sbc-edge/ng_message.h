// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "dtls_fingerprint.h"
#include "ip.h"
#include "ng_value.h"
#include "parse_error.h"
#include "sdes.h"
#include "sdp.h"

/**
 * ng requests and replies: `<cookie> SP <dictionary>`, in bencode or JSON (rtpengine's control
 * protocol). Everything in struct edge_ng_request is a view into the datagram or the arena.
 */

enum edge_ng_format {
    EDGE_NG_BENCODE = 0,
    EDGE_NG_JSON,
};

/** Commands known by name; which of them do something is for the control code to say. */
enum edge_ng_command {
    EDGE_NG_UNKNOWN = 0,
    EDGE_NG_PING,
    EDGE_NG_OFFER,
    EDGE_NG_ANSWER,
    EDGE_NG_DELETE,
    EDGE_NG_QUERY,
    EDGE_NG_LIST_CALLS, /**< "list" */
    EDGE_NG_BLOCK_MEDIA,
    EDGE_NG_UNBLOCK_MEDIA,
    EDGE_NG_BLOCK_DTMF,
    EDGE_NG_UNBLOCK_DTMF,
    EDGE_NG_SILENCE_MEDIA,
    EDGE_NG_UNSILENCE_MEDIA,
    EDGE_NG_START_RECORDING,
    EDGE_NG_STOP_RECORDING,
    EDGE_NG_PAUSE_RECORDING,
    EDGE_NG_START_FORWARDING,
    EDGE_NG_STOP_FORWARDING,
    EDGE_NG_PLAY_MEDIA,
    EDGE_NG_STOP_MEDIA,
    EDGE_NG_PLAY_DTMF,
    EDGE_NG_STATISTICS,
    EDGE_NG_PUBLISH,
    EDGE_NG_SUBSCRIBE_REQUEST,
    EDGE_NG_SUBSCRIBE_ANSWER,
    EDGE_NG_UNSUBSCRIBE,
    EDGE_NG_COMMAND_COUNT,
};

/** The command's name on the wire ("block media"); "unknown" for EDGE_NG_UNKNOWN. Static. */
const char *edge_ng_command_text(enum edge_ng_command command);

/** Bits of edge_ng_request.flags, from the list `flags`. */
enum edge_ng_flag {
    EDGE_NG_FLAG_STRICT_SOURCE = 1 << 0,
    EDGE_NG_FLAG_TRUST_ADDRESS = 1 << 1,
    EDGE_NG_FLAG_SIP_SOURCE_ADDRESS = 1 << 2,
    EDGE_NG_FLAG_PORT_LATCHING = 1 << 3,
    EDGE_NG_FLAG_NO_PORT_LATCHING = 1 << 4,
    EDGE_NG_FLAG_MEDIA_HANDOVER = 1 << 5,
    EDGE_NG_FLAG_ASYMMETRIC = 1 << 6,
    EDGE_NG_FLAG_ALL = 1 << 7,
    EDGE_NG_FLAG_DIRECTIONAL = 1 << 8,
    EDGE_NG_FLAG_FATAL = 1 << 9,
    EDGE_NG_FLAG_FRAGMENT = 1 << 10,
    EDGE_NG_FLAG_RESET = 1 << 11,
    EDGE_NG_FLAG_DEBUG = 1 << 12,
    EDGE_NG_FLAG_SYMMETRIC = 1 << 13,
    EDGE_NG_FLAG_TO_TAG = 1 << 14,
    EDGE_NG_FLAG_NO_RTCP_ATTRIBUTE = 1 << 15,
    EDGE_NG_FLAG_ORIGINAL_SENDRECV = 1 << 16,
    EDGE_NG_FLAG_PLAIN_RTCP = 1 << 17, /**< RTCP in clear from the SRTP leg is taken */
};

/** Bits of edge_ng_request.replace, from the list `replace`. */
enum edge_ng_replace {
    EDGE_NG_REPLACE_ORIGIN = 1 << 0,
    EDGE_NG_REPLACE_SESSION_CONNECTION = 1 << 1,
    EDGE_NG_REPLACE_USERNAME = 1 << 2,
    EDGE_NG_REPLACE_SESSION_NAME = 1 << 3,
    EDGE_NG_REPLACE_SDP_VERSION = 1 << 4,
    EDGE_NG_REPLACE_ZERO_ADDRESS = 1 << 5,
    EDGE_NG_REPLACE_FORCE_VERSION = 1 << 6,
};

/** Bits of edge_ng_request.rtcp_mux, from the list `rtcp-mux`. */
enum edge_ng_rtcp_mux {
    EDGE_NG_MUX_OFFER = 1 << 0,
    EDGE_NG_MUX_REQUIRE = 1 << 1,
    EDGE_NG_MUX_DEMUX = 1 << 2,
    EDGE_NG_MUX_ACCEPT = 1 << 3,
    EDGE_NG_MUX_REJECT = 1 << 4,
};

enum edge_ng_ice {
    EDGE_NG_ICE_UNSET = 0,
    EDGE_NG_ICE_REMOVE,
    EDGE_NG_ICE_DEFAULT,
    EDGE_NG_ICE_FORCE, /**< force and force-relay; we have no ICE, so warn */
};

enum edge_ng_dtls {
    EDGE_NG_DTLS_UNSET = 0,
    EDGE_NG_DTLS_OFF, /**< off, no, disable */
    EDGE_NG_DTLS_PASSIVE,
    EDGE_NG_DTLS_ACTIVE,
};

enum edge_ng_drop_traffic {
    EDGE_NG_DROP_UNSET = 0,
    EDGE_NG_DROP_START,
    EDGE_NG_DROP_STOP,
};

enum edge_ng_learning {
    EDGE_NG_LEARN_UNSET = 0,
    EDGE_NG_LEARN_OFF,
    EDGE_NG_LEARN_IMMEDIATE,
    EDGE_NG_LEARN_DELAYED,
    EDGE_NG_LEARN_HEURISTIC,
};

/** Bits of edge_ng_request.osrtp, from the list `OSRTP` (RFC 8643). */
enum edge_ng_osrtp {
    EDGE_NG_OSRTP_OFFER = 1 << 0,  /**< crypto lines in an offer of RTP/AVP */
    EDGE_NG_OSRTP_ACCEPT = 1 << 1, /**< always so, unless the policy is off */
};

/** The `SDES` list. Suite sets are bit masks of 1 << enum edge_srtp_suite. */
struct edge_ng_sdes {
    bool is_off; /**< off, no, disable */
    bool has_pad;
    bool has_lifetime;
    bool is_static;
    bool has_no_new;         /**< nonew: offer no suites beyond the received ones */
    bool asks_weak;          /**< unencrypted_* or unauthenticated_*: never obeyed */
    uint32_t suites_never;   /**< no-SUITE */
    uint32_t suites_only;    /**< only-SUITE; 0: no restriction */
    uint8_t n_order;         /**< order:SUITE;SUITE… */
    uint8_t n_offerer_order; /**< offerer_pref:… */
    enum edge_srtp_suite order[EDGE_SUITE_COUNT];
    enum edge_srtp_suite offerer_order[EDGE_SUITE_COUNT];
};

#define EDGE_NG_UNKNOWN_MAX   16
#define EDGE_NG_DIRECTION_MAX 2

/** A request. Views are {NULL, 0} where the key was not given. */
struct edge_ng_request {
    struct edge_view cookie;
    enum edge_ng_format format;
    const struct edge_ng_value *dict; /**< the whole, for keys not picked out below */

    enum edge_ng_command command;
    struct edge_view command_text; /**< as written */
    struct edge_view call_id;
    struct edge_view from_tag;
    struct edge_view to_tag;
    struct edge_view via_branch;
    struct edge_view label;    /**< label, from-label */
    struct edge_view to_label; /**< to-label, set-label */
    struct edge_view metadata;
    struct edge_view address; /**< for block media by address */
    struct edge_view sdp;
    bool has_from_tag; /**< given, if only empty (delete: whole call) */

    uint32_t flags;    /**< enum edge_ng_flag */
    uint32_t replace;  /**< enum edge_ng_replace */
    uint32_t rtcp_mux; /**< enum edge_ng_rtcp_mux */
    uint32_t osrtp;    /**< enum edge_ng_osrtp */
    enum edge_srtp_policy srtp_policy;
    enum edge_ng_ice ice;
    enum edge_ng_dtls dtls;
    enum edge_ng_dtls dtls_reverse;
    enum edge_dtls_hash dtls_hash; /**< EDGE_HASH_NONE when not given */
    enum edge_ng_drop_traffic drop_traffic;
    enum edge_ng_learning learning;
    struct edge_ng_sdes sdes;

    uint8_t n_direction;
    struct edge_view direction[EDGE_NG_DIRECTION_MAX]; /**< towards the sender, towards the other */
    struct edge_ip media_address;                      /**< EDGE_IP_NONE when not given */
    enum edge_ip_family address_family;                /**< EDGE_IP_NONE when not given */
    struct edge_ip received_from;                      /**< EDGE_IP_NONE when not given */
    enum edge_sdp_proto transport_protocol;            /**< EDGE_PROTO_KEEP when not given */
    bool accepts_transport;                            /**< transport-protocol=accept */

    bool has_tos;
    uint8_t tos;
    bool has_delete_delay;
    uint32_t delete_delay_s; /**< seconds; negative ones read as 0 */
    bool has_limit;
    uint32_t limit; /**< for list */
    bool supports_load_limit;

    uint32_t n_unknown; /**< keys and list values not known; may be above EDGE_NG_UNKNOWN_MAX */
    struct edge_view unknown[EDGE_NG_UNKNOWN_MAX]; /**< the first of them; escape before logging */
};

/**
 * Parses a datagram. The arena is reset first; `datagram` and arena must outlive `*out`. The format
 * is told by the first byte behind the cookie: 'd' bencode, '{' JSON.
 * Returns 0; EDGE_ENOCOOKIE (answer nothing); EDGE_ESYNTAX and EDGE_ELIMIT with cookie and format
 * set in `*out`: answer edge_ng_decode_error(format). An unknown command is not an error here.
 */
int edge_ng_request_parse(struct edge_view datagram, struct edge_ng_arena *arena,
                          struct edge_ng_request *out);

/**
 * The same for one dictionary without a cookie (stream transports and JSON over HTTP).
 */
int edge_ng_request_parse_dict(struct edge_view bytes, struct edge_ng_arena *arena,
                               struct edge_ng_request *out);

/**
 * What the command needs and the request lacks, as the text of an error reply, in the order in
 * which rtpengine looks; NULL when complete. Static.
 */
const char *edge_ng_request_missing(const struct edge_ng_request *request);

/** Texts that proxies and test suites know by heart; keep them to the letter. */
#define EDGE_NG_TEXT_DECODE_BENCODE   "Could not decode bencode dictionary"
#define EDGE_NG_TEXT_DECODE_JSON      "Could not decode JSON dictionary"
#define EDGE_NG_TEXT_COMMAND          "Unrecognized command"
#define EDGE_NG_TEXT_UNKNOWN_CALL     "Unknown call-id" /* query, answer */
#define EDGE_NG_TEXT_UNKNOWN_CALL_ID  "Unknown call-ID" /* block and its like */
#define EDGE_NG_TEXT_NO_CALL_ID       "No call-id in message"
#define EDGE_NG_TEXT_NO_FROM_TAG      "No from-tag in message"
#define EDGE_NG_TEXT_NO_TO_TAG        "No to-tag in message"
#define EDGE_NG_TEXT_NO_SDP           "No SDP body in message"
#define EDGE_NG_TEXT_BAD_SDP          "Failed to parse SDP"
#define EDGE_NG_TEXT_INCOMPLETE_SDP   "Incomplete SDP specification"
#define EDGE_NG_TEXT_DIALOGUE         "Invalid dialogue association"
#define EDGE_NG_TEXT_REWRITE          "Error rewriting SDP"
#define EDGE_NG_TEXT_NO_PORTS         "Ran out of ports"               /* next node */
#define EDGE_NG_TEXT_SESSION_LIMIT    "Parallel session limit reached" /* next node */
#define EDGE_NG_TEXT_NO_SUCH_TAG      "From-tag given, but no such tag exists"
#define EDGE_NG_TEXT_NO_ADDRESS_MATCH "Failed to match address to any tag"
#define EDGE_NG_TEXT_DELETE_UNKNOWN   "Call-ID not found or tags didn't match"

/** The text for a dictionary that could not be decoded. */
const char *edge_ng_decode_error(enum edge_ng_format format);

/**
 * Starts a reply: an empty dictionary in `arena` (the request's may be used, its strings then stay
 * valid). Add keys with edge_ng_add_*; `result` is added by the functions below.
 */
struct edge_ng_value *edge_ng_reply_new(struct edge_ng_arena *arena);

/**
 * Formats `<cookie> SP <dict>` in the request's format, with `result` = `result` added at the end
 * ("ok", "pong"). Without a cookie only the dictionary. No NUL. Returns 0 and writes `*out_len`;
 * EDGE_ENOSPACE; EDGE_ELIMIT when the arena was exhausted while building (answer an error instead);
 * EDGE_ENOMEM.
 */
int edge_ng_reply_format(const struct edge_ng_request *request, struct edge_ng_arena *arena,
                         struct edge_ng_value *reply, const char *result, char *buf,
                         size_t size_bytes, size_t *out_len);

/** Formats {"result":"error","error-reason":reason}; needs no arena. Errors as above. */
int edge_ng_reply_error(const struct edge_ng_request *request, const char *reason, char *buf,
                        size_t size_bytes, size_t *out_len);

/** Formats {"result":"load limit","message":message}: the proxy then tries its next node. */
int edge_ng_reply_load_limit(const struct edge_ng_request *request, const char *message, char *buf,
                             size_t size_bytes, size_t *out_len);
