// SPDX-License-Identifier: GPL-2.0-or-later
#include "sdp.h"

#define PROTO_RTP      1u
#define PROTO_SRTP     2u
#define PROTO_DTLS     4u
#define PROTO_FEEDBACK 8u

/** RFC 3551, 3711, 4585, 5124, 5764 and (UDPTL) 4612. */
static const struct {
    const char *text;
    unsigned traits;
} protos[] = {
    [EDGE_PROTO_KEEP] = {NULL, 0},
    [EDGE_PROTO_RTP_AVP] = {"RTP/AVP", PROTO_RTP},
    [EDGE_PROTO_RTP_SAVP] = {"RTP/SAVP", PROTO_RTP | PROTO_SRTP},
    [EDGE_PROTO_RTP_AVPF] = {"RTP/AVPF", PROTO_RTP | PROTO_FEEDBACK},
    [EDGE_PROTO_RTP_SAVPF] = {"RTP/SAVPF", PROTO_RTP | PROTO_SRTP | PROTO_FEEDBACK},
    [EDGE_PROTO_UDP_TLS_RTP_SAVP] = {"UDP/TLS/RTP/SAVP", PROTO_RTP | PROTO_SRTP | PROTO_DTLS},
    [EDGE_PROTO_UDP_TLS_RTP_SAVPF] = {"UDP/TLS/RTP/SAVPF",
                                      PROTO_RTP | PROTO_SRTP | PROTO_DTLS | PROTO_FEEDBACK},
    [EDGE_PROTO_UDPTL] = {"udptl", 0},
    [EDGE_PROTO_OTHER] = {NULL, 0},
};

const char *edge_sdp_proto_text(enum edge_sdp_proto proto)
{
    return (unsigned)proto <= EDGE_PROTO_OTHER ? protos[proto].text : NULL;
}

enum edge_sdp_proto edge_sdp_proto_find(struct edge_view text)
{
    for (unsigned i = EDGE_PROTO_RTP_AVP; i < EDGE_PROTO_OTHER; i++) {
        if (edge_view_is_equal_nocase(text, edge_view_of(protos[i].text)))
            return (enum edge_sdp_proto)i;
    }
    return EDGE_PROTO_OTHER;
}

static bool has_trait(enum edge_sdp_proto proto, unsigned trait)
{
    return (unsigned)proto <= EDGE_PROTO_OTHER && (protos[proto].traits & trait) != 0;
}

bool edge_sdp_proto_is_rtp(enum edge_sdp_proto proto)
{
    return has_trait(proto, PROTO_RTP);
}

bool edge_sdp_proto_is_srtp(enum edge_sdp_proto proto)
{
    return has_trait(proto, PROTO_SRTP);
}

bool edge_sdp_proto_is_dtls(enum edge_sdp_proto proto)
{
    return has_trait(proto, PROTO_DTLS);
}

bool edge_sdp_proto_is_feedback(enum edge_sdp_proto proto)
{
    return has_trait(proto, PROTO_FEEDBACK);
}

const char *edge_sdp_direction_text(enum edge_sdp_direction direction)
{
    switch (direction) {
    case EDGE_DIRECTION_SENDONLY:
        return "sendonly";
    case EDGE_DIRECTION_RECVONLY:
        return "recvonly";
    case EDGE_DIRECTION_INACTIVE:
        return "inactive";
    case EDGE_DIRECTION_NONE:
    case EDGE_DIRECTION_SENDRECV:
        break;
    }
    return "sendrecv";
}

const char *edge_sdp_setup_text(enum edge_sdp_setup setup)
{
    switch (setup) {
    case EDGE_SETUP_ACTIVE:
        return "active";
    case EDGE_SETUP_PASSIVE:
        return "passive";
    case EDGE_SETUP_ACTPASS:
        return "actpass";
    case EDGE_SETUP_HOLDCONN:
        return "holdconn";
    case EDGE_SETUP_NONE:
        break;
    }
    return NULL;
}
