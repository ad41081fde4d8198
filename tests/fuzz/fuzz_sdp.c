// SPDX-License-Identifier: GPL-2.0-or-later
// Whatever is read is rewritten without the sender's keys, and the result can be read again.
#include "sdp_rewrite.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct edge_sdes_line own_key = {
    .tag = 1,
    .suite = EDGE_SUITE_AES_CM_128_HMAC_SHA1_80,
    .key_len = 30,
    .key = "\x91\x02\xf3\x74\x25\x16\xa7\x88\x39\x10\x4b\x5c\x6d\x7e\x8f",
};

/** An IPv4 plan that answers each section with SRTP, plain RTP or a refusal, by `choice`. */
static void fill_plan(const struct edge_sdp *sdp, unsigned choice,
                      struct edge_sdp_media_plan media[EDGE_SDP_MEDIA_MAX],
                      struct edge_sdp_plan *plan)
{
    const struct edge_ip ip = {EDGE_IP4, {192, 0, 2, 1}};

    *plan = (struct edge_sdp_plan){
        .media = media,
        .n_media = sdp->n_media,
        .ip = ip,
        .replace_origin = (choice & 1) != 0,
        .replace_zero_address = (choice & 2) != 0,
    };
    for (size_t i = 0; i < sdp->n_media; i++) {
        const bool is_secure = (choice & 4) != 0;

        media[i] = (struct edge_sdp_media_plan){
            .is_rejected = (choice & 8) != 0 && i % 2 == 1,
            .ip = ip,
            .rtp_port = (uint16_t)(30000 + 2 * i),
            .rtcp_port = (uint16_t)(30001 + 2 * i),
            .proto = is_secure ? EDGE_PROTO_RTP_SAVP : EDGE_PROTO_RTP_AVP,
            .crypto = &own_key,
            .n_crypto = is_secure ? 1 : 0,
        };
    }
}

static void check_rewritten(const struct edge_sdp *sdp, const char *written, size_t len)
{
    static struct edge_sdp again;

    if (edge_sdp_parse((struct edge_view){written, len}, &again, NULL) != 0)
        abort();
    if (again.n_media != sdp->n_media)
        abort();
    for (size_t i = 0; i < sdp->n_media; i++) {
        for (size_t k = 0; k < sdp->media[i].n_crypto; k++) {
            struct edge_sdes_line line;
            char text[EDGE_SDES_TEXT_MAX];
            size_t text_len = 0;

            if (edge_sdes_parse(sdp->media[i].crypto[k], &line) != 0 ||
                edge_sdes_has_same_key(&line, &own_key))
                continue;
            line.mki_len = 0;
            (void)edge_sdes_format(&line, text, sizeof(text), &text_len);
            const char *key = memmem(text, text_len, "inline:", 7);
            const size_t key_len = (size_t)(text + text_len - key) - 7;
            if (memmem(written, len, key + 7, key_len))
                abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct edge_sdp sdp;
    static char written[1 << 17];
    struct edge_sdp_media_plan media[EDGE_SDP_MEDIA_MAX];
    struct edge_sdp_plan plan;
    struct edge_sdp_error error = {0};
    size_t len = 0;

    if (size > 1 << 15)
        return 0;
    if (edge_sdp_parse((struct edge_view){(const char *)data, size}, &sdp, &error) != 0) {
        if (!error.reason)
            abort();
        return 0;
    }
    for (unsigned choice = 0; choice < 16; choice++) {
        fill_plan(&sdp, choice, media, &plan);
        const int rc = edge_sdp_rewrite(&sdp, &plan, written, sizeof(written), &len);
        if (rc == 0)
            check_rewritten(&sdp, written, len);
        else if (rc != EDGE_EKEYLEAK)
            abort();
    }
    return 0;
}
