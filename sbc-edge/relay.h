// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "session.h"

/**
 * One packet in, one decision out. Touches no socket and no clock; the caller sends what is to be
 * forwarded and tells edge_relay_sent how that went. Nothing about a leg (source, rollover counter,
 * replay window, last packet) changes before its packet is known to be genuine.
 */

/** Largest datagram that is relayed, before encryption. */
#define EDGE_PACKET_MAX 1600
/** Room a packet buffer needs. */
#define EDGE_PACKET_CAPACITY (EDGE_PACKET_MAX + EDGE_SRTP_GROWTH)

/** A packet that changes the source of an SRTP leg is obeyed after this silence of the old one. */
#define EDGE_HANDOVER_NS 1000000000u

struct edge_relay_packet {
    uint8_t *bytes; /**< 4-byte aligned, EDGE_PACKET_CAPACITY bytes; rewritten in place */
    size_t length;
    const union edge_address *source;
};

/** out: where to send `packet` (its remote address, its socket); NULL: dropped for `reason`. */
struct edge_relay_outcome {
    struct edge_flow *out;
    enum edge_drop reason;
};

/**
 * Decides about a packet that arrived on `in`, counting a drop on `in` and in the leg's verdict.
 * `now_ns` is monotonic.
 */
struct edge_relay_outcome edge_relay_step(struct edge_flow *in, struct edge_relay_packet *packet,
                                          uint64_t now_ns);

/**
 * To be told, after the send call, of each packet that edge_relay_step wanted forwarded: whether
 * the kernel took it, and when. This is where "forwarded after the verdict" is measured.
 */
void edge_relay_sent(struct edge_flow *in, struct edge_flow *out, size_t length, bool was_taken,
                     uint64_t now_ns);
