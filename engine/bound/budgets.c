// SPDX-License-Identifier: GPL-2.0-or-later
#include "budgets.h"

#include <string.h>

#define SUM_MAX (INT64_C(1) << 52) // where meters saturate

__extension__ typedef __int128 wide;

// --- the least points that a hit can come to
// ------------------------------------------------------------------------------------------------

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t least_of_steps(int64_t least, const struct fg_step *steps, uint8_t n)
{
    for (uint8_t i = 0; i < n; i++) {
        least = lesser(least, steps[i].score);
    }
    return least;
}

// Points that a rule may take off, as written or as any override has it.
static int64_t rule_takes_off(const struct fg_ruleset *ruleset, uint16_t index)
{
    const struct fg_rule *rule = &ruleset->rules[index];
    int64_t least = lesser(lesser(0, rule->score), rule->unavailable_score);
    least = least_of_steps(least, rule->steps, rule->n_steps);
    for (uint32_t i = 0; i < ruleset->n_overrides; i++) {
        const struct fg_override *override = &ruleset->overrides[i];
        if (override->changes != 0 && override->rule == index) {
            least = lesser(least, override->score);
            least = least_of_steps(least, override->steps, override->n_steps);
        }
    }
    return least;
}

// What everything else together may take off the points of a rule in group.
static int64_t certain_points(const struct fg_ruleset *ruleset, int32_t group, int32_t score)
{
    int64_t taken[FG_GROUPS_MAX] = {0};
    int64_t points = 0;
    for (uint32_t i = 0; i < ruleset->n_rules; i++) {
        int64_t off = rule_takes_off(ruleset, (uint16_t)i);
        if (ruleset->rules[i].group >= 0) {
            taken[ruleset->rules[i].group] += off;
        } else {
            points += off;
        }
    }
    for (uint32_t i = 0; i < ruleset->n_composites; i++) {
        points += lesser(0, ruleset->composites[i].score);
    }
    for (uint32_t i = 0; i < ruleset->n_groups; i++) {
        int64_t own = (int32_t)i == group ? score : 0;
        points += lesser(ruleset->groups[i].cap, taken[i] + own);
    }
    return group < 0 ? points + score : points;
}

// Whether one step of a rule is enough for least, whatever else is hit.
static bool step_suffices(const struct fg_ruleset *ruleset, const struct fg_rule *rule,
                          const struct fg_rule_terms *terms, const struct fg_step *step,
                          enum fg_action least)
{
    if (terms->action_at_least >= least || step->action_at_least >= least) {
        return true;
    }
    int64_t points = certain_points(ruleset, rule->group, step->score);
    for (int action = FG_BLOCK; action >= (int)least; action--) {
        if (points >= ruleset->thresholds[action]) {
            return true;
        }
    }
    return false;
}

// Above which measure the rule is certain to come to least. The highest step that is exceeded
// counts, so all steps from there on must do. False: none.
static bool certain_above(const struct fg_ruleset *ruleset, const struct fg_rule *rule,
                          const struct fg_rule_terms *terms, enum fg_action least, fg_micro *above)
{
    bool found = false;
    for (uint8_t i = terms->n_steps; i > 0; i--) {
        if (!step_suffices(ruleset, rule, terms, &terms->steps[i - 1], least)) {
            break;
        }
        *above = terms->steps[i - 1].above;
        found = true;
    }
    return found;
}

// --- what is certain whatever the caller chooses
// ----------------------------------------------------------------------------------------------

static bool holds_for_rate(const struct fg_predicate *predicate, fg_micro rate)
{
    switch (predicate->op) {
    case FG_OP_PRESENT:
        return predicate->truth;
    case FG_OP_IS:
        return predicate->number == rate;
    case FG_OP_ABOVE:
        return rate > predicate->number;
    case FG_OP_BELOW:
        return rate < predicate->number;
    default:
        return false;
    }
}

static bool holds_for_customer(const struct budgets *budgets, const struct fg_predicate *predicate)
{
    const struct fg_condition alone = {.all = predicate, .n = 1};
    bool list = predicate->op == FG_OP_IN_LIST || predicate->op == FG_OP_NOT_IN_LIST;
    // An override that adds to a list may end.
    return (!list || !budgets->plan.lists_grow) && fg_plan_condition(&budgets->plan, &alone);
}

static bool is_certain(const struct budgets *budgets, const struct fg_condition *condition,
                       fg_micro rate)
{
    for (uint32_t i = 0; i < condition->n; i++) {
        const struct fg_predicate *predicate = &condition->all[i];
        if (predicate->op == FG_OP_CALENDAR) {
            return false;
        }
        bool certain = false;
        switch (predicate->signal) {
        case FG_SIG_COST_PER_MINUTE:
            certain = holds_for_rate(predicate, rate);
            break;
        case FG_SIG_DEST_RATED:
            certain =
                (predicate->op == FG_OP_IS || predicate->op == FG_OP_PRESENT) && predicate->truth;
            break;
        case FG_SIG_CUSTOMER_ID:
        case FG_SIG_CUSTOMER_PROFILE:
        case FG_SIG_CUSTOMER_TAG:
        case FG_SIG_CUSTOMER_CHANNELS:
        case FG_SIG_CUSTOMER_DAILY_LIMIT:
            certain = holds_for_customer(budgets, predicate);
            break;
        default:
            break;
        }
        if (!certain) {
            return false;
        }
    }
    return true;
}

bool budget_covers(const struct budgets *budgets, const struct budget *budget, fg_micro rate)
{
    const struct fg_ruleset *ruleset = budgets->plan.policy->ruleset;
    const struct fg_rule *rule = &ruleset->rules[budget->rule];
    return is_certain(budgets, &rule->when, rate) &&
           is_certain(budgets, &ruleset->meters[rule->measure_meter].when, rate);
}

// --- rules as budgets
// -------------------------------------------------------------------------------------------------------------------------

static bool is_enforced(const struct fg_plan *plan, uint16_t index,
                        const struct fg_rule_terms *terms)
{
    const struct fg_ruleset *ruleset = plan->policy->ruleset;
    const struct fg_rule *rule = &ruleset->rules[index];
    if (terms->mode != FG_MODE_ENFORCE) {
        return false;
    }
    if (rule->rolls_out && rule->rollout_percent < 100) {
        return false; // which customers it has reached depends on the installation's key
    }
    for (uint16_t i = 0; i < rule->n_exceptions; i++) {
        if (plan->now_ms < rule->exceptions[i].until_ms) {
            return false;
        }
    }
    for (uint16_t i = 0; i < plan->n_overrides; i++) {
        const struct fg_override *override = &ruleset->overrides[plan->overrides[i]];
        if (override->changes != 0 && override->rule == index &&
            override->until_ms != FG_NEVER_MS) {
            return false; // another rule once it ends
        }
    }
    return true;
}

// What the meter lets through before the rule's measure is above. False: anything.
static bool limit_of(const struct fg_customer *customer, const struct fg_rule *rule, bool money,
                     fg_micro above, int64_t *out)
{
    wide micro = above;
    fg_micro base = 0;
    switch (rule->relative_to) {
    case FG_RELATIVE_NONE:
        break;
    case FG_RELATIVE_CHANNELS:
        base = customer->channels * FG_MICRO;
        break;
    case FG_RELATIVE_DAILY_LIMIT:
        base = customer->daily_limit_usd;
        break;
    case FG_RELATIVE_METER:
    case FG_RELATIVE_FREE_LINES:
    case FG_RELATIVE_LONGEST:
        return false; // an attacker feeds that meter, too; or others go on, or are called
    }
    if (rule->relative_to != FG_RELATIVE_NONE) {
        if (base <= 0) {
            return false;
        }
        // The quotient is cut off, so that nearly one millionth more goes through.
        micro = (((wide)above + 1) * base - 1) / FG_MICRO;
    }
    if (!money) {
        micro /= FG_MICRO;
    }
    if (micro < 0 || micro >= SUM_MAX) {
        return false;
    }
    *out = (int64_t)micro;
    return true;
}

static bool has_events(const struct fg_rule *rule, bool minute)
{
    const unsigned attempt = 1U << FG_EVENT_ATTEMPT;
    const unsigned wanted = attempt | (minute ? 1U << FG_EVENT_MINUTE : 0U);
    return (rule->events & wanted) == wanted;
}

static bool kind_of(const struct fg_meter *meter, enum budget_kind *kind)
{
    switch (meter->kind) {
    case FG_METER_SUM:
        *kind = meter->source == FG_SOURCE_COST ? BUDGET_MONEY : BUDGET_MINUTES;
        return meter->source == FG_SOURCE_COST || meter->source == FG_SOURCE_MINUTES;
    case FG_METER_COUNT:
        *kind = BUDGET_CALLS;
        return meter->source == FG_SOURCE_CALLS;
    case FG_METER_GAUGE:
        *kind = BUDGET_LIVE;
        return meter->source == FG_SOURCE_CALLS; // what calls have come to falls as they end
    case FG_METER_DISTINCT:
    case FG_METER_RATIO:
    case FG_METER_FIRST_SEEN:
    case FG_METER_SEEN:
    case FG_METER_RUN:
    case FG_METER_RATE:
    case FG_METER_TYPICAL:
    case FG_METER_TREND:
    case FG_METER_KNOWN:
        break;
    }
    return false;
}

// The rule at index as a budget. False when it is not certain to be one.
static bool find_budget(const struct fg_bound_terms *terms, const struct fg_plan *plan,
                        uint16_t index, struct budget *out)
{
    const struct fg_ruleset *ruleset = terms->policy->ruleset;
    const struct fg_rule *rule = &ruleset->rules[index];
    if (!rule->measured || !rule->measure_is_meter || rule->direction != FG_OUTBOUND ||
        rule->n_tests > 0) { // what the tested meters read is up to the attacker
        return false;
    }
    const struct fg_meter *meter = &ruleset->meters[rule->measure_meter];
    struct fg_rule_terms now;
    fg_plan_rule_terms(plan, index, &now);
    if (meter->direction != FG_OUTBOUND || (meter->per & ~(uint32_t)FG_KEY_CUSTOMER) != 0 ||
        !kind_of(meter, &out->kind) || !is_enforced(plan, index, &now)) {
        return false;
    }
    bool cuts = out->kind == BUDGET_MONEY || out->kind == BUDGET_MINUTES;
    fg_micro above = 0;
    if (!has_events(rule, cuts) ||
        !certain_above(ruleset, rule, &now, cuts ? FG_BLOCK : FG_THROTTLE, &above) ||
        !limit_of(terms->customer, rule, out->kind == BUDGET_MONEY, above, &out->limit)) {
        return false;
    }
    out->rule = index;
    out->over_ms = meter->calendar_day ? 0 : meter->over_ms;
    // A full set forgets the call that would end first.
    return out->kind == BUDGET_LIVE ? out->limit < FG_SET_MEMBERS_MAX
                                    : meter->calendar_day || meter->over_ms > 0;
}

void budgets_find(const struct fg_bound_terms *terms, struct budgets *out)
{
    memset(out, 0, sizeof(*out));
    out->event.kind = FG_EVENT_ATTEMPT;
    out->event.direction = FG_OUTBOUND;
    out->event.identity = FG_IDENTITY_CERTIFICATE;
    out->event.customer = terms->customer;
    fg_plan(terms->policy, &out->event, terms->now_ms, &out->plan);
    for (uint32_t i = 0; i < terms->policy->ruleset->n_rules && out->n < BUDGETS_MAX; i++) {
        if (find_budget(terms, &out->plan, (uint16_t)i, &out->items[out->n])) {
            out->n++;
        }
    }
}
