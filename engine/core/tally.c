// SPDX-License-Identifier: GPL-2.0-or-later
#include "tally.h"

#include "fg/known.h"
#include "fg/peers.h"
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
    if (meter->kind == FG_METER_SEEN) {
        return FG_MICRO; // reading: seconds since it was first seen
    }
    if (meter->kind == FG_METER_KNOWN) {
        return multiply_saturated(fg_known_seconds(reading, meter->over_ms), FG_MICRO);
    }
    const bool money = meter->source == FG_SOURCE_COST;
    return money ? reading : multiply_saturated(reading, FG_MICRO);
}

// factor in millionths.
static fg_micro times_micro(fg_micro value, fg_micro factor)
{
    fg_micro whole = value >= FG_MICRO ? multiply_saturated(factor, value / FG_MICRO) : 0;
    fg_micro rest = value % FG_MICRO > 0 ? multiply_saturated(factor, value % FG_MICRO) : 0;
    return whole > INT64_MAX - rest / FG_MICRO ? INT64_MAX : whole + rest / FG_MICRO;
}

enum measure { MEASURE_ABSENT, MEASURE_UNAVAILABLE, MEASURE_KNOWN };

struct reading {
    fg_micro value;
    int64_t hits, of; // of a ratio
    bool start;       // nothing is known yet of what is usual
    uint8_t peers;    // how many others of the profile say what it is
};

static enum measure take_ratio(const struct fg_tally *tally, uint16_t meter, int64_t samples,
                               struct reading *out)
{
    const struct fg_meter *ratio = &tally->plan->policy->ruleset->meters[meter];
    int8_t op = tally->plan->hit_op_of_meter[meter];
    if (op < 0 || samples < ratio->min_samples || samples < 1) {
        return MEASURE_ABSENT;
    }
    if (tally->reply->unavailable[op]) {
        return MEASURE_UNAVAILABLE;
    }
    int64_t hits = tally->reply->values[op] < 0 ? 0 : tally->reply->values[op];
    out->of = samples;
    out->hits = hits > samples ? samples : hits;
    out->value = relate(out->hits, samples);
    return MEASURE_KNOWN;
}

// While nothing is known, what is usual for the customer's peers, where there are enough of them;
// else what the meter starts with.
static enum measure take_typical(const struct fg_tally *tally, uint16_t meter, int8_t op,
                                 struct reading *out)
{
    const int8_t peers_op = tally->plan->hit_op_of_meter[meter];
    out->value = tally->reply->values[op];
    if (out->value >= 0) {
        return MEASURE_KNOWN;
    }
    out->start = true;
    if (peers_op >= 0 && !tally->reply->unavailable[peers_op] &&
        tally->reply->values[peers_op] >= INT64_C(256) * FG_PEERS_LEAST) {
        const int64_t peers = tally->reply->values[peers_op];
        out->peers = (uint8_t)(peers / 256 < FG_PEERS_MAX ? peers / 256 : FG_PEERS_MAX);
        out->value = fg_peers_amount((uint8_t)(peers % 256));
        return MEASURE_KNOWN;
    }
    out->value = tally->plan->request.ops[op].start;
    return out->value > 0 ? MEASURE_KNOWN : MEASURE_ABSENT;
}

static void note_start(const struct reading *reading, unsigned bit, struct fg_reason *reason)
{
    if (!reading->start) {
        return;
    }
    reason->starts = (uint8_t)(reason->starts | bit);
    if (reading->peers > 0) {
        reason->peered = (uint8_t)(reason->peered | bit);
        reason->peers =
            reason->peers == 0 || reading->peers < reason->peers ? reading->peers : reason->peers;
    }
}

static enum measure read_meter(const struct fg_tally *tally, uint16_t meter, struct reading *out)
{
    int8_t op = tally->plan->op_of_meter[meter];
    *out = (struct reading){.value = 0};
    const struct fg_meter *read = &tally->plan->policy->ruleset->meters[meter];
    if (op < 0) { // nobody knows who does not say who he is
        return read->kind == FG_METER_KNOWN ? MEASURE_KNOWN : MEASURE_ABSENT;
    }
    if (tally->reply == NULL || tally->reply->unavailable[op]) {
        return MEASURE_UNAVAILABLE;
    }
    if (read->kind == FG_METER_RATIO) {
        return take_ratio(tally, meter, tally->reply->values[op], out);
    }
    if (read->kind == FG_METER_TYPICAL) {
        return take_typical(tally, meter, op, out);
    }
    if (read->kind == FG_METER_TREND) {
        const int64_t thousandths = tally->reply->values[op];
        out->value = thousandths < 0 ? 0 : multiply_saturated(thousandths, FG_MICRO / 1000);
        return thousandths < 0 ? MEASURE_ABSENT : MEASURE_KNOWN;
    }
    out->value = meter_value(read, tally->reply->values[op]);
    return MEASURE_KNOWN;
}

// What a rule's measure is divided by, in millionths.
static enum measure take_base(const struct fg_tally *tally, const struct fg_rule *rule,
                              struct fg_reason *reason)
{
    if (rule->relative_to != FG_RELATIVE_METER) {
        reason->base = fg_plan_relative_base(tally->plan, rule);
        return reason->base == 0 ? MEASURE_ABSENT : MEASURE_KNOWN;
    }
    struct reading usual;
    enum measure measure = read_meter(tally, rule->relative_meter, &usual);
    reason->meter = rule->relative_meter;
    if (measure == MEASURE_KNOWN) {
        note_start(&usual, FG_START_BASE, reason);
        reason->base = times_micro(usual.value, rule->relative_times);
        reason->base =
            reason->base < rule->relative_at_least ? rule->relative_at_least : reason->base;
        measure = reason->base > 0 ? MEASURE_KNOWN : MEASURE_ABSENT; // the least is more than 0
    }
    return measure;
}

// Fills reason's value and what it comes from; where it is unavailable, the meter.
static enum measure take_measure(const struct fg_tally *tally, const struct fg_rule *rule,
                                 struct fg_reason *reason)
{
    struct reading reading = {.value = 0};
    if (rule->measure_is_meter) {
        enum measure measure = read_meter(tally, rule->measure_meter, &reading);
        reason->meter = rule->measure_meter;
        if (measure != MEASURE_KNOWN) {
            return measure;
        }
    } else {
        struct fg_value signal;
        fg_plan_signal(tally->plan, rule->measure_signal, NULL, &signal);
        if (!signal.present) {
            return MEASURE_ABSENT;
        }
        reading.value = signal.number;
    }
    reason->value = reading.value;
    note_start(&reading, FG_START_VALUE, reason);
    reason->hits = reading.hits;
    reason->of = reading.of;
    if (rule->relative_to != FG_RELATIVE_NONE) {
        enum measure measure = take_base(tally, rule, reason);
        if (measure != MEASURE_KNOWN) {
            return measure;
        }
        reason->value = relate(reading.value < 0 ? 0 : reading.value, reason->base);
    }
    return MEASURE_KNOWN;
}

// Whether the meters that a rule tests read as it wants; where one cannot be read and no other one
// speaks against the rule, MEASURE_UNAVAILABLE.
static enum measure take_tests(const struct fg_tally *tally, const struct fg_rule *rule,
                               struct fg_reason *reason)
{
    enum measure result = MEASURE_KNOWN;
    for (uint8_t i = 0; i < rule->n_tests; i++) {
        const struct fg_meter_test *test = &rule->tests[i];
        struct reading reading;
        switch (read_meter(tally, test->meter, &reading)) {
        case MEASURE_ABSENT:
            return MEASURE_ABSENT;
        case MEASURE_UNAVAILABLE:
            result = MEASURE_UNAVAILABLE;
            reason->meter = test->meter;
            break;
        case MEASURE_KNOWN:
            reason->tested[i] = reading.value;
            note_start(&reading, (unsigned)FG_START_TESTED << i, reason);
            if (test->above ? reading.value <= test->number : reading.value >= test->number) {
                return MEASURE_ABSENT;
            }
            break;
        }
    }
    return result;
}

static enum fg_action severer(enum fg_action a, enum fg_action b)
{
    return a > b ? a : b;
}

// Points for a meter that cannot be read. False where the rule then does not hit.
static bool unavailable_hits(const struct fg_rule *rule, struct fg_reason *reason)
{
    reason->unavailable = true;
    reason->points = rule->unavailable_score;
    reason->action_at_least = FG_ALLOW;
    return rule->unavailable_scores;
}

// Fills reason where the rule's measure gives points. False when it does not hit.
static bool measure_hits(const struct fg_tally *tally, const struct fg_rule *rule,
                         const struct fg_rule_terms *terms, struct fg_reason *reason)
{
    switch (take_measure(tally, rule, reason)) {
    case MEASURE_ABSENT:
        return false;
    case MEASURE_UNAVAILABLE:
        return unavailable_hits(rule, reason);
    case MEASURE_KNOWN:
        break;
    }
    for (uint8_t i = terms->n_steps; i > 0; i--) {
        const struct fg_step *step = &terms->steps[i - 1];
        if (reason->value > step->above) {
            reason->measured = true;
            reason->threshold = step->above;
            reason->step = (uint8_t)(i - 1);
            reason->points = step->score;
            reason->action_at_least = severer(terms->action_at_least, step->action_at_least);
            reason->notify = step->notify;
            return true;
        }
    }
    return false;
}

// Whether a rule's rate does not admit the call.
static bool throttle_hits(const struct fg_tally *tally, const struct fg_rule *rule,
                          struct fg_reason *reason)
{
    struct reading admitted;
    switch (read_meter(tally, rule->throttle_meter, &admitted)) {
    case MEASURE_ABSENT:
        return false;
    case MEASURE_UNAVAILABLE:
        reason->meter = rule->throttle_meter;
        return unavailable_hits(rule, reason);
    case MEASURE_KNOWN:
        break;
    }
    return admitted.value == 0;
}

static bool readings_hit(const struct fg_tally *tally, const struct fg_rule *rule,
                         const struct fg_rule_terms *terms, struct fg_reason *reason)
{
    switch (take_tests(tally, rule, reason)) {
    case MEASURE_ABSENT:
        return false;
    case MEASURE_UNAVAILABLE:
        return unavailable_hits(rule, reason);
    case MEASURE_KNOWN:
        break;
    }
    if (rule->throttles) {
        return throttle_hits(tally, rule, reason);
    }
    return !rule->measured || measure_hits(tally, rule, terms, reason);
}

static struct fg_rule_terms written_terms(const struct fg_rule *rule)
{
    return (struct fg_rule_terms){.mode = rule->mode,
                                  .score = rule->score,
                                  .action_at_least = rule->action_at_least,
                                  .steps = rule->steps,
                                  .n_steps = rule->n_steps};
}

// What a rule whose condition holds comes to under these terms. False when it does not hit.
static inline bool rule_hits(const struct fg_tally *tally, uint16_t index,
                             const struct fg_rule_terms *terms, struct fg_reason *reason)
{
    const struct fg_rule *rule = &tally->plan->policy->ruleset->rules[index];
    *reason = (struct fg_reason){.kind = FG_REASON_RULE,
                                 .index = index,
                                 .points = terms->score,
                                 .action_at_least = terms->action_at_least};
    if (terms->mode == FG_MODE_OFF || !readings_hit(tally, rule, terms, reason)) {
        return false;
    }
    bool rolls_out = rule->rolls_out && !terms->mode_overridden;
    reason->shadow =
        terms->mode == FG_MODE_SHADOW || (rolls_out && !fg_plan_rolled_out(tally->plan, rule));
    return true;
}

static void add_hit(struct fg_tally *tally, uint16_t index, const struct fg_reason *reason)
{
    const struct fg_ruleset *ruleset = tally->plan->policy->ruleset;
    const struct fg_rule *rule = &ruleset->rules[index];
    // Points for a counter that cannot be read say nothing of what the rule looks for: they make no
    // composite true.
    uint64_t bit = reason->unavailable ? 0 : UINT64_C(1) << (index % 64);
    tally->all_hits[index / 64] |= bit;
    tally->composites |= ruleset->composites_of_rule[index];
    tally->all_at_least = severer(tally->all_at_least, reason->action_at_least);
    if (!reason->shadow) {
        tally->hits[index / 64] |= bit;
        tally->at_least = severer(tally->at_least, reason->action_at_least);
    }
    if (rule->group >= 0) {
        int32_t *points = reason->shadow ? tally->group_shadow_points : tally->group_points;
        points[rule->group] += reason->points;
        tally->groups |= UINT64_C(1) << rule->group;
    }
    fg_tally_add(tally, reason);
}

static void add_note(struct fg_tally *tally, enum fg_reason_kind kind, uint16_t rule,
                     uint16_t detail, bool shadow)
{
    struct fg_reason reason = {.kind = kind, .index = rule, .detail = detail, .shadow = shadow};
    fg_tally_add(tally, &reason);
}

// Overrides are told where they made a difference possible: the rule hits, or would have hit as it
// is written.
static void note_overrides(struct fg_tally *tally, uint16_t index, bool hit,
                           const struct fg_reason *reason)
{
    const struct fg_plan *plan = tally->plan;
    const struct fg_ruleset *ruleset = plan->policy->ruleset;
    const struct fg_rule_terms written = written_terms(&ruleset->rules[index]);
    struct fg_reason ignored;
    if (!hit && !rule_hits(tally, index, &written, &ignored)) {
        return;
    }
    bool shadow = hit && reason->shadow;
    for (uint16_t i = 0; i < plan->n_overrides; i++) {
        const struct fg_override *override = &ruleset->overrides[plan->overrides[i]];
        if (override->changes != 0 && override->rule == index) {
            add_note(tally, FG_REASON_OVERRIDE, index, plan->overrides[i], shadow);
        }
    }
}

// An exception leaves a reason that tells what the rule would have seen.
static void add_exception(struct fg_tally *tally, uint16_t exception, const struct fg_reason *hit)
{
    struct fg_reason reason = *hit;
    reason.kind = FG_REASON_EXCEPTION;
    reason.detail = exception;
    reason.points = 0;
    reason.action_at_least = FG_ALLOW;
    reason.notify = FG_NOTIFY_NONE;
    fg_tally_add(tally, &reason);
}

// A rule for a customer who has overrides: of this rule, of its lists, or of others.
static void judge_overridden(struct fg_tally *tally, uint16_t index)
{
    const struct fg_plan *plan = tally->plan;
    const struct fg_rule *rule = &plan->policy->ruleset->rules[index];
    struct fg_rule_terms terms;
    struct fg_reason reason;
    fg_plan_rule_terms(plan, index, &terms);
    bool hit = rule_hits(tally, index, &terms, &reason);
    int32_t exception = hit ? fg_plan_exception(plan, rule) : -1;
    if (exception >= 0) {
        add_exception(tally, (uint16_t)exception, &reason);
    } else if (hit) {
        add_hit(tally, index, &reason);
    }
    if (fg_plan_is_overridden(plan, index)) {
        note_overrides(tally, index, hit, &reason);
    }
    int32_t by = hit ? fg_plan_condition_override(plan, &rule->when) : -1;
    if (by >= 0) {
        add_note(tally, FG_REASON_OVERRIDE, index, (uint16_t)by, reason.shadow);
    }
}

static void judge_rule(struct fg_tally *tally, uint16_t index)
{
    const struct fg_rule *rule = &tally->plan->policy->ruleset->rules[index];
    const struct fg_rule_terms terms = written_terms(rule);
    struct fg_reason reason;
    if (!rule_hits(tally, index, &terms, &reason)) {
        return;
    }
    int32_t exception = rule->n_exceptions > 0 ? fg_plan_exception(tally->plan, rule) : -1;
    if (exception >= 0) {
        add_exception(tally, (uint16_t)exception, &reason);
    } else {
        add_hit(tally, index, &reason);
    }
}

void fg_tally_rules(struct fg_tally *tally)
{
    const struct fg_plan *plan = tally->plan;
    const uint32_t words = (plan->policy->ruleset->n_rules + 63) / 64;
    for (uint32_t i = 0; i < words; i++) {
        for (uint64_t left = plan->static_hits[i]; left != 0; left &= left - 1) {
            const uint16_t index = (uint16_t)(64 * i + (uint32_t)__builtin_ctzll(left));
            if (plan->n_overrides > 0) {
                judge_overridden(tally, index);
            } else {
                judge_rule(tally, index);
            }
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
    for (uint64_t left = tally->groups; left != 0; left &= left - 1) {
        const uint32_t i = (uint32_t)__builtin_ctzll(left);
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

static bool any_holds(const struct fg_tally *tally, const uint64_t *hits,
                      const struct fg_composite_term *terms, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (term_holds(tally, hits, &terms[i])) {
            return true;
        }
    }
    return false;
}

static bool all_hold(const struct fg_tally *tally, const uint64_t *hits,
                     const struct fg_composite_term *terms, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (!term_holds(tally, hits, &terms[i])) {
            return false;
        }
    }
    return true;
}

static bool composite_holds(const struct fg_tally *tally, const uint64_t *hits,
                            const struct fg_composite *composite)
{
    return all_hold(tally, hits, composite->all_of, composite->n_all) &&
           (composite->n_any == 0 || any_holds(tally, hits, composite->any_of, composite->n_any)) &&
           !any_holds(tally, hits, composite->none_of, composite->n_none);
}

void fg_tally_composites(struct fg_tally *tally)
{
    const struct fg_ruleset *ruleset = tally->plan->policy->ruleset;
    const bool same = memcmp(tally->hits, tally->all_hits, sizeof(tally->hits)) == 0;
    const uint64_t possible = ruleset->composites_always | tally->composites;
    for (uint64_t left = possible; left != 0; left &= left - 1) {
        const uint32_t i = (uint32_t)__builtin_ctzll(left);
        const struct fg_composite *composite = &ruleset->composites[i];
        if (composite->mode == FG_MODE_OFF) {
            continue;
        }
        bool with_shadow = composite_holds(tally, tally->all_hits, composite);
        bool without = same ? with_shadow : composite_holds(tally, tally->hits, composite);
        bool enforced = without && composite->mode == FG_MODE_ENFORCE &&
                        fg_plan_composite_rolled_out(tally->plan, composite);
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
