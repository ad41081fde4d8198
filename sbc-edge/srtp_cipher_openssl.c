// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The SHA-1 block function is called directly: a context keeps the two chaining values that follow
 * from its key, 40 bytes, where EVP_MAC would copy contexts on the heap for each packet. Ciphers
 * are fetched once; a packet changes the IV alone.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "srtp_cipher.h"

#include "parse_error.h"
#include "secret_store.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum kind { CTR_128, CTR_256, GCM_128, GCM_256, KINDS };

/* What a key has hashed before the first byte of a message. */
struct hmac_state {
    SHA_LONG inner[5];
    SHA_LONG outer[5];
};

/* RTCP is rare: its key is expanded for each packet, in a context that the thread's share. */
struct edge_cipher {
    EVP_CIPHER_CTX *rtp;
    enum kind kind;
    struct hmac_state hmac[2];
    uint8_t rtcp_key[EDGE_CIPHER_KEY_MAX];
};

_Static_assert(sizeof(struct edge_cipher) <= EDGE_SECRET_BYTES, "a cipher fits a secret");

/* Of one thread: a context for each cipher, keyed anew whenever it is used. */
struct scratch {
    EVP_CIPHER_CTX *contexts[KINDS];
};

static EVP_CIPHER *ciphers[KINDS];
static pthread_key_t scratch_key;
static bool is_started;

static void free_scratch(void *value)
{
    struct scratch *scratch = value;

    for (int kind = 0; kind < KINDS; kind++)
        EVP_CIPHER_CTX_free(scratch->contexts[kind]);
    free(scratch);
}

static void stop(void)
{
    struct scratch *scratch;

    for (int kind = 0; kind < KINDS; kind++) {
        EVP_CIPHER_free(ciphers[kind]);
        ciphers[kind] = NULL;
    }
    if (!is_started)
        return;
    /* Of the thread that ends the library; others freed theirs when they ended. */
    scratch = pthread_getspecific(scratch_key);
    if (scratch)
        free_scratch(scratch);
    pthread_key_delete(scratch_key);
    is_started = false;
}

static int start(void)
{
    static const char *const names[KINDS] = {
        [CTR_128] = "AES-128-CTR",
        [CTR_256] = "AES-256-CTR",
        [GCM_128] = "AES-128-GCM",
        [GCM_256] = "AES-256-GCM",
    };

    if (is_started)
        return 0;
    if (pthread_key_create(&scratch_key, free_scratch) != 0)
        return EDGE_EINVALID;
    is_started = true;
    for (int kind = 0; kind < KINDS; kind++) {
        ciphers[kind] = EVP_CIPHER_fetch(NULL, names[kind], NULL);
        if (!ciphers[kind]) {
            stop();
            return EDGE_EINVALID;
        }
    }
    return 0;
}

/* The thread's context for a cipher; made at its first use, which is when a key is opened. */
static EVP_CIPHER_CTX *scratch_of(enum kind kind)
{
    struct scratch *scratch = pthread_getspecific(scratch_key);

    if (!scratch) {
        scratch = calloc(1, sizeof(*scratch));
        if (!scratch)
            return NULL;
        if (pthread_setspecific(scratch_key, scratch) != 0) {
            free(scratch);
            return NULL;
        }
    }
    if (!scratch->contexts[kind])
        scratch->contexts[kind] = EVP_CIPHER_CTX_new();
    return scratch->contexts[kind];
}

static bool update(EVP_CIPHER_CTX *context, uint8_t *out, const uint8_t *in, size_t n)
{
    int done;

    return n <= INT_MAX && EVP_CipherUpdate(context, out, &done, in, (int)n) == 1;
}

static int key_stream(const uint8_t *key, size_t key_bytes, const uint8_t iv[EDGE_CIPHER_BLOCK],
                      uint8_t *out, size_t n)
{
    enum kind kind = key_bytes == 32 ? CTR_256 : CTR_128;
    EVP_CIPHER_CTX *context = scratch_of(kind);

    if (!context)
        return EDGE_ENOMEM;
    memset(out, 0, n);
    if (EVP_CipherInit_ex2(context, ciphers[kind], key, iv, 1, NULL) != 1 ||
        !update(context, out, out, n))
        return EDGE_ENOMEM;
    return 0;
}

/* What hashing one block leads to. */
static void hash_key(const uint8_t key[EDGE_CIPHER_AUTH_KEY], uint8_t pad, SHA_LONG state[5])
{
    uint8_t block[SHA_CBLOCK];
    SHA_CTX sha;

    memset(block, pad, sizeof(block));
    for (int i = 0; i < EDGE_CIPHER_AUTH_KEY; i++)
        block[i] ^= key[i];
    SHA1_Init(&sha);
    SHA1_Transform(&sha, block);
    state[0] = sha.h0;
    state[1] = sha.h1;
    state[2] = sha.h2;
    state[3] = sha.h3;
    state[4] = sha.h4;
    OPENSSL_cleanse(block, sizeof(block));
    OPENSSL_cleanse(&sha, sizeof(sha));
}

/* Goes on after the block that hash_key() hashed. */
static void continue_hash(SHA_CTX *sha, const SHA_LONG state[5])
{
    memset(sha, 0, sizeof(*sha));
    sha->h0 = state[0];
    sha->h1 = state[1];
    sha->h2 = state[2];
    sha->h3 = state[3];
    sha->h4 = state[4];
    sha->Nl = SHA_CBLOCK * 8;
}

static void hmac(struct edge_cipher *cipher, bool is_rtcp, struct edge_bytes first,
                 struct edge_bytes second, uint8_t tag[EDGE_CIPHER_SHA1])
{
    const struct hmac_state *state = &cipher->hmac[is_rtcp];
    SHA_CTX sha;

    continue_hash(&sha, state->inner);
    SHA1_Update(&sha, first.at, first.length);
    if (second.length > 0)
        SHA1_Update(&sha, second.at, second.length);
    SHA1_Final(tag, &sha);
    continue_hash(&sha, state->outer);
    SHA1_Update(&sha, tag, EDGE_CIPHER_SHA1);
    SHA1_Final(tag, &sha);
}

static void close_cipher(struct edge_cipher *cipher)
{
    if (!cipher)
        return;
    EVP_CIPHER_CTX_free(cipher->rtp);
    edge_secret_return((uint8_t *)cipher);
}

static int open_cipher(const struct edge_session_keys *keys, struct edge_cipher **out)
{
    struct edge_cipher *cipher = (struct edge_cipher *)(void *)edge_secret_take();

    if (!cipher)
        return EDGE_ENOMEM;
    cipher->kind = keys->is_gcm ? (keys->key_bytes == 32 ? GCM_256 : GCM_128)
                                : (keys->key_bytes == 32 ? CTR_256 : CTR_128);
    cipher->rtp = EVP_CIPHER_CTX_new();
    if (!cipher->rtp || !scratch_of(cipher->kind) ||
        EVP_CipherInit_ex2(cipher->rtp, ciphers[cipher->kind], keys->key[0], NULL, 1, NULL) != 1) {
        close_cipher(cipher);
        return EDGE_ENOMEM;
    }
    memcpy(cipher->rtcp_key, keys->key[1], keys->key_bytes);
    for (int i = 0; i < 2 && !keys->is_gcm; i++) {
        hash_key(keys->auth[i], 0x36, cipher->hmac[i].inner);
        hash_key(keys->auth[i], 0x5c, cipher->hmac[i].outer);
    }
    *out = cipher;
    return 0;
}

/* The context for a packet, with its IV; NULL when the library fails. */
static EVP_CIPHER_CTX *ready(struct edge_cipher *cipher, bool is_rtcp, const uint8_t *iv,
                             bool encrypts)
{
    EVP_CIPHER_CTX *context = is_rtcp ? scratch_of(cipher->kind) : cipher->rtp;
    const EVP_CIPHER *kind = is_rtcp ? ciphers[cipher->kind] : NULL;
    const uint8_t *key = is_rtcp ? cipher->rtcp_key : NULL;

    if (!context || EVP_CipherInit_ex2(context, kind, key, iv, encrypts, NULL) != 1)
        return NULL;
    return context;
}

static bool counter(struct edge_cipher *cipher, bool is_rtcp, const uint8_t iv[EDGE_CIPHER_BLOCK],
                    uint8_t *bytes, size_t n)
{
    EVP_CIPHER_CTX *context = ready(cipher, is_rtcp, iv, true);

    return context && update(context, bytes, bytes, n);
}

static bool seal(struct edge_cipher *cipher, bool is_rtcp, const uint8_t iv[EDGE_CIPHER_GCM_IV],
                 struct edge_bytes clear, uint8_t *bytes, size_t n,
                 uint8_t tag[EDGE_CIPHER_GCM_TAG])
{
    EVP_CIPHER_CTX *context = ready(cipher, is_rtcp, iv, true);
    int done;

    return context && update(context, NULL, clear.at, clear.length) &&
           update(context, bytes, bytes, n) && EVP_CipherFinal_ex(context, tag, &done) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, EDGE_CIPHER_GCM_TAG, tag) == 1;
}

static bool unseal(struct edge_cipher *cipher, bool is_rtcp, const uint8_t iv[EDGE_CIPHER_GCM_IV],
                   struct edge_bytes clear, uint8_t *bytes, size_t n,
                   const uint8_t tag[EDGE_CIPHER_GCM_TAG])
{
    EVP_CIPHER_CTX *context = ready(cipher, is_rtcp, iv, false);
    uint8_t expected[EDGE_CIPHER_GCM_TAG];
    int done;

    memcpy(expected, tag, sizeof(expected));
    return context && update(context, NULL, clear.at, clear.length) &&
           update(context, bytes, bytes, n) &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, EDGE_CIPHER_GCM_TAG, expected) ==
               1 &&
           EVP_CipherFinal_ex(context, expected, &done) == 1;
}

bool edge_cipher_tag_is_equal(const uint8_t *a, const uint8_t *b, size_t n)
{
    return CRYPTO_memcmp(a, b, n) == 0;
}

const struct edge_cipher_ops edge_cipher_openssl = {
    .name = "openssl",
    .start = start,
    .stop = stop,
    .key_stream = key_stream,
    .open = open_cipher,
    .close = close_cipher,
    .counter = counter,
    .hmac = hmac,
    .seal = seal,
    .unseal = unseal,
};
