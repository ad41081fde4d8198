// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/ruleset.h"

#include "fg/known.h"
#include "fg/meter.h"
#include "fg/rate.h"

#include "plan_priv.h"

#include <stddef.h>
#include <string.h>

#define POINTS_MAX 1000000 // keeps the sum over all rules within 32 bits

struct seal {
    const struct fg_ruleset *ruleset;
    const char *why;
};

static bool refuse(struct seal *seal, const char *why)
{
    seal->why = why;
    return false;
}

static bool points_fit(int32_t points)
{
    return points >= -POINTS_MAX && points <= POINTS_MAX;
}

static bool action_is_known(enum fg_action action)
{
    return (unsigned)action < FG_ACTION_COUNT;
}

static bool list_fits(enum fg_list_kind list, enum fg_signal_type signal)
{
    switch (list) {
    case FG_LIST_PREFIX:
        return signal == FG_SIGNAL_DIGITS;
    case FG_LIST_COUNTRY:
        return signal == FG_SIGNAL_COUNTRY;
    case FG_LIST_NETWORK:
        return signal == FG_SIGNAL_ADDRESS;
    case FG_LIST_TEXT:
        return signal == FG_SIGNAL_TEXT || signal == FG_SIGNAL_TEXTSET;
    }
    return false;
}

static bool check_predicate(struct seal *seal, const struct fg_predicate *predicate)
{
    if (predicate->op == FG_OP_CALENDAR) {
        return predicate->calendar < seal->ruleset->n_calendars ||
               refuse(seal, "a condition names a calendar that does not exist");
    }
    if ((unsigned)predicate->signal >= FG_SIG_COUNT) {
        return refuse(seal, "a condition reads a signal that does not exist");
    }
    enum fg_signal_type type = fg_signal_info(predicate->signal)->type;
    if (predicate->signal == FG_SIG_ATTR && predicate->attr == NULL) {
        return refuse(seal, "a condition reads an attribute without a name");
    }
    switch (predicate->op) {
    case FG_OP_IN_LIST:
    case FG_OP_NOT_IN_LIST:
        if (predicate->list >= seal->ruleset->n_lists) {
            return refuse(seal, "a condition names a list that does not exist");
        }
        return list_fits(seal->ruleset->lists[predicate->list].kind, type) ||
               refuse(seal, "a list does not fit the signal it is compared with");
    case FG_OP_ABOVE:
    case FG_OP_BELOW:
        return type == FG_SIGNAL_NUMBER || refuse(seal, "only numbers can be above or below");
    case FG_OP_IN_TEXTS:
    case FG_OP_NOT_IN_TEXTS:
        return (type != FG_SIGNAL_BOOL && type != FG_SIGNAL_NUMBER) ||
               refuse(seal, "a truth value or number cannot be in a list of texts");
    case FG_OP_PRESENT:
    case FG_OP_IS:
    case FG_OP_CALENDAR:
        return true;
    }
    return refuse(seal, "a condition has an unknown operator");
}

static bool check_condition(struct seal *seal, const struct fg_condition *condition)
{
    for (uint32_t i = 0; i < condition->n; i++) {
        if (!check_predicate(seal, &condition->all[i])) {
            return false;
        }
    }
    return true;
}

static bool may_be_shared(enum fg_meter_kind kind)
{
    return kind == FG_METER_COUNT || kind == FG_METER_DISTINCT || kind == FG_METER_FIRST_SEEN ||
           kind == FG_METER_SEEN;
}

static bool rate_fits(const struct fg_meter *meter)
{
    return meter->rate >= 1 && meter->rate <= FG_RATE_BURST_MAX && meter->rate_s >= 1 &&
           meter->rate_s <= FG_RATE_INTERVAL_MAX_US / 1000000 && meter->burst >= 1 &&
           meter->burst <= FG_RATE_BURST_MAX;
}

static bool starts_fit(const struct fg_meter *meter)
{
    bool fit = meter->n_starts == 0 || meter->kind == FG_METER_TYPICAL;
    for (uint8_t i = 0; fit && i < meter->n_starts; i++) {
        const struct fg_meter_start *start = &meter->starts[i];
        fit = start->profile != NULL && start->amount > 0 && start->amount <= FG_METER_START_MAX;
    }
    return fit;
}

static bool known_fits(const struct fg_meter *meter)
{
    return meter->blocks >= 1 && meter->blocks <= FG_KNOWN_BLOCKS_MAX &&
           (meter->blocks & (meter->blocks - 1U)) == 0 && !meter->shared &&
           meter->over_ms >= FG_KNOWN_UNITS;
}

static bool check_meter(struct seal *seal, const struct fg_meter *meter)
{
    bool window = meter->kind == FG_METER_COUNT || meter->kind == FG_METER_SUM ||
                  meter->kind == FG_METER_DISTINCT || meter->kind == FG_METER_RATIO;
    bool remembers = meter->kind == FG_METER_FIRST_SEEN || meter->kind == FG_METER_SEEN ||
                     meter->kind == FG_METER_RUN || meter->kind == FG_METER_KNOWN;
    if (meter->name == NULL) {
        return refuse(seal, "a meter has no name");
    }
    if ((unsigned)meter->kind > FG_METER_KNOWN || (unsigned)meter->direction > FG_INBOUND) {
        return refuse(seal, "a meter has an unknown kind or direction");
    }
    if (window && !meter->calendar_day && meter->over_ms < FG_WINDOW_PARTS) {
        return refuse(seal, "a meter has no window, or one that is too short");
    }
    if (remembers && (meter->calendar_day || meter->over_ms < FG_MS_PER_S ||
                      meter->over_ms > FG_METER_REMEMBERED_MAX_MS)) {
        return refuse(seal, "a meter remembers for less than 1 s or more than 400 days");
    }
    if (meter->kind == FG_METER_KNOWN && !known_fits(meter)) {
        return refuse(seal, "a filter's blocks or its time do not fit");
    }
    if (meter->kind == FG_METER_RATE && !rate_fits(meter)) {
        return refuse(seal, "a rate or its burst is out of range");
    }
    if (meter->peers && (meter->kind != FG_METER_TYPICAL || meter->per != FG_KEY_CUSTOMER)) {
        return refuse(seal, "only a typical meter of the customer alone learns from peers");
    }
    if (!starts_fit(meter)) {
        return refuse(seal, "what a meter starts with is out of range");
    }
    if ((unsigned)meter->on > FG_EVENT_END || meter->on == FG_EVENT_MINUTE) {
        return refuse(seal, "a meter counts on something else than attempts, answers and ends");
    }
    if (meter->shared && (meter->calendar_day || meter->per == 0 ||
                          (meter->per & FG_KEY_CUSTOMER) != 0 || !may_be_shared(meter->kind))) {
        return refuse(seal, "a shared meter's kind, window or key do not fit all customers");
    }
    if (meter->kind == FG_METER_RATIO && (meter->min_samples < 1 || meter->hit.n == 0)) {
        return refuse(seal, "a ratio has no condition, or needs no calls");
    }
    return check_condition(seal, &meter->when) &&
           (meter->kind != FG_METER_RATIO || check_condition(seal, &meter->hit));
}

static bool check_tests(struct seal *seal, const struct fg_rule *rule)
{
    if (rule->n_tests > FG_METER_TESTS_MAX) {
        return refuse(seal, "a rule tests more than 4 meters");
    }
    for (uint8_t i = 0; i < rule->n_tests; i++) {
        if (rule->tests[i].meter >= seal->ruleset->n_meters) {
            return refuse(seal, "a rule tests a meter that does not exist");
        }
    }
    return true;
}

static bool check_relative(struct seal *seal, const struct fg_rule *rule)
{
    const bool keeps = rule->relative_to == FG_RELATIVE_FREE_LINES;
    const bool lasts = rule->relative_to == FG_RELATIVE_LONGEST;
    if ((keeps && rule->relative_kept <= 0) || (lasts && rule->longest == NULL)) {
        return refuse(seal, "a rule does not say what it is relative to");
    }
    if (rule->relative_to != FG_RELATIVE_METER) {
        return true;
    }
    if (rule->relative_meter >= seal->ruleset->n_meters) {
        return refuse(seal, "a rule is relative to a meter that does not exist");
    }
    return (rule->relative_times > 0 && rule->relative_at_least > 0) ||
           refuse(seal, "a rule may have to divide by nothing");
}

static bool check_throttle(struct seal *seal, const struct fg_rule *rule)
{
    if (!rule->throttles) {
        return true;
    }
    if (rule->throttle_meter >= seal->ruleset->n_meters ||
        seal->ruleset->meters[rule->throttle_meter].kind != FG_METER_RATE) {
        return refuse(seal, "a rule throttles to a rate that does not exist");
    }
    return (!rule->measured && rule->events == 1U << FG_EVENT_ATTEMPT) ||
           refuse(seal, "a rule that throttles measures, or is about more than attempts");
}

static bool check_steps(struct seal *seal, const struct fg_step *steps, uint8_t n)
{
    if (n == 0 || n > FG_STEPS_MAX) {
        return refuse(seal, "a rule with a measure needs 1 to 8 steps");
    }
    for (uint8_t i = 0; i < n; i++) {
        const struct fg_step *step = &steps[i];
        if (i > 0 && step->above <= steps[i - 1].above) {
            return refuse(seal, "the steps of a rule do not rise");
        }
        if (!points_fit(step->score) || !action_is_known(step->action_at_least)) {
            return refuse(seal, "a step's points or action are out of range");
        }
    }
    return true;
}

static bool check_exceptions(struct seal *seal, const struct fg_rule *rule)
{
    if (rule->n_exceptions > FG_EXCEPTIONS_MAX) {
        return refuse(seal, "a rule has more than 256 exceptions");
    }
    for (uint16_t i = 0; i < rule->n_exceptions; i++) {
        const struct fg_exception *exception = &rule->exceptions[i];
        if (exception->reason == NULL) {
            return refuse(seal, "an exception has no reason");
        }
        for (uint32_t k = 0; k < exception->n; k++) {
            if (exception->any[k].n == 0) {
                return refuse(seal, "an exception is about everything");
            }
            if (!check_condition(seal, &exception->any[k])) {
                return false;
            }
        }
    }
    return true;
}

static bool check_appends(struct seal *seal, const struct fg_override *override)
{
    for (uint32_t i = 0; i < override->n_appends; i++) {
        const struct fg_list_append *append = &override->appends[i];
        if (append->list >= seal->ruleset->n_lists || append->items >= seal->ruleset->n_lists) {
            return refuse(seal, "an override adds to a list that does not exist");
        }
        if (seal->ruleset->lists[append->list].kind != seal->ruleset->lists[append->items].kind) {
            return refuse(seal, "an override adds to a list what does not fit it");
        }
    }
    return true;
}

static bool check_changes(struct seal *seal, const struct fg_override *override)
{
    if (override->changes == 0) {
        return true;
    }
    if (override->rule >= seal->ruleset->n_rules) {
        return refuse(seal, "an override changes a rule that does not exist");
    }
    bool measured = seal->ruleset->rules[override->rule].measured;
    if ((override->changes & (measured ? FG_CHANGE_SCORE : FG_CHANGE_STEPS)) != 0) {
        return refuse(seal, "an override's points do not fit its rule");
    }
    if ((unsigned) override->mode > FG_MODE_OFF || !points_fit(override->score) ||
        !action_is_known(override->action_at_least)) {
        return refuse(seal, "an override's mode, points or action are out of range");
    }
    return (override->changes & FG_CHANGE_STEPS) == 0 ||
           check_steps(seal, override->steps, override->n_steps);
}

static bool check_override(struct seal *seal, uint32_t index)
{
    const struct fg_ruleset *ruleset = seal->ruleset;
    const struct fg_override *override = &ruleset->overrides[index];
    bool shared = index < ruleset->n_shared_overrides;
    if (override->reason == NULL || shared != (override->customer == NULL)) {
        return refuse(seal, "an override has no reason, or stands in the wrong place");
    }
    if (!shared && index > ruleset->n_shared_overrides &&
        strcmp(ruleset->overrides[index - 1].customer, override->customer) > 0) {
        return refuse(seal, "the overrides are not sorted by customer");
    }
    for (uint32_t i = 0; i < override->match.n; i++) {
        if (override->match.all[i].op == FG_OP_CALENDAR ||
            override->match.all[i].signal > FG_SIG_CUSTOMER_TAG) {
            return refuse(seal, "an override matches something else than a customer");
        }
    }
    return check_condition(seal, &override->match) && check_changes(seal, override) &&
           check_appends(seal, override);
}

static bool check_overrides(struct seal *seal)
{
    const struct fg_ruleset *ruleset = seal->ruleset;
    if (ruleset->n_shared_overrides > ruleset->n_overrides) {
        return refuse(seal, "more overrides are shared than there are");
    }
    for (uint32_t i = 0; i < ruleset->n_overrides; i++) {
        if (!check_override(seal, i)) {
            return false;
        }
    }
    return true;
}

static bool check_hold(struct seal *seal, const struct fg_hold_terms *hold)
{
    const int64_t longest_s = FG_HOLD_LONGEST_MS / FG_MS_PER_S;
    if (hold->duration_s < 0 || hold->duration_s > longest_s ||
        (unsigned)hold->scope >= FG_HOLD_SCOPES) {
        return refuse(seal, "the hold's duration or scope is out of range");
    }
    const bool grows = hold->growth_milli != 0 || hold->max_s != 0;
    if (grows && (hold->growth_milli < FG_HOLD_GROWTH_MIN_MILLI ||
                  hold->growth_milli > FG_HOLD_GROWTH_MAX_MILLI || hold->max_s < hold->duration_s ||
                  hold->max_s > longest_s)) {
        return refuse(seal, "the hold's growth is out of range");
    }
    return true;
}

static bool check_rule(struct seal *seal, const struct fg_rule *rule)
{
    if (rule->id == NULL) {
        return refuse(seal, "a rule has no id");
    }
    if (rule->group < -1 || rule->group >= (int32_t)seal->ruleset->n_groups) {
        return refuse(seal, "a rule names a group that does not exist");
    }
    if ((unsigned)rule->direction > FG_INBOUND || !action_is_known(rule->action_at_least) ||
        !points_fit(rule->score) || !points_fit(rule->unavailable_score)) {
        return refuse(seal, "a rule's direction, action or points are out of range");
    }
    if (!check_condition(seal, &rule->when) || !check_exceptions(seal, rule) ||
        !check_hold(seal, &rule->hold) || !check_tests(seal, rule) || !check_throttle(seal, rule)) {
        return false;
    }
    if (!rule->measured) {
        return true;
    }
    if (rule->measure_is_meter && rule->measure_meter >= seal->ruleset->n_meters) {
        return refuse(seal, "a rule measures a meter that does not exist");
    }
    if (!rule->measure_is_meter &&
        ((unsigned)rule->measure_signal >= FG_SIG_COUNT ||
         fg_signal_info(rule->measure_signal)->type != FG_SIGNAL_NUMBER)) {
        return refuse(seal, "a rule measures a signal that is not a number");
    }
    return check_relative(seal, rule) && check_steps(seal, rule->steps, rule->n_steps);
}

static bool check_terms(struct seal *seal, const struct fg_composite_term *terms, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (terms[i].kind == FG_TERM_RULE && terms[i].rule >= seal->ruleset->n_rules) {
            return refuse(seal, "a composite names a rule that does not exist");
        }
        if (terms[i].kind == FG_TERM_TAG && terms[i].tag == NULL) {
            return refuse(seal, "a composite names an empty tag");
        }
    }
    return true;
}

static bool check_composite(struct seal *seal, const struct fg_composite *composite)
{
    if (composite->id == NULL) {
        return refuse(seal, "a composite has no id");
    }
    if (composite->n_all + composite->n_any == 0) {
        return refuse(seal, "a composite needs all_of or any_of");
    }
    if (!points_fit(composite->score) || !action_is_known(composite->action_at_least)) {
        return refuse(seal, "a composite's points or action are out of range");
    }
    return check_hold(seal, &composite->hold) &&
           check_terms(seal, composite->all_of, composite->n_all) &&
           check_terms(seal, composite->any_of, composite->n_any) &&
           check_terms(seal, composite->none_of, composite->n_none);
}

static bool check_policy(struct seal *seal)
{
    const struct fg_ruleset *ruleset = seal->ruleset;
    for (int action = FG_ALERT; action <= FG_BLOCK; action++) {
        if (ruleset->thresholds[action] < 1) {
            return refuse(seal, "a threshold is below one point");
        }
        if (action > FG_ALERT && ruleset->thresholds[action] < ruleset->thresholds[action - 1]) {
            return refuse(seal, "the thresholds do not rise with the action's severity");
        }
    }
    if (!check_hold(seal, &ruleset->hold)) {
        return false;
    }
    for (uint32_t i = 0; i < ruleset->n_groups; i++) {
        if (ruleset->groups[i].cap < 0) {
            return refuse(seal, "a group's cap is negative");
        }
    }
    return true;
}

static bool check_all(struct seal *seal)
{
    const struct fg_ruleset *ruleset = seal->ruleset;
    if (!check_policy(seal)) {
        return false;
    }
    for (uint32_t i = 0; i < ruleset->n_meters; i++) {
        if (!check_meter(seal, &ruleset->meters[i])) {
            return false;
        }
    }
    for (uint32_t i = 0; i < ruleset->n_rules; i++) {
        if (!check_rule(seal, &ruleset->rules[i])) {
            return false;
        }
    }
    for (uint32_t i = 0; i < ruleset->n_composites; i++) {
        if (!check_composite(seal, &ruleset->composites[i])) {
            return false;
        }
    }
    return check_overrides(seal);
}

static int index_rules(struct fg_ruleset *ruleset, int direction, int kind, struct fg_arena *arena)
{
    uint16_t *indexes = fg_arena_alloc(arena, ruleset->n_rules * sizeof(*indexes));
    if (indexes == NULL) {
        return FG_ENOMEM;
    }
    uint32_t n = 0;
    for (uint32_t i = 0; i < ruleset->n_rules; i++) {
        const struct fg_rule *rule = &ruleset->rules[i];
        if ((int)rule->direction == direction && (rule->events & (1U << kind)) != 0 &&
            fg_rule_is_ever_on(ruleset, i)) {
            indexes[n++] = (uint16_t)i;
        }
    }
    ruleset->by_event[direction][kind] = indexes;
    ruleset->n_by_event[direction][kind] = n;
    return FG_OK;
}

static void index_changes(struct fg_ruleset *ruleset, int direction, int kind)
{
    struct fg_meter_set changed = {{0}};
    for (uint32_t i = 0; i < ruleset->n_meters; i++) {
        const struct fg_meter *meter = &ruleset->meters[i];
        if (fg_meter_is_changed(meter, (enum fg_direction)direction, (enum fg_event_kind)kind)) {
            fg_meter_set_add(&changed, i);
        }
    }
    ruleset->changed_by_event[direction][kind] = changed;
}

static void number_scopes(struct fg_ruleset *ruleset)
{
    uint8_t n = 0;
    ruleset->peered = (struct fg_meter_set){{0}};
    for (uint32_t i = 0; i < ruleset->n_meters; i++) {
        uint32_t same = 0;
        while (same < i && !fg_meter_same_scope(&ruleset->meters[same], &ruleset->meters[i])) {
            same++;
        }
        ruleset->scope_of_meter[i] = same < i ? ruleset->scope_of_meter[same] : n++;
        if (ruleset->meters[i].peers) {
            fg_meter_set_add(&ruleset->peered, i);
        }
    }
}

int fg_ruleset_seal(struct fg_ruleset *ruleset, struct fg_arena *arena, const char **why)
{
    struct seal seal = {.ruleset = ruleset, .why = NULL};
    *why = NULL;
    if (ruleset->n_rules > FG_RULES_MAX || ruleset->n_meters > FG_METERS_MAX ||
        ruleset->n_groups > FG_GROUPS_MAX || ruleset->n_composites > FG_COMPOSITES_MAX ||
        ruleset->n_overrides > FG_OVERRIDES_MAX ||
        ruleset->n_shared_overrides > FG_SHARED_OVERRIDES_MAX) {
        *why = "too many rules, meters, groups, composites or overrides";
        return FG_ELIMIT;
    }
    if (!check_all(&seal)) {
        *why = seal.why;
        return FG_EINVAL;
    }
    struct fg_excess excess;
    if (fg_ruleset_find_excess(ruleset, &excess)) {
        *why = excess.of_record ? "one key needs more windows than a record holds"
                                : "one event needs more counters than a request holds";
        return FG_ELIMIT;
    }
    number_scopes(ruleset);
    int numbered = fg_ruleset_number_predicates(ruleset, arena);
    if (numbered != FG_OK) {
        *why = "out of memory";
        return numbered;
    }
    for (int direction = FG_OUTBOUND; direction <= FG_INBOUND; direction++) {
        for (int kind = 0; kind < FG_EVENT_KINDS; kind++) {
            int rc = index_rules(ruleset, direction, kind, arena);
            if (rc != FG_OK) {
                *why = "out of memory";
                return rc;
            }
            index_changes(ruleset, direction, kind);
        }
    }
    if (fg_ruleset_index(ruleset, arena) != FG_OK) {
        *why = "out of memory";
        return FG_ENOMEM;
    }
    return FG_OK;
}
