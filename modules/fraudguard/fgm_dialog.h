// SPDX-License-Identifier: GPL-2.0-or-later
// Kamailio's dialog module: live calls come from its callbacks.
#pragma once

#include "core/parser/msg_parser.h"
#include "fgm_calls.h"

// Registers for dialogs. Without the dialog module calls are judged but not tracked (logged once).
// 0 or -1. In mod_init.
int fgm_dialog_init(void);
// Whether it is loaded.
bool fgm_dialog_tracks(void);
// Whether msg belongs to a dialog of this node, by its Call-ID and the tags it has. True where the
// dialog module is not loaded and nobody can tell. For SIP workers.
bool fgm_dialog_knows(struct sip_msg *msg);
