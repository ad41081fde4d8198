// SPDX-License-Identifier: GPL-2.0-or-later
// Where requests within a call may go: to the remote target and over the route set that the other
// side itself named (RFC 3261 12.2.1.1), and to no other place, whatever their Request-URI says.
// What each side named lies with the dialog as keyed hashes, the newest 16 of a side.
#pragma once

#include <stdbool.h>

#include "core/parser/msg_parser.h"
#include "modules/dialog/dlg_hash.h"
#include "modules/dialog/dlg_load.h"

// binds must outlive it. FG_OK or FG_ENOMEM. Before the fork.
int fgm_targets_init(const struct dlg_binds *binds);
// Notes what msg says of its sender, the leg of dialog (DLG_CALLER_LEG or DLG_CALLEE_LEG): its tag
// where the dialog module does not tell it yet, its Contact and Record-Route. Any process.
void fgm_targets_note(struct dlg_cell *dialog, unsigned int leg, struct sip_msg *msg);
// Whether a provisional reply or an answer came with this tag from the callee.
bool fgm_targets_has_tag(struct dlg_cell *dialog, const str *tag);
// Whether the Request-URI of msg, and each of its Routes that is not one of ours, was named by leg.
// True for a dialog of whose caller nothing was noted: one that an older version left behind.
bool fgm_targets_allow(struct dlg_cell *dialog, unsigned int leg, struct sip_msg *msg);
