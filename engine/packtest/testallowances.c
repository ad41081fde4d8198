// SPDX-License-Identifier: GPL-2.0-or-later
// What somebody answers for in a rule test.
#include <stdio.h>

#include "testfile.h"

static bool read_terms(struct fg_fields *fields, const struct fg_yaml_node *item,
                       struct fg_allowance *out, int64_t *for_ms)
{
    const struct fg_yaml_node *to = fg_yaml_get(item, "to");
    const struct fg_yaml_node *calls = fg_yaml_get(item, "calls");
    const struct fg_yaml_node *money = fg_yaml_get(item, "money");
    const struct fg_yaml_node *length = fg_yaml_get(item, "for");
    if (!fg_field_shape(fields, item, FG_SHAPE_ALLOWANCE) || to == NULL || calls == NULL ||
        money == NULL || length == NULL) {
        return false; // the shape has said what is missing
    }
    if (fg_allowance_to_parse(to->text, out) != FG_OK) {
        FG_FIELD_ERROR(fields, to, FG_CODE_TYPE,
                       "'to' must be the first digits of a number, such as \"+960\", or a country, "
                       "such as \"MV\"");
        return false;
    }
    return fg_field_int(fields, calls, "calls", 1, FG_ALLOWANCE_CALLS_MAX, &out->calls) &&
           fg_field_micro(fields, money, "money", &out->usd) &&
           fg_field_duration(fields, length, "for", FG_MS_PER_S, FG_ALLOWANCE_LONGEST_MS, for_ms);
}

void test_allowances_read(struct fg_fields *fields, const struct fg_yaml_node *node,
                          struct test_case *test)
{
    struct fg_allowances *out = &test->allowances;
    if (!fg_field_is(fields, node, FG_YAML_LIST, "allowances")) {
        return;
    }
    for (const struct fg_yaml_node *item = node->first; item != NULL; item = item->next) {
        int64_t for_ms = 0;
        if (out->n == FG_ALLOWANCES_MAX) {
            FG_FIELD_ERROR(fields, item, FG_CODE_LIMIT, "a customer has at most %d allowances",
                           FG_ALLOWANCES_MAX);
            return;
        }
        struct fg_allowance *allowance = &out->items[out->n];
        if (!read_terms(fields, item, allowance, &for_ms)) {
            continue;
        }
        allowance->id = ++out->n;
        allowance->since_ms = test->clock_ms;
        allowance->until_ms = test->clock_ms + for_ms;
        (void)snprintf(allowance->reason, sizeof(allowance->reason), "test");
        (void)snprintf(allowance->by, sizeof(allowance->by), "test");
        if (!fg_allowance_valid(allowance)) {
            FG_FIELD_ERROR(fields, item, FG_CODE_LIMIT, "'money' must be more than 0, at most %d",
                           (int)(FG_ALLOWANCE_USD_MAX / FG_MICRO));
        }
    }
}
