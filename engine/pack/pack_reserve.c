// SPDX-License-Identifier: GPL-2.0-or-later
// Measures that rules name by what they are for: lines that are kept, how long calls may last.
#include <string.h>

#include "build.h"

#define LINES_MAX  100000
#define LONGEST_MS (7 * FG_MS_PER_DAY)

// The one step of such a rule: its score; at least this action where it says neither.
static void only_step(const struct pack_entry *entry, struct fg_rule *rule, fg_micro above,
                      enum fg_action least)
{
    rule->measured = true;
    rule->n_steps = 1;
    rule->steps[0] = (struct fg_step){.above = above, .score = rule->score};
    rule->score = 0;
    if (rule->action_at_least == FG_ALLOW && fg_yaml_get(entry->body, "score") == NULL) {
        rule->action_at_least = least;
    }
}

static bool stands_alone(struct pack_build *build, const struct fg_yaml_node *node,
                         const struct fg_rule *rule, const char *key)
{
    if (rule->measured || rule->throttles) {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_CONFLICT,
                       "'%s' goes with 'when' and 'score', not with another measure", key);
        return false;
    }
    return true;
}

// How much of the lines is for everybody: a step over the gauge, and what that is divided by.
static void read_lines(struct pack_build *build, const struct pack_entry *entry,
                       const struct fg_yaml_node *map, struct fg_rule *rule)
{
    struct fg_fields *fields = &build->fields;
    const struct fg_yaml_node *percent = fg_yaml_get(map, "percent");
    const struct fg_yaml_node *last = fg_yaml_get(map, "last");
    const struct fg_yaml_node *of = fg_yaml_get(map, "of");
    int32_t kept = 0;
    int32_t lines = 0;
    if ((percent == NULL) == (last == NULL)) {
        FG_FIELD_ERROR(fields, map, FG_CODE_MISSING_KEY,
                       "write either percent: n or last: n, the lines that are kept");
        return;
    }
    if (of != NULL && !fg_field_int(fields, of, "of", 1, LINES_MAX, &lines)) {
        return;
    }
    if (percent != NULL ? !fg_field_int(fields, percent, "percent", 1, 99, &kept)
                        : !fg_field_int(fields, last, "last", 1, LINES_MAX, &kept)) {
        return;
    }
    const fg_micro part = (100 - kept) * (FG_MICRO / 100);
    if (percent != NULL) {
        rule->relative_to = lines == 0 ? FG_RELATIVE_CHANNELS : FG_RELATIVE_NONE;
        only_step(entry, rule, lines == 0 ? part : part * lines, FG_THROTTLE);
    } else if (lines == 0) {
        rule->relative_to = FG_RELATIVE_FREE_LINES;
        rule->relative_kept = kept;
        only_step(entry, rule, FG_MICRO, FG_THROTTLE);
    } else {
        only_step(entry, rule, (lines > kept ? lines - kept : 0) * FG_MICRO, FG_THROTTLE);
    }
}

void pack_read_reserve(struct pack_build *build, const struct pack_entry *entry,
                       const struct fg_yaml_node *node, struct fg_rule *rule)
{
    struct fg_fields *fields = &build->fields;
    const struct fg_yaml_node *meter = fg_yaml_get(node, "meter");
    if (!stands_alone(build, node, rule, "reserve") ||
        (!fg_field_shape(fields, node, FG_SHAPE_RESERVE) && node->kind != FG_YAML_MAP)) {
        return;
    }
    if (rule->events != 1U << FG_EVENT_ATTEMPT) {
        FG_FIELD_ERROR(fields, node, FG_CODE_CONFLICT,
                       "'reserve' is for attempts: who has a line keeps it");
        return;
    }
    if (meter == NULL) {
        FG_FIELD_ERROR(fields, node, FG_CODE_MISSING_KEY,
                       "'reserve' needs a 'meter', such as {meter: live_calls, percent: 20}");
        return;
    }
    if (!fg_field_is(fields, meter, FG_YAML_SCALAR, "the name of a meter")) {
        return;
    }
    const int32_t index = pack_resolve_meter(build, meter);
    if (index < 0 || build->meters == NULL) {
        return;
    }
    if (build->meters[index].kind != FG_METER_GAUGE ||
        build->meters[index].source != FG_SOURCE_CALLS) {
        FG_FIELD_ERROR(fields, meter, FG_CODE_CONFLICT,
                       "lines are calls in progress: 'reserve' needs a meter 'gauge: calls'");
        return;
    }
    rule->measure_is_meter = true;
    rule->measure_meter = (uint16_t)index;
    read_lines(build, entry, node, rule);
}

static bool read_span(struct pack_build *build, const struct fg_yaml_node *key, int32_t *out)
{
    int64_t ms;
    char name[32] = "";
    const size_t len = key->text.len < sizeof(name) ? key->text.len : sizeof(name) - 1;
    memcpy(name, key->text.ptr, len);
    if (!fg_field_duration(&build->fields, key->value, name, FG_MS_PER_MIN, LONGEST_MS, &ms)) {
        return false;
    }
    *out = (int32_t)(ms / FG_MS_PER_S);
    return true;
}

// Where a key's duration goes; NULL: nowhere, which its shape has told.
static int32_t *place_of(struct fg_longest *longest, struct fg_view key)
{
    enum fg_number_type type;
    if (fg_view_equal(key, fg_view_of("international"))) {
        return &longest->abroad_s;
    }
    if (fg_view_equal(key, fg_view_of("any"))) {
        return &longest->any_s;
    }
    return fg_number_type_parse(key, &type) == FG_OK ? &longest->type_s[type] : NULL;
}

void pack_read_longest(struct pack_build *build, const struct pack_entry *entry,
                       const struct fg_yaml_node *node, struct fg_rule *rule)
{
    struct fg_fields *fields = &build->fields;
    const uint8_t minute = 1U << FG_EVENT_MINUTE;
    if (!stands_alone(build, node, rule, "max_duration") ||
        (!fg_field_shape(fields, node, FG_SHAPE_DURATIONS) && node->kind != FG_YAML_MAP)) {
        return;
    }
    if (fg_yaml_get(entry->body, "on") == NULL) {
        rule->events = minute;
    } else if (rule->events != minute) {
        FG_FIELD_ERROR(fields, node, FG_CODE_CONFLICT,
                       "'max_duration' is about calls in progress: 'on: minute', as it is where it "
                       "is not said");
        return;
    }
    if (node->n == 0) {
        FG_FIELD_ERROR(fields, node, FG_CODE_MISSING_KEY,
                       "'max_duration' is empty: write such as {premium: 10m, international: 4h}");
    }
    struct fg_longest *longest = fg_field_alloc(fields, sizeof(*longest));
    if (longest == NULL) {
        return;
    }
    for (const struct fg_yaml_node *key = node->first; key != NULL; key = key->next) {
        int32_t *place = place_of(longest, key->text);
        if (place != NULL) {
            (void)read_span(build, key, place);
        }
    }
    rule->longest = longest;
    rule->relative_to = FG_RELATIVE_LONGEST;
    rule->measure_signal = FG_SIG_CALL_DURATION;
    only_step(entry, rule, FG_MICRO - 1, FG_BLOCK); // as long as it may last, not longer
}
