// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "payloads.h"

/**
 * What one end sends on one media stream, as figures: loss and jitter (RFC 3550 A.3, A.8), codec,
 * key presses, and when there was last something to hear. Fed with each genuine RTP packet, in
 * clear; never with what it says. Pure: no clock, no allocation, no division by a variable per
 * packet.
 *
 * "Something to hear" is, for G.711, a mean amplitude over 20 samples spread over the packet above
 * about -50 dB of full scale, looked for in every fourth packet; for other codecs a payload above
 * 8 bytes, since nothing else can be told without decoding (silence descriptors of G.729, AMR, EVS
 * and Opus are smaller). Comfort noise (payload type 13) and key presses are silence.
 */

#define EDGE_AUDIBLE_BYTES 9 /**< payloads from here on are sound, where the codec is not G.711 */

struct edge_media_facts {
    uint64_t packets;
    uint64_t first_ns; /**< monotonic; 0: no packet so far */
    uint64_t last_ns;
    uint64_t sound_ns; /**< last packet with something to hear; 0: none */
    /* RFC 3550 A.1, of the SSRC at hand. */
    uint32_t ssrc;
    uint32_t cycles;
    uint32_t base;
    uint32_t received;
    uint32_t bad_seq; /**< one more than the last number that was far off */
    uint16_t newest;
    uint8_t type; /**< payload type of the newest packet */
    enum edge_sound sound;
    uint32_t clock_hz;
    uint32_t transit;
    uint32_t jitter; /**< 16 times the mean deviation [1/clock_hz] */
    bool has_transit;
    bool has_keys;
    uint32_t keys_timestamp;  /**< of the newest key press */
    uint32_t keys;            /**< key presses */
    uint64_t expected_before; /**< of earlier SSRCs */
    uint64_t received_before;
    char codec[EDGE_CODEC_MAX + 1]; /**< of the newest packet that is no key press or noise */
    uint32_t codec_clock_hz;
    /* At the last look. */
    uint64_t seen_ns;
    uint64_t seen_packets;
    uint64_t seen_expected;
    uint64_t seen_received;
};

/** What happened between two looks. */
struct edge_media_look {
    uint32_t packets_per_second;
    uint32_t loss_ppm; /**< of what was expected since the last look */
    uint32_t jitter_us;
};

/**
 * One more packet, whose header was found whole (edge_packet_rtp_is_valid). `by_receiver`: what its
 * receiver has described, `by_sender` its sender, for payload types that the other has not.
 * `now_ns` is monotonic.
 */
void edge_media_facts_take(struct edge_media_facts *facts, const struct edge_payloads *by_receiver,
                           const struct edge_payloads *by_sender, const uint8_t *bytes,
                           size_t length, uint64_t now_ns);

/** Looks at what came since the last look, and begins the next one. */
struct edge_media_look edge_media_facts_look(struct edge_media_facts *facts, uint64_t now_ns);
