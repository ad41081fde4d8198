// SPDX-License-Identifier: GPL-2.0-or-later
// Signatures of webhooks as Standard Webhooks 1.0 asks for, and base64. All that is used of OpenSSL
// stands behind this header. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/err.h"
#include "fg/view.h"

#define FGA_SECRET_BYTES_MAX 64
#define FGA_SECRETS_MAX      4 // of one endpoint: the new key beside the old ones
// "v1," and 44 characters for each secret, spaces between, NUL.
#define FGA_SIGNATURES_SIZE (FGA_SECRETS_MAX * 48 + 1)

struct fga_secret {
    uint8_t bytes[FGA_SECRET_BYTES_MAX];
    size_t len;
};

// Reads "whsec_" and base64 of 24 to 64 bytes. FG_ESYNTAX. *out is written only on success.
FG_MUST_CHECK int fga_secret_parse(struct fg_view text, struct fga_secret *out);

// The header webhook-signature: "v1,BASE64" for each of the n secrets (1 to FGA_SECRETS_MAX), over
// "ID.TIMESTAMP.BODY". FG_EINVAL, FG_ENOMEM.
FG_MUST_CHECK int fga_signature_format(const struct fga_secret *secrets, size_t n, const char *id,
                                       int64_t timestamp_s, struct fg_view body,
                                       char out[FGA_SIGNATURES_SIZE]);

// Base64 with padding and without line breaks; malloc'd, NUL-terminated, NULL when out of memory.
char *fga_base64_format(struct fg_view bytes);
