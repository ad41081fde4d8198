// SPDX-License-Identifier: GPL-2.0-or-later
// Holds: set and released by this node, heard from others through Redis, and what they do to calls
// in progress.
#pragma once

#include <stdint.h>

#include "fg/meter.h"
#include "fg/view.h"

// Puts a hold: it stops the next calls of this node at once; the writer process then ends calls in
// progress (hold->cut) and tells the other nodes. rules: ids, each ended by '\n'; may be empty. Any
// process; never blocks.
void fgm_holds_set(const char *customer, uint16_t country, const struct fg_hold *hold,
                   struct fg_view rules);
// FG_ENOTFOUND when this node knew none (the others are told all the same).
int fgm_holds_release(const char *customer, uint8_t scope, uint16_t country, const char *by);

// Ends this node's calls that a hold concerns. Not in a SIP worker.
void fgm_holds_cut(const char *customer, uint16_t country, const struct fg_hold *hold);

// Tells the relay that a call's media must stay silent. Any process; never blocks.
struct fgm_call;
void fgm_kill_media(const struct fgm_call *call, const char *reason, const char *by);

// Main loop of the process that listens for holds of others; returns only when it cannot start.
void fgm_holds_run(void);
