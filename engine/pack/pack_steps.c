// SPDX-License-Identifier: GPL-2.0-or-later
// Steps: the points of a rule that measures.
#include "build.h"

#define SCORE_MAX 1000

static bool read_step(struct pack_build *build, const struct fg_yaml_node *node,
                      struct fg_step *step)
{
    struct fg_fields *fields = &build->fields;
    if (!fg_field_shape(fields, node, FG_SHAPE_STEP) && node->kind != FG_YAML_MAP) {
        return false;
    }
    const struct fg_yaml_node *above = fg_yaml_get(node, "above");
    const struct fg_yaml_node *score = fg_yaml_get(node, "score");
    const struct fg_yaml_node *action = fg_yaml_get(node, "action_at_least");
    const struct fg_yaml_node *notify = fg_yaml_get(node, "notify");
    size_t index;
    if (above == NULL || (score == NULL && action == NULL)) {
        FG_FIELD_ERROR(fields, node, FG_CODE_MISSING_KEY,
                       "a step needs 'above' and 'score', such as {above: 20, score: 10}");
        return false;
    }
    bool good = fg_field_micro(fields, above, "above", &step->above);
    if (score != NULL) {
        good = fg_field_int(fields, score, "score", 0, SCORE_MAX, &step->score) && good;
    }
    if (action != NULL) {
        good = pack_read_action(build, action, &step->action_at_least) && good;
    }
    if (notify != NULL &&
        fg_field_word(fields, notify, "notify", fg_word_set(FG_SET_NOTIFY), &index)) {
        step->notify = (enum fg_notify)(FG_NOTIFY_CUSTOMER + (int)index);
    }
    return good;
}

static void check_rising(struct pack_build *build, const struct fg_yaml_node *node,
                         const struct fg_step *before, const struct fg_step *step)
{
    const struct fg_yaml_node *above = fg_yaml_get(node, "above");
    const struct fg_yaml_node *score = fg_yaml_get(node, "score");
    const struct fg_yaml_node *action = fg_yaml_get(node, "action_at_least");
    if (step->action_at_least < before->action_at_least) {
        // Only the highest step counts, so its action is not inherited from the one below.
        FG_FIELD_ERROR(&build->fields, action == NULL ? node : action, FG_CODE_RISING,
                       "steps must rise: 'action_at_least' is %s, but %s in the step before",
                       action == NULL ? "not given" : fg_action_name(step->action_at_least),
                       fg_action_name(before->action_at_least));
    }
    if (step->above <= before->above) {
        FG_FIELD_ERROR(&build->fields, above, FG_CODE_RISING,
                       "steps must rise: 'above' is not more than in the step before");
    }
    if (step->score < before->score) {
        FG_FIELD_ERROR(&build->fields, score == NULL ? node : score, FG_CODE_RISING,
                       "steps must rise: 'score' is less than in the step before");
    }
}

void pack_read_steps(struct pack_build *build, const struct fg_yaml_node *node,
                     struct fg_step steps[FG_STEPS_MAX], uint8_t *n)
{
    if (!fg_field_is(&build->fields, node, FG_YAML_LIST, "steps")) {
        return;
    }
    if (node->n == 0 || node->n > FG_STEPS_MAX) {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_LIMIT, "a rule has 1 to %d steps",
                       FG_STEPS_MAX);
        return;
    }
    bool have_before = false;
    for (const struct fg_yaml_node *item = node->first; item != NULL; item = item->next) {
        struct fg_step *step = &steps[(*n)++];
        bool good = read_step(build, item, step);
        if (good && have_before) {
            check_rising(build, item, step - 1, step);
        }
        have_before = good;
    }
}
