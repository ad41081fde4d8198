// SPDX-License-Identifier: GPL-2.0-or-later
// Plays a rule test's calls in time order on the real plan, store and decide.
#pragma once

#include "fg/decide.h"
#include "testfile.h"

struct call_hit {
    enum fg_reason_kind kind;
    uint16_t index, detail;
    bool shadow;
};

// What one evaluation of a call came to.
struct call_result {
    bool decided;
    enum fg_action action;
    enum fg_identity identity;
    int32_t score, shadow_score, sip;
    int32_t minute; // of a minute event
    bool degraded, hold, drop_media;
    enum fg_hold_scope hold_scope; // with hold
    int64_t hold_for_s;            // of one that was set, else 0
    uint32_t n_hits;
    struct call_hit hits[FG_REASONS_MAX];
    char *reasons; // lines for people, malloc'd
};

// One call: its attempt, and the evaluation that cut it while it was up.
struct played_call {
    struct call_result attempt, cut;
};

struct play_results {
    struct played_call *calls; // in the order of their starts
    uint32_t n;
    uint64_t covered[FG_RULES_MAX / 64]; // rules of the file's ruleset that were hit
    uint8_t steps[FG_RULES_MAX];         // and which steps of each: 1 << step
    uint64_t composites;                 // composites that hit: 1 << index
};

// Plays test. FG_ENOMEM. *out is freed with play_results_fini() in any case.
FG_MUST_CHECK int play_test(const struct test_case *test, const struct test_file *file,
                            const struct fg_policy *policy, struct play_results *out);
void play_results_fini(struct play_results *results);
