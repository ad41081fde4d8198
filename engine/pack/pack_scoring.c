// SPDX-License-Identifier: GPL-2.0-or-later
// Scoring: bands, caps, what follows a block, and what holds while no store answers.
#include "build.h"

#define POINTS_MAX    10000
#define RISKY_PER_MIN 2 // where a pack does not say

// Bands in rising order, FG_ALERT first.
static const char *const bands[] = {"alert", "throttle", "challenge", "block"};
#define N_BANDS (sizeof(bands) / sizeof(bands[0]))

static void read_thresholds(struct pack_build *build, const struct fg_yaml_node *node)
{
    struct fg_fields *fields = &build->fields;
    if (!fg_field_shape(fields, node, FG_SHAPE_THRESHOLDS) && node->kind != FG_YAML_MAP) {
        return;
    }
    int32_t before = 0;
    const char *before_name = NULL;
    for (size_t i = 0; i < N_BANDS; i++) {
        const struct fg_yaml_node *value = fg_yaml_get(node, bands[i]);
        int32_t points;
        if (value == NULL || !fg_field_int(fields, value, bands[i], 1, POINTS_MAX, &points)) {
            continue;
        }
        if (before_name != NULL && points <= before) {
            FG_FIELD_ERROR(fields, value, FG_CODE_RISING,
                           "bands must rise: %s (%d) is not more than %s (%d)", bands[i], points,
                           before_name, before);
        }
        build->out->thresholds[FG_ALERT + (int)i] = points;
        before = points;
        before_name = bands[i];
    }
    // A band that is not named begins where the next one does, and so is never reached.
    for (int action = FG_BLOCK - 1; action >= FG_ALERT; action--) {
        if (build->out->thresholds[action] == INT32_MAX) {
            build->out->thresholds[action] = build->out->thresholds[action + 1];
        }
    }
    if (node->n == 0) {
        FG_FIELD_ERROR(fields, node, FG_CODE_MISSING_KEY, "no band at all: nothing could follow");
    }
}

static void read_on_block(struct pack_build *build, const struct fg_yaml_node *node)
{
    struct fg_fields *fields = &build->fields;
    if (!fg_field_shape(fields, node, FG_SHAPE_ON_BLOCK) && node->kind != FG_YAML_MAP) {
        return;
    }
    const struct fg_yaml_node *sip = fg_yaml_get(node, "sip");
    const struct fg_yaml_node *drop = fg_yaml_get(node, "drop_media");
    const struct fg_yaml_node *hold = fg_yaml_get(node, "hold");
    const struct fg_yaml_node *scope = fg_yaml_get(node, "hold_scope");
    struct fg_hold_terms *terms = &build->out->hold;
    size_t index;
    if (sip != NULL) {
        pack_read_sip(build, sip, &build->out->replies[FG_BLOCK]);
    }
    if (drop != NULL) {
        (void)fg_field_bool(fields, drop, "drop_media", &build->out->drop_media_on_block);
    }
    if (hold != NULL) {
        (void)pack_read_hold_duration(build, hold, "hold", &terms->duration_s);
    }
    if (scope != NULL && hold == NULL) {
        FG_FIELD_ERROR(fields, scope, FG_CODE_CONFLICT, "'hold_scope' needs a 'hold'");
    } else if (scope != NULL &&
               fg_field_word(fields, scope, "hold_scope", fg_word_set(FG_SET_HOLD_SCOPE), &index)) {
        terms->scope = (enum fg_hold_scope)index;
    }
    const struct pack_growth growth = {fg_yaml_get(node, "hold_growth"), "hold_growth",
                                       fg_yaml_get(node, "hold_max"), "hold_max"};
    const struct fg_yaml_node *grows = growth.growth != NULL ? growth.growth : growth.max;
    if (grows != NULL && hold == NULL) {
        FG_FIELD_ERROR(fields, grows, FG_CODE_CONFLICT, "a hold that grows needs a 'hold'");
    } else {
        pack_read_hold_growth(build, &growth, terms);
    }
}

static void read_degraded(struct pack_build *build, const struct fg_yaml_node *node)
{
    if (!fg_field_shape(&build->fields, node, FG_SHAPE_DEGRADED)) {
        return;
    }
    const struct fg_yaml_node *risky = fg_yaml_get(node, "risky_per_minute");
    if (risky != NULL) {
        (void)fg_field_int(&build->fields, risky, "risky_per_minute", 0, POINTS_MAX,
                           &build->out->degraded_risky_per_min);
    }
}

void pack_compile_groups(struct pack_build *build)
{
    const struct pack_table *table = &build->tables[PACK_GROUP];
    struct fg_group *groups = fg_field_alloc(&build->fields, table->n * sizeof(*groups));
    if (groups == NULL) {
        return;
    }
    for (uint32_t i = 0; i < table->n; i++) {
        const struct fg_yaml_node *cap = table->items[i].body;
        groups[i].name = fg_field_name(&build->fields, table->items[i].place, "group", false);
        groups[i].cap = INT32_MAX;
        bool none = cap == NULL ||
                    (cap->kind == FG_YAML_SCALAR && fg_view_equal(cap->text, fg_view_of("none")));
        if (!none) {
            (void)fg_field_int(&build->fields, cap, "cap of a group (or none)", 1, POINTS_MAX,
                               &groups[i].cap);
        }
    }
    build->out->groups = groups;
    build->out->n_groups = table->n;
}

void pack_compile_scoring(struct pack_build *build)
{
    for (int i = 0; i < FG_ACTION_COUNT; i++) {
        build->out->thresholds[i] = INT32_MAX;
    }
    build->out->degraded_risky_per_min = RISKY_PER_MIN;
    const struct fg_yaml_node *scoring = build->scoring;
    if (scoring == NULL || (!fg_field_shape(&build->fields, scoring, FG_SHAPE_SCORING) &&
                            scoring->kind != FG_YAML_MAP)) {
        return;
    }
    const struct fg_yaml_node *thresholds = fg_yaml_get(scoring, "thresholds");
    const struct fg_yaml_node *on_block = fg_yaml_get(scoring, "on_block");
    const struct fg_yaml_node *replies = fg_yaml_get(scoring, "replies");
    const struct fg_yaml_node *degraded = fg_yaml_get(scoring, "degraded");
    if (thresholds == NULL) {
        FG_FIELD_ERROR(&build->fields, scoring, FG_CODE_MISSING_KEY,
                       "scoring needs 'thresholds', such as {alert: 30, block: 80}");
    } else {
        read_thresholds(build, thresholds);
    }
    if (on_block != NULL) {
        read_on_block(build, on_block);
    }
    if (replies != NULL) {
        pack_read_replies(build, replies);
    }
    if (degraded != NULL) {
        read_degraded(build, degraded);
    }
}
