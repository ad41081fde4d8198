// SPDX-License-Identifier: GPL-2.0-or-later
// Judging one event of a call, and keeping of its verdicts the one that counts.
#pragma once

#include "replay_priv.h"

// Judges an event at now_ms into replay->plan and replay->decision.
void replay_judge(struct fg_replay *replay, struct replay_call *call, enum fg_event_kind kind,
                  int64_t now_ms);
// Keeps the verdict just made when it stops the call or is severer than those before. FG_ENOMEM.
FG_MUST_CHECK int replay_keep_verdict(struct fg_replay *replay, struct replay_call *call,
                                      bool stops, int64_t now_ms);
// What a result tells of a hold.
void replay_note_hold(const struct fg_replay *replay, const struct fg_hold *hold,
                      struct fg_replay_hold *out);
// The verdict of a call that a hold stops while it is up. FG_ENOMEM.
FG_MUST_CHECK int replay_keep_hold(struct replay_call *call, int64_t now_ms);
