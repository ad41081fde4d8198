// SPDX-License-Identifier: GPL-2.0-or-later
// What a meter of the usual reads while nothing is known.
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
