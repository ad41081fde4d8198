// SPDX-License-Identifier: GPL-2.0-or-later
// Plays recorded calls against a policy: the events of all of them in time order on the real plan,
// local store and decide, with holds and cuts as the module makes them. The same calls and policy
// give the same results in the same order. Keeps no clock and opens nothing; allocates from libc.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/calls.h"
#include "fg/decide.h"
#include "fg/err.h"
#include "fg/ruleset.h"
#include "fg/store.h"

#define FG_REPLAY_REORDER_ROWS 16384 // a row may come this many rows later than by its start
#define FG_REPLAY_LABELS_MAX   65536 // different labels; the calls of more count as FG_REPLAY_OTHER
#define FG_REPLAY_OTHER        "(more labels)"
#define FG_REPLAY_ID_MAX       96

// One line of a verdict's account.
struct fg_replay_reason {
    enum fg_reason_kind kind;
    uint16_t index;
    bool shadow;
    int32_t points;
};

// The hold that stopped a call.
#define FG_REPLAY_NO_RULE UINT16_MAX
struct fg_replay_hold {
    enum fg_hold_scope scope;
    uint64_t value;          // as in struct fg_hold
    bool is_composite;       // whose hold it is: a composite,
    uint16_t rule;           // else a rule, by index; FG_REPLAY_NO_RULE: nobody's
    char of[FG_HOLD_OF_MAX]; // what is held, numbers masked; empty where scope and value say it
};

struct fg_replay_result {
    uint64_t sequence;                  // number of the row among those taken, from 0
    struct fg_view call_id, label;      // label empty: a wanted call
    const struct fg_customer *customer; // NULL: nobody known
    enum fg_identity identity;
    enum fg_direction direction;
    // The decisive verdict: the one that stopped the call, else the severest one (of several, the
    // first).
    enum fg_action action;
    int32_t score, shadow_score;
    enum fg_event_kind at; // the event it was made on
    uint32_t n_reasons;
    const struct fg_replay_reason *reasons; // those that are not in shadow add up to score
    bool refused;                           // never went through: throttle, challenge or block
    bool cut;                               // stopped while it was up
    bool held;                              // a hold stopped it
    struct fg_replay_hold hold;             // that one
    int64_t start_ms, decided_ms;           // Unix [ms]
    int64_t cut_after_ms;                   // from the answer to the cut
    int64_t minutes_recorded;               // started minutes in the file
    int64_t minutes_through;                // started minutes until the end or the cut
    fg_micro usd_per_minute;                // 0: inbound, or no rate known
    uint64_t label_calls; // calls of this label that had started by decided_ms, this one included
};

struct fg_replay_config {
    const struct fg_policy *policy; // must outlive the replay and whoever names reasons
    // Called once a call, when its fate is known: refused, cut or ended. Views and pointers are
    // valid during the callback. Anything but FG_OK ends the replay.
    int (*result)(void *arg, const struct fg_replay_result *result);
    void *arg;
};

struct fg_replay_stats {
    uint64_t calls, events;
    uint64_t other_customer;  // rows that name another customer than the one identified
    uint64_t unavailable;     // events whose counters could not be read
    uint32_t live, live_most; // calls held in memory
};

struct fg_replay;
// NULL when out of memory. Takes 40 MB and more for the store, by the number of customers, and
// 1 kB for each call that waits for its turn or is up.
struct fg_replay *fg_replay_new(const struct fg_replay_config *config);
void fg_replay_free(struct fg_replay *replay);
// Takes a call, and plays the earliest events while more than FG_REPLAY_REORDER_ROWS calls wait for
// their start. FG_OK; FG_EINVAL: the call starts before what has been played, and is left out;
// FG_ENOMEM; else what result() returned.
FG_MUST_CHECK int fg_replay_add(struct fg_replay *replay, const struct fg_call_row *row);
// Plays everything that is left.
FG_MUST_CHECK int fg_replay_finish(struct fg_replay *replay);
void fg_replay_stats(const struct fg_replay *replay, struct fg_replay_stats *out);
// How often each rule of the policy hit in verdicts, shadow ones included: n_rules counts, valid as
// long as the replay.
const uint64_t *fg_replay_rule_hits(const struct fg_replay *replay);

// Id of a reason as explanations have it: "DEST_IRSF", "GROUP_CAP:velocity", "HOLD".
// NUL-terminated.
void fg_replay_reason_id(const struct fg_policy *policy, const struct fg_replay_result *result,
                         const struct fg_replay_reason *reason, char out[FG_REPLAY_ID_MAX]);
// Id of the rule or composite whose hold it was; "" when it is nobody's.
const char *fg_replay_hold_rule(const struct fg_policy *policy, const struct fg_replay_hold *hold);
