// SPDX-License-Identifier: GPL-2.0-or-later
// The most that a customer can lose in a period to somebody who has the customer's credentials and
// knows the rules: worked out from policy, rates and the customer's limits, without any traffic.
// Never too low; what it takes for granted is in docs/bound.md.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/ruleset.h"

#define FG_BOUND_PARTS_MAX  32
#define FG_BOUND_UNBOUNDED  INT64_MAX
#define FG_BOUND_RING_S     INT64_C(180) // as in the Kamailio configuration that is shipped
#define FG_BOUND_HOUR_MS    INT64_C(3600000)
#define FG_BOUND_WEEKEND_MS (60 * FG_BOUND_HOUR_MS) // Friday evening to Monday morning

// A rate that occurs, with a prefix that has it.
struct fg_bound_rate {
    fg_micro usd_per_minute;
    char prefix[16];
};
// Puts rates in the order that fg_bound_work_out() wants: rising, each once, none of 0. Returns how
// many are left.
uint32_t fg_bound_rates_sort(struct fg_bound_rate *rates, uint32_t n);

struct fg_bound_terms {
    const struct fg_policy *policy;
    const struct fg_customer *customer; // need not be in the policy's table
    int64_t now_ms;                     // which exceptions and overrides have expired
    const struct fg_bound_rate *rates;  // sorted
    uint32_t n_rates;
    int64_t ring_s; // a call that is not answered by then is over; 0: FG_BOUND_RING_S
};

// Destinations of a span of rates, and the rule that ends what they can cost.
struct fg_bound_part {
    uint16_t rule;                       // index into the ruleset's
    fg_micro from_usd_per_minute;        // the lowest rate that it is responsible for
    const struct fg_bound_rate *dearest; // the highest
    fg_micro usd;
};
struct fg_bound {
    fg_micro usd; // FG_BOUND_UNBOUNDED: no rule is sure to end it
    uint32_t n_parts;
    struct fg_bound_part parts[FG_BOUND_PARTS_MAX]; // rising rates; with a bound only
    const struct fg_bound_rate *hole;               // dearest unbounded rate; NULL with a bound
    bool hole_is_live; // money is limited there, but not the calls in progress at once
};

// Works out the bound for any period of that length. Allocates nothing.
void fg_bound_work_out(const struct fg_bound_terms *terms, int64_t period_ms, struct fg_bound *out);
