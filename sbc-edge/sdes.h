// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "parse_error.h"
#include "view.h"

#include <stdint.h>

/**
 * SDES: the value of `a=crypto` (RFC 4568), for the suites of RFC 4568, 6188 and 7714. A line that
 * would weaken the protection is an error, never a degraded result.
 *
 * All functions are pure and keep no copy of key material: what they decode into scratch memory is
 * wiped before they return. A struct edge_sdes_line that held a key is wiped by its owner.
 */

/** Suites, the usable ones first. The order is not a preference. */
enum edge_srtp_suite {
    EDGE_SUITE_NONE = 0,
    EDGE_SUITE_AES_CM_128_HMAC_SHA1_80,
    EDGE_SUITE_AES_CM_128_HMAC_SHA1_32,
    EDGE_SUITE_AES_256_CM_HMAC_SHA1_80, /**< draft name AES_CM_256_HMAC_SHA1_80 understood too */
    EDGE_SUITE_AES_256_CM_HMAC_SHA1_32,
    EDGE_SUITE_AEAD_AES_128_GCM,
    EDGE_SUITE_AEAD_AES_256_GCM,
    EDGE_SUITE_USABLE_END, /**< suites from here on are known by name and never used */
    EDGE_SUITE_AES_192_CM_HMAC_SHA1_80 = EDGE_SUITE_USABLE_END,
    EDGE_SUITE_AES_192_CM_HMAC_SHA1_32,
    EDGE_SUITE_F8_128_HMAC_SHA1_80,
    EDGE_SUITE_F8_128_HMAC_SHA1_32,
    EDGE_SUITE_NULL_HMAC_SHA1_80,
    EDGE_SUITE_NULL_HMAC_SHA1_32,
    EDGE_SUITE_AEAD_AES_128_GCM_8,
    EDGE_SUITE_AEAD_AES_256_GCM_8,
    EDGE_SUITE_COUNT,
};

/** `srtp-policy`: what a leg may do; ng names it with the leg's description. */
enum edge_srtp_policy {
    EDGE_SRTP_POLICY_UNSET = 0, /**< as before; at first as preferred */
    EDGE_SRTP_OFF,              /**< no SRTP: crypto lines in RTP/AVP mean nothing */
    EDGE_SRTP_PREFERRED,
    EDGE_SRTP_REQUIRED, /**< no media in clear */
};

/** What a suite needs; lengths in bytes. */
struct edge_srtp_suite_info {
    const char *name;   /**< as registered with IANA */
    const char *alias;  /**< other name in the field, or NULL */
    uint8_t key_bytes;  /**< master key */
    uint8_t salt_bytes; /**< master salt, which follows the key in `inline:` */
    uint8_t rtp_tag_bytes;
    uint8_t rtcp_tag_bytes;
    bool is_usable;
};

/** The table row of a suite; for a number outside the enumeration that of EDGE_SUITE_NONE. */
const struct edge_srtp_suite_info *edge_srtp_suite_info(enum edge_srtp_suite suite);

/** The suite of that name or alias, letters folded; EDGE_SUITE_NONE when unknown. */
enum edge_srtp_suite edge_srtp_suite_find(struct edge_view name);

#define EDGE_SDES_KEY_MAX 46  /**< bytes: AES-256 key and 112-bit salt */
#define EDGE_SDES_MKI_MAX 128 /**< bytes: RFC 4568 6.1 */
/** Lifetimes from here on [packets] are taken as "no limit"; shorter ones refuse the line. */
#define EDGE_SDES_LIFETIME_MIN ((uint64_t)1 << 20)
/** Enough for any line that edge_sdes_format writes, bytes. */
#define EDGE_SDES_TEXT_MAX 512

/** The tag of a key that is in no crypto line and must never be: edge_sdes_format refuses it. */
#define EDGE_SDES_NO_TAG UINT32_MAX

/** One crypto line. */
struct edge_sdes_line {
    uint32_t tag; /**< 0..999999999; sparse tags are normal */
    enum edge_srtp_suite suite;
    uint8_t key_len;                /**< bytes used of `key` */
    uint8_t key[EDGE_SDES_KEY_MAX]; /**< master key, then master salt */
    uint8_t mki_len;                /**< 0: no MKI; else it is in every packet, RFC 3711 3.1 */
    uint8_t mki[EDGE_SDES_MKI_MAX]; /**< as it stands in the packet, big-endian, `mki_len` bytes */
    uint8_t lifetime_log2;          /**< for format: write `|2^n`; parse leaves 0 */
    uint32_t window_hint;           /**< WSH [packets], 0 when not given */
};

/**
 * Parses the value of a crypto attribute (what follows `a=crypto:`). Padded and unpadded base64,
 * sparse tags, a lifetime of 2^20 packets or more (ignored) and trailing spaces are taken.
 * Returns 0 and writes `*out`. Errors, with `*out` wiped to zero: EDGE_ESYNTAX (grammar, leading
 * zeroes, MKI that does not fit its length); EDGE_ESUITE; EDGE_EKEYLEN; EDGE_EWEAK
 * (UNENCRYPTED_*, UNAUTHENTICATED_*); EDGE_EPARAM (KDR, FEC_*, unknown parameters without "-",
 * several keys in one line); EDGE_ELIFETIME.
 */
int edge_sdes_parse(struct edge_view value, struct edge_sdes_line *out);

/**
 * Writes the value of a crypto attribute: tag, registered suite name, padded base64, `|2^n` and
 * `|mki:len` when set. Never a session parameter. No NUL; length in `*out_len`.
 * Returns 0; EDGE_ENOSPACE; EDGE_EINVALID (unusable suite, wrong key length, tag over nine digits,
 * lifetime_log2 outside 0, 20..48). On error `buf` holds no key material.
 */
int edge_sdes_format(const struct edge_sdes_line *line, char *buf, size_t size_bytes,
                     size_t *out_len);

/**
 * Picks one of the offered lines: the first suite of `preferences` that any line has, and of
 * several lines with that suite the first. Lines whose suite is not usable are never picked, even
 * if listed. Returns an index into `lines`, or EDGE_ENOENT.
 */
int edge_sdes_choose(const struct edge_sdes_line *lines, size_t n_lines,
                     const enum edge_srtp_suite *preferences, size_t n_preferences);

/** True when both carry the same suite and key (compared in constant time): a re-offer, not a
 * re-key. */
bool edge_sdes_has_same_key(const struct edge_sdes_line *a, const struct edge_sdes_line *b);

/** Overwrites the line with zeroes so that the compiler cannot leave it out. NULL is fine. */
void edge_sdes_wipe(struct edge_sdes_line *line);
