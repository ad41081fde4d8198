// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/plan.h"

#include "plan_priv.h"

#include <stddef.h>
#include <string.h>

fg_micro fg_plan_relative_base(const struct fg_plan *plan, enum fg_relative relative)
{
    const struct fg_customer *customer = plan->event->customer;
    fg_micro base = 0;
    if (customer == NULL) {
        return 0;
    }
    switch (relative) {
    case FG_RELATIVE_CHANNELS:
        base = customer->channels * FG_MICRO;
        break;
    case FG_RELATIVE_DAILY_LIMIT:
        base = customer->daily_limit_usd;
        break;
    case FG_RELATIVE_NONE:
    case FG_RELATIVE_METER:
        break;
    }
    return base > 0 ? base : 0;
}

uint64_t fg_rule_meters(const struct fg_rule *rule)
{
    uint64_t meters = 0;
    if (rule->measured && rule->measure_is_meter) {
        meters |= UINT64_C(1) << rule->measure_meter;
    }
    if (rule->measured && rule->relative_to == FG_RELATIVE_METER) {
        meters |= UINT64_C(1) << rule->relative_meter;
    }
    if (rule->throttles) {
        meters |= UINT64_C(1) << rule->throttle_meter;
    }
    for (uint8_t i = 0; i < rule->n_tests; i++) {
        meters |= UINT64_C(1) << rule->tests[i].meter;
    }
    return meters;
}

static bool has_base(const struct fg_plan *plan, const struct fg_rule *rule)
{
    return !rule->measured || rule->relative_to == FG_RELATIVE_NONE ||
           rule->relative_to == FG_RELATIVE_METER ||
           fg_plan_relative_base(plan, rule->relative_to) != 0;
}

// Rules of this event whose condition holds; returns the meters they need, a bit each.
static uint64_t match_rules(struct fg_plan *plan, struct fg_call_facts *facts)
{
    const struct fg_event *event = plan->event;
    const struct fg_ruleset *ruleset = plan->policy->ruleset;
    const uint16_t *indexes = ruleset->by_event[event->direction][event->kind];
    uint32_t n = ruleset->n_by_event[event->direction][event->kind];
    uint64_t needed = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct fg_rule *rule = &ruleset->rules[indexes[i]];
        if (!has_base(plan, rule)) {
            continue;
        }
        if (rule->mode == FG_MODE_OFF && !fg_plan_is_overridden(plan, indexes[i])) {
            continue; // on for some customers only, and not for this one
        }
        if (!fg_plan_rule_holds(plan, indexes[i], facts)) {
            continue;
        }
        plan->static_hits[indexes[i] / 64] |= UINT64_C(1) << (indexes[i] % 64);
        needed |= fg_rule_meters(rule);
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
    fg_plan_overrides(plan);
    fg_plan_allowance(plan);
    fg_plan_forget(policy->ruleset, facts);
    fg_plan_meters(plan, match_rules(plan, facts), facts);
    plan->store_needed = plan->request.n_ops > 0;
    fg_plan_holds(plan);
}
