// SPDX-License-Identifier: GPL-2.0-or-later
#include "srtp_context.h"

#include "packet.h"

#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>

#define SRTCP_INDEX_BYTES 4u
#define SRTCP_INDEX_MAX   0x7fffffffu
#define RTP_INDEX_MAX     0xffffffffffffu
#define SEQ_HALF          0x8000u
#define GCM_SALT_BYTES    12u
#define RTCP_SPEND_MAX    65536u

/* What is known of an SSRC besides what the library keeps, and does not tell. */
struct known {
    struct edge_srtp_position at;
    uint64_t rtp_floor; /* after going on: what is below it is not taken */
    uint32_t rtcp_floor;
    bool needs_rollover; /* the library has to be told the rollover counter with the next packet */
};

struct edge_srtp {
    srtp_t session;
    const struct edge_srtp_suite_info *suite;
    enum edge_srtp_direction direction;
    size_t mki_bytes;
    unsigned n_ssrcs;
    unsigned n_ssrcs_room;
    struct known *ssrcs; /* most calls have one or two: grown by doubling */
};

#define SSRCS_FIRST 4u

_Static_assert(EDGE_SRTP_GROWTH >= SRTP_MAX_TRAILER_LEN + SRTCP_INDEX_BYTES, "growth too small");

int edge_srtp_library_open(void)
{
    return srtp_init() == srtp_err_status_ok ? 0 : EDGE_EINVALID;
}

void edge_srtp_library_close(void)
{
    srtp_shutdown();
}

/* RFC 4568 6.2.2 and RFC 3711 5.2: with the _32 suites SRTCP keeps its 80-bit tag. */
static int set_policies(enum edge_srtp_suite suite, srtp_policy_t *policy)
{
    switch (suite) {
    case EDGE_SUITE_AES_CM_128_HMAC_SHA1_80:
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy->rtp);
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy->rtcp);
        return 0;
    case EDGE_SUITE_AES_CM_128_HMAC_SHA1_32:
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy->rtp);
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy->rtcp);
        return 0;
    case EDGE_SUITE_AES_256_CM_HMAC_SHA1_80:
        srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy->rtp);
        srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy->rtcp);
        return 0;
    case EDGE_SUITE_AES_256_CM_HMAC_SHA1_32:
        srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(&policy->rtp);
        srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy->rtcp);
        return 0;
    case EDGE_SUITE_AEAD_AES_128_GCM:
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtcp);
        return 0;
    case EDGE_SUITE_AEAD_AES_256_GCM:
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy->rtp);
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy->rtcp);
        return 0;
    default:
        return EDGE_ESUITE;
    }
}

/* The policy for a key, and the places its parts lie in; to be wiped. */
struct key_policy {
    unsigned char key[SRTP_MAX_KEY_LEN];
    unsigned char mki[EDGE_SDES_MKI_MAX];
    srtp_master_key_t master;
    srtp_master_key_t *masters[1];
    srtp_policy_t policy;
};

static int make_policy(const struct edge_sdes_line *line, enum edge_srtp_direction direction,
                       struct key_policy *out)
{
    const struct edge_srtp_suite_info *suite = edge_srtp_suite_info(line->suite);
    int err;

    memset(out, 0, sizeof(*out));
    err = set_policies(line->suite, &out->policy);
    if (err != 0)
        return err;
    if (line->key_len != suite->key_bytes + suite->salt_bytes || line->mki_len > sizeof(out->mki))
        return EDGE_EKEYLEN;
    memcpy(out->key, line->key, line->key_len);
    memcpy(out->mki, line->mki, line->mki_len);
    out->policy.ssrc.type = direction == EDGE_SRTP_SEND ? ssrc_any_outbound : ssrc_any_inbound;
    out->policy.window_size = EDGE_SRTP_WINDOW;
    /* Two packets under one index would share their key stream (RFC 3711 9.1; with GCM even the
     * authentication key would be lost), and who sends on a leg in clear cannot be trusted to send
     * the same bytes twice. The receiver would drop a true duplicate anyway. */
    out->policy.allow_repeat_tx = 0;
    if (line->mki_len > 0 && direction == EDGE_SRTP_RECEIVE) {
        out->master =
            (srtp_master_key_t){.key = out->key, .mki_id = out->mki, .mki_size = line->mki_len};
        out->masters[0] = &out->master;
        out->policy.keys = out->masters;
        out->policy.num_master_keys = 1;
    } else {
        out->policy.key = out->key;
    }
    return 0;
}

static int open_context(const struct edge_sdes_line *line, enum edge_srtp_direction direction,
                        struct edge_srtp **out)
{
    struct key_policy key;
    struct edge_srtp *srtp;
    int err = make_policy(line, direction, &key);

    if (err != 0)
        return err;
    srtp = calloc(1, sizeof(*srtp));
    if (srtp) {
        srtp->suite = edge_srtp_suite_info(line->suite);
        srtp->direction = direction;
        srtp->mki_bytes = key.policy.keys ? line->mki_len : 0;
    }
    if (!srtp || srtp_create(&srtp->session, &key.policy) != srtp_err_status_ok)
        err = EDGE_ENOMEM;
    explicit_bzero(&key, sizeof(key));
    if (err != 0) {
        free(srtp);
        return err;
    }
    *out = srtp;
    return 0;
}

static void close_context(struct edge_srtp *srtp)
{
    if (!srtp)
        return;
    srtp_dealloc(srtp->session);
    free(srtp->ssrcs);
    explicit_bzero(srtp, sizeof(*srtp));
    free(srtp);
}

/* The newest one is what most packets have. */
static struct known *find_ssrc(const struct edge_srtp *srtp, uint32_t ssrc)
{
    for (unsigned i = srtp->n_ssrcs; i-- > 0;) {
        if (srtp->ssrcs[i].at.ssrc == ssrc)
            return &srtp->ssrcs[i];
    }
    return NULL;
}

/* True when one more SSRC can be noted. The one place that allocates while packets flow. */
static bool has_room(struct edge_srtp *srtp)
{
    unsigned room = srtp->n_ssrcs_room == 0 ? SSRCS_FIRST : srtp->n_ssrcs_room * 2;
    struct known *grown;

    if (srtp->n_ssrcs < srtp->n_ssrcs_room)
        return true;
    if (srtp->n_ssrcs == EDGE_SRTP_SSRC_MAX)
        return false;
    grown = realloc(srtp->ssrcs, room * sizeof(*grown));
    if (!grown)
        return false;
    srtp->ssrcs = grown;
    srtp->n_ssrcs_room = room;
    return true;
}

static struct known *add_ssrc(struct edge_srtp *srtp, uint32_t ssrc)
{
    struct known *known = &srtp->ssrcs[srtp->n_ssrcs++];

    *known = (struct known){.at = {.ssrc = ssrc}};
    return known;
}

static enum edge_srtp_status status_of(srtp_err_status_t status)
{
    switch (status) {
    case srtp_err_status_ok:
        return EDGE_SRTP_OK;
    case srtp_err_status_replay_fail:
    case srtp_err_status_replay_old:
    case srtp_err_status_pkt_idx_old:
        return EDGE_SRTP_REPLAY;
    case srtp_err_status_auth_fail:
    case srtp_err_status_cant_check: /* SRTCP without the E bit: in clear */
    case srtp_err_status_bad_mki:
        return EDGE_SRTP_AUTH_FAILED;
    default:
        return EDGE_SRTP_FAILED;
    }
}

static size_t trailer_bytes(const struct edge_srtp *srtp, bool is_rtcp)
{
    size_t tag =
        is_rtcp ? srtp->suite->rtcp_tag_bytes + SRTCP_INDEX_BYTES : srtp->suite->rtp_tag_bytes;

    return tag + srtp->mki_bytes;
}

static uint32_t ssrc_of(bool is_rtcp, const uint8_t *packet)
{
    return is_rtcp ? edge_packet_rtcp_ssrc(packet) : edge_packet_rtp_ssrc(packet);
}

/* RFC 3711 appendix A, as the library guesses: the first half turn of a sender does not look back.
 */
static uint64_t guess_index(const struct edge_srtp_position *at, uint16_t seq)
{
    uint64_t rollovers = at->rtp_index >> 16;
    uint16_t newest = (uint16_t)at->rtp_index;

    if (!at->has_rtp || at->rtp_index <= SEQ_HALF)
        return seq;
    if (newest < SEQ_HALF && seq > newest + SEQ_HALF)
        rollovers--;
    else if (newest >= SEQ_HALF && seq < newest - SEQ_HALF)
        rollovers++;
    return rollovers << 16 | seq;
}

/* The SRTCP index stands before MKI and tag; with GCM, whose tag is part of the text, at the end.
 */
static uint32_t read_rtcp_index(const struct edge_srtp *srtp, const uint8_t *packet, size_t length)
{
    bool is_gcm = srtp->suite->salt_bytes == GCM_SALT_BYTES;
    size_t behind = srtp->mki_bytes + (is_gcm ? 0 : srtp->suite->rtcp_tag_bytes);
    const uint8_t *at = packet + length - behind - SRTCP_INDEX_BYTES;

    return ((uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]) &
           SRTCP_INDEX_MAX;
}

/* True when the packet, whose index `*index` will be, is not what came before going on. */
static bool is_ahead(struct edge_srtp *srtp, const struct known *known, bool is_rtcp,
                     uint64_t index)
{
    if (!known)
        return true;
    if (is_rtcp)
        return srtp->direction == EDGE_SRTP_SEND || index >= known->rtcp_floor;
    if (index < known->rtp_floor)
        return false;
    if (known->needs_rollover)
        (void)srtp_set_stream_roc(srtp->session, known->at.ssrc, (uint32_t)(index >> 16));
    return true;
}

/* The packet was genuine, or was encrypted. */
static void note(struct known *known, bool is_rtcp, uint64_t index)
{
    struct edge_srtp_position *at = &known->at;

    if (is_rtcp) {
        if (!at->has_rtcp || index > at->rtcp_index)
            at->rtcp_index = (uint32_t)index;
        at->has_rtcp = true;
        return;
    }
    if (known->needs_rollover) {
        known->needs_rollover = false;
        known->rtp_floor = index;
    }
    if (!at->has_rtp || index > at->rtp_index)
        at->rtp_index = index;
    at->has_rtp = true;
}

static uint64_t index_to_come(const struct edge_srtp *srtp, const struct known *known, bool is_rtcp,
                              const uint8_t *packet, size_t length)
{
    uint16_t seq;

    if (is_rtcp && srtp->direction == EDGE_SRTP_RECEIVE)
        return read_rtcp_index(srtp, packet, length);
    if (is_rtcp)
        return known && known->at.has_rtcp ? (uint64_t)known->at.rtcp_index + 1 : 1;
    seq = edge_packet_rtp_seq(packet);
    return known ? guess_index(&known->at, seq) : seq;
}

static enum edge_srtp_status protect(struct edge_srtp *srtp, bool is_rtcp, uint8_t *packet,
                                     size_t *length, size_t capacity)
{
    int octets = (int)*length;
    srtp_err_status_t status;
    struct known *known;
    uint64_t index;
    uint32_t ssrc;

    if (*length < (is_rtcp ? EDGE_RTCP_HEADER : EDGE_RTP_HEADER))
        return EDGE_SRTP_TOO_SHORT;
    if (capacity < EDGE_SRTP_GROWTH || *length > capacity - EDGE_SRTP_GROWTH)
        return EDGE_SRTP_FAILED;
    ssrc = ssrc_of(is_rtcp, packet);
    known = find_ssrc(srtp, ssrc);
    if (!known && !has_room(srtp))
        return EDGE_SRTP_SSRC_LIMIT;
    index = index_to_come(srtp, known, is_rtcp, packet, *length);
    if (!is_ahead(srtp, known, is_rtcp, index))
        return EDGE_SRTP_REPLAY;
    status = is_rtcp ? srtp_protect_rtcp(srtp->session, packet, &octets)
                     : srtp_protect(srtp->session, packet, &octets);
    if (status != srtp_err_status_ok)
        return status_of(status);
    note(known ? known : add_ssrc(srtp, ssrc), is_rtcp, index);
    *length = (size_t)octets;
    return EDGE_SRTP_OK;
}

static enum edge_srtp_status unprotect(struct edge_srtp *srtp, bool is_rtcp, uint8_t *packet,
                                       size_t *length)
{
    size_t trailer = trailer_bytes(srtp, is_rtcp);
    unsigned use_mki = srtp->mki_bytes > 0;
    int octets = (int)*length;
    srtp_err_status_t status;
    struct known *known;
    uint64_t index;
    uint32_t ssrc;

    if (*length < trailer + (is_rtcp ? EDGE_RTCP_HEADER : EDGE_RTP_HEADER))
        return EDGE_SRTP_TOO_SHORT;
    if (!is_rtcp && !edge_packet_rtp_is_valid(packet, *length - trailer))
        return EDGE_SRTP_TOO_SHORT;
    ssrc = ssrc_of(is_rtcp, packet);
    known = find_ssrc(srtp, ssrc);
    if (!known && !has_room(srtp))
        return EDGE_SRTP_SSRC_LIMIT;
    index = index_to_come(srtp, known, is_rtcp, packet, *length);
    if (!is_ahead(srtp, known, is_rtcp, index))
        return EDGE_SRTP_REPLAY;
    status = is_rtcp ? srtp_unprotect_rtcp_mki(srtp->session, packet, &octets, use_mki)
                     : srtp_unprotect_mki(srtp->session, packet, &octets, use_mki);
    if (status != srtp_err_status_ok)
        return status_of(status);
    /* The library keeps a stream for each SSRC that has verified: hence the count. */
    note(known ? known : add_ssrc(srtp, ssrc), is_rtcp, index);
    *length = (size_t)octets;
    return EDGE_SRTP_OK;
}

static size_t tell(const struct edge_srtp *srtp, struct edge_srtp_position *out, size_t max)
{
    size_t n = 0;

    while (n < max && n < srtp->n_ssrcs) {
        out[n] = srtp->ssrcs[srtp->n_ssrcs - 1 - n].at;
        n++;
    }
    return n;
}

/* The library's own counter of SRTCP packets can only be moved by using it. */
static int spend_rtcp(struct edge_srtp *srtp, uint32_t ssrc, uint32_t n)
{
    if (n > RTCP_SPEND_MAX)
        return EDGE_EINVALID;
    for (uint32_t i = 0; i < n; i++) {
        _Alignas(4) uint8_t packet[EDGE_RTCP_HEADER + EDGE_SRTP_GROWTH] = {0x80,
                                                                           201,
                                                                           0,
                                                                           1,
                                                                           (uint8_t)(ssrc >> 24),
                                                                           (uint8_t)(ssrc >> 16),
                                                                           (uint8_t)(ssrc >> 8),
                                                                           (uint8_t)ssrc};
        int octets = EDGE_RTCP_HEADER;

        if (srtp_protect_rtcp(srtp->session, packet, &octets) != srtp_err_status_ok)
            return EDGE_EINVALID;
    }
    return 0;
}

static int go_on_with(struct edge_srtp *srtp, srtp_policy_t *policy,
                      const struct edge_srtp_position *from)
{
    struct known *known;

    if (from->rtp_index > RTP_INDEX_MAX || from->rtcp_index > SRTCP_INDEX_MAX ||
        find_ssrc(srtp, from->ssrc))
        return EDGE_EINVALID;
    if (!has_room(srtp))
        return EDGE_ENOMEM;
    policy->ssrc.value = from->ssrc;
    if (srtp_add_stream(srtp->session, policy) != srtp_err_status_ok)
        return EDGE_ENOMEM;
    known = add_ssrc(srtp, from->ssrc);
    known->at = *from;
    known->needs_rollover = from->has_rtp;
    known->rtp_floor = from->has_rtp ? from->rtp_index + 1 : 0;
    known->rtcp_floor = from->has_rtcp ? from->rtcp_index + 1 : 0;
    if (srtp->direction == EDGE_SRTP_SEND && from->has_rtcp)
        return spend_rtcp(srtp, from->ssrc, from->rtcp_index);
    return 0;
}

static int go_on(struct edge_srtp *srtp, const struct edge_sdes_line *line,
                 const struct edge_srtp_position *positions, size_t n)
{
    struct key_policy key;
    int err;

    if (n > EDGE_SRTP_SSRC_MAX)
        return EDGE_ELIMIT;
    err = make_policy(line, srtp->direction, &key);
    key.policy.ssrc.type = ssrc_specific;
    /* Oldest first, so that they stand in the order in which they came. */
    for (size_t i = n; err == 0 && i-- > 0;)
        err = go_on_with(srtp, &key.policy, &positions[i]);
    explicit_bzero(&key, sizeof(key));
    return err;
}

const struct edge_srtp_ops edge_srtp_libsrtp = {
    .name = "libsrtp2",
    .open = open_context,
    .close = close_context,
    .protect = protect,
    .unprotect = unprotect,
    .tell = tell,
    .go_on = go_on,
};
