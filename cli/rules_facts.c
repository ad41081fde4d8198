// SPDX-License-Identifier: GPL-2.0-or-later
#include "rules_facts.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fg/format.h"
#include "rules_words.h"

struct thing *thing_add(struct things *things, const char *kind, const char *name)
{
    static struct thing lost; // what is said of it is thrown away
    struct thing *grown = reallocarray(things->items, things->n + 1, sizeof(*grown));

    if (grown != NULL) {
        things->items = grown;
        grown[things->n] = (struct thing){.kind = kind, .name = strdup(name)};
        if (grown[things->n].name != NULL) {
            return &grown[things->n++];
        }
    }
    things->failed = true;
    return &lost;
}

void thing_take(struct things *things, struct thing *thing, const char *fact, char *text)
{
    struct fact *grown = NULL;
    char *name = strdup(fact);

    if (!things->failed && name != NULL && text != NULL) {
        grown = reallocarray(thing->facts, thing->n + 1, sizeof(*grown));
    }
    if (grown == NULL) {
        things->failed = true;
        free(name);
        free(text);
        return;
    }
    thing->facts = grown;
    grown[thing->n++] = (struct fact){.name = name, .text = text};
}

void thing_put(struct things *things, struct thing *thing, const char *fact, const char *format,
               ...)
{
    char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0) {
        text = NULL;
    }
    va_end(arguments);
    thing_take(things, thing, fact, text);
}

static void put_if(struct things *things, struct thing *thing, const char *fact, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        thing_put(things, thing, fact, "%s", text);
    }
}

static void put_condition(struct things *things, struct thing *thing,
                          const struct fg_ruleset *ruleset, const struct fg_condition *condition)
{
    if (condition->n > 0) {
        thing_take(things, thing, "when", words_condition(ruleset, condition));
    }
}

static void put_throttle(struct things *things, struct thing *thing,
                         const struct fg_ruleset *ruleset, const struct fg_rule *rule)
{
    if (rule->throttles) {
        const struct fg_meter *meter = &ruleset->meters[rule->throttle_meter];
        thing_put(things, thing, "throttle_to", "%u in %u s, %u at once", meter->rate,
                  meter->rate_s, meter->burst);
    }
}

static void put_longest(struct things *things, struct thing *thing,
                        const struct fg_longest *longest)
{
    char name[64];
    for (int type = 0; type < FG_TYPE_COUNT; type++) {
        if (longest->type_s[type] > 0) {
            (void)snprintf(name, sizeof(name), "max_duration %s",
                           fg_number_type_name((enum fg_number_type)type));
            thing_take(things, thing, name, words_duration(longest->type_s[type] * FG_MS_PER_S));
        }
    }
    if (longest->abroad_s > 0) {
        thing_take(things, thing, "max_duration international",
                   words_duration(longest->abroad_s * FG_MS_PER_S));
    }
    if (longest->any_s > 0) {
        thing_take(things, thing, "max_duration any", words_duration(longest->any_s * FG_MS_PER_S));
    }
}

static void put_measure(struct things *things, struct thing *thing,
                        const struct fg_ruleset *ruleset, const struct fg_rule *rule)
{
    static const char *const relative[] = {
        [FG_RELATIVE_CHANNELS] = "customer.channels",
        [FG_RELATIVE_DAILY_LIMIT] = "customer.daily_limit",
    };

    if (!rule->measured) {
        thing_put(things, thing, "score", "%d", (int)rule->score);
        put_throttle(things, thing, ruleset, rule);
        return;
    }
    thing_put(things, thing, "measure", "%s%s", rule->measure_is_meter ? "meters." : "",
              rule->measure_is_meter ? ruleset->meters[rule->measure_meter].name
                                     : fg_signal_info(rule->measure_signal)->name);
    if (rule->relative_to == FG_RELATIVE_METER) {
        char *factor = words_number(rule->relative_times);
        char *least = words_number(rule->relative_at_least);
        thing_put(things, thing, "relative_to", "meters.%s times %s, at least %s",
                  ruleset->meters[rule->relative_meter].name, factor == NULL ? "" : factor,
                  least == NULL ? "" : least);
        free(least);
        free(factor);
    } else if (rule->relative_to == FG_RELATIVE_FREE_LINES) {
        thing_put(things, thing, "relative_to", "customer.channels but %d",
                  (int)rule->relative_kept);
    } else if (rule->relative_to == FG_RELATIVE_LONGEST) {
        put_longest(things, thing, rule->longest);
    } else if ((size_t)rule->relative_to < sizeof(relative) / sizeof(relative[0])) {
        put_if(things, thing, "relative_to", relative[rule->relative_to]);
    }
    thing_take(things, thing, "steps", words_steps(rule->steps, rule->n_steps));
    if (rule->unavailable_scores) {
        thing_put(things, thing, "on_unavailable", "%d points", (int)rule->unavailable_score);
    }
    put_throttle(things, thing, ruleset, rule);
}

static void put_events(struct things *things, struct thing *thing, uint8_t events)
{
    char text[128] = "";
    size_t n = 0;

    for (unsigned i = 0; i < FG_EVENT_KINDS; i++) {
        if ((events & (1U << i)) != 0 && n < sizeof(text)) {
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n == 0 ? "" : ", ",
                                  fg_event_kind_name((enum fg_event_kind)i));
        }
    }
    thing_put(things, thing, "on", "%s", text);
}

static void put_growth(struct things *things, struct thing *thing, const struct fg_hold_terms *hold)
{
    if (hold->growth_milli > 0) {
        thing_put(things, thing, "hold growth", "%u.%03u, at most %d s", hold->growth_milli / 1000,
                  hold->growth_milli % 1000, (int)hold->max_s);
    }
}

static void put_hold(struct things *things, struct thing *thing, const struct fg_hold_terms *hold)
{
    if (!hold->given) {
        return;
    }
    thing_put(things, thing, "hold", "%d s, %s", (int)hold->duration_s,
              fg_hold_scope_name(hold->scope));
    put_growth(things, thing, hold);
}

static void put_exceptions(struct things *things, struct thing *thing,
                           const struct fg_ruleset *ruleset, const struct fg_rule *rule)
{
    for (uint16_t i = 0; i < rule->n_exceptions; i++) {
        char name[256];
        (void)snprintf(name, sizeof(name), "exception %s", rule->exceptions[i].reason);
        for (unsigned k = 2; thing_fact(thing, name) != NULL; k++) {
            (void)snprintf(name, sizeof(name), "exception %.200s (%u)", rule->exceptions[i].reason,
                           k);
        }
        thing_take(things, thing, name, words_exception(ruleset, &rule->exceptions[i]));
    }
}

static void add_rule(struct things *things, const struct fg_ruleset *ruleset,
                     const struct fg_rule *rule)
{
    struct thing *thing = thing_add(things, "rule", rule->id);

    thing_put(things, thing, "mode", "%s", fg_mode_name(rule->mode));
    thing_put(things, thing, "maturity", "%s", fg_maturity_name(rule->maturity));
    if (rule->rolls_out) {
        thing_put(things, thing, "rollout", "%u%%", rule->rollout_percent);
    }
    if (rule->group >= 0) {
        put_if(things, thing, "group", ruleset->groups[rule->group].name);
    }
    thing_put(things, thing, "direction", "%s", fg_direction_name(rule->direction));
    put_events(things, thing, rule->events);
    put_condition(things, thing, ruleset, &rule->when);
    for (uint8_t i = 0; i < rule->n_tests; i++) {
        const struct fg_meter_test *test = &rule->tests[i];
        const struct fg_meter *meter = &ruleset->meters[test->meter];
        char name[160];
        if (meter->nameless) {
            (void)snprintf(name, sizeof(name), "when %.120s first_seen_within", meter->name);
            thing_take(things, thing, name, words_duration(test->number / (FG_MICRO / 1000)));
            continue;
        }
        (void)snprintf(name, sizeof(name), "when meters.%.120s is %s", meter->name,
                       test->above ? "above" : "below");
        thing_take(things, thing, name, words_number(test->number));
    }
    put_measure(things, thing, ruleset, rule);
    if (rule->action_at_least != FG_ALLOW) {
        put_if(things, thing, "action_at_least", fg_action_name(rule->action_at_least));
    }
    put_hold(things, thing, &rule->hold);
    put_exceptions(things, thing, ruleset, rule);
    put_if(things, thing, "desc", rule->desc);
    put_if(things, thing, "explain", rule->explain);
    put_if(things, thing, "customer_text", rule->customer_text);
}

static void add_meter(struct things *things, const struct fg_ruleset *ruleset,
                      const struct fg_meter *meter)
{
    static const char *const kinds[] = {"count", "sum",        "distinct", "gauge",
                                        "ratio", "first_seen", "seen",     "longest_run",
                                        NULL,    "typical",    "trend",    "known"};
    static const char *const sources[] = {
        "calls",        "cost",        "minutes",      "dest.number",          "caller.number",
        "dest.country", "answers",     "ends",         "dest.range",           "dest.block",
        "dest.dialled", "src.network", "caller.range", "tls.cert.fingerprint", "src.country",
        "customer.id"};
    const struct fg_words keys = fg_word_set(FG_SET_METER_KEY);
    struct thing *thing = thing_add(things, "meter", meter->name);
    char per[256] = "";
    size_t n = 0;

    thing->meter_id = meter->id;
    thing->hit_id = meter->hit_id;
    if ((size_t)meter->kind < sizeof(kinds) / sizeof(kinds[0]) && kinds[meter->kind] != NULL &&
        (size_t)meter->source < sizeof(sources) / sizeof(sources[0])) {
        thing_put(things, thing, "counts", "%s of %s", kinds[meter->kind], sources[meter->source]);
    }
    for (unsigned i = 0; i < keys.n; i++) {
        if ((meter->per & (1U << i)) != 0 && n < sizeof(per)) {
            n += (size_t)snprintf(per + n, sizeof(per) - n, "%s%s", n == 0 ? "" : ", ",
                                  keys.words[i]);
        }
    }
    put_if(things, thing, "per", per);
    if (meter->shared) {
        thing_put(things, thing, "shared", "true");
    }
    if (meter->on != FG_EVENT_ATTEMPT) {
        thing_put(things, thing, "on", "%s", fg_event_kind_name(meter->on));
    }
    if (meter->calendar_day) {
        thing_put(things, thing, "over", "the customer's local day");
    } else if (meter->over_ms > 0) {
        thing_take(things, thing, "over", words_duration(meter->over_ms));
    }
    thing_put(things, thing, "direction", "%s", fg_direction_name(meter->direction));
    put_condition(things, thing, ruleset, &meter->when);
    if (meter->kind == FG_METER_RATIO) {
        thing_take(things, thing, "hit", words_condition(ruleset, &meter->hit));
        thing_put(things, thing, "min_samples", "%d", (int)meter->min_samples);
    }
    if (meter->peers) {
        thing_put(things, thing, "peers", "true");
    }
    for (uint8_t i = 0; i < meter->n_starts; i++) {
        char name[64];
        (void)snprintf(name, sizeof(name), "start %.40s", meter->starts[i].profile);
        thing_take(things, thing, name, words_number(meter->starts[i].amount));
    }
}

static void add_list(struct things *things, const struct fg_list *list)
{
    static const char *const kinds[] = {"prefixes", "countries", "texts"};

    if (!list->nameless) {
        struct thing *thing = thing_add(things, "list", list->name);
        thing->list = list;
        thing_put(things, thing, "type", "%s", kinds[list->kind]);
    }
}

static void add_calendar(struct things *things, const struct fg_calendar *calendar)
{
    struct thing *thing = thing_add(things, "calendar", calendar->name);

    thing_take(things, thing, "hours", words_hours(calendar->hours, calendar->n_hours));
    thing_put(things, thing, "customer_hours", "%s", calendar->customer_hours ? "true" : "false");
    thing_put(things, thing, "customer_holidays", "%s",
              calendar->customer_holidays ? "true" : "false");
    if (calendar->n_holidays > 0) {
        thing_take(things, thing, "holidays",
                   words_dates(calendar->holidays, calendar->n_holidays));
    }
    if (calendar->zone != NULL) {
        put_if(things, thing, "tz", calendar->zone->name);
    }
}

static void add_composite(struct things *things, const struct fg_ruleset *ruleset,
                          const struct fg_composite *composite)
{
    struct thing *thing = thing_add(things, "composite", composite->id);

    thing_put(things, thing, "mode", "%s", fg_mode_name(composite->mode));
    thing_take(things, thing, "of", words_terms(ruleset, composite));
    thing_put(things, thing, "score", "%d", (int)composite->score);
    if (composite->action_at_least != FG_ALLOW) {
        put_if(things, thing, "action_at_least", fg_action_name(composite->action_at_least));
    }
    put_hold(things, thing, &composite->hold);
    if (composite->rolls_out) {
        thing_put(things, thing, "rollout", "%u%%", composite->rollout_percent);
    }
    put_if(things, thing, "desc", composite->desc);
}

// "VEL_CALLS for customer.tag in campaign", with a number when there are several of that name.
static struct thing *add_named_override(struct things *things, const struct fg_ruleset *ruleset,
                                        const struct fg_override *override)
{
    char *who = words_condition(ruleset, &override->match);
    char name[512];

    (void)snprintf(name, sizeof(name), "%s for %.300s%s%.100s",
                   override->changes == 0 ? "lists" : ruleset->rules[override->rule].id,
                   who == NULL ? "" : who, who != NULL && who[0] == '\0' ? "customer " : "",
                   who != NULL && who[0] == '\0' && override->customer != NULL ? override->customer
                                                                               : "");
    things->failed = things->failed || who == NULL;
    free(who);
    const size_t n = strlen(name);
    for (unsigned i = 2; things_find(things, "override", name) != NULL; i++) {
        (void)snprintf(name + n, sizeof(name) - n, " (%u)", i);
    }
    return thing_add(things, "override", name);
}

static void add_override(struct things *things, const struct fg_ruleset *ruleset,
                         const struct fg_override *override)
{
    struct thing *thing = add_named_override(things, ruleset, override);

    if ((override->changes & FG_CHANGE_MODE) != 0) {
        thing_put(things, thing, "mode", "%s", fg_mode_name(override->mode));
    }
    if ((override->changes & FG_CHANGE_SCORE) != 0) {
        thing_put(things, thing, "score", "%d", (int) override->score);
    }
    if ((override->changes & FG_CHANGE_STEPS) != 0) {
        thing_take(things, thing, "steps", words_steps(override->steps, override->n_steps));
    }
    if ((override->changes & FG_CHANGE_ACTION) != 0) {
        thing_put(things, thing, "action_at_least", "%s",
                  fg_action_name(override->action_at_least));
    }
    for (uint32_t i = 0; i < override->n_appends; i++) {
        const struct fg_predicate in = {
            .signal = FG_SIG_DEST_PREFIX, .op = FG_OP_IN_LIST, .list = override->appends[i].items};
        const struct fg_condition items = {&in, 1};
        char fact[160];
        (void)snprintf(fact, sizeof(fact), "adds to %.120s",
                       ruleset->lists[override->appends[i].list].name);
        char *text = words_condition(ruleset, &items);
        if (text != NULL && strncmp(text, "dest.prefix in ", 15) == 0) {
            (void)memmove(text, text + 15, strlen(text + 15) + 1);
        }
        thing_take(things, thing, fact, text);
    }
    put_if(things, thing, "reason", override->reason);
    put_if(things, thing, "owner", override->owner);
    thing_take(things, thing, "expires", words_until(override->until_ms));
}

static void put_replies(struct things *things, struct thing *thing, const char *band,
                        const struct fg_replies *replies)
{
    char text[512] = "";
    size_t used = 0;
    for (unsigned i = 0; i < replies->n; i++) {
        const struct fg_reply *reply = &replies->item[i];
        int n = snprintf(text + used, sizeof(text) - used, "%s%u %s, retry after %u s%s%s",
                         i == 0 ? "" : "; ", reply->code, reply->text == NULL ? "" : reply->text,
                         reply->retry_after_s, reply->call_info == NULL ? "" : ", ",
                         reply->call_info == NULL ? "" : reply->call_info);
        used += n > 0 ? (size_t)n : 0;
        used = used < sizeof(text) ? used : sizeof(text) - 1;
    }
    if (replies->n > 0) {
        thing_put(things, thing, band, "%s", text);
    }
}

static void add_scoring(struct things *things, const struct fg_ruleset *ruleset)
{
    struct thing *thing = thing_add(things, "scoring", "thresholds");

    for (unsigned i = FG_ALLOW + 1; i < FG_ACTION_COUNT; i++) {
        if (ruleset->thresholds[i] == INT32_MAX) {
            thing_put(things, thing, fg_action_name((enum fg_action)i), "never");
        } else {
            thing_put(things, thing, fg_action_name((enum fg_action)i), "%d",
                      (int)ruleset->thresholds[i]);
        }
    }
    thing = thing_add(things, "scoring", "caps");
    for (uint32_t i = 0; i < ruleset->n_groups; i++) {
        if (ruleset->groups[i].cap == INT32_MAX) {
            thing_put(things, thing, ruleset->groups[i].name, "none");
        } else {
            thing_put(things, thing, ruleset->groups[i].name, "%d", (int)ruleset->groups[i].cap);
        }
    }
    thing = thing_add(things, "scoring", "replies");
    for (unsigned i = 0; i < FG_ACTION_COUNT; i++) {
        put_replies(things, thing, fg_action_name((enum fg_action)i), &ruleset->replies[i]);
    }
    thing = thing_add(things, "scoring", "on_block");
    thing_put(things, thing, "drop_media", "%s", ruleset->drop_media_on_block ? "true" : "false");
    thing_put(things, thing, "hold", "%d s", (int)ruleset->hold.duration_s);
    thing_put(things, thing, "hold_scope", "%s", fg_hold_scope_name(ruleset->hold.scope));
    put_growth(things, thing, &ruleset->hold);
    thing = thing_add(things, "scoring", "degraded");
    thing_put(things, thing, "risky calls a minute", "%d", (int)ruleset->degraded_risky_per_min);
}

bool things_of(const struct fg_ruleset *ruleset, struct things *out)
{
    *out = (struct things){0};
    add_scoring(out, ruleset);
    for (uint32_t i = 0; i < ruleset->n_lists; i++) {
        add_list(out, &ruleset->lists[i]);
    }
    for (uint32_t i = 0; i < ruleset->n_calendars; i++) {
        add_calendar(out, &ruleset->calendars[i]);
    }
    for (uint32_t i = 0; i < ruleset->n_meters; i++) {
        const struct fg_meter *meter = &ruleset->meters[i];
        if (meter->kind != FG_METER_RATE && !meter->nameless) { // those are told with their rule
            add_meter(out, ruleset, meter);
        }
    }
    for (uint32_t i = 0; i < ruleset->n_rules; i++) {
        add_rule(out, ruleset, &ruleset->rules[i]);
    }
    for (uint32_t i = 0; i < ruleset->n_composites; i++) {
        add_composite(out, ruleset, &ruleset->composites[i]);
    }
    for (uint32_t i = 0; i < ruleset->n_overrides; i++) {
        add_override(out, ruleset, &ruleset->overrides[i]);
    }
    return !out->failed;
}

void things_free(struct things *things)
{
    for (size_t i = 0; i < things->n; i++) {
        for (size_t k = 0; k < things->items[i].n; k++) {
            free(things->items[i].facts[k].name);
            free(things->items[i].facts[k].text);
        }
        free(things->items[i].facts);
        free(things->items[i].name);
    }
    free(things->items);
}

const struct thing *things_find(const struct things *things, const char *kind, const char *name)
{
    for (size_t i = 0; i < things->n; i++) {
        if (strcmp(things->items[i].kind, kind) == 0 && strcmp(things->items[i].name, name) == 0) {
            return &things->items[i];
        }
    }
    return NULL;
}

const char *thing_fact(const struct thing *thing, const char *name)
{
    for (size_t i = 0; i < thing->n; i++) {
        if (strcmp(thing->facts[i].name, name) == 0) {
            return thing->facts[i].text;
        }
    }
    return NULL;
}
