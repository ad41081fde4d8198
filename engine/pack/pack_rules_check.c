// SPDX-License-Identifier: GPL-2.0-or-later
// What a rule must have, and rules that load but cannot do what they say.
#include "build.h"

static void check_points(struct pack_build *build, const struct pack_entry *entry)
{
    struct fg_fields *fields = &build->fields;
    const struct fg_yaml_node *body = entry->body;
    const struct fg_yaml_node *score = fg_yaml_get(body, "score");
    const struct fg_yaml_node *measure = fg_yaml_get(body, "measure");
    const struct fg_yaml_node *steps = fg_yaml_get(body, "steps");
    const struct fg_yaml_node *action = fg_yaml_get(body, "action_at_least");
    const struct fg_yaml_node *throttle = fg_yaml_get(body, "throttle_to");
    const struct fg_yaml_node *reserve = fg_yaml_get(body, "reserve");
    const struct fg_yaml_node *longest = fg_yaml_get(body, "max_duration");
    const bool limits = throttle != NULL || reserve != NULL || longest != NULL;
    if (score != NULL && (measure != NULL || steps != NULL)) {
        FG_FIELD_ERROR(fields, score, FG_CODE_CONFLICT,
                       "a rule has either 'score' or 'measure' with 'steps', not both");
    } else if ((measure == NULL) != (steps == NULL)) {
        FG_FIELD_ERROR(fields, entry->place, FG_CODE_MISSING_KEY,
                       measure == NULL ? "'steps' need a 'measure'" : "'measure' needs 'steps'");
    } else if (score == NULL && measure == NULL && action == NULL && !limits) {
        FG_FIELD_ERROR(fields, entry->place, FG_CODE_MISSING_KEY,
                       "the rule needs a 'score', or a 'measure' with 'steps'");
    }
    if (measure == NULL && reserve == NULL && longest == NULL &&
        fg_yaml_get(body, "when") == NULL) {
        FG_FIELD_ERROR(fields, entry->place, FG_CODE_MISSING_KEY,
                       "the rule needs 'when', or it would hit every call");
    }
}

void pack_check_rule(struct pack_build *build, const struct pack_entry *entry,
                     const struct fg_rule *rule)
{
    check_points(build, entry);
    if (fg_yaml_get(entry->body, "desc") == NULL) {
        fg_yaml_report(entry->place, build->fields.diags, FG_WARNING, FG_CODE_NO_DESC,
                       "rule '%s' has no 'desc': say in a few words what it means", rule->id);
    }
}

// The dearest call ends for a limit over all of the customer's calls, and for nothing else: what
// one call does by itself must end that one.
void pack_check_cut(struct pack_build *build, const struct pack_entry *entry,
                    const struct fg_rule *rule)
{
    const unsigned live = 1U << (unsigned)FG_EVENT_ANSWER | 1U << (unsigned)FG_EVENT_MINUTE;
    const struct fg_yaml_node *key = fg_yaml_get(entry->body, "cut_dearest");
    const struct fg_meter *meter =
        rule->measure_is_meter && rule->measure_meter < build->out->n_meters
            ? &build->out->meters[rule->measure_meter]
            : NULL;
    if (!rule->cut_dearest) {
        return;
    }
    if ((rule->events & live) == 0) {
        FG_FIELD_ERROR(&build->fields, key, FG_CODE_CONFLICT,
                       "'cut_dearest' is about calls in progress: the rule needs 'on: minute'");
    } else if (meter == NULL || meter->per != FG_KEY_CUSTOMER) {
        FG_FIELD_ERROR(&build->fields, key, FG_CODE_CONFLICT,
                       "'cut_dearest' is for limits over all of a customer's calls: the rule needs "
                       "a 'measure' of a meter 'per: customer'");
    }
}

static bool looks_at_answer(const struct fg_rule *rule)
{
    bool looks = false;
    for (uint32_t i = 0; i < rule->when.n && !looks; i++) {
        looks = rule->when.all[i].op != FG_OP_CALENDAR && rule->when.all[i].op != FG_OP_PRESENT &&
                rule->when.all[i].signal == FG_SIG_CALL_ANSWERED;
    }
    return looks;
}

// A signal of the rule that is not there before a minute; NULL: there is none.
static const char *late_signal(const struct fg_rule *rule)
{
    if (rule->measured && !rule->measure_is_meter && fg_signal_is_late(rule->measure_signal)) {
        return fg_signal_info(rule->measure_signal)->name;
    }
    for (uint32_t i = 0; i < rule->when.n; i++) {
        const struct fg_predicate *predicate = &rule->when.all[i];
        if (predicate->op != FG_OP_CALENDAR && fg_signal_is_late(predicate->signal)) {
            return fg_signal_info(predicate->signal)->name;
        }
    }
    return NULL;
}

void pack_warn_never(struct pack_build *build, const struct pack_entry *entry,
                     const struct fg_rule *rule)
{
    const unsigned timed = 1U << FG_EVENT_MINUTE | 1U << FG_EVENT_END;
    const char *late = late_signal(rule);
    if ((rule->events & timed) == 0 && late != NULL) {
        fg_yaml_report(entry->place, build->fields.diags, FG_WARNING, FG_CODE_NEVER,
                       "rule '%s' never hits: '%s' is there on minute and end events only; write "
                       "'on: minute'",
                       rule->id, late);
    }
    if (rule->events == 1U << FG_EVENT_ATTEMPT && looks_at_answer(rule)) {
        fg_yaml_report(
            entry->place, build->fields.diags, FG_WARNING, FG_CODE_NEVER,
            "rule '%s' never hits: 'call.answered' is not there on attempt events; write "
            "'on: end'",
            rule->id);
    }
    const struct fg_yaml_node *measure = fg_yaml_get(entry->body, "measure");
    // After a mistake the meter may be none that was meant.
    if (fg_diags_count(build->fields.diags, FG_ERROR) > 0 || measure == NULL ||
        !rule->measure_is_meter || rule->measure_meter >= build->out->n_meters) {
        return;
    }
    const struct fg_meter *meter = &build->out->meters[rule->measure_meter];
    if (meter->direction != rule->direction) {
        fg_yaml_report(measure, build->fields.diags, FG_WARNING, FG_CODE_NEVER,
                       "rule '%s' judges %s calls, but meter '%s' counts %s ones; write "
                       "'direction: %s' in the meter",
                       rule->id, fg_direction_name(rule->direction), meter->name,
                       fg_direction_name(meter->direction), fg_direction_name(rule->direction));
    }
}
