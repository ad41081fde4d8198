// SPDX-License-Identifier: GPL-2.0-or-later
// Calls in progress over a restart of Kamailio: what the module knows of them lies in a file,
// STATE_DIR/calls, which is written every few seconds and when Kamailio stops. Where the dialog
// module brings a call's dialog back, the call goes on; else it is over.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fgm_calls.h"

// Reads what the last process knew, when there is a state directory. 0 or -1. In mod_init.
int fgm_restart_load(void);
// The call that has this lease, and its dialog again. False: none is known, or it was taken.
bool fgm_restart_take(uint64_t lease, struct fgm_call *call);
// Whether a dialog whose call began then must have been known: it ended before the restart.
bool fgm_restart_knew(int64_t began_ms);
// Ends the calls that nobody took. Before the fork, when the rules are loaded.
void fgm_restart_settle(void);
// Writes the file, where there is a state directory. One process at a time.
void fgm_restart_save(void);
// The process that writes the file while there are calls, and does nothing else: a disk that stalls
// keeps nobody waiting. Never returns.
void fgm_restart_run(void);
