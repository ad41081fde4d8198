// SPDX-License-Identifier: GPL-2.0-or-later
/* A session of two joined legs without sockets, for the tests and the fuzz target of the relay. */
#pragma once

#include "relay.h"

#include <stdlib.h>

struct relay_pair {
    struct edge_session *session;
    struct edge_leg *legs[2];
    struct edge_media *media[2];
    union edge_address place[2]; /* where each leg says its RTP is; RTCP one port up */
};

static inline void relay_pair_key(struct edge_sdes_line *line, enum edge_srtp_suite suite,
                                  uint8_t fill)
{
    const struct edge_srtp_suite_info *info = edge_srtp_suite_info(suite);

    memset(line, 0, sizeof(*line));
    line->tag = 1;
    line->suite = suite;
    line->key_len = (uint8_t)(info->key_bytes + info->salt_bytes);
    memset(line->key, fill, line->key_len);
}

/* suites: EDGE_SUITE_NONE for a leg in clear. Keys: leg i sends with fill 1 + i, we with 11 + i. */
static inline void relay_pair_init(struct relay_pair *pair, const enum edge_srtp_suite suites[2])
{
    const struct edge_view tags[2] = {EDGE_VIEW("tag-a"), EDGE_VIEW("tag-b")};

    if (edge_session_new(EDGE_VIEW("call"), 1, 1, &pair->session) != 0)
        abort();
    for (unsigned i = 0; i < 2; i++) {
        struct edge_media *media;
        struct edge_sdes_line line;

        if (edge_session_add_leg(pair->session, tags[i], 1, &pair->legs[i]) != 0 ||
            edge_leg_get_media(pair->legs[i], 0, &media) != 0 ||
            edge_address_parse(i == 0 ? "192.0.2.1" : "192.0.2.2", 9, 4000, &pair->place[i]) != 0)
            abort();
        pair->media[i] = media;
        media->is_active = true;
        for (int c = EDGE_RTP; c < EDGE_COMPONENTS; c++) {
            media->flow[c].fd = 1000 + (int)i * 2 + c; /* never used as one */
            media->flow[c].signalled = pair->place[i];
            edge_address_set_port(&media->flow[c].signalled, (uint16_t)(4000 + c));
            media->flow[c].remote = media->flow[c].signalled;
        }
        if (suites[i] == EDGE_SUITE_NONE)
            continue;
        media->is_srtp = true;
        relay_pair_key(&line, suites[i], (uint8_t)(1 + i));
        if (edge_srtp_open(&line, EDGE_SRTP_RECEIVE, &media->receive) != 0)
            abort();
        relay_pair_key(&line, suites[i], (uint8_t)(11 + i));
        if (edge_srtp_open(&line, EDGE_SRTP_SEND, &media->send) != 0)
            abort();
    }
    edge_session_join_legs(pair->legs[0], pair->legs[1]);
}

static inline void relay_pair_fini(struct relay_pair *pair)
{
    edge_session_free(pair->session);
}
