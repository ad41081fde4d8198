// SPDX-License-Identifier: GPL-2.0-or-later
// Lines that are kept and longest durations: as packs write them, as they judge, as they are told.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fg/decide.h"
#include "fg/explain.h"
#include "pack_fixture.h"

#define HEAD                                                                                       \
    "fraudguard: 1\npack: p\nversion: \"1.0.0\"\n"                                                 \
    "scoring: {thresholds: {alert: 30, throttle: 50, block: 80}}\n"                                \
    "meters:\n  live: {gauge: calls, per: customer}\n  calls: {count: calls, per: customer, "      \
    "over: "                                                                                       \
    "1m}\nrules:\n  - {id: A, desc: d, "

static struct fg_customer customer = {.id = "acme", .channels = 10};
static struct fg_event event;
static struct fg_policy policy;
static struct fg_plan plan;
static struct fg_decision decision;
static char text[300];

// The action on an event of kind while live calls are in progress, and why.
static enum fg_action judge(struct fixture *fixture, enum fg_event_kind kind, int32_t duration_s,
                            int64_t live)
{
    static const struct fg_destinations nowhere;
    policy = (struct fg_policy){.ruleset = &fixture->ruleset, .destinations = &nowhere};
    event = (struct fg_event){.kind = kind,
                              .identity = FG_IDENTITY_CERTIFICATE,
                              .customer = &customer,
                              .duration_s = duration_s,
                              .minute = duration_s / 60 + 1};
    fg_number_read(fg_view_of("+33140000000"), fg_view_of(""), NULL, &event.called);
    fg_plan(&policy, &event, 1000000, &plan);
    struct fg_store_reply reply = {.repeated = false};
    for (uint32_t i = 0; i < plan.request.n_ops; i++) {
        reply.values[i] = live;
    }
    fg_decide(&plan, &reply, 0, &decision);
    text[0] = '\0';
    if (decision.n_reasons > 0) {
        fg_reason_text(&plan, &decision, &decision.reasons[0], text, sizeof(text));
    }
    return decision.action;
}

static enum fg_action attempt(struct fixture *fixture, int64_t live)
{
    return judge(fixture, FG_EVENT_ATTEMPT, 0, live);
}

static void a_share_of_the_lines_is_kept(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fixture_parse(fixture, HEAD "reserve: {meter: live, percent: 20}}\n"), FG_OK);
    assert_int_equal(attempt(fixture, 8), FG_ALLOW);
    assert_int_equal(attempt(fixture, 9), FG_THROTTLE);
    assert_string_equal(text, "90% of the 10 channels bought in progress, over 80%");
    customer.channels = 0; // nobody knows how many: none are kept
    assert_int_equal(attempt(fixture, 1000), FG_ALLOW);
    customer.channels = 10;
}

static void the_last_lines_are_kept(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fixture_parse(fixture, HEAD "reserve: {meter: live, last: 3}}\n"), FG_OK);
    assert_int_equal(attempt(fixture, 7), FG_ALLOW);
    assert_int_equal(attempt(fixture, 8), FG_THROTTLE);
    assert_string_equal(text, "114% of the 7 channels that are not kept in progress, over 100%");
    customer.channels = 3; // all of them
    assert_int_equal(attempt(fixture, 1), FG_THROTTLE);
    customer.channels = 10;
}

static void lines_may_be_counted_in_the_rule(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fixture_parse(fixture, HEAD
                                   "reserve: {meter: live, percent: 25, of: 50}, score: 10}\n"
                                   "  - {id: B, desc: d, reserve: {meter: live, last: 5, of: 50}, "
                                   "action_at_least: block}\n"),
                     FG_OK);
    assert_int_equal(attempt(fixture, 37), FG_ALLOW);
    assert_int_equal(decision.score, 0);
    assert_int_equal(attempt(fixture, 38), FG_ALLOW); // with a score nothing else follows
    assert_int_equal(decision.score, 10);
    assert_int_equal(attempt(fixture, 45), FG_ALLOW);
    assert_int_equal(attempt(fixture, 46), FG_BLOCK);
}

static void calls_end_by_their_class(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fixture_parse(fixture, HEAD "max_duration: {unknown: 10m, premium: 2m, any: "
                                                 "1h}}\n"),
                     FG_OK);
    assert_int_equal(fixture->ruleset.rules[0].events, 1U << FG_EVENT_MINUTE);
    assert_int_equal(attempt(fixture, 1), FG_ALLOW);
    assert_int_equal(judge(fixture, FG_EVENT_MINUTE, 599, 1), FG_ALLOW);
    assert_int_equal(judge(fixture, FG_EVENT_MINUTE, 600, 1), FG_BLOCK);
    assert_true(decision.cut_call);
    assert_string_equal(text,
                        "call.duration 100% of the 10 min that such a call may last, over 99%");
}

static void other_classes_are_abroad_or_all_the_rest(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fixture_parse(fixture, HEAD "max_duration: {premium: 2m, international: 4h, "
                                                 "any: 12h}, score: 50}\n"),
                     FG_OK);
    assert_int_equal(judge(fixture, FG_EVENT_MINUTE, 14399, 1), FG_ALLOW);
    assert_int_equal(judge(fixture, FG_EVENT_MINUTE, 14400, 1), FG_THROTTLE);
    const struct fg_longest *longest = fixture->ruleset.rules[0].longest;
    assert_int_equal(longest->type_s[FG_TYPE_PREMIUM], 120);
    assert_int_equal(longest->abroad_s, 14400);
    assert_int_equal(longest->any_s, 43200);
}

static void mistakes_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *message;
    } mistakes[] = {
        {"reserve: {percent: 20}",
         "'reserve' needs a 'meter', such as {meter: live_calls, percent: 20}"},
        {"reserve: {meter: live}", "write either percent: n or last: n, the lines that are kept"},
        {"reserve: {meter: live, percent: 20, last: 3}",
         "write either percent: n or last: n, the lines that are kept"},
        {"reserve: {meter: calls, percent: 20}",
         "lines are calls in progress: 'reserve' needs a meter 'gauge: calls'"},
        {"reserve: {meter: live, percent: 100}",
         "percent must be a whole number from 1 to 99, not '100'"},
        {"reserve: {meter: lve, percent: 10}", "unknown meter 'lve'; did you mean 'live'?"},
        {"on: minute, reserve: {meter: live, percent: 20}",
         "'reserve' is for attempts: who has a line keeps it"},
        {"when: {dest.home: true}, throttle_to: {rate: \"5/s\"}, reserve: {meter: live, last: 1}",
         "'reserve' goes with 'when' and 'score', not with another measure"},
        {"max_duration: {}",
         "'max_duration' is empty: write such as {premium: 10m, international: 4h}"},
        {"max_duration: {premum: 10m}",
         "unknown key 'premum' in max_duration; did you mean 'premium'?"},
        {"on: attempt, max_duration: {any: 1h}",
         "'max_duration' is about calls in progress: 'on: minute', as it is where it is not said"},
        {"measure: meters.live, steps: [{above: 1, score: 1}], max_duration: {any: 1h}",
         "'max_duration' goes with 'when' and 'score', not with another measure"},
        {"max_duration: {any: 1h}, relative_to: customer.channels",
         "'relative_to' goes with 'measure' and 'steps'; 'max_duration' says itself what it is "
         "relative to"},
        {"reserve: {meter: live, last: 1}, relative_to: {meter: live, times: 2}",
         "'relative_to' goes with 'measure' and 'steps'; 'reserve' says itself what it is relative "
         "to"},
    };
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        void *fresh = NULL;
        char pack[1024];
        assert_int_equal(setup(&fresh), 0);
        struct fixture *fixture = fresh;
        (void)snprintf(pack, sizeof(pack), HEAD "%s}\n", mistakes[i].rule);
        assert_int_equal(fixture_parse(fixture, pack), FG_ESYNTAX);
        const struct fg_diag *found = NULL;
        for (uint32_t k = 0; k < fg_diags_total(fixture->diags) && found == NULL; k++) {
            const struct fg_diag *diag = fg_diags_at(fixture->diags, k);
            found = diag->severity == FG_ERROR ? diag : NULL;
        }
        assert_non_null(found);
        assert_string_equal(found->message, mistakes[i].message);
        (void)teardown(&fresh);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_share_of_the_lines_is_kept),
        TEST(the_last_lines_are_kept),
        TEST(lines_may_be_counted_in_the_rule),
        TEST(calls_end_by_their_class),
        TEST(other_classes_are_abroad_or_all_the_rest),
        cmocka_unit_test(mistakes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
