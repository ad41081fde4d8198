// SPDX-License-Identifier: GPL-2.0-or-later
// Ending a call from here: a BYE to both sides, whatever happens in between.
#pragma once

#include <stdbool.h>

#include "fgm_calls.h"

struct dlg_cell;

// 0 or -1. In mod_init, after the dialog module is known to be there.
int fgm_cut_init(void);
// Sends BYE to both sides of an answered call. Any process that can use tm; not under locks of
// ours. False when the dialog is gone or not answered.
bool fgm_cut(const struct fgm_call *call);
// The dialog module is about to send its BYEs, for fgm_cut() or of its own accord. From its
// callback.
void fgm_cut_begins(const struct dlg_cell *dialog);
