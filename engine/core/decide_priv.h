// SPDX-License-Identifier: GPL-2.0-or-later
// What the parts of decide share.
#pragma once

#include "plan_priv.h"
#include "tally.h"

// The band of a score.
enum fg_action fg_action_of(const struct fg_ruleset *ruleset, int32_t score);
// Once the verdict stands: whether an allowance sets it aside, which is told by a reason of its own
// that takes the points off; else, where there is one for this call, why it does not.
bool fg_decide_allowance(struct fg_tally *tally);
