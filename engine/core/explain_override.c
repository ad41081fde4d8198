// SPDX-License-Identifier: GPL-2.0-or-later
#include "explain_priv.h"

#include "plan_priv.h"

void fg_explain_date(int64_t time_ms, struct fg_text *text)
{
    struct fg_local_time utc = fg_local_time(NULL, time_ms);
    fg_text_put_int(text, utc.yyyymmdd / 10000, 4);
    fg_text_put(text, "-");
    fg_text_put_int(text, utc.yyyymmdd / 100 % 100, 2);
    fg_text_put(text, "-");
    fg_text_put_int(text, utc.yyyymmdd % 100, 2);
}

// "FRAUD-212 (noc@example.net, until 2027-03-31)"
static void put_agreement(const char *reason, const char *owner, int64_t until_ms,
                          struct fg_text *text)
{
    bool ends = until_ms != FG_NEVER_MS;
    fg_text_put_escaped(text, fg_view_of(reason));
    if (owner == NULL && !ends) {
        return;
    }
    fg_text_put(text, " (");
    if (owner != NULL) {
        fg_text_put_escaped(text, fg_view_of(owner));
    }
    if (ends) {
        fg_text_put(text, owner != NULL ? ", until " : "until ");
        fg_explain_date(until_ms - 1, text); // the last day on which it holds
    }
    fg_text_put(text, ")");
}

void fg_explain_exception(const struct fg_plan *plan, const struct fg_reason *reason,
                          struct fg_text *text)
{
    const struct fg_rule *rule = &plan->policy->ruleset->rules[reason->index];
    const struct fg_exception *exception = &rule->exceptions[reason->detail];
    put_agreement(exception->reason, exception->owner, exception->until_ms, text);
    fg_text_put(text, "; else: ");
    fg_explain_rule(plan, reason, text);
}

void fg_explain_override(const struct fg_plan *plan, const struct fg_reason *reason,
                         struct fg_text *text)
{
    const struct fg_ruleset *ruleset = plan->policy->ruleset;
    const struct fg_override *override = &ruleset->overrides[reason->detail];
    fg_text_put(text, "override of ");
    if (override->changes != 0) {
        fg_text_put(text, ruleset->rules[override->rule].id);
    }
    for (uint32_t i = 0; override->changes == 0 && i < override->n_appends; i++) {
        fg_text_put(text, i > 0 ? ", list " : "list ");
        fg_text_put(text, ruleset->lists[override->appends[i].list].name);
    }
    fg_text_put(text, ": ");
    put_agreement(override->reason, override->owner, override->until_ms, text);
}

static void put_left(const struct fg_reason *reason, struct fg_text *text)
{
    const int64_t calls = reason->of - reason->hits;
    const fg_micro usd = reason->base - reason->value;
    fg_text_put_int(text, calls > 0 ? calls : 0, 1);
    fg_text_put(text, " of ");
    fg_text_put_int(text, reason->of, 1);
    fg_text_put(text, " calls and ");
    fg_text_put_micro(text, usd > 0 ? usd : 0, 2, 2);
    fg_text_put(text, " of ");
    fg_text_put_micro(text, reason->base, 2, 2);
    fg_text_put(text, " USD left");
}

static void put_state(const struct fg_plan *plan, const struct fg_reason *reason,
                      struct fg_text *text)
{
    switch ((enum fg_allowance_state)reason->detail) {
    case FG_ALLOWANCE_APPLIES:
        fg_text_put_int(text, -reason->points, 1);
        fg_text_put(text, " points set aside; ");
        if (plan->allowance_calls_op >= 0) {
            put_left(reason, text);
        } else {
            fg_text_put_micro(text, reason->value, 2, 2);
            fg_text_put(text, " of ");
            fg_text_put_micro(text, reason->base, 2, 2);
            fg_text_put(text, " USD spent");
        }
        return;
    case FG_ALLOWANCE_EXPIRED:
        fg_text_put(text, "it is over");
        return;
    case FG_ALLOWANCE_NO_CALLS:
        fg_text_put(text, "used up, all ");
        fg_text_put_int(text, reason->of, 1);
        fg_text_put(text, " calls have been made");
        return;
    case FG_ALLOWANCE_NO_MONEY:
        fg_text_put(text, "used up, ");
        fg_text_put_micro(text, reason->base, 2, 2);
        fg_text_put(text, " USD have been spent");
        return;
    case FG_ALLOWANCE_NOT_FOR:
        fg_text_put(text, "it is not about who calls, nor about what people hold");
        return;
    case FG_ALLOWANCE_UNKNOWN:
        fg_text_put(text, "what is left cannot be read");
        return;
    }
}

void fg_explain_allowance(const struct fg_plan *plan, const struct fg_reason *reason,
                          struct fg_text *text)
{
    const struct fg_allowance *allowance = plan->allowance;
    char to[FG_ALLOWANCE_TO_TEXT_MAX];
    fg_allowance_to_format(allowance, to);
    fg_text_put(text, "allowance for ");
    fg_text_put(text, to);
    fg_text_put(text, " until ");
    fg_explain_time(text, allowance->until_ms);
    fg_text_put(text, " (");
    fg_text_put_escaped(text, fg_view_of(allowance->reason));
    fg_text_put(text, ", by ");
    fg_text_put_escaped(text, fg_view_of(allowance->by));
    fg_text_put(text, "): ");
    put_state(plan, reason, text);
}
