// SPDX-License-Identifier: GPL-2.0-or-later
// What an allowance sets aside: points that say where, when, how fast and for how much somebody
// calls. Never who calls, over what, or what people decided.
#include "decide_priv.h"

// Signals that say nothing of who calls and over what.
static bool is_of_the_call(enum fg_signal signal)
{
    switch (signal) {
    case FG_SIG_CUSTOMER_ID:
    case FG_SIG_CUSTOMER_PROFILE:
    case FG_SIG_CUSTOMER_TAG:
    case FG_SIG_CUSTOMER_CHANNELS:
    case FG_SIG_CUSTOMER_DAILY_LIMIT:
    case FG_SIG_DEST_PREFIX:
    case FG_SIG_DEST_COUNTRY:
    case FG_SIG_DEST_HOME:
    case FG_SIG_DEST_TYPE:
    case FG_SIG_DEST_RATED:
    case FG_SIG_COST_PER_MINUTE:
    case FG_SIG_CALL_DURATION:
    case FG_SIG_CALL_ANSWERED:
        return true;
    default:
        return false;
    }
}

static bool condition_is_of_the_call(const struct fg_condition *condition)
{
    for (uint32_t i = 0; i < condition->n; i++) {
        const struct fg_predicate *predicate = &condition->all[i];
        if (predicate->op != FG_OP_CALENDAR && !is_of_the_call(predicate->signal)) {
            return false;
        }
    }
    return true;
}

static bool meter_is_of_the_call(const struct fg_meter *meter)
{
    const uint32_t others = FG_KEY_SOURCE_IP | FG_KEY_NETWORK | FG_KEY_CERT | FG_KEY_ATTEST;
    switch (meter->source) {
    case FG_SOURCE_NETWORK:
    case FG_SOURCE_CERT:
    case FG_SOURCE_SRC_COUNTRY:
        return false;
    default:
        return (meter->per & others) == 0 && condition_is_of_the_call(&meter->when) &&
               condition_is_of_the_call(&meter->hit);
    }
}

static bool rule_is_of_the_call(const struct fg_ruleset *ruleset, const struct fg_rule *rule)
{
    const struct fg_meter_set meters = fg_rule_meters(rule);
    if (!condition_is_of_the_call(&rule->when) ||
        (rule->measured && !rule->measure_is_meter && !is_of_the_call(rule->measure_signal))) {
        return false;
    }
    for (uint32_t i = 0; i < ruleset->n_meters; i++) {
        if (fg_meter_set_has(&meters, i) && !meter_is_of_the_call(&ruleset->meters[i])) {
            return false;
        }
    }
    return true;
}

static bool terms_are_of_the_call(const struct fg_ruleset *ruleset,
                                  const struct fg_composite_term *terms, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (terms[i].kind == FG_TERM_RULE &&
            !rule_is_of_the_call(ruleset, &ruleset->rules[terms[i].rule])) {
            return false;
        }
    }
    return true;
}

static bool can_be_set_aside(const struct fg_ruleset *ruleset, const struct fg_decision *decision,
                             const struct fg_reason *reason)
{
    switch (reason->kind) {
    case FG_REASON_RULE:
        return rule_is_of_the_call(ruleset, &ruleset->rules[reason->index]);
    case FG_REASON_COMPOSITE: {
        const struct fg_composite *composite = &ruleset->composites[reason->index];
        return terms_are_of_the_call(ruleset, composite->all_of, composite->n_all) &&
               terms_are_of_the_call(ruleset, composite->any_of, composite->n_any);
    }
    case FG_REASON_HOLD:
        return fg_hold_is_of_rules(&decision->hold);
    case FG_REASON_CAP: // what it takes off counts for those that stay: never too little stays
        return true;
    default:
        return false;
    }
}

// What stays when all that can be is set aside.
struct rest {
    int32_t score;
    enum fg_action at_least;
};

static struct rest find_rest(const struct fg_ruleset *ruleset, const struct fg_decision *decision)
{
    struct rest rest = {0, FG_ALLOW};
    for (uint32_t i = 0; i < decision->n_reasons; i++) {
        const struct fg_reason *reason = &decision->reasons[i];
        if (reason->shadow || fg_reason_is_note(reason) ||
            can_be_set_aside(ruleset, decision, reason)) {
            continue;
        }
        rest.score += reason->points > 0 ? reason->points : 0;
        if (reason->action_at_least > rest.at_least) {
            rest.at_least = reason->action_at_least;
        }
    }
    return rest;
}

// What is known of its use, this event included. False: nobody could read it.
static bool read_use(const struct fg_plan *plan, const struct fg_store_reply *reply,
                     struct fg_reason *reason)
{
    const int8_t calls = plan->allowance_calls_op;
    const int8_t usd = plan->allowance_usd_op;
    if (reply == NULL || usd < 0 || reply->unavailable[usd] ||
        (calls >= 0 && reply->unavailable[calls])) {
        return false;
    }
    reason->of = plan->allowance->calls;
    reason->base = plan->allowance->usd;
    reason->hits = calls < 0 ? 0 : reply->values[calls];
    reason->value = reply->values[usd];
    return true;
}

// Why it does not apply; FG_ALLOWANCE_APPLIES where it does.
static enum fg_allowance_state find_state(const struct fg_tally *tally, struct fg_reason *reason)
{
    const struct fg_plan *plan = tally->plan;
    const struct fg_ruleset *ruleset = plan->policy->ruleset;
    if (plan->allowance->until_ms <= plan->now_ms) {
        return FG_ALLOWANCE_EXPIRED;
    }
    if (!read_use(plan, tally->reply, reason)) {
        return FG_ALLOWANCE_UNKNOWN;
    }
    if (reason->hits > reason->of) {
        return FG_ALLOWANCE_NO_CALLS;
    }
    // What has been paid for may use up all; what is only looked at needs something to be left.
    const bool paid = plan->request.ops[plan->allowance_usd_op].kind == FG_OP_WINDOW_ADD;
    if (paid ? reason->value > reason->base : reason->value >= reason->base) {
        return FG_ALLOWANCE_NO_MONEY;
    }
    if (tally->out->n_reasons == FG_REASONS_MAX) {
        return FG_ALLOWANCE_NOT_FOR; // the last ones have been added up: nobody knows what they are
    }
    const struct rest rest = find_rest(ruleset, tally->out);
    const enum fg_action stays = fg_action_of(ruleset, rest.score);
    return stays >= FG_THROTTLE || rest.at_least >= FG_THROTTLE ? FG_ALLOWANCE_NOT_FOR
                                                                : FG_ALLOWANCE_APPLIES;
}

bool fg_decide_allowance(struct fg_tally *tally)
{
    const struct fg_plan *plan = tally->plan;
    struct fg_decision *out = tally->out;
    struct fg_reason reason = {.kind = FG_REASON_ALLOWANCE};
    if (plan->allowance == NULL || out->action < FG_THROTTLE) {
        return false;
    }
    const enum fg_allowance_state state = find_state(tally, &reason);
    reason.detail = (uint16_t)state;
    if (state == FG_ALLOWANCE_APPLIES) {
        const struct rest rest = find_rest(plan->policy->ruleset, out);
        reason.points = rest.score < out->score ? rest.score - out->score : 0;
    }
    fg_tally_add(tally, &reason);
    out->allowed = state == FG_ALLOWANCE_APPLIES;
    return out->allowed;
}
