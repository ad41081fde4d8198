// SPDX-License-Identifier: GPL-2.0-or-later
#include "ng_captured.h"
#include "ng_message.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static unsigned char memory[1 << 16];
static struct edge_ng_arena arena;
static struct edge_ng_request request;

static int parse(struct edge_view datagram)
{
    edge_ng_arena_init(&arena, memory, sizeof(memory));
    return edge_ng_request_parse(datagram, &arena, &request);
}

static void assert_text(struct edge_view text, const char *expected)
{
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.ptr, expected, text.len);
}

static void answers_ping_as_captured(void **state)
{
    char reply[64];
    size_t len = 0;

    (void)state;
    assert_int_equal(parse(EDGE_VIEW(NG_PING)), 0);
    assert_int_equal(request.command, EDGE_NG_PING);
    assert_text(request.cookie, "0_14910_0");
    assert_null(edge_ng_request_missing(&request));
    assert_int_equal(edge_ng_reply_format(&request, &arena, edge_ng_reply_new(&arena), "pong",
                                          reply, sizeof(reply), &len),
                     0);
    assert_text((struct edge_view){reply, len}, "0_14910_0 d6:result4:ponge");
    assert_int_equal(edge_ng_reply_format(&request, &arena, edge_ng_reply_new(&arena), "pong",
                                          reply, len - 1, &len),
                     EDGE_ENOSPACE);
}

static void reads_the_captured_offer(void **state)
{
    (void)state;
    assert_int_equal(parse(EDGE_VIEW(NG_OFFER)), 0);
    assert_int_equal(request.command, EDGE_NG_OFFER);
    assert_int_equal(request.format, EDGE_NG_BENCODE);
    assert_null(edge_ng_request_missing(&request));
    assert_text(request.call_id, "a84b4c76e66710@cust1.example");
    assert_text(request.from_tag, "AAA111");
    assert_int_equal(request.to_tag.len, 0);
    assert_text(request.via_branch, "z9hG4bK-1");
    assert_text(request.label, "cust");
    assert_true(request.supports_load_limit);
    assert_int_equal(request.ice, EDGE_NG_ICE_REMOVE);
    assert_int_equal(request.dtls, EDGE_NG_DTLS_OFF);
    assert_int_equal(request.address_family, EDGE_IP4);
    assert_memory_equal(request.media_address.bytes, "\x7f\0\0\x09", 4);
    assert_int_equal(request.received_from.family, EDGE_IP4);
    assert_true(request.has_tos);
    assert_int_equal(request.tos, 184);
    assert_int_equal(request.drop_traffic, EDGE_NG_DROP_START);
    assert_int_equal(request.learning, EDGE_NG_LEARN_IMMEDIATE);
    assert_int_equal(request.n_direction, 2);
    assert_text(request.direction[0], "pub");
    assert_text(request.direction[1], "priv");
    assert_int_equal(request.flags, EDGE_NG_FLAG_STRICT_SOURCE | EDGE_NG_FLAG_TRUST_ADDRESS |
                                        EDGE_NG_FLAG_PORT_LATCHING);
    assert_int_equal(request.replace, EDGE_NG_REPLACE_ORIGIN | EDGE_NG_REPLACE_SESSION_CONNECTION);
    assert_int_equal(request.rtcp_mux, EDGE_NG_MUX_DEMUX);
    assert_int_equal(request.transport_protocol, EDGE_PROTO_RTP_AVP);
    assert_int_equal(request.sdes.suites_only, 1u << EDGE_SUITE_AES_CM_128_HMAC_SHA1_80);
    assert_int_equal(request.sdes.suites_never, 1u << EDGE_SUITE_AES_CM_128_HMAC_SHA1_32);
    assert_true(request.sdes.has_pad);
    assert_int_equal(request.n_unknown, 0);
}

static void reads_the_other_captured_requests(void **state)
{
    (void)state;
    assert_int_equal(parse(EDGE_VIEW(NG_ANSWER)), 0);
    assert_int_equal(request.command, EDGE_NG_ANSWER);
    assert_null(edge_ng_request_missing(&request));
    assert_text(request.to_tag, "BBB222");
    assert_int_equal(request.drop_traffic, EDGE_NG_DROP_STOP);
    assert_int_equal(request.transport_protocol, EDGE_PROTO_RTP_SAVP);
    assert_int_equal(request.sdp.len, 161);

    assert_int_equal(parse(EDGE_VIEW(NG_BLOCK)), 0);
    assert_int_equal(request.command, EDGE_NG_BLOCK_MEDIA);
    assert_false(request.has_from_tag);
    assert_int_equal(parse(EDGE_VIEW(NG_BLOCK_ONE)), 0);
    assert_text(request.from_tag, "AAA111");
    assert_int_equal(parse(EDGE_VIEW(NG_UNBLOCK_ALL)), 0);
    assert_int_equal(request.command, EDGE_NG_UNBLOCK_MEDIA);
    assert_int_equal(request.flags, EDGE_NG_FLAG_ALL);
    assert_int_equal(parse(EDGE_VIEW(NG_QUERY)), 0);
    assert_int_equal(request.command, EDGE_NG_QUERY);
    assert_int_equal(parse(EDGE_VIEW(NG_DELETE)), 0);
    assert_int_equal(request.command, EDGE_NG_DELETE);
    assert_false(request.has_delete_delay);
    assert_int_equal(parse(EDGE_VIEW(NG_DELETE_BOTH)), 0);
    assert_true(request.has_delete_delay);
    assert_int_equal(request.delete_delay_s, 0);
}

static void reads_json_alike(void **state)
{
    char reply[128];
    size_t len = 0;

    (void)state;
    assert_int_equal(
        parse(EDGE_VIEW("c1 {\"command\":\"block media\",\"call id\":\"x\",\"TOS\":\"46\","
                        "\"flags\":[\"all\",\"SDES-pad\",\"what is this\"],\"new-key\":1}")),
        0);
    assert_int_equal(request.format, EDGE_NG_JSON);
    assert_int_equal(request.command, EDGE_NG_BLOCK_MEDIA);
    assert_text(request.call_id, "x");
    assert_int_equal(request.tos, 46);
    assert_int_equal(request.flags, EDGE_NG_FLAG_ALL);
    assert_true(request.sdes.has_pad);
    assert_int_equal(request.n_unknown, 2);
    assert_text(request.unknown[0], "what is this");
    assert_text(request.unknown[1], "new-key");
    assert_int_equal(
        edge_ng_reply_error(&request, EDGE_NG_TEXT_UNKNOWN_CALL_ID, reply, sizeof(reply), &len), 0);
    assert_text((struct edge_view){reply, len},
                "c1 {\"error-reason\":\"Unknown call-ID\",\"result\":\"error\"}");
}

static void tells_what_is_missing(void **state)
{
    static const struct {
        const char *dict;
        const char *reason;
    } rows[] = {
        {"c {\"command\":\"fly\"}", "Unrecognized command"},
        {"c {}", "Unrecognized command"},
        {"c {\"command\":\"offer\"}", "No SDP body in message"},
        {"c {\"command\":\"offer\",\"sdp\":\"v\"}", "No call-id in message"},
        {"c {\"command\":\"offer\",\"sdp\":\"v\",\"call-id\":\"x\"}", "No from-tag in message"},
        {"c {\"command\":\"answer\",\"sdp\":\"v\",\"call-id\":\"x\",\"from-tag\":\"f\"}",
         "No to-tag in message"},
        {"c {\"command\":\"delete\"}", "No call-id in message"},
        {"c {\"command\":\"delete\",\"call-id\":\"x\"}", NULL},
        {"c {\"command\":\"list\"}", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(parse(edge_view_of(rows[i].dict)), 0);
        const char *missing = edge_ng_request_missing(&request);
        if (rows[i].reason)
            assert_string_equal(missing, rows[i].reason);
        else
            assert_null(missing);
    }
}

static void answers_only_with_a_cookie(void **state)
{
    char reply[128];
    size_t len = 0;

    (void)state;
    assert_int_equal(parse(EDGE_VIEW("")), EDGE_ENOCOOKIE);
    assert_int_equal(parse(EDGE_VIEW("d7:command4:pinge")), EDGE_ENOCOOKIE);
    assert_int_equal(parse(EDGE_VIEW(" d7:command4:pinge")), EDGE_ENOCOOKIE);
    assert_int_equal(parse(EDGE_VIEW("c ")), EDGE_ESYNTAX);
    assert_int_equal(parse(EDGE_VIEW("c le")), EDGE_ESYNTAX);
    assert_int_equal(parse(EDGE_VIEW("c d7:command4:ping")), EDGE_ESYNTAX);
    assert_text(request.cookie, "c");
    assert_int_equal(edge_ng_reply_error(&request, edge_ng_decode_error(request.format), reply,
                                         sizeof(reply), &len),
                     0);
    assert_text((struct edge_view){reply, len},
                "c d12:error-reason35:Could not decode bencode dictionary6:result5:errore");
    assert_int_equal(parse(EDGE_VIEW("c {\"a\"")), EDGE_ESYNTAX);
    assert_string_equal(edge_ng_decode_error(request.format), "Could not decode JSON dictionary");
    assert_int_equal(edge_ng_request_parse_dict(EDGE_VIEW("d7:command4:pinge"), &arena, &request),
                     0);
    assert_int_equal(request.command, EDGE_NG_PING);
}

static void ignores_values_out_of_range(void **state)
{
    (void)state;
    assert_int_equal(
        parse(EDGE_VIEW("c {\"TOS\":256,\"delete-delay\":-3,\"limit\":99999999999,"
                        "\"media-address\":\"host.example\",\"received-from\":[\"IP6\","
                        "\"127.0.0.1\"],\"direction\":[\"a\",\"b\",\"c\"],\"call-id\":5,"
                        "\"transport-protocol\":\"RTP/XAVP\",\"address-family\":\"IPX\"}")),
        0);
    assert_false(request.has_tos);
    assert_int_equal(request.delete_delay_s, 0);
    assert_int_equal(request.limit, UINT32_MAX);
    assert_int_equal(request.media_address.family, EDGE_IP_NONE);
    assert_int_equal(request.received_from.family, EDGE_IP_NONE);
    assert_int_equal(request.n_direction, 0);
    assert_int_equal(request.call_id.len, 0);
    assert_int_equal(request.transport_protocol, EDGE_PROTO_KEEP);
    assert_int_equal(request.n_unknown, 7);
}

static void reads_the_sdes_list(void **state)
{
    (void)state;
    assert_int_equal(
        parse(EDGE_VIEW("c {\"SDES\":[\"no\",\"nonew\",\"static\",\"lifetime\","
                        "\"unencrypted_srtp\",\"no-NULL_HMAC_SHA1_80\",\"no-ROT13\","
                        "\"order:AEAD_AES_256_GCM;AES_CM_128_HMAC_SHA1_80;AEAD_AES_256_GCM;\"]}")),
        0);
    assert_true(request.sdes.is_off);
    assert_true(request.sdes.has_no_new);
    assert_true(request.sdes.is_static);
    assert_true(request.sdes.has_lifetime);
    assert_true(request.sdes.asks_weak);
    assert_int_equal(request.sdes.suites_never, 1u << EDGE_SUITE_NULL_HMAC_SHA1_80);
    assert_int_equal(request.sdes.n_order, 2);
    assert_int_equal(request.sdes.order[0], EDGE_SUITE_AEAD_AES_256_GCM);
    assert_int_equal(request.sdes.order[1], EDGE_SUITE_AES_CM_128_HMAC_SHA1_80);
    assert_int_equal(request.n_unknown, 1);
    assert_text(request.unknown[0], "no-ROT13");
}

static void takes_other_spellings_of_lists(void **state)
{
    (void)state;
    assert_int_equal(
        parse(EDGE_VIEW("c {\"flags\":[\"rtcp-mux-demux\",\"replace-zero address\",\"SDES-off\",7],"
                        "\"replace\":\"origin\",\"rtcp-mux\":\"what\",\"SDES\":5,"
                        "\"transport protocol\":\"accept\",\"address family\":\"IP6\","
                        "\"received from\":[\"IP6\",\"2001:db8::1\"],"
                        "\"direction\":[\"a\",1],\"DTLS\":\"passive\",\"DTLS-reverse\":\"active\","
                        "\"dtls fingerprint\":\"SHA-384\",\"ICE\":\"force-relay\","
                        "\"record-call\":\"yes\",\"from-tag\":\"\",\"set-label\":\"x\"}")),
        0);
    assert_int_equal(request.rtcp_mux, EDGE_NG_MUX_DEMUX);
    assert_int_equal(request.replace, EDGE_NG_REPLACE_ORIGIN | EDGE_NG_REPLACE_ZERO_ADDRESS);
    assert_true(request.sdes.is_off);
    assert_true(request.accepts_transport);
    assert_int_equal(request.address_family, EDGE_IP6);
    assert_int_equal(request.received_from.family, EDGE_IP6);
    assert_int_equal(request.n_direction, 0);
    assert_int_equal(request.dtls, EDGE_NG_DTLS_PASSIVE);
    assert_int_equal(request.dtls_reverse, EDGE_NG_DTLS_ACTIVE);
    assert_int_equal(request.dtls_hash, EDGE_HASH_SHA384);
    assert_int_equal(request.ice, EDGE_NG_ICE_FORCE);
    assert_true(request.has_from_tag);
    assert_text(request.to_label, "x");
    // The 7, "what", SDES, direction and record-call.
    assert_int_equal(request.n_unknown, 5);
}

static void counts_more_unknown_keys_than_it_lists(void **state)
{
    char datagram[1024];
    int len = snprintf(datagram, sizeof(datagram), "c d");

    (void)state;
    for (int i = 0; i < EDGE_NG_UNKNOWN_MAX + 4; i++)
        len += snprintf(datagram + len, sizeof(datagram) - (size_t)len, "3:x%02di1e", i);
    len += snprintf(datagram + len, sizeof(datagram) - (size_t)len, "e");
    assert_int_equal(parse((struct edge_view){datagram, (size_t)len}), 0);
    assert_int_equal(request.n_unknown, EDGE_NG_UNKNOWN_MAX + 4);
    assert_text(request.unknown[EDGE_NG_UNKNOWN_MAX - 1], "x15");
}

static void an_exhausted_arena_is_an_error(void **state)
{
    char reply[128];
    size_t len = 0;
    struct edge_ng_arena small;
    unsigned char mem[2 * sizeof(struct edge_ng_value)];

    (void)state;
    assert_int_equal(parse(EDGE_VIEW(NG_PING)), 0);
    edge_ng_arena_init(&small, mem, sizeof(mem));
    struct edge_ng_value *dict = edge_ng_reply_new(&small);
    struct edge_ng_value *list = edge_ng_add_list(&small, dict, EDGE_VIEW("calls"));
    for (int i = 0; i < 3; i++)
        (void)edge_ng_add_int(&small, list, (struct edge_view){NULL, 0}, i);
    assert_int_equal(edge_ng_reply_format(&request, &small, dict, "ok", reply, sizeof(reply), &len),
                     EDGE_ELIMIT);
    assert_int_equal(edge_ng_reply_load_limit(&request, "draining", reply, sizeof(reply), &len), 0);
    assert_text((struct edge_view){reply, len},
                "0_14910_0 d7:message8:draining6:result10:load limite");
}

static void every_command_has_its_name(void **state)
{
    (void)state;
    for (int i = EDGE_NG_UNKNOWN + 1; i < EDGE_NG_COMMAND_COUNT; i++) {
        char datagram[64];
        const char *name = edge_ng_command_text((enum edge_ng_command)i);

        assert_string_not_equal(name, "unknown");
        const int len =
            snprintf(datagram, sizeof(datagram), "c d7:command%zu:%se", strlen(name), name);
        assert_int_equal(parse((struct edge_view){datagram, (size_t)len}), 0);
        assert_int_equal(request.command, i);
    }
}

static void reads_flags_in_one_text(void **state)
{
    static const char text[] =
        "c d10:rtpp-flags170:  replace-origin ICE=remove SDES=[pad  no-AES_CM_128_HMAC_SHA1_32] "
        "RTP/SAVP internal direction=b TOS=12 via-branch=auto rtpp-flags=x = [ ] a=] OSRTP=offer "
        "codec=[a=[b c]]e";

    (void)state;
    assert_int_equal(parse(EDGE_VIEW(text)), 0);
    assert_int_equal(request.replace, EDGE_NG_REPLACE_ORIGIN);
    assert_int_equal(request.ice, EDGE_NG_ICE_REMOVE);
    assert_true(request.sdes.has_pad);
    assert_int_equal(request.sdes.suites_never, 1u << EDGE_SUITE_AES_CM_128_HMAC_SHA1_32);
    assert_int_equal(request.transport_protocol, EDGE_PROTO_RTP_SAVP);
    assert_int_equal(request.n_direction, 2);
    assert_text(request.direction[0], "internal");
    assert_text(request.direction[1], "b");
    assert_int_equal(request.tos, 12);
    assert_int_equal(request.osrtp, EDGE_NG_OSRTP_OFFER);
    assert_int_equal(request.n_unknown, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_ping_as_captured),
        cmocka_unit_test(reads_the_captured_offer),
        cmocka_unit_test(reads_the_other_captured_requests),
        cmocka_unit_test(reads_json_alike),
        cmocka_unit_test(tells_what_is_missing),
        cmocka_unit_test(answers_only_with_a_cookie),
        cmocka_unit_test(ignores_values_out_of_range),
        cmocka_unit_test(reads_the_sdes_list),
        cmocka_unit_test(takes_other_spellings_of_lists),
        cmocka_unit_test(reads_flags_in_one_text),
        cmocka_unit_test(counts_more_unknown_keys_than_it_lists),
        cmocka_unit_test(an_exhausted_arena_is_an_error),
        cmocka_unit_test(every_command_has_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
