// SPDX-License-Identifier: GPL-2.0-or-later
// Incidents as they are kept between two starts.
#include <stdlib.h>
#include <string.h>

#include "fg/json.h"
#include "fg/record.h"
#include "incident.h"

#define NUMBER_MAX (INT64_C(1) << 60)

// The numbers of an incident: key, member, type.
#define NUMBERS(X)                                                                                 \
    X("started_ms", started_ms, int64_t)                                                           \
    X("last_ms", last_ms, int64_t)                                                                 \
    X("heard_ms", heard_ms, int64_t)                                                               \
    X("refused", refused, uint64_t)                                                                \
    X("cut", cut, uint64_t)                                                                        \
    X("prevented_usd_micro", prevented_usd, fg_micro)                                              \
    X("incurred_usd_micro", incurred_usd, fg_micro)                                                \
    X("other_calls", other_calls, uint64_t)                                                        \
    X("told_ms", told_ms, int64_t)                                                                 \
    X("told_calls", told_calls, uint64_t)

// What incidents of before do not have: 0.
#define LATER_NUMBERS(X)                                                                           \
    X("floods", floods, uint64_t)                                                                  \
    X("callers", callers, uint64_t)                                                                \
    X("peak_per_minute", peak_per_min, uint64_t)

static bool set_lists(struct fg_json *object, const struct fga_incident *incident)
{
    struct fg_json *holds = fg_json_array_new();
    struct fg_json *destinations = fg_json_array_new();
    struct fg_json *reasons = fg_json_array_new();
    struct fg_json *recent = fg_json_array_new();
    bool ok = true;
    for (uint32_t i = 0; i < incident->n_holds; i++) {
        struct fg_json *item = fg_json_object_new();
        ok = fg_json_set_string(item, "scope", incident->holds[i].scope) &&
             (incident->holds[i].of[0] == '\0' ||
              fg_json_set_string(item, "of", incident->holds[i].of)) &&
             fg_json_set_integer(item, "until_ms", incident->holds[i].until_ms) && ok;
        ok = fg_json_append(holds, item) && ok;
    }
    for (uint32_t i = 0; i < incident->n_destinations; i++) {
        struct fg_json *item = fg_json_object_new();
        ok = fg_json_set_string(item, "country", incident->destinations[i].country) &&
             fg_json_set_string(item, "number", incident->destinations[i].number) &&
             fg_json_set_integer(item, "calls", (int64_t)incident->destinations[i].calls) && ok;
        ok = fg_json_append(destinations, item) && ok;
    }
    for (uint32_t i = 0; i < incident->n_reasons; i++) {
        struct fg_json *item = fg_json_object_new();
        ok = fg_json_set_string(item, "rule", incident->reasons[i].rule) &&
             fg_json_set_string(item, "text", incident->reasons[i].text) && ok;
        ok = fg_json_append(reasons, item) && ok;
    }
    for (uint32_t i = 0; i < FGA_MESSAGES_PER_HOUR; i++) {
        struct fg_json *item = fg_json_object_new();
        ok = fg_json_set_integer(item, "ms", incident->recent_ms[i]) && ok;
        ok = fg_json_append(recent, item) && ok;
    }
    ok = fg_json_set(object, "holds", holds) && ok;
    ok = fg_json_set(object, "destinations", destinations) && ok;
    ok = fg_json_set(object, "reasons", reasons) && ok;
    return fg_json_set(object, "recent", recent) && ok;
}

char *fga_incident_format(const struct fga_incident *incident)
{
    struct fg_json *object = fg_json_object_new();
    bool ok = fg_json_set_integer(object, "v", 1) &&
              fg_json_set_string(object, "customer", incident->customer) &&
              fg_json_set_integer(object, "kind", (int64_t)incident->kind) &&
              fg_json_set_string(object, "alert_id", incident->alert_id) &&
              fg_json_set_bool(object, "open", incident->open) &&
              fg_json_set_bool(object, "released", incident->released) &&
              fg_json_set_bool(object, "news", incident->news) &&
              fg_json_set_integer(object, "sequence", incident->sequence) &&
              fg_json_set_integer(object, "n_recent", incident->n_recent) &&
              fg_json_set_string(object, "why", incident->why) &&
              fg_json_set_string(object, "hold_reason", incident->hold_reason) &&
              fg_json_set_string(object, "hold_by", incident->hold_by);
#define SET_NUMBER(key, member, type)                                                              \
    ok = fg_json_set_integer(object, key, (int64_t)incident->member) && ok;
    NUMBERS(SET_NUMBER)
    LATER_NUMBERS(SET_NUMBER)
#undef SET_NUMBER
    ok = set_lists(object, incident) && ok;
    char *text = ok ? fg_json_format(object, 0) : NULL;
    fg_json_free(object);
    return text;
}

static bool get_number(const struct fg_json *object, const char *key, int64_t max, int64_t *out)
{
    return fg_json_integer(object, key, out) && *out >= 0 && *out <= max;
}

static bool get_numbers(const struct fg_json *object, struct fga_incident *out)
{
    int64_t value = 0;
#define GET_NUMBER(key, member, type)                                                              \
    if (!get_number(object, key, NUMBER_MAX, &value))                                              \
        return false;                                                                              \
    out->member = (type)value;
    NUMBERS(GET_NUMBER)
#undef GET_NUMBER
#define GET_NUMBER(key, member, type)                                                              \
    out->member = get_number(object, key, NUMBER_MAX, &value) ? (type)value : 0;
    LATER_NUMBERS(GET_NUMBER)
#undef GET_NUMBER
    if (!get_number(object, "sequence", INT32_MAX, &value))
        return false;
    out->sequence = (uint32_t)value;
    if (!get_number(object, "n_recent", INT32_MAX, &value))
        return false;
    out->n_recent = (uint32_t)value;
    if (!get_number(object, "kind", FGA_INCIDENT_KINDS - 1, &value))
        return false;
    out->kind = (enum fga_incident_kind)value;
    return true;
}

static bool get_lists(const struct fg_json *object, struct fga_incident *out)
{
    const struct fg_json *holds = fg_json_member(object, "holds");
    const struct fg_json *destinations = fg_json_member(object, "destinations");
    const struct fg_json *reasons = fg_json_member(object, "reasons");
    const struct fg_json *recent = fg_json_member(object, "recent");
    int64_t value = 0;
    if (fg_json_count(holds) > FGA_HOLDS_MAX || fg_json_count(reasons) > FGA_REASONS_MAX ||
        fg_json_count(destinations) > FGA_DESTINATIONS_MAX ||
        fg_json_count(recent) != FGA_MESSAGES_PER_HOUR)
        return false;
    for (size_t i = 0; i < fg_json_count(holds); i++) {
        struct fga_held *held = &out->holds[out->n_holds++];
        fga_text_copy(held->scope, sizeof(held->scope),
                      fg_json_string(fg_json_item(holds, i), "scope"));
        fga_text_copy(held->of, sizeof(held->of), fg_json_string(fg_json_item(holds, i), "of"));
        if (!get_number(fg_json_item(holds, i), "until_ms", NUMBER_MAX, &held->until_ms))
            return false;
    }
    for (size_t i = 0; i < fg_json_count(destinations); i++) {
        const struct fg_json *item = fg_json_item(destinations, i);
        struct fga_destination *to = &out->destinations[out->n_destinations++];
        fga_text_copy(to->country, sizeof(to->country), fg_json_string(item, "country"));
        fga_text_copy(to->number, sizeof(to->number), fg_json_string(item, "number"));
        if (!get_number(item, "calls", NUMBER_MAX, &value))
            return false;
        to->calls = (uint64_t)value;
    }
    for (size_t i = 0; i < fg_json_count(reasons); i++) {
        const struct fg_json *item = fg_json_item(reasons, i);
        struct fga_reason *reason = &out->reasons[out->n_reasons++];
        fga_text_copy(reason->rule, sizeof(reason->rule), fg_json_string(item, "rule"));
        fga_text_copy(reason->text, sizeof(reason->text), fg_json_string(item, "text"));
    }
    for (size_t i = 0; i < FGA_MESSAGES_PER_HOUR; i++) {
        if (!get_number(fg_json_item(recent, i), "ms", NUMBER_MAX, &out->recent_ms[i]))
            return false;
    }
    return true;
}

static bool get_all(const struct fg_json *object, struct fga_incident *out)
{
    int64_t version = 0;
    const char *customer = fg_json_string(object, "customer");
    if (!fg_json_integer(object, "v", &version) || version != 1 || customer == NULL ||
        !fg_record_is_customer_id(fg_view_of(customer)))
        return false;
    memcpy(out->customer, customer, strlen(customer) + 1);
    fga_text_copy(out->alert_id, sizeof(out->alert_id), fg_json_string(object, "alert_id"));
    fga_text_copy(out->why, sizeof(out->why), fg_json_string(object, "why"));
    fga_text_copy(out->hold_reason, sizeof(out->hold_reason),
                  fg_json_string(object, "hold_reason"));
    fga_text_copy(out->hold_by, sizeof(out->hold_by), fg_json_string(object, "hold_by"));
    out->open = fg_json_is_true(object, "open");
    out->released = fg_json_is_true(object, "released");
    out->news = fg_json_is_true(object, "news");
    return get_numbers(object, out) && get_lists(object, out);
}

int fga_incident_parse(struct fg_view json, struct fga_incident *out)
{
    struct fg_json *object = fg_json_parse(json);
    struct fga_incident incident;
    if (object == NULL)
        return FG_ESYNTAX;
    memset(&incident, 0, sizeof(incident));
    const int rc = get_all(object, &incident) ? FG_OK : FG_ESYNTAX;
    fg_json_free(object);
    if (rc == FG_OK)
        *out = incident;
    return rc;
}
