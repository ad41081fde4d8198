// SPDX-License-Identifier: GPL-2.0-or-later
// Steps and bands that nothing can reach. Bounds only: rules that exclude each other are taken to
// hit together, so what is called out of reach is.
#include <stdlib.h>

#include "fg/meter.h"
#include "lint_priv.h"

static int32_t greater(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static int32_t greatest_step(const struct fg_step *steps, uint8_t n)
{
    int32_t most = 0;
    for (uint8_t i = 0; i < n; i++) {
        most = greater(most, steps[i].score);
    }
    return most;
}

// The most points that the rule can give to anybody.
static int32_t greatest_points(const struct fg_ruleset *ruleset, uint32_t index)
{
    const struct fg_rule *rule = &ruleset->rules[index];
    if (!lint_rule_counts(ruleset, index)) {
        return 0;
    }
    int32_t most = rule->measured ? greatest_step(rule->steps, rule->n_steps) : rule->score;
    most = rule->unavailable_scores ? greater(most, rule->unavailable_score) : most;
    for (uint32_t i = 0; i < ruleset->n_overrides; i++) {
        const struct fg_override *override = &ruleset->overrides[i];
        if (override->rule != index) {
            continue;
        }
        if ((override->changes & FG_CHANGE_SCORE) != 0) {
            most = greater(most, override->score);
        }
        if ((override->changes & FG_CHANGE_STEPS) != 0) {
            most = greater(most, greatest_step(override->steps, override->n_steps));
        }
    }
    return most;
}

// The most points of one event: group by group, then what composites add.
static int64_t greatest_sum(const struct fg_ruleset *ruleset, unsigned direction, unsigned event)
{
    int64_t groups[FG_GROUPS_MAX] = {0};
    int64_t sum = 0;
    for (uint32_t i = 0; i < ruleset->n_by_event[direction][event]; i++) {
        const uint16_t index = ruleset->by_event[direction][event][i];
        const int32_t group = ruleset->rules[index].group;
        *(group < 0 ? &sum : &groups[group]) += greatest_points(ruleset, index);
    }
    for (uint32_t i = 0; i < ruleset->n_groups; i++) {
        sum += groups[i] < ruleset->groups[i].cap ? groups[i] : ruleset->groups[i].cap;
    }
    for (uint32_t i = 0; i < ruleset->n_composites; i++) {
        const struct fg_composite *composite = &ruleset->composites[i];
        sum += composite->mode == FG_MODE_ENFORCE ? greater(composite->score, 0) : 0;
    }
    return sum;
}

static bool steps_ask(const struct fg_step *steps, uint8_t n, enum fg_action action)
{
    for (uint8_t i = 0; i < n; i++) {
        if (steps[i].action_at_least == action) {
            return true;
        }
    }
    return false;
}

// Whether something asks for action whatever the points.
static bool is_asked_for(const struct fg_ruleset *ruleset, enum fg_action action)
{
    for (uint32_t i = 0; i < ruleset->n_rules; i++) {
        const struct fg_rule *rule = &ruleset->rules[i];
        if (lint_rule_counts(ruleset, i) &&
            (rule->action_at_least == action || steps_ask(rule->steps, rule->n_steps, action))) {
            return true;
        }
    }
    for (uint32_t i = 0; i < ruleset->n_composites; i++) {
        if (ruleset->composites[i].mode == FG_MODE_ENFORCE &&
            ruleset->composites[i].action_at_least == action) {
            return true;
        }
    }
    for (uint32_t i = 0; i < ruleset->n_overrides; i++) {
        const struct fg_override *override = &ruleset->overrides[i];
        if (((override->changes & FG_CHANGE_ACTION) != 0 && override->action_at_least == action) ||
            ((override->changes & FG_CHANGE_STEPS) != 0 &&
             steps_ask(override->steps, override->n_steps, action))) {
            return true;
        }
    }
    return false;
}

static const struct fg_yaml_node *find_thresholds(const struct lint *lint)
{
    for (uint32_t i = 0; i < lint->in->n_packs; i++) {
        const struct fg_yaml_node *root = lint->roots[i];
        const struct fg_yaml_node *scoring = root == NULL ? NULL : fg_yaml_get(root, "scoring");
        if (scoring != NULL && scoring->kind == FG_YAML_MAP) {
            return fg_yaml_get(scoring, "thresholds");
        }
    }
    return NULL;
}

void lint_bands(struct lint *lint)
{
    const struct fg_ruleset *ruleset = lint->in->ruleset;
    const struct fg_yaml_node *thresholds = find_thresholds(lint);
    int64_t most = 0;
    for (unsigned direction = 0; direction < 2; direction++) {
        for (unsigned event = 0; event < FG_EVENT_KINDS; event++) {
            const int64_t sum = greatest_sum(ruleset, direction, event);
            most = sum > most ? sum : most;
        }
    }
    for (unsigned i = FG_ALERT;
         thresholds != NULL && thresholds->kind == FG_YAML_MAP && i < FG_ACTION_COUNT; i++) {
        const enum fg_action action = (enum fg_action)i;
        const struct fg_yaml_node *written = fg_yaml_get(thresholds, fg_action_name(action));
        if (written == NULL || ruleset->thresholds[action] == INT32_MAX ||
            ruleset->thresholds[action] <= most || is_asked_for(ruleset, action)) {
            continue;
        }
        LINT(lint, written, FG_CODE_LINT_BAND,
             "no call reaches '%s' by the rules: their points come to %lld at most, with caps and "
             "composites, and none asks for it",
             fg_action_name(action), (long long)most);
    }
}

// Whether b does something that a, the step below, does not.
static bool adds_to(const struct fg_step *b, const struct fg_step *a)
{
    return b->action_at_least > a->action_at_least || b->notify > a->notify;
}

// That points do not fall, the loader sees to.
static void check_order(struct lint *lint, const struct fg_rule *rule, uint8_t i,
                        const struct fg_yaml_node *node)
{
    const struct fg_step *step = &rule->steps[i];
    const struct fg_step *below = &rule->steps[i - 1];
    if (step->score == below->score && !adds_to(step, below) && !adds_to(below, step)) {
        LINT(lint, node, FG_CODE_LINT_STEP, "the step adds nothing to the one below it");
    }
}

static void check_step(struct lint *lint, const struct fg_rule *rule, uint8_t i,
                       const struct fg_yaml_node *node)
{
    const struct fg_ruleset *ruleset = lint->in->ruleset;
    const struct fg_step *step = &rule->steps[i];
    if (i > 0) {
        check_order(lint, rule, i, node);
    }
    if (rule->group >= 0 && step->score > ruleset->groups[rule->group].cap) {
        LINT(lint, lint_place(node, "score"), FG_CODE_LINT_CAPPED,
             "of these %d points at most %d count: that is the cap of group '%s'", step->score,
             ruleset->groups[rule->group].cap, ruleset->groups[rule->group].name);
    }
    if (!rule->measure_is_meter || rule->relative_to != FG_RELATIVE_NONE) {
        return;
    }
    const struct fg_meter *meter = &ruleset->meters[rule->measure_meter];
    if ((meter->kind == FG_METER_DISTINCT ||
         (meter->kind == FG_METER_GAUGE && meter->source == FG_SOURCE_CALLS)) &&
        step->above >= FG_SET_MEMBERS_MAX * FG_MICRO) {
        LINT(lint, lint_place(node, "above"), FG_CODE_LINT_BEYOND,
             "meter '%s' counts to %d at most: this step is never reached", meter->name,
             FG_SET_MEMBERS_MAX);
    }
}

static void check_rule(struct lint *lint, uint32_t index, const struct fg_yaml_node *body,
                       const struct fg_yaml_node *root)
{
    (void)root;
    const struct fg_ruleset *ruleset = lint->in->ruleset;
    const struct fg_rule *rule = &ruleset->rules[index];
    const struct fg_yaml_node *steps = fg_yaml_get(body, "steps");
    if (!rule->measured && rule->group >= 0 && rule->score > ruleset->groups[rule->group].cap) {
        LINT(lint, lint_place(body, "score"), FG_CODE_LINT_CAPPED,
             "of these %d points at most %d count: that is the cap of group '%s'", rule->score,
             ruleset->groups[rule->group].cap, ruleset->groups[rule->group].name);
    }
    if (steps == NULL || steps->kind != FG_YAML_LIST || steps->n != rule->n_steps) {
        return;
    }
    uint8_t i = 0;
    for (const struct fg_yaml_node *node = steps->first; node != NULL; node = node->next) {
        check_step(lint, rule, i++, node);
    }
}

void lint_steps(struct lint *lint)
{
    lint_each_rule(lint, check_rule);
}
