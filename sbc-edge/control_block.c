// SPDX-License-Identifier: GPL-2.0-or-later
/* ng: block media, silence media, and their opposites. RTP and RTCP both stop. */
#include "control_commands.h"

#include "dialogue.h"
#include "state_calls.h"

struct selection {
    bool is_whole_call;
    bool is_chosen[EDGE_LEGS_MAX];
};

static bool has_address(const struct edge_leg *leg, struct edge_view text)
{
    union edge_address address;

    if (edge_address_parse(text.ptr, text.len, 0, &address) != 0)
        return false;
    for (unsigned i = 0; i < leg->n_media; i++) {
        if (edge_address_same_ip(&leg->media[i]->flow[EDGE_RTP].signalled, &address))
            return true;
    }
    return false;
}

/* In rtpengine's order: all, label, address, from-tag, else the whole call. */
static const char *choose(const struct edge_session *session, const struct edge_ng_request *request,
                          struct selection *out)
{
    bool by_label = request->label.len > 0;
    bool by_address = !by_label && request->address.len > 0;
    bool found = false;

    *out = (struct selection){0};
    out->is_whole_call = (request->flags & EDGE_NG_FLAG_ALL) ||
                         (!by_label && !by_address && request->from_tag.len == 0);
    if (out->is_whole_call)
        return NULL;
    for (unsigned i = 0; i < session->n_legs; i++) {
        const struct edge_leg *leg = session->legs[i];

        if (by_label)
            out->is_chosen[i] = edge_view_is_equal(leg->label, request->label);
        else if (by_address)
            out->is_chosen[i] = has_address(leg, request->address);
        else
            out->is_chosen[i] = edge_leg_has_tag(leg, request->from_tag);
        found = found || out->is_chosen[i];
    }
    if (found)
        return NULL;
    return by_address ? EDGE_NG_TEXT_NO_ADDRESS_MATCH : EDGE_NG_TEXT_NO_SUCH_TAG;
}

static const char *set_blocks(struct edge_command *command, bool is_blocked)
{
    struct edge_session *session = command->session;
    struct selection selection;
    const char *error = choose(session, command->request, &selection);

    if (error)
        return error;
    if (selection.is_whole_call) {
        session->is_blocked = is_blocked;
        session->is_allowed = session->is_allowed || !is_blocked;
    }
    for (unsigned i = 0; i < session->n_legs; i++) {
        /* Unblocking the whole call also ends the blocks of its directions. */
        if (selection.is_chosen[i] || (selection.is_whole_call && !is_blocked))
            session->legs[i]->is_blocked = is_blocked;
    }
    edge_control_judge(command->control, session);
    return NULL;
}

const char *edge_command_block(struct edge_command *command)
{
    struct edge_control *control = command->control;
    struct edge_view call_id = command->request->call_id;

    if (command->session)
        return set_blocks(command, true);
    /* The verdict came before the offer: it waits, for the whole call. */
    if (edge_blocks_add_early(control->blocks, call_id.ptr, call_id.len, EDGE_BLOCK_MEDIA,
                              control->now_us / 1000) != 0)
        return "No room for more early blocks";
    edge_state_note_early(
        control, call_id,
        edge_blocks_early(control->blocks, call_id.ptr, call_id.len, control->now_us / 1000));
    edge_ng_add_str(&control->arena, command->reply, EDGE_VIEW("warning"),
                    EDGE_VIEW("Unknown call-ID; its media will be blocked when it comes"));
    return NULL;
}

/* Where nothing flows unless it was allowed, that may come before the offer, too. */
static const char *allow_early(struct edge_control *control, struct edge_view call_id,
                               unsigned flags)
{
    edge_blocks_clear_early(control->blocks, call_id.ptr, call_id.len, EDGE_BLOCK_MEDIA);
    if (edge_blocks_add_early(control->blocks, call_id.ptr, call_id.len, flags | EDGE_BLOCK_ALLOWED,
                              control->now_us / 1000) != 0)
        return "No room for more early blocks";
    edge_state_note_early(control, call_id, flags | EDGE_BLOCK_ALLOWED);
    return NULL;
}

const char *edge_command_unblock(struct edge_command *command)
{
    struct edge_control *control = command->control;
    struct edge_view call_id = command->request->call_id;
    uint64_t now_ms = control->now_us / 1000;
    unsigned flags;

    if (command->session)
        return set_blocks(command, false);
    flags = edge_blocks_early(control->blocks, call_id.ptr, call_id.len, now_ms);
    if (control->node->config->default_deny)
        return allow_early(control, call_id, flags & ~EDGE_BLOCK_MEDIA);
    if (flags == 0)
        return EDGE_NG_TEXT_UNKNOWN_CALL_ID;
    edge_blocks_clear_early(control->blocks, call_id.ptr, call_id.len, EDGE_BLOCK_MEDIA);
    edge_state_note_early(control, call_id, flags & ~EDGE_BLOCK_MEDIA);
    return NULL;
}
