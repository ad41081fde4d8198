// SPDX-License-Identifier: GPL-2.0-or-later
#include "sdp_rewrite.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define THEIR_KEY "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
#define OUR_KEY   "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"
#define HEAD      "v=0\r\no=pbx 5 6 IN IP4 10.9.8.7\r\ns=call\r\n"
#define OUR_HEAD  "v=0\r\no=pbx 5 6 IN IP4 127.0.0.9\r\ns=call\r\n"

static struct edge_sdp sdp;
static struct edge_sdes_line own_line;
static struct edge_sdp_media_plan media[EDGE_SDP_MEDIA_MAX];
static struct edge_sdp_plan plan;
static char written[1 << 16];
static size_t written_len;

/** A plan that puts our address and ports into every section and leaves the rest as received. */
static void plan_for(const char *text)
{
    struct edge_sdp_error error = {0};
    const struct edge_ip ip = {EDGE_IP4, {127, 0, 0, 9}};

    if (edge_sdp_parse(edge_view_of(text), &sdp, &error) != 0)
        fail_msg("line %u: %s", error.line, error.reason);
    own_line = (struct edge_sdes_line){
        .tag = 1, .suite = EDGE_SUITE_AES_CM_128_HMAC_SHA1_80, .key_len = 30};
    for (size_t i = 0; i < own_line.key_len; i++)
        own_line.key[i] = (uint8_t)i;
    plan = (struct edge_sdp_plan){
        .media = media, .n_media = sdp.n_media, .ip = ip, .replace_origin = true};
    for (size_t i = 0; i < sdp.n_media; i++) {
        media[i] = (struct edge_sdp_media_plan){
            .ip = ip,
            .rtp_port = (uint16_t)(30000 + 2 * i),
            .rtcp_port = edge_sdp_proto_is_rtp(sdp.media[i].proto) ? (uint16_t)(30001 + 2 * i) : 0,
        };
    }
}

static int rewrite(void)
{
    written_len = 0;
    return edge_sdp_rewrite(&sdp, &plan, written, sizeof(written) - 1, &written_len);
}

static void assert_rewritten(const char *expected)
{
    assert_int_equal(rewrite(), 0);
    written[written_len] = '\0';
    assert_string_equal(written, expected);
}

/** SRTP from the customer, plain towards the carrier: as rtpengine answers the captured offer. */
static void secure_offer_becomes_plain(void **state)
{
    (void)state;
    plan_for(HEAD "c=IN IP4 10.9.8.7\r\nt=0 0\r\nm=audio 41000 RTP/SAVP 8 101\r\n"
                  "a=rtpmap:8 PCMA/8000\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" THEIR_KEY
                  "|2^31|1:4\r\na=rtcp:41001\r\na=rtcp-mux\r\na=sendrecv\r\n"
                  "a=rtpmap:101 telephone-event/8000\r\n");
    media[0].proto = EDGE_PROTO_RTP_AVP;
    assert_rewritten(OUR_HEAD "c=IN IP4 127.0.0.9\r\nt=0 0\r\nm=audio 30000 RTP/AVP 8 101\r\n"
                              "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
                              "a=sendrecv\r\na=rtcp:30001\r\n");
}

static void plain_answer_becomes_secure(void **state)
{
    (void)state;
    plan_for("v=0\no=- 1 1 IN IP4 10.0.0.1\ns=-\nc=IN IP4 10.0.0.1\nt=0 0\n"
             "m=audio 4000 RTP/AVP 8\na=recvonly\n");
    media[0].proto = EDGE_PROTO_RTP_SAVP;
    media[0].crypto = &own_line;
    media[0].n_crypto = 1;
    media[0].has_rtcp_mux = true;
    media[0].rtcp_port = media[0].rtp_port;
    assert_rewritten("v=0\r\no=- 1 1 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\n"
                     "m=audio 30000 RTP/SAVP 8\r\na=recvonly\r\na=rtcp:30000\r\na=rtcp-mux\r\n"
                     "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" OUR_KEY "\r\n");
}

static void strips_ice_dtls_and_bundle(void **state)
{
    (void)state;
    plan_for("v=0\r\no=- 1 1 IN IP6 2001:db8::1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
             "a=ice-lite\r\na=ice-ufrag:u\r\na=fingerprint:sha-256 AA\r\na=setup:actpass\r\n"
             "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\ni=title\r\nc=IN IP6 2001:db8::1\r\nb=AS:64\r\n"
             "a=candidate:1 1 udp 1 10.0.0.1 9 typ host\r\na=ice-pwd:p\r\na=end-of-candidates\r\n"
             "a=tls-id:x\r\na=rtcp-fb:111 nack\r\na=mid:0\r\na=rtpmap:111 opus/48000\r\n");
    media[0].proto = EDGE_PROTO_RTP_AVP;
    assert_rewritten("v=0\r\no=- 1 1 IN IP4 127.0.0.9\r\ns=-\r\nt=0 0\r\n"
                     "m=audio 30000 RTP/AVP 111\r\ni=title\r\nc=IN IP4 127.0.0.9\r\nb=AS:64\r\n"
                     "a=mid:0\r\na=rtpmap:111 opus/48000\r\na=sendrecv\r\na=rtcp:30001\r\n");
    plan.keep_ice = true;
    assert_int_equal(rewrite(), 0);
    assert_non_null(memmem(written, written_len, "a=candidate:", 12));
}

static void dtls_lines_are_ours(void **state)
{
    (void)state;
    plan_for(HEAD "c=IN IP4 10.9.8.7\r\nt=0 0\r\nm=audio 41000 UDP/TLS/RTP/SAVP 8\r\n"
                  "a=setup:actpass\r\na=fingerprint:sha-256 AA\r\n");
    media[0].setup = EDGE_SETUP_PASSIVE;
    media[0].fingerprint = EDGE_VIEW("sha-256 BB");
    assert_rewritten(OUR_HEAD "c=IN IP4 127.0.0.9\r\nt=0 0\r\nm=audio 30000 UDP/TLS/RTP/SAVP 8\r\n"
                              "a=sendrecv\r\na=rtcp:30001\r\na=setup:passive\r\n"
                              "a=fingerprint:sha-256 BB\r\n");
}

static void hold_stays_hold(void **state)
{
    (void)state;
    plan_for(HEAD "c=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 41000 RTP/AVP 8\r\na=inactive\r\n"
                  "m=video 41002 RTP/AVP 99\r\nc=IN IP4 10.9.8.7\r\n");
    assert_rewritten(OUR_HEAD "c=IN IP4 0.0.0.0\r\nt=0 0\r\n"
                              "m=audio 30000 RTP/AVP 8\r\na=inactive\r\na=rtcp:30001\r\n"
                              "m=video 30002 RTP/AVP 99\r\nc=IN IP4 127.0.0.9\r\na=sendrecv\r\n"
                              "a=rtcp:30003\r\n");
    plan.replace_zero_address = true;
    assert_int_equal(rewrite(), 0);
    assert_null(memmem(written, written_len, "0.0.0.0", 7));
}

static void hold_keeps_its_meaning_over_families(void **state)
{
    const struct edge_ip ip6 = {EDGE_IP6, {0x20, 0x01, 0x0d, 0xb8, [15] = 9}};

    (void)state;
    plan_for(HEAD "t=0 0\r\nm=audio 41000 RTP/AVP 8\r\nc=IN IP4 0.0.0.0\r\n"
                  "m=audio 41002 RTP/AVP 8\r\nc=IN IP4 10.9.8.7\r\n");
    plan.ip = ip6;
    media[0].ip = ip6;
    media[1].ip = ip6;
    assert_rewritten("v=0\r\no=pbx 5 6 IN IP6 2001:db8::9\r\ns=call\r\nt=0 0\r\n"
                     "m=audio 30000 RTP/AVP 8\r\nc=IN IP6 ::\r\na=sendrecv\r\na=rtcp:30001\r\n"
                     "m=audio 30002 RTP/AVP 8\r\nc=IN IP6 2001:db8::9\r\na=sendrecv\r\n"
                     "a=rtcp:30003\r\n");
}

static void refused_streams_and_t38_stay(void **state)
{
    (void)state;
    plan_for(HEAD "c=IN IP4 10.9.8.7\r\nt=0 0\r\nm=audio 0 RTP/SAVP 8\r\n"
                  "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" THEIR_KEY "\r\n"
                  "m=image 4002 udptl t38\r\na=T38FaxVersion:0\r\n"
                  "m=video 4004/2 RTP/AVP 99 100\r\n");
    media[0] = (struct edge_sdp_media_plan){0};
    media[2].is_rejected = true;
    assert_rewritten(OUR_HEAD "c=IN IP4 127.0.0.9\r\nt=0 0\r\nm=audio 0 RTP/SAVP 8\r\n"
                              "m=image 30002 udptl t38\r\na=T38FaxVersion:0\r\n"
                              "m=video 0 RTP/AVP 99 100\r\n");
}

static void adds_the_connection_where_it_differs(void **state)
{
    (void)state;
    plan_for(HEAD "c=IN IP4 10.9.8.7\r\nt=0 0\r\nm=audio 41000 RTP/AVP 8\r\ni=title\r\na=x\r\n");
    media[0].ip = (struct edge_ip){EDGE_IP4, {127, 0, 0, 8}};
    assert_rewritten(OUR_HEAD "c=IN IP4 127.0.0.9\r\nt=0 0\r\nm=audio 30000 RTP/AVP 8\r\n"
                              "i=title\r\nc=IN IP4 127.0.0.8\r\na=x\r\na=sendrecv\r\n"
                              "a=rtcp:30001\r\n");
    // Neither level had one, which the peer will not miss when we say it.
    plan_for(HEAD "t=0 0\r\nm=audio 41000 RTP/AVP 8\r\n");
    assert_rewritten(OUR_HEAD "t=0 0\r\nm=audio 30000 RTP/AVP 8\r\nc=IN IP4 127.0.0.9\r\n"
                              "a=sendrecv\r\na=rtcp:30001\r\n");
}

static void origin_and_name_as_planned(void **state)
{
    (void)state;
    plan_for(HEAD "c=IN IP4 10.9.8.7\r\nt=0 0\r\n");
    plan.replace_origin = false;
    assert_rewritten(HEAD "c=IN IP4 127.0.0.9\r\nt=0 0\r\n");
    plan.replace_origin = true;
    plan.username = EDGE_VIEW("-");
    plan.session_id = EDGE_VIEW("77");
    plan.version = EDGE_VIEW("78");
    plan.session_name = EDGE_VIEW("a b");
    assert_rewritten(
        "v=0\r\no=- 77 78 IN IP4 127.0.0.9\r\ns=a b\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\n");
}

static void refuses_a_plan_that_does_not_fit(void **state)
{
    static const char text[] = HEAD "c=IN IP4 10.9.8.7\r\nm=audio 41000 RTP/SAVP 8\r\n";

    (void)state;
    plan_for(text);
    assert_int_equal(rewrite(), EDGE_EINVALID); // secure profile, no key
    plan_for(text);
    media[0].proto = EDGE_PROTO_RTP_AVP;
    assert_int_equal(rewrite(), 0);
    plan.n_media = 0;
    assert_int_equal(rewrite(), EDGE_EINVALID);
    plan.n_media = 1;
    media[0].rtp_port = 0;
    assert_int_equal(rewrite(), EDGE_EINVALID);
    media[0].rtp_port = 30000;
    media[0].ip.family = EDGE_IP_NONE;
    assert_int_equal(rewrite(), EDGE_EINVALID);
    media[0].ip = plan.ip;
    plan.username = EDGE_VIEW("a b");
    assert_int_equal(rewrite(), EDGE_EINVALID);
    plan.username = EDGE_VIEW("a\r\nm=audio 1 RTP/AVP 8");
    assert_int_equal(rewrite(), EDGE_EINVALID);
    plan.username = (struct edge_view){NULL, 0};
    own_line.suite = EDGE_SUITE_NULL_HMAC_SHA1_80;
    media[0].crypto = &own_line;
    media[0].n_crypto = 1;
    assert_int_equal(rewrite(), EDGE_EINVALID);
}

static void too_small_a_buffer_holds_nothing(void **state)
{
    static char small[512];
    size_t len = 0;

    (void)state;
    plan_for(HEAD "c=IN IP4 10.9.8.7\r\nm=audio 41000 RTP/SAVP 8\r\n");
    media[0].crypto = &own_line;
    media[0].n_crypto = 1;
    assert_int_equal(rewrite(), 0);
    for (size_t size = 0; size < written_len; size++) {
        memset(small, 0, sizeof(small));
        assert_int_equal(edge_sdp_rewrite(&sdp, &plan, small, size, &len), EDGE_ENOSPACE);
        for (size_t i = 0; i < sizeof(small); i++)
            assert_int_equal(small[i], 0);
    }
}

/** Each place where a key can stand, as a line or the part of one. */
static const char *const key_places[] = {
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:%s\r\n",
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:%s|2^31|1:4\r\n",
    "a=crypto:1 UNKNOWN inline:%s\r\n",
    "a=crypto:1 F8_128_HMAC_SHA1_80 inline:x|2^20|1:4;inline:%s|2^20|2:4\r\n",
    "a=CRYPTO:1 AES_CM_128_HMAC_SHA1_80 INLINE:%s\r\n",
    "a=crypto :1 AES_CM_128_HMAC_SHA1_80 inline:%s\r\n",
    "a= crypto:1 AES_CM_128_HMAC_SHA1_80 inline:%s\r\n",
    "a=crypto 1 AES_CM_128_HMAC_SHA1_80 inline:%s\r\n",
    "a=crypto-2:%s\r\n",
    "a=x-crypto:1 AES_CM_128_HMAC_SHA1_80 inline:%s\r\n",
    "a=acap:1 crypto:1 AES_CM_128_HMAC_SHA1_80 inline:%s\r\n",
    "a=acap:1 key-mgmt:mikey %s\r\n",
    "a=key-mgmt:mikey %s\r\n",
    "k=base64:%s\r\n",
    "k=clear:%s\r\n",
    "i=crypto inline:%s\r\n",
    "b=inline:%s\r\n",
    "z=a=crypto:1 X inline:%s\r\n",
};

static void no_key_of_theirs_gets_through(void **state)
{
    static char text[2048];

    (void)state;
    for (size_t i = 0; i < sizeof(key_places) / sizeof(key_places[0]); i++) {
        for (int is_media = 0; is_media < 2; is_media++) {
            char line[256];
            // The format is one of the table above.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            (void)snprintf(line, sizeof(line), key_places[i], THEIR_KEY);
#pragma GCC diagnostic pop
            (void)snprintf(text, sizeof(text),
                           "%sc=IN IP4 10.9.8.7\r\n%sm=audio 41000 RTP/SAVP 8\r\n%sa=x\r\n", HEAD,
                           is_media ? "" : line, is_media ? line : "");
            plan_for(text);
            media[0].crypto = &own_line;
            media[0].n_crypto = 1;
            assert_int_equal(rewrite(), 0);
            assert_null(memmem(written, written_len, THEIR_KEY, strlen(THEIR_KEY)));
            assert_non_null(memmem(written, written_len, "a=x\r\n", 5));
            assert_non_null(memmem(written, written_len, OUR_KEY, strlen(OUR_KEY)));
        }
    }
}

static void a_key_where_none_belongs_refuses_the_whole(void **state)
{
    static const char *const hiding[] = {
        "s=" THEIR_KEY "\r\n",
        "a=rtpmap:8 " THEIR_KEY "\r\n",
    };
    static char text[2048];

    (void)state;
    for (size_t i = 0; i < sizeof(hiding) / sizeof(hiding[0]); i++) {
        (void)snprintf(text, sizeof(text),
                       "%sc=IN IP4 10.9.8.7\r\nm=audio 41000 RTP/AVP 8\r\n%s"
                       "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:%s==\r\n",
                       HEAD, hiding[i], THEIR_KEY);
        plan_for(text);
        memset(written, 0, sizeof(written));
        assert_int_equal(rewrite(), EDGE_EKEYLEAK);
        for (size_t k = 0; k < sizeof(written); k++)
            assert_int_equal(written[k], 0);
    }
    // Handing their own line on as ours is the leak that matters most.
    plan_for(HEAD "c=IN IP4 10.9.8.7\r\nm=audio 41000 RTP/SAVP 8\r\n"
                  "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" THEIR_KEY "\r\n");
    struct edge_sdes_line theirs;
    assert_int_equal(edge_sdes_parse(sdp.media[0].crypto[0], &theirs), 0);
    media[0].crypto = &theirs;
    media[0].n_crypto = 1;
    assert_int_equal(rewrite(), EDGE_EKEYLEAK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secure_offer_becomes_plain),
        cmocka_unit_test(plain_answer_becomes_secure),
        cmocka_unit_test(strips_ice_dtls_and_bundle),
        cmocka_unit_test(dtls_lines_are_ours),
        cmocka_unit_test(hold_stays_hold),
        cmocka_unit_test(hold_keeps_its_meaning_over_families),
        cmocka_unit_test(refused_streams_and_t38_stay),
        cmocka_unit_test(adds_the_connection_where_it_differs),
        cmocka_unit_test(origin_and_name_as_planned),
        cmocka_unit_test(refuses_a_plan_that_does_not_fit),
        cmocka_unit_test(too_small_a_buffer_holds_nothing),
        cmocka_unit_test(no_key_of_theirs_gets_through),
        cmocka_unit_test(a_key_where_none_belongs_refuses_the_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
