// SPDX-License-Identifier: GPL-2.0-or-later
#include "relay_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND_NS 1000000000u

struct buffer {
    _Alignas(16) uint8_t bytes[EDGE_PACKET_CAPACITY];
    size_t length;
};

static void make_rtp(struct buffer *buffer, uint16_t seq, uint32_t ssrc)
{
    const uint8_t header[] = {0x80,
                              8,
                              (uint8_t)(seq >> 8),
                              (uint8_t)seq,
                              0,
                              0,
                              0,
                              0,
                              (uint8_t)(ssrc >> 24),
                              (uint8_t)(ssrc >> 16),
                              (uint8_t)(ssrc >> 8),
                              (uint8_t)ssrc};

    memcpy(buffer->bytes, header, sizeof(header));
    memset(buffer->bytes + sizeof(header), 0x55, 160);
    buffer->length = sizeof(header) + 160;
}

static void make_rtcp(struct buffer *buffer)
{
    static const uint8_t report[] = {0x80, 201, 0, 1, 0, 0, 0, 9};

    memcpy(buffer->bytes, report, sizeof(report));
    buffer->length = sizeof(report);
}

static struct edge_relay_outcome step(struct edge_flow *in, struct buffer *buffer,
                                      const union edge_address *source, uint64_t now_ns)
{
    struct edge_relay_packet packet = {buffer->bytes, buffer->length, source};
    struct edge_relay_outcome outcome = edge_relay_step(in, &packet, now_ns);

    buffer->length = packet.length;
    return outcome;
}

/* The far end of a leg, made with the same library but contexts of its own. */
static struct edge_srtp *open_end(enum edge_srtp_suite suite, uint8_t fill,
                                  enum edge_srtp_direction direction)
{
    struct edge_sdes_line line;
    struct edge_srtp *srtp;

    relay_pair_key(&line, suite, fill);
    assert_int_equal(edge_srtp_open(&line, direction, &srtp), 0);
    return srtp;
}

static void encrypt(struct edge_srtp *srtp, struct buffer *buffer)
{
    assert_int_equal(
        edge_srtp_protect(srtp, false, buffer->bytes, &buffer->length, sizeof(buffer->bytes)),
        EDGE_SRTP_OK);
}

static const enum edge_srtp_suite plain[2] = {EDGE_SUITE_NONE, EDGE_SUITE_NONE};
static const enum edge_srtp_suite secure_to_plain[2] = {EDGE_SUITE_AES_CM_128_HMAC_SHA1_80,
                                                        EDGE_SUITE_NONE};

static void test_plain_legs_pass_and_take_only_their_address(void **state)
{
    struct relay_pair pair;
    struct buffer buffer;
    union edge_address other;
    struct edge_flow *in;

    (void)state;
    relay_pair_init(&pair, plain);
    in = &pair.media[0]->flow[EDGE_RTP];
    assert_int_equal(edge_address_parse("192.0.2.9", 9, 4000, &other), 0);
    make_rtp(&buffer, 1, 5);
    assert_int_equal(step(in, &buffer, &other, 1).reason, EDGE_DROP_UNKNOWN_SOURCE);
    assert_false(in->is_pinned);
    assert_int_equal(in->last_in_ns, 0);

    other = pair.place[0];
    edge_address_set_port(&other, 7777); /* same host, other port: learned once */
    assert_ptr_equal(step(in, &buffer, &other, 2).out, &pair.media[1]->flow[EDGE_RTP]);
    assert_int_equal(edge_address_port(&in->remote), 7777);
    assert_int_equal(step(in, &buffer, &pair.place[0], 3).reason, EDGE_DROP_UNKNOWN_SOURCE);
    assert_int_equal(step(in, &buffer, &pair.place[0], 100 * (uint64_t)SECOND_NS).reason,
                     EDGE_DROP_UNKNOWN_SOURCE);
    assert_int_equal(in->in.packets, 1);
    assert_int_equal(in->drops[EDGE_DROP_UNKNOWN_SOURCE], 3);
    relay_pair_fini(&pair);
}

static void test_learning_modes(void **state)
{
    struct relay_pair pair;
    struct buffer buffer;
    union edge_address same_host;
    union edge_address other;
    struct edge_flow *in;

    (void)state;
    relay_pair_init(&pair, plain);
    in = &pair.media[0]->flow[EDGE_RTP];
    same_host = pair.place[0];
    edge_address_set_port(&same_host, 7777);
    assert_int_equal(edge_address_parse("198.51.100.7", 12, 9, &other), 0);
    make_rtp(&buffer, 1, 5);
    pair.media[0]->learning = EDGE_LEARN_OFF;
    assert_int_equal(step(in, &buffer, &same_host, 1).reason, EDGE_DROP_UNKNOWN_SOURCE);
    assert_non_null(step(in, &buffer, &pair.place[0], 1).out);
    pair.media[0]->learning = EDGE_LEARN_ASYMMETRIC;
    assert_non_null(step(in, &buffer, &same_host, 1).out);
    assert_int_equal(edge_address_port(&in->remote), 4000);
    pair.media[0]->learning = EDGE_LEARN_ANY;
    assert_non_null(step(in, &buffer, &other, 1).out);
    assert_int_equal(step(in, &buffer, &pair.place[0], 1).reason, EDGE_DROP_UNKNOWN_SOURCE);
    relay_pair_fini(&pair);
}

static void test_srtp_is_authenticated_before_anything_changes(void **state)
{
    struct relay_pair pair;
    struct buffer buffer;
    struct buffer copy;
    union edge_address other;
    struct edge_srtp *sender = open_end(EDGE_SUITE_AES_CM_128_HMAC_SHA1_80, 1, EDGE_SRTP_SEND);
    struct edge_flow *in;

    (void)state;
    relay_pair_init(&pair, secure_to_plain);
    in = &pair.media[0]->flow[EDGE_RTP];
    assert_int_equal(edge_address_parse("203.0.113.4", 11, 999, &other), 0);
    make_rtp(&buffer, 65000, 5);
    encrypt(sender, &buffer);
    copy = buffer;
    copy.bytes[30] ^= 1;
    assert_int_equal(step(in, &copy, &other, 1).reason, EDGE_DROP_AUTH_FAILED);
    make_rtp(&copy, 1, 5);
    assert_int_equal(step(in, &copy, &other, 1).reason, EDGE_DROP_AUTH_FAILED);
    make_rtp(&copy, 1, 5);
    copy.length = 14;
    assert_int_equal(step(in, &copy, &other, 1).reason, EDGE_DROP_NOT_SRTP);
    make_rtcp(&copy);
    assert_int_equal(step(&pair.media[0]->flow[EDGE_RTCP], &copy, &other, 1).reason,
                     EDGE_DROP_PLAIN_RTCP);
    assert_false(in->is_pinned);
    assert_int_equal(in->in.packets, 0);

    copy = buffer;
    assert_non_null(step(in, &buffer, &other, 2).out);
    assert_int_equal(buffer.length, 172);
    assert_true(in->is_pinned && edge_address_equal(&in->remote, &other));
    assert_int_equal(step(in, &copy, &other, 3).reason, EDGE_DROP_REPLAY);
    edge_srtp_close(sender);
    relay_pair_fini(&pair);
}

static void test_an_eavesdropper_cannot_take_a_live_leg_away(void **state)
{
    struct relay_pair pair;
    struct buffer buffer;
    union edge_address thief;
    struct edge_srtp *sender = open_end(EDGE_SUITE_AES_CM_128_HMAC_SHA1_80, 1, EDGE_SRTP_SEND);
    struct edge_flow *in;

    (void)state;
    relay_pair_init(&pair, secure_to_plain);
    in = &pair.media[0]->flow[EDGE_RTP];
    assert_int_equal(edge_address_parse("203.0.113.4", 11, 999, &thief), 0);
    make_rtp(&buffer, 1, 5);
    encrypt(sender, &buffer);
    assert_non_null(step(in, &buffer, &pair.place[0], SECOND_NS).out);
    make_rtp(&buffer, 2, 5);
    encrypt(sender, &buffer);
    assert_non_null(step(in, &buffer, &thief, SECOND_NS + 20000000).out); /* genuine: it passes */
    assert_true(edge_address_equal(&in->remote, &pair.place[0]));         /* but moves nothing */
    make_rtp(&buffer, 3, 5);
    encrypt(sender, &buffer);
    assert_non_null(step(in, &buffer, &thief, SECOND_NS + EDGE_HANDOVER_NS).out);
    assert_true(edge_address_equal(&in->remote, &thief)); /* the old place had been silent */
    edge_srtp_close(sender);
    relay_pair_fini(&pair);
}

static void test_verdicts_drop_and_count(void **state)
{
    struct relay_pair pair;
    struct buffer buffer;
    struct edge_flow *in;
    struct edge_verdict *verdict;
    struct edge_relay_outcome outcome;

    (void)state;
    relay_pair_init(&pair, plain);
    in = &pair.media[0]->flow[EDGE_RTP];
    verdict = &pair.legs[0]->verdict;
    make_rtp(&buffer, 1, 5);
    outcome = step(in, &buffer, &pair.place[0], 1);
    edge_relay_sent(in, outcome.out, buffer.length, true, 77);
    assert_int_equal(pair.legs[0]->last_forwarded_ns, 77);

    pair.session->is_blocked = true;
    assert_int_equal(edge_session_apply_verdicts(pair.session, 10, 20), 2);
    assert_int_equal(edge_session_apply_verdicts(pair.session, 30, 40), 0);
    assert_int_equal(verdict->heard_us, 10);
    assert_int_equal(step(in, &buffer, &pair.place[0], 2).reason, EDGE_DROP_BLOCKED);
    make_rtcp(&buffer);
    union edge_address rtcp_place = pair.place[0];
    edge_address_set_port(&rtcp_place, 4001);
    assert_int_equal(step(&pair.media[0]->flow[EDGE_RTCP], &buffer, &rtcp_place, 2).reason,
                     EDGE_DROP_BLOCKED);
    assert_int_equal(verdict->dropped.packets, 2);
    assert_int_equal(verdict->dropped.bytes, 180);
    assert_int_equal(verdict->forwarded_after, 0);
    /* The count is taken where packets are sent: it would tell of one that slipped through. */
    edge_relay_sent(in, outcome.out, 172, true, 99);
    assert_int_equal(verdict->forwarded_after, 1);

    pair.session->is_killed = true;
    edge_session_apply_verdicts(pair.session, 50, 60);
    assert_int_equal(verdict->reason, EDGE_DROP_KILLED);
    assert_int_equal(verdict->applied_us, 20);
    pair.session->is_killed = false;
    pair.session->is_blocked = false;
    edge_session_apply_verdicts(pair.session, 70, 80);
    make_rtp(&buffer, 2, 5);
    assert_non_null(step(in, &buffer, &pair.place[0], 3).out);
    relay_pair_fini(&pair);
}

static void test_ways_out(void **state)
{
    struct relay_pair pair;
    struct buffer buffer;
    struct edge_flow *in;

    (void)state;
    relay_pair_init(&pair, plain);
    in = &pair.media[0]->flow[EDGE_RTP];
    make_rtcp(&buffer);
    assert_int_equal(step(in, &buffer, &pair.place[0], 1).reason, EDGE_DROP_BAD_PACKET);
    pair.media[0]->has_rtcp_mux = true;
    assert_ptr_equal(step(in, &buffer, &pair.place[0], 1).out, &pair.media[1]->flow[EDGE_RTCP]);
    pair.media[1]->has_rtcp_mux = true;
    assert_ptr_equal(step(in, &buffer, &pair.place[0], 1).out, &pair.media[1]->flow[EDGE_RTP]);
    make_rtp(&buffer, 1, 5);
    pair.media[1]->is_srtp = true; /* wants SRTP, its key is not there yet: never in clear */
    assert_int_equal(step(in, &buffer, &pair.place[0], 1).reason, EDGE_DROP_NO_KEY);
    memset(&pair.media[1]->flow[EDGE_RTP].remote, 0, sizeof(union edge_address));
    assert_int_equal(step(in, &buffer, &pair.place[0], 1).reason, EDGE_DROP_NO_PEER);
    pair.media[0]->peer = NULL;
    assert_int_equal(step(in, &buffer, &pair.place[0], 1).reason, EDGE_DROP_NO_PEER);
    buffer.length = EDGE_PACKET_MAX + 1;
    assert_int_equal(step(in, &buffer, &pair.place[0], 1).reason, EDGE_DROP_TOO_LONG);
    relay_pair_fini(&pair);
}

static void test_ssrcs_of_a_key_are_bounded(void **state)
{
    struct relay_pair pair;
    struct buffer buffer;
    struct edge_srtp *sender;

    (void)state;
    relay_pair_init(&pair, secure_to_plain);
    for (uint32_t ssrc = 1; ssrc <= EDGE_SRTP_SSRC_MAX + 1; ssrc++) {
        struct edge_relay_outcome outcome;

        sender = open_end(EDGE_SUITE_AES_CM_128_HMAC_SHA1_80, 1, EDGE_SRTP_SEND);
        make_rtp(&buffer, 1, ssrc);
        encrypt(sender, &buffer);
        outcome = step(&pair.media[0]->flow[EDGE_RTP], &buffer, &pair.place[0], 1);
        if (ssrc <= EDGE_SRTP_SSRC_MAX)
            assert_non_null(outcome.out);
        else
            assert_int_equal(outcome.reason, EDGE_DROP_SSRC_LIMIT);
        edge_srtp_close(sender);
    }
    relay_pair_fini(&pair);
}

static void test_one_index_is_never_encrypted_twice(void **state)
{
    static const enum edge_srtp_suite suites[2] = {EDGE_SUITE_NONE, EDGE_SUITE_AEAD_AES_128_GCM};
    struct relay_pair pair;
    struct buffer buffer;
    struct edge_flow *in;

    (void)state;
    relay_pair_init(&pair, suites);
    in = &pair.media[0]->flow[EDGE_RTP];
    make_rtp(&buffer, 7, 5);
    assert_non_null(step(in, &buffer, &pair.place[0], 1).out);
    make_rtp(&buffer, 7, 5);
    buffer.bytes[40] = 'x'; /* another payload under the same SSRC and sequence number */
    assert_int_equal(step(in, &buffer, &pair.place[0], 1).reason, EDGE_DROP_REPLAY);
    make_rtp(&buffer, 8, 5);
    assert_non_null(step(in, &buffer, &pair.place[0], 1).out);
    relay_pair_fini(&pair);
}

static void test_a_restarted_sender_gets_through_to_an_srtp_leg(void **state)
{
    static const enum edge_srtp_suite suites[2] = {EDGE_SUITE_NONE,
                                                   EDGE_SUITE_AES_CM_128_HMAC_SHA1_80};
    struct edge_srtp *receiver = open_end(suites[1], 12, EDGE_SRTP_RECEIVE);
    struct relay_pair pair;
    struct buffer buffer;
    struct edge_flow *in;
    unsigned got = 0;

    (void)state;
    relay_pair_init(&pair, suites);
    in = &pair.media[0]->flow[EDGE_RTP];
    /* 20000 packets on, then from the start again under the same SSRC. */
    for (unsigned i = 0; i < 20; i++) {
        make_rtp(&buffer, (uint16_t)(i < 10 ? 20000 + i : i), 5);
        if (!step(in, &buffer, &pair.place[0], 1).out)
            continue;
        assert_int_equal(edge_srtp_unprotect(receiver, false, buffer.bytes, &buffer.length),
                         EDGE_SRTP_OK);
        assert_int_equal(buffer.bytes[2] << 8 | buffer.bytes[3], 20000 + got);
        got++;
    }
    assert_int_equal(got, 13); /* the first seven could have been late ones */
    assert_int_equal(in->drops[EDGE_DROP_REPLAY], 7);
    edge_srtp_close(receiver);
    relay_pair_fini(&pair);
}

/* A record is older than what was sent last: no index may be used again after it. */
static void test_a_sender_restarted_with_the_relay_repeats_no_index(void **state)
{
    static const enum edge_srtp_suite suites[2] = {EDGE_SUITE_NONE, EDGE_SUITE_AEAD_AES_128_GCM};
    struct edge_srtp *receiver = open_end(suites[1], 12, EDGE_SRTP_RECEIVE);
    struct edge_srtp_position position;
    struct edge_restart kept = {0};
    struct edge_sdes_line line;
    struct relay_pair pair;
    struct buffer buffer;
    struct edge_flow *in;
    unsigned got = 0;

    (void)state;
    relay_pair_init(&pair, suites);
    in = &pair.media[0]->flow[EDGE_RTP];
    for (unsigned i = 0; i < 60; i++) {
        make_rtp(&buffer, (uint16_t)(20000 + i), 5);
        assert_non_null(step(in, &buffer, &pair.place[0], 1).out);
        assert_int_equal(edge_srtp_unprotect(receiver, false, buffer.bytes, &buffer.length),
                         EDGE_SRTP_OK);
        if (i != 9)
            continue;
        kept = pair.media[1]->restart;
        assert_int_equal(edge_srtp_tell(pair.media[1]->send, &position, 1), 1);
    }
    edge_srtp_close(pair.media[1]->send);
    relay_pair_key(&line, suites[1], 12);
    assert_int_equal(edge_srtp_open(&line, EDGE_SRTP_SEND, &pair.media[1]->send), 0);
    assert_int_equal(edge_srtp_go_on(pair.media[1]->send, &position, 1), 0);
    kept.goes_on = true;
    pair.media[1]->restart = kept;
    /* Meanwhile the sender has begun anew. */
    for (unsigned i = 0; i < 20; i++) {
        make_rtp(&buffer, (uint16_t)i, 5);
        if (!step(in, &buffer, &pair.place[0], 1).out)
            continue;
        assert_int_equal(edge_srtp_unprotect(receiver, false, buffer.bytes, &buffer.length),
                         EDGE_SRTP_OK);
        got++;
    }
    assert_int_equal(got, 13);
    edge_srtp_close(receiver);
    relay_pair_fini(&pair);
}

/* Two senders take turns, one of them moved up: each keeps its offset, also over a restart. */
static void test_two_senders_in_turn_repeat_no_index(void **state)
{
    static const enum edge_srtp_suite suites[2] = {EDGE_SUITE_NONE, EDGE_SUITE_AEAD_AES_128_GCM};
    static bool is_used[0x10000];
    struct edge_srtp_position positions[2];
    struct edge_restart kept[2] = {{0}, {0}};
    struct edge_sdes_line line;
    struct relay_pair pair;
    struct buffer buffer;
    size_t n = 0;

    (void)state;
    relay_pair_init(&pair, suites);
    for (unsigned i = 0; i < 230; i++) {
        struct edge_flow *in = &pair.media[0]->flow[EDGE_RTP];
        unsigned seq;

        if (i == 150) {
            kept[0] = pair.media[1]->restart;
            kept[1] = pair.media[1]->restart_before;
            n = edge_srtp_tell(pair.media[1]->send, positions, 2);
        } else if (i == 200) {
            edge_srtp_close(pair.media[1]->send);
            relay_pair_key(&line, suites[1], 12);
            assert_int_equal(edge_srtp_open(&line, EDGE_SRTP_SEND, &pair.media[1]->send), 0);
            assert_int_equal(edge_srtp_go_on(pair.media[1]->send, positions, n), 0);
            kept[0].goes_on = true;
            kept[1].goes_on = true;
            pair.media[1]->restart = kept[0];
            pair.media[1]->restart_before = kept[1];
        }
        make_rtp(&buffer, (uint16_t)(100 + i), 6);
        assert_non_null(step(in, &buffer, &pair.place[0], 1).out);
        make_rtp(&buffer, (uint16_t)(i < 60 ? 20000 + i : 19980 + i), 5);
        if (!step(in, &buffer, &pair.place[0], 1).out) {
            assert_true(i >= 60 && i < 68);
            continue;
        }
        seq = (unsigned)buffer.bytes[2] << 8 | buffer.bytes[3];
        assert_false(is_used[seq]);
        is_used[seq] = true;
    }
    relay_pair_fini(&pair);
}

static void test_every_suite_both_ways_with_rtcp(void **state)
{
    (void)state;
    for (int s = EDGE_SUITE_AES_CM_128_HMAC_SHA1_80; s < EDGE_SUITE_USABLE_END; s++) {
        struct edge_srtp *sender = open_end((enum edge_srtp_suite)s, 3, EDGE_SRTP_SEND);
        struct edge_srtp *receiver = open_end((enum edge_srtp_suite)s, 3, EDGE_SRTP_RECEIVE);
        const struct edge_srtp_suite_info *info = edge_srtp_suite_info((enum edge_srtp_suite)s);
        struct buffer buffer;

        make_rtp(&buffer, 9, 5);
        encrypt(sender, &buffer);
        assert_int_equal(buffer.length, 172 + info->rtp_tag_bytes);
        assert_int_equal(edge_srtp_unprotect(receiver, false, buffer.bytes, &buffer.length),
                         EDGE_SRTP_OK);
        assert_int_equal(buffer.length, 172);
        make_rtcp(&buffer);
        assert_int_equal(
            edge_srtp_protect(sender, true, buffer.bytes, &buffer.length, sizeof(buffer.bytes)),
            EDGE_SRTP_OK);
        assert_int_equal(buffer.length, 8 + 4 + info->rtcp_tag_bytes);
        assert_int_equal(edge_srtp_unprotect(receiver, true, buffer.bytes, &buffer.length),
                         EDGE_SRTP_OK);
        edge_srtp_close(sender);
        edge_srtp_close(receiver);
    }
}

static int open_library(void **state)
{
    (void)state;
    return edge_srtp_library_open();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_legs_pass_and_take_only_their_address),
        cmocka_unit_test(test_learning_modes),
        cmocka_unit_test(test_srtp_is_authenticated_before_anything_changes),
        cmocka_unit_test(test_an_eavesdropper_cannot_take_a_live_leg_away),
        cmocka_unit_test(test_verdicts_drop_and_count),
        cmocka_unit_test(test_ways_out),
        cmocka_unit_test(test_ssrcs_of_a_key_are_bounded),
        cmocka_unit_test(test_one_index_is_never_encrypted_twice),
        cmocka_unit_test(test_a_restarted_sender_gets_through_to_an_srtp_leg),
        cmocka_unit_test(test_two_senders_in_turn_repeat_no_index),
        cmocka_unit_test(test_a_sender_restarted_with_the_relay_repeats_no_index),
        cmocka_unit_test(test_every_suite_both_ways_with_rtcp),
    };

    return cmocka_run_group_tests(tests, open_library, NULL);
}
