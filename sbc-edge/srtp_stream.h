// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "srtp_context.h"

/**
 * What one SSRC has sent so far: rollover counter and replay windows (RFC 3711 3.3.1, 3.3.2 and
 * appendix A). Asking changes nothing; what was asked about is noted after its tag has verified.
 * Pure.
 */

#define EDGE_SRTP_WINDOW_WORDS (EDGE_SRTP_WINDOW / 64)
/** The same for SRTCP, in packets. */
#define EDGE_SRTCP_WINDOW 128
/** SRTCP indices have 31 bits (RFC 3711 3.4). */
#define EDGE_SRTCP_INDEX_MAX 0x7fffffffu

struct edge_srtp_stream {
    uint32_t ssrc;
    bool has_rtp;
    bool has_rtcp;
    bool goes_on;        /**< no packet has come since edge_srtp_stream_go_on() */
    uint32_t rtcp_index; /**< newest */
    uint64_t rtp_index;  /**< newest: rollover counter << 16 | sequence number */
    uint64_t rtcp_seen[EDGE_SRTCP_WINDOW / 64];
    uint64_t rtp_seen[EDGE_SRTP_WINDOW_WORDS]; /**< a ring of bits: index modulo the window */
};

/** The index that a sequence number most likely stands for; false past the last one there is. */
bool edge_srtp_stream_guess(const struct edge_srtp_stream *stream, uint16_t seq, uint64_t *index);

/** True when a packet of this index may still be taken: new, or in the window and not seen. */
bool edge_srtp_stream_is_fresh(const struct edge_srtp_stream *stream, uint64_t index);
bool edge_srtp_stream_is_fresh_rtcp(const struct edge_srtp_stream *stream, uint32_t index);

/** Notes a packet; its index must be fresh. */
void edge_srtp_stream_note(struct edge_srtp_stream *stream, uint64_t index);
void edge_srtp_stream_note_rtcp(struct edge_srtp_stream *stream, uint32_t index);

/** Goes on from there: everything older than the first packet to come counts as seen. */
void edge_srtp_stream_go_on(struct edge_srtp_stream *stream,
                            const struct edge_srtp_position *position);
