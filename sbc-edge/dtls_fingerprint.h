// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "parse_error.h"
#include "view.h"

#include <stdint.h>

/**
 * The fingerprint of a certificate as it stands in `a=fingerprint` (RFC 8122): the one thing that
 * ties a DTLS handshake to the signalling. SHA-1 and anything weaker is not read. Pure.
 */

enum edge_dtls_hash {
    EDGE_HASH_NONE = 0,
    EDGE_HASH_SHA256,
    EDGE_HASH_SHA384,
    EDGE_HASH_SHA512,
    EDGE_HASH_COUNT,
};

#define EDGE_FINGERPRINT_MAX 64 /**< bytes of a digest */
/** Room for any text that edge_fingerprint_format writes, with its NUL. */
#define EDGE_FINGERPRINT_TEXT 208

struct edge_fingerprint {
    enum edge_dtls_hash hash; /**< EDGE_HASH_NONE: none is known */
    uint8_t length;           /**< bytes used of `digest` */
    uint8_t digest[EDGE_FINGERPRINT_MAX];
};

/** "sha-256" and so on; static. NULL for EDGE_HASH_NONE. */
const char *edge_dtls_hash_name(enum edge_dtls_hash hash);

/** The hash of that name, letters folded; EDGE_HASH_NONE for any that is not taken. */
enum edge_dtls_hash edge_dtls_hash_find(struct edge_view name);

/** Bytes of a digest; 0 for EDGE_HASH_NONE. */
uint8_t edge_dtls_hash_bytes(enum edge_dtls_hash hash);

/**
 * Reads `sha-256 AB:CD:…`, letters of either case. Returns 0; EDGE_ESUITE for a hash that is not
 * taken; EDGE_ESYNTAX. `*out` is written only on success.
 */
int edge_fingerprint_parse(struct edge_view value, struct edge_fingerprint *out);

/** Writes the value with a NUL; its length. `print` must have a hash. */
size_t edge_fingerprint_format(const struct edge_fingerprint *print,
                               char text[EDGE_FINGERPRINT_TEXT]);

/** True when both have the same hash and digest. In constant time. Never true without a hash. */
bool edge_fingerprint_is_equal(const struct edge_fingerprint *a, const struct edge_fingerprint *b);
