// SPDX-License-Identifier: GPL-2.0-or-later
// Kamailio's dialog module: live calls come from its callbacks and end through it.
#pragma once

#include "fgm_calls.h"

// Registers for dialogs. Without the dialog module calls are judged but not tracked (logged once).
// 0 or -1. In mod_init.
int fgm_dialog_init(void);
// Sends BYE to both sides of an answered call. Any process that can use tm; not under locks of
// ours. False when the dialog is gone or not answered.
bool fgm_dialog_end(const struct fgm_call *call);
