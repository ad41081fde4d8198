// SPDX-License-Identifier: GPL-2.0-or-later
#include "relay.h"

#include "packet.h"

/* Packets in a row that are too old to be late or doubled ones: the sender has started anew. */
#define RESTART_AFTER 8
/* Numbers that may have been sent since a call's record was made: EDGE_STATE_AGE_MAX_US of audio,
 * and less than half the range, so that who receives them knows which way they go. */
#define RESTART_SKIP 0x5000
/* What makes the SSRC of an echo another one. */
#define ECHO_SSRC 0x5a5a5a5au

static struct edge_relay_outcome drop(struct edge_flow *in, size_t length, enum edge_drop reason)
{
    struct edge_verdict *verdict = &in->media->leg->verdict;

    in->drops[reason]++;
    in->dropped.packets++;
    in->dropped.bytes += length;
    if (verdict->is_active) {
        verdict->dropped.packets++;
        verdict->dropped.bytes += length;
    }
    return (struct edge_relay_outcome){NULL, reason};
}

/* True and the component, or false and why the bytes are no media packet. */
static bool recognise(const struct edge_flow *in, const struct edge_relay_packet *packet,
                      bool *is_rtcp, enum edge_drop *reason)
{
    *reason = EDGE_DROP_BAD_PACKET;
    if (packet->length > EDGE_PACKET_MAX) {
        *reason = EDGE_DROP_TOO_LONG;
        return false;
    }
    if (in->media->is_opaque) {
        *is_rtcp = false;
        return in->component == EDGE_RTP && packet->length > 0;
    }
    switch (edge_packet_classify(packet->bytes, packet->length)) {
    case EDGE_PACKET_RTP:
        *is_rtcp = false;
        return in->component == EDGE_RTP && edge_packet_rtp_is_valid(packet->bytes, packet->length);
    case EDGE_PACKET_RTCP:
        *is_rtcp = true;
        if (packet->length < EDGE_RTCP_HEADER)
            return false;
        return in->component == EDGE_RTCP || in->media->has_rtcp_mux;
    case EDGE_PACKET_STUN:
        *reason = EDGE_DROP_STUN;
        return false;
    case EDGE_PACKET_DTLS:
        *reason = EDGE_DROP_DTLS;
        return false;
    case EDGE_PACKET_OTHER:
        break;
    }
    return false;
}

/* Legs in clear prove nothing by a packet's content: only its source can speak for it. */
static bool plain_source_is_allowed(const struct edge_flow *in, const union edge_address *source)
{
    if (in->is_pinned)
        return edge_address_equal(source, &in->remote);
    switch (in->media->learning) {
    case EDGE_LEARN_PORT:
    case EDGE_LEARN_ASYMMETRIC:
        return edge_address_same_ip(source, &in->signalled);
    case EDGE_LEARN_OFF:
        return edge_address_equal(source, &in->signalled);
    case EDGE_LEARN_ANY:
        return source->any.sa_family == in->signalled.any.sa_family;
    }
    return false;
}

/* The packet is genuine: its source may be where the leg is. */
static void learn(struct edge_flow *in, const union edge_address *source, uint64_t now_ns)
{
    enum edge_learning learning = in->media->learning;

    if (learning == EDGE_LEARN_OFF || learning == EDGE_LEARN_ASYMMETRIC)
        return;
    if (!edge_address_is_usable(source))
        return;
    if (in->is_pinned && !edge_address_equal(source, &in->remote)) {
        /* A copy of a genuine packet, sent on by an eavesdropper who was faster than the original,
         * must not take the call away from a sender who is still there. */
        if (now_ns - in->pinned_seen_ns < EDGE_HANDOVER_NS)
            return;
    }
    in->remote = *source;
    in->is_pinned = true;
    in->pinned_seen_ns = now_ns;
}

static enum edge_drop reason_of(enum edge_srtp_status status)
{
    switch (status) {
    case EDGE_SRTP_REPLAY:
        return EDGE_DROP_REPLAY;
    case EDGE_SRTP_TOO_SHORT:
        return EDGE_DROP_NOT_SRTP;
    case EDGE_SRTP_SSRC_LIMIT:
        return EDGE_DROP_SSRC_LIMIT;
    case EDGE_SRTP_AUTH_FAILED:
    case EDGE_SRTP_OK:
    case EDGE_SRTP_FAILED:
        break;
    }
    return EDGE_DROP_AUTH_FAILED;
}

/* With the key in force, else with the one before it while that is tolerated. */
static enum edge_srtp_status unprotect_either(const struct edge_flow *in, bool is_rtcp,
                                              struct edge_relay_packet *packet, uint64_t now_ns)
{
    struct edge_media *media = in->media;
    struct edge_srtp *receive = edge_flow_receiver(in);
    _Alignas(8) uint8_t original[EDGE_PACKET_MAX];
    size_t original_length = packet->length;
    enum edge_srtp_status status;

    if (!media->receive_old || receive != media->receive ||
        (media->receive_old_until_ns != 0 && now_ns >= media->receive_old_until_ns))
        return edge_srtp_unprotect(receive, is_rtcp, packet->bytes, &packet->length);
    memcpy(original, packet->bytes, packet->length);
    status = edge_srtp_unprotect(receive, is_rtcp, packet->bytes, &packet->length);
    /* A re-INVITE may be refused: the old key stays good until the new one is seen in use. */
    if (status == EDGE_SRTP_OK && media->receive_old_until_ns == 0)
        media->receive_old_until_ns = now_ns + media->rekey_grace_ns;
    if (status != EDGE_SRTP_AUTH_FAILED)
        return status;
    memcpy(packet->bytes, original, original_length);
    packet->length = original_length;
    return edge_srtp_unprotect(media->receive_old, is_rtcp, packet->bytes, &packet->length);
}

/*
 * RTCP in clear from an SRTP leg that is allowed to: nobody vouches for it but its source, which
 * must be the address that has sent (or was signalled for) the leg's RTP.
 */
static bool plain_rtcp_is_allowed(const struct edge_flow *in, const union edge_address *source)
{
    return in->media->takes_plain_rtcp &&
           edge_address_same_ip(source, &in->media->flow[EDGE_RTP].remote);
}

/* True when the packet is genuine as far as its leg can tell, and now in clear. With
 * EDGE_DROP_PLAIN_RTCP in *reason its source is not proven. */
static bool authenticate(struct edge_flow *in, bool is_rtcp, struct edge_relay_packet *packet,
                         uint64_t now_ns, enum edge_drop *reason)
{
    struct edge_media *media = in->media;
    enum edge_srtp_status status;
    bool looks_plain;

    if (!media->is_srtp || media->is_opaque) {
        *reason = EDGE_DROP_UNKNOWN_SOURCE;
        if (!plain_source_is_allowed(in, packet->source))
            return false;
        *reason = EDGE_DROP_BAD_PACKET;
        return !is_rtcp || edge_packet_rtcp_is_valid(packet->bytes, packet->length);
    }
    *reason = EDGE_DROP_NO_KEY;
    if (!edge_flow_receiver(in))
        return false;
    looks_plain = is_rtcp && edge_packet_rtcp_is_valid(packet->bytes, packet->length);
    if (looks_plain && plain_rtcp_is_allowed(in, packet->source)) {
        *reason = EDGE_DROP_PLAIN_RTCP;
        return true;
    }
    status = unprotect_either(in, is_rtcp, packet, now_ns);
    if (status == EDGE_SRTP_OK)
        return true;
    *reason = looks_plain ? EDGE_DROP_PLAIN_RTCP : reason_of(status);
    return false;
}

/* Two that take turns keep their offsets: without its own a sender would fall behind again, and
 * after a restart of ours into numbers that were used since the record was made. */
static void change_ssrc(struct edge_media *media, uint32_t ssrc, uint16_t arrived)
{
    const struct edge_restart last = media->restart;

    if (media->restart_before.is_known && media->restart_before.ssrc == ssrc)
        media->restart = media->restart_before;
    else
        media->restart = (struct edge_restart){.is_known = true, .ssrc = ssrc, .last_out = arrived};
    media->restart_before = last;
}

static enum edge_srtp_status protect_rtp(struct edge_media *media, struct edge_relay_packet *packet)
{
    struct edge_restart *restart = &media->restart;
    uint32_t ssrc = edge_packet_rtp_ssrc(packet->bytes);
    uint16_t arrived = edge_packet_rtp_seq(packet->bytes);
    uint16_t seq;
    enum edge_srtp_status status;

    if (!restart->is_known || restart->ssrc != ssrc)
        change_ssrc(media, ssrc, arrived);
    seq = (uint16_t)(arrived + restart->offset);
    edge_packet_rtp_set_seq(packet->bytes, seq);
    status =
        edge_srtp_protect(media->send, false, packet->bytes, &packet->length, EDGE_PACKET_CAPACITY);
    if (status == EDGE_SRTP_REPLAY && ++restart->n_refused >= RESTART_AFTER) {
        seq = (uint16_t)(restart->last_out + 1 + (restart->goes_on ? RESTART_SKIP : 0));
        restart->offset = (uint16_t)(seq - arrived);
        edge_packet_rtp_set_seq(packet->bytes, seq);
        status = edge_srtp_protect(media->send, false, packet->bytes, &packet->length,
                                   EDGE_PACKET_CAPACITY);
    }
    if (status != EDGE_SRTP_OK)
        return status;
    restart->n_refused = 0;
    restart->goes_on = false;
    if ((uint16_t)(seq - restart->last_out) < 0x8000)
        restart->last_out = seq;
    return EDGE_SRTP_OK;
}

static enum edge_drop protect_reason_of(enum edge_srtp_status status)
{
    if (status == EDGE_SRTP_REPLAY)
        return EDGE_DROP_REPLAY;
    return status == EDGE_SRTP_SSRC_LIMIT ? EDGE_DROP_SSRC_LIMIT : EDGE_DROP_PROTECT_FAILED;
}

static bool find_way_out(const struct edge_media *media, bool is_rtcp, struct edge_flow **out)
{
    struct edge_media *peer = media->peer;

    if (!peer || !peer->is_active || !media->is_active || peer->is_opaque != media->is_opaque)
        return false;
    if (is_rtcp && peer == media)
        return false; /* an echo; reports about oneself are none */
    *out = &peer->flow[is_rtcp && !peer->has_rtcp_mux ? EDGE_RTCP : EDGE_RTP];
    return (*out)->fd >= 0 && edge_address_is_usable(&(*out)->remote);
}

struct edge_relay_outcome edge_relay_step(struct edge_flow *in, struct edge_relay_packet *packet,
                                          uint64_t now_ns)
{
    const struct edge_leg *leg = in->media->leg;
    size_t arrived = packet->length;
    enum edge_srtp_status status;
    struct edge_flow *out;
    enum edge_drop reason;
    bool is_rtcp;

    if (!recognise(in, packet, &is_rtcp, &reason) ||
        !authenticate(in, is_rtcp, packet, now_ns, &reason))
        return drop(in, arrived, reason);

    if (reason != EDGE_DROP_PLAIN_RTCP)
        learn(in, packet->source, now_ns);
    in->in.packets++;
    in->in.bytes += arrived;
    in->last_in_ns = now_ns;
    if (!in->media->is_opaque)
        in->ssrc_in =
            is_rtcp ? edge_packet_rtcp_ssrc(packet->bytes) : edge_packet_rtp_ssrc(packet->bytes);
    if (!is_rtcp && !in->media->is_opaque)
        edge_media_facts_take(&in->media->facts,
                              in->media->peer ? &in->media->peer->described : NULL,
                              &in->media->described, packet->bytes, packet->length, now_ns);

    /* Only here, so that a silenced leg's rollover counter keeps up and it can be let go on. */
    if (leg->verdict.is_active)
        return drop(in, arrived, leg->verdict.reason);
    if (!find_way_out(in->media, is_rtcp, &out))
        return drop(in, arrived, EDGE_DROP_NO_PEER);
    if (out->media == in->media)
        edge_packet_rtp_set_ssrc(packet->bytes, in->ssrc_in ^ ECHO_SSRC);
    if (out->media->is_srtp && !out->media->is_opaque) {
        if (!edge_flow_sender(out))
            return drop(in, arrived, EDGE_DROP_NO_KEY);
        status = is_rtcp ? edge_srtp_protect(edge_flow_sender(out), true, packet->bytes,
                                             &packet->length, EDGE_PACKET_CAPACITY)
                         : protect_rtp(out->media, packet);
        if (status != EDGE_SRTP_OK)
            return drop(in, arrived, protect_reason_of(status));
    }
    return (struct edge_relay_outcome){out, EDGE_DROP_COUNT};
}

void edge_relay_sent(struct edge_flow *in, struct edge_flow *out, size_t length, bool was_taken,
                     uint64_t now_ns)
{
    struct edge_leg *leg = in->media->leg;

    if (!was_taken) {
        drop(in, length, EDGE_DROP_SEND_FAILED);
        return;
    }
    out->out.packets++;
    out->out.bytes += length;
    leg->last_forwarded_ns = now_ns;
    if (leg->verdict.is_active)
        leg->verdict.forwarded_after++;
}
