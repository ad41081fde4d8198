// SPDX-License-Identifier: GPL-2.0-or-later
// The running sums of a decision: every point goes through tally_add(), so that the reasons and the
// scores cannot disagree.
#pragma once

#include "fg/decide.h"

#define FG_RULE_WORDS (FG_RULES_MAX / 64)

struct fg_tally {
    const struct fg_plan *plan;
    const struct fg_store_reply *reply; // NULL: no store answered
    struct fg_decision *out;
    uint64_t hits[FG_RULE_WORDS];     // enforced rules that hit
    uint64_t all_hits[FG_RULE_WORDS]; // those in shadow too
    uint64_t composites;              // those that may hold now that these rules hit, a bit each
    uint64_t groups;                  // those with points, a bit each
    int32_t group_points[FG_GROUPS_MAX], group_shadow_points[FG_GROUPS_MAX];
    enum fg_action at_least, all_at_least; // without and with shadow rules
};

// Adds a reason and its points to the sums. When the list is full its points join an earlier
// reason of the same sort (enforced or shadow), so the sums still add up.
void fg_tally_add(struct fg_tally *tally, const struct fg_reason *reason);
// Rules, then caps of groups, composites and the floor of zero.
void fg_tally_rules(struct fg_tally *tally);
void fg_tally_caps(struct fg_tally *tally);
void fg_tally_composites(struct fg_tally *tally);
// rule_score and all_score: sums of what the rules, caps and composites gave, without and with
// shadow ones; a reason takes them back to zero where they are below.
void fg_tally_floor(struct fg_tally *tally, int32_t rule_score, int32_t all_score);
