// SPDX-License-Identifier: GPL-2.0-or-later
/* What a datagram on a media port is, judged by its first bytes. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum edge_packet_kind {
    EDGE_PACKET_RTP,
    EDGE_PACKET_RTCP,
    EDGE_PACKET_STUN,
    EDGE_PACKET_DTLS,
    EDGE_PACKET_OTHER,
};

#define EDGE_RTP_HEADER  12u /* RFC 3550 section 5.1 */
#define EDGE_RTCP_HEADER 8u  /* RFC 3550 section 6.4: header and sender's SSRC */

/* RFC 7983 section 7 for the first byte, RFC 5761 section 4 for RTCP on the RTP port. */
enum edge_packet_kind edge_packet_classify(const uint8_t *bytes, size_t length);

/* The RTP header with its CSRC list and header extension lies within length bytes. */
bool edge_packet_rtp_is_valid(const uint8_t *bytes, size_t length);

/*
 * The bytes are a compound RTCP packet in clear: every part has version 2 and the lengths of the
 * parts add up to length exactly (RFC 3550 appendix A.2, reduced-size packets allowed).
 */
bool edge_packet_rtcp_is_valid(const uint8_t *bytes, size_t length);

/* Sequence number of an RTP packet of at least EDGE_RTP_HEADER bytes, and another one for it. */
uint16_t edge_packet_rtp_seq(const uint8_t *bytes);
void edge_packet_rtp_set_seq(uint8_t *bytes, uint16_t seq);

/* SSRC of an RTP packet of at least EDGE_RTP_HEADER bytes. */
uint32_t edge_packet_rtp_ssrc(const uint8_t *bytes);

/* Another SSRC for it. */
void edge_packet_rtp_set_ssrc(uint8_t *bytes, uint32_t ssrc);

/* SSRC of the sender of an RTCP packet of at least EDGE_RTCP_HEADER bytes. */
uint32_t edge_packet_rtcp_ssrc(const uint8_t *bytes);
