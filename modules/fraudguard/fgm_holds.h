// SPDX-License-Identifier: GPL-2.0-or-later
// Holds: set and released by this node, heard from others through Redis, and what they do to calls
// in progress.
#pragma once

#include <stdint.h>

#include "fg/meter.h"
#include "fg/view.h"

// Puts a hold: it stops the next calls of this node at once; the writer process then ends calls in
// progress (hold->cut) and tells the other nodes. span: how it grows; NULL: it is somebody's.
// rules: ids, each ended by '\n'; may be empty. Any process; never blocks. Returns until when it
// lasts as this node knows it [Unix ms].
int64_t fgm_holds_set(const char *customer, const struct fg_hold *hold,
                      const struct fg_hold_span *span, struct fg_view rules);
// By hold's scope and value; reason and by are the release's. FG_ENOTFOUND when this node knew none
// (the others are told all the same).
int fgm_holds_release(const char *customer, const struct fg_hold *hold);

// Ends this node's calls that a hold concerns. Not in a SIP worker.
void fgm_holds_cut(const char *customer, const struct fg_hold *hold);

// Tells the relay that a call's media must stay silent. Any process; never blocks.
struct fgm_call;
void fgm_kill_media(const struct fgm_call *call, const char *reason, const char *by);

// Main loop of the process that listens for holds of others; returns only when it cannot start.
void fgm_holds_run(void);
