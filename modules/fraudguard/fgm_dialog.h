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
// takes any To tag while a call rings: an INVITE needs an answered call and both of its tags, other
// methods may come while it rings with one that a reply had. Ask before loose_route(), which ends
// the dialog of a BYE. True where the dialog module is not loaded. For SIP workers.
bool fgm_dialog_contains(struct sip_msg *msg);
// Whether msg, for which fgm_dialog_contains() holds, goes where the other side of its call is to
// be reached, and nowhere else. Ask before loose_route(). True where there is no such dialog. For
// SIP workers.
bool fgm_dialog_reaches(struct sip_msg *msg);
// Whether msg, a request or a reply within a call, comes from a customer's side that must encrypt
// its media. For SIP workers.
bool fgm_dialog_must_encrypt(struct sip_msg *msg);
