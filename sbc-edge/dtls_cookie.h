// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "address.h"
#include "dtls_hello.h"

/**
 * Cookies that prove that a ClientHello's sender receives what is sent to its address, without a
 * byte kept for it: keyed digests of the address, the ports and the quarter of an hour.
 */

#define EDGE_DTLS_SECRET_BYTES 32u

/** The cookie for `source` on our port `port`; `now_ns` monotonic. 0 or EDGE_ENOMEM. */
int edge_dtls_cookie_make(const uint8_t secret[EDGE_DTLS_SECRET_BYTES],
                          const union edge_address *source, uint16_t port, uint64_t now_ns,
                          uint8_t cookie[EDGE_DTLS_COOKIE_BYTES]);

/** True for the cookie of now or of the quarter before. Compares in constant time. */
bool edge_dtls_cookie_is_good(const uint8_t secret[EDGE_DTLS_SECRET_BYTES],
                              const union edge_address *source, uint16_t port, uint64_t now_ns,
                              const uint8_t *cookie, size_t length);
