// SPDX-License-Identifier: GPL-2.0-or-later
// Attackers who play calls on the real engine and a real store, and what they get.
#pragma once

#include "fg/plan.h"

struct source {
    uint64_t state;
};
uint32_t below(struct source *source, uint32_t n);

// Where the attacker may call: users as dialled; their rates are the policy's.
struct attack {
    const struct fg_policy *policy;
    const struct fg_customer *customer;
    const char *const *users;
    uint32_t n_users;
    int64_t start_ms, length_ms;
    uint64_t seed;
};
// Plays one attack: the seed decides the manner (bursts, many calls that answer at once, long
// calls, short calls, changing destinations, waiting for midnight). Returns the most that it got
// within any period of window_ms [micro-USD].
fg_micro attack_play(const struct attack *attack, int64_t window_ms);
