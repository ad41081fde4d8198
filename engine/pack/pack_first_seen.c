// SPDX-License-Identifier: GPL-2.0-or-later
// first_seen_within in the condition of a rule: a nameless meter of what was seen, and a test.
#include <string.h>

#include "build.h"

static const char word[] = "first_seen_within";
// Shorter spans would forget what is called every week.
#define REMEMBERED_MIN_MS (90 * FG_MS_PER_DAY)

const struct fg_yaml_node *pack_first_seen_of(const struct fg_yaml_node *key)
{
    const struct fg_yaml_node *value = key->value;
    return value != NULL && value->kind == FG_YAML_MAP ? fg_yaml_get(value, word) : NULL;
}

uint32_t pack_count_first_seen(const struct pack_build *build)
{
    const struct pack_table *table = &build->tables[PACK_RULE];
    uint32_t n = 0;
    for (uint32_t i = 0; i < table->n; i++) {
        const struct fg_yaml_node *when = fg_yaml_get(table->items[i].body, "when");
        const struct fg_yaml_node *key =
            when != NULL && when->kind == FG_YAML_MAP ? when->first : NULL;
        for (; key != NULL; key = key->next) {
            n += pack_first_seen_of(key) != NULL ? 1 : 0;
        }
    }
    return n;
}

// The nameless meter of source, made where it is not there yet; -1 after an error.
static int32_t meter_of(struct pack_build *build, const struct fg_yaml_node *place,
                        const struct fg_meter *wanted)
{
    for (uint32_t i = 0; i < build->out->n_meters; i++) {
        const struct fg_meter *meter = &build->meters[i];
        if (meter->nameless && meter->kind == FG_METER_FIRST_SEEN &&
            meter->source == wanted->source && meter->direction == wanted->direction &&
            meter->over_ms == wanted->over_ms) {
            return (int32_t)i;
        }
    }
    return pack_add_meter(build, place, wanted);
}

void pack_read_first_seen(struct pack_build *build, const struct fg_yaml_node *key,
                          struct fg_rule *rule)
{
    struct fg_fields *fields = &build->fields;
    const struct fg_yaml_node *within = pack_first_seen_of(key);
    enum fg_meter_source source;
    const char *name;
    int64_t ms;
    (void)fg_field_shape(fields, key->value, FG_SHAPE_MATCHER);
    if (!pack_find_sighted(key->text, &source, &name)) {
        FG_FIELD_ERROR(fields, key, FG_CODE_MATCHER,
                       "when it was first seen is remembered of dest.country, dest.number, "
                       "dest.range, caller.number, src.network, src.country and "
                       "tls.cert.fingerprint, not of '%.*s'",
                       key->text.len > 64 ? 64 : (int)key->text.len, key->text.ptr);
        return;
    }
    if (!fg_field_duration(fields, within, word, FG_MS_PER_S, FG_METER_REMEMBERED_MAX_MS, &ms) ||
        build->meters == NULL) {
        return;
    }
    if (rule->n_tests == FG_METER_TESTS_MAX) {
        FG_FIELD_ERROR(fields, within, FG_CODE_LIMIT, "a rule tests at most %d bounds of meters",
                       FG_METER_TESTS_MAX);
        return;
    }
    struct fg_meter wanted = {.name = name,
                              .nameless = true,
                              .kind = FG_METER_FIRST_SEEN,
                              .source = source,
                              .per = FG_KEY_CUSTOMER,
                              .over_ms = ms > REMEMBERED_MIN_MS ? ms : REMEMBERED_MIN_MS,
                              .direction = rule->direction};
    wanted.id = fg_meter_id(&wanted, build->lists, build->out->calendars);
    const int32_t meter = meter_of(build, within, &wanted);
    if (meter >= 0) {
        rule->tests[rule->n_tests++] = (struct fg_meter_test){
            .meter = (uint16_t)meter, .number = ms * (FG_MICRO / FG_MS_PER_S)};
    }
}
