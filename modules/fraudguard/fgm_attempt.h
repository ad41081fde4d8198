// SPDX-License-Identifier: GPL-2.0-or-later
// The attempt that this process is working on: whose lease it holds, and what comes of it by the
// end of the script: a dialog, a transaction without one, or nothing.
#pragma once

#include <stdbool.h>

#include "core/parser/msg_parser.h"
#include "fgm_calls.h"
#include "fgm_evaluate.h"
#include "fgm_msg.h"

// In mod_init, after fgm_dialog_init(). max_calls: live calls at once. 0 or negative.
int fgm_attempt_init(uint32_t max_calls);
// Gives event its lease, and says where no call of its own can come of it. False: a retransmission
// of an INVITE that is being dealt with, of which nothing is to come.
bool fgm_attempt_begin(struct sip_msg *msg, const struct fgm_request *request,
                       struct fg_event *event);
// What was decided on it.
void fgm_attempt_decided(const struct fgm_evaluation *evaluation);
// A dialog was made of msg: call, before it is added, and its handle afterwards.
void fgm_attempt_called(const struct sip_msg *msg, struct fgm_call *call);
void fgm_attempt_added(struct fgm_call_ref ref);
