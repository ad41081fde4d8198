// SPDX-License-Identifier: GPL-2.0-or-later
// First half of an evaluation: everything that needs no counter, and the one request to the store.
// Pure, allocates nothing.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/destination.h"
#include "fg/event.h"
#include "fg/meter.h"
#include "fg/ruleset.h"

struct fg_plan {
    const struct fg_policy *policy;
    const struct fg_event *event;
    int64_t now_ms;
    struct fg_local_time local;    // customer's clock
    struct fg_destination dest;    // the riskier reading, at the price of the dearer one
    bool dest_home, dest_ordinary; // by every reading
    bool home_known; // the customer's home countries are listed, or follow from the dial plan
    struct fg_destination caller;
    bool caller_owned, caller_others;        // by the customer, by another one
    bool emergency;                          // outbound, by any reading
    bool identity_refused;                   // or no customer at all
    bool unreadable;                         // the called number
    bool skip_rules;                         // emergency or refused identity: decide needs no store
    uint64_t static_hits[FG_RULES_MAX / 64]; // rules of this event whose condition holds
    int8_t op_of_meter[FG_METERS_MAX];       // index into request.ops, -1 none
    bool store_needed;
    struct fg_store_request request;
};

// Plans event at now_ms [Unix ms]. policy and event must outlive plan. Never fails: an unreadable
// number or a missing customer is planned as such.
void fg_plan(const struct fg_policy *policy, const struct fg_event *event, int64_t now_ms,
             struct fg_plan *plan);

// The value of one signal in this plan; what conditions and explanations read.
struct fg_signal_source;
void fg_plan_signal(const struct fg_plan *plan, enum fg_signal signal, const char *attr,
                    struct fg_value *out);
// Whether a condition holds for this plan.
bool fg_plan_condition(const struct fg_plan *plan, const struct fg_condition *condition);
