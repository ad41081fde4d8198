// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan_priv.h"

#include <string.h>

struct fg_hours_view fg_plan_calendar_hours(const struct fg_plan *plan, uint16_t index)
{
    const struct fg_calendar *calendar = &plan->policy->ruleset->calendars[index];
    const struct fg_customer *customer = plan->event->customer;
    if (calendar->customer_hours && customer != NULL && customer->n_hours > 0) {
        return (struct fg_hours_view){.hours = customer->hours, .n = customer->n_hours};
    }
    return (struct fg_hours_view){.hours = calendar->hours, .n = calendar->n_hours};
}

struct fg_local_time fg_plan_calendar_time(const struct fg_plan *plan, uint16_t index)
{
    const struct fg_zone *zone = plan->policy->ruleset->calendars[index].zone;
    return zone != NULL ? fg_local_time(zone, plan->now_ms) : plan->local;
}

enum fg_calendar_state fg_plan_calendar_state(const struct fg_plan *plan, uint16_t index)
{
    const struct fg_calendar *calendar = &plan->policy->ruleset->calendars[index];
    const struct fg_customer *customer = plan->event->customer;
    struct fg_hours_view hours = fg_plan_calendar_hours(plan, index);
    bool holidays = calendar->customer_holidays && customer != NULL;
    if (calendar->n_holidays > 0) {
        return fg_calendar_state(hours.hours, hours.n, calendar->holidays, calendar->n_holidays,
                                 fg_plan_calendar_time(plan, index));
    }
    return fg_calendar_state(hours.hours, hours.n, holidays ? customer->holidays : NULL,
                             holidays ? customer->n_holidays : 0,
                             fg_plan_calendar_time(plan, index));
}

static int compare_view(struct fg_view view, const char *text)
{
    size_t len = strlen(text);
    size_t shorter = view.len < len ? view.len : len;
    int order = shorter > 0 ? memcmp(view.ptr, text, shorter) : 0;
    if (order != 0 || view.len == len) {
        return order;
    }
    return view.len < len ? -1 : 1;
}

static bool in_sorted_texts(const char *const *texts, uint32_t n, struct fg_view view)
{
    uint32_t low = 0;
    uint32_t high = n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = compare_view(view, texts[middle]);
        if (order == 0) {
            return true;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return false;
}

static bool in_networks(const struct fg_list *list, struct fg_view address)
{
    struct fg_ip ip;
    if (address.len != sizeof(ip.bytes)) {
        return false;
    }
    memcpy(ip.bytes, address.ptr, sizeof(ip.bytes));
    for (uint32_t i = 0; i < list->n; i++) {
        if (fg_ip_in_range(&ip, &list->networks[i])) {
            return true;
        }
    }
    return false;
}

static bool in_list(const struct fg_list *list, enum fg_signal_type type,
                    const struct fg_value *value)
{
    struct fg_prefix_match match;
    switch (list->kind) {
    case FG_LIST_PREFIX:
        return value->text.len <= FG_NUMBER_DIGITS_MAX &&
               fg_prefix_lookup(list->prefixes, value->text.ptr, (uint8_t)value->text.len,
                                &match) == FG_OK;
    case FG_LIST_COUNTRY:
        return fg_country_set_has(&list->countries, value->country);
    case FG_LIST_NETWORK:
        return in_networks(list, value->text);
    case FG_LIST_TEXT:
        break;
    }
    if (type != FG_SIGNAL_TEXTSET) {
        return in_sorted_texts(list->texts, list->n, value->text);
    }
    for (uint32_t i = 0; i < value->n_texts; i++) {
        if (in_sorted_texts(list->texts, list->n, fg_view_of(value->texts[i]))) {
            return true;
        }
    }
    return false;
}

bool fg_plan_in_list(const struct fg_plan *plan, uint16_t list, enum fg_signal_type type,
                     const struct fg_value *value, int32_t *by)
{
    const struct fg_ruleset *ruleset = plan->policy->ruleset;
    int32_t found = in_list(&ruleset->lists[list], type, value) ? -1 : -2;
    for (uint16_t i = 0; plan->lists_grow && found == -2 && i < plan->n_overrides; i++) {
        const struct fg_override *override = &ruleset->overrides[plan->overrides[i]];
        for (uint32_t k = 0; k < override->n_appends && found == -2; k++) {
            const struct fg_list_append *append = &override->appends[k];
            if (append->list == list && in_list(&ruleset->lists[append->items], type, value)) {
                found = plan->overrides[i];
            }
        }
    }
    if (by != NULL && found != -2) {
        *by = found;
    }
    return found != -2;
}

static bool is_digit_prefix(struct fg_view digits, const char *prefix)
{
    const char *bare = prefix[0] == '+' ? prefix + 1 : prefix;
    size_t len = strlen(bare);
    return len <= digits.len && memcmp(digits.ptr, bare, len) == 0;
}

static bool in_texts(const struct fg_predicate *predicate, enum fg_signal_type type,
                     const struct fg_value *value)
{
    if (type == FG_SIGNAL_COUNTRY) {
        return fg_country_set_has(&predicate->countries, value->country);
    }
    for (uint32_t i = 0; i < predicate->n_texts; i++) {
        const char *text = predicate->texts[i];
        if (type == FG_SIGNAL_DIGITS) {
            if (is_digit_prefix(value->text, text)) {
                return true;
            }
            continue;
        }
        if (type == FG_SIGNAL_TEXT && fg_view_equal(value->text, fg_view_of(text))) {
            return true;
        }
        for (uint32_t k = 0; type == FG_SIGNAL_TEXTSET && k < value->n_texts; k++) {
            if (strcmp(value->texts[k], text) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool is_same(const struct fg_predicate *predicate, enum fg_signal_type type,
                    const struct fg_value *value)
{
    switch (type) {
    case FG_SIGNAL_BOOL:
        return value->truth == predicate->truth;
    case FG_SIGNAL_NUMBER:
        return value->number == predicate->number;
    case FG_SIGNAL_TEXT:
    case FG_SIGNAL_DIGITS:
    case FG_SIGNAL_ADDRESS:
        return fg_view_equal(value->text, predicate->text);
    case FG_SIGNAL_COUNTRY:
        return value->country == predicate->country;
    case FG_SIGNAL_TEXTSET:
        for (uint32_t i = 0; i < value->n_texts; i++) {
            if (fg_view_equal(fg_view_of(value->texts[i]), predicate->text)) {
                return true;
            }
        }
        return false;
    }
    return false;
}

static bool holds(const struct fg_plan *plan, const struct fg_predicate *predicate)
{
    if (predicate->op == FG_OP_CALENDAR) {
        return fg_plan_calendar_state(plan, predicate->calendar) == predicate->state;
    }
    struct fg_value value;
    fg_plan_signal(plan, predicate->signal, predicate->attr, &value);
    if (predicate->op == FG_OP_PRESENT) {
        return value.present == predicate->truth;
    }
    if (!value.present) {
        return false;
    }
    enum fg_signal_type type = fg_signal_info(predicate->signal)->type;
    switch (predicate->op) {
    case FG_OP_IS:
        return is_same(predicate, type, &value);
    case FG_OP_IN_LIST:
        return fg_plan_in_list(plan, predicate->list, type, &value, NULL);
    case FG_OP_NOT_IN_LIST:
        return !fg_plan_in_list(plan, predicate->list, type, &value, NULL);
    case FG_OP_IN_TEXTS:
        return in_texts(predicate, type, &value);
    case FG_OP_NOT_IN_TEXTS:
        return !in_texts(predicate, type, &value);
    case FG_OP_ABOVE:
        return value.number > predicate->number;
    case FG_OP_BELOW:
        return value.number < predicate->number;
    case FG_OP_PRESENT:
    case FG_OP_CALENDAR:
        break;
    }
    return false;
}

bool fg_plan_condition(const struct fg_plan *plan, const struct fg_condition *condition)
{
    for (uint32_t i = 0; i < condition->n; i++) {
        if (!holds(plan, &condition->all[i])) {
            return false;
        }
    }
    return true;
}

// What overrides add to lists differs from call to call and with time: that is asked each time.
static bool is_remembered(const struct fg_plan *plan, const struct fg_predicate *predicate,
                          uint16_t id)
{
    bool list = predicate->op == FG_OP_IN_LIST || predicate->op == FG_OP_NOT_IN_LIST;
    return id < FG_CALL_PREDICATES && !(list && plan->lists_grow);
}

bool fg_plan_predicate(const struct fg_plan *plan, const struct fg_predicate *predicate,
                       uint16_t id, struct fg_call_facts *facts)
{
    if (!is_remembered(plan, predicate, id)) {
        return holds(plan, predicate);
    }
    const uint64_t bit = UINT64_C(1) << (id % 64);
    uint64_t *asked = &facts->asked[id / 64];
    uint64_t *held = &facts->holds[id / 64];
    if ((*asked & bit) == 0) {
        *asked |= bit;
        *held = holds(plan, predicate) ? *held | bit : *held & ~bit;
    }
    return (*held & bit) != 0;
}

bool fg_plan_meter_hit(const struct fg_plan *plan, uint32_t meter, struct fg_call_facts *facts)
{
    const struct fg_ruleset *ruleset = plan->policy->ruleset;
    const struct fg_condition *hit = &ruleset->meters[meter].hit;
    const uint16_t *ids = &ruleset->predicate_ids[ruleset->ids_of_hit[meter]];
    for (uint32_t i = 0; i < hit->n; i++) {
        if (!fg_plan_predicate(plan, &hit->all[i], ids[i], facts)) {
            return false;
        }
    }
    return true;
}

void fg_plan_forget(const struct fg_ruleset *ruleset, struct fg_call_facts *facts)
{
    for (size_t i = 0; i < FG_CALL_PREDICATES / 64; i++) {
        facts->asked[i] &= ruleset->lasting_predicates[i];
    }
}

int32_t fg_plan_condition_override(const struct fg_plan *plan, const struct fg_condition *condition)
{
    for (uint32_t i = 0; plan->lists_grow && i < condition->n; i++) {
        const struct fg_predicate *predicate = &condition->all[i];
        struct fg_value value;
        int32_t by = -1;
        if (predicate->op != FG_OP_IN_LIST) {
            continue;
        }
        fg_plan_signal(plan, predicate->signal, predicate->attr, &value);
        if (value.present &&
            fg_plan_in_list(plan, predicate->list, fg_signal_info(predicate->signal)->type, &value,
                            &by) &&
            by >= 0) {
            return by;
        }
    }
    return -1;
}
