// SPDX-License-Identifier: GPL-2.0-or-later
#include "explain_priv.h"

#include "plan_priv.h"

#include <string.h>

static const char *const day_names[7] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

static void put_clock(struct fg_text *text, unsigned minute)
{
    fg_text_put_int(text, minute / 60, 2);
    fg_text_put(text, ":");
    fg_text_put_int(text, minute % 60, 2);
}

static void put_days(struct fg_text *text, uint8_t days)
{
    bool first = true;
    for (unsigned day = 0; day < 7; day++) {
        if ((days & (1U << day)) == 0) {
            continue;
        }
        unsigned last = day;
        while (last < 6 && (days & (1U << (last + 1))) != 0) {
            last++;
        }
        fg_text_put(text, first ? "" : ",");
        fg_text_put(text, day_names[day]);
        if (last > day) {
            fg_text_put(text, "-");
            fg_text_put(text, day_names[last]);
        }
        day = last;
        first = false;
    }
}

void fg_explain_calendar(const struct fg_plan *plan, uint16_t index, struct fg_text *text)
{
    const struct fg_calendar *calendar = &plan->policy->ruleset->calendars[index];
    const struct fg_customer *customer = plan->event->customer;
    const struct fg_zone *zone = calendar->zone;
    if (zone == NULL && customer != NULL) {
        zone = customer->zone;
    }
    struct fg_local_time local = fg_plan_calendar_time(plan, index);
    fg_text_put(text, day_names[local.weekday % 7]);
    fg_text_put(text, " ");
    put_clock(text, local.minute);
    fg_text_put(text, " ");
    fg_text_put(text, zone != NULL && zone->name != NULL ? zone->name : "UTC");
    struct fg_hours_view hours = fg_plan_calendar_hours(plan, index);
    bool on_holiday = fg_plan_calendar_state(plan, index) == FG_CALENDAR_CLOSED &&
                      fg_calendar_state(hours.hours, hours.n, NULL, 0, local) == FG_CALENDAR_OPEN;
    if (on_holiday) {
        fg_text_put(text, "; a holiday");
        return;
    }
    fg_text_put(text, hours.n > 0 ? "; open " : "; always open");
    for (uint32_t i = 0; i < hours.n; i++) {
        fg_text_put(text, i > 0 ? ", " : "");
        put_days(text, hours.hours[i].days);
        fg_text_put(text, " ");
        put_clock(text, hours.hours[i].from_min);
        fg_text_put(text, "-");
        put_clock(text, hours.hours[i].to_min);
    }
}

void fg_explain_masked(const struct fg_number *number, struct fg_text *text)
{
    char masked[FG_NUMBER_MASKED_MAX];
    fg_number_mask(number, masked);
    fg_text_put(text, masked);
}

static const struct fg_number *number_of(const struct fg_plan *plan, enum fg_signal signal)
{
    return signal == FG_SIG_CALLER_PREFIX ? &plan->event->caller : &plan->dest.number;
}

static void put_value(const struct fg_plan *plan, const struct fg_predicate *predicate,
                      struct fg_text *text)
{
    struct fg_value value;
    char country[4];
    char address[FG_IP_TEXT_MAX];
    fg_plan_signal(plan, predicate->signal, predicate->attr, &value);
    if (!value.present) {
        fg_text_put(text, "absent");
        return;
    }
    switch (fg_signal_info(predicate->signal)->type) {
    case FG_SIGNAL_BOOL:
        fg_text_put(text, value.truth ? "true" : "false");
        break;
    case FG_SIGNAL_NUMBER:
        fg_text_put_micro(text, value.number, 0, 4);
        break;
    case FG_SIGNAL_TEXT:
        fg_text_put_escaped(text, value.text);
        break;
    case FG_SIGNAL_TEXTSET:
        for (uint32_t i = 0; i < value.n_texts; i++) {
            fg_text_put(text, i > 0 ? "," : "");
            fg_text_put_escaped(text, fg_view_of(value.texts[i]));
        }
        break;
    case FG_SIGNAL_DIGITS:
        fg_explain_masked(number_of(plan, predicate->signal), text);
        break;
    case FG_SIGNAL_ADDRESS:
        fg_ip_format(&plan->event->source, address);
        fg_text_put(text, address);
        break;
    case FG_SIGNAL_COUNTRY:
        fg_country_format(value.country, country);
        fg_text_put(text, country);
        break;
    }
}

struct list_match {
    struct fg_view digits; // of the entry that matched
    const char *note;      // may be NULL
};

// The list in which a predicate found its value: the one it names, or what an override adds to it.
static const struct fg_list *matching_list(const struct fg_plan *plan,
                                           const struct fg_predicate *predicate)
{
    const struct fg_ruleset *ruleset = plan->policy->ruleset;
    const struct fg_condition alone = {.all = predicate, .n = 1};
    int32_t by = fg_plan_condition_override(plan, &alone);
    for (uint32_t i = 0; by >= 0 && i < ruleset->overrides[by].n_appends; i++) {
        const struct fg_list_append *append = &ruleset->overrides[by].appends[i];
        if (append->list == predicate->list) {
            return &ruleset->lists[append->items];
        }
    }
    return &ruleset->lists[predicate->list];
}

static bool find_match(const struct fg_plan *plan, const struct fg_predicate *predicate,
                       struct list_match *out)
{
    if (predicate->op != FG_OP_IN_LIST) {
        return false;
    }
    const struct fg_list *list = matching_list(plan, predicate);
    const struct fg_number *number = number_of(plan, predicate->signal);
    struct fg_prefix_match match;
    if (list->kind != FG_LIST_PREFIX ||
        fg_prefix_lookup(list->prefixes, number->digits, number->len, &match) != FG_OK) {
        return false;
    }
    out->digits = (struct fg_view){.ptr = number->digits, .len = match.len};
    out->note = list->notes != NULL && match.value < list->n ? list->notes[match.value] : NULL;
    return true;
}

static void put_predicate(const struct fg_plan *plan, const struct fg_predicate *predicate,
                          struct fg_text *text)
{
    struct list_match match;
    if (predicate->op == FG_OP_CALENDAR) {
        fg_explain_calendar(plan, predicate->calendar, text);
        return;
    }
    if (find_match(plan, predicate, &match)) {
        fg_explain_masked(number_of(plan, predicate->signal), text);
        fg_text_put(text, " matches +");
        fg_text_put_view(text, match.digits);
        if (match.note != NULL) {
            fg_text_put(text, " (");
            fg_text_put(text, match.note);
            fg_text_put(text, ")");
        }
        return;
    }
    fg_text_put(text, predicate->signal == FG_SIG_ATTR ? "attr."
                                                       : fg_signal_info(predicate->signal)->name);
    if (predicate->signal == FG_SIG_ATTR) {
        fg_text_put(text, predicate->attr);
    }
    fg_text_put(text, " is ");
    put_value(plan, predicate, text);
    if (predicate->op == FG_OP_NOT_IN_LIST || predicate->op == FG_OP_IN_LIST) {
        fg_text_put(text, predicate->op == FG_OP_IN_LIST ? ", in list " : ", not in list ");
        fg_text_put(text, plan->policy->ruleset->lists[predicate->list].name);
    } else if (predicate->op == FG_OP_ABOVE || predicate->op == FG_OP_BELOW) {
        fg_text_put(text, predicate->op == FG_OP_ABOVE ? ", over " : ", under ");
        fg_text_put_micro(text, predicate->number, 0, 4);
    }
}

void fg_explain_condition(const struct fg_plan *plan, const struct fg_condition *condition,
                          struct fg_text *text)
{
    for (uint32_t i = 0; i < condition->n; i++) {
        fg_text_put(text, i > 0 ? " and " : "");
        put_predicate(plan, &condition->all[i], text);
    }
}

static void put_match(const struct fg_plan *plan, const struct fg_rule *rule, bool note,
                      struct fg_text *text)
{
    struct list_match match;
    for (uint32_t i = 0; i < rule->when.n; i++) {
        if (!find_match(plan, &rule->when.all[i], &match)) {
            continue;
        }
        if (note) {
            fg_text_put(text, match.note != NULL ? match.note : "no note");
        } else {
            fg_text_put(text, "+");
            fg_text_put_view(text, match.digits);
        }
        return;
    }
    fg_text_put(text, "-");
}

// False for a name that is none of ours: it stays as written.
static bool put_placeholder(const struct fg_plan *plan, const struct fg_rule *rule,
                            const struct fg_reason *reason, struct fg_view name,
                            struct fg_text *text)
{
    char country[4];
    if (fg_view_equal(name, fg_view_of("dest.masked"))) {
        fg_explain_masked(&plan->dest.number, text);
    } else if (fg_view_equal(name, fg_view_of("caller.masked"))) {
        fg_explain_masked(&plan->event->caller, text);
    } else if (fg_view_equal(name, fg_view_of("match.key"))) {
        put_match(plan, rule, false, text);
    } else if (fg_view_equal(name, fg_view_of("match.note"))) {
        put_match(plan, rule, true, text);
    } else if (fg_view_equal(name, fg_view_of("value"))) {
        fg_explain_value(plan, rule, reason->value, text);
    } else if (fg_view_equal(name, fg_view_of("threshold"))) {
        fg_explain_value(plan, rule, reason->threshold, text);
    } else if (fg_view_equal(name, fg_view_of("dest.country"))) {
        fg_country_format(plan->dest.country, country);
        fg_text_put(text, country);
    } else if (fg_view_equal(name, fg_view_of("dest.type"))) {
        fg_text_put(text, fg_number_type_name(plan->dest.type));
    } else if (fg_view_equal(name, fg_view_of("customer.id"))) {
        fg_text_put(text, plan->event->customer != NULL ? plan->event->customer->id : "-");
    } else {
        return false;
    }
    return true;
}

void fg_explain_template(const struct fg_plan *plan, const struct fg_rule *rule,
                         const struct fg_reason *reason, struct fg_text *text)
{
    const char *at = rule->explain;
    while (*at != '\0') {
        size_t literal_len = strcspn(at, "{");
        fg_text_put_view(text, (struct fg_view){.ptr = at, .len = literal_len});
        at += literal_len;
        size_t name_len = strcspn(at, "}");
        if (*at == '\0') {
            return;
        }
        struct fg_view name = {.ptr = at + 1, .len = name_len > 0 ? name_len - 1 : 0};
        if (at[name_len] == '}' && put_placeholder(plan, rule, reason, name, text)) {
            at += name_len + 1;
        } else {
            fg_text_put(text, "{");
            at++;
        }
    }
}
