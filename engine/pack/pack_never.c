// SPDX-License-Identifier: GPL-2.0-or-later
// Rules that load but cannot do what they say.
#include "build.h"

static bool looks_at_duration(const struct fg_rule *rule)
{
    bool looks =
        rule->measured && !rule->measure_is_meter && rule->measure_signal == FG_SIG_CALL_DURATION;
    for (uint32_t i = 0; i < rule->when.n && !looks; i++) {
        looks = rule->when.all[i].op != FG_OP_CALENDAR &&
                rule->when.all[i].signal == FG_SIG_CALL_DURATION;
    }
    return looks;
}

void pack_warn_never(struct pack_build *build, const struct pack_entry *entry,
                     const struct fg_rule *rule)
{
    const unsigned timed = 1U << FG_EVENT_MINUTE | 1U << FG_EVENT_END;
    if ((rule->events & timed) == 0 && looks_at_duration(rule)) {
        fg_yaml_report(entry->place, build->fields.diags, FG_WARNING, FG_CODE_NEVER,
                       "rule '%s' never hits: 'call.duration' is there on minute and end events "
                       "only; write 'on: minute'",
                       rule->id);
    }
    const struct fg_yaml_node *measure = fg_yaml_get(entry->body, "measure");
    if (measure == NULL || !rule->measure_is_meter || rule->measure_meter >= build->out->n_meters) {
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
