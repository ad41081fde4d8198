// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "control.h"

/**
 * The worker's side of state that outlives the process: which sessions are due to be written, and
 * what to do with one that comes back. All no-ops without a keeper. For the owner of the control.
 */

/** The session was changed by more than packets: it is written with the next turn. */
void edge_state_touch(struct edge_control *control, struct edge_session *session);

/** Before a session is freed: it is over, and so is its record. */
void edge_state_forget(struct edge_control *control, struct edge_session *session);

/** Before a session is freed because the process ends: its last state is written. */
void edge_state_park(struct edge_control *control, struct edge_session *session);

/** A block that came before its call was set, or (`flags` 0) is no more. */
void edge_state_note_early(struct edge_control *control, struct edge_view call_id, unsigned flags);

/** Everything is to be written again. */
void edge_state_touch_all(struct edge_control *control);

/**
 * Hands over up to `max` sessions that are due, and more when they are late. To be called between
 * batches of packets.
 */
void edge_state_turn(struct edge_control *control, uint64_t now_ns, unsigned max);

/** Takes over a record that was brought back: EDGE_MAIL_ADOPT. */
void edge_state_adopt(struct edge_control *control, const struct edge_mail *mail);
