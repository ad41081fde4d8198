// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads what state_record.c wrote, or whatever else is in the store. */
#include "secret_store.h"
#include "state_bytes.h"
#include "state_layout.h"
#include "state_record.h"

#include <stdio.h>

#define TEXT_MAX   4096u
#define NS_PER_MS  1000000u
#define DELETE_MAX (((uint64_t)UINT32_MAX + 1) * 1000) /* [ms] */

struct reading {
    struct edge_bytes_reader bytes;
    int err; /* what failed besides the bytes; 0: nothing */
    uint64_t now_ns;
    bool is_old; /* EDGE_STATE_VERSION_OLD */
};

static bool has_failed(const struct reading *reading)
{
    return reading->err != 0 || reading->bytes.has_failed;
}

static void note_error(struct reading *reading, int err)
{
    if (reading->err == 0)
        reading->err = err;
}

static void get_address(struct reading *reading, union edge_address *out)
{
    uint64_t kind = edge_bytes_get_number(&reading->bytes, 1);
    size_t length = kind == EDGE_STATE_ADDRESS_V4 ? 4 : 16;
    const uint8_t *ip;

    memset(out, 0, sizeof(*out));
    if (kind == EDGE_STATE_ADDRESS_NONE)
        return;
    if (kind != EDGE_STATE_ADDRESS_V4 && kind != EDGE_STATE_ADDRESS_V6) {
        note_error(reading, EDGE_ESYNTAX);
        return;
    }
    ip = edge_bytes_get(&reading->bytes, length);
    if (!ip)
        return;
    if (kind == EDGE_STATE_ADDRESS_V4) {
        out->v4.sin_family = AF_INET;
        memcpy(&out->v4.sin_addr, ip, length);
    } else {
        out->v6.sin6_family = AF_INET6;
        memcpy(&out->v6.sin6_addr, ip, length);
    }
    edge_address_set_port(out, (uint16_t)edge_bytes_get_number(&reading->bytes, 2));
}

static void get_tally(struct reading *reading, struct edge_tally *out)
{
    out->packets = edge_bytes_get_number(&reading->bytes, 8);
    out->bytes = edge_bytes_get_number(&reading->bytes, 8);
}

/* A key line in the secret store, or NULL. */
static struct edge_sdes_line *get_line(struct reading *reading)
{
    struct edge_sdes_line *line;
    const struct edge_srtp_suite_info *suite;
    struct edge_view text;

    if (!edge_bytes_get_bool(&reading->bytes) || has_failed(reading))
        return NULL;
    line = (struct edge_sdes_line *)(void *)edge_secret_take();
    if (!line) {
        note_error(reading, EDGE_ENOMEM);
        return NULL;
    }
    line->tag = (uint32_t)edge_bytes_get_number(&reading->bytes, 4);
    if (line->tag > 999999999 && line->tag != EDGE_SDES_NO_TAG)
        note_error(reading, EDGE_ESYNTAX);
    line->suite = edge_srtp_suite_find(edge_bytes_get_text(&reading->bytes, 64));
    suite = edge_srtp_suite_info(line->suite);
    text = edge_bytes_get_text(&reading->bytes, EDGE_SDES_KEY_MAX);
    line->key_len = (uint8_t)text.len;
    if (text.len > 0)
        memcpy(line->key, text.ptr, text.len);
    if (!suite->is_usable || text.len != (size_t)suite->key_bytes + suite->salt_bytes)
        note_error(reading, EDGE_ESYNTAX);
    text = edge_bytes_get_text(&reading->bytes, EDGE_SDES_MKI_MAX);
    line->mki_len = (uint8_t)text.len;
    if (text.len > 0)
        memcpy(line->mki, text.ptr, text.len);
    return line;
}

/* The context that had got to these positions; NULL where there was none. */
static struct edge_srtp *get_context(struct reading *reading, const struct edge_sdes_line *line,
                                     enum edge_srtp_direction direction)
{
    struct edge_srtp_position positions[EDGE_SRTP_SSRC_MAX];
    bool is_there = edge_bytes_get_bool(&reading->bytes);
    size_t n = (size_t)edge_bytes_get_limited(&reading->bytes, 2, EDGE_SRTP_SSRC_MAX);
    struct edge_srtp *srtp;
    int err;

    for (size_t i = 0; i < n; i++) {
        struct edge_srtp_position *at = &positions[i];

        at->ssrc = (uint32_t)edge_bytes_get_number(&reading->bytes, 4);
        at->has_rtp = edge_bytes_get_bool(&reading->bytes);
        at->rtp_index = edge_bytes_get_number(&reading->bytes, 6);
        at->has_rtcp = edge_bytes_get_bool(&reading->bytes);
        at->rtcp_index = (uint32_t)edge_bytes_get_limited(&reading->bytes, 4, INT32_MAX);
    }
    if (has_failed(reading) || !is_there)
        return NULL;
    if (!line) {
        note_error(reading, EDGE_ESYNTAX);
        return NULL;
    }
    err = edge_srtp_open(line, direction, &srtp);
    if (err != 0) {
        note_error(reading, err);
        return NULL;
    }
    err = edge_srtp_go_on(srtp, positions, n);
    if (err == 0)
        return srtp;
    edge_srtp_close(srtp);
    note_error(reading, err);
    return NULL;
}

/* EDGE_DROP_COUNT for a reason that this version does not know. */
static enum edge_drop get_reason(struct reading *reading)
{
    struct edge_view name = edge_bytes_get_text(&reading->bytes, 64);

    for (unsigned i = 0; i < EDGE_DROP_COUNT; i++) {
        if (edge_view_is_equal(name, edge_view_of(edge_drop_name((enum edge_drop)i))))
            return (enum edge_drop)i;
    }
    return EDGE_DROP_COUNT;
}

static void get_flow(struct reading *reading, struct edge_flow *flow)
{
    uint64_t n;

    get_address(reading, &flow->signalled);
    get_address(reading, &flow->remote);
    flow->is_pinned = edge_bytes_get_bool(&reading->bytes);
    flow->pinned_seen_ns = flow->is_pinned ? reading->now_ns : 0;
    flow->ssrc_in = (uint32_t)edge_bytes_get_number(&reading->bytes, 4);
    get_tally(reading, &flow->in);
    get_tally(reading, &flow->out);
    get_tally(reading, &flow->dropped);
    n = edge_bytes_get_number(&reading->bytes, 1);
    for (uint64_t i = 0; i < n && !has_failed(reading); i++) {
        enum edge_drop reason = get_reason(reading);
        uint64_t count = edge_bytes_get_number(&reading->bytes, 8);

        if (reason != EDGE_DROP_COUNT)
            flow->drops[reason] = count;
    }
    /* That it had media is what counts: its time without any begins anew. */
    flow->last_in_ns = flow->in.packets > 0 ? reading->now_ns : 0;
}

static void get_keys(struct reading *reading, struct edge_media *media)
{
    uint64_t n;

    media->remote_key = get_line(reading);
    media->receive = get_context(reading, media->remote_key, EDGE_SRTP_RECEIVE);
    media->remote_key_old = get_line(reading);
    media->receive_old = get_context(reading, media->remote_key_old, EDGE_SRTP_RECEIVE);
    n = edge_bytes_get_limited(&reading->bytes, 1, EDGE_OWN_KEYS_MAX);
    for (uint64_t i = 0; i < n && !has_failed(reading); i++) {
        media->own_keys[i] = get_line(reading);
        if (!media->own_keys[i])
            note_error(reading, EDGE_ESYNTAX);
        else
            media->n_own_keys++;
    }
    media->send = get_context(reading, media->own_keys[0], EDGE_SRTP_SEND);
}

static void get_media(struct reading *reading, struct edge_media *media, uint16_t *port,
                      enum edge_state_peer *peer)
{
    *peer = (enum edge_state_peer)edge_bytes_get_limited(&reading->bytes, 1, EDGE_STATE_PEER_SELF);
    media->is_active = edge_bytes_get_bool(&reading->bytes);
    media->is_srtp = edge_bytes_get_bool(&reading->bytes);
    media->is_opaque = edge_bytes_get_bool(&reading->bytes);
    media->takes_plain_rtcp = edge_bytes_get_bool(&reading->bytes);
    media->is_on_hold = edge_bytes_get_bool(&reading->bytes);
    media->has_rtcp_mux = edge_bytes_get_bool(&reading->bytes);
    media->type =
        (enum edge_sdp_media_type)edge_bytes_get_limited(&reading->bytes, 1, EDGE_MEDIA_TEXT);
    media->proto =
        (enum edge_sdp_proto)edge_bytes_get_limited(&reading->bytes, 1, EDGE_PROTO_OTHER);
    media->learning =
        (enum edge_learning)edge_bytes_get_limited(&reading->bytes, 1, EDGE_LEARN_ANY);
    *port = (uint16_t)edge_bytes_get_number(&reading->bytes, 2);
    for (int c = EDGE_RTP; c < EDGE_COMPONENTS; c++)
        get_flow(reading, &media->flow[c]);
    get_keys(reading, media);
    media->restart.is_known = edge_bytes_get_bool(&reading->bytes);
    media->restart.ssrc = (uint32_t)edge_bytes_get_number(&reading->bytes, 4);
    media->restart.offset = (uint16_t)edge_bytes_get_number(&reading->bytes, 2);
    media->restart.last_out = (uint16_t)edge_bytes_get_number(&reading->bytes, 2);
    media->restart.goes_on = true;
}

static void get_verdict(struct reading *reading, struct edge_verdict *verdict)
{
    verdict->is_active = edge_bytes_get_bool(&reading->bytes);
    verdict->n = (unsigned)edge_bytes_get_number(&reading->bytes, 4);
    verdict->reason = get_reason(reading);
    /* One that this version does not know must not let the leg speak. */
    if (verdict->reason == EDGE_DROP_COUNT)
        verdict->reason = EDGE_DROP_BLOCKED;
    verdict->heard_us = edge_bytes_get_number(&reading->bytes, 8);
    verdict->applied_us = edge_bytes_get_number(&reading->bytes, 8);
    verdict->lifted_us = edge_bytes_get_number(&reading->bytes, 8);
    verdict->forwarded_after = edge_bytes_get_number(&reading->bytes, 8);
    get_tally(reading, &verdict->dropped);
}

static void get_texts(struct reading *reading, struct edge_leg *leg)
{
    uint64_t n_tags = edge_bytes_get_limited(&reading->bytes, 1, EDGE_LEG_TAGS_MAX);

    for (uint64_t i = 0; i < n_tags && !has_failed(reading); i++) {
        struct edge_view tag = edge_bytes_get_text(&reading->bytes, TEXT_MAX);

        if (!has_failed(reading))
            note_error(reading, edge_leg_add_tag(leg, tag));
    }
    for (int i = 0; i < 2; i++) {
        struct edge_view text = edge_bytes_get_text(&reading->bytes, TEXT_MAX);

        if (!has_failed(reading))
            note_error(reading, edge_leg_set_text(i == 0 ? &leg->via_branch : &leg->label, text));
    }
}

/* What joins legs, which can only be done when all are there. */
struct joins {
    uint8_t peer[EDGE_LEGS_MAX];
    enum edge_state_peer of_media[EDGE_LEGS_MAX][EDGE_SDP_MEDIA_MAX];
};

static void get_leg(struct reading *reading, struct edge_leg *leg, struct edge_state_place *place,
                    uint8_t *peer, enum edge_state_peer *of_media)
{
    struct edge_view name = edge_bytes_get_text(&reading->bytes, EDGE_INTERFACE_NAME_MAX);
    uint64_t n_media;

    snprintf(place->name, sizeof(place->name), "%.*s", (int)name.len, name.ptr ? name.ptr : "");
    get_address(reading, &place->local);
    get_texts(reading, leg);
    *peer = (uint8_t)edge_bytes_get_number(&reading->bytes, 1);
    leg->srtp_policy =
        (enum edge_srtp_policy)edge_bytes_get_limited(&reading->bytes, 1, EDGE_SRTP_REQUIRED);
    leg->takes_plain_rtcp = edge_bytes_get_bool(&reading->bytes);
    note_error(reading, edge_origin_read(&reading->bytes, &leg->origin));
    leg->created_us = edge_bytes_get_number(&reading->bytes, 8);
    leg->is_blocked = edge_bytes_get_bool(&reading->bytes);
    get_verdict(reading, &leg->verdict);
    n_media = edge_bytes_get_limited(&reading->bytes, 1, EDGE_SDP_MEDIA_MAX);
    for (unsigned i = 0; i < n_media && !has_failed(reading); i++) {
        struct edge_media *media;

        note_error(reading, edge_leg_get_media(leg, i, &media));
        if (!has_failed(reading))
            get_media(reading, media, &place->ports[i], &of_media[i]);
    }
}

static void join(struct edge_session *session, const struct joins *joins, struct reading *reading)
{
    for (unsigned l = 0; l < session->n_legs; l++) {
        struct edge_leg *leg = session->legs[l];

        if (joins->peer[l] == EDGE_STATE_NO_PEER)
            continue;
        if (joins->peer[l] >= session->n_legs || joins->peer[l] == l) {
            note_error(reading, EDGE_ESYNTAX);
            return;
        }
        leg->peer = session->legs[joins->peer[l]];
        for (unsigned m = 0; m < leg->n_media; m++) {
            if (joins->of_media[l][m] == EDGE_STATE_PEER_SELF)
                leg->media[m]->peer = leg->media[m];
            else if (joins->of_media[l][m] == EDGE_STATE_PEER_OTHER && m < leg->peer->n_media)
                leg->media[m]->peer = leg->peer->media[m];
        }
    }
}

static void get_call(struct reading *reading, struct edge_state_call *call)
{
    struct edge_session *session = call->session;
    struct edge_view customer = edge_bytes_get_text(&reading->bytes, EDGE_CUSTOMER_MAX);
    struct joins joins = {0};
    uint64_t n_legs;

    snprintf(session->customer, sizeof(session->customer), "%.*s", (int)customer.len,
             customer.ptr ? customer.ptr : "");
    session->created_us = edge_bytes_get_number(&reading->bytes, 8);
    session->last_signal_us = edge_bytes_get_number(&reading->bytes, 8);
    call->delete_in_ns = edge_bytes_get_limited(&reading->bytes, 8, DELETE_MAX) * NS_PER_MS;
    session->answered_ns = edge_bytes_get_bool(&reading->bytes) ? reading->now_ns : 0;
    session->answered_us =
        reading->is_old ? call->extra.saved_us : edge_bytes_get_number(&reading->bytes, 8);
    session->told_ns = reading->now_ns;
    session->is_blocked = edge_bytes_get_bool(&reading->bytes);
    session->drops_traffic = edge_bytes_get_bool(&reading->bytes);
    session->is_held = edge_bytes_get_bool(&reading->bytes);
    session->is_killed = edge_bytes_get_bool(&reading->bytes);
    session->needs_allowance = edge_bytes_get_bool(&reading->bytes);
    session->is_allowed = edge_bytes_get_bool(&reading->bytes);
    call->extra.kill_until_ms = edge_bytes_get_number(&reading->bytes, 8);
    call->extra.hold.until_ms = edge_bytes_get_number(&reading->bytes, 8);
    call->extra.hold.cut = edge_bytes_get_bool(&reading->bytes);
    n_legs = edge_bytes_get_limited(&reading->bytes, 1, EDGE_LEGS_MAX);
    for (unsigned i = 0; i < n_legs && !has_failed(reading); i++) {
        const struct edge_view no_tag = {NULL, 0};
        struct edge_leg *leg;

        note_error(reading, edge_session_add_leg(session, no_tag, 0, &leg));
        if (!has_failed(reading))
            get_leg(reading, leg, &call->places[i], &joins.peer[i], joins.of_media[i]);
    }
    if (!has_failed(reading))
        join(session, &joins, reading);
}

static int get_head(struct edge_bytes_reader *reader, enum edge_state_kind *kind,
                    struct edge_view *call_id, bool *is_old)
{
    const uint64_t version = edge_bytes_get_number(reader, 1);

    if (version != EDGE_STATE_VERSION && version != EDGE_STATE_VERSION_OLD)
        return EDGE_ESYNTAX;
    *is_old = version == EDGE_STATE_VERSION_OLD;
    *kind = (enum edge_state_kind)edge_bytes_get_number(reader, 1);
    *call_id = edge_bytes_get_text(reader, TEXT_MAX);
    if (reader->has_failed || call_id->len == 0 ||
        (*kind != EDGE_STATE_CALL && *kind != EDGE_STATE_EARLY))
        return EDGE_ESYNTAX;
    return 0;
}

int edge_state_read_head(struct edge_view bytes, enum edge_state_kind *kind,
                         struct edge_view *call_id)
{
    struct edge_bytes_reader reader = {(const uint8_t *)bytes.ptr, bytes.len, false};
    bool is_old;

    return get_head(&reader, kind, call_id, &is_old);
}

int edge_state_read_call(struct edge_view bytes, uint64_t now_ns, struct edge_state_call *out)
{
    struct reading reading = {{(const uint8_t *)bytes.ptr, bytes.len, false}, 0, now_ns, false};
    enum edge_state_kind kind;
    struct edge_view call_id;
    int err = get_head(&reading.bytes, &kind, &call_id, &reading.is_old);

    if (err != 0 || kind != EDGE_STATE_CALL)
        return EDGE_ESYNTAX;
    memset(out, 0, sizeof(*out));
    out->extra.saved_us = edge_bytes_get_number(&reading.bytes, 8);
    err = edge_session_new(call_id, 0, now_ns, &out->session);
    if (err != 0)
        return err;
    get_call(&reading, out);
    err = reading.err;
    if (err == 0 && (reading.bytes.has_failed || reading.bytes.left > 0))
        err = EDGE_ESYNTAX;
    if (err == 0)
        return 0;
    edge_session_free(out->session);
    out->session = NULL;
    return err;
}

int edge_state_read_early(struct edge_view bytes, struct edge_state_early *out)
{
    struct edge_bytes_reader reader = {(const uint8_t *)bytes.ptr, bytes.len, false};
    struct edge_state_early early;
    enum edge_state_kind kind;
    bool is_old;

    if (get_head(&reader, &kind, &early.call_id, &is_old) != 0 || kind != EDGE_STATE_EARLY)
        return EDGE_ESYNTAX;
    early.flags = (unsigned)edge_bytes_get_limited(&reader, 1, EDGE_BLOCK_ALL);
    early.until_ms = edge_bytes_get_number(&reader, 8);
    if (reader.has_failed || reader.left > 0)
        return EDGE_ESYNTAX;
    *out = early;
    return 0;
}
