// SPDX-License-Identifier: GPL-2.0-or-later
#include "media_facts.h"

#include "packet.h"

#include <string.h>

#define DROPOUT_MAX   3000u  /* RFC 3550 A.1 */
#define MISORDER_MAX  100u   /* the same */
#define SEQ_MOD       65536u /* the same */
#define NO_BAD_SEQ    (SEQ_MOD + 1)
#define LISTEN_MASK   3u  /* every fourth packet is listened to */
#define LISTEN_TO     20u /* samples of it */
#define AUDIBLE_LEVEL 100 /* mean of 16-bit samples: -50 dB of full scale */
#define CLOCK_DEFAULT 8000u

static uint32_t read32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* The sender has changed to another payload type. */
static void choose(struct edge_media_facts *facts, const struct edge_payloads *by_receiver,
                   const struct edge_payloads *by_sender, uint8_t type)
{
    const struct edge_payload *payload = edge_payloads_find(by_receiver, by_sender, type);

    facts->type = type;
    facts->sound = payload ? payload->sound : EDGE_SOUND_OTHER;
    facts->clock_hz = payload ? payload->clock_hz : CLOCK_DEFAULT;
    if (facts->sound == EDGE_SOUND_KEYS || facts->sound == EDGE_SOUND_NOISE)
        return;
    if (facts->codec_clock_hz != facts->clock_hz)
        facts->has_transit = false;
    facts->codec_clock_hz = facts->clock_hz;
    memset(facts->codec, 0, sizeof(facts->codec));
    if (payload)
        memcpy(facts->codec, payload->codec, sizeof(facts->codec));
}

static uint64_t expected_of(const struct edge_media_facts *facts)
{
    return facts->packets == 0 ? 0 : (uint64_t)facts->cycles + facts->newest - facts->base + 1;
}

static void begin(struct edge_media_facts *facts, uint32_t ssrc, uint16_t seq)
{
    if (facts->received > 0) {
        facts->expected_before += expected_of(facts);
        facts->received_before += facts->received;
    }
    facts->ssrc = ssrc;
    facts->cycles = 0;
    facts->base = seq;
    facts->newest = seq;
    facts->received = 0;
    facts->bad_seq = NO_BAD_SEQ;
    facts->has_transit = false;
    facts->jitter = 0;
}

/* update_seq() of RFC 3550 A.1 without its probation: the packet is known to be genuine. */
static void count(struct edge_media_facts *facts, uint32_t ssrc, uint16_t seq)
{
    uint16_t ahead = (uint16_t)(seq - facts->newest);

    if (ahead < DROPOUT_MAX) {
        if (seq < facts->newest)
            facts->cycles += SEQ_MOD;
        facts->newest = seq;
    } else if (ahead <= SEQ_MOD - MISORDER_MAX) {
        if (seq != facts->bad_seq) {
            facts->bad_seq = (seq + 1u) & (SEQ_MOD - 1);
            return;
        }
        begin(facts, ssrc, seq); /* two in a row: the sender has started anew */
    }
    facts->received++;
}

/* RFC 3550 A.8 */
static void time_it(struct edge_media_facts *facts, uint32_t timestamp, uint64_t now_ns)
{
    uint64_t us = (now_ns - facts->first_ns) / 1000;
    uint32_t transit = (uint32_t)(us * facts->clock_hz / 1000000) - timestamp;
    uint32_t apart = transit - facts->transit;

    facts->transit = transit;
    if (!facts->has_transit) {
        facts->has_transit = true;
        return;
    }
    if (apart >> 31) /* the other way round */
        apart = 0u - apart;
    /* A jump of the clock, as after a hold, is no jitter. */
    if (apart > facts->clock_hz)
        return;
    facts->jitter += apart - ((facts->jitter + 8) >> 4);
}

/* ITU-T G.711: the amplitude of a sample, sign left out. */
static int32_t amplitude_ulaw(uint8_t sample)
{
    uint8_t bits = (uint8_t)~sample;

    return (((int32_t)((bits & 15u) << 3) + 132) << ((bits >> 4) & 7u)) - 132;
}

static int32_t amplitude_alaw(uint8_t sample)
{
    uint8_t bits = sample ^ 0x55u;
    int32_t level = (int32_t)((bits & 15u) << 4) + 8;
    unsigned segment = (bits >> 4) & 7u;

    return segment == 0 ? level : (level + 256) << (segment - 1);
}

static bool is_loud(enum edge_sound sound, const uint8_t *payload, size_t length)
{
    size_t step = length / LISTEN_TO > 0 ? length / LISTEN_TO : 1;
    int32_t sum = 0;
    int32_t n = 0;

    for (size_t i = 0; i < length; i += step) {
        sum += sound == EDGE_SOUND_ULAW ? amplitude_ulaw(payload[i]) : amplitude_alaw(payload[i]);
        n++;
    }
    return sum > n * AUDIBLE_LEVEL;
}

/* Where the payload begins; `length` when the packet has none. */
static size_t payload_at(const uint8_t *bytes, size_t length)
{
    size_t at = EDGE_RTP_HEADER + 4u * (bytes[0] & 15u);

    if ((bytes[0] & 0x10u) != 0 && at + 4 <= length)
        at += 4 + 4 * ((size_t)bytes[at + 2] << 8 | bytes[at + 3]);
    return at < length ? at : length;
}

static bool has_sound(const struct edge_media_facts *facts, const uint8_t *bytes, size_t length,
                      uint16_t seq)
{
    size_t at;

    switch (facts->sound) {
    case EDGE_SOUND_OTHER:
        return length - payload_at(bytes, length) >= EDGE_AUDIBLE_BYTES;
    case EDGE_SOUND_ULAW:
    case EDGE_SOUND_ALAW:
        if ((seq & LISTEN_MASK) != 0)
            return false;
        at = payload_at(bytes, length);
        return is_loud(facts->sound, bytes + at, length - at);
    case EDGE_SOUND_NOISE:
    case EDGE_SOUND_KEYS:
        break;
    }
    return false;
}

/* RFC 4733 2.5.1.2: all packets of one key press have its timestamp. */
static void note_key(struct edge_media_facts *facts, uint32_t timestamp)
{
    if (facts->has_keys && (int32_t)(timestamp - facts->keys_timestamp) <= 0)
        return;
    facts->has_keys = true;
    facts->keys_timestamp = timestamp;
    facts->keys++;
}

void edge_media_facts_take(struct edge_media_facts *facts, const struct edge_payloads *by_receiver,
                           const struct edge_payloads *by_sender, const uint8_t *bytes,
                           size_t length, uint64_t now_ns)
{
    uint32_t ssrc = edge_packet_rtp_ssrc(bytes);
    uint16_t seq = edge_packet_rtp_seq(bytes);
    uint32_t timestamp = read32(bytes + 4);
    uint8_t type = bytes[1] & 127u;

    if (facts->packets == 0 || ssrc != facts->ssrc) {
        begin(facts, ssrc, seq);
        facts->has_keys = false;
    }
    if (facts->packets == 0)
        facts->first_ns = now_ns;
    if (facts->packets == 0 || type != facts->type)
        choose(facts, by_receiver, by_sender, type);
    facts->packets++;
    facts->last_ns = now_ns;
    count(facts, ssrc, seq);
    if (facts->sound == EDGE_SOUND_KEYS) {
        note_key(facts, timestamp);
        return;
    }
    if (facts->sound != EDGE_SOUND_NOISE)
        time_it(facts, timestamp, now_ns);
    if (has_sound(facts, bytes, length, seq))
        facts->sound_ns = now_ns;
}

struct edge_media_look edge_media_facts_look(struct edge_media_facts *facts, uint64_t now_ns)
{
    struct edge_media_look look = {0};
    uint64_t expected = facts->expected_before + expected_of(facts);
    uint64_t received = facts->received_before + facts->received;
    uint64_t since_ns = facts->seen_ns != 0 ? facts->seen_ns : facts->first_ns;
    uint64_t wanted = expected - facts->seen_expected;
    uint64_t got = received - facts->seen_received;

    if (facts->packets == 0)
        return look;
    if (expected > facts->seen_expected && wanted > got)
        look.loss_ppm = (uint32_t)((wanted - got) * 1000000 / wanted);
    if (now_ns > since_ns)
        look.packets_per_second = (uint32_t)((facts->packets - facts->seen_packets) * 1000000 /
                                             ((now_ns - since_ns) / 1000 + 1));
    if (facts->codec_clock_hz != 0)
        look.jitter_us =
            (uint32_t)((uint64_t)(facts->jitter >> 4) * 1000000 / facts->codec_clock_hz);
    facts->seen_ns = now_ns;
    facts->seen_packets = facts->packets;
    facts->seen_expected = expected;
    facts->seen_received = received;
    return look;
}
