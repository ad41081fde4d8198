// SPDX-License-Identifier: GPL-2.0-or-later
#include "sdp.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\n"
#define CONN "c=IN IP4 192.0.2.7\r\n"
#define TIME "t=0 0\r\n"

static struct edge_sdp sdp;
static struct edge_sdp_error error;

static int parse(const char *text)
{
    error = (struct edge_sdp_error){0};
    return edge_sdp_parse(edge_view_of(text), &sdp, &error);
}

static void assert_text(struct edge_view text, const char *expected)
{
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.ptr, expected, text.len);
}

static void reads_a_phone_offer(void **state)
{
    (void)state;
    assert_int_equal(parse("v=0\r\no=pbx 28 29 IN IP4 192.0.2.7\r\ns=call\r\n" CONN TIME
                           "m=audio 41000 RTP/SAVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n"
                           "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:x\r\n"
                           "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:y\r\n"
                           "a=rtcp:41007 IN IP4 192.0.2.8\r\na=rtcp-mux\r\na=sendonly\r\n"
                           "m=image 0 udptl t38\r\n"),
                     0);
    assert_text(sdp.origin.username, "pbx");
    assert_text(sdp.origin.version, "29");
    assert_text(sdp.origin.host, "192.0.2.7");
    assert_text(sdp.session_name, "call");
    assert_int_equal(sdp.n_media, 2);
    assert_int_equal(sdp.end_session, 5);
    const struct edge_sdp_media *audio = &sdp.media[0];
    assert_int_equal(audio->type, EDGE_MEDIA_AUDIO);
    assert_int_equal(audio->port, 41000);
    assert_int_equal(audio->port_count, 1);
    assert_int_equal(audio->proto, EDGE_PROTO_RTP_SAVP);
    assert_text(audio->formats, "8 101");
    assert_false(audio->has_own_connection);
    assert_text(audio->connection.host, "192.0.2.7");
    assert_true(audio->has_rtcp);
    assert_int_equal(audio->rtcp_port, 41007);
    assert_text(audio->rtcp_connection.host, "192.0.2.8");
    assert_true(audio->has_rtcp_mux);
    assert_int_equal(audio->direction, EDGE_DIRECTION_SENDONLY);
    assert_int_equal(audio->n_crypto, 2);
    assert_text(audio->crypto[1], "2 AES_CM_128_HMAC_SHA1_80 inline:y");
    assert_true(edge_sdp_media_is_hold(audio));
    assert_int_equal(sdp.media[1].type, EDGE_MEDIA_IMAGE);
    assert_int_equal(sdp.media[1].proto, EDGE_PROTO_UDPTL);
    assert_int_equal(sdp.media[1].port, 0);
    assert_int_equal(sdp.media[1].end_line, sdp.n_lines);
}

static void inherits_from_the_session(void **state)
{
    (void)state;
    assert_int_equal(parse("v=0\no=- 1 1 IN IP6 2001:db8::1\ns=-\nc=IN IP6 2001:db8::1\nt=0 0\n"
                           "a=inactive\na=ice-lite\na=setup:actpass\na=fingerprint:sha-256 AA\n"
                           "a=crypto:1 X inline:session\n"
                           "m=audio 9/2 UDP/TLS/RTP/SAVPF 111\na=mid:0\n"
                           "m=video 10 rtp/avp 99\nc=IN IP4 0.0.0.0\na=sendrecv\na=setup:active\n"),
                     0);
    assert_int_equal(sdp.media[0].direction, EDGE_DIRECTION_INACTIVE);
    assert_int_equal(sdp.media[0].setup, EDGE_SETUP_ACTPASS);
    assert_text(sdp.media[0].fingerprint, "sha-256 AA");
    assert_text(sdp.media[0].mid, "0");
    assert_true(sdp.media[0].has_ice);
    assert_int_equal(sdp.media[0].port_count, 2);
    assert_int_equal(sdp.media[0].proto, EDGE_PROTO_UDP_TLS_RTP_SAVPF);
    assert_int_equal(sdp.media[0].connection.ip.family, EDGE_IP6);
    assert_int_equal(sdp.media[0].n_crypto, 0);
    assert_int_equal(sdp.media[1].direction, EDGE_DIRECTION_SENDRECV);
    assert_int_equal(sdp.media[1].setup, EDGE_SETUP_ACTIVE);
    assert_int_equal(sdp.media[1].proto, EDGE_PROTO_RTP_AVP);
    assert_true(edge_ip_is_null(&sdp.media[1].connection.ip));
    assert_true(edge_sdp_media_is_hold(&sdp.media[1]));
}

static void tolerates_what_phones_write(void **state)
{
    (void)state;
    assert_int_equal(parse(HEAD CONN TIME "m=audio 1 RTP/AVP 0"), 0);
    assert_int_equal(parse(HEAD CONN TIME "m=audio 1 RTP/AVP 0 \r\n\r\n\r\n"), 0);
    assert_int_equal(parse(HEAD TIME "m=audio 1 RTP/AVP 0\r\n"), 0);
    assert_false(sdp.media[0].connection.is_present);
    assert_int_equal(parse(HEAD CONN "b=\r\na=\r\ny=what\r\n"), 0);
    assert_int_equal(sdp.n_media, 0);
    assert_int_equal(parse(HEAD "c=IN IP4 pbx.example.com\r\n" TIME "m=audio 1 RTP/AVP 0\r\n"), 0);
    assert_int_equal(sdp.media[0].connection.ip.family, EDGE_IP_NONE);
    assert_text(sdp.media[0].connection.host, "pbx.example.com");
    assert_int_equal(parse(HEAD "c=IN IP4 224.2.1.1/127 \r\n" TIME "m=audio 1 RTP/AVP 0\r\n"), 0);
    assert_text(sdp.connection.host, "224.2.1.1");
    // Several lines in one section: the first one counts.
    assert_int_equal(parse(HEAD TIME "m=audio 1 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n"
                                     "c=IN IP4 192.0.2.2\r\n"),
                     0);
    assert_text(sdp.media[0].connection.host, "192.0.2.1");
}

static void names_the_line_of_a_mistake(void **state)
{
    static const struct {
        const char *text;
        unsigned line;
    } rows[] = {
        {"", 0},
        {"\r\n\r\n", 0},
        {"v=0\r\n", 0},
        {"v=1\r\n", 1},
        {"hello", 1},
        {"o=- 1 1 IN IP4 192.0.2.7\r\n", 1},
        {HEAD "v=0\r\n", 4},
        {HEAD "o=- 1 1 IN IP4 192.0.2.7\r\n", 4},
        {"v=0\r\no=- 1 IN IP4 192.0.2.7\r\n", 2},
        {"v=0\r\no=- 1 1 IN IP4\r\n", 2},
        {HEAD "\r\nc=IN IP4 192.0.2.7\r\n", 4},
        {HEAD "x\r\n", 4},
        {HEAD "A=1\r\n", 4},
        {HEAD "a:1\r\n", 4},
        {HEAD "c=IN IP4 \r\n", 4},
        {HEAD "c=IN IP5 192.0.2.7\r\n", 4},
        {HEAD "c=IN IP6 192.0.2.7\r\n", 4},
        {HEAD "c=IN IP4 ::1\r\n", 4},
        {HEAD "c=IN IP4 192.0.2.7 x\r\n", 4},
        {HEAD CONN "m=audio 65536 RTP/AVP 0\r\n", 5},
        {HEAD CONN "m=audio -1 RTP/AVP 0\r\n", 5},
        {HEAD CONN "m=audio 1/0 RTP/AVP 0\r\n", 5},
        {HEAD CONN "m=audio 4294967297 RTP/AVP 0\r\n", 5},
        {HEAD CONN "m=audio\r\n", 5},
        {HEAD CONN "m=audio 1\r\n", 5},
        {HEAD CONN "m= 1 RTP/AVP 0\r\n", 5},
        {HEAD CONN "m=audio 1 RTP/AVP 0\r\na=rtcp:x\r\n", 6},
        {HEAD CONN "m=audio 1 RTP/AVP 0\r\na=rtcp\r\n", 6},
        {HEAD "s=a\rb\r\n", 4},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(parse(rows[i].text), EDGE_ESYNTAX);
        assert_int_equal(error.line, rows[i].line);
        assert_non_null(error.reason);
    }
    assert_int_equal(edge_sdp_parse(EDGE_VIEW(HEAD "s=a\0b\r\n"), &sdp, &error), EDGE_ESYNTAX);
    assert_int_equal(error.line, 4);
    assert_int_equal(edge_sdp_parse(EDGE_VIEW("x"), &sdp, NULL), EDGE_ESYNTAX);
}

static void bounds_sections_and_lines(void **state)
{
    static char text[1 << 16];
    int len = snprintf(text, sizeof(text), "%s", HEAD);

    (void)state;
    for (int i = 0; i < EDGE_SDP_MEDIA_MAX; i++)
        len += snprintf(text + len, sizeof(text) - (size_t)len, "m=audio 1 RTP/AVP 0\r\n");
    assert_int_equal(parse(text), 0);
    (void)snprintf(text + len, sizeof(text) - (size_t)len, "m=audio 1 RTP/AVP 0\r\n");
    assert_int_equal(parse(text), EDGE_ELIMIT);
    assert_int_equal(error.line, 3 + EDGE_SDP_MEDIA_MAX + 1);

    len = snprintf(text, sizeof(text), "%s", HEAD);
    for (int i = 3; i < EDGE_SDP_LINES_MAX; i++)
        len += snprintf(text + len, sizeof(text) - (size_t)len, "a=x\r\n");
    assert_int_equal(parse(text), 0);
    (void)snprintf(text + len, sizeof(text) - (size_t)len, "a=x\r\n");
    assert_int_equal(parse(text), EDGE_ELIMIT);

    len = snprintf(text, sizeof(text), "%sm=audio 1 RTP/SAVP 0\r\n", HEAD);
    for (int i = 0; i < EDGE_SDP_CRYPTO_MAX + 3; i++)
        len += snprintf(text + len, sizeof(text) - (size_t)len, "a=crypto:%d X inline:k\r\n", i);
    assert_int_equal(parse(text), 0);
    assert_int_equal(sdp.media[0].n_crypto, EDGE_SDP_CRYPTO_MAX);
    assert_int_equal(sdp.media[0].n_crypto_left_out, 3);
}

static void every_protocol_is_found_by_its_name(void **state)
{
    (void)state;
    for (int i = EDGE_PROTO_RTP_AVP; i < EDGE_PROTO_OTHER; i++) {
        const enum edge_sdp_proto proto = (enum edge_sdp_proto)i;

        assert_int_equal(edge_sdp_proto_find(edge_view_of(edge_sdp_proto_text(proto))), proto);
        assert_int_equal(edge_sdp_proto_is_rtp(proto), proto != EDGE_PROTO_UDPTL);
    }
    assert_int_equal(edge_sdp_proto_find(EDGE_VIEW("TCP/MSRP")), EDGE_PROTO_OTHER);
    assert_null(edge_sdp_proto_text(EDGE_PROTO_KEEP));
    assert_true(edge_sdp_proto_is_srtp(EDGE_PROTO_RTP_SAVPF));
    assert_false(edge_sdp_proto_is_srtp(EDGE_PROTO_RTP_AVPF));
    assert_true(edge_sdp_proto_is_dtls(EDGE_PROTO_UDP_TLS_RTP_SAVP));
    assert_false(edge_sdp_proto_is_dtls(EDGE_PROTO_RTP_SAVP));
    assert_true(edge_sdp_proto_is_feedback(EDGE_PROTO_RTP_AVPF));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_phone_offer),
        cmocka_unit_test(inherits_from_the_session),
        cmocka_unit_test(tolerates_what_phones_write),
        cmocka_unit_test(names_the_line_of_a_mistake),
        cmocka_unit_test(bounds_sections_and_lines),
        cmocka_unit_test(every_protocol_is_found_by_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
