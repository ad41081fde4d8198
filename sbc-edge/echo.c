// SPDX-License-Identifier: GPL-2.0-or-later
#include "echo.h"

void edge_echo_settle(struct edge_negotiation *n)
{
    struct edge_leg *asker = n->legs.from;
    const struct edge_leg *answerer = n->legs.to;

    for (unsigned i = 0; i < asker->n_media && i < answerer->n_media; i++) {
        if (!asker->media[i]->is_opaque && answerer->media[i]->is_active &&
            answerer->media[i]->names_us)
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
