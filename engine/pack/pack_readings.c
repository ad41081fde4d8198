// SPDX-License-Identifier: GPL-2.0-or-later
// What rules do with meters beside measuring them: tests, and what a measure is divided by.
#include <string.h>

#include "build.h"

static const char meters[] = "meters.";

bool pack_names_meter(struct fg_view text)
{
    const size_t n = sizeof(meters) - 1;
    return text.len > n && memcmp(text.ptr, meters, n) == 0;
}

int32_t pack_resolve_meter(struct pack_build *build, const struct fg_yaml_node *node)
{
    struct fg_yaml_node name = *node;
    if (pack_names_meter(node->text)) {
        const size_t n = sizeof(meters) - 1;
        name.text.ptr += n;
        name.text.len -= n;
        name.offset += n;
        name.column += (uint32_t)n;
        name.length = name.length > n ? name.length - (uint32_t)n : 1;
    }
    return pack_resolve(build, PACK_METER, &name);
}

static void add_test(struct pack_build *build, const struct fg_yaml_node *key, int32_t meter,
                     struct fg_rule *rule)
{
    bool above = fg_view_equal(key->text, fg_view_of("above"));
    fg_micro number;
    if (!fg_field_micro(&build->fields, key->value, above ? "above" : "below", &number)) {
        return;
    }
    if (rule->n_tests == FG_METER_TESTS_MAX) {
        FG_FIELD_ERROR(&build->fields, key, FG_CODE_LIMIT,
                       "a rule tests at most %d bounds of meters", FG_METER_TESTS_MAX);
        return;
    }
    if (!above && number == 0) {
        FG_FIELD_ERROR(&build->fields, key->value, FG_CODE_MATCHER, "no meter is ever below 0");
        return;
    }
    rule->tests[rule->n_tests++] = (struct fg_meter_test){
        .meter = (uint16_t)(meter < 0 ? 0 : meter), .above = above, .number = number};
}

void pack_read_meter_test(struct pack_build *build, const struct fg_yaml_node *key,
                          struct fg_rule *rule)
{
    struct fg_fields *fields = &build->fields;
    const struct fg_yaml_node *map = key->value;
    int32_t meter = pack_resolve_meter(build, key);
    if (map->kind != FG_YAML_MAP) {
        FG_FIELD_ERROR(fields, map, FG_CODE_MATCHER,
                       "'%.*s' is a number: write {above: n} or {below: n}",
                       key->text.len > 64 ? 64 : (int)key->text.len, key->text.ptr);
        return;
    }
    if (map->n == 0) {
        FG_FIELD_ERROR(fields, map, FG_CODE_MATCHER, "the matcher is empty");
    }
    (void)fg_field_shape(fields, map, FG_SHAPE_MATCHER);
    for (const struct fg_yaml_node *bound = map->first; bound != NULL; bound = bound->next) {
        if (fg_view_equal(bound->text, fg_view_of("above")) ||
            fg_view_equal(bound->text, fg_view_of("below"))) {
            add_test(build, bound, meter, rule);
        } else if (fg_view_equal(bound->text, fg_view_of("in")) ||
                   fg_view_equal(bound->text, fg_view_of("not_in")) ||
                   fg_view_equal(bound->text, fg_view_of("first_seen_within")) ||
                   fg_view_equal(bound->text, fg_view_of("present"))) {
            FG_FIELD_ERROR(fields, bound, FG_CODE_MATCHER,
                           "a meter is a number: only above and below fit it");
        }
    }
    pack_warn_bounds(build, key, true); // below 0 is a mistake of its own
}

// A number that is divided by, or that one is multiplied with.
static void read_factor(struct pack_build *build, const struct fg_yaml_node *map, const char *key,
                        fg_micro *out)
{
    const struct fg_yaml_node *node = fg_yaml_get(map, key);
    fg_micro number;
    *out = FG_MICRO;
    if (node == NULL || !fg_field_micro(&build->fields, node, key, &number)) {
        return;
    }
    if (number == 0) {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_NUMBER, "'%s' must be more than 0", key);
    } else {
        *out = number;
    }
}

static void read_meter_base(struct pack_build *build, const struct fg_yaml_node *map,
                            struct fg_rule *rule)
{
    struct fg_fields *fields = &build->fields;
    (void)fg_field_shape(fields, map, FG_SHAPE_RELATIVE);
    const struct fg_yaml_node *meter = fg_yaml_get(map, "meter");
    if (meter == NULL) {
        FG_FIELD_ERROR(fields, map, FG_CODE_MISSING_KEY,
                       "'relative_to' needs a 'meter', such as {meter: calls_31d, times: 0.0323}");
        return;
    }
    if (!fg_field_is(fields, meter, FG_YAML_SCALAR, "the name of a meter")) {
        return;
    }
    int32_t index = pack_resolve_meter(build, meter);
    rule->relative_to = FG_RELATIVE_METER;
    rule->relative_meter = (uint16_t)(index < 0 ? 0 : index);
    read_factor(build, map, "times", &rule->relative_times);
    read_factor(build, map, "at_least", &rule->relative_at_least);
}

void pack_read_relative(struct pack_build *build, const struct fg_yaml_node *node,
                        struct fg_rule *rule)
{
    size_t index;
    if (!rule->measured) {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_CONFLICT,
                       "'relative_to' goes with 'measure' and 'steps'");
    } else if (node->kind == FG_YAML_MAP) {
        read_meter_base(build, node, rule);
    } else if (node->kind == FG_YAML_SCALAR && pack_names_meter(node->text)) {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_WORD,
                       "write relative_to: {meter: %.*s, times: n, at_least: n}",
                       node->text.len > 71 ? 64 : (int)(node->text.len - sizeof(meters) + 1),
                       node->text.ptr + sizeof(meters) - 1);
    } else if (fg_field_word(&build->fields, node, "relative_to", fg_word_set(FG_SET_RELATIVE),
                             &index)) {
        rule->relative_to = index == 0 ? FG_RELATIVE_CHANNELS : FG_RELATIVE_DAILY_LIMIT;
    }
}
