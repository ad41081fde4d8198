// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bytes as datagrams on the ports of an SRTP leg and of a leg in clear. The input is a list of
 * records: flags, length (two bytes), packet. What does not authenticate must not move a thing.
 */
#include "../unit/relay_pair.h"

#include "packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed(struct relay_pair *pair, uint8_t flags, const uint8_t *bytes, size_t length,
                 uint64_t now_ns)
{
    static _Alignas(16) uint8_t buffer[EDGE_PACKET_CAPACITY];
    unsigned leg = flags & 1u;
    struct edge_flow *in = &pair->media[leg]->flow[(flags >> 1) & 1u];
    union edge_address source = pair->place[leg];
    struct edge_relay_packet packet = {buffer, length, &source};
    uint64_t taken = in->in.packets;
    uint64_t dropped = in->dropped.packets;
    bool was_pinned = in->is_pinned;
    struct edge_relay_outcome outcome;

    if (flags & 4u)
        edge_address_set_port(&source, 5555);
    memcpy(buffer, bytes, length);
    outcome = edge_relay_step(in, &packet, now_ns);
    if (!outcome.out) {
        if (outcome.reason >= EDGE_DROP_COUNT || in->dropped.packets != dropped + 1)
            abort();
        if (in->in.packets == taken && in->is_pinned != was_pinned)
            abort();
        return;
    }
    if (in->in.packets != taken + 1 || packet.length > EDGE_PACKET_CAPACITY)
        abort();
    edge_relay_sent(in, outcome.out, packet.length, true, now_ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum edge_srtp_suite suites[2] = {EDGE_SUITE_AEAD_AES_128_GCM, EDGE_SUITE_NONE};
    static bool is_open;
    struct relay_pair pair;
    uint64_t now_ns = 1;

    if (!is_open && edge_srtp_library_open() != 0)
        abort();
    is_open = true;
    relay_pair_init(&pair, suites);
    while (size >= 3) {
        size_t length = (size_t)data[1] << 8 | data[2];
        uint8_t flags = data[0];

        data += 3;
        size -= 3;
        if (length > size)
            length = size;
        if (length > EDGE_PACKET_MAX + 1)
            length = EDGE_PACKET_MAX + 1;
        pair.media[flags & 1u]->has_rtcp_mux = (flags & 8u) != 0;
        feed(&pair, flags, data, length, now_ns);
        data += length;
        size -= length;
        now_ns += (uint64_t)flags << 24;
    }
    relay_pair_fini(&pair);
    return 0;
}
