// SPDX-License-Identifier: GPL-2.0-or-later
// What overrides, rollouts and exceptions make of the rules for one customer.
#include "plan_priv.h"

#include <string.h>

// One that matches the customer.
static void apply(struct fg_plan *plan, uint32_t index)
{
    const struct fg_override *override = &plan->policy->ruleset->overrides[index];
    if (plan->now_ms >= override->until_ms || plan->n_overrides == FG_APPLIED_OVERRIDES_MAX) {
        return;
    }
    plan->overrides[plan->n_overrides++] = (uint16_t)index;
    plan->lists_grow = plan->lists_grow || override->n_appends > 0;
    if (override->changes != 0) {
        plan->overridden[override->rule / 64] |= UINT64_C(1) << (override->rule % 64);
    }
}

// First override of this customer's own; n_overrides when there is none before the end.
static uint32_t find_own(const struct fg_ruleset *ruleset, const char *customer)
{
    uint32_t low = ruleset->n_shared_overrides;
    uint32_t high = ruleset->n_overrides;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (strcmp(ruleset->overrides[middle].customer, customer) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

uint64_t fg_plan_shared_overrides(const struct fg_plan *plan)
{
    const struct fg_ruleset *ruleset = plan->policy->ruleset;
    uint64_t matching = 0;
    for (uint32_t i = 0; plan->event->customer != NULL && i < ruleset->n_shared_overrides; i++) {
        const bool matches = fg_plan_condition(plan, &ruleset->overrides[i].match);
        matching |= matches ? UINT64_C(1) << i : 0;
    }
    return matching;
}

void fg_plan_overrides(struct fg_plan *plan, const struct fg_call_facts *facts)
{
    const struct fg_ruleset *ruleset = plan->policy->ruleset;
    for (uint32_t i = 0; i < ruleset->n_shared_overrides; i++) {
        // A list that an earlier one adds to may make it match.
        if (plan->lists_grow ? fg_plan_condition(plan, &ruleset->overrides[i].match)
                             : (facts->shared_overrides >> i & 1) != 0) {
            apply(plan, i);
        }
    }
    if (ruleset->n_overrides == ruleset->n_shared_overrides) {
        return;
    }
    const char *customer = plan->event->customer->id;
    for (uint32_t i = find_own(ruleset, customer);
         i < ruleset->n_overrides && strcmp(ruleset->overrides[i].customer, customer) == 0; i++) {
        if (fg_plan_condition(plan, &ruleset->overrides[i].match)) {
            apply(plan, i);
        }
    }
}

void fg_plan_rule_terms(const struct fg_plan *plan, uint16_t rule, struct fg_rule_terms *out)
{
    const struct fg_ruleset *ruleset = plan->policy->ruleset;
    const struct fg_rule *written = &ruleset->rules[rule];
    *out = (struct fg_rule_terms){.mode = written->mode,
                                  .score = written->score,
                                  .action_at_least = written->action_at_least,
                                  .steps = written->steps,
                                  .n_steps = written->n_steps};
    if (!fg_plan_is_overridden(plan, rule)) {
        return;
    }
    for (uint16_t i = 0; i < plan->n_overrides; i++) {
        const struct fg_override *override = &ruleset->overrides[plan->overrides[i]];
        if (override->changes == 0 || override->rule != rule) {
            continue;
        }
        if ((override->changes & FG_CHANGE_MODE) != 0) {
            out->mode = override->mode;
            out->mode_overridden = true;
        }
        if ((override->changes & FG_CHANGE_SCORE) != 0) {
            out->score = override->score;
        }
        if ((override->changes & FG_CHANGE_ACTION) != 0) {
            out->action_at_least = override->action_at_least;
        }
        if ((override->changes & FG_CHANGE_STEPS) != 0) {
            out->steps = override->steps;
            out->n_steps = override->n_steps;
        }
    }
}

static bool is_drawn(const struct fg_plan *plan, const char *id, uint8_t percent)
{
    if (percent >= 100) {
        return true;
    }
    if (plan->event->customer == NULL) {
        return false;
    }
    // The label keeps these hashes apart from what else is hashed with the key.
    const struct fg_view parts[] = {fg_view_of("rollout"), fg_view_of(id),
                                    fg_view_of(plan->event->customer->id)};
    return fg_hash128_parts(&plan->policy->hash_key, parts, 3).lo % 100 < percent;
}

bool fg_plan_rolled_out(const struct fg_plan *plan, const struct fg_rule *rule)
{
    return !rule->rolls_out || is_drawn(plan, rule->id, rule->rollout_percent);
}

bool fg_plan_composite_rolled_out(const struct fg_plan *plan, const struct fg_composite *composite)
{
    return !composite->rolls_out || is_drawn(plan, composite->id, composite->rollout_percent);
}

int32_t fg_plan_exception(const struct fg_plan *plan, const struct fg_rule *rule)
{
    for (uint16_t i = 0; i < rule->n_exceptions; i++) {
        const struct fg_exception *exception = &rule->exceptions[i];
        if (plan->now_ms >= exception->until_ms) {
            continue;
        }
        for (uint32_t k = 0; k < exception->n; k++) {
            if (fg_plan_condition(plan, &exception->any[k])) {
                return i;
            }
        }
    }
    return -1;
}
