// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bytes as datagrams on the ports of a leg that waits for a DTLS handshake, or has begun one. The
 * input is a list of records: flags, length (two bytes), datagram. Whatever comes, no key does, the
 * leg's media goes nowhere else, and no more goes out than the limits say. With the highest flag
 * the bytes are a fingerprint instead.
 */
#include "../unit/relay_pair.h"

#include "leg_dtls.h"
#include "log.h"

#define FINGERPRINT 0x80u
#define COOKIE      0x40u /* put a good cookie into a ClientHello */
#define OTHER_PORT  0x20u
#define RTCP        0x02u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t bytes_out;

static void leave(void *context, const struct edge_flow *flow, const union edge_address *to,
                  const uint8_t *bytes, size_t length)
{
    (void)context;
    (void)flow;
    (void)to;
    if (!bytes || length == 0 || length > EDGE_DTLS_DATAGRAM_MAX)
        abort();
    bytes_out += length;
}

static void read_print(const uint8_t *bytes, size_t length)
{
    const struct edge_view text = {(const char *)bytes, length};
    char written[EDGE_FINGERPRINT_TEXT];
    struct edge_fingerprint print;
    struct edge_fingerprint again;

    if (edge_fingerprint_parse(text, &print) != 0)
        return;
    if (edge_fingerprint_format(&print, written) >= sizeof(written) ||
        edge_fingerprint_parse(edge_view_of(written), &again) != 0 ||
        !edge_fingerprint_is_equal(&print, &again))
        abort();
}

static void put_cookie(struct edge_handshakes *handshakes, uint16_t port,
                       const union edge_address *source, uint8_t *bytes, size_t length,
                       uint64_t now_ns)
{
    struct edge_dtls_hello hello;

    if (edge_dtls_read_hello(bytes, length, &hello) &&
        hello.cookie_length == EDGE_DTLS_COOKIE_BYTES &&
        edge_dtls_cookie_make(edge_handshakes_secret(handshakes), source, port, now_ns,
                              bytes + (hello.cookie - bytes)) != 0)
        abort();
}

static void feed(struct edge_handshakes *handshakes, struct relay_pair *pair, const uint8_t *data,
                 size_t length, uint8_t flags, uint64_t now_ns)
{
    static uint8_t bytes[EDGE_PACKET_MAX];
    struct edge_media *media = pair->media[0];
    struct edge_flow *flow = &media->flow[flags & RTCP ? EDGE_RTCP : EDGE_RTP];
    union edge_address source = flow->signalled;

    if (flags & FINGERPRINT) {
        read_print(data, length);
        return;
    }
    if (flags & OTHER_PORT)
        edge_address_set_port(&source, 5555);
    memcpy(bytes, data, length);
    if (flags & COOKIE)
        put_cookie(handshakes, media->port, &source, bytes, length, now_ns);
    edge_leg_dtls_take(media->dtls, flow, &source, bytes, length, now_ns);
    edge_handshakes_turn(handshakes, now_ns);
    if (media->receive || media->send || media->rtcp_receive || flow->is_pinned)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum edge_srtp_suite plain[2] = {EDGE_SUITE_NONE, EDGE_SUITE_NONE};
    static struct edge_handshakes *handshakes;
    static struct edge_stats stats;
    const struct edge_handshakes_rim rim = {leave, NULL, &stats};
    const struct edge_dtls_terms terms = {
        .print = {.hash = EDGE_HASH_SHA256, .length = 32, .digest = {1}}};
    struct edge_leg_dtls *leg;
    struct relay_pair pair;
    uint64_t now_ns = 1000000000u;

    if (!handshakes && edge_handshakes_new(&rim, &handshakes) != 0)
        abort();
    if (size == 0)
        return 0;
    edge_log_set_level(0);
    bytes_out = 0;
    relay_pair_init(&pair, plain);
    if (edge_leg_dtls_get(handshakes, pair.media[0], 1, &leg) != 0)
        abort();
    edge_leg_dtls_settle(leg, &terms, data[0] & 1u ? EDGE_DTLS_ACTIVE : EDGE_DTLS_PASSIVE, now_ns);
    edge_handshakes_turn(handshakes, now_ns);
    while (size >= 3) {
        size_t length = (size_t)data[1] << 8 | data[2];
        uint8_t flags = data[0];

        data += 3;
        size -= 3;
        if (length > size)
            length = size;
        if (length > EDGE_PACKET_MAX)
            length = EDGE_PACKET_MAX;
        feed(handshakes, &pair, data, length, flags, now_ns);
        data += length;
        size -= length;
        now_ns += (uint64_t)(flags & 0x1cu) << 24;
    }
    if (bytes_out > (size_t)16 * EDGE_DTLS_OUT_MAX)
        abort();
    relay_pair_fini(&pair);
    return 0;
}
