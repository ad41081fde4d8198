// SPDX-License-Identifier: GPL-2.0-or-later
/* ng: query, in rtpengine's shape, and what only this relay tells: verdict, srtp, drops. Texts of
 * the session are copied, since `delete` reports a session that is gone when the reply is written.
 */
#include "control_commands.h"

#include "leg_dtls.h"

#include <inttypes.h>
#include <stdio.h>

#define ADD_INT(arena, dict, key, n) edge_ng_add_int(arena, dict, EDGE_VIEW(key), (int64_t)(n))

struct report {
    struct edge_ng_arena *arena;
    uint64_t now_ns;
    uint64_t now_us;
    struct edge_tally totals[EDGE_COMPONENTS];
    uint64_t errors[EDGE_COMPONENTS];
};

/* Unix [us] of a monotonic time; 0 for "never". */
static uint64_t unix_us(const struct report *report, uint64_t then_ns)
{
    return then_ns == 0 ? 0 : report->now_us - (report->now_ns - then_ns) / 1000;
}

static void add_tally(struct report *report, struct edge_ng_value *parent, struct edge_view key,
                      const struct edge_tally *tally, uint64_t errors)
{
    struct edge_ng_value *dict = edge_ng_add_dict(report->arena, parent, key);

    ADD_INT(report->arena, dict, "packets", tally->packets);
    ADD_INT(report->arena, dict, "bytes", tally->bytes);
    ADD_INT(report->arena, dict, "errors", errors);
}

static void add_address(struct report *report, struct edge_ng_value *parent, struct edge_view key,
                        const union edge_address *address)
{
    struct edge_ng_value *dict;
    char text[EDGE_ADDRESS_TEXT];

    if (address->any.sa_family == AF_UNSPEC)
        return;
    dict = edge_ng_add_dict(report->arena, parent, key);
    edge_ng_add_str(report->arena, dict, EDGE_VIEW("family"),
                    address->any.sa_family == AF_INET6 ? EDGE_VIEW("IPv6") : EDGE_VIEW("IPv4"));
    edge_ng_add_str(
        report->arena, dict, EDGE_VIEW("address"),
        edge_ng_str_copy(report->arena, edge_view_of(edge_address_format(address, text))));
    ADD_INT(report->arena, dict, "port", edge_address_port(address));
}

static void add_drops(struct report *report, struct edge_ng_value *parent, const uint64_t *drops)
{
    struct edge_ng_value *dict = edge_ng_add_dict(report->arena, parent, EDGE_VIEW("drops"));

    for (int i = 0; i < EDGE_DROP_COUNT; i++) {
        if (drops[i] > 0)
            edge_ng_add_int(report->arena, dict, edge_view_of(edge_drop_name((enum edge_drop)i)),
                            (int64_t)drops[i]);
    }
}

static void add_stream(struct report *report, struct edge_ng_value *list,
                       const struct edge_flow *flow, const struct edge_ip *local)
{
    const struct edge_media *media = flow->media;
    struct edge_ng_arena *arena = report->arena;
    struct edge_ng_value *stream = edge_ng_add_dict(arena, list, (struct edge_view){0});
    struct edge_ng_value *flags;
    char text[EDGE_IP_TEXT_MAX];

    edge_ip_format(local, text);
    ADD_INT(arena, stream, "local port", media->port + flow->component);
    edge_ng_add_str(arena, stream, EDGE_VIEW("local address"),
                    edge_ng_str_copy(arena, edge_view_of(text)));
    edge_ng_add_str(arena, stream, EDGE_VIEW("family"),
                    local->family == EDGE_IP6 ? EDGE_VIEW("IPv6") : EDGE_VIEW("IPv4"));
    add_address(report, stream, EDGE_VIEW("endpoint"), &flow->remote);
    add_address(report, stream, EDGE_VIEW("advertised endpoint"), &flow->signalled);
    if (media->is_srtp && media->remote_key)
        edge_ng_add_str(arena, stream, EDGE_VIEW("crypto suite"),
                        edge_view_of(edge_srtp_suite_info(media->remote_key->suite)->name));
    ADD_INT(arena, stream, "last packet", unix_us(report, flow->last_in_ns) / 1000000);
    flags = edge_ng_add_list(arena, stream, EDGE_VIEW("flags"));
    edge_ng_add_str(arena, flags, (struct edge_view){0},
                    flow->component == EDGE_RTP ? EDGE_VIEW("RTP") : EDGE_VIEW("RTCP"));
    if (flow->remote.any.sa_family != AF_UNSPEC)
        edge_ng_add_str(arena, flags, (struct edge_view){0}, EDGE_VIEW("filled"));
    if (flow->is_pinned)
        edge_ng_add_str(arena, flags, (struct edge_view){0}, EDGE_VIEW("confirmed"));
    if (flow->in.packets > 0 && !media->is_opaque)
        ADD_INT(arena, stream, "SSRC", flow->ssrc_in);
    add_tally(report, stream, EDGE_VIEW("stats"), &flow->in, flow->dropped.packets);
    add_tally(report, stream, EDGE_VIEW("stats_out"), &flow->out, 0);
    add_drops(report, stream, flow->drops);
    report->totals[flow->component].packets += flow->in.packets;
    report->totals[flow->component].bytes += flow->in.bytes;
    report->errors[flow->component] += flow->dropped.packets;
}

static void add_dtls(struct edge_ng_arena *arena, struct edge_ng_value *srtp,
                     const struct edge_leg_dtls *leg)
{
    struct edge_ng_value *dict = edge_ng_add_dict(arena, srtp, EDGE_VIEW("dtls"));

    if (leg->is_settled)
        edge_ng_add_str(arena, dict, EDGE_VIEW("role"),
                        leg->role == EDGE_DTLS_ACTIVE ? EDGE_VIEW("active") : EDGE_VIEW("passive"));
    edge_ng_add_str(arena, dict, EDGE_VIEW("state"),
                    edge_view_of(edge_leg_dtls_state(leg, EDGE_RTP)));
    if (edge_leg_dtls_state(leg, EDGE_RTCP))
        edge_ng_add_str(arena, dict, EDGE_VIEW("rtcp_state"),
                        edge_view_of(edge_leg_dtls_state(leg, EDGE_RTCP)));
    if (leg->has_result)
        edge_ng_add_str(arena, dict, EDGE_VIEW("last_handshake"),
                        edge_view_of(edge_dtls_result_name(leg->result)));
}

/* Names of suites, never keys. */
static void add_srtp(struct report *report, struct edge_ng_value *parent,
                     const struct edge_media *media)
{
    struct edge_ng_arena *arena = report->arena;
    struct edge_ng_value *srtp = edge_ng_add_dict(arena, parent, EDGE_VIEW("srtp"));

    ADD_INT(arena, srtp, "encrypted",
            media->is_srtp && !media->is_opaque && media->receive && media->send);
    if (!media->is_srtp || media->is_opaque)
        return;
    if (media->remote_key)
        edge_ng_add_str(arena, srtp, EDGE_VIEW("suite_in"),
                        edge_view_of(edge_srtp_suite_info(media->remote_key->suite)->name));
    if (media->send && media->n_own_keys > 0)
        edge_ng_add_str(arena, srtp, EDGE_VIEW("suite_out"),
                        edge_view_of(edge_srtp_suite_info(media->own_keys[0]->suite)->name));
    if (media->dtls)
        add_dtls(arena, srtp, media->dtls);
    ADD_INT(arena, srtp, "replay_window", EDGE_SRTP_WINDOW);
    ADD_INT(arena, srtp, "rekeying", media->receive_old != NULL);
}

static struct edge_view type_name(enum edge_sdp_media_type type)
{
    switch (type) {
    case EDGE_MEDIA_AUDIO:
        return EDGE_VIEW("audio");
    case EDGE_MEDIA_VIDEO:
        return EDGE_VIEW("video");
    case EDGE_MEDIA_IMAGE:
        return EDGE_VIEW("image");
    case EDGE_MEDIA_TEXT:
        return EDGE_VIEW("text");
    case EDGE_MEDIA_OTHER:
        break;
    }
    return EDGE_VIEW("other");
}

/* Of a stream that was never accepted none is known. */
static struct edge_view protocol_name(const struct edge_media *media)
{
    const char *text = media->is_opaque ? "udptl" : edge_sdp_proto_text(media->proto);

    return text ? edge_view_of(text) : EDGE_VIEW("unknown");
}

static void add_media(struct report *report, struct edge_ng_value *list,
                      const struct edge_media *media, const struct edge_ip *local)
{
    struct edge_ng_arena *arena = report->arena;
    struct edge_ng_value *dict = edge_ng_add_dict(arena, list, (struct edge_view){0});
    struct edge_ng_value *streams;
    struct edge_ng_value *flags;
    char codec[EDGE_CODEC_MAX + 16];

    ADD_INT(arena, dict, "index", media->index + 1);
    edge_ng_add_str(arena, dict, EDGE_VIEW("type"), type_name(media->type));
    edge_ng_add_str(arena, dict, EDGE_VIEW("protocol"), protocol_name(media));
    if (media->facts.codec[0] != '\0' && !media->is_opaque) {
        (void)snprintf(codec, sizeof(codec), "%s/%" PRIu32, media->facts.codec,
                       media->facts.codec_clock_hz);
        edge_ng_add_str(arena, dict, EDGE_VIEW("codec"),
                        edge_ng_str_copy(arena, edge_view_of(codec)));
    }
    streams = edge_ng_add_list(arena, dict, EDGE_VIEW("streams"));
    for (int c = EDGE_RTP; c < EDGE_COMPONENTS && media->port != 0; c++)
        add_stream(report, streams, &media->flow[c], local);
    flags = edge_ng_add_list(arena, dict, EDGE_VIEW("flags"));
    if (media->is_active) {
        edge_ng_add_str(arena, flags, (struct edge_view){0}, EDGE_VIEW("initialized"));
        edge_ng_add_str(arena, flags, (struct edge_view){0}, EDGE_VIEW("send"));
        edge_ng_add_str(arena, flags, (struct edge_view){0}, EDGE_VIEW("recv"));
    }
    if (media->has_rtcp_mux)
        edge_ng_add_str(arena, flags, (struct edge_view){0}, EDGE_VIEW("rtcp-mux"));
    if (media->is_srtp)
        edge_ng_add_str(arena, flags, (struct edge_view){0},
                        media->dtls ? EDGE_VIEW("DTLS-SRTP") : EDGE_VIEW("SDES"));
    add_srtp(report, dict, media);
}

static void add_verdict(struct report *report, struct edge_ng_value *parent,
                        const struct edge_leg *const *legs, unsigned n_legs)
{
    struct edge_ng_arena *arena = report->arena;
    struct edge_ng_value *dict = edge_ng_add_dict(arena, parent, EDGE_VIEW("verdict"));
    const struct edge_verdict *first = NULL;
    struct edge_tally dropped = {0};
    uint64_t forwarded_after = 0;
    uint64_t last_ns = 0;

    for (unsigned i = 0; i < n_legs; i++) {
        const struct edge_verdict *verdict = &legs[i]->verdict;

        if (legs[i]->last_forwarded_ns > last_ns)
            last_ns = legs[i]->last_forwarded_ns;
        if (!verdict->is_active)
            continue;
        if (!first || verdict->applied_us < first->applied_us)
            first = verdict;
        forwarded_after += verdict->forwarded_after;
        dropped.packets += verdict->dropped.packets;
        dropped.bytes += verdict->dropped.bytes;
    }
    ADD_INT(arena, dict, "blocked", first != NULL);
    if (first) {
        edge_ng_add_str(arena, dict, EDGE_VIEW("reason"),
                        edge_view_of(edge_drop_name(first->reason)));
        ADD_INT(arena, dict, "heard_at_us", first->heard_us);
        ADD_INT(arena, dict, "verdict_at_us", first->applied_us);
    }
    ADD_INT(arena, dict, "last_forwarded_us", unix_us(report, last_ns));
    ADD_INT(arena, dict, "forwarded_after_verdict", forwarded_after);
    dict = edge_ng_add_dict(arena, dict, EDGE_VIEW("dropped_after_verdict"));
    ADD_INT(arena, dict, "packets", dropped.packets);
    ADD_INT(arena, dict, "bytes", dropped.bytes);
}

static void add_peer(struct report *report, struct edge_ng_value *tag, struct edge_view key,
                     const struct edge_leg *peer)
{
    struct edge_ng_value *list = edge_ng_add_list(report->arena, tag, key);
    struct edge_ng_value *dict;

    if (!peer || peer->n_tags == 0)
        return;
    dict = edge_ng_add_dict(report->arena, list, (struct edge_view){0});
    edge_ng_add_str(report->arena, dict, EDGE_VIEW("tag"),
                    edge_ng_str_copy(report->arena, peer->tags[0]));
    edge_ng_add_str(report->arena, dict, EDGE_VIEW("type"), EDGE_VIEW("offer/answer"));
}

static void add_leg(struct report *report, struct edge_ng_value *tags, const struct edge_leg *leg,
                    struct edge_view name, const struct edge_ip *local)
{
    struct edge_ng_arena *arena = report->arena;
    struct edge_ng_value *tag = edge_ng_add_dict(arena, tags, name);
    struct edge_ng_value *medias;

    edge_ng_add_str(arena, tag, EDGE_VIEW("tag"), name);
    if (leg->via_branch.len > 0)
        edge_ng_add_str(arena, tag, EDGE_VIEW("via-branch"),
                        edge_ng_str_copy(arena, leg->via_branch));
    if (leg->label.len > 0)
        edge_ng_add_str(arena, tag, EDGE_VIEW("label"), edge_ng_str_copy(arena, leg->label));
    ADD_INT(arena, tag, "created", leg->created_us / 1000000);
    add_peer(report, tag, EDGE_VIEW("subscriptions"), leg->peer);
    add_peer(report, tag, EDGE_VIEW("subscribers"), leg->peer);
    medias = edge_ng_add_list(arena, tag, EDGE_VIEW("medias"));
    for (unsigned i = 0; i < leg->n_media; i++)
        add_media(report, medias, leg->media[i], local);
    add_verdict(report, tag, &leg, 1);
}

void edge_report_session(struct edge_command *command)
{
    static const char *const untagged[EDGE_LEGS_MAX] = {
        "<untagged 1>", "<untagged 2>", "<untagged 3>", "<untagged 4>",
        "<untagged 5>", "<untagged 6>", "<untagged 7>", "<untagged 8>",
    };
    const struct edge_control *control = command->control;
    const struct edge_session *session = command->session;
    struct report report = {
        .arena = &command->control->arena, .now_ns = control->now_ns, .now_us = control->now_us};
    struct edge_ng_value *reply = command->reply;
    struct edge_ng_value *dict;

    ADD_INT(report.arena, reply, "created", session->created_us / 1000000);
    ADD_INT(report.arena, reply, "created_us", session->created_us % 1000000);
    ADD_INT(report.arena, reply, "last signal", session->last_signal_us / 1000000);
    if (session->customer[0] != '\0')
        edge_ng_add_str(report.arena, reply, EDGE_VIEW("customer"),
                        edge_ng_str_copy(report.arena, edge_view_of(session->customer)));
    edge_ng_add_dict(report.arena, reply, EDGE_VIEW("SSRC"));
    dict = edge_ng_add_dict(report.arena, reply, EDGE_VIEW("tags"));
    for (unsigned i = 0; i < session->n_legs; i++) {
        const struct edge_leg *leg = session->legs[i];
        struct edge_view name = leg->n_tags > 0 ? edge_ng_str_copy(report.arena, leg->tags[0])
                                                : edge_view_of(untagged[i]);

        add_leg(&report, dict, leg, name,
                &edge_interface_get_config(control->node->interfaces[leg->interface])->advertised);
    }
    add_verdict(&report, reply, (const struct edge_leg *const *)session->legs, session->n_legs);
    dict = edge_ng_add_dict(report.arena, reply, EDGE_VIEW("totals"));
    add_tally(&report, dict, EDGE_VIEW("RTP"), &report.totals[EDGE_RTP], report.errors[EDGE_RTP]);
    add_tally(&report, dict, EDGE_VIEW("RTCP"), &report.totals[EDGE_RTCP],
              report.errors[EDGE_RTCP]);
}

const char *edge_command_query(struct edge_command *command)
{
    if (!command->session)
        return EDGE_NG_TEXT_UNKNOWN_CALL;
    edge_report_session(command);
    return NULL;
}
