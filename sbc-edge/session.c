// SPDX-License-Identifier: GPL-2.0-or-later
#include "session.h"

#include "keys_aside.h"
#include "leg_dtls.h"
#include "secret_store.h"

#include <stdlib.h>

_Static_assert(sizeof(struct edge_sdes_line) <= EDGE_SECRET_BYTES, "a key line fits a secret");

static int copy_text(struct edge_view text, struct edge_view *out)
{
    char *bytes = malloc(text.len + 1);

    if (!bytes)
        return EDGE_ENOMEM;
    if (text.len > 0)
        memcpy(bytes, text.ptr, text.len);
    bytes[text.len] = '\0';
    out->ptr = bytes;
    out->len = text.len;
    return 0;
}

static void free_text(struct edge_view *text)
{
    free((void *)(uintptr_t)text->ptr);
    *text = (struct edge_view){NULL, 0};
}

int edge_session_new(struct edge_view call_id, uint64_t now_us, uint64_t now_ns,
                     struct edge_session **out)
{
    struct edge_session *session = calloc(1, sizeof(*session));

    if (!session)
        return EDGE_ENOMEM;
    if (copy_text(call_id, &session->call_id) != 0) {
        free(session);
        return EDGE_ENOMEM;
    }
    session->created_us = now_us;
    session->last_signal_us = now_us;
    session->last_signal_ns = now_ns;
    *out = session;
    return 0;
}

void edge_media_forget_old_key(struct edge_media *media)
{
    edge_srtp_close(media->receive_old);
    media->receive_old = NULL;
    edge_secret_return((uint8_t *)media->remote_key_old);
    media->remote_key_old = NULL;
}

void edge_media_forget_keys(struct edge_media *media)
{
    edge_leg_dtls_free(media->dtls);
    media->dtls = NULL;
    edge_srtp_close(media->rtcp_receive);
    edge_srtp_close(media->rtcp_send);
    media->rtcp_receive = NULL;
    media->rtcp_send = NULL;
    edge_srtp_close(media->receive);
    edge_srtp_close(media->send);
    media->receive = NULL;
    media->send = NULL;
    edge_media_forget_old_key(media);
    edge_secret_return((uint8_t *)media->remote_key);
    media->remote_key = NULL;
    for (unsigned i = 0; i < EDGE_OWN_KEYS_MAX; i++) {
        edge_secret_return((uint8_t *)media->own_keys[i]);
        media->own_keys[i] = NULL;
    }
    media->n_own_keys = 0;
}

static void free_leg(struct edge_leg *leg)
{
    for (unsigned i = 0; i < leg->n_media; i++) {
        edge_keys_drop_aside(leg->media[i]);
        edge_media_forget_keys(leg->media[i]);
        free(leg->media[i]);
    }
    for (unsigned i = 0; i < leg->n_tags; i++)
        free_text(&leg->tags[i]);
    free_text(&leg->via_branch);
    free_text(&leg->label);
    edge_origin_free(leg->origin);
    free(leg);
}

void edge_session_free(struct edge_session *session)
{
    if (!session)
        return;
    for (unsigned i = 0; i < session->n_legs; i++)
        free_leg(session->legs[i]);
    free_text(&session->call_id);
    free(session);
}

int edge_session_add_leg(struct edge_session *session, struct edge_view tag, uint64_t now_us,
                         struct edge_leg **out)
{
    struct edge_leg *leg;

    if (session->n_legs == EDGE_LEGS_MAX)
        return EDGE_ELIMIT;
    leg = calloc(1, sizeof(*leg));
    if (!leg)
        return EDGE_ENOMEM;
    leg->session = session;
    leg->created_us = now_us;
    if (tag.len > 0 && edge_leg_add_tag(leg, tag) != 0) {
        free_leg(leg);
        return EDGE_ENOMEM;
    }
    session->legs[session->n_legs++] = leg;
    *out = leg;
    return 0;
}

void edge_session_remove_leg(struct edge_session *session, struct edge_leg *leg)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < session->n_legs; i++) {
        struct edge_leg *other = session->legs[i];

        if (other == leg)
            continue;
        session->legs[kept++] = other;
        if (other->peer != leg)
            continue;
        other->peer = NULL;
        for (unsigned m = 0; m < other->n_media; m++)
            other->media[m]->peer = NULL;
    }
    session->n_legs = kept;
    free_leg(leg);
}

int edge_leg_add_tag(struct edge_leg *leg, struct edge_view tag)
{
    struct edge_view copy;

    if (copy_text(tag, &copy) != 0)
        return EDGE_ENOMEM;
    if (leg->n_tags == EDGE_LEG_TAGS_MAX)
        free_text(&leg->tags[--leg->n_tags]);
    memmove(&leg->tags[1], &leg->tags[0], leg->n_tags * sizeof(leg->tags[0]));
    leg->tags[0] = copy;
    leg->n_tags++;
    return 0;
}

bool edge_leg_has_tag(const struct edge_leg *leg, struct edge_view tag)
{
    for (unsigned i = 0; i < leg->n_tags; i++) {
        if (edge_view_is_equal(leg->tags[i], tag))
            return true;
    }
    return false;
}

int edge_leg_set_text(struct edge_view *owned, struct edge_view text)
{
    struct edge_view copy;

    if (edge_view_is_equal(*owned, text))
        return 0;
    if (copy_text(text, &copy) != 0)
        return EDGE_ENOMEM;
    free_text(owned);
    *owned = copy;
    return 0;
}

int edge_leg_get_media(struct edge_leg *leg, unsigned index, struct edge_media **out)
{
    if (index >= EDGE_SDP_MEDIA_MAX)
        return EDGE_ELIMIT;
    while (leg->n_media <= index) {
        struct edge_media *media = calloc(1, sizeof(*media));

        if (!media)
            return EDGE_ENOMEM;
        media->leg = leg;
        media->index = leg->n_media;
        for (int c = EDGE_RTP; c < EDGE_COMPONENTS; c++) {
            media->flow[c].media = media;
            media->flow[c].component = (enum edge_component)c;
            media->flow[c].fd = -1;
        }
        leg->media[leg->n_media++] = media;
    }
    *out = leg->media[index];
    return 0;
}

void edge_session_join_legs(struct edge_leg *a, struct edge_leg *b)
{
    a->peer = b;
    b->peer = a;
    for (unsigned i = 0; i < a->n_media; i++)
        a->media[i]->peer = i < b->n_media ? b->media[i] : NULL;
    for (unsigned i = 0; i < b->n_media; i++)
        b->media[i]->peer = i < a->n_media ? a->media[i] : NULL;
}

/* The strongest reason for silence on a leg, or EDGE_DROP_COUNT for none. */
static enum edge_drop silence_reason(const struct edge_session *session, const struct edge_leg *leg)
{
    if (session->is_killed)
        return EDGE_DROP_KILLED;
    if (session->is_held)
        return EDGE_DROP_HELD;
    if (session->is_blocked || session->drops_traffic || leg->is_blocked)
        return EDGE_DROP_BLOCKED;
    if (session->needs_allowance && !session->is_allowed)
        return EDGE_DROP_NOT_ALLOWED;
    return EDGE_DROP_COUNT;
}

unsigned edge_session_apply_verdicts(struct edge_session *session, uint64_t heard_us,
                                     uint64_t now_us)
{
    unsigned silenced = 0;

    for (unsigned i = 0; i < session->n_legs; i++) {
        struct edge_verdict *verdict = &session->legs[i]->verdict;
        enum edge_drop reason = silence_reason(session, session->legs[i]);

        if (reason == EDGE_DROP_COUNT) {
            if (verdict->is_active)
                verdict->lifted_us = now_us;
            verdict->is_active = false;
            continue;
        }
        /* What was silent since nobody had allowed it is blocked from now on, not from then. */
        if (!verdict->is_active ||
            (verdict->reason == EDGE_DROP_NOT_ALLOWED && reason != EDGE_DROP_NOT_ALLOWED)) {
            unsigned is_verdict = reason != EDGE_DROP_NOT_ALLOWED;

            *verdict = (struct edge_verdict){.is_active = true,
                                             .n = verdict->n + is_verdict,
                                             .heard_us = heard_us,
                                             .applied_us = now_us,
                                             .forwarded_after = verdict->forwarded_after};
            silenced += is_verdict;
        }
        verdict->reason = reason;
    }
    return silenced;
}

uint64_t edge_session_last_packet_ns(const struct edge_session *session)
{
    uint64_t last = 0;

    for (unsigned l = 0; l < session->n_legs; l++) {
        const struct edge_leg *leg = session->legs[l];

        for (unsigned m = 0; m < leg->n_media; m++) {
            for (int c = EDGE_RTP; c < EDGE_COMPONENTS; c++) {
                if (leg->media[m]->flow[c].last_in_ns > last)
                    last = leg->media[m]->flow[c].last_in_ns;
            }
        }
    }
    return last;
}
