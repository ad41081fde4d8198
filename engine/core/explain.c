// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/explain.h"

#include "explain_priv.h"

#include <string.h>

static bool is_floor(const struct fg_plan *plan, const struct fg_reason *reason)
{
    return reason->index >= plan->policy->ruleset->n_groups;
}

void fg_reason_id(const struct fg_plan *plan, const struct fg_reason *reason, char *out,
                  size_t size)
{
    const struct fg_ruleset *ruleset = plan->policy->ruleset;
    struct fg_text text;
    fg_text_begin(&text, out, size);
    switch (reason->kind) {
    case FG_REASON_RULE:
        fg_text_put(&text, ruleset->rules[reason->index].id);
        break;
    case FG_REASON_COMPOSITE:
        fg_text_put(&text, ruleset->composites[reason->index].id);
        break;
    case FG_REASON_CAP:
        if (is_floor(plan, reason)) {
            fg_text_put(&text, "SCORE_FLOOR");
        } else {
            fg_text_put(&text, "GROUP_CAP:");
            fg_text_put(&text, ruleset->groups[reason->index].name);
        }
        break;
    case FG_REASON_HOLD:
        fg_text_put(&text, "HOLD");
        break;
    case FG_REASON_IDENTITY:
        fg_text_put(&text, "IDENTITY:");
        fg_text_put(&text, fg_identity_name(plan->event->identity));
        break;
    case FG_REASON_UNREADABLE:
        fg_text_put(&text, "UNREADABLE_NUMBER");
        break;
    case FG_REASON_EMERGENCY:
        fg_text_put(&text, "EMERGENCY");
        break;
    case FG_REASON_DEGRADED:
        fg_text_put(&text, "DEGRADED");
        break;
    case FG_REASON_EXCEPTION:
        fg_text_put(&text, "EXCEPTION:");
        fg_text_put(&text, ruleset->rules[reason->index].id);
        break;
    case FG_REASON_OVERRIDE:
        fg_text_put(&text, "OVERRIDE:");
        fg_text_put(&text, ruleset->rules[reason->index].id);
        break;
    case FG_REASON_DIALOG:
        fg_text_put(&text, plan->event->dialog_fault == FG_DIALOG_MERGED ? "DIALOG:merged"
                                                                         : "DIALOG:missing");
        break;
    case FG_REASON_ALLOWANCE:
        fg_text_put(&text, "ALLOWANCE");
        break;
    }
}

void fg_explain_rule(const struct fg_plan *plan, const struct fg_reason *reason,
                     struct fg_text *text)
{
    const struct fg_rule *rule = &plan->policy->ruleset->rules[reason->index];
    if (reason->unavailable) {
        fg_text_put(text, "counter ");
        fg_text_put(text, plan->policy->ruleset->meters[reason->meter].name);
        fg_text_put(text, " cannot be read");
    } else if (rule->explain != NULL) {
        fg_explain_template(plan, rule, reason, text);
    } else if (rule->measured) {
        fg_explain_measure(plan, rule, reason, text);
    } else if (rule->when.n > 0 || rule->n_tests > 0) {
        fg_explain_condition(plan, &rule->when, text);
        fg_explain_tests(plan, rule, reason, rule->when.n == 0, text);
        fg_explain_throttle(plan, rule, text);
    } else {
        fg_text_put(text, rule->desc);
    }
}

static bool has_hit(const struct fg_decision *decision, const struct fg_composite_term *term,
                    const struct fg_plan *plan)
{
    if (term->kind == FG_TERM_TAG) {
        const struct fg_customer *customer = plan->event->customer;
        for (uint32_t i = 0; customer != NULL && i < customer->n_tags; i++) {
            if (strcmp(customer->tags[i], term->tag) == 0) {
                return true;
            }
        }
        return false;
    }
    for (uint32_t i = 0; i < decision->n_reasons; i++) {
        if (decision->reasons[i].kind == FG_REASON_RULE &&
            decision->reasons[i].index == term->rule) {
            return true;
        }
    }
    return false;
}

static void put_term(const struct fg_plan *plan, const struct fg_composite_term *term, bool *first,
                     struct fg_text *text)
{
    fg_text_put(text, *first ? "" : " and ");
    *first = false;
    if (term->kind == FG_TERM_TAG) {
        fg_text_put(text, "customer tag ");
        fg_text_put(text, term->tag);
    } else {
        fg_text_put(text, plan->policy->ruleset->rules[term->rule].id);
    }
}

static void explain_composite(const struct fg_plan *plan, const struct fg_decision *decision,
                              const struct fg_reason *reason, struct fg_text *text)
{
    const struct fg_composite *composite = &plan->policy->ruleset->composites[reason->index];
    bool first = true;
    for (uint32_t i = 0; i < composite->n_all; i++) {
        put_term(plan, &composite->all_of[i], &first, text);
    }
    for (uint32_t i = 0; i < composite->n_any; i++) {
        if (has_hit(decision, &composite->any_of[i], plan)) {
            put_term(plan, &composite->any_of[i], &first, text);
        }
    }
    if (first) {
        fg_text_put(text, composite->desc);
    }
}

static void explain_cap(const struct fg_plan *plan, const struct fg_reason *reason,
                        struct fg_text *text)
{
    if (is_floor(plan, reason)) {
        fg_text_put(text, "a score is never below 0");
        return;
    }
    const struct fg_group *group = &plan->policy->ruleset->groups[reason->index];
    fg_text_put(text, "group ");
    fg_text_put(text, group->name);
    fg_text_put(text, " gives at most ");
    fg_text_put_int(text, group->cap, 1);
}

void fg_explain_time(struct fg_text *text, int64_t time_ms)
{
    struct fg_local_time utc = fg_local_time(NULL, time_ms);
    fg_explain_date(time_ms, text);
    fg_text_put(text, " ");
    fg_text_put_int(text, utc.minute / 60, 2);
    fg_text_put(text, ":");
    fg_text_put_int(text, utc.minute % 60, 2);
    fg_text_put(text, "Z");
}

static void explain_hold(const struct fg_hold *hold, struct fg_text *text)
{
    char scope[FG_HOLD_SCOPE_TEXT_MAX];
    fg_hold_scope_format(hold->scope, hold->value, scope);
    fg_text_put(text, "hold on ");
    if (hold->of[0] != '\0') {
        fg_text_put(text, fg_hold_scope_name((enum fg_hold_scope)hold->scope));
        fg_text_put(text, " ");
        fg_text_put_escaped(text, fg_view_of(hold->of));
    } else {
        fg_text_put(text, scope);
    }
    fg_text_put(text, " until ");
    fg_explain_time(text, hold->until_ms);
    if (hold->reason[0] != '\0') {
        fg_text_put(text, ": ");
        fg_text_put_escaped(text, fg_view_of(hold->reason));
    }
    if (hold->by[0] != '\0') {
        fg_text_put(text, " (by ");
        fg_text_put_escaped(text, fg_view_of(hold->by));
        fg_text_put(text, ")");
    }
}

static void explain_identity(const struct fg_plan *plan, struct fg_text *text)
{
    const struct fg_event *event = plan->event;
    fg_text_put(text,
                fg_identity_text(fg_identity_is_customer(event->identity) ? FG_IDENTITY_UNKNOWN
                                                                          : event->identity));
    if (event->tls != NULL && event->tls->cert_present && event->tls->name[0] != '\0') {
        fg_text_put(text, ": ");
        fg_text_put_escaped(text, fg_view_of(event->tls->name));
    }
}

static void explain_degraded(const struct fg_plan *plan, struct fg_text *text)
{
    const struct fg_customer *customer = plan->event->customer;
    fg_text_put(text, "the counter store is away; ");
    if (customer != NULL && customer->degraded == FG_DEGRADED_BLOCK) {
        fg_text_put(text, "the customer takes no risky calls until it is back");
        return;
    }
    fg_text_put(text, "at most ");
    fg_text_put_int(text, plan->policy->ruleset->degraded_risky_per_min, 1);
    fg_text_put(text, " risky calls a minute until it is back");
}

void fg_reason_text(const struct fg_plan *plan, const struct fg_decision *decision,
                    const struct fg_reason *reason, char *out, size_t size)
{
    struct fg_text text;
    fg_text_begin(&text, out, size);
    switch (reason->kind) {
    case FG_REASON_RULE:
        fg_explain_rule(plan, reason, &text);
        break;
    case FG_REASON_COMPOSITE:
        explain_composite(plan, decision, reason, &text);
        break;
    case FG_REASON_CAP:
        explain_cap(plan, reason, &text);
        break;
    case FG_REASON_HOLD:
        explain_hold(&decision->hold, &text);
        break;
    case FG_REASON_IDENTITY:
        explain_identity(plan, &text);
        break;
    case FG_REASON_UNREADABLE:
        fg_text_put(&text, "the called number cannot be read");
        break;
    case FG_REASON_EMERGENCY:
        // Not masked: an emergency code says nothing of the customer's contacts.
        fg_text_put(&text, "emergency number ");
        fg_text_put_view(
            &text, (struct fg_view){.ptr = plan->dest.number.digits, .len = plan->dest.number.len});
        fg_text_put(&text, " always passes");
        break;
    case FG_REASON_DEGRADED:
        explain_degraded(plan, &text);
        break;
    case FG_REASON_EXCEPTION:
        fg_explain_exception(plan, reason, &text);
        break;
    case FG_REASON_OVERRIDE:
        fg_explain_override(plan, reason, &text);
        break;
    case FG_REASON_DIALOG:
        fg_text_put(&text, plan->event->dialog_fault == FG_DIALOG_MERGED
                               ? "a call with the same Call-ID and From tag is in progress"
                               : "the dialog that it says it belongs to is not there");
        break;
    case FG_REASON_ALLOWANCE:
        fg_explain_allowance(plan, reason, &text);
        break;
    }
}
