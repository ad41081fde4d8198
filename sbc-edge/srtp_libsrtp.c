// SPDX-License-Identifier: GPL-2.0-or-later
#include "srtp_backend.h"

#include "packet.h"

#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>

#define SRTCP_INDEX_BYTES 4u

struct context {
    struct edge_srtp base;
    srtp_t session;
    const struct edge_srtp_suite_info *suite;
    size_t mki_bytes;
    unsigned n_ssrcs;
    unsigned n_ssrcs_room;
    uint32_t *ssrcs; /* most calls have one or two: grown by doubling */
};

#define SSRCS_FIRST 4u

_Static_assert(EDGE_SRTP_GROWTH >= SRTP_MAX_TRAILER_LEN + SRTCP_INDEX_BYTES, "growth too small");

static int start(void)
{
    return srtp_init() == srtp_err_status_ok ? 0 : EDGE_EINVALID;
}

static void stop(void)
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

static int open_context(const struct edge_sdes_line *line, enum edge_srtp_direction direction,
                        struct edge_srtp **out)
{
    const struct edge_srtp_suite_info *suite = edge_srtp_suite_info(line->suite);
    unsigned char key[SRTP_MAX_KEY_LEN] = {0};
    unsigned char mki[EDGE_SDES_MKI_MAX];
    srtp_master_key_t master = {.key = key, .mki_id = mki, .mki_size = line->mki_len};
    srtp_master_key_t *masters[1] = {&master};
    srtp_policy_t policy = {0};
    struct context *srtp;
    int err = set_policies(line->suite, &policy);

    if (err != 0)
        return err;
    if (line->key_len != suite->key_bytes + suite->salt_bytes || line->mki_len > sizeof(mki))
        return EDGE_EKEYLEN;
    srtp = calloc(1, sizeof(*srtp));
    if (!srtp)
        return EDGE_ENOMEM;
    memcpy(key, line->key, line->key_len);
    memcpy(mki, line->mki, line->mki_len);
    policy.ssrc.type = direction == EDGE_SRTP_SEND ? ssrc_any_outbound : ssrc_any_inbound;
    policy.window_size = EDGE_SRTP_WINDOW;
    /* Two packets under one index would share their key stream (RFC 3711 9.1; with GCM even the
     * authentication key would be lost), and who sends on a leg in clear cannot be trusted to send
     * the same bytes twice. The receiver would drop a true duplicate anyway. */
    policy.allow_repeat_tx = 0;
    if (line->mki_len > 0 && direction == EDGE_SRTP_RECEIVE) {
        policy.keys = masters;
        policy.num_master_keys = 1;
        srtp->mki_bytes = line->mki_len;
    } else {
        policy.key = key;
    }
    srtp->suite = suite;
    if (srtp_create(&srtp->session, &policy) != srtp_err_status_ok)
        err = EDGE_ENOMEM;
    explicit_bzero(key, sizeof(key));
    if (err != 0) {
        free(srtp);
        return err;
    }
    srtp->base.ops = &edge_srtp_libsrtp;
    *out = &srtp->base;
    return 0;
}

static void close_context(struct edge_srtp *base)
{
    struct context *srtp = (struct context *)base;

    srtp_dealloc(srtp->session);
    free(srtp->ssrcs);
    explicit_bzero(srtp, sizeof(*srtp));
    free(srtp);
}

/* The newest one is what most packets have. */
static bool knows_ssrc(const struct context *srtp, uint32_t ssrc)
{
    for (unsigned i = srtp->n_ssrcs; i-- > 0;) {
        if (srtp->ssrcs[i] == ssrc)
            return true;
    }
    return false;
}

/* True when one more SSRC can be noted. The one place that allocates while packets flow. */
static bool has_room(struct context *srtp)
{
    unsigned room = srtp->n_ssrcs_room == 0 ? SSRCS_FIRST : srtp->n_ssrcs_room * 2;
    uint32_t *grown;

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

static size_t trailer_bytes(const struct context *srtp, bool is_rtcp)
{
    size_t tag =
        is_rtcp ? srtp->suite->rtcp_tag_bytes + SRTCP_INDEX_BYTES : srtp->suite->rtp_tag_bytes;

    return tag + srtp->mki_bytes;
}

static uint32_t ssrc_of(bool is_rtcp, const uint8_t *packet)
{
    return is_rtcp ? edge_packet_rtcp_ssrc(packet) : edge_packet_rtp_ssrc(packet);
}

static enum edge_srtp_status protect(struct edge_srtp *base, bool is_rtcp, uint8_t *packet,
                                     size_t *length, size_t capacity)
{
    struct context *srtp = (struct context *)base;
    int octets = (int)*length;
    srtp_err_status_t status;
    bool is_new;
    uint32_t ssrc;

    if (*length < (is_rtcp ? EDGE_RTCP_HEADER : EDGE_RTP_HEADER))
        return EDGE_SRTP_TOO_SHORT;
    if (capacity < EDGE_SRTP_GROWTH || *length > capacity - EDGE_SRTP_GROWTH)
        return EDGE_SRTP_FAILED;
    ssrc = ssrc_of(is_rtcp, packet);
    is_new = !knows_ssrc(srtp, ssrc);
    if (is_new && !has_room(srtp))
        return EDGE_SRTP_SSRC_LIMIT;
    status = is_rtcp ? srtp_protect_rtcp(srtp->session, packet, &octets)
                     : srtp_protect(srtp->session, packet, &octets);
    if (status != srtp_err_status_ok)
        return status_of(status);
    if (is_new)
        srtp->ssrcs[srtp->n_ssrcs++] = ssrc;
    *length = (size_t)octets;
    return EDGE_SRTP_OK;
}

static enum edge_srtp_status unprotect(struct edge_srtp *base, bool is_rtcp, uint8_t *packet,
                                       size_t *length)
{
    struct context *srtp = (struct context *)base;
    size_t trailer = trailer_bytes(srtp, is_rtcp);
    unsigned use_mki = srtp->mki_bytes > 0;
    int octets = (int)*length;
    srtp_err_status_t status;
    bool is_new;
    uint32_t ssrc;

    if (*length < trailer + (is_rtcp ? EDGE_RTCP_HEADER : EDGE_RTP_HEADER))
        return EDGE_SRTP_TOO_SHORT;
    if (!is_rtcp && !edge_packet_rtp_is_valid(packet, *length - trailer))
        return EDGE_SRTP_TOO_SHORT;
    ssrc = ssrc_of(is_rtcp, packet);
    is_new = !knows_ssrc(srtp, ssrc);
    if (is_new && !has_room(srtp))
        return EDGE_SRTP_SSRC_LIMIT;
    status = is_rtcp ? srtp_unprotect_rtcp_mki(srtp->session, packet, &octets, use_mki)
                     : srtp_unprotect_mki(srtp->session, packet, &octets, use_mki);
    if (status != srtp_err_status_ok)
        return status_of(status);
    /* The library keeps a stream for each SSRC that has verified: hence the count. */
    if (is_new)
        srtp->ssrcs[srtp->n_ssrcs++] = ssrc;
    *length = (size_t)octets;
    return EDGE_SRTP_OK;
}

const struct edge_srtp_ops edge_srtp_libsrtp = {
    .name = "libsrtp2",
    .start = start,
    .stop = stop,
    .open = open_context,
    .close = close_context,
    .protect = protect,
    .unprotect = unprotect,
};
