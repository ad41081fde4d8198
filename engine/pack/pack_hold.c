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

void pack_read_hold_growth(struct pack_build *build, const struct pack_growth *growth,
                           struct fg_hold_terms *terms)
{
    struct fg_fields *fields = &build->fields;
    if (growth->growth == NULL && growth->max == NULL) {
        return;
    }
    if (growth->growth == NULL || growth->max == NULL) {
        FG_FIELD_ERROR(fields, growth->growth == NULL ? growth->max : growth->growth,
                       FG_CODE_CONFLICT, "'%s' and '%s' go together, such as 2 and 4h",
                       growth->growth_name, growth->max_name);
        return;
    }
    fg_micro times;
    int32_t max_s = 0;
    const fg_micro milli = FG_MICRO / 1000;
    bool good = pack_read_hold_duration(build, growth->max, growth->max_name, &max_s);
    if (good && max_s < terms->duration_s) {
        FG_FIELD_ERROR(fields, growth->max, FG_CODE_CONFLICT, "%s is shorter than the hold itself",
                       growth->max_name);
        good = false;
    }
    if (!fg_field_micro(fields, growth->growth, growth->growth_name, &times)) {
        return;
    }
    if (times < FG_HOLD_GROWTH_MIN_MILLI * milli || times > FG_HOLD_GROWTH_MAX_MILLI * milli ||
        times % milli != 0) {
        FG_FIELD_ERROR(fields, growth->growth, FG_CODE_NUMBER,
                       "%s must be from 1 to 100, with at most 3 decimals", growth->growth_name);
        return;
    }
    if (!good) {
        return;
    }
    terms->growth_milli = (uint32_t)(times / milli);
    terms->max_s = max_s;
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
    }
    const bool timed =
        duration != NULL && pack_read_hold_duration(build, duration, "for", &out->duration_s);
    if (scope != NULL &&
        fg_field_word(fields, scope, "scope", fg_word_set(FG_SET_HOLD_SCOPE), &index) && timed) {
        out->scope = (enum fg_hold_scope)index;
        out->given = true;
    }
    pack_read_hold_growth(build,
                          &(struct pack_growth){fg_yaml_get(node, "growth"), "growth",
                                                fg_yaml_get(node, "max"), "max"},
                          out);
}
