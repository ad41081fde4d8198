// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "sdes.h"

#include <stdint.h>

/**
 * The ciphers of SRTP for the session keys of one direction, behind a small table so that another
 * library can take OpenSSL's place. A cipher belongs to one thread at a time.
 */

#define EDGE_CIPHER_KEY_MAX  32
#define EDGE_CIPHER_SALT_MAX 14
#define EDGE_CIPHER_AUTH_KEY 20 /**< HMAC-SHA1, RFC 3711 5.2 */
#define EDGE_CIPHER_BLOCK    16
#define EDGE_CIPHER_SHA1     20
#define EDGE_CIPHER_GCM_IV   12
#define EDGE_CIPHER_GCM_TAG  16

/** Derived from a master key (RFC 3711 4.3). [0]: RTP, [1]: RTCP. Wiped by whoever made them. */
struct edge_session_keys {
    uint8_t key_bytes; /**< 16 or 32 */
    bool is_gcm;       /**< no `auth` then */
    uint8_t key[2][EDGE_CIPHER_KEY_MAX];
    uint8_t auth[2][EDGE_CIPHER_AUTH_KEY];
    uint8_t salt[2][EDGE_CIPHER_SALT_MAX];
};

/** Bytes that are authenticated and not encrypted, or in two pieces hashed one after the other. */
struct edge_bytes {
    const uint8_t *at;
    size_t length;
};

struct edge_cipher;

struct edge_cipher_ops {
    const char *name;

    /** What is shared by all; 0 or EDGE_EINVALID. */
    int (*start)(void);
    void (*stop)(void);

    /** The first `n` bytes of the key stream of AES in counter mode from `iv`; RFC 3711 4.3.3. */
    int (*key_stream)(const uint8_t *key, size_t key_bytes, const uint8_t iv[EDGE_CIPHER_BLOCK],
                      uint8_t *out, size_t n);

    /** 0 and `*out`, or EDGE_ENOMEM. */
    int (*open)(const struct edge_session_keys *keys, struct edge_cipher **out);
    void (*close)(struct edge_cipher *cipher);

    /** AES counter mode in place; both ways. False: the library failed. */
    bool (*counter)(struct edge_cipher *cipher, bool is_rtcp, const uint8_t iv[EDGE_CIPHER_BLOCK],
                    uint8_t *bytes, size_t n);

    /** HMAC-SHA1 of two pieces. */
    void (*hmac)(struct edge_cipher *cipher, bool is_rtcp, struct edge_bytes first,
                 struct edge_bytes second, uint8_t tag[EDGE_CIPHER_SHA1]);

    /** AES-GCM in place. open: false also when the tag does not verify. */
    bool (*seal)(struct edge_cipher *cipher, bool is_rtcp, const uint8_t iv[EDGE_CIPHER_GCM_IV],
                 struct edge_bytes clear, uint8_t *bytes, size_t n,
                 uint8_t tag[EDGE_CIPHER_GCM_TAG]);
    bool (*unseal)(struct edge_cipher *cipher, bool is_rtcp, const uint8_t iv[EDGE_CIPHER_GCM_IV],
                   struct edge_bytes clear, uint8_t *bytes, size_t n,
                   const uint8_t tag[EDGE_CIPHER_GCM_TAG]);
};

extern const struct edge_cipher_ops edge_cipher_openssl;

/** Constant time. */
bool edge_cipher_tag_is_equal(const uint8_t *a, const uint8_t *b, size_t n);
