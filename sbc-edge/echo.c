// SPDX-License-Identifier: GPL-2.0-or-later
#include "echo.h"

/* True when the leg has answered with our own address towards it. */
static bool names_our_own(const struct edge_negotiation *n, const struct edge_media *media)
{
    const struct edge_interface *interface = n->control->node->interfaces[media->leg->interface];
    const struct edge_ip *own = &edge_interface_get_config(interface)->advertised;
    const union edge_address *signalled = &media->flow[EDGE_RTP].signalled;
    char text[EDGE_IP_TEXT_MAX];
    union edge_address address;

    edge_ip_format(own, text);
    return media->is_active && media->port != 0 &&
           edge_address_parse(text, strlen(text), media->port, &address) == 0 &&
           edge_address_equal(&address, signalled);
}

void edge_echo_settle(struct edge_negotiation *n)
{
    struct edge_leg *asker = n->legs.from;
    const struct edge_leg *answerer = n->legs.to;

    for (unsigned i = 0; i < asker->n_media && i < answerer->n_media; i++) {
        if (!asker->media[i]->is_opaque && names_our_own(n, answerer->media[i]))
            asker->media[i]->peer = asker->media[i];
    }
}

bool edge_echo_is_on(const struct edge_session *session)
{
    for (unsigned l = 0; l < session->n_legs; l++) {
        for (unsigned m = 0; m < session->legs[l]->n_media; m++) {
            if (session->legs[l]->media[m]->peer == session->legs[l]->media[m])
                return true;
        }
    }
    return false;
}
