// SPDX-License-Identifier: GPL-2.0-or-later
#include "tally.h"

#include "plan_priv.h"

#include <string.h>

#define NO_GROUP UINT16_MAX // index of a CAP reason that belongs to no group: the floor of zero

static int32_t last_reason(const struct fg_decision *out, bool shadow, uint32_t below)
{
    for (uint32_t i = below; i > 0; i--) {
        if (out->reasons[i - 1].shadow == shadow) {
            return (int32_t)i - 1;
        }
    }
    return -1;
}

// Makes room in a full list that holds no reason of the wanted sort.
static void merge_last_two(struct fg_decision *out)
{
    out->reasons[FG_REASONS_MAX - 2].points += out->reasons[FG_REASONS_MAX - 1].points;
    out->n_reasons--;
}

void fg_tally_add(struct fg_tally *tally, const struct fg_reason *reason)
{
    struct fg_decision *out = tally->out;
    out->shadow_score += reason->points;
    if (!reason->shadow) {
        out->score += reason->points;
    }
    if (out->n_reasons == FG_REASONS_MAX) {
        int32_t at = last_reason(out, reason->shadow, FG_REASONS_MAX);
        if (at >= 0) {
            out->reasons[at].points += reason->points;
            return;
        }
        merge_last_two(out);
    }
    out->reasons[out->n_reasons++] = *reason;
}

static fg_micro multiply_saturated(fg_micro value, fg_micro by)
{
    return value > INT64_MAX / by ? INT64_MAX : value * by;
}

// value / base in millionths, without overflow on the way.
static fg_micro relate(fg_micro value, fg_micro base)
{
    fg_micro whole = multiply_saturated(value / base, FG_MICRO);
    fg_micro rest = value % base;
    fg_micro part =
        rest <= INT64_MAX / FG_MICRO ? rest * FG_MICRO / base : rest / (base / FG_MICRO);
    return whole > INT64_MAX - part ? INT64_MAX : whole + part;
}

static fg_micro meter_value(const struct fg_meter *meter, int64_t reading)
{
    if (reading < 0) {
        return 0;
    }
    bool money = meter->kind == FG_METER_SUM && meter->source == FG_SOURCE_COST;
    return money ? reading : multiply_saturated(reading, FG_MICRO);
}

enum measure { MEASURE_ABSENT, MEASURE_UNAVAILABLE, MEASURE_KNOWN };

static enum measure take_measure(const struct fg_tally *tally, const struct fg_rule *rule,
                                 fg_micro *value)
{
    if (rule->measure_is_meter) {
        int8_t op = tally->plan->op_of_meter[rule->measure_meter];
        if (op < 0) {
            return MEASURE_ABSENT;
        }
        if (tally->reply == NULL || tally->reply->unavailable[op]) {
            return MEASURE_UNAVAILABLE;
        }
        const struct fg_meter *meter = &tally->plan->policy->ruleset->meters[rule->measure_meter];
        *value = meter_value(meter, tally->reply->values[op]);
    } else {
        struct fg_value signal;
        fg_plan_signal(tally->plan, rule->measure_signal, NULL, &signal);
        if (!signal.present) {
            return MEASURE_ABSENT;
        }
        *value = signal.number;
    }
    if (rule->relative_to != FG_RELATIVE_NONE) {
        fg_micro base = fg_plan_relative_base(tally->plan, rule->relative_to);
        if (base == 0) {
            return MEASURE_ABSENT;
        }
        *value = relate(*value < 0 ? 0 : *value, base);
    }
    return MEASURE_KNOWN;
}

static enum fg_action severer(enum fg_action a, enum fg_action b)
{
    return a > b ? a : b;
}

// Fills reason where the rule's measure gives points. False when it does not hit.
static bool measure_hits(const struct fg_tally *tally, const struct fg_rule *rule,
                         struct fg_reason *reason)
{
    fg_micro value = 0;
    switch (take_measure(tally, rule, &value)) {
    case MEASURE_ABSENT:
        return false;
    case MEASURE_UNAVAILABLE:
        reason->unavailable = true;
        reason->points = rule->unavailable_score;
        reason->action_at_least = FG_ALLOW;
        return rule->unavailable_scores;
    case MEASURE_KNOWN:
        break;
    }
    for (uint8_t i = rule->n_steps; i > 0; i--) {
        const struct fg_step *step = &rule->steps[i - 1];
        if (value > step->above) {
            reason->measured = true;
            reason->value = value;
            reason->threshold = step->above;
            reason->step = (uint8_t)(i - 1);
            reason->points = step->score;
            reason->action_at_least = severer(rule->action_at_least, step->action_at_least);
            return true;
        }
    }
    return false;
}

static void add_hit(struct fg_tally *tally, uint16_t index, const struct fg_reason *reason)
{
    const struct fg_rule *rule = &tally->plan->policy->ruleset->rules[index];
    // Points for a counter that cannot be read say nothing of what the rule looks for: they make no
    // composite true.
    uint64_t bit = reason->unavailable ? 0 : UINT64_C(1) << (index % 64);
    tally->all_hits[index / 64] |= bit;
    tally->all_at_least = severer(tally->all_at_least, reason->action_at_least);
    if (!reason->shadow) {
        tally->hits[index / 64] |= bit;
        tally->at_least = severer(tally->at_least, reason->action_at_least);
    }
    if (rule->group >= 0) {
        int32_t *points = reason->shadow ? tally->group_shadow_points : tally->group_points;
        points[rule->group] += reason->points;
    }
    fg_tally_add(tally, reason);
}

void fg_tally_rules(struct fg_tally *tally)
{
    const struct fg_event *event = tally->plan->event;
    const struct fg_ruleset *ruleset = tally->plan->policy->ruleset;
    const uint16_t *indexes = ruleset->by_event[event->direction][event->kind];
    uint32_t n = ruleset->n_by_event[event->direction][event->kind];
    for (uint32_t i = 0; i < n; i++) {
        if (!fg_plan_hit(tally->plan, indexes[i])) {
            continue;
        }
        const struct fg_rule *rule = &ruleset->rules[indexes[i]];
        struct fg_reason reason = {.kind = FG_REASON_RULE,
                                   .index = indexes[i],
                                   .points = rule->score,
                                   .shadow = rule->mode == FG_MODE_SHADOW,
                                   .action_at_least = rule->action_at_least};
        if (!rule->measured || measure_hits(tally, rule, &reason)) {
            add_hit(tally, indexes[i], &reason);
        }
    }
}

static int32_t capped(int32_t points, int32_t cap)
{
    return points > cap ? cap : points;
}

static void add_correction(struct fg_tally *tally, uint16_t index, int32_t points, bool shadow)
{
    if (points != 0) {
        struct fg_reason reason = {
            .kind = FG_REASON_CAP, .index = index, .points = points, .shadow = shadow};
        fg_tally_add(tally, &reason);
    }
}

void fg_tally_caps(struct fg_tally *tally)
{
    const struct fg_ruleset *ruleset = tally->plan->policy->ruleset;
    for (uint32_t i = 0; i < ruleset->n_groups; i++) {
        int32_t cap = ruleset->groups[i].cap;
        int32_t enforced = tally->group_points[i];
        int32_t shadow = tally->group_shadow_points[i];
        int32_t given = capped(enforced, cap);
        add_correction(tally, (uint16_t)i, given - enforced, false);
        // With shadow rules enforced the group would give this much more, not all of theirs.
        int32_t more = capped(enforced + shadow, cap) - given;
        add_correction(tally, (uint16_t)i, more - shadow, true);
    }
}

static bool term_holds(const struct fg_tally *tally, const uint64_t *hits,
                       const struct fg_composite_term *term)
{
    if (term->kind == FG_TERM_RULE) {
        return (hits[term->rule / 64] & (UINT64_C(1) << (term->rule % 64))) != 0;
    }
    const struct fg_customer *customer = tally->plan->event->customer;
    for (uint32_t i = 0; customer != NULL && i < customer->n_tags; i++) {
        if (strcmp(customer->tags[i], term->tag) == 0) {
            return true;
        }
    }
    return false;
}

static uint32_t terms_holding(const struct fg_tally *tally, const uint64_t *hits,
                              const struct fg_composite_term *terms, uint32_t n)
{
    uint32_t holding = 0;
    for (uint32_t i = 0; i < n; i++) {
        holding += term_holds(tally, hits, &terms[i]) ? 1 : 0;
    }
    return holding;
}

static bool composite_holds(const struct fg_tally *tally, const uint64_t *hits,
                            const struct fg_composite *composite)
{
    return terms_holding(tally, hits, composite->all_of, composite->n_all) == composite->n_all &&
           (composite->n_any == 0 ||
            terms_holding(tally, hits, composite->any_of, composite->n_any) > 0) &&
           terms_holding(tally, hits, composite->none_of, composite->n_none) == 0;
}

void fg_tally_composites(struct fg_tally *tally)
{
    const struct fg_ruleset *ruleset = tally->plan->policy->ruleset;
    for (uint32_t i = 0; i < ruleset->n_composites; i++) {
        const struct fg_composite *composite = &ruleset->composites[i];
        if (composite->mode == FG_MODE_OFF) {
            continue;
        }
        bool enforced =
            composite->mode == FG_MODE_ENFORCE && composite_holds(tally, tally->hits, composite);
        bool with_shadow = composite_holds(tally, tally->all_hits, composite);
        struct fg_reason reason = {.kind = FG_REASON_COMPOSITE,
                                   .index = (uint16_t)i,
                                   .points = composite->score,
                                   .action_at_least = composite->action_at_least};
        if (enforced) {
            tally->at_least = severer(tally->at_least, composite->action_at_least);
            fg_tally_add(tally, &reason);
        }
        if (with_shadow) {
            tally->all_at_least = severer(tally->all_at_least, composite->action_at_least);
        }
        if (enforced != with_shadow) {
            // A shadow rule in none_of would take the composite's points away.
            reason.shadow = true;
            reason.points = with_shadow ? composite->score : -composite->score;
            fg_tally_add(tally, &reason);
        }
    }
}

void fg_tally_floor(struct fg_tally *tally, int32_t rule_score, int32_t all_score)
{
    int32_t lift = rule_score < 0 ? -rule_score : 0;
    int32_t all_lift = all_score < 0 ? -all_score : 0;
    add_correction(tally, NO_GROUP, lift, false);
    add_correction(tally, NO_GROUP, all_lift - lift, true);
}
