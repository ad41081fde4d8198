// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialogue.h"

struct edge_leg *edge_dialogue_find_tag(const struct edge_session *session, struct edge_view tag)
{
    for (unsigned i = 0; tag.len > 0 && i < session->n_legs; i++) {
        struct edge_leg *leg = session->legs[i];

        if (leg && edge_leg_has_tag(leg, tag))
            return leg;
    }
    return NULL;
}

struct edge_leg *edge_dialogue_find_branch(const struct edge_session *session,
                                           struct edge_view branch)
{
    for (unsigned i = 0; branch.len > 0 && i < session->n_legs; i++) {
        struct edge_leg *leg = session->legs[i];

        if (leg && edge_view_is_equal(leg->via_branch, branch))
            return leg;
    }
    return NULL;
}

/* A leg that an offer was made to and that has not answered yet. */
static struct edge_leg *find_unnamed(const struct edge_session *session,
                                     const struct edge_leg *other, struct edge_view branch)
{
    for (unsigned i = 0; i < session->n_legs; i++) {
        struct edge_leg *leg = session->legs[i];

        if (!leg || leg == other || leg->n_tags > 0)
            continue;
        if (branch.len == 0 || leg->via_branch.len == 0 ||
            edge_view_is_equal(leg->via_branch, branch))
            return leg;
    }
    return NULL;
}

static int name_leg(struct edge_leg *leg, struct edge_view tag)
{
    if (tag.len == 0 || edge_leg_has_tag(leg, tag))
        return 0;
    return edge_leg_add_tag(leg, tag);
}

/* The leg an offer comes from. */
static int find_from(struct edge_session *session, const struct edge_ng_request *request,
                     uint64_t now_us, struct edge_leg **out)
{
    struct edge_leg *from = edge_dialogue_find_tag(session, request->from_tag);
    struct edge_leg *to = edge_dialogue_find_tag(session, request->to_tag);

    /* The called side makes a new offer before its first answer was seen here. */
    if (!from && to)
        from = find_unnamed(session, to, request->via_branch);
    if (from) {
        *out = from;
        return name_leg(from, request->from_tag);
    }
    return edge_session_add_leg(session, request->from_tag, now_us, out);
}

/* The leg an offer goes to. */
static int find_to(struct edge_session *session, struct edge_leg *from,
                   const struct edge_ng_request *request, uint64_t now_us, struct edge_leg **out)
{
    struct edge_leg *to = edge_dialogue_find_tag(session, request->to_tag);

    if (!to && request->to_tag.len == 0) {
        to = edge_dialogue_find_branch(session, request->via_branch);
        if (to == from)
            to = NULL;
    }
    if (!to)
        to = find_unnamed(session, from, request->via_branch);
    if (to == from)
        return EDGE_EINVALID;
    if (to) {
        *out = to;
        return name_leg(to, request->to_tag);
    }
    return edge_session_add_leg(session, request->to_tag, now_us, out);
}

int edge_dialogue_for_offer(struct edge_session *session, const struct edge_ng_request *request,
                            uint64_t now_us, struct edge_dialogue *out)
{
    struct edge_dialogue found;
    int err = find_from(session, request, now_us, &found.from);

    if (err == 0)
        err = find_to(session, found.from, request, now_us, &found.to);
    if (err == 0 && request->via_branch.len > 0 && found.to->n_tags == 0)
        err = edge_leg_set_text(&found.to->via_branch, request->via_branch);
    if (err == 0 && request->label.len > 0)
        err = edge_leg_set_text(&found.from->label, request->label);
    if (err == 0 && request->to_label.len > 0)
        err = edge_leg_set_text(&found.to->label, request->to_label);
    if (err != 0)
        return err;
    *out = found;
    return 0;
}

int edge_dialogue_for_answer(struct edge_session *session, const struct edge_ng_request *request,
                             struct edge_dialogue *out)
{
    struct edge_leg *from = edge_dialogue_find_tag(session, request->from_tag);
    struct edge_leg *to = edge_dialogue_find_tag(session, request->to_tag);
    int err;

    if (!from)
        return EDGE_EINVALID;
    if (!to)
        to = edge_dialogue_find_branch(session, request->via_branch);
    if (!to || to == from)
        to = find_unnamed(session, from, request->via_branch);
    /* A branch that shares the description another one has answered: the latest answer counts. */
    if (!to)
        to = from->peer;
    if (!to || to == from)
        return EDGE_EINVALID;
    err = name_leg(to, request->to_tag);
    /* The name of the leg that answers is the `label` of this request. */
    if (err == 0 && request->label.len > 0)
        err = edge_leg_set_text(&to->label, request->label);
    if (err != 0)
        return err;
    *out = (struct edge_dialogue){from, to};
    return 0;
}

static bool is_described(const struct edge_leg *leg)
{
    for (unsigned i = 0; i < leg->n_media; i++) {
        if (leg->media[i]->flow[EDGE_RTP].signalled.any.sa_family != AF_UNSPEC)
            return true;
    }
    return false;
}

static uint64_t hash_of(struct edge_view text)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.ptr[i]) * 0x100000001b3u;
    return hash | 1;
}

bool edge_dialogue_is_answer(const struct edge_session *session,
                             const struct edge_ng_request *request)
{
    const struct edge_leg *from = edge_dialogue_find_tag(session, request->from_tag);
    const struct edge_leg *to = edge_dialogue_find_tag(session, request->to_tag);

    if (!to || from == to || !is_described(to))
        return false;
    if (from)
        return from->answered_by_offer != 0 && from->answered_by_offer == hash_of(request->sdp);
    from = find_unnamed(session, to, request->via_branch);
    return from && from->peer == to && !is_described(from);
}

void edge_dialogue_note_answer(const struct edge_session *session,
                               const struct edge_ng_request *request)
{
    struct edge_leg *answerer = edge_dialogue_find_tag(session, request->to_tag);

    if (answerer)
        answerer->answered_by_offer = hash_of(request->sdp);
}
