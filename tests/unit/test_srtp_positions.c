// SPDX-License-Identifier: GPL-2.0-or-later
/* A context that goes on where another one with the same key had got to. */
#include "packet.h"
#include "srtp_backend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SSRC     0x11223344u
#define PAYLOAD  160
#define CAPACITY (EDGE_RTP_HEADER + PAYLOAD + EDGE_SRTP_GROWTH)

static const struct edge_srtp_ops *const ops = &edge_srtp_native;

static const enum edge_srtp_suite suites[] = {
    EDGE_SUITE_AES_CM_128_HMAC_SHA1_80, EDGE_SUITE_AES_CM_128_HMAC_SHA1_32,
    EDGE_SUITE_AES_256_CM_HMAC_SHA1_80, EDGE_SUITE_AEAD_AES_128_GCM,
    EDGE_SUITE_AEAD_AES_256_GCM,
};

struct packet {
    _Alignas(16) uint8_t bytes[CAPACITY];
    size_t length;
};

static struct edge_sdes_line make_key(enum edge_srtp_suite suite)
{
    const struct edge_srtp_suite_info *info = edge_srtp_suite_info(suite);
    struct edge_sdes_line line = {.tag = 1, .suite = suite};

    line.key_len = (uint8_t)(info->key_bytes + info->salt_bytes);
    memset(line.key, 0x5a, line.key_len);
    return line;
}

static struct edge_srtp *open_end(const struct edge_sdes_line *line,
                                  enum edge_srtp_direction direction)
{
    struct edge_srtp *srtp = NULL;

    assert_int_equal(ops->open(line, direction, &srtp), 0);
    return srtp;
}

static void make_rtp(struct packet *packet, uint16_t seq, uint32_t ssrc)
{
    memset(packet->bytes, 0x55, sizeof(packet->bytes));
    memset(packet->bytes, 0, EDGE_RTP_HEADER);
    packet->bytes[0] = 0x80;
    packet->bytes[1] = 8;
    edge_packet_rtp_set_seq(packet->bytes, seq);
    for (int i = 0; i < 4; i++)
        packet->bytes[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
    packet->length = EDGE_RTP_HEADER + PAYLOAD;
}

static void make_rtcp(struct packet *packet, uint32_t ssrc)
{
    static const uint8_t head[] = {0x80, 201, 0, 1};

    memcpy(packet->bytes, head, sizeof(head));
    for (int i = 0; i < 4; i++)
        packet->bytes[4 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
    packet->length = sizeof(head) + 4;
}

static enum edge_srtp_status send_rtp(struct edge_srtp *sender, uint16_t seq, struct packet *out)
{
    make_rtp(out, seq, SSRC);
    return ops->protect(sender, false, out->bytes, &out->length, sizeof(out->bytes));
}

static enum edge_srtp_status take(struct edge_srtp *receiver, bool is_rtcp,
                                  const struct packet *packet)
{
    struct packet copy = *packet;

    return ops->unprotect(receiver, is_rtcp, copy.bytes, &copy.length);
}

/* From `first`, `n` packets that all have to arrive. */
static void talk(struct edge_srtp *sender, struct edge_srtp *receiver, uint16_t first, unsigned n)
{
    struct packet packet;

    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(send_rtp(sender, (uint16_t)(first + i), &packet), EDGE_SRTP_OK);
        assert_int_equal(take(receiver, false, &packet), EDGE_SRTP_OK);
    }
}

static struct edge_srtp *go_on(const struct edge_srtp *from, const struct edge_sdes_line *line,
                               enum edge_srtp_direction direction)
{
    struct edge_srtp_position positions[4];
    size_t n = ops->tell(from, positions, 4);
    struct edge_srtp *srtp = open_end(line, direction);

    assert_int_equal(ops->go_on(srtp, positions, n), 0);
    return srtp;
}

static void test_both_ends_go_on_after_and_over_a_rollover(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof(suites) / sizeof(suites[0]); s++) {
        struct edge_sdes_line line = make_key(suites[s]);
        struct edge_srtp *sender = open_end(&line, EDGE_SRTP_SEND);
        struct edge_srtp *receiver = open_end(&line, EDGE_SRTP_RECEIVE);
        struct edge_srtp *old_sender = sender;
        struct edge_srtp *old_receiver = receiver;

        /* Twice around and to just before the third turn. */
        talk(sender, receiver, 1000, 2 * 65536 + 64500);
        sender = go_on(old_sender, &line, EDGE_SRTP_SEND);
        receiver = go_on(old_receiver, &line, EDGE_SRTP_RECEIVE);
        /* The state was a second old: 50 packets were relayed by the old ones, over the rollover.
         */
        talk(old_sender, old_receiver, (uint16_t)(1000 + 64500), 50);
        talk(sender, receiver, (uint16_t)(1000 + 64550), 100);
        /* Who keeps its own contexts sees no difference. */
        talk(old_sender, receiver, (uint16_t)(1000 + 64650), 10);
        talk(sender, old_receiver, (uint16_t)(1000 + 64660), 10);
        ops->close(sender);
        ops->close(receiver);
        ops->close(old_sender);
        ops->close(old_receiver);
    }
}

static void test_nothing_up_to_the_position_is_taken_again(void **state)
{
    struct edge_sdes_line line = make_key(EDGE_SUITE_AES_CM_128_HMAC_SHA1_80);
    struct edge_srtp *sender = open_end(&line, EDGE_SRTP_SEND);
    struct edge_srtp *receiver = open_end(&line, EDGE_SRTP_RECEIVE);
    struct packet early;
    struct packet newest;
    struct packet skipped;
    struct packet first;
    struct edge_srtp *next;

    (void)state;
    talk(sender, receiver, 1, 100);
    assert_int_equal(send_rtp(sender, 101, &early), EDGE_SRTP_OK);
    assert_int_equal(send_rtp(sender, 102, &newest), EDGE_SRTP_OK);
    assert_int_equal(take(receiver, false, &newest), EDGE_SRTP_OK);
    next = go_on(receiver, &line, EDGE_SRTP_RECEIVE);
    assert_int_equal(take(next, false, &newest), EDGE_SRTP_REPLAY);
    assert_int_equal(take(next, false, &early), EDGE_SRTP_REPLAY);
    assert_int_equal(send_rtp(sender, 103, &skipped), EDGE_SRTP_OK);
    assert_int_equal(send_rtp(sender, 110, &first), EDGE_SRTP_OK);
    assert_int_equal(take(next, false, &first), EDGE_SRTP_OK);
    /* It may have been relayed before: nobody knows any more. */
    assert_int_equal(take(next, false, &skipped), EDGE_SRTP_REPLAY);
    assert_int_equal(take(next, false, &first), EDGE_SRTP_REPLAY);
    ops->close(next);

    next = go_on(sender, &line, EDGE_SRTP_SEND);
    assert_int_equal(send_rtp(next, 110, &first), EDGE_SRTP_REPLAY);
    assert_int_equal(send_rtp(next, 111, &first), EDGE_SRTP_OK);
    ops->close(next);
    ops->close(sender);
    ops->close(receiver);
}

static void test_a_forged_packet_changes_nothing(void **state)
{
    struct edge_sdes_line line = make_key(EDGE_SUITE_AEAD_AES_128_GCM);
    struct edge_srtp *sender = open_end(&line, EDGE_SRTP_SEND);
    struct edge_srtp *receiver = open_end(&line, EDGE_SRTP_RECEIVE);
    struct packet forged;
    struct edge_srtp *next;

    (void)state;
    talk(sender, receiver, 60000, 20000); /* once around */
    next = go_on(receiver, &line, EDGE_SRTP_RECEIVE);
    make_rtp(&forged, 40000, SSRC);
    assert_int_equal(take(next, false, &forged), EDGE_SRTP_AUTH_FAILED);
    talk(sender, next, (uint16_t)(60000 + 20000), 10);
    ops->close(next);
    ops->close(sender);
    ops->close(receiver);
}

static void test_rtcp_goes_on(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof(suites) / sizeof(suites[0]); s++) {
        struct edge_sdes_line line = make_key(suites[s]);
        struct edge_srtp *sender = open_end(&line, EDGE_SRTP_SEND);
        struct edge_srtp *receiver = open_end(&line, EDGE_SRTP_RECEIVE);
        struct edge_srtp_position position;
        struct edge_srtp *next_sender;
        struct edge_srtp *next_receiver;
        struct packet report;

        for (int i = 0; i < 5; i++) {
            make_rtcp(&report, SSRC);
            assert_int_equal(
                ops->protect(sender, true, report.bytes, &report.length, sizeof(report.bytes)),
                EDGE_SRTP_OK);
            assert_int_equal(take(receiver, true, &report), EDGE_SRTP_OK);
        }
        assert_int_equal(ops->tell(sender, &position, 1), 1);
        assert_true(position.has_rtcp && !position.has_rtp);
        assert_int_equal(position.rtcp_index, 5);
        assert_int_equal(ops->tell(receiver, &position, 1), 1);
        assert_int_equal(position.rtcp_index, 5);
        next_sender = go_on(sender, &line, EDGE_SRTP_SEND);
        next_receiver = go_on(receiver, &line, EDGE_SRTP_RECEIVE);
        assert_int_equal(take(next_receiver, true, &report), EDGE_SRTP_REPLAY);
        make_rtcp(&report, SSRC);
        assert_int_equal(
            ops->protect(next_sender, true, report.bytes, &report.length, sizeof(report.bytes)),
            EDGE_SRTP_OK);
        assert_int_equal(take(next_receiver, true, &report), EDGE_SRTP_OK);
        assert_int_equal(take(receiver, true, &report), EDGE_SRTP_OK);
        assert_int_equal(ops->tell(next_receiver, &position, 1), 1);
        assert_int_equal(position.rtcp_index, 6 + EDGE_SRTCP_SKIP);
        ops->close(next_sender);
        ops->close(next_receiver);
        ops->close(sender);
        ops->close(receiver);
    }
}

static void test_an_srtcp_index_is_not_used_again_even_if_its_ssrc_was_new(void **state)
{
    struct edge_sdes_line line = make_key(EDGE_SUITE_AEAD_AES_128_GCM);
    struct edge_srtp *before = open_end(&line, EDGE_SRTP_SEND);
    struct edge_srtp *after = go_on(before, &line, EDGE_SRTP_SEND);
    struct packet sent;
    struct packet again;

    (void)state;
    make_rtcp(&sent, SSRC);
    assert_int_equal(edge_srtp_protect(before, true, sent.bytes, &sent.length, sizeof(sent.bytes)),
                     0);
    make_rtcp(&again, SSRC);
    assert_int_equal(
        edge_srtp_protect(after, true, again.bytes, &again.length, sizeof(again.bytes)), 0);
    /* The index stands at the end of a GCM packet. */
    assert_int_equal(sent.bytes[sent.length - 1], 1);
    assert_memory_equal(&again.bytes[again.length - 2], "\x04\x01", 2); /* 1025 */
    edge_srtp_close(before);
    edge_srtp_close(after);
}

static void test_what_cannot_be_is_refused(void **state)
{
    struct edge_sdes_line line = make_key(EDGE_SUITE_AES_CM_128_HMAC_SHA1_80);
    const struct edge_srtp_position twice[] = {{.ssrc = 1, .has_rtp = true},
                                               {.ssrc = 1, .has_rtp = true}};
    const struct edge_srtp_position far = {.ssrc = 1, .has_rtp = true, .rtp_index = 1ull << 48};
    struct edge_srtp *srtp = open_end(&line, EDGE_SRTP_RECEIVE);

    (void)state;
    assert_int_equal(ops->go_on(srtp, &far, 1), EDGE_EINVALID);
    assert_int_equal(ops->go_on(srtp, twice, 2), EDGE_EINVALID);
    assert_int_equal(ops->go_on(srtp, twice, EDGE_SRTP_SSRC_MAX + 1), EDGE_ELIMIT);
    ops->close(srtp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ends_go_on_after_and_over_a_rollover),
        cmocka_unit_test(test_nothing_up_to_the_position_is_taken_again),
        cmocka_unit_test(test_a_forged_packet_changes_nothing),
        cmocka_unit_test(test_rtcp_goes_on),
        cmocka_unit_test(test_an_srtcp_index_is_not_used_again_even_if_its_ssrc_was_new),
        cmocka_unit_test(test_what_cannot_be_is_refused),
    };
    int failed;

    if (edge_srtp_library_open() != 0)
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    edge_srtp_library_close();
    return failed;
}
