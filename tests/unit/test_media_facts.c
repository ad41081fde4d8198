// SPDX-License-Identifier: GPL-2.0-or-later
#include "media_facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MS_NS UINT64_C(1000000)

struct talk {
    struct edge_media_facts facts;
    uint16_t seq;
    uint32_t timestamp;
    uint32_t ssrc;
    uint64_t now_ns;
};

static void begin(struct talk *talk)
{
    memset(talk, 0, sizeof(*talk));
    talk->seq = 65530;
    talk->ssrc = 7;
    talk->now_ns = 1000 * MS_NS;
}

static void send(struct talk *talk, uint8_t type, uint8_t fill, size_t length)
{
    uint8_t bytes[12 + 160] = {0x80, type};

    bytes[2] = (uint8_t)(talk->seq >> 8);
    bytes[3] = (uint8_t)talk->seq;
    for (unsigned i = 0; i < 4; i++) {
        bytes[4 + i] = (uint8_t)(talk->timestamp >> (24 - 8 * i));
        bytes[8 + i] = (uint8_t)(talk->ssrc >> (24 - 8 * i));
    }
    memset(bytes + 12, fill, length);
    edge_media_facts_take(&talk->facts, NULL, NULL, bytes, 12 + length, talk->now_ns);
}

/* The next packet of 20 ms. */
static void next(struct talk *talk)
{
    talk->seq++;
    talk->timestamp += 160;
    talk->now_ns += 20 * MS_NS;
}

static void test_loss_is_counted_over_the_wrap_and_by_interval(void **state)
{
    struct talk talk;
    struct edge_media_look look;

    (void)state;
    begin(&talk);
    for (unsigned i = 0; i < 100; i++) {
        if (i % 10 != 5)
            send(&talk, 8, 0x11, 160);
        next(&talk);
    }
    look = edge_media_facts_look(&talk.facts, talk.now_ns);
    assert_int_equal(look.loss_ppm, 100000);
    assert_in_range(look.packets_per_second, 44, 46);
    assert_int_equal(look.jitter_us, 0);
    for (unsigned i = 0; i < 50; i++) {
        send(&talk, 8, 0x11, 160);
        next(&talk);
    }
    look = edge_media_facts_look(&talk.facts, talk.now_ns);
    assert_int_equal(look.loss_ppm, 0);
    assert_in_range(look.packets_per_second, 49, 51);
}

static void test_a_new_source_or_a_jump_is_no_loss(void **state)
{
    struct talk talk;

    (void)state;
    begin(&talk);
    for (unsigned i = 0; i < 20; i++) {
        if (i == 8)
            talk.ssrc = 9;
        if (i == 14)
            talk.seq = (uint16_t)(talk.seq + 20000);
        send(&talk, 8, 0x11, 160);
        next(&talk);
    }
    assert_int_equal(edge_media_facts_look(&talk.facts, talk.now_ns).loss_ppm, 0);
}

static void test_jitter_is_that_of_the_arrivals(void **state)
{
    struct talk talk;
    uint32_t jitter_us;

    (void)state;
    begin(&talk);
    for (unsigned i = 0; i < 400; i++) {
        talk.now_ns += (i % 2) * (8 * MS_NS); /* every other packet 8 ms late */
        send(&talk, 0, 0x11, 160);
        talk.now_ns -= (i % 2) * (8 * MS_NS);
        next(&talk);
    }
    /* Jumps of the clock are none, however far. */
    for (unsigned i = 0; i < 3; i++) {
        talk.timestamp += 0x80000000u;
        send(&talk, 0, 0x11, 160);
        next(&talk);
    }
    jitter_us = edge_media_facts_look(&talk.facts, talk.now_ns).jitter_us;
    assert_in_range(jitter_us, 7500, 8100);
    assert_string_equal(talk.facts.codec, "PCMU");
}

static uint64_t heard_at(uint8_t type, uint8_t fill, size_t length)
{
    struct talk talk;

    begin(&talk);
    for (unsigned i = 0; i < 8; i++) {
        send(&talk, type, fill, length);
        next(&talk);
    }
    return talk.facts.sound_ns;
}

static void test_silence_is_what_cannot_be_heard(void **state)
{
    (void)state;
    assert_int_equal(heard_at(0, 0xff, 160), 0); /* G.711 zero, both laws */
    assert_int_equal(heard_at(0, 0x7f, 160), 0);
    assert_int_equal(heard_at(8, 0xd5, 160), 0);
    assert_int_equal(heard_at(8, 0xd0, 160), 0); /* a little noise */
    assert_true(heard_at(8, 0x11, 160) > 0);
    assert_true(heard_at(0, 0x11, 160) > 0);
    assert_int_equal(heard_at(13, 0x20, 9), 0); /* comfort noise */
    assert_int_equal(heard_at(18, 0x20, 2), 0); /* G.729 annex B */
    assert_true(heard_at(18, 0x20, 20) > 0);
    assert_int_equal(heard_at(8, 0x11, 0), 0);
}

static void test_amplitudes_are_those_of_the_standard(void **state)
{
    struct talk talk;

    (void)state;
    /* -50 dB: 104 is the least that is heard in A-law, 100 or below is not. */
    begin(&talk);
    talk.seq = 0;
    send(&talk, 8, 0xd5 ^ 0x06, 160);
    assert_true(talk.facts.sound_ns > 0);
    begin(&talk);
    talk.seq = 0;
    send(&talk, 8, 0xd5 ^ 0x05, 160);
    assert_int_equal(talk.facts.sound_ns, 0);
    begin(&talk);
    talk.seq = 0;
    send(&talk, 0, 0xff - 0x0c, 160);
    assert_int_equal(talk.facts.sound_ns, 0); /* 96 */
    begin(&talk);
    talk.seq = 0;
    send(&talk, 0, 0xff - 0x0d, 160);
    assert_true(talk.facts.sound_ns > 0); /* 104 */
}

static void test_key_presses_count_once_each(void **state)
{
    struct edge_payloads payloads = {
        .n = 1, .list = {{.type = 101, .sound = EDGE_SOUND_KEYS, .clock_hz = 8000}}};
    struct edge_media_facts facts = {0};
    uint8_t bytes[16] = {0x80, 101};

    (void)state;
    for (unsigned press = 0; press < 3; press++) {
        for (unsigned i = 0; i < 6; i++) {
            bytes[3]++;
            bytes[6] = (uint8_t)(press + 1);
            edge_media_facts_take(&facts, &payloads, NULL, bytes, sizeof(bytes),
                                  1000 + press * 1000 + i);
        }
    }
    bytes[6] = 2; /* one of the press before, late */
    edge_media_facts_take(&facts, &payloads, NULL, bytes, sizeof(bytes), 9000);
    assert_int_equal(facts.keys, 3);
    assert_int_equal(facts.sound_ns, 0);
    assert_string_equal(facts.codec, "");
}

static void test_descriptions_name_payload_types(void **state)
{
    static const char text[] =
        "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
        "m=audio 4000 RTP/AVP 96 97 98 99 0\r\n"
        "a=rtpmap:96 opus/48000/2\r\na=rtpmap:97 telephone-event/48000\r\n"
        "a=rtpmap:98 bad name/8000\r\na=rtpmap:128 X/8000\r\n"
        "a=rtpmap:99 averyveryverylongname/8000\r\na=rtpmap:100 Y/0\r\n";
    static struct edge_sdp sdp;
    struct edge_payloads payloads;
    const struct edge_payload *found;

    (void)state;
    assert_int_equal(edge_sdp_parse(EDGE_VIEW(text), &sdp, NULL), 0);
    edge_payloads_read(&sdp, &sdp.media[0], &payloads);
    assert_int_equal(payloads.n, 2);
    found = edge_payloads_find(NULL, &payloads, 96);
    assert_non_null(found);
    assert_string_equal(found->codec, "opus");
    assert_int_equal(found->clock_hz, 48000);
    assert_int_equal(edge_payloads_find(&payloads, NULL, 97)->sound, EDGE_SOUND_KEYS);
    assert_null(edge_payloads_find(&payloads, &payloads, 98));
    assert_int_equal(edge_payloads_find(NULL, NULL, 0)->sound, EDGE_SOUND_ULAW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loss_is_counted_over_the_wrap_and_by_interval),
        cmocka_unit_test(test_a_new_source_or_a_jump_is_no_loss),
        cmocka_unit_test(test_jitter_is_that_of_the_arrivals),
        cmocka_unit_test(test_silence_is_what_cannot_be_heard),
        cmocka_unit_test(test_amplitudes_are_those_of_the_standard),
        cmocka_unit_test(test_key_presses_count_once_each),
        cmocka_unit_test(test_descriptions_name_payload_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
