// SPDX-License-Identifier: GPL-2.0-or-later
// Meters of what is usual: what they read while nothing is known, and their trend.
#include "build.h"

static bool read_amount(struct fg_fields *fields, const struct fg_yaml_node *node, const char *what,
                        fg_micro *out)
{
    if (!fg_field_micro(fields, node, what, out)) {
        return false;
    }
    if (*out == 0 || *out > FG_METER_START_MAX) {
        FG_FIELD_ERROR(fields, node, FG_CODE_NUMBER, "'%s' must be more than 0 and at most 1000000",
                       what);
        return false;
    }
    return true;
}

static void read_profiles(struct pack_build *build, const struct fg_yaml_node *map,
                          struct fg_meter *meter)
{
    const struct fg_words profiles = fg_word_set(FG_SET_PROFILE);
    struct fg_fields *fields = &build->fields;
    if (!fg_field_shape(fields, map, FG_SHAPE_START) && map->kind != FG_YAML_MAP) {
        return;
    }
    if (map->n == 0) {
        FG_FIELD_ERROR(fields, map, FG_CODE_TYPE, "'start' is empty");
    }
    struct fg_meter_start *starts = fg_field_alloc(fields, profiles.n * sizeof(*starts));
    for (size_t i = 0; i < profiles.n && starts != NULL; i++) {
        const struct fg_yaml_node *node = fg_yaml_get(map, profiles.words[i]);
        fg_micro amount;
        if (node != NULL && read_amount(fields, node, profiles.words[i], &amount)) {
            starts[meter->n_starts++] = (struct fg_meter_start){profiles.words[i], amount};
        }
    }
    meter->starts = starts;
}

void pack_read_start(struct pack_build *build, const struct fg_yaml_node *node,
                     struct fg_meter *meter)
{
    struct fg_fields *fields = &build->fields;
    fg_micro amount;
    if (meter->kind != FG_METER_TYPICAL) {
        FG_FIELD_ERROR(fields, node, FG_CODE_CONFLICT, "'start' goes with 'typical'");
    } else if (node->kind != FG_YAML_SCALAR) {
        read_profiles(build, node, meter);
    } else if (read_amount(fields, node, "start", &amount)) {
        struct fg_meter_start *start = fg_field_alloc(fields, sizeof(*start));
        if (start != NULL) {
            *start = (struct fg_meter_start){"default", amount};
            meter->starts = start;
            meter->n_starts = 1;
        }
    }
}

bool pack_is_trend(const struct pack_entry *entry)
{
    return entry->body->kind == FG_YAML_MAP && fg_yaml_get(entry->body, "trend") != NULL;
}

void pack_compile_trend(struct pack_build *build, const struct pack_entry *entry,
                        const struct fg_meter *meters, struct fg_meter *meter)
{
    struct fg_fields *fields = &build->fields;
    const struct fg_yaml_node *trend = fg_yaml_get(entry->body, "trend");
    meter->name = fg_field_name(fields, entry->place, "name of the meter", false);
    meter->kind = FG_METER_TREND;
    bool alone = fg_field_shape(fields, entry->body, FG_SHAPE_METER);
    for (const struct fg_yaml_node *key = entry->body->first; key != NULL; key = key->next) {
        if (key->value != trend && !fg_view_equal(key->text, fg_view_of("desc"))) {
            FG_FIELD_ERROR(fields, key, FG_CODE_CONFLICT,
                           "a trend is that of a typical meter, which says all the rest: '%.*s' "
                           "does not go with it",
                           key->text.len > 64 ? 64 : (int)key->text.len, key->text.ptr);
            alone = false;
        }
    }
    if (!alone || !fg_field_is(fields, trend, FG_YAML_SCALAR, "the name of a meter")) {
        return;
    }
    int32_t index = pack_resolve_meter(build, trend);
    if (index < 0) {
        return;
    }
    const struct fg_meter *typical = &meters[index];
    if (typical->kind != FG_METER_TYPICAL) {
        FG_FIELD_ERROR(fields, trend, FG_CODE_CONFLICT, "meter '%s' is not a typical one",
                       typical->name != NULL ? typical->name : "");
        return;
    }
    const char *name = meter->name;
    *meter = *typical;
    meter->name = name;
    meter->kind = FG_METER_TREND;
    meter->starts = NULL;
    meter->n_starts = 0;
    meter->peers = false;
}

void pack_read_peers(struct pack_build *build, const struct fg_yaml_node *map,
                     struct fg_meter *meter)
{
    const struct fg_yaml_node *peers = fg_yaml_get(map, "peers");
    const bool alone = meter->kind == FG_METER_TYPICAL && meter->per == FG_KEY_CUSTOMER;
    meter->peers = alone;
    if (peers == NULL || !fg_field_bool(&build->fields, peers, "peers", &meter->peers)) {
        return;
    }
    if (!alone && meter->kind != FG_METER_TYPICAL) {
        FG_FIELD_ERROR(&build->fields, peers, FG_CODE_CONFLICT, "'peers' goes with 'typical'");
        meter->peers = false;
    } else if (!alone && meter->peers) {
        FG_FIELD_ERROR(&build->fields, peers, FG_CODE_CONFLICT,
                       "what is usual is learned from peers only where the meter is 'per: "
                       "customer'");
        meter->peers = false;
    }
}
