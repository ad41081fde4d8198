// SPDX-License-Identifier: GPL-2.0-or-later
// What departs from the rules as they are written: exceptions, overrides, rollouts.
#include "fg/decide.h"
#include "fg/explain.h"

#include "engine_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ATTEMPT (1U << FG_EVENT_ATTEMPT)

// Every malloc of the linked engine comes through here (--wrap=malloc).
static uint32_t mallocs;
void *__real_malloc(size_t size); // NOLINT(bugprone-reserved-identifier)
void *__wrap_malloc(size_t size); // NOLINT(bugprone-reserved-identifier)

void *__wrap_malloc(size_t size) // NOLINT(bugprone-reserved-identifier)
{
    mallocs++;
    return __real_malloc(size);
}

enum { RULE_IRSF, RULE_CPM, RULE_OFF, RULE_ROLL, RULES };

static struct fg_list lists[2];
static const char *const notes[] = {"FRAUD-301"};
static const struct fg_predicate irsf[] = {{.signal = FG_SIG_DEST_PREFIX, .op = FG_OP_IN_LIST}};
static const struct fg_predicate any_call[] = {
    {.signal = FG_SIG_DEST_HOME, .op = FG_OP_PRESENT, .truth = true}};
static struct fg_predicate for_acme[1], for_bare[1], of_office[1], tagged[1];
static struct fg_condition rows[1];
static struct fg_exception exceptions[2];
static struct fg_rule rules[RULES];
static struct fg_override overrides[5];
static const struct fg_meter meters[] = {
    {.name = "calls", .id = 1, .kind = FG_METER_COUNT, .per = FG_KEY_CUSTOMER, .over_ms = 60000}};
static const struct fg_composite_term terms[] = {{.kind = FG_TERM_RULE, .rule = RULE_IRSF}};
static const struct fg_composite composites[] = {
    {.id = "BOTH", .all_of = terms, .n_all = 1, .score = 20}};

static struct fg_plan plan;
static struct fg_decision decision;
static struct fg_event event;

static struct fg_predicate is_text(enum fg_signal signal, const char *text)
{
    return (struct fg_predicate){.signal = signal, .op = FG_OP_IS, .text = fg_view_of(text)};
}

static void fill_rules(void)
{
    rules[RULE_IRSF] = (struct fg_rule){
        .id = "DEST_IRSF", .group = -1, .events = ATTEMPT, .when = {irsf, 1}, .score = 45};
    rules[RULE_CPM] = (struct fg_rule){.id = "VEL_CPM",
                                       .group = -1,
                                       .events = ATTEMPT,
                                       .measured = true,
                                       .measure_is_meter = true,
                                       .n_steps = 1,
                                       .steps = {{.above = 20 * FG_MICRO, .score = 30}}};
    rules[RULE_OFF] = (struct fg_rule){.id = "OFF",
                                       .group = -1,
                                       .events = ATTEMPT,
                                       .when = {any_call, 1},
                                       .score = 7,
                                       .mode = FG_MODE_OFF};
    rules[RULE_ROLL] = (struct fg_rule){.id = "ROLL",
                                        .group = -1,
                                        .events = ATTEMPT,
                                        .when = {any_call, 1},
                                        .score = 3,
                                        .rolls_out = true,
                                        .rollout_percent = 100};
}

static int setup(void **state)
{
    static struct world world;
    static const char *const base[] = {"9607"};
    static const char *const more[] = {"4420"};
    static const uint32_t zero[] = {0};
    world_init(&world);
    lists[0] = (struct fg_list){
        .name = "irsf", .kind = FG_LIST_PREFIX, .prefixes = world_trie(&world, base, zero, 1)};
    lists[1] = (struct fg_list){.name = "more",
                                .kind = FG_LIST_PREFIX,
                                .prefixes = world_trie(&world, more, zero, 1),
                                .notes = notes,
                                .n = 1};
    for_acme[0] = is_text(FG_SIG_CUSTOMER_ID, "acme");
    for_bare[0] = is_text(FG_SIG_CUSTOMER_ID, "bare");
    of_office[0] = is_text(FG_SIG_CUSTOMER_PROFILE, "office");
    tagged[0] = is_text(FG_SIG_CUSTOMER_TAG, "gold");
    fill_rules();
    memset(overrides, 0, sizeof(overrides));
    memset(exceptions, 0, sizeof(exceptions));
    struct fg_ruleset *ruleset = &world.ruleset;
    ruleset->lists = lists;
    ruleset->n_lists = 2;
    ruleset->meters = meters;
    ruleset->n_meters = 1;
    ruleset->rules = rules;
    ruleset->n_rules = RULES;
    ruleset->composites = composites;
    ruleset->n_composites = 1;
    ruleset->overrides = overrides;
    *state = &world;
    return 0;
}

static int teardown(void **state)
{
    world_fini(*state);
    return 0;
}

static void judge(const struct world *world, const struct fg_customer *customer, const char *called,
                  int64_t now_ms, int64_t calls)
{
    struct fg_store_reply reply = {.degraded = false};
    event = world_call(world, customer, called);
    uint32_t before = mallocs;
    fg_plan(&world->policy, &event, now_ms, &plan);
    reply.values[0] = calls;
    fg_decide(&plan, &reply, 1, &decision);
    assert_int_equal(mallocs, before);
}

static const struct fg_reason *find(enum fg_reason_kind kind, uint16_t index)
{
    for (uint32_t i = 0; i < decision.n_reasons; i++) {
        if (decision.reasons[i].kind == kind && decision.reasons[i].index == index) {
            return &decision.reasons[i];
        }
    }
    return NULL;
}

static void assert_reads(const struct fg_reason *reason, const char *id, const char *why)
{
    char text[256];
    assert_non_null(reason);
    fg_reason_id(&plan, reason, text, sizeof(text));
    assert_string_equal(text, id);
    fg_reason_text(&plan, &decision, reason, text, sizeof(text));
    assert_string_equal(text, why);
}

static void test_an_exception_counts_nothing_and_is_told(void **state)
{
    struct world *world = *state;
    const int64_t until_ms = FRIDAY_MORNING_MS + 1000;
    rows[0] = (struct fg_condition){for_acme, 1};
    exceptions[0] = (struct fg_exception){
        .any = rows, .n = 1, .reason = "FRAUD-1", .until_ms = FRIDAY_MORNING_MS};
    exceptions[1] =
        (struct fg_exception){.any = rows, .n = 1, .reason = "FRAUD-212", .until_ms = until_ms};
    rules[RULE_IRSF].exceptions = exceptions;
    rules[RULE_IRSF].n_exceptions = 2;
    rules[RULE_IRSF].action_at_least = FG_BLOCK;
    world_seal(world);
    judge(world, world->acme, "009607712345", until_ms - 1, 0);
    // Neither the points, nor the composite over the rule, nor its action.
    assert_int_equal(decision.action, FG_ALLOW);
    assert_int_equal(decision.score, 3);
    assert_null(find(FG_REASON_RULE, RULE_IRSF));
    assert_null(find(FG_REASON_COMPOSITE, 0));
    const struct fg_reason *told = find(FG_REASON_EXCEPTION, RULE_IRSF);
    assert_reads(told, "EXCEPTION:DEST_IRSF",
                 "FRAUD-212 (until 2026-11-20); else: +96077***45 matches +9607");
    assert_int_equal(told->points, 0);
    assert_int_equal(told->detail, 1);
    // At the end of its last day it is over.
    judge(world, world->acme, "009607712345", until_ms, 0);
    assert_null(find(FG_REASON_EXCEPTION, RULE_IRSF));
    assert_int_equal(decision.action, FG_BLOCK);
    assert_int_equal(decision.score, 68);
    // It is not about others, and not told where the rule would not have hit.
    judge(world, world->bare, "+9607712345", FRIDAY_MORNING_MS, 0);
    assert_non_null(find(FG_REASON_RULE, RULE_IRSF));
    judge(world, world->acme, "02079460000", FRIDAY_MORNING_MS, 0);
    assert_null(find(FG_REASON_EXCEPTION, RULE_IRSF));
}

static struct fg_override on_cpm(struct fg_predicate *match, fg_micro above)
{
    return (struct fg_override){.match = {match, 1},
                                .rule = RULE_CPM,
                                .changes = FG_CHANGE_STEPS,
                                .steps = {{.above = above, .score = 12}},
                                .n_steps = 1,
                                .reason = "contract 8841",
                                .owner = "noc@example.net",
                                .until_ms = FG_NEVER_MS};
}

static void test_the_last_override_that_matches_wins(void **state)
{
    struct world *world = *state;
    overrides[0] = on_cpm(of_office, 40 * FG_MICRO);
    overrides[1] = on_cpm(tagged, 60 * FG_MICRO);
    overrides[2] = on_cpm(for_acme, 80 * FG_MICRO);
    overrides[2].customer = "acme";
    overrides[3] = on_cpm(for_bare, 5 * FG_MICRO);
    overrides[3].customer = "bare";
    world->ruleset.n_overrides = 4;
    world->ruleset.n_shared_overrides = 2;
    world_seal(world);
    judge(world, world->acme, "02079460000", FRIDAY_MORNING_MS, 80);
    assert_int_equal(plan.n_overrides, 3);
    assert_null(find(FG_REASON_RULE, RULE_CPM));
    // It would have hit as it is written: that it did not is told.
    assert_reads(find(FG_REASON_OVERRIDE, RULE_CPM), "OVERRIDE:VEL_CPM",
                 "override of VEL_CPM: contract 8841 (noc@example.net)");
    judge(world, world->acme, "02079460000", FRIDAY_MORNING_MS, 81);
    assert_int_equal(find(FG_REASON_RULE, RULE_CPM)->points, 12);
    assert_int_equal(find(FG_REASON_RULE, RULE_CPM)->threshold, 80 * FG_MICRO);
    // Neither hits: nothing to tell.
    judge(world, world->acme, "02079460000", FRIDAY_MORNING_MS, 20);
    assert_null(find(FG_REASON_OVERRIDE, RULE_CPM));
    judge(world, world->bare, "+442079460000", FRIDAY_MORNING_MS, 6);
    assert_int_equal(find(FG_REASON_RULE, RULE_CPM)->points, 12);
    judge(world, world->globex, "02079460000", FRIDAY_MORNING_MS, 21);
    assert_int_equal(plan.n_overrides, 0);
    assert_int_equal(find(FG_REASON_RULE, RULE_CPM)->points, 30);
    // Expired ones do not apply.
    overrides[2].until_ms = FRIDAY_MORNING_MS;
    judge(world, world->acme, "02079460000", FRIDAY_MORNING_MS, 61);
    assert_int_equal(find(FG_REASON_RULE, RULE_CPM)->threshold, 60 * FG_MICRO);
}

static void test_modes_scores_and_actions_are_replaced(void **state)
{
    struct world *world = *state;
    overrides[0] = (struct fg_override){.match = {for_acme, 1},
                                        .customer = "acme",
                                        .rule = RULE_OFF,
                                        .changes = FG_CHANGE_MODE | FG_CHANGE_SCORE,
                                        .mode = FG_MODE_ENFORCE,
                                        .score = 9,
                                        .reason = "trial",
                                        .until_ms = FG_NEVER_MS};
    overrides[1] = (struct fg_override){.match = {for_acme, 1},
                                        .customer = "acme",
                                        .rule = RULE_IRSF,
                                        .changes = FG_CHANGE_ACTION | FG_CHANGE_MODE,
                                        .mode = FG_MODE_SHADOW,
                                        .action_at_least = FG_BLOCK,
                                        .reason = "trial",
                                        .until_ms = FG_NEVER_MS};
    world->ruleset.n_overrides = 2;
    world_seal(world);
    judge(world, world->acme, "009607712345", FRIDAY_MORNING_MS, 0);
    assert_int_equal(find(FG_REASON_RULE, RULE_OFF)->points, 9);
    assert_true(find(FG_REASON_RULE, RULE_IRSF)->shadow);
    assert_int_equal(decision.score, 12);
    assert_int_equal(decision.action, FG_ALLOW);
    assert_int_equal(decision.shadow_action, FG_BLOCK);
    judge(world, world->globex, "009607712345", FRIDAY_MORNING_MS, 0);
    assert_null(find(FG_REASON_RULE, RULE_OFF));
    assert_false(find(FG_REASON_RULE, RULE_IRSF)->shadow);
}

static void test_lists_grow_for_one_customer(void **state)
{
    static const struct fg_list_append append[] = {{.list = 0, .items = 1}};
    struct world *world = *state;
    overrides[0] = (struct fg_override){.match = {for_acme, 1},
                                        .customer = "acme",
                                        .appends = append,
                                        .n_appends = 1,
                                        .reason = "FRAUD-301",
                                        .until_ms = FG_NEVER_MS};
    world->ruleset.n_overrides = 1;
    world_seal(world);
    judge(world, world->acme, "02079460000", FRIDAY_MORNING_MS, 0);
    assert_reads(find(FG_REASON_RULE, RULE_IRSF), "DEST_IRSF",
                 "+44207*****00 matches +4420 (FRAUD-301)");
    assert_reads(find(FG_REASON_OVERRIDE, RULE_IRSF), "OVERRIDE:DEST_IRSF",
                 "override of list irsf: FRAUD-301");
    // The list itself still counts, without an override to tell of.
    judge(world, world->acme, "009607712345", FRIDAY_MORNING_MS, 0);
    assert_non_null(find(FG_REASON_RULE, RULE_IRSF));
    assert_null(find(FG_REASON_OVERRIDE, RULE_IRSF));
    judge(world, world->globex, "02079460000", FRIDAY_MORNING_MS, 0);
    assert_null(find(FG_REASON_RULE, RULE_IRSF));
}

// Share of customers that a rollout has reached; each is asked twice.
static uint32_t reached(struct world *world, uint8_t percent, bool out[2000])
{
    uint32_t n = 0;
    rules[RULE_ROLL].rollout_percent = percent;
    for (uint32_t i = 0; i < 2000; i++) {
        char id[32];
        struct fg_customer customer = *world->globex;
        (void)snprintf(id, sizeof(id), "customer-%u", i);
        customer.id = id;
        judge(world, &customer, "02079460000", FRIDAY_MORNING_MS, 0);
        out[i] = !find(FG_REASON_RULE, RULE_ROLL)->shadow;
        judge(world, &customer, "009607712345", SATURDAY_NIGHT_MS + i, 0);
        assert_int_equal(!find(FG_REASON_RULE, RULE_ROLL)->shadow, out[i]);
        n += out[i] ? 1 : 0;
    }
    return n;
}

static void test_rollouts_stick_and_only_grow(void **state)
{
    struct world *world = *state;
    static bool before[2000], after[2000];
    world_seal(world);
    assert_int_equal(reached(world, 0, before), 0);
    for (uint8_t percent = 10; percent <= 100; percent += 30) {
        uint32_t n = reached(world, percent, after);
        assert_in_range(n, percent * 20 - 80, percent * 20 + 80);
        for (uint32_t i = 0; i < 2000; i++) {
            assert_true(after[i] || !before[i]);
        }
        memcpy(before, after, sizeof(before));
    }
    assert_int_equal(reached(world, 100, after), 2000);
    // Another rule reaches others: the id is part of the draw.
    (void)reached(world, 40, before);
    rules[RULE_ROLL].id = "OTHER";
    (void)reached(world, 40, after);
    assert_memory_not_equal(before, after, sizeof(before));
}

static void test_an_override_of_the_mode_stands_above_the_rollout(void **state)
{
    struct world *world = *state;
    rules[RULE_ROLL].rollout_percent = 0;
    overrides[0] = (struct fg_override){.match = {for_acme, 1},
                                        .customer = "acme",
                                        .rule = RULE_ROLL,
                                        .changes = FG_CHANGE_MODE,
                                        .reason = "pilot",
                                        .until_ms = FG_NEVER_MS};
    world->ruleset.n_overrides = 1;
    world_seal(world);
    judge(world, world->acme, "02079460000", FRIDAY_MORNING_MS, 0);
    assert_false(find(FG_REASON_RULE, RULE_ROLL)->shadow);
    judge(world, world->globex, "02079460000", FRIDAY_MORNING_MS, 0);
    assert_true(find(FG_REASON_RULE, RULE_ROLL)->shadow);
}

static void assert_refused(struct world *world, const char *reason)
{
    const char *why = NULL;
    for (int i = FG_ALERT; i < FG_ACTION_COUNT; i++) {
        world->ruleset.thresholds[i] = 10 * i;
    }
    assert_int_equal(fg_ruleset_seal(&world->ruleset, world->arena, &why), FG_EINVAL);
    assert_string_equal(why, reason);
}

static void test_what_does_not_hold_together_is_refused(void **state)
{
    static const struct fg_list_append append[] = {{.list = 0, .items = 2}};
    struct world *world = *state;
    world->ruleset.n_overrides = 1;
    overrides[0] = on_cpm(for_acme, FG_MICRO);
    overrides[0].customer = "acme";
    overrides[0].changes = FG_CHANGE_SCORE;
    assert_refused(world, "an override's points do not fit its rule");
    overrides[0].rule = RULES;
    assert_refused(world, "an override changes a rule that does not exist");
    overrides[0].changes = 0;
    overrides[0].appends = append;
    overrides[0].n_appends = 1;
    assert_refused(world, "an override adds to a list that does not exist");
    overrides[0].n_appends = 0;
    overrides[0].match.all = irsf;
    assert_refused(world, "an override matches something else than a customer");
    overrides[0].match.all = for_acme;
    world->ruleset.n_shared_overrides = 1;
    assert_refused(world, "an override has no reason, or stands in the wrong place");
    world->ruleset.n_shared_overrides = 0;
    world->ruleset.n_overrides = 2;
    overrides[1] = overrides[0];
    overrides[1].customer = "aaa";
    assert_refused(world, "the overrides are not sorted by customer");
    world->ruleset.n_overrides = 0;
    rows[0].n = 0;
    exceptions[0] = (struct fg_exception){.any = rows, .n = 1, .reason = "x"};
    rules[RULE_IRSF].exceptions = exceptions;
    rules[RULE_IRSF].n_exceptions = 1;
    assert_refused(world, "an exception is about everything");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_exception_counts_nothing_and_is_told),
        TEST(test_the_last_override_that_matches_wins),
        TEST(test_modes_scores_and_actions_are_replaced),
        TEST(test_lists_grow_for_one_customer),
        TEST(test_rollouts_stick_and_only_grow),
        TEST(test_an_override_of_the_mode_stands_above_the_rollout),
        TEST(test_what_does_not_hold_together_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
