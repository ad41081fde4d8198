// SPDX-License-Identifier: GPL-2.0-or-later
/* ng: delete. */
#include "control_commands.h"

#include "dialogue.h"
#include "leg_sockets.h"

#define SECOND_NS 1000000000u

/* True when another branch is left that shares the leg's other side. */
static bool has_sibling(const struct edge_session *session, const struct edge_leg *leg)
{
    for (unsigned i = 0; i < session->n_legs; i++) {
        const struct edge_leg *other = session->legs[i];

        if (other != leg && leg->peer && other != leg->peer && other->peer == leg->peer)
            return true;
    }
    return false;
}

static void remove_branch(struct edge_control *control, struct edge_session *session,
                          struct edge_leg *leg)
{
    struct edge_leg *shared = leg->peer;

    edge_leg_close_sockets(control, leg);
    edge_session_remove_leg(session, leg);
    for (unsigned i = 0; shared && !shared->peer && i < session->n_legs; i++) {
        if (session->legs[i]->peer == shared)
            edge_session_join_legs(shared, session->legs[i]);
    }
}

const char *edge_command_delete(struct edge_command *command)
{
    const struct edge_ng_request *request = command->request;
    struct edge_control *control = command->control;
    struct edge_session *session = command->session;
    struct edge_view tag = request->to_tag.len > 0 ? request->to_tag : request->from_tag;
    struct edge_leg *leg = NULL;

    if (session && tag.len > 0) {
        leg = request->to_tag.len == 0 ? edge_dialogue_find_branch(session, request->via_branch)
                                       : NULL;
        if (!leg)
            leg = edge_dialogue_find_tag(session, tag);
    }
    if (!session || (tag.len > 0 && !leg)) {
        if (request->flags & EDGE_NG_FLAG_FATAL)
            return EDGE_NG_TEXT_DELETE_UNKNOWN;
        edge_ng_add_str(&control->arena, command->reply, EDGE_VIEW("warning"),
                        EDGE_VIEW(EDGE_NG_TEXT_DELETE_UNKNOWN));
        return NULL;
    }
    edge_report_session(command);
    /* The delay is the call's: a branch that has ended has no media that could be late. */
    if (leg && has_sibling(session, leg))
        remove_branch(control, session, leg);
    else if (request->has_delete_delay && request->delete_delay_s > 0)
        session->delete_at_ns = control->now_ns + (uint64_t)request->delete_delay_s * SECOND_NS;
    else
        edge_control_end_session(control, session, EDGE_CLOSED_TERMINATED);
    return NULL;
}
