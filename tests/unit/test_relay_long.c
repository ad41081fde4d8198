// SPDX-License-Identifier: GPL-2.0-or-later
// Calls that outlast the sequence numbers, over a network that loses 1 % and mixes up 64 packets.
#include "leg_keys.h"
#include "packet.h"
#include "relay_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MIXED    64u
#define FIRST    65000u
#define PAYLOAD  32u
#define LENGTH   (EDGE_RTP_HEADER + PAYLOAD)
#define GRACE_NS 5000000000u
#define MS_20    20000000u

struct wire {
    _Alignas(16) uint8_t bytes[EDGE_PACKET_CAPACITY];
    size_t length;
    uint32_t number;
};

struct call {
    struct relay_pair pair;
    enum edge_srtp_suite suite;
    uint8_t fill; /* of the key that leg 0 sends with */
    struct edge_srtp *sender;
    struct edge_srtp *receiver;
    uint32_t random;
    uint32_t sent;
    uint64_t passed;
    uint64_t lost;
};

static uint32_t next_random(struct call *call)
{
    call->random = call->random * 1664525u + 1013904223u;
    return call->random >> 8;
}

static struct edge_srtp *open_end(enum edge_srtp_suite suite, uint8_t fill,
                                  enum edge_srtp_direction direction)
{
    struct edge_sdes_line line;
    struct edge_srtp *srtp;

    relay_pair_key(&line, suite, fill);
    assert_int_equal(edge_srtp_open(&line, direction, &srtp), 0);
    return srtp;
}

/* What a re-INVITE does to the leg that sends. */
static void announce(struct call *call, uint8_t fill)
{
    struct edge_sdes_line line;

    relay_pair_key(&line, call->suite, fill);
    assert_int_equal(edge_leg_keys_receive(call->pair.media[0], &line, GRACE_NS), 0);
    if (fill == call->fill)
        return;
    call->fill = fill;
    edge_srtp_close(call->sender);
    call->sender = open_end(call->suite, fill, EDGE_SRTP_SEND);
}

static void begin(struct call *call, enum edge_srtp_suite suite)
{
    const enum edge_srtp_suite suites[2] = {suite, suite};

    *call = (struct call){.suite = suite, .random = 7, .sent = FIRST};
    relay_pair_init(&call->pair, suites);
    edge_srtp_close(call->pair.media[0]->receive);
    call->pair.media[0]->receive = NULL;
    announce(call, 1);
    call->receiver = open_end(suite, 12, EDGE_SRTP_RECEIVE);
}

static void end(struct call *call)
{
    edge_srtp_close(call->sender);
    edge_srtp_close(call->receiver);
    relay_pair_fini(&call->pair);
}

static void send_one(struct call *call, struct wire *wire)
{
    const uint32_t number = call->sent++;
    const uint8_t header[EDGE_RTP_HEADER] = {
        0x80, 8, (uint8_t)(number >> 8), (uint8_t)number, 0, 0, 0, 0, 0, 0, 0, 5};

    memcpy(wire->bytes, header, sizeof(header));
    memset(wire->bytes + sizeof(header), (int)(number * 31 & 0xff), PAYLOAD);
    wire->length = LENGTH;
    wire->number = number;
    assert_int_equal(
        edge_srtp_protect(call->sender, false, wire->bytes, &wire->length, sizeof(wire->bytes)),
        EDGE_SRTP_OK);
}

static void mix(struct call *call, struct wire *wires, unsigned n)
{
    for (unsigned i = n - 1; i > 0; i--) {
        const unsigned k = next_random(call) % (i + 1);
        struct wire kept = wires[i];

        wires[i] = wires[k];
        wires[k] = kept;
    }
}

static void arrive(struct call *call, struct wire *wire)
{
    struct edge_flow *in = &call->pair.media[0]->flow[EDGE_RTP];
    struct edge_relay_packet packet = {wire->bytes, wire->length, &in->signalled};
    const struct edge_relay_outcome outcome =
        edge_relay_step(in, &packet, (uint64_t)call->sent * MS_20);
    uint8_t expected[PAYLOAD];

    if (!outcome.out)
        fail_msg("packet %u: %s", wire->number, edge_drop_name(outcome.reason));
    assert_int_equal(edge_srtp_unprotect(call->receiver, false, wire->bytes, &packet.length),
                     EDGE_SRTP_OK);
    assert_int_equal(packet.length, LENGTH);
    assert_int_equal(wire->bytes[2] << 8 | wire->bytes[3], (uint16_t)wire->number);
    memset(expected, (int)(wire->number * 31 & 0xff), PAYLOAD);
    assert_memory_equal(wire->bytes + EDGE_RTP_HEADER, expected, PAYLOAD);
    call->passed++;
}

/* Each packet that the network delivers must reach the other leg, once, as it was sent. */
static void talk(struct call *call, uint32_t n)
{
    static struct wire wires[MIXED];
    static struct wire copy;
    const uint32_t until = call->sent + n;

    while (call->sent < until) {
        unsigned in_turn = 0;

        for (unsigned i = 0; i < MIXED && call->sent < until; i++) {
            send_one(call, &wires[in_turn]);
            if (next_random(call) % 100 == 0)
                call->lost++;
            else
                in_turn++;
        }
        if (in_turn == 0)
            continue;
        mix(call, wires, in_turn);
        copy = wires[0];
        for (unsigned i = 0; i < in_turn; i++)
            arrive(call, &wires[i]);
        struct edge_flow *in = &call->pair.media[0]->flow[EDGE_RTP];
        struct edge_relay_packet again = {copy.bytes, copy.length, &in->signalled};
        assert_null(edge_relay_step(in, &again, 1).out);
    }
}

static void test_three_rollovers(void **state)
{
    static const enum edge_srtp_suite suites[] = {EDGE_SUITE_AES_CM_128_HMAC_SHA1_80,
                                                  EDGE_SUITE_AEAD_AES_128_GCM};

    (void)state;
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        struct call call;

        begin(&call, suites[i]);
        talk(&call, 3 * 65536 + 2000);
        assert_int_equal(call.passed + call.lost, 3 * 65536 + 2000);
        assert_in_range(call.lost, 1000, 3000);
        assert_int_equal(call.pair.media[0]->flow[EDGE_RTP].drops[EDGE_DROP_AUTH_FAILED], 0);
        end(&call);
    }
}

/* 70,000 packets with re-INVITEs under way: the same key keeps the counter, a new one begins one.
 */
static void test_a_long_call_with_new_keys(void **state)
{
    struct call call;

    (void)state;
    begin(&call, EDGE_SUITE_AES_CM_128_HMAC_SHA1_80);
    talk(&call, 10000);
    announce(&call, 1);
    talk(&call, 20000);
    announce(&call, 1);
    announce(&call, 2);
    talk(&call, 20000);
    /* Refused: announced and never used. */
    struct edge_sdes_line line;
    relay_pair_key(&line, call.suite, 3);
    assert_int_equal(edge_leg_keys_receive(call.pair.media[0], &line, GRACE_NS), 0);
    talk(&call, 20000);
    assert_int_equal(call.passed + call.lost, 70000);
    end(&call);
}

static int open_library(void **state)
{
    (void)state;
    return edge_srtp_library_open();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_rollovers),
        cmocka_unit_test(test_a_long_call_with_new_keys),
    };

    return cmocka_run_group_tests(tests, open_library, NULL);
}
