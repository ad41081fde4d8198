// SPDX-License-Identifier: GPL-2.0-or-later
#include "negotiation_udptl.h"

bool edge_udptl_is_section(const struct edge_sdp_media *section)
{
    return section->port != 0 && section->proto == EDGE_PROTO_UDPTL;
}

const char *edge_udptl_take_offer(struct edge_negotiation *n, const struct edge_sdp_media *section,
                                  struct edge_media *from, struct edge_media *to)
{
    const char *error;

    if (!section->connection.is_present)
        return EDGE_NG_TEXT_INCOMPLETE_SDP;
    error = edge_negotiation_open_sockets(n, from);
    if (!error)
        error = edge_negotiation_open_sockets(n, to);
    if (error)
        return error;
    edge_negotiation_address(n, section, &from->udptl);
    from->has_udptl_offer = true;
    to->has_udptl_offer = true;
    return NULL;
}

static void turn_opaque(struct edge_media *media, const union edge_address *signalled,
                        enum edge_learning learning)
{
    struct edge_flow *flow = &media->flow[EDGE_RTP];

    media->is_opaque = true;
    media->is_active = true;
    media->is_on_hold = false;
    media->type = EDGE_MEDIA_IMAGE;
    media->learning = learning;
    media->has_udptl_offer = false;
    if (edge_address_equal(&flow->signalled, signalled))
        return;
    flow->signalled = *signalled;
    flow->remote = *signalled;
    flow->is_pinned = false;
}

const char *edge_udptl_take_answer(const struct edge_negotiation *n,
                                   const struct edge_sdp_media *section, struct edge_media *asker,
                                   struct edge_media *media)
{
    union edge_address answered;

    if (!edge_udptl_is_section(section)) {
        asker->has_udptl_offer = false;
        media->has_udptl_offer = false;
        if (section->port != 0)
            return EDGE_TEXT_TRANSPORT;
        media->is_active = false;
        return NULL;
    }
    if (media->leg->srtp_policy == EDGE_SRTP_REQUIRED)
        return EDGE_TEXT_SRTP_REQUIRED;
    if (!section->connection.is_present)
        return EDGE_NG_TEXT_INCOMPLETE_SDP;
    edge_negotiation_address(n, section, &answered);
    turn_opaque(asker, &asker->udptl, asker->learning);
    turn_opaque(media, &answered, media->learning);
    return NULL;
}

void edge_udptl_end(struct edge_media *asker, struct edge_media *media)
{
    asker->is_opaque = false;
    media->is_opaque = false;
    asker->has_udptl_offer = false;
    media->has_udptl_offer = false;
}
