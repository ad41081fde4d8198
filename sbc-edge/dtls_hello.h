// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "parse_error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * What has to be known of a DTLS datagram before anything is kept for its sender: RFC 6347 4.1
 * (records), 4.2.1 (the exchange of a cookie, without state) and 4.2.2 (handshake header). Pure.
 */

#define EDGE_DTLS_COOKIE_BYTES  20u
#define EDGE_DTLS_RANDOM_BYTES  32u
#define EDGE_DTLS_VERIFY_BYTES  (28u + EDGE_DTLS_COOKIE_BYTES)
#define EDGE_DTLS_RECORD_HEADER 13u

enum edge_dtls_content {
    EDGE_DTLS_CHANGE_CIPHER_SPEC = 20,
    EDGE_DTLS_ALERT = 21,
    EDGE_DTLS_HANDSHAKE = 22,
    EDGE_DTLS_DATA = 23,
};

/** The first record of a datagram. */
struct edge_dtls_record {
    uint8_t content; /**< enum edge_dtls_content, or whatever the byte said */
    uint16_t epoch;  /**< 0: in clear */
};

/** A ClientHello that lies whole in the first record; views into the datagram. */
struct edge_dtls_hello {
    uint8_t sequence[8];   /**< epoch and number of its record */
    const uint8_t *random; /**< EDGE_DTLS_RANDOM_BYTES */
    const uint8_t *cookie; /**< `cookie_length` bytes */
    uint8_t cookie_length;
};

/** True and `*out` when the datagram begins with a whole DTLS record of a known version. */
bool edge_dtls_read_record(const uint8_t *bytes, size_t length, struct edge_dtls_record *out);

/** True and `*out` when it begins with an unencrypted, unfragmented ClientHello. */
bool edge_dtls_read_hello(const uint8_t *bytes, size_t length, struct edge_dtls_hello *out);

/** Writes the HelloVerifyRequest that answers `hello`, shorter than any ClientHello. */
void edge_dtls_write_verify(const struct edge_dtls_hello *hello,
                            const uint8_t cookie[EDGE_DTLS_COOKIE_BYTES],
                            uint8_t out[EDGE_DTLS_VERIFY_BYTES]);
