// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "control.h"

/**
 * The ng commands. Each adds its keys to `reply` and returns NULL, or returns the static text of an
 * error. `*session` is the call the request names, NULL where it is not known.
 */

struct edge_command {
    struct edge_control *control;
    const struct edge_ng_request *request;
    struct edge_session *session;
    struct edge_ng_value *reply;
};

const char *edge_command_offer(struct edge_command *command);
const char *edge_command_answer(struct edge_command *command);
const char *edge_command_delete(struct edge_command *command);
const char *edge_command_query(struct edge_command *command);

/** block media, silence media (which also silences RTCP here), and their opposites. */
const char *edge_command_block(struct edge_command *command);
const char *edge_command_unblock(struct edge_command *command);

/** Commands rtpengine has and that have nothing to act on here; answered with a warning. */
const char *edge_command_accept(struct edge_command *command);

/** Adds what `query` tells of a session to a reply. */
void edge_report_session(struct edge_command *command);

/** Applies holds, kills and early blocks to a session, and opens or closes its verdicts. */
void edge_control_judge(struct edge_control *control, struct edge_session *session);
