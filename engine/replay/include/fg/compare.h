// SPDX-License-Identifier: GPL-2.0-or-later
// The same calls played against two policies side by side, and what comes out differently. Pure as
// fg/replay.h is; the same calls and policies give the same pairs in the same order.
#pragma once

#include "fg/replay.h"

enum fg_compare_side { FG_COMPARE_OLD, FG_COMPARE_NEW };
#define FG_COMPARE_SIDES 2

#define FG_COMPARE_NO_RULE "(thresholds)" // no reason weighs more: thresholds or effects differ

enum fg_compare_change { FG_COMPARE_SAME, FG_COMPARE_BLOCKED, FG_COMPARE_FREED };

// A call whose fate is known on both sides.
struct fg_compare_pair {
    const struct fg_replay_result *sides[FG_COMPARE_SIDES];
    enum fg_compare_change change; // BLOCKED: refused or cut with the new policy only; FREED: old
    // The reason that made the difference: of those on the side that stops the call, the one that
    // weighs the most more than on the other side; "" for SAME.
    char rule[FG_REPLAY_ID_MAX];
};

// Counts of one customer, one rule, or of all.
struct fg_compare_counts {
    uint64_t blocked, freed;               // newly blocked; no longer blocked
    uint64_t wanted_blocked, wanted_freed; // of them calls without a label
    // Started minutes times the rate of calls that get less, or more, through than before;
    // saturating.
    fg_micro usd_less, usd_more;
    fg_micro wanted_usd_less, wanted_usd_more; // of them calls without a label
};

struct fg_compare_item {
    const char *name; // customer's id or reason's id; "-": nobody known
    struct fg_compare_counts counts;
};

struct fg_compare_config {
    // Both must outlive the comparison, and hold the same customers.
    const struct fg_policy *policies[FG_COMPARE_SIDES];
    // Called once a call whose change is not SAME. Valid during the callback. Anything but FG_OK
    // ends the comparison.
    int (*differs)(void *arg, const struct fg_compare_pair *pair);
    void *arg;
};

struct fg_compare;
// NULL when out of memory. Takes what two replays take, and 0.3 kB for each call whose fate is
// known on one side only.
struct fg_compare *fg_compare_new(const struct fg_compare_config *config);
void fg_compare_free(struct fg_compare *compare);
// As fg_replay_add() and fg_replay_finish(), on both sides.
FG_MUST_CHECK int fg_compare_add(struct fg_compare *compare, const struct fg_call_row *row);
FG_MUST_CHECK int fg_compare_finish(struct fg_compare *compare);
void fg_compare_stats(const struct fg_compare *compare, enum fg_compare_side side,
                      struct fg_replay_stats *out);
const struct fg_compare_counts *fg_compare_all(const struct fg_compare *compare);
// Calls refused or cut on a side.
uint64_t fg_compare_stopped(const struct fg_compare *compare, enum fg_compare_side side);
// Those that differ, the most calls first, then by name; *n of them. Valid until the next call.
// NULL when out of memory.
const struct fg_compare_item *fg_compare_customers(struct fg_compare *compare, uint32_t *n);
const struct fg_compare_item *fg_compare_rules(struct fg_compare *compare, uint32_t *n);
