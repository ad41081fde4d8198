// SPDX-License-Identifier: GPL-2.0-or-later
#include "dtls_cookie.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <string.h>

#define PERIOD_NS (900 * (uint64_t)1000000000)

static int make(const uint8_t *secret, const union edge_address *source, uint16_t port,
                uint64_t period, uint8_t *cookie)
{
    uint8_t text[16 + 2 + 2 + 8] = {0};
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    uint16_t source_port = edge_address_port(source);

    if (source->any.sa_family == AF_INET6)
        memcpy(text, &source->v6.sin6_addr, 16);
    else
        memcpy(text, &source->v4.sin_addr, 4);
    memcpy(text + 16, &source_port, 2);
    memcpy(text + 18, &port, 2);
    memcpy(text + 20, &period, 8);
    if (!HMAC(EVP_sha256(), secret, EDGE_DTLS_SECRET_BYTES, text, sizeof(text), digest, &length))
        return EDGE_ENOMEM;
    memcpy(cookie, digest, EDGE_DTLS_COOKIE_BYTES);
    return 0;
}

int edge_dtls_cookie_make(const uint8_t secret[EDGE_DTLS_SECRET_BYTES],
                          const union edge_address *source, uint16_t port, uint64_t now_ns,
                          uint8_t cookie[EDGE_DTLS_COOKIE_BYTES])
{
    return make(secret, source, port, now_ns / PERIOD_NS, cookie);
}

bool edge_dtls_cookie_is_good(const uint8_t secret[EDGE_DTLS_SECRET_BYTES],
                              const union edge_address *source, uint16_t port, uint64_t now_ns,
                              const uint8_t *cookie, size_t length)
{
    uint64_t period = now_ns / PERIOD_NS;

    if (length != EDGE_DTLS_COOKIE_BYTES)
        return false;
    for (unsigned back = 0; back < 2; back++) {
        uint8_t wanted[EDGE_DTLS_COOKIE_BYTES];

        if (make(secret, source, port, period - back, wanted) == 0 &&
            CRYPTO_memcmp(wanted, cookie, sizeof(wanted)) == 0)
            return true;
    }
    return false;
}
