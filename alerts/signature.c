// SPDX-License-Identifier: GPL-2.0-or-later
#include "signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGEST_BYTES     32
#define SECRET_BYTES_MIN 24
#define ENCODED_MAX      88 // of FGA_SECRET_BYTES_MAX

int fga_secret_parse(struct fg_view text, struct fga_secret *out)
{
    static const char prefix[] = "whsec_";
    const size_t prefix_len = sizeof(prefix) - 1;
    unsigned char decoded[ENCODED_MAX];
    if (text.len <= prefix_len || memcmp(text.ptr, prefix, prefix_len) != 0)
        return FG_ESYNTAX;
    const char *encoded = text.ptr + prefix_len;
    const size_t len = text.len - prefix_len;
    size_t padding = 0;
    // The decoder skips white space and would take '-' for an end.
    for (size_t i = 0; i < len; i++) {
        const char c = encoded[i];
        const bool digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                           (c >= '0' && c <= '9') || c == '+' || c == '/';
        padding += c == '=' ? 1 : 0;
        if ((!digit && c != '=') || (digit && padding > 0))
            return FG_ESYNTAX;
    }
    if (len % 4 != 0 || len > ENCODED_MAX || padding > 2)
        return FG_ESYNTAX;
    const int n = EVP_DecodeBlock(decoded, (const unsigned char *)encoded, (int)len);
    const size_t bytes = n < 0 ? 0 : (size_t)n - padding;
    int rc = FG_ESYNTAX;
    if (bytes >= SECRET_BYTES_MIN && bytes <= FGA_SECRET_BYTES_MAX) {
        memset(out, 0, sizeof(*out));
        memcpy(out->bytes, decoded, bytes);
        out->len = bytes;
        rc = FG_OK;
    }
    explicit_bzero(decoded, sizeof(decoded));
    return rc;
}

int fga_signature_format(const struct fga_secret *secrets, size_t n, const char *id,
                         int64_t timestamp_s, struct fg_view body, char out[FGA_SIGNATURES_SIZE])
{
    char *head = NULL;
    char *at = out;
    if (n == 0 || n > FGA_SECRETS_MAX || strchr(id, '.') != NULL)
        return FG_EINVAL; // a dot would let an id and a time be read in two ways
    const int head_len = asprintf(&head, "%s.%lld.", id, (long long)timestamp_s);
    unsigned char *signed_bytes = head_len < 0 ? NULL : malloc((size_t)head_len + body.len);
    if (signed_bytes == NULL) {
        free(head_len < 0 ? NULL : head);
        return FG_ENOMEM;
    }
    memcpy(signed_bytes, head, (size_t)head_len);
    if (body.len > 0)
        memcpy(signed_bytes + head_len, body.ptr, body.len);
    int rc = FG_OK;
    for (size_t i = 0; i < n && rc == FG_OK; i++) {
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned int digest_len = 0;
        if (HMAC(EVP_sha256(), secrets[i].bytes, (int)secrets[i].len, signed_bytes,
                 (size_t)head_len + body.len, digest, &digest_len) == NULL ||
            digest_len != DIGEST_BYTES) {
            rc = FG_ENOMEM;
            break;
        }
        at += sprintf(at, "%sv1,", i == 0 ? "" : " ");
        at += EVP_EncodeBlock((unsigned char *)at, digest, DIGEST_BYTES);
    }
    free(signed_bytes);
    free(head);
    return rc;
}

char *fga_base64_format(struct fg_view bytes)
{
    const size_t size = (bytes.len + 2) / 3 * 4 + 1;
    if (bytes.len > INT32_MAX / 2)
        return NULL;
    char *out = malloc(size);
    if (out == NULL)
        return NULL;
    out[0] = '\0';
    if (bytes.len > 0)
        (void)EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)bytes.ptr,
                              (int)bytes.len);
    return out;
}
