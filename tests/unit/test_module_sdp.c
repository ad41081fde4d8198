// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_sdp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define HEAD  "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
#define AUDIO HEAD "m=audio 41000 RTP/SAVP 8 0\r\n"
#define KEY   "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"

static const struct {
    const char *body;
    bool srtp;
} bodies[] = {
    {AUDIO "a=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY "\r\n", true},
    {AUDIO "a=crypto:1 AEAD_AES_256_GCM " KEY "|2^31|1:1\r\n", true},
    {AUDIO "a=crypto:1 F8_128_HMAC_SHA1_80 " KEY "\r\na=crypto:2 AES_CM_128_HMAC_SHA1_32 " KEY
           "\r\n",
     true},
    {HEAD "a=fingerprint:sha-256 AB:CD\r\nm=audio 1 UDP/TLS/RTP/SAVPF 0\r\n", true},
    {HEAD "m=audio 1 UDP/TLS/RTP/SAVP 0\r\na=fingerprint:sha-256 AB:CD\r\n", true},
    {"--b\r\nContent-Type: application/sdp\r\n\r\n" AUDIO "a=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY
     "\r\n--b--\r\n",
     true},
    {AUDIO "a=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY, true}, // no line end
    // A promise without a key, or with a useless one.
    {AUDIO, false},
    {AUDIO "a=crypto:1 AES_CM_128_HMAC_SHA1_80\r\n", false},
    {AUDIO "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:\r\n", false},
    {AUDIO "a=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY " UNENCRYPTED_SRTP\r\n", false},
    {AUDIO "a=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY " KDR=1 UNAUTHENTICATED_SRTP\r\n", false},
    {AUDIO "a=crypto:1 NULL_HMAC_SHA1_80 " KEY "\r\n", false},
    {AUDIO "a=crypto:1 AEAD_AES_128_GCM_8 " KEY "\r\n", false},
    // Keys beside a clear stream, in another stream, on a refused one.
    {HEAD "m=audio 1 RTP/AVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY "\r\n", false},
    {HEAD "m=audio 1 RTP/AVP 0\r\nm=audio 1 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY
          "\r\n",
     false},
    {HEAD "m=audio 0 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY "\r\n", false},
    {HEAD "m=audio 1 UDP/TLS/RTP/SAVP 0\r\n", false},
    {HEAD "m=image 1 udptl t38\r\n", false},
    {"", false},
};

static void tells_srtp_offers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        if (fgm_sdp_offers_srtp(fg_view_of(bodies[i].body)) != bodies[i].srtp)
            fail_msg("body %zu: %s", i, bodies[i].body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tells_srtp_offers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
