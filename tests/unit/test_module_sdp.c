// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_sdp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define HEAD   "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
#define AUDIO  HEAD "m=audio 41000 RTP/SAVP 8 0\r\n"
#define KEY    "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"
#define CRYPTO "a=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY "\r\n"

static const struct {
    const char *body;
    bool srtp;
} bodies[] = {
    {AUDIO "a=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY "\r\n", true},
    {AUDIO "a=crypto:1 AEAD_AES_256_GCM " KEY "|2^31|1:1\r\n", true},
    {AUDIO "a=crypto:1 F8_128_HMAC_SHA1_80 " KEY "\r\na=crypto:2 AES_CM_128_HMAC_SHA1_32 " KEY
           "\r\n",
     true},
    {AUDIO CRYPTO "m=video 2 RTP/SAVP 96\r\n" CRYPTO, true},
    {AUDIO CRYPTO "m=video 0 RTP/AVP 96\r\n", true},
    {HEAD "m=audio 0 RTP/AVP 0\r\nm=audio 1 RTP/SAVP 0\r\n" CRYPTO, true},
    {HEAD "a=fingerprint:sha-256 AB:CD\r\nm=audio 1 UDP/TLS/RTP/SAVPF 0\r\n", true},
    {HEAD "m=audio 1 UDP/TLS/RTP/SAVP 0\r\na=fingerprint:sha-256 AB:CD\r\n", true},
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
    // A second stream in the clear, wherever it stands; a key that another stream has.
    {AUDIO CRYPTO "m=audio 2 RTP/AVP 0\r\n", false},
    {AUDIO CRYPTO "m=video 2 RTP/AVP 96\r\n", false},
    {AUDIO CRYPTO "m=image 2 udptl t38\r\n", false},
    {HEAD "m=video 2 RTP/AVP 96\r\nm=audio 1 RTP/SAVP 0\r\n" CRYPTO, false},
    {AUDIO CRYPTO "m=audio 2 RTP/SAVP 0\r\n", false},
    {AUDIO CRYPTO "m=audio 00 RTP/AVP 0\r\n", false},
    {AUDIO CRYPTO "m=video 0 RTP/AVP 96\r\na=bundle-only\r\n", false},
    {HEAD CRYPTO "m=audio 1 RTP/SAVP 0\r\n", false},
    // The other side may choose the line that protects nothing.
    {AUDIO CRYPTO "a=crypto:2 AES_CM_128_HMAC_SHA1_32 " KEY " UNENCRYPTED_SRTP\r\n", false},
    // For some, lines end here.
    {AUDIO CRYPTO "a=x\rm=audio 2 RTP/AVP 0\r\n", false},
    {HEAD "m=video 1 RTP/SAVP 96\r\n" CRYPTO, false},
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
