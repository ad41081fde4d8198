// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/plan.h"

#include "plan_priv.h"

#include <stddef.h>
#include <string.h>

// Where all of them are kept, the first call is too many.
static fg_micro free_lines(const struct fg_customer *customer, const struct fg_rule *rule)
{
    if (customer->channels <= 0) {
        return 0;
    }
    return customer->channels > rule->relative_kept
               ? (customer->channels - rule->relative_kept) * FG_MICRO
               : 1;
}

static fg_micro longest_of(const struct fg_plan *plan, const struct fg_longest *longest)
{
    if (longest->type_s[plan->dest.type] > 0) {
        return longest->type_s[plan->dest.type] * FG_MICRO;
    }
    return (!plan->dest_home && longest->abroad_s > 0 ? longest->abroad_s : longest->any_s) *
           FG_MICRO;
}

fg_micro fg_plan_relative_base(const struct fg_plan *plan, const struct fg_rule *rule)
{
    const struct fg_customer *customer = plan->event->customer;
    fg_micro base = 0;
    if (customer == NULL) {
        return 0;
    }
    switch (rule->relative_to) {
    case FG_RELATIVE_CHANNELS:
        base = customer->channels * FG_MICRO;
        break;
    case FG_RELATIVE_DAILY_LIMIT:
        base = customer->daily_limit_usd;
        break;
    case FG_RELATIVE_FREE_LINES:
        base = free_lines(customer, rule);
        break;
    case FG_RELATIVE_LONGEST:
        base = longest_of(plan, rule->longest);
        break;
    case FG_RELATIVE_NONE:
    case FG_RELATIVE_METER:
        break;
    }
    return base > 0 ? base : 0;
}

struct fg_meter_set fg_rule_meters(const struct fg_rule *rule)
{
    struct fg_meter_set meters = {{0}};
    if (rule->measured && rule->measure_is_meter) {
        fg_meter_set_add(&meters, rule->measure_meter);
    }
    if (rule->measured && rule->relative_to == FG_RELATIVE_METER) {
        fg_meter_set_add(&meters, rule->relative_meter);
    }
    if (rule->throttles) {
        fg_meter_set_add(&meters, rule->throttle_meter);
    }
    for (uint8_t i = 0; i < rule->n_tests; i++) {
        fg_meter_set_add(&meters, rule->tests[i].meter);
    }
    return meters;
}

static bool has_base(const struct fg_plan *plan, const struct fg_rule *rule)
{
    return !rule->measured || rule->relative_to == FG_RELATIVE_NONE ||
           rule->relative_to == FG_RELATIVE_METER || fg_plan_relative_base(plan, rule) != 0;
}

// The rules of this event whose condition holds, by their places in by_event, and the meters that
// count it.
struct matches {
    uint32_t words; // of rules
    struct fg_meter_set meters;
    uint64_t rules[FG_RULES_MAX / 64];
};

static bool concerns(const struct fg_asked *asked, const struct matches *left)
{
    uint64_t any = fg_meter_set_meets(&asked->meters, &left->meters);
    for (uint32_t i = 0; i < left->words; i++) {
        any |= asked->rules[i] & left->rules[i];
    }
    return any != 0;
}

static void match(const struct fg_plan *plan, struct fg_call_facts *facts, struct matches *left)
{
    const struct fg_event *event = plan->event;
    const struct fg_ruleset *ruleset = plan->policy->ruleset;
    const struct fg_asked *all = ruleset->asked_by_event[event->direction][event->kind];
    const uint32_t n_asked = ruleset->n_asked_by_event[event->direction][event->kind];
    const uint32_t n_rules = ruleset->n_by_event[event->direction][event->kind];
    left->words = (n_rules + 63) / 64;
    for (uint32_t i = 0; i < left->words; i++) {
        const uint32_t n = n_rules - 64 * i;
        left->rules[i] = n >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1;
    }
    left->meters = ruleset->changed_by_event[event->direction][event->kind];
    for (uint32_t i = 0; i < n_asked; i++) {
        const struct fg_asked *asked = &all[i];
        if (!concerns(asked, left) || fg_plan_predicate(plan, asked->predicate, asked->id, facts)) {
            continue;
        }
        fg_meter_set_leave(&left->meters, &asked->meters);
        for (uint32_t k = 0; k < left->words; k++) {
            left->rules[k] &= ~asked->rules[k];
        }
    }
}

// Notes the rules whose condition holds; returns the meters they need.
static struct fg_meter_set note_rules(struct fg_plan *plan, const struct matches *matches)
{
    const struct fg_event *event = plan->event;
    const struct fg_ruleset *ruleset = plan->policy->ruleset;
    const uint16_t *indexes = ruleset->by_event[event->direction][event->kind];
    struct fg_meter_set needed = {{0}};
    for (uint32_t i = 0; i < matches->words; i++) {
        for (uint64_t left = matches->rules[i]; left != 0; left &= left - 1) {
            const uint16_t index = indexes[64 * i + (uint32_t)__builtin_ctzll(left)];
            const struct fg_rule *rule = &ruleset->rules[index];
            // One that is off is on for some customers only, and not for this one.
            if (!has_base(plan, rule) ||
                (rule->mode == FG_MODE_OFF && !fg_plan_is_overridden(plan, index))) {
                continue;
            }
            plan->static_hits[index / 64] |= UINT64_C(1) << (index % 64);
            fg_meter_set_join(&needed, &ruleset->meters_of_rule[index]);
        }
    }
    return needed;
}

void fg_plan(const struct fg_policy *policy, const struct fg_event *event, int64_t now_ms,
             struct fg_plan *plan)
{
    struct fg_call_facts facts = {.known = false};
    fg_plan_call(policy, event, now_ms, &facts, plan);
}

void fg_plan_call(const struct fg_policy *policy, const struct fg_event *event, int64_t now_ms,
                  struct fg_call_facts *facts, struct fg_plan *plan)
{
    const struct fg_customer *customer = event->customer;
    // What the request holds beyond n_ops is nobody's: clearing it would cost more than planning.
    memset(plan, 0, offsetof(struct fg_plan, request.ops));
    memset(plan->op_of_meter, -1, sizeof(plan->op_of_meter));
    memset(plan->hit_op_of_meter, -1, sizeof(plan->hit_op_of_meter));
    plan->policy = policy;
    plan->event = event;
    plan->now_ms = now_ms;
    plan->local = fg_local_time(customer != NULL ? customer->zone : NULL, now_ms);
    fg_plan_numbers(plan, facts);
    plan->identity_refused = customer == NULL || !fg_identity_is_customer(event->identity);
    plan->skip_rules = plan->emergency || plan->identity_refused;
    if (plan->skip_rules) {
        return;
    }
    plan->request.customer = customer->id;
    plan->request.now_ms = now_ms;
    plan->request.once = event->kind == FG_EVENT_ATTEMPT;
    plan->request.call_key = event->call_key;
    fg_plan_overrides(plan, facts);
    fg_plan_allowance(plan);
    fg_plan_forget(policy->ruleset, facts);
    struct matches matches;
    match(plan, facts, &matches);
    const struct fg_meter_set needed = note_rules(plan, &matches);
    fg_plan_meters(plan, &matches.meters, &needed, facts);
    plan->store_needed = plan->request.n_ops > 0;
    fg_plan_holds(plan);
}
