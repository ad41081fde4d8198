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
// Whether msg, which has a To tag, is a request of a call that goes on here. The dialog module
// takes any To tag while a call rings, so an INVITE needs an answered call and both of its tags;
// other methods may come while it rings. Ask before loose_route(), which ends the dialog of a BYE.
// True where the dialog module is not loaded. For SIP workers.
bool fgm_dialog_contains(struct sip_msg *msg);
// Whether msg, a request within a call, comes from a customer's side that must encrypt its media.
// For SIP workers.
bool fgm_dialog_must_encrypt(struct sip_msg *msg);
