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

#define FG_CALL_SCOPES 32

// What is the same for all events of a call, so that it need not be looked up again at each of
// them. Before the call's first event known is false; then the engine fills it. It holds for one
// policy, and while the event's direction, customer, called number, caller, source and certificate
// stay as they are.
struct fg_call_facts {
    bool known;
    bool home_known, dest_home, dest_ordinary, caller_owned, caller_others, emergency, unreadable;
    struct fg_country_set home;
    struct fg_destination dest;
    struct fg_destination caller;
    // What meters are kept for, by the numbers in fg_ruleset.scope_of_meter, a bit and a hash each.
    uint64_t scopes_known, scopes_there;
    uint64_t scopes[FG_CALL_SCOPES];
    uint64_t shared_overrides; // those that name no customer and match this one, a bit each
    // Which predicates were evaluated, by the numbers in fg_ruleset.predicate_ids, and which held.
    uint64_t asked[FG_CALL_PREDICATES / 64], holds[FG_CALL_PREDICATES / 64];
};

struct fg_plan {
    const struct fg_policy *policy;
    const struct fg_event *event;
    int64_t now_ms;
    struct fg_local_time local;    // customer's clock
    struct fg_destination dest;    // the riskier reading, at the price of the dearer one
    bool dest_home, dest_ordinary; // by every reading
    struct fg_country_set home;    // the customer's home countries
    bool home_known;               // they are listed, or follow from the dial plan
    struct fg_destination caller;
    bool caller_owned, caller_others;        // by the customer, by another one
    bool emergency;                          // outbound, by any reading
    bool identity_refused;                   // or no customer at all
    bool unreadable;                         // the called number
    bool skip_rules;                         // emergency or refused identity: decide needs no store
    uint64_t static_hits[FG_RULES_MAX / 64]; // rules of this event whose condition holds
    // Overrides that apply to this customer now, in order: indexes into the ruleset's.
    uint16_t overrides[FG_APPLIED_OVERRIDES_MAX];
    uint16_t n_overrides;
    bool lists_grow;                        // one of them adds to a list
    uint64_t overridden[FG_RULES_MAX / 64]; // rules that one of them changes
    int8_t op_of_meter[FG_METERS_MAX];      // index into request.ops, -1 none
    int8_t hit_op_of_meter[FG_METERS_MAX];  // of a ratio's hits, of a typical meter's peers
    const struct fg_allowance *allowance;   // the one that is about this call, which may be over;
                                            // NULL: none
    int8_t allowance_calls_op, allowance_usd_op; // with one: index into request.ops, -1 none
    bool store_needed;
    struct fg_store_request request; // ops beyond n_ops hold anything
};

// Plans event at now_ms [Unix ms]. policy and event must outlive plan. Never fails: an unreadable
// number or a missing customer is planned as such.
void fg_plan(const struct fg_policy *policy, const struct fg_event *event, int64_t now_ms,
             struct fg_plan *plan);
// The same for the events of one call, which share facts.
void fg_plan_call(const struct fg_policy *policy, const struct fg_event *event, int64_t now_ms,
                  struct fg_call_facts *facts, struct fg_plan *plan);

// What a hold of this scope that this call set would hold: the value of struct fg_hold. False when
// the call lacks it.
bool fg_plan_hold_value(const struct fg_plan *plan, enum fg_hold_scope scope, uint64_t *value);
// The same for people, numbers masked; empty where the scope's text says it.
void fg_plan_hold_of(const struct fg_plan *plan, enum fg_hold_scope scope,
                     char out[FG_HOLD_OF_MAX]);

// The value of one signal in this plan; what conditions and explanations read.
struct fg_signal_source;
void fg_plan_signal(const struct fg_plan *plan, enum fg_signal signal, const char *attr,
                    struct fg_value *out);
// Whether a condition holds for this plan.
bool fg_plan_condition(const struct fg_plan *plan, const struct fg_condition *condition);

// The operation by which plan's event is noted in a meter of what was seen or is known, now and
// whatever the meter's conditions are: for tools that fill in what came before. plan->dest may have
// been changed by then. False for other kinds of meters, and where the event lacks a part of the
// key.
bool fg_plan_sighting(const struct fg_plan *plan, const struct fg_meter *meter,
                      struct fg_meter_op *op);

// The operation by which somebody of the customer's profile would say now what is usual for a
// typical meter that learns from peers; its amount and member are 0. For tools, as above.
void fg_plan_voice(const struct fg_plan *plan, const struct fg_meter *meter,
                   struct fg_meter_op *op);

// What a rule comes to for this customer: as written, or as overrides say.
struct fg_rule_terms {
    enum fg_mode mode;
    int32_t score;
    enum fg_action action_at_least;
    const struct fg_step *steps;
    uint8_t n_steps;
    bool mode_overridden; // the mode is an override's: no rollout takes it back
};
void fg_plan_rule_terms(const struct fg_plan *plan, uint16_t rule, struct fg_rule_terms *out);

// Whether a rollout has reached the customer. The same answer in every call, on every node with the
// same hash key: a keyed hash of rule and customer falls below the percentage or does not, so that
// a higher percentage only adds customers.
bool fg_plan_rolled_out(const struct fg_plan *plan, const struct fg_rule *rule);
bool fg_plan_composite_rolled_out(const struct fg_plan *plan, const struct fg_composite *composite);

// The exception of a rule that holds for this event now: index into rule->exceptions, -1 for none.
int32_t fg_plan_exception(const struct fg_plan *plan, const struct fg_rule *rule);
