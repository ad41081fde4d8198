// SPDX-License-Identifier: GPL-2.0-or-later
// Which call ends where a limit is about all of a customer's calls.
#include "fg/decide.h"

#include "engine_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { LIMIT, OWN, RULES };

static struct fg_predicate abroad = {.signal = FG_SIG_DEST_HOME, .op = FG_OP_IS, .truth = false};
static const struct fg_predicate any = {
    .signal = FG_SIG_TLS_PRESENT, .op = FG_OP_IS, .truth = false};

static struct world world;
static struct fg_rule rules[RULES];
static struct fg_plan plan;
static struct fg_decision decision;

// LIMIT hits every call and ends the dearest; OWN hits calls abroad and ends them.
static int set_up(void **state)
{
    (void)state;
    world_init(&world);
    for (uint32_t i = 0; i < RULES; i++) {
        rules[i] = (struct fg_rule){.id = i == LIMIT ? "LIMIT" : "OWN",
                                    .desc = "",
                                    .group = -1,
                                    .events = 1U << FG_EVENT_ATTEMPT | 1U << FG_EVENT_MINUTE,
                                    .when = {i == LIMIT ? &any : &abroad, 1},
                                    .mode = FG_MODE_ENFORCE,
                                    .score = 90,
                                    .cut_dearest = i == LIMIT};
    }
    world.ruleset.rules = rules;
    world.ruleset.n_rules = RULES;
    world_seal(&world);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_fini(&world);
    return 0;
}

static void judge(enum fg_event_kind kind, const char *called)
{
    struct fg_event event = world_call(&world, world.acme, called);
    event.kind = kind;
    event.minute = kind == FG_EVENT_MINUTE ? 1 : 0;
    fg_plan(&world.policy, &event, FRIDAY_MORNING_MS, &plan);
    fg_decide(&plan, NULL, 0, &decision);
}

static void a_limit_over_all_calls_ends_the_dearest(void **state)
{
    (void)state;
    judge(FG_EVENT_MINUTE, "02079460000");
    assert_true(decision.cut_call && decision.cut_dearest);
    // On an attempt it refuses, and ends nothing.
    judge(FG_EVENT_ATTEMPT, "02079460000");
    assert_int_equal(decision.action, FG_BLOCK);
    assert_false(decision.cut_call || decision.cut_dearest);
}

static void a_call_that_is_to_end_itself_ends(void **state)
{
    (void)state;
    judge(FG_EVENT_MINUTE, "009607712345");
    assert_true(decision.cut_call);
    assert_false(decision.cut_dearest);
}

static void shadow_rules_have_no_say(void **state)
{
    (void)state;
    rules[OWN].mode = FG_MODE_SHADOW;
    judge(FG_EVENT_MINUTE, "009607712345");
    assert_true(decision.cut_call && decision.cut_dearest);
    rules[LIMIT].mode = FG_MODE_SHADOW;
    judge(FG_EVENT_MINUTE, "009607712345");
    assert_false(decision.cut_call || decision.cut_dearest);
}

static void what_is_least_asked_for_counts_too(void **state)
{
    (void)state;
    rules[OWN].score = 0;
    rules[OWN].action_at_least = FG_BLOCK;
    judge(FG_EVENT_MINUTE, "009607712345");
    assert_true(decision.cut_call);
    assert_false(decision.cut_dearest);
    rules[OWN].action_at_least = FG_ALERT;
    judge(FG_EVENT_MINUTE, "009607712345");
    assert_true(decision.cut_call && decision.cut_dearest);
}

static void the_dearest_goes_first_then_the_youngest(void **state)
{
    (void)state;
    const struct fg_cut_candidate dear = {.usd_per_minute = 600000, .answered_ms = 1000};
    const struct fg_cut_candidate cheap = {.usd_per_minute = 10000, .answered_ms = 3000};
    const struct fg_cut_candidate young = {.usd_per_minute = 10000, .answered_ms = 4000};
    assert_true(fg_cut_before(&dear, &cheap) && !fg_cut_before(&cheap, &dear));
    assert_true(fg_cut_before(&young, &cheap) && !fg_cut_before(&cheap, &young));
    assert_false(fg_cut_before(&cheap, &cheap));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_limit_over_all_calls_ends_the_dearest), TEST(a_call_that_is_to_end_itself_ends),
        TEST(shadow_rules_have_no_say), TEST(what_is_least_asked_for_counts_too),
        TEST(the_dearest_goes_first_then_the_youngest)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
