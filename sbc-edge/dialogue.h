// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "ng_message.h"
#include "session.h"

/** Which legs of a session a request speaks of, by tags and Via branch. Opens no sockets. */

struct edge_dialogue {
    struct edge_leg *from; /**< whose description an offer carries */
    struct edge_leg *to;   /**< whose description an answer carries */
};

/**
 * For an offer: finds the two legs or makes them. Re-offers come from either end; branches of a
 * fork share the caller's leg and differ in Via branch. 0; EDGE_EINVALID for tags that do not fit
 * together; EDGE_ELIMIT for too many branches; EDGE_ENOMEM.
 */
int edge_dialogue_for_offer(struct edge_session *session, const struct edge_ng_request *request,
                            uint64_t now_us, struct edge_dialogue *out);

/** For an answer: the same, but makes no legs; gives an unnamed leg the To-tag. */
int edge_dialogue_for_answer(struct edge_session *session, const struct edge_ng_request *request,
                             struct edge_dialogue *out);

/**
 * True for an `offer` that is an answer: a proxy that mixes offer and manage says so of the called
 * side's description in a 183 or 200, with the tags swapped. It is one when that side has been
 * offered to and has not answered, or repeats what it answered with.
 */
bool edge_dialogue_is_answer(const struct edge_session *session,
                             const struct edge_ng_request *request);

/** For an offer that is an answer: remembers what was answered. `request` has its tags swapped. */
void edge_dialogue_note_answer(const struct edge_session *session,
                               const struct edge_ng_request *request);

/** The leg of that tag, or NULL. */
struct edge_leg *edge_dialogue_find_tag(const struct edge_session *session, struct edge_view tag);

/** The leg of that Via branch, or NULL. */
struct edge_leg *edge_dialogue_find_branch(const struct edge_session *session,
                                           struct edge_view branch);
