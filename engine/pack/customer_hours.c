// SPDX-License-Identifier: GPL-2.0-or-later
// A customer's opening hours and holidays.
#include <stdlib.h>

#include "customer_read.h"
#include "hours.h"

static bool read_time(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                      const char *what, uint16_t *out)
{
    if (!fg_field_quoted(&reader->fields, node, "a time",
                         "unquoted 22:00 is the number 1320 to other tools")) {
        return false;
    }
    if (fg_minute_parse(node->text, out) != FG_OK) {
        FG_FIELD_ERROR(&reader->fields, node, FG_CODE_TIME,
                       "%s must be a time of day such as \"08:00\", not '%.*s'", what,
                       node->text.len > 64 ? 64 : (int)node->text.len, node->text.ptr);
        return false;
    }
    return true;
}

static uint32_t read_hours(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                           struct fg_hours out[2])
{
    struct fg_fields *fields = &reader->fields;
    if (!fg_field_shape(fields, node, FG_SHAPE_HOURS)) {
        return 0;
    }
    const struct fg_yaml_node *days = fg_yaml_get(node, "days");
    const struct fg_yaml_node *from = fg_yaml_get(node, "from");
    const struct fg_yaml_node *to = fg_yaml_get(node, "to");
    if (days == NULL || from == NULL || to == NULL) {
        FG_FIELD_ERROR(fields, node, FG_CODE_MISSING_KEY,
                       "hours need days, from and to: {days: mon-fri, from: \"08:00\", to: "
                       "\"18:00\"}");
        return 0;
    }
    uint8_t set = 0;
    uint16_t from_min;
    uint16_t to_min;
    bool good = true;
    if (days->kind != FG_YAML_SCALAR || fg_days_parse(days->text, &set) != FG_OK) {
        FG_FIELD_ERROR(fields, days, FG_CODE_TIME,
                       "days must be such as mon-fri, sat or mon,wed,fri");
        good = false;
    }
    good = read_time(reader, from, "from", &from_min) && good;
    good = read_time(reader, to, "to", &to_min) && good;
    uint32_t n = 0;
    if (good && fg_hours_make(set, from_min, to_min, out, &n) != FG_OK) {
        FG_FIELD_ERROR(fields, to, FG_CODE_TIME, "'to' must be another time than 'from'");
        n = 0;
    }
    return n;
}

static int compare_dates(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a;
    int32_t y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static void read_holidays(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                          struct fg_customer *out)
{
    if (!fg_customer_is_list(reader, node, "holidays", FG_CUSTOMER_ITEMS_MAX)) {
        return;
    }
    int32_t *dates = fg_field_alloc(&reader->fields, node->n * sizeof(*dates));
    if (dates == NULL) {
        return;
    }
    for (const struct fg_yaml_node *item = node->first; item != NULL; item = item->next) {
        if (item->kind == FG_YAML_SCALAR &&
            fg_date_parse(item->text, &dates[out->n_holidays]) == FG_OK) {
            out->n_holidays++;
        } else {
            FG_FIELD_ERROR(&reader->fields, item, FG_CODE_TIME,
                           "a holiday is a date such as \"2026-12-25\"");
        }
    }
    qsort(dates, out->n_holidays, sizeof(*dates), compare_dates);
    out->holidays = dates;
}

void fg_customer_read_hours(struct fg_customer_reader *reader, const struct fg_yaml_node *hours,
                            const struct fg_yaml_node *holidays, struct fg_customer *out)
{
    if (hours != NULL && fg_customer_is_list(reader, hours, "hours", FG_CUSTOMER_ITEMS_MAX)) {
        struct fg_hours *spans =
            fg_field_alloc(&reader->fields, (size_t)hours->n * 2 * sizeof(*spans));
        for (const struct fg_yaml_node *item = hours->first; item != NULL && spans != NULL;
             item = item->next) {
            out->n_hours += read_hours(reader, item, &spans[out->n_hours]);
        }
        out->hours = spans;
    }
    if (holidays != NULL) {
        read_holidays(reader, holidays, out);
    }
}
