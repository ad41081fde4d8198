// SPDX-License-Identifier: GPL-2.0-or-later
// What a rule's block holds back.
#include "build.h"

bool pack_read_hold_duration(struct pack_build *build, const struct fg_yaml_node *node,
                             const char *what, int32_t *out_s)
{
    int64_t ms;
    if (!fg_field_duration(&build->fields, node, what, PACK_HOLD_MIN_MS, PACK_HOLD_MAX_MS, &ms)) {
        return false;
    }
    *out_s = (int32_t)(ms / FG_MS_PER_S);
    return true;
}

void pack_read_hold(struct pack_build *build, const struct fg_yaml_node *node,
                    struct fg_hold_terms *out)
{
    struct fg_fields *fields = &build->fields;
    size_t index;
    if (node->kind == FG_YAML_SCALAR) {
        out->given = fg_field_word(fields, node, "hold", fg_word_set(FG_SET_NOBODY), &index);
        return;
    }
    if (!fg_field_shape(fields, node, FG_SHAPE_HOLD) && node->kind != FG_YAML_MAP) {
        return;
    }
    const struct fg_yaml_node *scope = fg_yaml_get(node, "scope");
    const struct fg_yaml_node *duration = fg_yaml_get(node, "for");
    if (scope == NULL || duration == NULL) {
        FG_FIELD_ERROR(fields, node, FG_CODE_MISSING_KEY,
                       "the hold needs a 'scope' and 'for', such as {scope: country, for: 15m}");
        return;
    }
    bool timed = pack_read_hold_duration(build, duration, "for", &out->duration_s);
    if (fg_field_word(fields, scope, "scope", fg_word_set(FG_SET_HOLD_SCOPE), &index) && timed) {
        out->scope = (enum fg_hold_scope)index;
        out->given = true;
    }
}
