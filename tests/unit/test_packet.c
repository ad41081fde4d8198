// SPDX-License-Identifier: GPL-2.0-or-later
#include "packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_first_byte_tells_the_protocol(void **state)
{
    static const struct {
        uint8_t bytes[2];
        enum edge_packet_kind kind;
    } cases[] = {
        {{0, 1}, EDGE_PACKET_STUN},      {{3, 0}, EDGE_PACKET_STUN},
        {{4, 0}, EDGE_PACKET_OTHER},     {{19, 0}, EDGE_PACKET_OTHER},
        {{20, 0}, EDGE_PACKET_DTLS},     {{63, 0}, EDGE_PACKET_DTLS},
        {{64, 0}, EDGE_PACKET_OTHER},    {{127, 0}, EDGE_PACKET_OTHER},
        {{128, 0}, EDGE_PACKET_RTP},     {{191, 8}, EDGE_PACKET_RTP},
        {{192, 0}, EDGE_PACKET_OTHER},   {{0x80, 191}, EDGE_PACKET_RTP},
        {{0x80, 192}, EDGE_PACKET_RTCP}, {{0x80, 200}, EDGE_PACKET_RTCP},
        {{0x80, 223}, EDGE_PACKET_RTCP}, {{0x80, 224}, EDGE_PACKET_RTP},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(edge_packet_classify(cases[i].bytes, 2), cases[i].kind);
    assert_int_equal(edge_packet_classify(cases[0].bytes, 1), EDGE_PACKET_OTHER);
    assert_int_equal(edge_packet_classify(cases[0].bytes, 0), EDGE_PACKET_OTHER);
}

static void test_rtp_header_must_fit(void **state)
{
    uint8_t packet[40] = {0x80, 8, 0, 1, 0, 0, 0, 2, 0x11, 0x22, 0x33, 0x44};

    (void)state;
    assert_true(edge_packet_rtp_is_valid(packet, 12));
    assert_false(edge_packet_rtp_is_valid(packet, 11));
    assert_int_equal(edge_packet_rtp_ssrc(packet), 0x11223344);
    packet[0] = 0x82; /* two CSRCs */
    assert_false(edge_packet_rtp_is_valid(packet, 19));
    assert_true(edge_packet_rtp_is_valid(packet, 20));
    packet[0] = 0x90; /* an extension of two words */
    packet[15] = 2;
    assert_false(edge_packet_rtp_is_valid(packet, 15));
    assert_false(edge_packet_rtp_is_valid(packet, 23));
    assert_true(edge_packet_rtp_is_valid(packet, 24));
    packet[0] = 0x40;
    assert_false(edge_packet_rtp_is_valid(packet, 40));
}

static void test_rtcp_parts_must_add_up(void **state)
{
    uint8_t packet[20] = {0x80, 201, 0, 1, 0, 0, 0, 7, 0x81, 202, 0, 2, 0, 0, 0, 7, 1, 1, 'x', 0};

    (void)state;
    assert_true(edge_packet_rtcp_is_valid(packet, 8));
    assert_true(edge_packet_rtcp_is_valid(packet, 20));
    assert_false(edge_packet_rtcp_is_valid(packet, 19));
    assert_false(edge_packet_rtcp_is_valid(packet, 7));
    assert_int_equal(edge_packet_rtcp_ssrc(packet), 7);
    packet[9] = 100; /* not RTCP */
    assert_false(edge_packet_rtcp_is_valid(packet, 20));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_byte_tells_the_protocol),
        cmocka_unit_test(test_rtp_header_must_fit),
        cmocka_unit_test(test_rtcp_parts_must_add_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
