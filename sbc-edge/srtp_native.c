// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SRTP and SRTCP: RFC 3711 with the suites of RFC 4568 and 6188, and RFC 7714. Small contexts, so
 * that many fit the processor's caches, and counters that can be carried over a restart.
 */
#include "srtp_backend.h"

#include "packet.h"
#include "srtp_cipher.h"
#include "srtp_stream.h"

#include <stdlib.h>
#include <string.h>

#define SRTCP_INDEX_BYTES 4u
#define SRTCP_E_BIT       0x80000000u
#define STREAMS_FIRST     1u

/* RFC 3711 4.3.2: labels of the keys, of RTP; RTCP's are 3 higher. */
enum { LABEL_KEY = 0, LABEL_AUTH = 1, LABEL_SALT = 2, LABEL_RTCP = 3 };

struct context {
    struct edge_srtp base;
    const struct edge_cipher_ops *ops;
    struct edge_cipher *cipher;
    struct edge_srtp_stream *streams; /* most calls have one or two: grown by doubling */
    uint16_t n_streams;
    uint16_t n_streams_room;
    uint16_t newest; /* the stream of the last packet */
    bool is_sender;
    bool has_gone_on; /* another context sent with this key before, maybe of SSRCs unknown here */
    bool is_gcm;
    uint8_t tag_bytes[2];                  /* RTP, RTCP */
    uint8_t salt[2][EDGE_CIPHER_SALT_MAX]; /* the same */
    uint8_t mki_bytes;
    uint8_t mki[]; /* mki_bytes */
};

static void write_u32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

static uint32_t read_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* RFC 3711 4.3.1 with a key derivation rate of 0; RFC 7714 section 11 pads the salt at its end. */
static int derive_one(const struct edge_cipher_ops *ops, const struct edge_sdes_line *line,
                      size_t key_bytes, uint8_t label, uint8_t *out, size_t n)
{
    uint8_t iv[EDGE_CIPHER_BLOCK] = {0};

    memcpy(iv, line->key + key_bytes, line->key_len - key_bytes);
    iv[7] ^= label;
    return ops->key_stream(line->key, key_bytes, iv, out, n);
}

static int derive(const struct edge_cipher_ops *ops, const struct edge_sdes_line *line,
                  const struct edge_srtp_suite_info *suite, struct edge_session_keys *keys)
{
    int err = 0;

    keys->key_bytes = suite->key_bytes;
    keys->is_gcm = suite->salt_bytes == EDGE_CIPHER_GCM_IV;
    for (int i = 0; i < 2 && err == 0; i++) {
        uint8_t base = i == 0 ? 0 : LABEL_RTCP;

        err = derive_one(ops, line, suite->key_bytes, (uint8_t)(base + LABEL_KEY), keys->key[i],
                         suite->key_bytes);
        if (err == 0 && !keys->is_gcm)
            err = derive_one(ops, line, suite->key_bytes, (uint8_t)(base + LABEL_AUTH),
                             keys->auth[i], EDGE_CIPHER_AUTH_KEY);
        if (err == 0)
            err = derive_one(ops, line, suite->key_bytes, (uint8_t)(base + LABEL_SALT),
                             keys->salt[i], suite->salt_bytes);
    }
    return err;
}

static void free_context(struct context *srtp)
{
    srtp->ops->close(srtp->cipher);
    free(srtp->streams);
    explicit_bzero(srtp, sizeof(*srtp));
    free(srtp);
}

static void close_context(struct edge_srtp *base)
{
    free_context((struct context *)base);
}

static int open_context(const struct edge_sdes_line *line, enum edge_srtp_direction direction,
                        struct edge_srtp **out)
{
    const struct edge_srtp_suite_info *suite = edge_srtp_suite_info(line->suite);
    struct edge_session_keys keys = {0};
    struct context *srtp;
    int err;

    if (!suite->is_usable)
        return EDGE_ESUITE;
    if (line->key_len != suite->key_bytes + suite->salt_bytes || line->mki_len > sizeof(line->mki))
        return EDGE_EKEYLEN;
    srtp = calloc(1, sizeof(*srtp) + line->mki_len);
    if (!srtp)
        return EDGE_ENOMEM;
    srtp->base.ops = &edge_srtp_native;
    srtp->ops = &edge_cipher_openssl;
    srtp->is_sender = direction == EDGE_SRTP_SEND;
    srtp->tag_bytes[0] = suite->rtp_tag_bytes;
    srtp->tag_bytes[1] = suite->rtcp_tag_bytes;
    srtp->mki_bytes = line->mki_len;
    memcpy(srtp->mki, line->mki, line->mki_len);
    err = derive(srtp->ops, line, suite, &keys);
    if (err == 0)
        err = srtp->ops->open(&keys, &srtp->cipher);
    srtp->is_gcm = keys.is_gcm;
    memcpy(srtp->salt, keys.salt, sizeof(srtp->salt));
    explicit_bzero(&keys, sizeof(keys));
    if (err != 0) {
        free_context(srtp);
        return err;
    }
    *out = &srtp->base;
    return 0;
}

/* The stream of an SSRC, or NULL. */
static struct edge_srtp_stream *find_stream(struct context *srtp, uint32_t ssrc)
{
    if (srtp->newest < srtp->n_streams && srtp->streams[srtp->newest].ssrc == ssrc)
        return &srtp->streams[srtp->newest];
    for (unsigned i = 0; i < srtp->n_streams; i++) {
        if (srtp->streams[i].ssrc != ssrc)
            continue;
        srtp->newest = (uint16_t)i;
        return &srtp->streams[i];
    }
    return NULL;
}

/* Room for `n` streams. The one place that allocates while packets flow: when an SSRC is new. */
static enum edge_srtp_status make_room(struct context *srtp, unsigned n)
{
    unsigned room = srtp->n_streams_room == 0 ? STREAMS_FIRST : srtp->n_streams_room * 2u;
    struct edge_srtp_stream *grown;

    if (n > EDGE_SRTP_SSRC_MAX)
        return EDGE_SRTP_SSRC_LIMIT;
    if (n <= srtp->n_streams_room)
        return EDGE_SRTP_OK;
    while (room < n)
        room *= 2;
    grown = realloc(srtp->streams, room * sizeof(*grown));
    if (!grown)
        return EDGE_SRTP_FAILED;
    srtp->streams = grown;
    srtp->n_streams_room = (uint16_t)room;
    return EDGE_SRTP_OK;
}

/*
 * The stream a packet belongs to: a known one, or `*fresh` filled for a new SSRC, for which there
 * is then room. Nothing is known of a new one until commit().
 */
static enum edge_srtp_status place(struct context *srtp, uint32_t ssrc,
                                   struct edge_srtp_stream *fresh, struct edge_srtp_stream **stream)
{
    *stream = find_stream(srtp, ssrc);
    if (*stream)
        return EDGE_SRTP_OK;
    memset(fresh, 0, sizeof(*fresh));
    fresh->ssrc = ssrc;
    if (srtp->is_sender && srtp->has_gone_on) {
        fresh->has_rtcp = true;
        fresh->rtcp_index = EDGE_SRTCP_SKIP;
    }
    *stream = fresh;
    return make_room(srtp, srtp->n_streams + 1u);
}

/* The packet is genuine: a new SSRC is known from here on. */
static struct edge_srtp_stream *commit(struct context *srtp, const struct edge_srtp_stream *fresh,
                                       struct edge_srtp_stream *stream)
{
    if (stream != fresh)
        return stream;
    srtp->newest = srtp->n_streams++;
    srtp->streams[srtp->newest] = *fresh;
    return &srtp->streams[srtp->newest];
}

/* RFC 3711 4.1.1; `index` of RTP has 48 bits, of RTCP 31. */
static void counter_iv(const struct context *srtp, bool is_rtcp, uint32_t ssrc, uint64_t index,
                       uint8_t iv[EDGE_CIPHER_BLOCK])
{
    memcpy(iv, srtp->salt[is_rtcp], EDGE_CIPHER_SALT_MAX);
    iv[14] = 0;
    iv[15] = 0;
    for (int i = 0; i < 4; i++)
        iv[4 + i] ^= (uint8_t)(ssrc >> (24 - 8 * i));
    for (int i = 0; i < 6; i++)
        iv[8 + i] ^= (uint8_t)(index >> (40 - 8 * i));
}

/* RFC 7714 8.1 and 9.1: the same six bytes of index, since RTCP's has two zeroes before it. */
static void gcm_iv(const struct context *srtp, bool is_rtcp, uint32_t ssrc, uint64_t index,
                   uint8_t iv[EDGE_CIPHER_GCM_IV])
{
    memcpy(iv, srtp->salt[is_rtcp], EDGE_CIPHER_GCM_IV);
    for (int i = 0; i < 4; i++)
        iv[2 + i] ^= (uint8_t)(ssrc >> (24 - 8 * i));
    for (int i = 0; i < 6; i++)
        iv[6 + i] ^= (uint8_t)(index >> (40 - 8 * i));
}

/* Where the part of a valid RTP packet begins that is encrypted. */
static size_t rtp_header_bytes(const uint8_t *packet)
{
    size_t n = EDGE_RTP_HEADER + (size_t)(packet[0] & 0x0f) * 4;

    if (packet[0] & 0x10)
        n += 4 + ((size_t)packet[n + 2] << 8 | packet[n + 3]) * 4;
    return n;
}

static struct edge_bytes roc_bytes(uint64_t index, uint8_t roc[4])
{
    write_u32(roc, (uint32_t)(index >> 16));
    return (struct edge_bytes){roc, 4};
}

/* Encrypts packet[from..length) and writes what follows it. Returns the new length; 0: failure. */
static size_t seal_rtp(struct context *srtp, uint8_t *packet, size_t length, uint64_t index)
{
    uint32_t ssrc = edge_packet_rtp_ssrc(packet);
    size_t from = rtp_header_bytes(packet);
    uint8_t iv[EDGE_CIPHER_BLOCK];
    uint8_t tag[EDGE_CIPHER_SHA1];
    uint8_t roc[4];

    if (srtp->is_gcm) {
        gcm_iv(srtp, false, ssrc, index, iv);
        if (!srtp->ops->seal(srtp->cipher, false, iv, (struct edge_bytes){packet, from},
                             packet + from, length - from, packet + length))
            return 0;
        length += EDGE_CIPHER_GCM_TAG;
        memcpy(packet + length, srtp->mki, srtp->mki_bytes);
        return length + srtp->mki_bytes;
    }
    counter_iv(srtp, false, ssrc, index, iv);
    if (!srtp->ops->counter(srtp->cipher, false, iv, packet + from, length - from))
        return 0;
    srtp->ops->hmac(srtp->cipher, false, (struct edge_bytes){packet, length}, roc_bytes(index, roc),
                    tag);
    memcpy(packet + length, srtp->mki, srtp->mki_bytes);
    length += srtp->mki_bytes;
    memcpy(packet + length, tag, srtp->tag_bytes[0]);
    return length + srtp->tag_bytes[0];
}

static size_t seal_rtcp(struct context *srtp, uint8_t *packet, size_t length, uint32_t index)
{
    uint32_t ssrc = edge_packet_rtcp_ssrc(packet);
    uint8_t clear[EDGE_RTCP_HEADER + SRTCP_INDEX_BYTES];
    uint8_t iv[EDGE_CIPHER_BLOCK];
    uint8_t tag[EDGE_CIPHER_SHA1];

    if (srtp->is_gcm) {
        gcm_iv(srtp, true, ssrc, index, iv);
        memcpy(clear, packet, EDGE_RTCP_HEADER);
        write_u32(clear + EDGE_RTCP_HEADER, SRTCP_E_BIT | index);
        if (!srtp->ops->seal(srtp->cipher, true, iv, (struct edge_bytes){clear, sizeof(clear)},
                             packet + EDGE_RTCP_HEADER, length - EDGE_RTCP_HEADER, packet + length))
            return 0;
        length += EDGE_CIPHER_GCM_TAG;
        write_u32(packet + length, SRTCP_E_BIT | index);
        length += SRTCP_INDEX_BYTES;
        memcpy(packet + length, srtp->mki, srtp->mki_bytes);
        return length + srtp->mki_bytes;
    }
    counter_iv(srtp, true, ssrc, index, iv);
    if (!srtp->ops->counter(srtp->cipher, true, iv, packet + EDGE_RTCP_HEADER,
                            length - EDGE_RTCP_HEADER))
        return 0;
    write_u32(packet + length, SRTCP_E_BIT | index);
    length += SRTCP_INDEX_BYTES;
    srtp->ops->hmac(srtp->cipher, true, (struct edge_bytes){packet, length},
                    (struct edge_bytes){NULL, 0}, tag);
    memcpy(packet + length, srtp->mki, srtp->mki_bytes);
    length += srtp->mki_bytes;
    memcpy(packet + length, tag, srtp->tag_bytes[1]);
    return length + srtp->tag_bytes[1];
}

static enum edge_srtp_status protect_rtp(struct context *srtp, uint8_t *packet, size_t *length)
{
    struct edge_srtp_stream fresh;
    struct edge_srtp_stream *stream;
    enum edge_srtp_status status;
    uint64_t index;
    size_t sealed;

    if (!edge_packet_rtp_is_valid(packet, *length))
        return EDGE_SRTP_TOO_SHORT;
    status = place(srtp, edge_packet_rtp_ssrc(packet), &fresh, &stream);
    if (status != EDGE_SRTP_OK)
        return status;
    if (!edge_srtp_stream_guess(stream, edge_packet_rtp_seq(packet), &index))
        return EDGE_SRTP_FAILED;
    /* Two packets under one index would share their key stream (RFC 3711 9.1; with GCM even the
     * authentication key would be lost), and who sends on a leg in clear cannot be trusted to send
     * the same bytes twice. The receiver would drop a true duplicate anyway. */
    if (!edge_srtp_stream_is_fresh(stream, index))
        return EDGE_SRTP_REPLAY;
    /* Noted before the key stream is used: whatever fails now, it is not used again. */
    stream = commit(srtp, &fresh, stream);
    edge_srtp_stream_note(stream, index);
    sealed = seal_rtp(srtp, packet, *length, index);
    if (sealed == 0)
        return EDGE_SRTP_FAILED;
    *length = sealed;
    return EDGE_SRTP_OK;
}

static enum edge_srtp_status protect_rtcp(struct context *srtp, uint8_t *packet, size_t *length)
{
    struct edge_srtp_stream fresh;
    struct edge_srtp_stream *stream;
    enum edge_srtp_status status;
    uint32_t index;
    size_t sealed;

    if (*length < EDGE_RTCP_HEADER)
        return EDGE_SRTP_TOO_SHORT;
    status = place(srtp, edge_packet_rtcp_ssrc(packet), &fresh, &stream);
    if (status != EDGE_SRTP_OK)
        return status;
    if (stream->rtcp_index == EDGE_SRTCP_INDEX_MAX)
        return EDGE_SRTP_FAILED;
    stream = commit(srtp, &fresh, stream);
    index = stream->rtcp_index + 1;
    edge_srtp_stream_note_rtcp(stream, index);
    sealed = seal_rtcp(srtp, packet, *length, index);
    if (sealed == 0)
        return EDGE_SRTP_FAILED;
    *length = sealed;
    return EDGE_SRTP_OK;
}

static enum edge_srtp_status protect(struct edge_srtp *base, bool is_rtcp, uint8_t *packet,
                                     size_t *length, size_t capacity)
{
    struct context *srtp = (struct context *)base;

    if (capacity < EDGE_SRTP_GROWTH || *length > capacity - EDGE_SRTP_GROWTH)
        return EDGE_SRTP_FAILED;
    return is_rtcp ? protect_rtcp(srtp, packet, length) : protect_rtp(srtp, packet, length);
}

/* What stands behind the encrypted part, and which part of the packet is checked. */
struct trailer {
    size_t end;         /* of the encrypted part */
    const uint8_t *mki; /* mki_bytes */
    const uint8_t *tag;
    const uint8_t *srtcp_index; /* NULL: RTP */
};

static struct trailer read_trailer(const struct context *srtp, bool is_rtcp, const uint8_t *packet,
                                   size_t length)
{
    size_t tag = srtp->tag_bytes[is_rtcp];
    size_t index = is_rtcp ? SRTCP_INDEX_BYTES : 0;
    size_t end = length - tag - index - srtp->mki_bytes;
    const uint8_t *at = packet + end;

    if (srtp->is_gcm)
        return (struct trailer){end, at + tag + index, at, is_rtcp ? at + tag : NULL};
    return (struct trailer){end, at + index, at + index + srtp->mki_bytes, is_rtcp ? at : NULL};
}

static bool unseal(struct context *srtp, uint8_t *packet, size_t from,
                   const struct trailer *trailer, uint64_t index)
{
    bool is_rtcp = trailer->srtcp_index != NULL;
    size_t end = trailer->end;
    uint32_t ssrc = is_rtcp ? edge_packet_rtcp_ssrc(packet) : edge_packet_rtp_ssrc(packet);
    uint8_t clear[EDGE_RTCP_HEADER + SRTCP_INDEX_BYTES];
    struct edge_bytes head = {packet, from};
    struct edge_bytes roc = {NULL, 0};
    uint8_t iv[EDGE_CIPHER_BLOCK];
    uint8_t tag[EDGE_CIPHER_SHA1];
    uint8_t roc_text[4];

    if (srtp->is_gcm) {
        gcm_iv(srtp, is_rtcp, ssrc, index, iv);
        if (is_rtcp) {
            memcpy(clear, packet, EDGE_RTCP_HEADER);
            memcpy(clear + EDGE_RTCP_HEADER, trailer->srtcp_index, SRTCP_INDEX_BYTES);
            head = (struct edge_bytes){clear, sizeof(clear)};
        }
        return srtp->ops->unseal(srtp->cipher, is_rtcp, iv, head, packet + from, end - from,
                                 trailer->tag);
    }
    if (!is_rtcp)
        roc = roc_bytes(index, roc_text);
    srtp->ops->hmac(srtp->cipher, is_rtcp,
                    (struct edge_bytes){packet, is_rtcp ? end + SRTCP_INDEX_BYTES : end}, roc, tag);
    if (!edge_cipher_tag_is_equal(tag, trailer->tag, srtp->tag_bytes[is_rtcp]))
        return false;
    counter_iv(srtp, is_rtcp, ssrc, index, iv);
    return srtp->ops->counter(srtp->cipher, is_rtcp, iv, packet + from, end - from);
}

static enum edge_srtp_status unprotect(struct edge_srtp *base, bool is_rtcp, uint8_t *packet,
                                       size_t *length)
{
    struct context *srtp = (struct context *)base;
    size_t overhead =
        srtp->tag_bytes[is_rtcp] + (is_rtcp ? SRTCP_INDEX_BYTES : 0u) + srtp->mki_bytes;
    struct edge_srtp_stream fresh;
    struct edge_srtp_stream *stream;
    enum edge_srtp_status status;
    struct trailer trailer;
    uint64_t index;
    uint32_t word = 0;

    if (*length < overhead + (is_rtcp ? EDGE_RTCP_HEADER : EDGE_RTP_HEADER) ||
        (!is_rtcp && !edge_packet_rtp_is_valid(packet, *length - overhead)))
        return EDGE_SRTP_TOO_SHORT;
    status = place(srtp, is_rtcp ? edge_packet_rtcp_ssrc(packet) : edge_packet_rtp_ssrc(packet),
                   &fresh, &stream);
    if (status != EDGE_SRTP_OK)
        return status;
    trailer = read_trailer(srtp, is_rtcp, packet, *length);
    if (memcmp(trailer.mki, srtp->mki, srtp->mki_bytes) != 0)
        return EDGE_SRTP_AUTH_FAILED;
    if (is_rtcp) {
        word = read_u32(trailer.srtcp_index);
        if (!(word & SRTCP_E_BIT)) /* in clear */
            return EDGE_SRTP_AUTH_FAILED;
        index = word & EDGE_SRTCP_INDEX_MAX;
        if (!edge_srtp_stream_is_fresh_rtcp(stream, (uint32_t)index))
            return EDGE_SRTP_REPLAY;
    } else if (!edge_srtp_stream_guess(stream, edge_packet_rtp_seq(packet), &index) ||
               !edge_srtp_stream_is_fresh(stream, index)) {
        return EDGE_SRTP_REPLAY;
    }
    if (!unseal(srtp, packet, is_rtcp ? EDGE_RTCP_HEADER : rtp_header_bytes(packet), &trailer,
                index))
        return EDGE_SRTP_AUTH_FAILED;
    stream = commit(srtp, &fresh, stream);
    if (is_rtcp)
        edge_srtp_stream_note_rtcp(stream, (uint32_t)index);
    else
        edge_srtp_stream_note(stream, index);
    *length = trailer.end;
    return EDGE_SRTP_OK;
}

static size_t tell(const struct edge_srtp *base, struct edge_srtp_position *out, size_t max)
{
    const struct context *srtp = (const struct context *)base;
    size_t n = 0;

    for (unsigned i = srtp->n_streams; i-- > 0 && n < max;) {
        const struct edge_srtp_stream *stream = &srtp->streams[i];

        out[n++] = (struct edge_srtp_position){.ssrc = stream->ssrc,
                                               .has_rtp = stream->has_rtp,
                                               .has_rtcp = stream->has_rtcp,
                                               .rtp_index = stream->rtp_index,
                                               .rtcp_index = stream->rtcp_index};
    }
    return n;
}

static bool are_valid(const struct edge_srtp_position *positions, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (positions[i].rtp_index >> 48 != 0 || positions[i].rtcp_index > EDGE_SRTCP_INDEX_MAX)
            return false;
        for (size_t j = 0; j < i; j++) {
            if (positions[j].ssrc == positions[i].ssrc)
                return false;
        }
    }
    return true;
}

static int go_on(struct edge_srtp *base, const struct edge_srtp_position *positions, size_t n)
{
    struct context *srtp = (struct context *)base;

    if (n > EDGE_SRTP_SSRC_MAX)
        return EDGE_ELIMIT;
    if (srtp->n_streams > 0 || !are_valid(positions, n))
        return EDGE_EINVALID;
    if (make_room(srtp, (unsigned)n) != EDGE_SRTP_OK)
        return EDGE_ENOMEM;
    /* Oldest first, so that they stand in the order in which they came. */
    for (size_t i = n; i-- > 0;) {
        struct edge_srtp_stream *stream = &srtp->streams[srtp->n_streams++];

        edge_srtp_stream_go_on(stream, &positions[i]);
        if (!srtp->is_sender)
            continue;
        stream->has_rtcp = true;
        stream->rtcp_index = stream->rtcp_index > EDGE_SRTCP_INDEX_MAX - EDGE_SRTCP_SKIP
                                 ? EDGE_SRTCP_INDEX_MAX
                                 : stream->rtcp_index + EDGE_SRTCP_SKIP;
    }
    srtp->has_gone_on = true;
    return 0;
}

static int start(void)
{
    return edge_cipher_openssl.start();
}

static void stop(void)
{
    edge_cipher_openssl.stop();
}

const struct edge_srtp_ops edge_srtp_native = {
    .name = "openssl",
    .start = start,
    .stop = stop,
    .open = open_context,
    .close = close_context,
    .protect = protect,
    .unprotect = unprotect,
    .tell = tell,
    .go_on = go_on,
};
