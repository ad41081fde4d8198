// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "view.h"

#include <stdint.h>

/**
 * Base64 (RFC 4648 section 4) for key material: no table lookups whose timing depends on the
 * secret, no copies beyond the caller's buffers. Pure.
 */

/** Characters of the padded text of `n` bytes. */
#define EDGE_BASE64_LEN(n) (((n) + 2) / 3 * 4)

/**
 * Decodes `text`, with or without '=' padding, into exactly `len` bytes. Returns 0; EDGE_EKEYLEN
 * when it is not base64 or stands for another length. Bits behind the last byte do not matter. On
 * error `out` is wiped.
 */
int edge_base64_decode(struct edge_view text, uint8_t *out, size_t len);

/** Writes the padded text of `len` bytes, EDGE_BASE64_LEN(len) characters without a NUL. */
void edge_base64_encode(const uint8_t *bytes, size_t len, char *out);
