// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The relay's SRTP against what the RFCs print, and against libsrtp2 packet by packet: the same
 * bytes when encrypting, the same decisions and bytes when decrypting what was lost, doubled,
 * reordered, forged and rolled over on the way.
 */
#include "packet.h"
#include "srtp_backend.h"
#include "srtp_cipher.h"
#include "srtp_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CAPACITY 512
#define DELAYED  64

struct buffer {
    _Alignas(16) uint8_t bytes[CAPACITY];
    size_t length;
};

static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % below;
}

static size_t from_hex(const char *text, uint8_t *out)
{
    size_t n = strlen(text) / 2;

    for (size_t i = 0; i < n; i++) {
        const char digits[3] = {text[2 * i], text[2 * i + 1], '\0'};

        out[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return n;
}

static void assert_hex(const uint8_t *bytes, const char *expected)
{
    uint8_t wanted[CAPACITY];

    assert_memory_equal(bytes, wanted, from_hex(expected, wanted));
}

static void make_line(struct edge_sdes_line *line, enum edge_srtp_suite suite, const char *key)
{
    const struct edge_srtp_suite_info *info = edge_srtp_suite_info(suite);

    memset(line, 0, sizeof(*line));
    line->suite = suite;
    line->key_len = (uint8_t)(info->key_bytes + info->salt_bytes);
    if (key)
        assert_int_equal(from_hex(key, line->key), line->key_len);
    for (unsigned i = 0; !key && i < line->key_len; i++)
        line->key[i] = (uint8_t)draw(256);
}

static struct edge_srtp *open_with(const struct edge_srtp_ops *ops,
                                   const struct edge_sdes_line *line,
                                   enum edge_srtp_direction direction)
{
    struct edge_srtp *srtp;

    assert_int_equal(ops->open(line, direction, &srtp), 0);
    return srtp;
}

static void test_key_derivation(void **state)
{
    uint8_t key[32], iv[16] = {0}, out[32];

    (void)state;
    /* RFC 3711 B.3 */
    from_hex("e1f97a0d3e018be0d64fa32c06de4139", key);
    from_hex("0ec675ad498afeebb6960b3aabe60000", iv);
    assert_int_equal(edge_cipher_openssl.key_stream(key, 16, iv, out, 16), 0);
    assert_hex(out, "c61e7a93744f39ee10734afe3ff7a087");
    iv[7] ^= 2;
    assert_int_equal(edge_cipher_openssl.key_stream(key, 16, iv, out, 14), 0);
    assert_hex(out, "30cbbc08863d8c85d49db34a9ae1");
    iv[7] ^= 3; /* 2: the salt, 1: the authentication key */
    assert_int_equal(edge_cipher_openssl.key_stream(key, 16, iv, out, 20), 0);
    assert_hex(out, "cebe321f6ff7716b6fd4ab49af256a156d38baa4");
    /* RFC 6188 7.3 */
    from_hex("f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6", key);
    from_hex("3b04803de51ee7c96423ab5b78d20000", iv);
    assert_int_equal(edge_cipher_openssl.key_stream(key, 32, iv, out, 32), 0);
    assert_hex(out, "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4");
}

static void test_ciphers(void **state)
{
    struct edge_session_keys keys = {.key_bytes = 16};
    struct edge_cipher *cipher;
    uint8_t text[64], iv[16] = {0}, tag[20];

    (void)state;
    /* RFC 2202, case 1 */
    memset(keys.auth, 0x0b, sizeof(keys.auth));
    /* RFC 3711 B.2 */
    from_hex("2b7e151628aed2a6abf7158809cf4f3c", keys.key[0]);
    assert_int_equal(edge_cipher_openssl.open(&keys, &cipher), 0);
    for (int is_rtcp = 0; is_rtcp < 2; is_rtcp++) {
        edge_cipher_openssl.hmac(cipher, is_rtcp, (struct edge_bytes){(const uint8_t *)"Hi ", 3},
                                 (struct edge_bytes){(const uint8_t *)"There", 5}, tag);
        assert_hex(tag, "b617318655057264e28bc0b6fb378c8ef146be00");
    }
    from_hex("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000", iv);
    memset(text, 0, sizeof(text));
    assert_true(edge_cipher_openssl.counter(cipher, false, iv, text, 48));
    assert_hex(text, "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab"
                     "41e95b3bb0a2e8dd477901e4fca894c0");
    edge_cipher_openssl.close(cipher);

    /* RFC 7714 16.1.1 */
    memset(&keys, 0, sizeof(keys));
    keys.key_bytes = 16;
    keys.is_gcm = true;
    from_hex("000102030405060708090a0b0c0d0e0f", keys.key[0]);
    assert_int_equal(edge_cipher_openssl.open(&keys, &cipher), 0);
    from_hex("51753c6580c2726f20718414", iv);
    memcpy(text, "Gallia est omnis divisa in partes tres", 38);
    from_hex("8040f17b8041f8d35501a0b2", tag);
    assert_true(edge_cipher_openssl.seal(cipher, false, iv, (struct edge_bytes){tag, 12}, text, 38,
                                         text + 38));
    assert_hex(text, "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b"
                     "36de3adf8833899d7f27beb16a9152cf765ee4390cce");
    edge_cipher_openssl.close(cipher);
}

/* The packets that libsrtp 2 checks itself with (test/srtp_driver.c, srtp_validate). */
static void test_whole_packets(void **state)
{
    static const char *const keys[] = {
        "e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6",
        "000102030405060708090a0b0c0d0e0fa0a1a2a3a4a5a6a7a8a9aaab",
    };
    static const enum edge_srtp_suite suites[] = {EDGE_SUITE_AES_CM_128_HMAC_SHA1_80,
                                                  EDGE_SUITE_AEAD_AES_128_GCM};
    static const char *const rtp[] = {
        "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb",
        "800f1234decafbadcafebabec5002ede04cfdd2eb91159e0880aa06ed2976826f796b201df3131a127e8a392",
    };
    static const char *const rtcp[] = {
        "81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798",
        "81c8000bcafebabec98b8b5df0392a55852b6c21ac8e7025c52c6fbea2b3b446ea31123ba88ce61e80000001",
    };

    (void)state;
    for (int i = 0; i < 2; i++) {
        for (int is_rtcp = 0; is_rtcp < 2; is_rtcp++) {
            const char *expected = is_rtcp ? rtcp[i] : rtp[i];
            struct edge_sdes_line line;
            struct edge_srtp *sender, *receiver;
            struct buffer buffer;
            size_t length = is_rtcp ? 24 : 28;

            make_line(&line, suites[i], keys[i]);
            sender = open_with(&edge_srtp_native, &line, EDGE_SRTP_SEND);
            receiver = open_with(&edge_srtp_native, &line, EDGE_SRTP_RECEIVE);
            memset(buffer.bytes, 0xab, sizeof(buffer.bytes));
            from_hex(is_rtcp ? "81c8000bcafebabe" : "800f1234decafbadcafebabe", buffer.bytes);
            buffer.length = length;
            assert_int_equal(
                edge_srtp_protect(sender, is_rtcp, buffer.bytes, &buffer.length, CAPACITY), 0);
            assert_int_equal(buffer.length, strlen(expected) / 2);
            assert_hex(buffer.bytes, expected);
            assert_int_equal(edge_srtp_unprotect(receiver, is_rtcp, buffer.bytes, &buffer.length),
                             0);
            assert_int_equal(buffer.length, length);
            assert_int_equal(buffer.bytes[length - 1], 0xab);
            edge_srtp_close(sender);
            edge_srtp_close(receiver);
        }
    }
}

static uint64_t guess(uint64_t newest, uint16_t seq)
{
    struct edge_srtp_stream stream = {.has_rtp = true, .rtp_index = newest};
    uint64_t index;

    assert_true(edge_srtp_stream_guess(&stream, seq, &index));
    return index;
}

static void test_edges_of_window_and_counter(void **state)
{
    struct edge_srtp_stream stream = {0};

    (void)state;
    assert_int_equal(guess(0x10000, 0xffff), 0xffff);
    assert_int_equal(guess(0x1ffff, 0), 0x20000);
    assert_int_equal(guess(0x1c000, 0x4000), 0x14000); /* half a turn: no turn */
    assert_int_equal(guess(0x1c000, 0x3fff), 0x23fff);
    assert_int_equal(guess(0x14000, 0xc000), 0x1c000);
    assert_int_equal(guess(0x14000, 0xc001), 0xc001);
    assert_int_equal(guess(0x4000, 0xc001), 0xc001); /* there is none before the first */

    edge_srtp_stream_note(&stream, 5000);
    edge_srtp_stream_note(&stream, 4999);
    assert_false(edge_srtp_stream_is_fresh(&stream, 5000));
    assert_false(edge_srtp_stream_is_fresh(&stream, 4999));
    assert_true(edge_srtp_stream_is_fresh(&stream, 4998));
    assert_true(edge_srtp_stream_is_fresh(&stream, 5000 - EDGE_SRTP_WINDOW + 1));
    assert_false(edge_srtp_stream_is_fresh(&stream, 5000 - EDGE_SRTP_WINDOW));
    edge_srtp_stream_note(&stream, 5000 + EDGE_SRTP_WINDOW - 1);
    assert_false(edge_srtp_stream_is_fresh(&stream, 5000));
    assert_true(edge_srtp_stream_is_fresh(&stream, 5001));
    assert_true(edge_srtp_stream_is_fresh(&stream, 5000 + EDGE_SRTP_WINDOW - 2));
    edge_srtp_stream_note(&stream, 90000);
    assert_true(edge_srtp_stream_is_fresh(&stream, 89999));
    edge_srtp_stream_note_rtcp(&stream, 300);
    assert_false(edge_srtp_stream_is_fresh_rtcp(&stream, 300));
    assert_true(edge_srtp_stream_is_fresh_rtcp(&stream, 300 - EDGE_SRTCP_WINDOW + 1));
    assert_false(edge_srtp_stream_is_fresh_rtcp(&stream, 300 - EDGE_SRTCP_WINDOW));
}

/* A key, and both implementations of its two ends. */
struct twins {
    struct edge_srtp *send[2];
    struct edge_srtp *receive[2];
    unsigned overhead[2];
    uint16_t seq[3];
    unsigned n_compared[2]; /* receiver's decisions: taken, refused */
};

static const struct edge_srtp_ops *const both[2] = {&edge_srtp_native, &edge_srtp_libsrtp};

static void open_twins(struct twins *twins, enum edge_srtp_suite suite, uint8_t mki_bytes)
{
    struct edge_sdes_line line;

    memset(twins, 0, sizeof(*twins));
    make_line(&line, suite, NULL);
    for (int i = 0; i < 2; i++)
        twins->send[i] = open_with(both[i], &line, EDGE_SRTP_SEND);
    line.mki_len = mki_bytes;
    memset(line.mki, 0x77, mki_bytes);
    for (int i = 0; i < 2; i++)
        twins->receive[i] = open_with(both[i], &line, EDGE_SRTP_RECEIVE);
    for (int i = 0; i < 3; i++)
        twins->seq[i] = (uint16_t)draw(0x7fff); /* of later ones, RFC 3711 3.3.1 loses the first */
}

static void close_twins(struct twins *twins)
{
    for (int i = 0; i < 2; i++) {
        edge_srtp_close(twins->send[i]);
        edge_srtp_close(twins->receive[i]);
    }
}

static bool make_packet(struct twins *twins, struct buffer *buffer)
{
    bool is_rtcp = draw(20) == 0;
    unsigned source = draw(40) == 0 ? 1 + draw(2) : 0;
    unsigned steps = draw(300) == 0 ? draw(20000) : 1;
    uint8_t *bytes = buffer->bytes;
    size_t header = 12;

    for (size_t i = 0; i < 300; i++)
        bytes[i] = (uint8_t)draw(256);
    bytes[0] = (uint8_t)(is_rtcp ? 0x80 : 0x80 | draw(4) | (draw(8) == 0 ? 0x10 : 0));
    bytes[1] = is_rtcp ? 200 : 8;
    if (is_rtcp) {
        memset(bytes + 4, (int)source, 4);
        buffer->length = 8 + 4 * draw(20);
        return true;
    }
    twins->seq[source] = (uint16_t)(twins->seq[source] + steps);
    edge_packet_rtp_set_seq(bytes, twins->seq[source]);
    memset(bytes + 8, (int)source, 4);
    header += (size_t)(bytes[0] & 15) * 4;
    if (bytes[0] & 0x10) {
        bytes[header + 2] = 0;
        bytes[header + 3] = (uint8_t)draw(4);
        header += 4 + (size_t)bytes[header + 3] * 4;
    }
    buffer->length = header + draw(200);
    return false;
}

static void compare_receivers(struct twins *twins, bool is_rtcp, const struct buffer *packet)
{
    struct buffer copies[2] = {*packet, *packet};
    enum edge_srtp_status status[2];

    for (int i = 0; i < 2; i++)
        status[i] =
            edge_srtp_unprotect(twins->receive[i], is_rtcp, copies[i].bytes, &copies[i].length);
    if (status[0] != status[1])
        fail_msg("status %d, libsrtp2 %d; length %zu rtcp %d", status[0], status[1], packet->length,
                 is_rtcp);
    twins->n_compared[status[0] != EDGE_SRTP_OK]++;
    if (status[0] != EDGE_SRTP_OK)
        return;
    assert_int_equal(copies[0].length, copies[1].length);
    assert_memory_equal(copies[0].bytes, copies[1].bytes, copies[0].length);
}

/* Both senders make the same bytes; returns false when both refuse. */
static bool compare_senders(struct twins *twins, bool is_rtcp, struct buffer *packet)
{
    struct buffer copies[2] = {*packet, *packet};
    enum edge_srtp_status status[2];

    for (int i = 0; i < 2; i++)
        status[i] = edge_srtp_protect(twins->send[i], is_rtcp, copies[i].bytes, &copies[i].length,
                                      CAPACITY);
    assert_int_equal(status[0], status[1]);
    if (status[0] != EDGE_SRTP_OK)
        return false;
    assert_int_equal(copies[0].length, copies[1].length);
    assert_memory_equal(copies[0].bytes, copies[1].bytes, copies[0].length);
    *packet = copies[0];
    return true;
}

static void maul(struct buffer *packet)
{
    switch (draw(3)) {
    case 0:
        packet->bytes[draw((uint32_t)packet->length)] ^= (uint8_t)(1u << draw(8));
        break;
    case 1:
        packet->length = draw((uint32_t)packet->length);
        break;
    default:
        packet->length += draw(8);
        break;
    }
}

static void run_twins(struct twins *twins, unsigned n)
{
    static struct buffer delayed[DELAYED];
    static bool is_rtcp_delayed[DELAYED];

    memset(delayed, 0, sizeof(delayed));
    for (unsigned i = 0; i < n; i++) {
        struct buffer packet = {0};
        bool is_rtcp = make_packet(twins, &packet);
        unsigned slot = draw(DELAYED);

        if (draw(50) == 0)
            compare_senders(twins, is_rtcp, &(struct buffer){0}); /* too short */
        if (!compare_senders(twins, is_rtcp, &packet))
            continue;
        if (draw(10) == 0) { /* overtaken by up to some hundred others */
            struct buffer late = delayed[slot];
            bool is_late_rtcp = is_rtcp_delayed[slot];

            delayed[slot] = packet;
            is_rtcp_delayed[slot] = is_rtcp;
            packet = late;
            is_rtcp = is_late_rtcp;
        }
        if (packet.length == 0 || draw(100) == 0)
            continue;
        if (draw(20) == 0) {
            struct buffer mauled = packet;

            maul(&mauled);
            if (mauled.length >= 12) /* the version and type are looked at before */
                compare_receivers(twins, is_rtcp, &mauled);
        }
        compare_receivers(twins, is_rtcp, &packet);
        if (draw(20) == 0)
            compare_receivers(twins, is_rtcp, &packet);
    }
}

static void test_as_libsrtp(void **state)
{
    (void)state;
    for (int suite = EDGE_SUITE_NONE + 1; suite < EDGE_SUITE_USABLE_END; suite++) {
        struct twins twins;

        random_state = (uint64_t)suite;
        open_twins(&twins, (enum edge_srtp_suite)suite, 0);
        run_twins(&twins, 30000);
        assert_true(twins.n_compared[0] > 20000);
        assert_true(twins.n_compared[1] > 1000);
        close_twins(&twins);
    }
}

static void make_rtp(struct buffer *buffer, uint32_t index)
{
    memset(buffer->bytes, 0x55, 172);
    memcpy(buffer->bytes, (uint8_t[12]){0x80, 8, 0, 0, 0, 0, 0, 9, 0, 0, 0, 9}, 12);
    edge_packet_rtp_set_seq(buffer->bytes, (uint16_t)index);
    buffer->length = 172;
}

/* libsrtp2 finds the MKI where we put it, and another one is refused by both. */
static void test_mki(void **state)
{
    (void)state;
    for (int suite = EDGE_SUITE_NONE + 1; suite < EDGE_SUITE_USABLE_END; suite++) {
        struct edge_srtp *sender, *receiver;
        struct edge_sdes_line line;

        make_line(&line, (enum edge_srtp_suite)suite, NULL);
        line.mki_len = 3;
        memcpy(line.mki, "\x01\x02\x03", 3);
        sender = open_with(&edge_srtp_native, &line, EDGE_SRTP_SEND);
        for (int i = 0; i < 2; i++) {
            receiver = open_with(both[i], &line, EDGE_SRTP_RECEIVE);
            for (uint32_t step = 1; step <= 3; step++) {
                const struct edge_srtp_suite_info *info = edge_srtp_suite_info(line.suite);
                struct buffer packet;
                bool is_rtcp = step == 2;

                /* libsrtp 2.5 looks for it before a tag of RTP's length. */
                if (is_rtcp && i == 1 && info->rtp_tag_bytes != info->rtcp_tag_bytes)
                    continue;
                make_rtp(&packet, step + 10 * (uint32_t)i);
                if (is_rtcp)
                    packet.bytes[1] = 200;
                assert_int_equal(
                    edge_srtp_protect(sender, is_rtcp, packet.bytes, &packet.length, CAPACITY), 0);
                if (step == 3) /* GCM's tag stands before the MKI */
                    packet.bytes[packet.length - 1 - (info->salt_bytes == 12 ? 0 : 10)] ^= 1;
                assert_int_equal(
                    edge_srtp_unprotect(receiver, is_rtcp, packet.bytes, &packet.length),
                    step == 3 ? EDGE_SRTP_AUTH_FAILED : EDGE_SRTP_OK);
                if (step != 3)
                    assert_int_equal(packet.length, 172);
            }
            edge_srtp_close(receiver);
        }
        edge_srtp_close(sender);
    }
}

/* A receiver and a sender that were restarted go on, and take and use nothing a second time. */
static void test_going_on(void **state)
{
    struct edge_srtp *sender, *receiver, *restored[2];
    struct edge_srtp_position positions[2], again[2];
    struct edge_sdes_line line;
    struct buffer packet, old;

    (void)state;
    make_line(&line, EDGE_SUITE_AES_CM_128_HMAC_SHA1_80, NULL);
    sender = open_with(&edge_srtp_native, &line, EDGE_SRTP_SEND);
    receiver = open_with(&edge_srtp_native, &line, EDGE_SRTP_RECEIVE);
    for (uint32_t i = 20000; i < 150000; i += 1000) {
        make_rtp(&packet, i);
        assert_int_equal(edge_srtp_protect(sender, false, packet.bytes, &packet.length, CAPACITY),
                         0);
        old = packet;
        assert_int_equal(edge_srtp_unprotect(receiver, false, packet.bytes, &packet.length), 0);
    }
    make_rtp(&packet, 0);
    packet.length = 28;
    assert_int_equal(edge_srtp_protect(sender, true, packet.bytes, &packet.length, CAPACITY), 0);
    assert_int_equal(edge_srtp_tell(receiver, positions, 2), 1);
    assert_int_equal(positions[0].rtp_index, 149000);
    assert_false(positions[0].has_rtcp);
    restored[0] = open_with(&edge_srtp_native, &line, EDGE_SRTP_RECEIVE);
    assert_int_equal(edge_srtp_go_on(restored[0], positions, 1), 0);
    assert_int_equal(edge_srtp_go_on(restored[0], positions, 1), EDGE_EINVALID);
    packet = old;
    assert_int_equal(edge_srtp_unprotect(restored[0], false, packet.bytes, &packet.length),
                     EDGE_SRTP_REPLAY);

    assert_int_equal(edge_srtp_tell(sender, positions, 2), 1);
    assert_int_equal(positions[0].ssrc, 9);
    assert_int_equal(positions[0].rtcp_index, 1);
    restored[1] = open_with(&edge_srtp_native, &line, EDGE_SRTP_SEND);
    assert_int_equal(edge_srtp_go_on(restored[1], positions, 1), 0);
    assert_int_equal(edge_srtp_tell(restored[1], again, 2), 1);
    assert_int_equal(again[0].rtp_index, 149000);
    assert_int_equal(again[0].rtcp_index, 1 + EDGE_SRTCP_SKIP);
    make_rtp(&packet, 149000);
    assert_int_equal(edge_srtp_protect(restored[1], false, packet.bytes, &packet.length, CAPACITY),
                     EDGE_SRTP_REPLAY);
    make_rtp(&packet, 149050);
    assert_int_equal(edge_srtp_protect(restored[1], false, packet.bytes, &packet.length, CAPACITY),
                     0);
    old = packet;
    assert_int_equal(edge_srtp_unprotect(restored[0], false, packet.bytes, &packet.length), 0);
    assert_int_equal(edge_srtp_unprotect(receiver, false, old.bytes, &old.length), 0);

    positions[1] = positions[0];
    assert_int_equal(edge_srtp_go_on(restored[1], positions, 1), EDGE_EINVALID);
    edge_srtp_close(restored[1]);
    restored[1] = open_with(&edge_srtp_native, &line, EDGE_SRTP_SEND);
    assert_int_equal(edge_srtp_go_on(restored[1], positions, 2), EDGE_EINVALID);
    positions[0].rtp_index = (uint64_t)1 << 48;
    assert_int_equal(edge_srtp_go_on(restored[1], positions, 1), EDGE_EINVALID);
    assert_int_equal(edge_srtp_tell(restored[1], again, 2), 0);
    edge_srtp_close(sender);
    edge_srtp_close(receiver);
    edge_srtp_close(restored[0]);
    edge_srtp_close(restored[1]);
}

/* RFC 3711 3.3.1 at the end of the counter: the key is used up. */
static void test_last_index(void **state)
{
    struct edge_srtp_position end = {.ssrc = 9,
                                     .has_rtp = true,
                                     .has_rtcp = true,
                                     .rtp_index = ((uint64_t)1 << 48) - 2,
                                     .rtcp_index = EDGE_SRTCP_INDEX_MAX};
    struct edge_sdes_line line;
    struct edge_srtp *sender;
    struct buffer packet;

    (void)state;
    make_line(&line, EDGE_SUITE_AEAD_AES_256_GCM, NULL);
    sender = open_with(&edge_srtp_native, &line, EDGE_SRTP_SEND);
    assert_int_equal(edge_srtp_go_on(sender, &end, 1), 0);
    make_rtp(&packet, 0xffff);
    assert_int_equal(edge_srtp_protect(sender, false, packet.bytes, &packet.length, CAPACITY), 0);
    make_rtp(&packet, 0);
    assert_int_equal(edge_srtp_protect(sender, false, packet.bytes, &packet.length, CAPACITY),
                     EDGE_SRTP_FAILED);
    assert_int_equal(edge_srtp_protect(sender, true, packet.bytes, &packet.length, CAPACITY),
                     EDGE_SRTP_FAILED);
    edge_srtp_close(sender);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_derivation), cmocka_unit_test(test_ciphers),
        cmocka_unit_test(test_whole_packets),  cmocka_unit_test(test_edges_of_window_and_counter),
        cmocka_unit_test(test_as_libsrtp),     cmocka_unit_test(test_mki),
        cmocka_unit_test(test_going_on),       cmocka_unit_test(test_last_index),
    };

    if (edge_srtp_library_open() != 0 || edge_srtp_libsrtp.start() != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
