// SPDX-License-Identifier: GPL-2.0-or-later
#include "dtls_identity.h"

#include "random.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>

#define DAY_S       ((time_t)86400)
#define VALID_S     (30 * DAY_S)
#define CHAIN_BYTES 16384

struct edge_dtls_identity {
    unsigned holders;
    SSL_CTX *context;
    struct edge_fingerprint prints[EDGE_HASH_COUNT];
};

int edge_dtls_certificate_print(void *certificate, enum edge_dtls_hash hash,
                                struct edge_fingerprint *out)
{
    static const EVP_MD *(*const digests[EDGE_HASH_COUNT])(void) = {
        [EDGE_HASH_SHA256] = EVP_sha256,
        [EDGE_HASH_SHA384] = EVP_sha384,
        [EDGE_HASH_SHA512] = EVP_sha512,
    };
    struct edge_fingerprint print = {.hash = hash, .length = edge_dtls_hash_bytes(hash)};
    unsigned length = 0;

    if (print.length == 0 || X509_digest(certificate, digests[hash](), print.digest, &length) != 1)
        return EDGE_ENOMEM;
    *out = print;
    return 0;
}

/* A name that tells nothing: nobody reads it, and it goes over the wire in clear. */
static int set_name(X509 *certificate)
{
    X509_NAME *name = X509_NAME_new();
    int done;

    if (!name)
        return EDGE_ENOMEM;
    done = X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"media", -1,
                                      -1, 0) == 1 &&
           X509_set_subject_name(certificate, name) == 1 &&
           X509_set_issuer_name(certificate, name) == 1;
    X509_NAME_free(name);
    return done ? 0 : EDGE_ENOMEM;
}

static X509 *make_certificate(EVP_PKEY *key, uint64_t now_s)
{
    X509 *certificate = X509_new();
    uint64_t serial;

    if (!certificate || edge_random_bytes(&serial, sizeof(serial)) != 0 || set_name(certificate) ||
        X509_set_version(certificate, X509_VERSION_3) != 1 ||
        ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1 | 1) != 1 ||
        /* A day early, since the clocks of phones are not ours. */
        !ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)now_s - DAY_S) ||
        !ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)now_s + VALID_S) ||
        X509_set_pubkey(certificate, key) != 1 || X509_sign(certificate, key, EVP_sha256()) == 0) {
        X509_free(certificate);
        return NULL;
    }
    return certificate;
}

static bool set_options(SSL_CTX *context)
{
    /* RFC 8827 6.5 asks for the first one. Nothing without forward secrecy. */
    static const char ciphers[] =
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
        "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
        "ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA:"
        "ECDHE-RSA-AES128-SHA:@SECLEVEL=1";
    char groups[] = "X25519:P-256:P-384"; /* the macro takes it as if it were to be changed */

    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_QUERY_MTU |
                                     SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_max_send_fragment(context, 2048); /* less memory; no message of ours is longer */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_cert_list(context, CHAIN_BYTES);
    return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context, ciphers) == 1 &&
           SSL_CTX_set1_groups_list(context, groups) == 1;
}

static int fill(struct edge_dtls_identity *identity, EVP_PKEY *key, X509 *certificate)
{
    identity->context = SSL_CTX_new(DTLS_method());
    if (!identity->context || !set_options(identity->context) ||
        SSL_CTX_use_certificate(identity->context, certificate) != 1 ||
        SSL_CTX_use_PrivateKey(identity->context, key) != 1)
        return EDGE_ENOMEM;
    for (unsigned hash = EDGE_HASH_SHA256; hash < EDGE_HASH_COUNT; hash++) {
        if (edge_dtls_certificate_print(certificate, (enum edge_dtls_hash)hash,
                                        &identity->prints[hash]) != 0)
            return EDGE_ENOMEM;
    }
    return 0;
}

int edge_dtls_identity_new(uint64_t now_s, struct edge_dtls_identity **out)
{
    struct edge_dtls_identity *identity = calloc(1, sizeof(*identity));
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = key ? make_certificate(key, now_s) : NULL;
    int err = EDGE_ENOMEM;

    if (identity) {
        identity->holders = 1;
        if (certificate)
            err = fill(identity, key, certificate);
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
    if (err != 0) {
        edge_dtls_identity_drop(identity);
        return err;
    }
    *out = identity;
    return 0;
}

struct edge_dtls_identity *edge_dtls_identity_hold(struct edge_dtls_identity *identity)
{
    identity->holders++;
    return identity;
}

void edge_dtls_identity_drop(struct edge_dtls_identity *identity)
{
    if (!identity || --identity->holders > 0)
        return;
    SSL_CTX_free(identity->context);
    free(identity);
}

void edge_dtls_identity_print(const struct edge_dtls_identity *identity, enum edge_dtls_hash hash,
                              struct edge_fingerprint *out)
{
    *out = identity->prints[hash];
}

void *edge_dtls_identity_context(struct edge_dtls_identity *identity)
{
    return identity->context;
}
