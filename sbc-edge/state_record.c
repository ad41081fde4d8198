// SPDX-License-Identifier: GPL-2.0-or-later
#include "state_record.h"

#include "state_bytes.h"
#include "state_layout.h"

#define NS_PER_MS 1000000u

static void put_flag(struct edge_bytes_writer *writer, bool is_set)
{
    edge_bytes_put_number(writer, is_set ? 1 : 0, 1);
}

static void put_address(struct edge_bytes_writer *writer, const union edge_address *address)
{
    switch (address->any.sa_family) {
    case AF_INET:
        edge_bytes_put_number(writer, EDGE_STATE_ADDRESS_V4, 1);
        edge_bytes_put(writer, &address->v4.sin_addr, 4);
        break;
    case AF_INET6:
        edge_bytes_put_number(writer, EDGE_STATE_ADDRESS_V6, 1);
        edge_bytes_put(writer, &address->v6.sin6_addr, 16);
        break;
    default:
        edge_bytes_put_number(writer, EDGE_STATE_ADDRESS_NONE, 1);
        return;
    }
    edge_bytes_put_number(writer, edge_address_port(address), 2);
}

static void put_tally(struct edge_bytes_writer *writer, const struct edge_tally *tally)
{
    edge_bytes_put_number(writer, tally->packets, 8);
    edge_bytes_put_number(writer, tally->bytes, 8);
}

static void put_line(struct edge_bytes_writer *writer, const struct edge_sdes_line *line)
{
    put_flag(writer, line != NULL);
    if (!line)
        return;
    edge_bytes_put_number(writer, line->tag, 4);
    edge_bytes_put_text(writer, edge_view_of(edge_srtp_suite_info(line->suite)->name));
    edge_bytes_put_text(writer, (struct edge_view){(const char *)line->key, line->key_len});
    edge_bytes_put_text(writer, (struct edge_view){(const char *)line->mki, line->mki_len});
}

static void put_positions(struct edge_bytes_writer *writer, const struct edge_srtp *srtp)
{
    struct edge_srtp_position positions[EDGE_SRTP_SSRC_MAX];
    size_t n = srtp ? edge_srtp_tell(srtp, positions, EDGE_SRTP_SSRC_MAX) : 0;

    put_flag(writer, srtp != NULL);
    edge_bytes_put_number(writer, n, 2);
    for (size_t i = 0; i < n; i++) {
        const struct edge_srtp_position *at = &positions[i];

        edge_bytes_put_number(writer, at->ssrc, 4);
        put_flag(writer, at->has_rtp);
        edge_bytes_put_number(writer, at->rtp_index, 6);
        put_flag(writer, at->has_rtcp);
        edge_bytes_put_number(writer, at->rtcp_index, 4);
    }
}

static void put_flow(struct edge_bytes_writer *writer, const struct edge_flow *flow)
{
    unsigned n = 0;

    put_address(writer, &flow->signalled);
    put_address(writer, &flow->remote);
    put_flag(writer, flow->is_pinned);
    edge_bytes_put_number(writer, flow->ssrc_in, 4);
    put_tally(writer, &flow->in);
    put_tally(writer, &flow->out);
    put_tally(writer, &flow->dropped);
    for (unsigned i = 0; i < EDGE_DROP_COUNT; i++)
        n += flow->drops[i] > 0;
    edge_bytes_put_number(writer, n, 1);
    /* By name: the numbers may be others in the next version. */
    for (unsigned i = 0; i < EDGE_DROP_COUNT; i++) {
        if (flow->drops[i] == 0)
            continue;
        edge_bytes_put_text(writer, edge_view_of(edge_drop_name((enum edge_drop)i)));
        edge_bytes_put_number(writer, flow->drops[i], 8);
    }
}

static enum edge_state_peer peer_of(const struct edge_media *media)
{
    if (!media->peer)
        return EDGE_STATE_PEER_NOBODY;
    return media->peer == media ? EDGE_STATE_PEER_SELF : EDGE_STATE_PEER_OTHER;
}

static void put_media(struct edge_bytes_writer *writer, const struct edge_media *media)
{
    edge_bytes_put_number(writer, peer_of(media), 1);
    put_flag(writer, media->is_active);
    put_flag(writer, media->is_srtp);
    put_flag(writer, media->is_opaque);
    put_flag(writer, media->takes_plain_rtcp);
    put_flag(writer, media->is_on_hold);
    put_flag(writer, media->has_rtcp_mux);
    edge_bytes_put_number(writer, media->type, 1);
    edge_bytes_put_number(writer, media->proto, 1);
    edge_bytes_put_number(writer, media->learning, 1);
    edge_bytes_put_number(writer, media->port, 2);
    for (int c = EDGE_RTP; c < EDGE_COMPONENTS; c++)
        put_flow(writer, &media->flow[c]);
    /* Keys made by DTLS are among them; their associations end with the process. */
    put_line(writer, media->remote_key);
    put_positions(writer, media->remote_key ? media->receive : NULL);
    put_line(writer, media->receive_old ? media->remote_key_old : NULL);
    put_positions(writer, media->remote_key_old ? media->receive_old : NULL);
    edge_bytes_put_number(writer, media->n_own_keys, 1);
    for (unsigned i = 0; i < media->n_own_keys; i++)
        put_line(writer, media->own_keys[i]);
    put_positions(writer, media->n_own_keys > 0 ? media->send : NULL);
    put_flag(writer, media->restart.is_known);
    edge_bytes_put_number(writer, media->restart.ssrc, 4);
    edge_bytes_put_number(writer, media->restart.offset, 2);
    edge_bytes_put_number(writer, media->restart.last_out, 2);
}

static void put_verdict(struct edge_bytes_writer *writer, const struct edge_verdict *verdict)
{
    put_flag(writer, verdict->is_active);
    edge_bytes_put_number(writer, verdict->n, 4);
    edge_bytes_put_text(writer, edge_view_of(edge_drop_name(verdict->reason)));
    edge_bytes_put_number(writer, verdict->heard_us, 8);
    edge_bytes_put_number(writer, verdict->applied_us, 8);
    edge_bytes_put_number(writer, verdict->lifted_us, 8);
    edge_bytes_put_number(writer, verdict->forwarded_after, 8);
    put_tally(writer, &verdict->dropped);
}

static unsigned peer_number(const struct edge_session *session, const struct edge_leg *leg)
{
    for (unsigned i = 0; i < session->n_legs; i++) {
        if (session->legs[i] == leg->peer)
            return i;
    }
    return EDGE_STATE_NO_PEER;
}

static void put_leg(struct edge_bytes_writer *writer, const struct edge_leg *leg,
                    const struct edge_state_extra *extra)
{
    edge_bytes_put_text(writer, edge_view_of(extra->interface_names[leg->interface]));
    put_address(writer, &extra->interface_addresses[leg->interface]);
    edge_bytes_put_number(writer, leg->n_tags, 1);
    /* Oldest first: tags are added at the front. */
    for (unsigned i = leg->n_tags; i-- > 0;)
        edge_bytes_put_text(writer, leg->tags[i]);
    edge_bytes_put_text(writer, leg->via_branch);
    edge_bytes_put_text(writer, leg->label);
    edge_bytes_put_number(writer, leg->peer ? peer_number(leg->session, leg) : EDGE_STATE_NO_PEER,
                          1);
    edge_bytes_put_number(writer, leg->srtp_policy, 1);
    put_flag(writer, leg->takes_plain_rtcp);
    edge_origin_write(leg->origin, writer);
    edge_bytes_put_number(writer, leg->created_us, 8);
    put_flag(writer, leg->is_blocked);
    put_verdict(writer, &leg->verdict);
    edge_bytes_put_number(writer, leg->n_media, 1);
    for (unsigned i = 0; i < leg->n_media; i++)
        put_media(writer, leg->media[i]);
}

static void put_head(struct edge_bytes_writer *writer, enum edge_state_kind kind,
                     struct edge_view call_id)
{
    edge_bytes_put_number(writer, EDGE_STATE_VERSION, 1);
    edge_bytes_put_number(writer, kind, 1);
    edge_bytes_put_text(writer, call_id);
}

static uint64_t delete_in_ms(const struct edge_session *session, uint64_t now_ns)
{
    if (session->delete_at_ns == 0)
        return 0;
    if (session->delete_at_ns <= now_ns)
        return 1;
    return (session->delete_at_ns - now_ns) / NS_PER_MS + 1;
}

int edge_state_write_call(const struct edge_session *session, const struct edge_state_extra *extra,
                          uint8_t *bytes, size_t size, size_t *length)
{
    struct edge_bytes_writer writer = {.bytes = bytes, .size = size};

    put_head(&writer, EDGE_STATE_CALL, session->call_id);
    edge_bytes_put_number(&writer, extra->saved_us, 8);
    edge_bytes_put_text(&writer, edge_view_of(session->customer));
    edge_bytes_put_number(&writer, session->created_us, 8);
    edge_bytes_put_number(&writer, session->last_signal_us, 8);
    edge_bytes_put_number(&writer, delete_in_ms(session, extra->now_ns), 8);
    put_flag(&writer, session->answered_ns != 0);
    edge_bytes_put_number(&writer, session->answered_us, 8);
    put_flag(&writer, session->is_blocked);
    put_flag(&writer, session->drops_traffic);
    put_flag(&writer, session->is_held);
    put_flag(&writer, session->is_killed);
    put_flag(&writer, session->needs_allowance);
    put_flag(&writer, session->is_allowed);
    edge_bytes_put_number(&writer, extra->kill_until_ms, 8);
    edge_bytes_put_number(&writer, extra->hold.until_ms, 8);
    put_flag(&writer, extra->hold.cut);
    edge_bytes_put_number(&writer, session->n_legs, 1);
    for (unsigned i = 0; i < session->n_legs; i++)
        put_leg(&writer, session->legs[i], extra);
    if (writer.has_failed)
        return EDGE_ENOSPACE;
    *length = writer.used;
    return 0;
}

int edge_state_write_early(const struct edge_state_early *early, uint8_t *bytes, size_t size,
                           size_t *length)
{
    struct edge_bytes_writer writer = {.bytes = bytes, .size = size};

    put_head(&writer, EDGE_STATE_EARLY, early->call_id);
    edge_bytes_put_number(&writer, early->flags, 1);
    edge_bytes_put_number(&writer, early->until_ms, 8);
    if (writer.has_failed)
        return EDGE_ENOSPACE;
    *length = writer.used;
    return 0;
}
