// SPDX-License-Identifier: GPL-2.0-or-later
// Calendars: opening hours of a pack or of the customer, in the customer's or a given time zone.
#include <stdlib.h>

#include "build.h"
#include "hours.h"

#define SPANS_MAX    64
#define HOLIDAYS_MAX 1000

static bool is_customer(const struct fg_yaml_node *node)
{
    return node->kind == FG_YAML_SCALAR && fg_view_equal(node->text, fg_view_of("customer"));
}

static void read_span(struct pack_build *build, const struct fg_yaml_node *node,
                      struct fg_calendar *calendar, struct fg_hours *spans)
{
    if (is_customer(node)) {
        calendar->customer_hours = true;
        return;
    }
    struct fg_hours parsed[2];
    uint32_t n;
    if (node->kind != FG_YAML_SCALAR) {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_TYPE,
                       "opening hours are \"Mon-Fri 07:30-19:00\" or customer, not a %s",
                       fg_yaml_kind_name(node));
        return;
    }
    if (!fg_field_quoted(&build->fields, node, "opening hours",
                         "unquoted 22:00 is the number 1320 to other tools")) {
        return;
    }
    if (fg_hours_parse(node->text, parsed, &n) != FG_OK) {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_TIME,
                       "bad opening hours '%.*s'; write \"Mon-Fri 07:30-19:00\" or customer",
                       node->text.len > 64 ? 64 : (int)node->text.len, node->text.ptr);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        spans[calendar->n_hours++] = parsed[i];
    }
}

static void read_open(struct pack_build *build, const struct fg_yaml_node *node,
                      struct fg_calendar *calendar, struct fg_hours *spans)
{
    if (node->kind == FG_YAML_MAP) {
        (void)fg_field_is(&build->fields, node, FG_YAML_LIST, "opening hours");
        return;
    }
    if (node->n > SPANS_MAX) {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_LIMIT, "more than %d opening hours",
                       SPANS_MAX);
        return;
    }
    if (node->kind == FG_YAML_SCALAR) {
        read_span(build, node, calendar, spans);
    }
    for (const struct fg_yaml_node *item = node->first; item != NULL; item = item->next) {
        read_span(build, item, calendar, spans);
    }
}

static void read_zone(struct pack_build *build, const struct fg_yaml_node *node,
                      struct fg_calendar *calendar)
{
    if (is_customer(node) || !fg_field_is(&build->fields, node, FG_YAML_SCALAR, "tz")) {
        return;
    }
    int rc = fg_zone_find(build->zones, node->text, &calendar->zone);
    if (rc == FG_ENOMEM) {
        build->fields.out_of_memory = true;
    } else if (rc != FG_OK) {
        char near[80];
        fg_zone_suggest(node->text, near, sizeof(near));
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_ZONE, "unknown time zone '%.*s'%s%s%s",
                       node->text.len > 64 ? 64 : (int)node->text.len, node->text.ptr,
                       near[0] == '\0' ? "; write customer or an IANA name such as Europe/London"
                                       : "; did you mean '",
                       near, near[0] == '\0' ? "" : "'?");
    }
}

static int compare_dates(const void *a, const void *b)
{
    const int32_t x = *(const int32_t *)a;
    const int32_t y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static void read_holidays(struct pack_build *build, const struct fg_yaml_node *list,
                          struct fg_calendar *calendar)
{
    struct fg_fields *fields = &build->fields;
    if (list->n > HOLIDAYS_MAX) {
        FG_FIELD_ERROR(fields, list, FG_CODE_LIMIT, "more than %d holidays", HOLIDAYS_MAX);
        return;
    }
    int32_t *dates = fg_field_alloc(fields, (list->n + 1) * sizeof(*dates));
    if (dates == NULL) {
        return;
    }
    uint32_t n = 0;
    for (const struct fg_yaml_node *item = list->first; item != NULL; item = item->next) {
        if (!fg_field_quoted(fields, item, "a holiday",
                             "an unquoted date is no text to other tools")) {
            continue;
        }
        if (fg_date_parse(item->text, &dates[n]) != FG_OK) {
            FG_FIELD_ERROR(fields, item, FG_CODE_TIME,
                           "a holiday is a date such as \"2026-12-25\"");
            continue;
        }
        n++;
    }
    qsort(dates, n, sizeof(*dates), compare_dates);
    calendar->holidays = dates;
    calendar->n_holidays = n;
}

static void compile_calendar(struct pack_build *build, const struct pack_entry *entry,
                             struct fg_calendar *calendar)
{
    struct fg_fields *fields = &build->fields;
    calendar->name = fg_field_name(fields, entry->place, "name of the calendar", false);
    if (!fg_field_shape(fields, entry->body, FG_SHAPE_CALENDAR) &&
        entry->body->kind != FG_YAML_MAP) {
        return;
    }
    const struct fg_yaml_node *tz = fg_yaml_get(entry->body, "tz");
    const struct fg_yaml_node *open = fg_yaml_get(entry->body, "open");
    const struct fg_yaml_node *fallback = fg_yaml_get(entry->body, "default");
    const struct fg_yaml_node *holidays = fg_yaml_get(entry->body, "holidays");
    if (tz != NULL) {
        read_zone(build, tz, calendar);
    }
    // Each item may be over midnight, which makes it two spans; both keys fit.
    struct fg_hours *spans = fg_field_alloc(fields, (size_t)(SPANS_MAX + 1) * 4 * sizeof(*spans));
    if (spans == NULL) {
        return;
    }
    calendar->hours = spans;
    if (open != NULL) {
        read_open(build, open, calendar, spans);
    } else {
        FG_FIELD_ERROR(fields, entry->place, FG_CODE_MISSING_KEY,
                       "the calendar needs 'open': a list such as [\"Mon-Fri 07:30-19:00\"], or "
                       "customer");
    }
    if (fallback != NULL && !calendar->customer_hours) {
        FG_FIELD_ERROR(fields, fallback, FG_CODE_CONFLICT,
                       "'default' goes with 'open: customer', for customers without hours");
    } else if (fallback != NULL) {
        read_open(build, fallback, calendar, spans);
    }
    if (holidays != NULL && holidays->kind == FG_YAML_LIST) {
        read_holidays(build, holidays, calendar);
    } else if (holidays != NULL) {
        size_t index;
        calendar->customer_holidays =
            fg_field_word(fields, holidays, "holidays", fg_word_set(FG_SET_CUSTOMER), &index);
    }
}

void pack_compile_calendars(struct pack_build *build)
{
    const struct pack_table *table = &build->tables[PACK_CALENDAR];
    struct fg_calendar *calendars = fg_field_alloc(&build->fields, table->n * sizeof(*calendars));
    if (calendars == NULL) {
        return;
    }
    for (uint32_t i = 0; i < table->n; i++) {
        compile_calendar(build, &table->items[i], &calendars[i]);
    }
    build->out->calendars = calendars;
    build->out->n_calendars = table->n;
}
