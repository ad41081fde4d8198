// SPDX-License-Identifier: GPL-2.0-or-later
// How much of the store one event may need at most: whatever its conditions say, since any of them
// may hold.
#include "plan_priv.h"

bool fg_rule_is_ever_on(const struct fg_ruleset *ruleset, uint32_t rule)
{
    bool on = ruleset->rules[rule].mode != FG_MODE_OFF;
    for (uint32_t i = 0; !on && i < ruleset->n_overrides; i++) {
        const struct fg_override *override = &ruleset->overrides[i];
        on = override->rule == rule && (override->changes & FG_CHANGE_MODE) != 0 &&
             override->mode != FG_MODE_OFF;
    }
    return on;
}

bool fg_meter_is_changed(const struct fg_meter *meter, enum fg_direction direction,
                         enum fg_event_kind kind)
{
    return meter->direction == direction && fg_meter_may_change(meter, kind);
}

// An allowance's calls and money; an attempt may give an earlier one's place back first.
static uint32_t allowance_ops(enum fg_direction direction, enum fg_event_kind kind)
{
    if (direction != FG_OUTBOUND || kind == FG_EVENT_END) {
        return 0;
    }
    return kind == FG_EVENT_ATTEMPT ? 3 : 2;
}

static uint32_t ops_of(const struct fg_meter *meter, enum fg_event_kind kind, bool changed,
                       bool read)
{
    if (!changed && !read) {
        return 0;
    }
    if (meter->peers) { // what an addition closes, the peers
        return 1U + (changed ? 1U : 0U) + (read ? 1U : 0U);
    }
    const bool moves = meter->kind == FG_METER_GAUGE && changed && kind == FG_EVENT_ATTEMPT;
    return meter->kind == FG_METER_RATIO || moves ? 2 : 1;
}

static bool find_excess_ops(const struct fg_ruleset *ruleset, enum fg_direction direction,
                            enum fg_event_kind kind, struct fg_excess *out)
{
    struct fg_meter_set read = {{0}};
    for (uint32_t i = 0; i < ruleset->n_rules; i++) {
        const struct fg_rule *rule = &ruleset->rules[i];
        if (rule->direction == direction && (rule->events & (1U << kind)) != 0 &&
            fg_rule_is_ever_on(ruleset, i)) {
            const struct fg_meter_set meters = fg_rule_meters(rule);
            fg_meter_set_join(&read, &meters);
        }
    }
    *out = (struct fg_excess){.direction = direction,
                              .event = kind,
                              .needs = allowance_ops(direction, kind),
                              .most = FG_OPS_MAX};
    bool found = false;
    for (uint32_t i = 0; i < ruleset->n_meters; i++) {
        const struct fg_meter *meter = &ruleset->meters[i];
        out->needs += ops_of(meter, kind, fg_meter_is_changed(meter, direction, kind),
                             fg_meter_set_has(&read, i));
        if (!found && out->needs > FG_OPS_MAX) {
            out->meter = (uint16_t)i;
            found = true;
        }
    }
    return found;
}

static bool is_window(const struct fg_meter *meter)
{
    return meter->kind == FG_METER_COUNT || meter->kind == FG_METER_SUM ||
           meter->kind == FG_METER_RATIO;
}

// The windows of one key make up one record.
static bool find_excess_windows(const struct fg_ruleset *ruleset, uint32_t first,
                                struct fg_excess *out)
{
    const struct fg_meter *key = &ruleset->meters[first];
    bool found = false;
    *out = (struct fg_excess){.of_record = true, .most = FG_RECORD_WINDOWS_MAX};
    for (uint32_t i = first; is_window(key) && i < ruleset->n_meters; i++) {
        const struct fg_meter *meter = &ruleset->meters[i];
        if (!is_window(meter) || meter->shared != key->shared || !fg_meter_same_scope(meter, key)) {
            continue;
        }
        out->needs += meter->kind == FG_METER_RATIO ? 2 : 1;
        if (!found && out->needs > FG_RECORD_WINDOWS_MAX) {
            out->meter = (uint16_t)i;
            found = true;
        }
    }
    return found;
}

bool fg_ruleset_find_excess(const struct fg_ruleset *ruleset, struct fg_excess *out)
{
    for (int direction = FG_OUTBOUND; direction <= FG_INBOUND; direction++) {
        for (int kind = 0; kind < FG_EVENT_KINDS; kind++) {
            if (find_excess_ops(ruleset, (enum fg_direction)direction, (enum fg_event_kind)kind,
                                out)) {
                return true;
            }
        }
    }
    for (uint32_t i = 0; i < ruleset->n_meters; i++) {
        if (find_excess_windows(ruleset, i, out)) {
            return true;
        }
    }
    return false;
}
