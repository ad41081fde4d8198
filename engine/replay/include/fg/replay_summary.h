// SPDX-License-Identifier: GPL-2.0-or-later
// What a replay's results come to: for the whole run, for wanted calls, and for each attack.
#pragma once

#include <stdint.h>

#include "fg/replay.h"

// Calls and money of one kind. Money is estimated: started minutes times the rate of the called
// number; inbound calls and numbers without a rate cost nothing.
struct fg_replay_totals {
    uint64_t calls;
    uint64_t refused; // at the attempt
    uint64_t cut;     // while up
    int64_t minutes_through, minutes_stopped;
    fg_micro usd_through, usd_stopped; // saturating
};

struct fg_replay_attack {
    const char *label;
    struct fg_replay_totals totals;
    int64_t first_ms;    // start of its first call [Unix ms]
    int64_t stop_ms;     // when a call of it was first refused or cut; only when stopped
    uint64_t stop_calls; // calls of it that had started by then, that one included
    bool stopped;
};

struct fg_replay_summary;
// NULL when out of memory.
struct fg_replay_summary *fg_replay_summary_new(void);
void fg_replay_summary_free(struct fg_replay_summary *summary);
// FG_ENOMEM.
FG_MUST_CHECK int fg_replay_summary_add(struct fg_replay_summary *summary,
                                        const struct fg_replay_result *result);
const struct fg_replay_totals *fg_replay_summary_all(const struct fg_replay_summary *summary);
// Calls without a label.
const struct fg_replay_totals *fg_replay_summary_wanted(const struct fg_replay_summary *summary);
uint64_t fg_replay_summary_actions(const struct fg_replay_summary *summary, enum fg_action action);
// Sorted by label; *n of them. Valid until the next result is added.
const struct fg_replay_attack *fg_replay_summary_attacks(struct fg_replay_summary *summary,
                                                         uint32_t *n);
// Share of part in whole in millionths, rounded down; 0 of nothing.
fg_micro fg_replay_share(uint64_t part, uint64_t whole);
