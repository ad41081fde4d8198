// SPDX-License-Identifier: GPL-2.0-or-later
#include "number_facts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fg/plan.h"
#include "fg/uri.h"

static bool is_uri(struct fg_view text)
{
    static const char *const schemes[] = {"sip:", "sips:", "tel:", "urn:"};

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        const struct fg_view scheme = fg_view_of(schemes[i]);
        if (text.len >= scheme.len &&
            fg_view_equal_nocase((struct fg_view){text.ptr, scheme.len}, scheme)) {
            return true;
        }
    }
    return false;
}

static void read_input(const struct dialler *dialler, struct number_facts *out)
{
    struct fg_uri_number number = {.user = out->input, .phone_context = {"", 0}};
    struct fg_number_readings plain;

    out->uri = is_uri(out->input);
    out->uri_wrong = out->uri && !fg_uri_number(out->input, &number);
    if (out->uri_wrong) {
        out->readings.status = FG_NUMBER_UNREADABLE;
        return;
    }
    fg_number_read(number.user, number.phone_context, dialler->plan, &out->readings);
    fg_number_read(number.user, number.phone_context, NULL, &plain);
    out->plan_needed = !plain.international_prefix_seen || plain.n != out->readings.n ||
                       strcmp(plain.reading[0].digits, out->readings.reading[0].digits) != 0;
}

// The engine's own choice among the readings, so that this tool cannot say something else.
static void rate(const struct fg_policy *policy, const struct dialler *dialler,
                 struct number_facts *out)
{
    struct fg_customer home = {.id = "-"};
    const struct fg_event event = {
        .identity = FG_IDENTITY_AUTH_USER,
        .customer = dialler->customer != NULL ? dialler->customer
                    : dialler->plan != NULL   ? &home
                                              : NULL,
        .called = out->readings,
    };
    static struct fg_plan plan;

    if (dialler->plan != NULL) {
        home.dial_plan = *dialler->plan;
    }
    fg_plan(policy, &event, 0, &plan);
    out->dest = plan.dest;
    out->emergency = plan.emergency;
    for (unsigned i = 0; i < out->readings.n && i < 2; i++) {
        fg_destination_lookup(policy->destinations, &out->readings.reading[i], out->readings.status,
                              dialler->plan, &out->each[i]);
        if (strcmp(out->each[i].number.digits, plan.dest.number.digits) == 0) {
            out->chosen = i;
        }
    }
}

static void match_list(const struct fg_list *list, struct number_facts *out)
{
    const struct fg_number *number = &out->dest.number;
    struct number_list *match = &out->lists[out->n_lists];
    struct fg_prefix_match found;

    if (list->nameless) {
        return; // what a rule says itself
    }
    *match = (struct number_list){.name = list->name};
    if (list->kind == FG_LIST_PREFIX && out->readings.status == FG_NUMBER_OK &&
        fg_prefix_lookup(list->prefixes, number->digits, number->len, &found) == FG_OK) {
        match->matched = found.len;
        match->note =
            list->notes != NULL && found.value < list->n ? list->notes[found.value] : NULL;
        out->n_lists++;
    } else if (list->kind == FG_LIST_COUNTRY && out->dest.country != FG_COUNTRY_NONE &&
               fg_country_set_has(&list->countries, out->dest.country)) {
        out->n_lists++;
    }
}

// --- why

static void say(struct number_facts *facts, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void say(struct number_facts *facts, const char *format, ...)
{
    const size_t used = strlen(facts->why);
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(facts->why + used, sizeof(facts->why) - used, format, arguments);
    va_end(arguments);
}

static void say_plan(const struct dialler *dialler, struct number_facts *out)
{
    const struct fg_dial_plan *plan = dialler->plan;

    if (!out->plan_needed) {
        say(out, "international as it is written");
        return;
    }
    if (plan == NULL) {
        say(out, "read without a dial plan");
        return;
    }
    say(out, "read with the dial plan of %s (", dialler->name);
    for (size_t i = 0; i < 4 && plan->international[i][0] != '\0'; i++) {
        say(out, "%s%s", i == 0 ? "international " : "/", plan->international[i]);
    }
    say(out, "%s%s, country code %s)", plan->trunk[0] != '\0' ? ", trunk " : ", no trunk prefix",
        plan->trunk, plan->country_code[0] != '\0' ? plan->country_code : "none");
}

static const char *what_is_riskier(const struct fg_destination *a, const struct fg_destination *b)
{
    if (a->type != b->type && (a->type == FG_TYPE_UNALLOCATED || a->type == FG_TYPE_PREMIUM ||
                               a->type == FG_TYPE_SATELLITE)) {
        return fg_number_type_name(a->type);
    }
    return a->usd_per_minute > b->usd_per_minute ? "the dearer one" : "the likelier one";
}

static void say_choice(struct number_facts *out)
{
    char first[NUMBER_TEXT_MAX];
    char second[NUMBER_TEXT_MAX];
    const struct fg_destination *other = &out->each[1 - out->chosen];

    number_text(out, &out->dest.number, first);
    number_text(out, &other->number, second);
    say(out, "; %s or %s: rated as %s, %s", first, second, first,
        out->emergency ? "an emergency number" : what_is_riskier(&out->dest, other));
}

// A number that nobody can have, though its range is somebody's.
static void say_digits(struct number_facts *out)
{
    const struct fg_destination *dest = &out->dest;
    const bool few = dest->number.len < dest->digits_least;

    say(out, "; too %s: the numbers of its range have ", few ? "short" : "long");
    if (dest->digits_least < dest->digits_most) {
        say(out, "%u to ", (unsigned)dest->digits_least);
    }
    say(out, "%u digits with the calling code", (unsigned)dest->digits_most);
}

static void say_why(const struct dialler *dialler, struct number_facts *out)
{
    if (out->uri_wrong) {
        say(out, "not a SIP or tel URI that names a user");
        return;
    }
    if (out->readings.status == FG_NUMBER_UNREADABLE) {
        say(out, "nothing a carrier could route on: a number has digits, separators, a plus or a "
                 "known prefix, and at most 15 digits");
        return;
    }
    say_plan(dialler, out);
    if (out->readings.n == 2) {
        say_choice(out);
    }
    if (out->emergency) {
        say(out, "; an emergency number: always passes");
    } else if (out->dest.type == FG_TYPE_UNALLOCATED) {
        say(out, "; no operator holds a range that it falls into");
    } else if (out->readings.status == FG_NUMBER_OK && !fg_destination_is_whole(&out->dest)) {
        say_digits(out);
    }
}

void number_judge(const struct fg_policy *policy, const struct dialler *dialler,
                  struct fg_view input, struct number_facts *out)
{
    *out = (struct number_facts){.input = input};
    read_input(dialler, out);
    if (out->readings.status != FG_NUMBER_UNREADABLE) {
        rate(policy, dialler, out);
        for (uint32_t i = 0; i < policy->ruleset->n_lists && out->n_lists < NUMBER_LISTS_MAX; i++) {
            match_list(&policy->ruleset->lists[i], out);
        }
    }
    say_why(dialler, out);
}

// --- output

const char *number_status(const struct number_facts *facts)
{
    switch (facts->readings.status) {
    case FG_NUMBER_OK:
        return "ok";
    case FG_NUMBER_SHORT_CODE:
        return "short_code";
    case FG_NUMBER_UNREADABLE:
        break;
    }
    return "unreadable";
}

void number_text(const struct number_facts *facts, const struct fg_number *number,
                 char out[NUMBER_TEXT_MAX])
{
    const bool plus = facts->readings.status == FG_NUMBER_OK && number->len > 0;

    (void)snprintf(out, NUMBER_TEXT_MAX, "%s%s", plus ? "+" : "", number->digits);
}

static bool set_destination(struct fg_json *object, const struct number_facts *facts,
                            const struct fg_destination *dest)
{
    const bool ok = facts->readings.status == FG_NUMBER_OK;
    char country[4];
    char text[NUMBER_TEXT_MAX];

    fg_country_format(dest->country, country);
    number_text(facts, &dest->number, text);
    return fg_json_set_string(object, "e164", ok ? text : NULL) &&
           fg_json_set_string(object, "country",
                              dest->country == FG_COUNTRY_NONE ? NULL : country) &&
           fg_json_set_string(object, "type",
                              dest->number.len > 0 ? fg_number_type_name(dest->type) : NULL) &&
           (ok ? fg_json_set_bool(object, "allocated", dest->type != FG_TYPE_UNALLOCATED)
               : fg_json_set_null(object, "allocated")) &&
           fg_json_set_bool(object, "emergency", dest->emergency) &&
           (dest->rated ? fg_json_set_micro(object, "rate_usd_per_minute", dest->usd_per_minute)
                        : fg_json_set_null(object, "rate_usd_per_minute"));
}

static struct fg_json *lists_json(const struct number_facts *facts)
{
    struct fg_json *lists = fg_json_array_new();
    bool complete = lists != NULL;

    for (size_t i = 0; complete && i < facts->n_lists; i++) {
        const struct number_list *match = &facts->lists[i];
        struct fg_json *object = fg_json_object_new();
        char prefix[NUMBER_TEXT_MAX];
        (void)snprintf(prefix, sizeof(prefix), "+%.*s", match->matched, facts->dest.number.digits);
        if (!fg_json_set_string(object, "list", match->name) ||
            !fg_json_set_string(object, "prefix", match->matched > 0 ? prefix : NULL) ||
            !fg_json_set_string(object, "note", match->note)) {
            fg_json_free(object);
            object = NULL;
        }
        complete = fg_json_append(lists, object);
    }
    if (!complete) {
        fg_json_free(lists);
        return NULL;
    }
    return lists;
}

static struct fg_json *readings_json(const struct number_facts *facts)
{
    struct fg_json *readings = fg_json_array_new();
    bool complete = readings != NULL;

    for (unsigned i = 0; complete && i < facts->readings.n && i < 2; i++) {
        struct fg_json *object = fg_json_object_new();
        if (!fg_json_set_bool(object, "rated", i == facts->chosen) ||
            !set_destination(object, facts, &facts->each[i])) {
            fg_json_free(object);
            object = NULL;
        }
        complete = fg_json_append(readings, object);
    }
    if (!complete) {
        fg_json_free(readings);
        return NULL;
    }
    return readings;
}

struct fg_json *number_json(const struct number_facts *facts)
{
    struct fg_json *object = fg_json_object_new();

    if (!fg_json_set_text(object, "input", facts->input) ||
        !fg_json_set_string(object, "status", number_status(facts)) ||
        !set_destination(object, facts, &facts->dest) ||
        !fg_json_set_bool(object, "emergency", facts->emergency) ||
        !fg_json_set(object, "lists", lists_json(facts)) ||
        !fg_json_set(object, "readings", readings_json(facts)) ||
        !fg_json_set_string(object, "why", facts->why)) {
        fg_json_free(object);
        return NULL;
    }
    return object;
}
