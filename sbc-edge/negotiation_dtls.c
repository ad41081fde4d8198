// SPDX-License-Identifier: GPL-2.0-or-later
#include "negotiation_dtls.h"

#include "leg_dtls.h"
#include "sdp_attribute.h"
#include "string_map.h"

#define SECOND_NS 1000000000u
#define PROFILES                                                                                   \
    (1u << EDGE_SUITE_AES_CM_128_HMAC_SHA1_80 | 1u << EDGE_SUITE_AES_CM_128_HMAC_SHA1_32 |         \
     1u << EDGE_SUITE_AEAD_AES_128_GCM | 1u << EDGE_SUITE_AEAD_AES_256_GCM)

bool edge_negotiation_is_dtls(const struct edge_sdp_media *section, bool has_key)
{
    if (edge_sdp_proto_is_dtls(section->proto))
        return true;
    /* RTP/SAVPF with a fingerprint is how browsers said it before RFC 5764 had a name for it. */
    return edge_sdp_proto_is_srtp(section->proto) && !has_key && section->fingerprint.len > 0;
}

enum edge_sdp_proto edge_negotiation_dtls_profile(const struct edge_ng_request *request,
                                                  enum edge_sdp_proto proto)
{
    if (request->dtls != EDGE_NG_DTLS_OFF || !edge_sdp_proto_is_dtls(proto))
        return proto;
    return edge_sdp_proto_is_feedback(proto) ? EDGE_PROTO_RTP_SAVPF : EDGE_PROTO_RTP_SAVP;
}

/* RFC 8122 5: of several fingerprints the best; those of a section hide those of the session. */
static bool find_print(const struct edge_sdp *sdp, unsigned first, unsigned end,
                       struct edge_fingerprint *best)
{
    bool is_any = false;

    for (unsigned i = first; i < end; i++) {
        struct edge_fingerprint print;

        if (sdp->lines[i].kind != EDGE_LINE_FINGERPRINT)
            continue;
        is_any = true;
        if (edge_fingerprint_parse(edge_sdp_attribute_sort(sdp->lines[i].text).value, &print) ==
                0 &&
            print.hash > best->hash)
            *best = print;
    }
    return is_any;
}

/* RFC 8842 section 4. */
static bool find_tls_id(const struct edge_sdp *sdp, unsigned first, unsigned end, uint64_t *out)
{
    for (unsigned i = first; i < end; i++) {
        const struct edge_sdp_attribute attribute =
            sdp->lines[i].kind == EDGE_LINE_DTLS_OTHER ? edge_sdp_attribute_sort(sdp->lines[i].text)
                                                       : (struct edge_sdp_attribute){0};

        if (!edge_view_is_equal_nocase(attribute.name, EDGE_VIEW("tls-id")))
            continue;
        *out = edge_string_hash(1, attribute.value.ptr, attribute.value.len) | 1;
        return true;
    }
    return false;
}

static int get_leg(const struct edge_negotiation *n, struct edge_media *media,
                   struct edge_leg_dtls **out)
{
    return edge_leg_dtls_get(n->control->handshakes, media, n->control->now_us / 1000000, out);
}

static bool prefers_passive(const struct edge_negotiation *n, enum edge_ng_dtls wish)
{
    return wish == EDGE_NG_DTLS_PASSIVE ||
           (wish != EDGE_NG_DTLS_ACTIVE && n->control->node->config->dtls_passive);
}

const char *edge_negotiation_take_dtls(const struct edge_negotiation *n,
                                       const struct edge_sdp_media *section,
                                       struct edge_media *media)
{
    const struct edge_sdp *sdp = &n->control->sdp;
    struct edge_dtls_terms terms = {.setup = section->setup};
    struct edge_leg_dtls *dtls;

    if (!find_print(sdp, section->first_line, section->end_line, &terms.print))
        find_print(sdp, 0, sdp->end_session, &terms.print);
    if (terms.print.hash == EDGE_HASH_NONE)
        return EDGE_TEXT_NO_FINGERPRINT;
    if (!find_tls_id(sdp, section->first_line, section->end_line, &terms.tls_id))
        find_tls_id(sdp, 0, sdp->end_session, &terms.tls_id);
    if (get_leg(n, media, &dtls) != 0)
        return EDGE_TEXT_NO_MEMORY;
    media->is_srtp = true;
    dtls->offered = terms;
    dtls->prefers_passive = prefers_passive(n, n->request->dtls_reverse);
    return NULL;
}

/* What a request says of the leg that will read what is written now. */
static const char *take_policy(const struct edge_negotiation *n, struct edge_leg_dtls *dtls)
{
    const struct edge_ng_sdes *sdes = &n->request->sdes;
    uint32_t never = sdes->suites_never | (sdes->suites_only != 0 ? ~sdes->suites_only : 0);

    if ((~never & PROFILES) == 0)
        return EDGE_TEXT_SDES_POLICY;
    dtls->suites_never = never;
    dtls->rekey_grace_ns = (uint64_t)n->control->node->config->rekey_grace_s * SECOND_NS;
    if (n->request->dtls_hash != EDGE_HASH_NONE)
        dtls->hash = n->request->dtls_hash;
    return NULL;
}

const char *edge_negotiation_offer_dtls(const struct edge_negotiation *n, struct edge_media *media)
{
    struct edge_leg_dtls *dtls;

    if (get_leg(n, media, &dtls) != 0)
        return EDGE_TEXT_NO_MEMORY;
    media->is_srtp = true;
    return take_policy(n, dtls);
}

/* RFC 5763 section 5, RFC 4145 4.1. True, and our role, when there is to be an association. */
static bool choose_role(const struct edge_negotiation *n, const struct edge_leg_dtls *dtls,
                        bool is_asker, enum edge_dtls_role *role)
{
    bool is_passive = n->request->dtls != EDGE_NG_DTLS_ACTIVE &&
                      (dtls->prefers_passive || prefers_passive(n, n->request->dtls));

    switch (dtls->offered.setup) {
    case EDGE_SETUP_ACTIVE:
        *role = EDGE_DTLS_PASSIVE;
        return true;
    case EDGE_SETUP_PASSIVE:
        *role = EDGE_DTLS_ACTIVE;
        return true;
    case EDGE_SETUP_ACTPASS:
        /* An association that is there keeps its roles. */
        *role = dtls->is_settled           ? dtls->role
                : (is_asker && is_passive) ? EDGE_DTLS_PASSIVE
                                           : EDGE_DTLS_ACTIVE;
        return true;
    case EDGE_SETUP_NONE:
        *role = is_asker ? EDGE_DTLS_PASSIVE : EDGE_DTLS_ACTIVE;
        return true;
    case EDGE_SETUP_HOLDCONN:
        break;
    }
    return false;
}

void edge_negotiation_settle_dtls(const struct edge_negotiation *n, struct edge_media *media,
                                  bool is_asker)
{
    struct edge_leg_dtls *dtls = media->dtls;
    enum edge_dtls_role role;

    if (is_asker)
        (void)take_policy(n, dtls); /* one that leaves nothing is not obeyed: too late to refuse */
    if (choose_role(n, dtls, is_asker, &role))
        edge_leg_dtls_settle(dtls, &dtls->offered, role, n->control->now_ns);
}

static enum edge_sdp_setup own_setup(const struct edge_negotiation *n,
                                     const struct edge_leg_dtls *dtls, bool is_offer)
{
    if (is_offer)
        return prefers_passive(n, n->request->dtls) ? EDGE_SETUP_PASSIVE : EDGE_SETUP_ACTPASS;
    if (dtls->offered.setup == EDGE_SETUP_HOLDCONN)
        return EDGE_SETUP_HOLDCONN;
    return dtls->role == EDGE_DTLS_ACTIVE ? EDGE_SETUP_ACTIVE : EDGE_SETUP_PASSIVE;
}

void edge_negotiation_plan_dtls(const struct edge_negotiation *n, const struct edge_media *media,
                                bool is_offer, struct edge_sdp_media_plan *plan,
                                char text[EDGE_FINGERPRINT_TEXT])
{
    struct edge_fingerprint print;

    edge_dtls_identity_print(media->dtls->identity, media->dtls->hash, &print);
    plan->fingerprint = (struct edge_view){text, edge_fingerprint_format(&print, text)};
    plan->setup = own_setup(n, media->dtls, is_offer);
    /* RFC 8842 5.3: where the offer has one, so has the answer. */
    if (!is_offer && media->dtls->offered.tls_id != 0)
        plan->tls_id = edge_view_of(media->dtls->own_tls_id);
}
