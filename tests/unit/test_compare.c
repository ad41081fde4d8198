// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay_fixture.h"

struct fixture {
    struct world worlds[FG_COMPARE_SIDES];
    struct fg_rule rules[FG_COMPARE_SIDES][2];
    struct fg_compare *compare;
    char text[1024]; // a line a pair
};

static const struct fg_predicate premium[] = {
    {.signal = FG_SIG_DEST_TYPE, .op = FG_OP_IS, .text = {"premium", 7}}};

// A rule about premium numbers, and one that counts for every call.
static void init_side(struct fixture *fixture, enum fg_compare_side side, int score, int base)
{
    struct world *world = &fixture->worlds[side];
    struct fg_rule *rules = fixture->rules[side];
    world_init(world);
    rules[0] = (struct fg_rule){.id = "PREMIUM", .group = -1, .events = 1, .when = {premium, 1}};
    rules[0].score = (int16_t)score;
    rules[1] = (struct fg_rule){.id = "BASE", .group = -1, .events = 1};
    rules[1].score = (int16_t)base;
    world->ruleset.rules = rules;
    world->ruleset.n_rules = 2;
    world_seal(world);
}

static int tell(void *arg, const struct fg_compare_pair *pair)
{
    struct fixture *fixture = arg;
    const struct fg_replay_result *old = pair->sides[FG_COMPARE_OLD];
    const struct fg_replay_result *new = pair->sides[FG_COMPARE_NEW];
    const size_t used = strlen(fixture->text);
    assert_int_equal(old->sequence, new->sequence);
    assert_int_equal(old->call_id.len, new->call_id.len);
    assert_memory_equal(old->call_id.ptr, new->call_id.ptr, new->call_id.len);
    (void)snprintf(fixture->text + used, sizeof(fixture->text) - used, "%.*s %s %s %d>%d\n",
                   (int)new->call_id.len, new->call_id.ptr,
                   pair->change == FG_COMPARE_BLOCKED ? "blocked" : "freed", pair->rule, old->score,
                   new->score);
    return FG_OK;
}

static void begin(struct fixture *fixture, const int scores[4])
{
    memset(fixture, 0, sizeof(*fixture));
    init_side(fixture, FG_COMPARE_OLD, scores[0], scores[1]);
    init_side(fixture, FG_COMPARE_NEW, scores[2], scores[3]);
    const struct fg_compare_config config = {
        .policies = {&fixture->worlds[0].policy, &fixture->worlds[1].policy},
        .differs = tell,
        .arg = fixture};
    fixture->compare = fg_compare_new(&config);
    assert_non_null(fixture->compare);
}

static void end(struct fixture *fixture)
{
    fg_compare_free(fixture->compare);
    world_fini(&fixture->worlds[0]);
    world_fini(&fixture->worlds[1]);
}

static void add(struct fixture *fixture, const char *id, const char *called, int start_s,
                const char *label)
{
    struct fg_call_row row = told_row(id, called, start_s, 5, 120);
    row.label = fg_view_of(label);
    assert_int_equal(fg_compare_add(fixture->compare, &row), FG_OK);
}

static void test_newly_blocked(void **state)
{
    (void)state;
    struct fixture fixture;
    uint32_t n = 0;
    begin(&fixture, (const int[]){10, 0, 90, 0});
    add(&fixture, "a", "09098790001", 0, "");
    add(&fixture, "b", "02079460001", 10, "");
    add(&fixture, "c", "09098790001", 20, "irsf");
    assert_int_equal(fg_compare_finish(fixture.compare), FG_OK);
    assert_string_equal(fixture.text, "a blocked PREMIUM 10>90\nc blocked PREMIUM 10>90\n");
    const struct fg_compare_counts *all = fg_compare_all(fixture.compare);
    assert_int_equal(all->blocked, 2);
    assert_int_equal(all->freed, 0);
    assert_int_equal(all->wanted_blocked, 1);
    assert_true(all->usd_less > 0);
    assert_int_equal(all->usd_less, 2 * all->wanted_usd_less);
    assert_int_equal(all->usd_more, 0);
    assert_int_equal(fg_compare_stopped(fixture.compare, FG_COMPARE_OLD), 0);
    assert_int_equal(fg_compare_stopped(fixture.compare, FG_COMPARE_NEW), 2);
    const struct fg_compare_item *items = fg_compare_rules(fixture.compare, &n);
    assert_int_equal(n, 1);
    assert_string_equal(items[0].name, "PREMIUM");
    assert_int_equal(items[0].counts.blocked, 2);
    items = fg_compare_customers(fixture.compare, &n);
    assert_int_equal(n, 1);
    assert_string_equal(items[0].name, "acme");
    assert_int_equal(items[0].counts.wanted_blocked, 1);
    end(&fixture);
}

static void test_no_longer_blocked(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, (const int[]){60, 60, 70, 0});
    add(&fixture, "ordinary", "02079460001", 0, "");
    add(&fixture, "premium", "09098790001", 10, "");
    assert_int_equal(fg_compare_finish(fixture.compare), FG_OK);
    // The other one is stopped on both sides.
    assert_string_equal(fixture.text, "ordinary freed BASE 60>0\n");
    const struct fg_compare_counts *all = fg_compare_all(fixture.compare);
    assert_int_equal(all->freed, 1);
    assert_int_equal(all->wanted_freed, 1);
    assert_int_equal(all->blocked, 0);
    end(&fixture);
}

static void test_only_thresholds(void **state)
{
    (void)state;
    struct fixture fixture;
    uint32_t n = 1;
    begin(&fixture, (const int[]){0, 40, 0, 40});
    fixture.worlds[FG_COMPARE_NEW].ruleset.thresholds[FG_BLOCK] = 35;
    fixture.worlds[FG_COMPARE_NEW].ruleset.thresholds[FG_CHALLENGE] = 35;
    fixture.worlds[FG_COMPARE_NEW].ruleset.thresholds[FG_THROTTLE] = 35;
    add(&fixture, "a", "02079460001", 0, "");
    assert_int_equal(fg_compare_finish(fixture.compare), FG_OK);
    assert_string_equal(fixture.text, "a blocked " FG_COMPARE_NO_RULE " 40>40\n");
    assert_non_null(fg_compare_rules(fixture.compare, &n));
    assert_int_equal(n, 1);
    end(&fixture);
}

// What a hold stops is the doing of the rule that set it.
static void test_holds_are_their_rules_doing(void **state)
{
    (void)state;
    struct fixture fixture;
    uint32_t n = 0;
    begin(&fixture, (const int[]){10, 0, 90, 0});
    fixture.worlds[FG_COMPARE_NEW].ruleset.hold =
        (struct fg_hold_terms){.duration_s = 900, .scope = FG_HOLD_CUSTOMER};
    add(&fixture, "a", "09098790001", 0, "");
    add(&fixture, "b", "02079460001", 10, "");
    assert_int_equal(fg_compare_finish(fixture.compare), FG_OK);
    assert_string_equal(fixture.text, "a blocked PREMIUM 10>90\nb blocked PREMIUM 0>100\n");
    const struct fg_compare_item *items = fg_compare_rules(fixture.compare, &n);
    assert_int_equal(n, 1);
    assert_int_equal(items[0].counts.blocked, 2);
    end(&fixture);
}

// Many calls of one side wait for the other one: the table grows and shrinks, and nothing is lost.
static void test_many_wait(void **state)
{
    (void)state;
    static struct fixture fixture;
    char id[24];
    begin(&fixture, (const int[]){0, 0, 0, 0});
    for (int i = 0; i < 30000; i++) {
        (void)snprintf(id, sizeof(id), "%d", i);
        struct fg_call_row row = told_row(id, "02079460001", i / 1000, 5, 600 + i % 7);
        assert_int_equal(fg_compare_add(fixture.compare, &row), FG_OK);
    }
    assert_int_equal(fg_compare_finish(fixture.compare), FG_OK);
    struct fg_replay_stats stats;
    fg_compare_stats(fixture.compare, FG_COMPARE_NEW, &stats);
    assert_int_equal(stats.calls, 30000);
    assert_int_equal(stats.live, 0);
    assert_string_equal(fixture.text, "");
    assert_int_equal(fg_compare_all(fixture.compare)->blocked, 0);
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_newly_blocked),   cmocka_unit_test(test_no_longer_blocked),
        cmocka_unit_test(test_only_thresholds), cmocka_unit_test(test_holds_are_their_rules_doing),
        cmocka_unit_test(test_many_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
