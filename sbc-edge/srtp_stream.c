// SPDX-License-Identifier: GPL-2.0-or-later
#include "srtp_stream.h"

#include <string.h>

#define SEQ_RANGE 0x10000u
#define SEQ_HALF  0x8000u
#define INDEX_END ((uint64_t)1 << 48)

/* RFC 3711 appendix A: the index nearest to the newest one; the first packet has counter 0. */
bool edge_srtp_stream_guess(const struct edge_srtp_stream *stream, uint16_t seq, uint64_t *index)
{
    uint64_t newest = stream->rtp_index;
    uint64_t guess = (newest & ~(uint64_t)(SEQ_RANGE - 1)) | seq;

    if (!stream->has_rtp)
        guess = seq;
    else if (guess + SEQ_HALF < newest)
        guess += SEQ_RANGE;
    else if (guess > newest + SEQ_HALF && guess >= SEQ_RANGE)
        guess -= SEQ_RANGE;
    *index = guess;
    return guess < INDEX_END;
}

static bool has_bit(const uint64_t *words, unsigned bits, uint64_t index)
{
    return words[index % bits / 64] >> (index % 64) & 1;
}

static void set_bit(uint64_t *words, unsigned bits, uint64_t index)
{
    words[index % bits / 64] |= (uint64_t)1 << (index % 64);
}

/* Forgets what stood where the indices between the newest one and the new one belong. */
static void make_room(uint64_t *words, unsigned bits, uint64_t newest, uint64_t index)
{
    if (index - newest >= bits) {
        memset(words, 0, bits / 8);
        return;
    }
    for (uint64_t i = newest + 1; i <= index; i++)
        words[i % bits / 64] &= ~((uint64_t)1 << (i % 64));
}

bool edge_srtp_stream_is_fresh(const struct edge_srtp_stream *stream, uint64_t index)
{
    if (!stream->has_rtp || index > stream->rtp_index)
        return true;
    return stream->rtp_index - index < EDGE_SRTP_WINDOW &&
           !has_bit(stream->rtp_seen, EDGE_SRTP_WINDOW, index);
}

bool edge_srtp_stream_is_fresh_rtcp(const struct edge_srtp_stream *stream, uint32_t index)
{
    if (!stream->has_rtcp || index > stream->rtcp_index)
        return true;
    return stream->rtcp_index - index < EDGE_SRTCP_WINDOW &&
           !has_bit(stream->rtcp_seen, EDGE_SRTCP_WINDOW, index);
}

void edge_srtp_stream_note(struct edge_srtp_stream *stream, uint64_t index)
{
    if (!stream->has_rtp || index > stream->rtp_index) {
        make_room(stream->rtp_seen, EDGE_SRTP_WINDOW, stream->rtp_index, index);
        stream->rtp_index = index;
        stream->has_rtp = true;
    }
    /* What is between the old state and this packet may have been taken, too: nobody knows. */
    if (stream->goes_on)
        memset(stream->rtp_seen, 0xff, sizeof(stream->rtp_seen));
    stream->goes_on = false;
    set_bit(stream->rtp_seen, EDGE_SRTP_WINDOW, index);
}

void edge_srtp_stream_note_rtcp(struct edge_srtp_stream *stream, uint32_t index)
{
    if (!stream->has_rtcp || index > stream->rtcp_index) {
        make_room(stream->rtcp_seen, EDGE_SRTCP_WINDOW, stream->rtcp_index, index);
        stream->rtcp_index = index;
        stream->has_rtcp = true;
    }
    set_bit(stream->rtcp_seen, EDGE_SRTCP_WINDOW, index);
}

void edge_srtp_stream_go_on(struct edge_srtp_stream *stream,
                            const struct edge_srtp_position *position)
{
    memset(stream, 0, sizeof(*stream));
    stream->ssrc = position->ssrc;
    stream->has_rtp = position->has_rtp;
    stream->has_rtcp = position->has_rtcp;
    stream->goes_on = position->has_rtp;
    stream->rtp_index = position->has_rtp ? position->rtp_index : 0;
    stream->rtcp_index = position->has_rtcp ? position->rtcp_index : 0;
    if (position->has_rtp)
        memset(stream->rtp_seen, 0xff, sizeof(stream->rtp_seen));
    if (position->has_rtcp)
        memset(stream->rtcp_seen, 0xff, sizeof(stream->rtcp_seen));
}
