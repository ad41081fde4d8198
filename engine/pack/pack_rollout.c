// SPDX-License-Identifier: GPL-2.0-or-later
// Rollouts of rules and composites.
#include "build.h"

static void read_percent(struct pack_build *build, const struct fg_yaml_node *node, bool *rolls_out,
                         uint8_t *out)
{
    struct fg_fields *fields = &build->fields;
    const struct fg_yaml_node *percent = fg_yaml_get(node, "percent");
    const struct fg_yaml_node *by = fg_yaml_get(node, "by");
    int32_t value;
    size_t index;
    if (percent == NULL) {
        FG_FIELD_ERROR(fields, node, FG_CODE_MISSING_KEY,
                       "the rollout needs a 'percent', such as {percent: 10, by: customer}");
    } else if (fg_field_int(fields, percent, "percent", 0, 100, &value)) {
        *rolls_out = true;
        *out = (uint8_t)value;
    }
    if (by != NULL) {
        (void)fg_field_word(fields, by, "kind of rollout", fg_word_set(FG_SET_CUSTOMER), &index);
    }
}

void pack_read_rollout(struct pack_build *build, const struct fg_yaml_node *node, enum fg_mode mode,
                       bool *rolls_out, uint8_t *percent)
{
    if (fg_field_shape(&build->fields, node, FG_SHAPE_ROLLOUT) || node->kind == FG_YAML_MAP) {
        read_percent(build, node, rolls_out, percent);
    }
    if (mode != FG_MODE_ENFORCE) {
        fg_yaml_report(node, build->fields.diags, FG_WARNING, FG_CODE_NEVER,
                       "the rollout has no effect: the rule's mode is %s for everybody",
                       fg_mode_name(mode));
    }
}
