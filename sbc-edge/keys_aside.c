// SPDX-License-Identifier: GPL-2.0-or-later
#include "keys_aside.h"

#include <stdlib.h>

static void copy_keys(const struct edge_media *from, struct edge_media *to)
{
    to->is_srtp = from->is_srtp;
    to->proto = from->proto;
    to->receive = from->receive;
    to->receive_old = from->receive_old;
    to->receive_old_until_ns = from->receive_old_until_ns;
    to->rekey_grace_ns = from->rekey_grace_ns;
    to->send = from->send;
    to->remote_key = from->remote_key;
    to->remote_key_old = from->remote_key_old;
    memcpy((void *)to->own_keys, (const void *)from->own_keys, sizeof(to->own_keys));
    to->n_own_keys = from->n_own_keys;
    to->dtls = from->dtls;
    to->rtcp_receive = from->rtcp_receive;
    to->rtcp_send = from->rtcp_send;
}

int edge_keys_put_aside(struct edge_media *media, enum edge_sdp_proto proto)
{
    static const struct edge_media no_keys;
    const enum edge_sdp_proto now = media->proto;
    const bool is_srtp = media->is_srtp;

    /* What was never in force need not be kept. */
    if (media->aside || !is_srtp || (!media->receive && !media->send && !media->dtls)) {
        edge_media_forget_keys(media);
        return 0;
    }
    media->aside = calloc(1, sizeof(*media->aside));
    if (!media->aside)
        return EDGE_ENOMEM;
    copy_keys(media, media->aside);
    media->aside->proto = proto;
    copy_keys(&no_keys, media);
    media->proto = now;
    media->is_srtp = is_srtp;
    return 0;
}

void edge_keys_change_places(struct edge_leg *leg)
{
    for (unsigned i = 0; i < leg->n_media; i++) {
        struct edge_media *media = leg->media[i];
        struct edge_media now;

        if (!media->aside)
            continue;
        copy_keys(media, &now);
        copy_keys(media->aside, media);
        copy_keys(&now, media->aside);
    }
}

void edge_keys_drop_aside(struct edge_media *media)
{
    if (!media->aside)
        return;
    edge_media_forget_keys(media->aside);
    free(media->aside);
    media->aside = NULL;
}

void edge_keys_drop_all_aside(struct edge_leg *leg)
{
    for (unsigned i = 0; i < leg->n_media; i++)
        edge_keys_drop_aside(leg->media[i]);
}
