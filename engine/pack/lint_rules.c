// SPDX-License-Identifier: GPL-2.0-or-later
// Rules that no test covers, that are off, in shadow for no stated reason or undocumented; what
// only such rules use; exceptions and overrides that end soon.
#include <string.h>

#include "lint_priv.h"

#define SOON_DAYS 14

static bool is_text(const struct fg_yaml_node *node, const char *text)
{
    return node != NULL && node->kind == FG_YAML_SCALAR &&
           fg_view_equal(node->text, fg_view_of(text));
}

static bool is_off(const struct fg_ruleset *ruleset, uint32_t rule)
{
    bool off = ruleset->rules[rule].mode == FG_MODE_OFF;
    for (uint32_t i = 0; i < ruleset->n_overrides && off; i++) {
        const struct fg_override *override = &ruleset->overrides[i];
        off = (override->changes & FG_CHANGE_MODE) == 0 || override->rule != rule ||
              override->mode == FG_MODE_OFF;
    }
    return off;
}

static void check_rule(struct lint *lint, uint32_t index, const struct fg_yaml_node *body,
                       const struct fg_yaml_node *root)
{
    const struct fg_ruleset *ruleset = lint->in->ruleset;
    const struct fg_rule *rule = &ruleset->rules[index];
    const struct fg_yaml_node *id = lint_place(body, "id");
    if (is_off(ruleset, index)) {
        LINT(lint, lint_place(body, "mode"), FG_CODE_LINT_OFF,
             "rule '%s' is off for everybody: nothing uses it", rule->id);
        return;
    }
    if (lint->in->covered != NULL && !lint->in->covered[index]) {
        LINT(lint, id, FG_CODE_LINT_UNTESTED, "no test makes rule '%s' hit", rule->id);
    }
    const struct fg_yaml_node *defaults = fg_yaml_get(root, "defaults");
    const struct fg_yaml_node *mode = fg_yaml_get(body, "mode");
    const struct fg_yaml_node *maturity = fg_yaml_get(body, "maturity");
    if (defaults != NULL && defaults->kind == FG_YAML_MAP) {
        mode = mode == NULL ? fg_yaml_get(defaults, "mode") : mode;
        maturity = maturity == NULL ? fg_yaml_get(defaults, "maturity") : maturity;
    }
    if (maturity == NULL && is_text(mode, "shadow")) {
        LINT(lint, fg_yaml_get(body, "mode") == NULL ? id : mode, FG_CODE_LINT_SHADOW,
             "rule '%s' is in shadow, but has no 'maturity': say how far it has come", rule->id);
    }
}

struct habit {
    uint32_t with, without;
};

static struct habit count_false_positives(struct lint *lint)
{
    struct habit habit = {0};
    for (uint32_t i = 0; i < lint->in->n_packs; i++) {
        const struct fg_yaml_node *root = lint->roots[i];
        const struct fg_yaml_node *rules = root == NULL ? NULL : fg_yaml_get(root, "rules");
        const struct fg_yaml_node *body = rules == NULL ? NULL : rules->first;
        for (; body != NULL; body = body->next) {
            if (body->kind == FG_YAML_MAP) {
                bool has = fg_yaml_get(body, "falsepositives") != NULL;
                habit.with += has ? 1U : 0U;
                habit.without += has ? 0U : 1U;
            }
        }
    }
    return habit;
}

static void check_false_positives(struct lint *lint, uint32_t index,
                                  const struct fg_yaml_node *body, const struct fg_yaml_node *root)
{
    (void)root;
    if (fg_yaml_get(body, "falsepositives") == NULL && !is_off(lint->in->ruleset, index)) {
        LINT(lint, lint_place(body, "id"), FG_CODE_LINT_POSITIVES,
             "rule '%s' has no 'falsepositives', which most rules here have",
             lint->in->ruleset->rules[index].id);
    }
}

// Calls fn for the key and value of every name under section, such as meters.
typedef void name_fn(struct lint *lint, const struct fg_yaml_node *key);
static void each_name(struct lint *lint, const char *section, const char *within, name_fn *fn)
{
    for (uint32_t i = 0; i < lint->in->n_packs; i++) {
        const struct fg_yaml_node *map = lint->roots[i];
        if (map != NULL && within != NULL) {
            map = fg_yaml_get(map, within);
        }
        map = map == NULL || map->kind != FG_YAML_MAP ? NULL : fg_yaml_get(map, section);
        if (map == NULL || map->kind != FG_YAML_MAP) {
            continue;
        }
        for (const struct fg_yaml_node *key = map->first; key != NULL; key = key->next) {
            fn(lint, key);
        }
    }
}

static void check_group(struct lint *lint, const struct fg_yaml_node *key)
{
    const struct fg_ruleset *ruleset = lint->in->ruleset;
    for (uint32_t i = 0; i < ruleset->n_rules; i++) {
        int32_t group = ruleset->rules[i].group;
        if (group >= 0 && !is_off(ruleset, i) && is_text(key, ruleset->groups[group].name)) {
            return;
        }
    }
    LINT(lint, key, FG_CODE_LINT_OFF, "no rule is in group '%.*s'", (int)key->text.len,
         key->text.ptr);
}

// Whether the meter at index is the one at key, or its trend.
static bool is_meter(const struct fg_ruleset *ruleset, const struct fg_yaml_node *key,
                     uint16_t index)
{
    const struct fg_meter *meter = &ruleset->meters[index];
    bool is = is_text(key, meter->name);
    for (uint32_t i = 0; meter->kind == FG_METER_TREND && i < ruleset->n_meters && !is; i++) {
        is = ruleset->meters[i].id == meter->id && is_text(key, ruleset->meters[i].name);
    }
    return is;
}

// Whether a rule names the meter anywhere.
static bool names_meter(const struct fg_ruleset *ruleset, const struct fg_rule *rule,
                        const struct fg_yaml_node *key)
{
    bool names =
        rule->measured && rule->measure_is_meter && is_meter(ruleset, key, rule->measure_meter);
    names = names || (rule->relative_to == FG_RELATIVE_METER &&
                      is_meter(ruleset, key, rule->relative_meter));
    for (uint32_t i = 0; i < rule->n_tests && !names; i++) {
        names = is_meter(ruleset, key, rule->tests[i].meter);
    }
    return names;
}

// The loader tells of meters that nothing names; these are named by rules that are off.
static void check_meter(struct lint *lint, const struct fg_yaml_node *key)
{
    const struct fg_ruleset *ruleset = lint->in->ruleset;
    bool named = false;
    for (uint32_t i = 0; i < ruleset->n_rules; i++) {
        if (!names_meter(ruleset, &ruleset->rules[i], key)) {
            continue;
        }
        if (!is_off(ruleset, i)) {
            return;
        }
        named = true;
    }
    if (named) {
        LINT(lint, key, FG_CODE_LINT_OFF, "only rules that are off use meter '%.*s'",
             (int)key->text.len, key->text.ptr);
    }
}

static void check_composite(struct lint *lint, const struct fg_yaml_node *body)
{
    const struct fg_ruleset *ruleset = lint->in->ruleset;
    const struct fg_composite *composite = NULL;
    uint32_t index = 0;
    for (; index < ruleset->n_composites && composite == NULL; index++) {
        if (lint_is_at(body, &ruleset->composites[index].origin)) {
            composite = &ruleset->composites[index];
            break;
        }
    }
    if (composite == NULL) {
        return;
    }
    bool hits = composite->mode != FG_MODE_OFF;
    for (uint32_t i = 0; i < composite->n_all; i++) {
        const struct fg_composite_term *term = &composite->all_of[i];
        if (term->kind == FG_TERM_RULE && is_off(ruleset, term->rule)) {
            hits = false;
            LINT(lint, lint_place(body, "all_of"), FG_CODE_LINT_OFF,
                 "'%s' never hits: it needs rule '%s', which is off for everybody", composite->id,
                 ruleset->rules[term->rule].id);
        }
    }
    if (hits && lint->in->composite_tests != NULL && lint->in->composite_tests[index] == 0) {
        LINT(lint, lint_place(body, "id"), FG_CODE_LINT_UNTESTED,
             "no test makes composite '%s' hit", composite->id);
    }
}

static void check_composites(struct lint *lint)
{
    for (uint32_t i = 0; i < lint->in->n_packs; i++) {
        const struct fg_yaml_node *root = lint->roots[i];
        const struct fg_yaml_node *list = root == NULL ? NULL : fg_yaml_get(root, "composites");
        const struct fg_yaml_node *body = list == NULL ? NULL : list->first;
        for (; body != NULL; body = body->next) {
            check_composite(lint, body);
        }
    }
}

void lint_rules(struct lint *lint)
{
    lint_each_rule(lint, check_rule);
    const struct habit habit = count_false_positives(lint);
    if (habit.with > habit.without) {
        lint_each_rule(lint, check_false_positives);
    }
    each_name(lint, "group_caps", "scoring", check_group);
    each_name(lint, "meters", NULL, check_meter);
    check_composites(lint);
}

static void check_end(struct lint *lint, const struct fg_yaml_node *map, int64_t until_ms,
                      const char *what)
{
    const int64_t left_ms = until_ms - lint->in->now_ms;
    // What has expired, the loader has told.
    if (until_ms == FG_NEVER_MS || left_ms <= 0 || left_ms > SOON_DAYS * FG_MS_PER_DAY) {
        return;
    }
    const int days = (int)((left_ms + FG_MS_PER_DAY - 1) / FG_MS_PER_DAY);
    LINT(lint, lint_place(map, "expires"), FG_CODE_LINT_EXPIRES,
         "the %s ends within %d day%s; renew it or take it out", what, days, days == 1 ? "" : "s");
}

static void check_exceptions(struct lint *lint, uint32_t index, const struct fg_yaml_node *body,
                             const struct fg_yaml_node *root)
{
    (void)root;
    const struct fg_rule *rule = &lint->in->ruleset->rules[index];
    const struct fg_yaml_node *list = fg_yaml_get(body, "exceptions");
    const struct fg_yaml_node *item = list == NULL ? NULL : list->first;
    for (; item != NULL; item = item->next) {
        for (uint32_t i = 0; i < rule->n_exceptions; i++) {
            if (lint_is_at(item, &rule->exceptions[i].origin)) {
                check_end(lint, item, rule->exceptions[i].until_ms, "exception");
            }
        }
    }
}

void lint_expiry(struct lint *lint)
{
    const struct fg_ruleset *ruleset = lint->in->ruleset;
    lint_each_rule(lint, check_exceptions);
    for (uint32_t p = 0; p < lint->in->n_packs; p++) {
        const struct fg_yaml_node *root = lint->roots[p];
        const struct fg_yaml_node *list = root == NULL ? NULL : fg_yaml_get(root, "overrides");
        const struct fg_yaml_node *item = list == NULL ? NULL : list->first;
        for (; item != NULL; item = item->next) {
            for (uint32_t i = 0; i < ruleset->n_overrides; i++) {
                if (lint_is_at(item, &ruleset->overrides[i].origin)) {
                    check_end(lint, item, ruleset->overrides[i].until_ms, "override");
                    break;
                }
            }
        }
    }
}
