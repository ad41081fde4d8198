// SPDX-License-Identifier: GPL-2.0-or-later
#include "packet.h"

static uint32_t read_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
           (uint32_t)bytes[3];
}

static size_t read_u16(const uint8_t *bytes)
{
    return (size_t)bytes[0] << 8 | (size_t)bytes[1];
}

enum edge_packet_kind edge_packet_classify(const uint8_t *bytes, size_t length)
{
    if (length < 2)
        return EDGE_PACKET_OTHER;
    if (bytes[0] <= 3)
        return EDGE_PACKET_STUN;
    if (bytes[0] >= 20 && bytes[0] <= 63)
        return EDGE_PACKET_DTLS;
    if (bytes[0] < 128 || bytes[0] > 191)
        return EDGE_PACKET_OTHER;
    /* RFC 5761 section 4: payload types 64 to 95 with the marker bit are RTCP's 192 to 223. */
    if (bytes[1] >= 192 && bytes[1] <= 223)
        return EDGE_PACKET_RTCP;
    return EDGE_PACKET_RTP;
}

bool edge_packet_rtp_is_valid(const uint8_t *bytes, size_t length)
{
    size_t need = EDGE_RTP_HEADER;

    if (length < need || bytes[0] >> 6 != 2)
        return false;
    need += (size_t)(bytes[0] & 0x0f) * 4;
    if (bytes[0] & 0x10) {
        if (length < need + 4)
            return false;
        need += 4 + read_u16(bytes + need + 2) * 4;
    }
    return length >= need;
}

bool edge_packet_rtcp_is_valid(const uint8_t *bytes, size_t length)
{
    size_t at = 0;

    if (length < EDGE_RTCP_HEADER)
        return false;
    while (at < length) {
        size_t left = length - at;
        size_t part;

        if (left < 4 || bytes[at] >> 6 != 2 || bytes[at + 1] < 192 || bytes[at + 1] > 223)
            return false;
        part = 4 + read_u16(bytes + at + 2) * 4;
        if (part > left)
            return false;
        at += part;
    }
    return true;
}

uint16_t edge_packet_rtp_seq(const uint8_t *bytes)
{
    return (uint16_t)read_u16(bytes + 2);
}

void edge_packet_rtp_set_seq(uint8_t *bytes, uint16_t seq)
{
    bytes[2] = (uint8_t)(seq >> 8);
    bytes[3] = (uint8_t)seq;
}

uint32_t edge_packet_rtp_ssrc(const uint8_t *bytes)
{
    return read_u32(bytes + 8);
}

void edge_packet_rtp_set_ssrc(uint8_t *bytes, uint32_t ssrc)
{
    bytes[8] = (uint8_t)(ssrc >> 24);
    bytes[9] = (uint8_t)(ssrc >> 16);
    bytes[10] = (uint8_t)(ssrc >> 8);
    bytes[11] = (uint8_t)ssrc;
}

uint32_t edge_packet_rtcp_ssrc(const uint8_t *bytes)
{
    return read_u32(bytes + 4);
}
