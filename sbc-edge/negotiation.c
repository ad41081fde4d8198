// SPDX-License-Identifier: GPL-2.0-or-later
#include "negotiation.h"

#include "echo.h"
#include "keys_aside.h"
#include "leg_keys.h"
#include "leg_sockets.h"
#include "log.h"
#include "negotiation_dtls.h"
#include "negotiation_udptl.h"
#include "sdp_rewrite.h"

#include <errno.h>

#define SECOND_NS         1000000000u
#define KEY_LIFETIME_LOG2 31 /* RFC 3711 9.2: that of SRTCP, the shorter one */

static void to_address(const struct edge_ip *ip, uint16_t port, union edge_address *out)
{
    memset(out, 0, sizeof(*out));
    if (ip->family == EDGE_IP4) {
        out->v4.sin_family = AF_INET;
        memcpy(&out->v4.sin_addr, ip->bytes, 4);
    } else if (ip->family == EDGE_IP6) {
        out->v6.sin6_family = AF_INET6;
        memcpy(&out->v6.sin6_addr, ip->bytes, 16);
    }
    edge_address_set_port(out, port);
}

static bool is_port_of(const struct edge_node *node, const struct edge_leg *leg,
                       const union edge_address *address)
{
    const struct edge_interface_config *config =
        edge_interface_get_config(node->interfaces[leg->interface]);
    uint16_t port = edge_address_port(address);
    union edge_address advertised;

    to_address(&config->advertised, port, &advertised);
    if (!edge_address_same_ip(&advertised, address) &&
        !edge_address_same_ip(&config->local, address))
        return false;
    for (unsigned m = 0; m < leg->n_media; m++) {
        if (leg->media[m]->port != 0 && (port & ~1u) == leg->media[m]->port)
            return true;
    }
    return false;
}

/*
 * Where a description says that packets are to go; false and nowhere for a port of the two legs
 * themselves: what is sent there comes back, and with both saying so goes round for ever. (Ports of
 * other legs of the call are good: a proxy may send a call through us twice.)
 */
static bool place(const struct edge_negotiation *n, const struct edge_ip *ip, uint16_t port,
                  union edge_address *out)
{
    const struct edge_node *node = n->control->node;

    to_address(ip, port, out);
    if (!is_port_of(node, n->legs.from, out) && !is_port_of(node, n->legs.to, out))
        return true;
    memset(out, 0, sizeof(*out));
    return false;
}

/* What was learned holds until the signalling says something new. */
static void set_signalled(struct edge_flow *flow, const union edge_address *address)
{
    if (edge_address_equal(address, &flow->signalled))
        return;
    flow->signalled = *address;
    flow->remote = *address;
    flow->is_pinned = false;
}

static enum edge_learning learning_of(const struct edge_ng_request *request)
{
    if (request->learning == EDGE_NG_LEARN_OFF)
        return EDGE_LEARN_OFF;
    if (request->flags & EDGE_NG_FLAG_ASYMMETRIC)
        return EDGE_LEARN_ASYMMETRIC;
    if (request->learning == EDGE_NG_LEARN_IMMEDIATE)
        return EDGE_LEARN_ANY;
    return EDGE_LEARN_PORT;
}

static struct edge_ip media_ip(const struct edge_ng_request *request,
                               const struct edge_sdp_media *from)
{
    if ((request->flags & EDGE_NG_FLAG_SIP_SOURCE_ADDRESS) &&
        request->received_from.family != EDGE_IP_NONE && !edge_ip_is_null(&from->connection.ip))
        return request->received_from;
    return from->connection.ip;
}

void edge_negotiation_address(const struct edge_negotiation *n,
                              const struct edge_sdp_media *section, union edge_address *out)
{
    const struct edge_ip ip = media_ip(n->request, section);

    (void)place(n, &ip, section->port, out);
}

static bool takes_mux(const struct edge_ng_request *request, const struct edge_sdp_media *from)
{
    return from->has_rtcp_mux && !(request->rtcp_mux & EDGE_NG_MUX_REJECT);
}

static void take_transport(const struct edge_negotiation *n, const struct edge_sdp_media *from,
                           struct edge_media *media)
{
    const struct edge_ng_request *request = n->request;
    union edge_address address;
    const struct edge_ip ip = media_ip(request, from);
    struct edge_ip rtcp_ip;
    uint16_t rtcp_port = from->has_rtcp ? from->rtcp_port : (uint16_t)(from->port + 1);

    rtcp_ip = from->has_rtcp && from->rtcp_connection.is_present ? from->rtcp_connection.ip : ip;
    media->type = from->type;
    media->proto = from->proto;
    media->learning = learning_of(request);
    media->has_rtcp_mux = takes_mux(request, from);
    media->is_active = true;
    media->is_on_hold = edge_sdp_media_is_hold(from);
    media->takes_plain_rtcp = media->leg->takes_plain_rtcp;
    media->names_us = !place(n, &ip, from->port, &address);
    set_signalled(&media->flow[EDGE_RTP], &address);
    (void)place(n, &rtcp_ip, rtcp_port, &address);
    set_signalled(&media->flow[EDGE_RTCP], &address);
}

/* Readable and usable crypto lines of a section; the number of them. */
static size_t read_lines(const struct edge_sdp_media *from, struct edge_sdes_line *lines)
{
    size_t n = 0;

    for (size_t i = 0; i < from->n_crypto; i++) {
        if (edge_sdes_parse(from->crypto[i], &lines[n]) == 0)
            n++;
    }
    return n;
}

static void wipe_lines(struct edge_sdes_line *lines, size_t n)
{
    for (size_t i = 0; i < n; i++)
        edge_sdes_wipe(&lines[i]);
}

/* The offering leg's key. RTP/AVP with crypto lines is opportunistic SRTP (RFC 8643). */
static const char *take_offered_key(struct edge_negotiation *n, const struct edge_sdp_media *from,
                                    struct edge_media *media)
{
    const struct edge_ng_sdes *sdes = &n->request->sdes;
    const bool is_off = media->leg->srtp_policy == EDGE_SRTP_OFF;
    struct edge_sdes_line lines[EDGE_SDP_CRYPTO_MAX];
    size_t n_preferences;
    const enum edge_srtp_suite *preferences = edge_leg_keys_preferences(&n_preferences);
    size_t n_lines = is_off ? 0 : read_lines(from, lines);
    int chosen;
    bool is_ended;
    const char *error = NULL;

    if (sdes->n_offerer_order > 0) {
        preferences = sdes->offerer_order;
        n_preferences = sdes->n_offerer_order;
    }
    chosen = edge_sdes_choose(lines, n_lines, preferences, n_preferences);
    if (chosen < 0) {
        preferences = edge_leg_keys_preferences(&n_preferences);
        chosen = edge_sdes_choose(lines, n_lines, preferences, n_preferences);
    }
    n->offered_suites = 0;
    for (size_t i = 0; i < n_lines; i++)
        n->offered_suites |= (uint32_t)1 << lines[i].suite;
    if (is_off && edge_sdp_proto_is_srtp(from->proto))
        return EDGE_TEXT_SRTP_OFF;
    if (chosen < 0 && !edge_sdp_proto_is_srtp(from->proto) &&
        media->leg->srtp_policy == EDGE_SRTP_REQUIRED) {
        wipe_lines(lines, n_lines);
        return EDGE_TEXT_SRTP_REQUIRED;
    }
    if (edge_negotiation_is_dtls(from, chosen >= 0)) {
        wipe_lines(lines, n_lines);
        return edge_negotiation_take_dtls(n, from, media);
    }
    is_ended = media->dtls || (chosen < 0 && !edge_sdp_proto_is_srtp(from->proto));
    if (is_ended && edge_keys_put_aside(media, media->proto) != 0) {
        error = EDGE_TEXT_NO_MEMORY;
    } else if (chosen >= 0) {
        uint64_t grace_ns = (uint64_t)n->control->node->config->rekey_grace_s * SECOND_NS;

        media->is_srtp = true;
        if (edge_leg_keys_receive(media, &lines[chosen], grace_ns) != 0)
            error = EDGE_TEXT_NO_MEMORY;
    } else if (edge_sdp_proto_is_srtp(from->proto)) {
        error = EDGE_TEXT_NO_SUITE;
    } else {
        media->is_srtp = false;
    }
    wipe_lines(lines, n_lines);
    return error;
}

static bool is_relayed(const struct edge_sdp_media *from)
{
    return from->port != 0 && edge_sdp_proto_is_rtp(from->proto);
}

const char *edge_negotiation_open_sockets(struct edge_negotiation *n, struct edge_media *media)
{
    const struct edge_ng_request *request = n->request;
    uint8_t tos = request->has_tos ? request->tos : n->control->node->config->tos;
    int err = edge_media_open_sockets(n->control, media, tos);

    switch (err) {
    case 0:
        return NULL;
    case -EMFILE:
    case -ENFILE:
    case -ENOBUFS:
    case -ENOMEM:
        edge_log(EDGE_LOG_ERROR, "no media sockets: %s", strerror(-err));
        return EDGE_NG_TEXT_NO_PORTS; /* the proxy tries another relay on this text */
    case -ENOSPC:
        return EDGE_NG_TEXT_NO_PORTS;
    default:
        return EDGE_TEXT_NO_SOCKET;
    }
}

/*
 * The leg an offer goes to: its profile and our keys for it. `was`: the profile of the offering leg
 * before. A re-offer that neither changes it nor names one for the other side leaves that as it is,
 * above all in SRTP.
 */
static const char *prepare_offered(struct edge_negotiation *n, const struct edge_media *from,
                                   enum edge_sdp_proto was, struct edge_media *media)
{
    enum edge_sdp_proto wanted = n->request->transport_protocol;
    bool is_named = wanted != EDGE_PROTO_KEEP;
    bool is_kept = !is_named && from->proto == was && media->proto != EDGE_PROTO_KEEP;
    const enum edge_sdp_proto before = media->proto;
    struct edge_ng_sdes sdes = n->request->sdes;
    bool is_opportunistic =
        (!is_named && !sdes.is_off && (is_kept ? media->is_srtp : from->is_srtp)) ||
        (n->request->osrtp & EDGE_NG_OSRTP_OFFER);
    bool is_srtp;
    int err;

    media->type = from->type;
    media->is_active = true;
    if (!is_kept)
        media->proto = is_named ? wanted : from->proto;
    media->proto = edge_negotiation_dtls_profile(n->request, media->proto);
    if (!edge_sdp_proto_is_rtp(media->proto))
        return EDGE_TEXT_PROFILE;
    if (edge_sdp_proto_is_dtls(media->proto))
        return edge_negotiation_offer_dtls(n, media);
    is_srtp = edge_sdp_proto_is_srtp(media->proto) || is_opportunistic;
    if ((media->dtls || !is_srtp) && edge_keys_put_aside(media, before) != 0)
        return EDGE_TEXT_NO_MEMORY;
    media->is_srtp = is_srtp;
    if (!is_srtp)
        return NULL;
    /* No suites beyond those of the offer, if it had any. */
    if (sdes.has_no_new && n->offered_suites != 0) {
        sdes.suites_only =
            sdes.suites_only == 0 ? n->offered_suites : sdes.suites_only & n->offered_suites;
        if (sdes.suites_only == 0)
            return EDGE_TEXT_SDES_POLICY;
    }
    err = edge_leg_keys_offer(media, &sdes);
    if (err == EDGE_ESUITE)
        return EDGE_TEXT_SDES_POLICY;
    return err == 0 ? NULL : EDGE_TEXT_NO_MEMORY;
}

static const char *take_offered_media(struct edge_negotiation *n, unsigned i)
{
    const struct edge_sdp_media *section = &n->control->sdp.media[i];
    struct edge_media *from;
    struct edge_media *to;
    enum edge_sdp_proto was;
    const char *error;

    if (edge_leg_get_media(n->legs.from, i, &from) != 0 ||
        edge_leg_get_media(n->legs.to, i, &to) != 0)
        return EDGE_TEXT_NO_MEMORY;
    /* Fax goes in clear to both sides. */
    if (edge_udptl_is_section(section) && from->leg->srtp_policy != EDGE_SRTP_REQUIRED &&
        to->leg->srtp_policy != EDGE_SRTP_REQUIRED)
        return edge_udptl_take_offer(n, section, from, to);
    /* What is on is ended, like what is off begun, by the answer. */
    from->has_udptl_offer = false;
    to->has_udptl_offer = false;
    from->has_close_offer = !is_relayed(section);
    if (from->has_close_offer)
        return NULL;
    if (!section->connection.is_present)
        return EDGE_NG_TEXT_INCOMPLETE_SDP;
    error = take_offered_key(n, section, from);
    if (!error)
        error = edge_negotiation_open_sockets(n, from);
    if (!error)
        error = edge_negotiation_open_sockets(n, to);
    if (error)
        return error;
    was = from->proto;
    take_transport(n, section, from);
    edge_payloads_read(&n->control->sdp, section, &from->described);
    return prepare_offered(n, from, was, to);
}

/* What the request says about the leg whose description it carries; it stays until said anew. */
static void note_policy(const struct edge_ng_request *request, struct edge_leg *leg)
{
    if (request->srtp_policy != EDGE_SRTP_POLICY_UNSET)
        leg->srtp_policy = request->srtp_policy;
    if (request->flags & EDGE_NG_FLAG_PLAIN_RTCP)
        leg->takes_plain_rtcp = true;
}

static void choose_interfaces(struct edge_negotiation *n)
{
    const struct edge_ng_request *request = n->request;
    const struct edge_sdp *sdp = &n->control->sdp;
    enum edge_ip_family family = sdp->connection.ip.family;

    if (sdp->n_media > 0 && sdp->media[0].connection.is_present)
        family = sdp->media[0].connection.ip.family;
    /* A leg with open sockets stays where they are. */
    if (n->legs.from->n_media == 0)
        n->legs.from->interface =
            edge_interface_choose(n->control->node, request->direction[0], family);
    if (n->legs.to->n_media == 0)
        n->legs.to->interface = edge_interface_choose(
            n->control->node, request->direction[1],
            request->address_family != EDGE_IP_NONE ? request->address_family : family);
}

const char *edge_negotiation_take_offer(struct edge_negotiation *n)
{
    const char *error = NULL;

    edge_keys_drop_all_aside(n->legs.from);
    edge_keys_drop_all_aside(n->legs.to);
    choose_interfaces(n);
    note_policy(n->request, n->legs.from);
    for (unsigned i = 0; !error && i < n->control->sdp.n_media; i++)
        error = take_offered_media(n, i);
    if (!error)
        edge_session_join_legs(n->legs.from, n->legs.to);
    return error;
}

/* RFC 4568 5.1.3: the answer names exactly one of the offered lines, by tag, with its own key. */
static const char *take_answered_key(const struct edge_negotiation *n,
                                     const struct edge_sdp_media *section, struct edge_media *media)
{
    struct edge_sdes_line lines[EDGE_SDP_CRYPTO_MAX];
    size_t n_lines = read_lines(section, lines);
    uint64_t grace_ns = (uint64_t)n->control->node->config->rekey_grace_s * SECOND_NS;
    const char *error = EDGE_TEXT_NO_KEYS;

    for (size_t i = 0; i < n_lines && error; i++) {
        int err = edge_leg_keys_settle_offered(media, lines[i].tag, lines[i].suite);

        if (err == 0)
            err = edge_leg_keys_receive(media, &lines[i], grace_ns);
        if (err == 0)
            error = NULL;
        else if (err != EDGE_ENOENT)
            break;
    }
    wipe_lines(lines, n_lines);
    return error;
}

static const char *take_answer_security(const struct edge_negotiation *n,
                                        const struct edge_sdp_media *section,
                                        struct edge_media *media)
{
    bool is_opportunistic = media->is_srtp && !edge_sdp_proto_is_srtp(media->proto);

    if (media->dtls || edge_sdp_proto_is_dtls(media->proto))
        return edge_sdp_proto_is_srtp(section->proto)
                   ? edge_negotiation_take_dtls(n, section, media)
                   : EDGE_TEXT_TRANSPORT;
    if (edge_sdp_proto_is_dtls(section->proto))
        return EDGE_TEXT_TRANSPORT;
    if (media->leg->srtp_policy == EDGE_SRTP_REQUIRED &&
        (!media->is_srtp || section->n_crypto == 0))
        return EDGE_TEXT_SRTP_REQUIRED;
    if (!media->is_srtp)
        return edge_sdp_proto_is_srtp(section->proto) ? EDGE_TEXT_TRANSPORT : NULL;
    if (is_opportunistic && section->n_crypto == 0) {
        media->is_srtp = false;
        edge_media_forget_keys(media);
        return NULL;
    }
    return take_answered_key(n, section, media);
}

static const char *take_answered_media(struct edge_negotiation *n, unsigned i)
{
    const struct edge_sdp_media *section = &n->control->sdp.media[i];
    struct edge_media *asker;
    struct edge_media *media;
    enum edge_sdp_proto offered;
    const char *error;

    if (edge_leg_get_media(n->legs.from, i, &asker) != 0 ||
        edge_leg_get_media(n->legs.to, i, &media) != 0)
        return EDGE_TEXT_NO_MEMORY;
    if (asker->has_udptl_offer)
        return edge_udptl_take_answer(n, section, asker, media);
    if (asker->has_close_offer) {
        asker->has_close_offer = false;
        asker->is_active = false;
        media->is_active = false;
        return NULL;
    }
    /* What one branch refuses another may still accept: the asking leg's stream stays open. */
    if (!is_relayed(section) || !asker->is_active) {
        media->is_active = false;
        return NULL;
    }
    if (!section->connection.is_present)
        return EDGE_NG_TEXT_INCOMPLETE_SDP;
    error = take_answer_security(n, section, media);
    if (error)
        return error;
    edge_udptl_end(asker, media);
    offered = media->proto;
    take_transport(n, section, media);
    edge_payloads_read(&n->control->sdp, section, &media->described);
    media->proto = offered;
    if (media->dtls)
        edge_negotiation_settle_dtls(n, media, false);
    if (asker->dtls)
        edge_negotiation_settle_dtls(n, asker, true);
    if (!asker->is_srtp || asker->dtls)
        return NULL;
    if (!asker->remote_key ||
        edge_leg_keys_settle_answer(asker, asker->remote_key->tag, asker->remote_key->suite) != 0)
        return EDGE_TEXT_NO_MEMORY;
    return NULL;
}

const char *edge_negotiation_take_answer(struct edge_negotiation *n)
{
    const char *error = NULL;

    note_policy(n->request, n->legs.to);
    for (unsigned i = 0; !error && i < n->control->sdp.n_media; i++)
        error = take_answered_media(n, i);
    if (error)
        return error;
    edge_session_join_legs(n->legs.from, n->legs.to);
    edge_echo_settle(n);
    return NULL;
}

struct writing {
    struct edge_sdp_media_plan media[EDGE_SDP_MEDIA_MAX];
    struct edge_sdes_line keys[EDGE_SDP_MEDIA_MAX][EDGE_OWN_KEYS_MAX];
    char prints[EDGE_SDP_MEDIA_MAX][EDGE_FINGERPRINT_TEXT];
};

static bool offers_mux(const struct edge_ng_request *request, const struct edge_sdp_media *section)
{
    if (request->rtcp_mux & (EDGE_NG_MUX_OFFER | EDGE_NG_MUX_REQUIRE))
        return true;
    return section->has_rtcp_mux && !(request->rtcp_mux & EDGE_NG_MUX_DEMUX);
}

static void plan_media(const struct edge_negotiation *n, bool is_offer, unsigned i,
                       const struct edge_ip *ip, struct writing *writing)
{
    const struct edge_sdp_media *section = &n->control->sdp.media[i];
    const struct edge_leg *leg = is_offer ? n->legs.to : n->legs.from;
    const struct edge_media *media = leg->media[i];
    struct edge_sdp_media_plan *plan = &writing->media[i];

    const bool is_udptl =
        edge_udptl_is_section(section) && (is_offer ? media->has_udptl_offer : media->is_opaque);

    plan->is_rejected =
        !is_udptl && (!media->is_active || (!is_offer && !n->legs.to->media[i]->is_active) ||
                      !edge_sdp_proto_is_rtp(section->proto));
    plan->ip = *ip;
    if (plan->is_rejected)
        return;
    plan->rtp_port = media->port;
    if (is_udptl)
        return;
    if (!(n->request->flags & EDGE_NG_FLAG_NO_RTCP_ATTRIBUTE))
        plan->rtcp_port = (uint16_t)(media->port + 1);
    plan->has_rtcp_mux = is_offer ? offers_mux(n->request, section) : media->has_rtcp_mux;
    if (!is_offer && plan->has_rtcp_mux)
        plan->rtcp_port = media->port;
    plan->proto = media->proto;
    if (!media->is_srtp)
        return;
    if (media->dtls) {
        edge_negotiation_plan_dtls(n, media, is_offer, plan, writing->prints[i]);
        return;
    }
    for (unsigned k = 0; k < media->n_own_keys; k++) {
        writing->keys[i][k] = *media->own_keys[k];
        if (n->request->sdes.has_lifetime)
            writing->keys[i][k].lifetime_log2 = KEY_LIFETIME_LOG2;
    }
    plan->crypto = writing->keys[i];
    plan->n_crypto = media->n_own_keys;
}

const char *edge_negotiation_write(struct edge_negotiation *n, bool is_offer, size_t *length)
{
    const struct edge_control *control = n->control;
    const uint32_t replace = n->request->replace;
    struct edge_leg *leg = is_offer ? n->legs.to : n->legs.from;
    struct edge_origin_text origin_text = {""};
    struct edge_ip ip =
        edge_interface_get_config(control->node->interfaces[leg->interface])->advertised;
    struct writing writing = {0};
    struct edge_sdp_plan plan = {
        .media = writing.media,
        .n_media = control->sdp.n_media,
        .replace_origin = (replace & EDGE_NG_REPLACE_ORIGIN) != 0,
        .replace_zero_address = (replace & EDGE_NG_REPLACE_ZERO_ADDRESS) != 0,
    };
    int err;

    if (n->request->media_address.family != EDGE_IP_NONE)
        ip = n->request->media_address;
    plan.ip = ip;
    for (unsigned i = 0; i < control->sdp.n_media; i++)
        plan_media(n, is_offer, i, &ip, &writing);
    err = edge_origin_plan(&leg->origin, replace, &control->sdp, &plan, &origin_text);
    if (err == 0)
        err = edge_sdp_rewrite(&control->sdp, &plan, n->control->sdp_text, EDGE_CONTROL_SDP_MAX,
                               length);
    if (err == 0 && edge_origin_has_changed(leg->origin, replace,
                                            (struct edge_view){control->sdp_text, *length}, &plan,
                                            &origin_text))
        err = edge_sdp_rewrite(&control->sdp, &plan, n->control->sdp_text, EDGE_CONTROL_SDP_MAX,
                               length);
    explicit_bzero(&writing, sizeof(writing));
    return err == 0 ? NULL : EDGE_NG_TEXT_REWRITE;
}
