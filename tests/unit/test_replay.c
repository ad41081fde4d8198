// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct fg_rule rules[4];

// Premium numbers cost a call its life at the third one; a spend of 3 USD cuts what is up; more
// than two calls at once are throttled. A block holds what is not ordinary, for 15 minutes.
static void init_rules(struct world *world)
{
    static const struct fg_predicate premium[] = {
        {.signal = FG_SIG_DEST_TYPE, .op = FG_OP_IS, .text = {"premium", 7}}};
    static struct fg_meter meters[3];
    memset(meters, 0, sizeof(meters));
    memset(rules, 0, sizeof(rules));
    meters[0] = (struct fg_meter){.name = "risky",
                                  .kind = FG_METER_COUNT,
                                  .per = FG_KEY_CUSTOMER,
                                  .over_ms = 600000,
                                  .when = {premium, 1}};
    meters[1] = (struct fg_meter){.name = "spend",
                                  .kind = FG_METER_SUM,
                                  .source = FG_SOURCE_COST,
                                  .per = FG_KEY_CUSTOMER,
                                  .over_ms = 3600000};
    meters[2] = (struct fg_meter){.name = "live", .kind = FG_METER_GAUGE, .per = FG_KEY_CUSTOMER};
    for (size_t i = 0; i < 3; i++) {
        meters[i].id = fg_meter_id(&meters[i], NULL, NULL);
    }
    rules[0] = (struct fg_rule){.id = "PREMIUM", .group = -1, .events = 1, .when = {premium, 1}};
    rules[0].score = 10;
    rules[1] = (struct fg_rule){.id = "RISKY", .group = -1, .events = 1, .when = {premium, 1}};
    rules[1].measured = rules[1].measure_is_meter = true;
    rules[1].steps[0] = (struct fg_step){.above = 2 * FG_MICRO, .score = 70};
    rules[1].n_steps = 1;
    rules[2] = (struct fg_rule){
        .id = "SPEND", .group = -1, .events = 1U << FG_EVENT_MINUTE, .measure_meter = 1};
    rules[2].measured = rules[2].measure_is_meter = true;
    rules[2].steps[0] = (struct fg_step){.above = 3 * FG_MICRO, .score = 90};
    rules[2].n_steps = 1;
    rules[3] = (struct fg_rule){.id = "LIVE", .group = -1, .events = 1, .measure_meter = 2};
    rules[3].measured = rules[3].measure_is_meter = true;
    rules[3].steps[0] = (struct fg_step){.above = 2 * FG_MICRO, .score = 55};
    rules[3].n_steps = 1;
    world->ruleset.meters = meters;
    world->ruleset.n_meters = 3;
    world->ruleset.rules = rules;
    world->ruleset.n_rules = 4;
    world->ruleset.hold.duration_s = 900;
    world->ruleset.hold.scope = FG_HOLD_RISKY;
    world->ruleset.drop_media_on_block = true;
    world_seal(world);
}

struct fixture {
    struct world world;
    struct told told;
    struct fg_replay *replay;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    world_init(&fixture->world);
    init_rules(&fixture->world);
    fixture->replay = told_open(&fixture->told, &fixture->world);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    fg_replay_free(fixture->replay);
    world_fini(&fixture->world);
    free(fixture);
    return 0;
}

static void play(struct fixture *fixture, const struct fg_call_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(fg_replay_add(fixture->replay, &rows[i]), FG_OK);
    }
    assert_int_equal(fg_replay_finish(fixture->replay), FG_OK);
}

static void test_calls_end_in_time_order(void **state)
{
    struct fixture *fixture = *state;
    const struct fg_call_row rows[] = {told_row("long", "+442079460001", 0, 2, 121),
                                       told_row("unanswered", "+442079460001", 5, 10, 0),
                                       told_row("short", "+442079460001", 16, 2, 10)};
    play(fixture, rows, 3);
    assert_string_equal(fixture->told.text, "unanswered allow 0 at attempt through 0/0\n"
                                            "short allow 0 at attempt through 1/1\n"
                                            "long allow 0 at attempt through 3/3\n");
    struct fg_replay_stats stats;
    fg_replay_stats(fixture->replay, &stats);
    assert_int_equal(stats.calls, 3);
    // Attempts, two answers, three minutes and one, ends.
    assert_int_equal(stats.events, 3 + 2 + 4 + 3);
    assert_int_equal(stats.live, 0);
}

static void test_order_of_rows_does_not_matter_within_the_window(void **state)
{
    struct fixture *fixture = *state;
    const struct fg_call_row rows[] = {told_row("third", "+449011111111", 20, 2, 10),
                                       told_row("first", "+449011111111", 0, 2, 10),
                                       told_row("second", "+449011111111", 10, 2, 10)};
    play(fixture, rows, 3);
    assert_string_equal(
        fixture->told.text,
        "first allow 10 at attempt through 1/1 PREMIUM+10\n"
        "second block 100 at minute cut 8000 hold risky by RISKY through 1/1 HOLD+100\n"
        "third block 80 at attempt refused through 0/1 PREMIUM+10 RISKY+70\n");
}

static void test_a_hold_refuses_later_calls_for_its_time(void **state)
{
    struct fixture *fixture = *state;
    const struct fg_call_row rows[] = {
        told_row("a", "+449011111111", 0, 1, 0), told_row("b", "+449011111111", 1, 1, 0),
        told_row("c", "+449011111111", 2, 1, 0), told_row("home", "+442079460001", 3, 1, 0),
        told_row("d", "+3711234567", 899, 1, 0), told_row("e", "+3711234567", 903, 1, 0),
    };
    play(fixture, rows, 6);
    assert_string_equal(fixture->told.text,
                        "a allow 10 at attempt through 0/0 PREMIUM+10\n"
                        "b allow 10 at attempt through 0/0 PREMIUM+10\n"
                        "c block 80 at attempt refused through 0/0 PREMIUM+10 RISKY+70\n"
                        "home allow 0 at attempt through 0/0\n"
                        "d block 100 at attempt refused hold risky by RISKY through 0/0 HOLD+100\n"
                        "e allow 0 at attempt through 0/0\n");
}

static void test_a_call_is_cut_when_its_money_is_spent(void **state)
{
    struct fixture *fixture = *state;
    // 1.50 USD a minute: the third started minute makes it more than 3 USD.
    const struct fg_call_row rows[] = {told_row("dear", "+449011111111", 0, 3, 600)};
    play(fixture, rows, 1);
    assert_string_equal(fixture->told.text,
                        "dear block 90 at minute cut 120000 through 3/10 SPEND+90\n");
    assert_int_equal(fg_replay_rule_hits(fixture->replay)[2], 1);
}

// The limit is passed by a cheap call: the dear one ends first, the cheap one when it still is.
static void test_the_dearest_call_is_cut_for_the_others(void **state)
{
    struct fixture *fixture = *state;
    rules[2].cut_dearest = true;
    const struct fg_call_row rows[] = {
        told_row("gone", "+449011111111", 0, 1, 2),
        told_row("dear", "+449011111111", 4, 1, 300),
        told_row("home", "+442079460001", 10, 1, 300),
    };
    play(fixture, rows, 3);
    assert_string_equal(fixture->told.text,
                        "gone allow 10 at attempt through 1/1 PREMIUM+10\n"
                        "dear block 90 at minute cut 6000 through 1/5 SPEND+90\n"
                        "home block 90 at minute cut 60000 through 2/5 SPEND+90\n");
}

static void test_a_hold_cuts_calls_that_are_up_and_those_that_ring(void **state)
{
    struct fixture *fixture = *state;
    const struct fg_call_row rows[] = {
        told_row("up", "+3711234567", 0, 1, 300),    told_row("rings", "+3711234567", 31, 60, 300),
        told_row("home", "+442079460001", 1, 1, 20), told_row("x", "+449011111111", 40, 1, 0),
        told_row("y", "+449011111111", 42, 1, 0),    told_row("z", "+449011111111", 44, 1, 0),
    };
    play(fixture, rows, 6);
    assert_string_equal(
        fixture->told.text,
        "home allow 0 at attempt through 1/1\n"
        "x challenge 65 at attempt refused through 0/0 PREMIUM+10 LIVE+55\n"
        "y challenge 65 at attempt refused through 0/0 PREMIUM+10 LIVE+55\n"
        "up block 100 at minute cut 43000 hold risky by RISKY through 1/5 HOLD+100\n"
        "z block 135 at attempt refused through 0/0 PREMIUM+10 RISKY+70 LIVE+55\n"
        "rings block 100 at minute cut 0 hold risky by RISKY through 1/5 HOLD+100\n");
}

static void test_a_call_that_sets_a_hold_itself_is_told_once(void **state)
{
    struct fixture *fixture = *state;
    rules[2].hold = (struct fg_hold_terms){.given = true, .duration_s = 900};
    const struct fg_call_row rows[] = {told_row("dear", "+449011111111", 0, 3, 600),
                                       told_row("home", "+442079460001", 0, 3, 600)};
    play(fixture, rows, 2);
    assert_string_equal(
        fixture->told.text,
        "home block 100 at minute cut 60000 hold customer by SPEND through 1/10 HOLD+100\n"
        "dear block 90 at minute cut 60000 through 2/10 SPEND+90\n");
    struct fg_replay_stats stats;
    fg_replay_stats(fixture->replay, &stats);
    assert_int_equal(stats.live, 0);
}

static void test_nothing_stops_an_emergency_call(void **state)
{
    struct fixture *fixture = *state;
    fixture->world.ruleset.hold.scope = FG_HOLD_CUSTOMER;
    const struct fg_call_row rows[] = {
        told_row("112", "112", 0, 1, 100),        told_row("up", "+442079460001", 0, 1, 100),
        told_row("x", "+449011111111", 10, 1, 0), told_row("y", "+449011111111", 11, 1, 0),
        told_row("z", "+449011111111", 12, 1, 0), told_row("999", "999", 13, 1, 30),
    };
    play(fixture, rows, 6);
    assert_string_equal(
        fixture->told.text,
        "x allow 10 at attempt through 0/0 PREMIUM+10\n"
        "y allow 10 at attempt through 0/0 PREMIUM+10\n"
        "up block 100 at minute cut 11000 hold customer by RISKY through 1/2 HOLD+100\n"
        "z block 80 at attempt refused through 0/0 PREMIUM+10 RISKY+70\n"
        "999 allow 0 at attempt through 1/1 EMERGENCY+0\n"
        "112 allow 0 at attempt through 2/2 EMERGENCY+0\n");
}

static void test_refused_and_ended_calls_give_back_their_leases(void **state)
{
    struct fixture *fixture = *state;
    const struct fg_call_row rows[] = {
        told_row("1", "+442079460001", 0, 1, 9),  told_row("2", "+442079460001", 1, 1, 98),
        told_row("3", "+442079460001", 2, 1, 1),  // one too many
        told_row("4", "+442079460001", 9, 1, 1),  // the same
        told_row("5", "+442079460001", 10, 1, 9), // in the moment the first one ends
    };
    play(fixture, rows, 5);
    assert_string_equal(fixture->told.text, "3 throttle 55 at attempt refused through 0/1 LIVE+55\n"
                                            "4 throttle 55 at attempt refused through 0/1 LIVE+55\n"
                                            "1 allow 0 at attempt through 1/1\n"
                                            "5 allow 0 at attempt through 1/1\n"
                                            "2 allow 0 at attempt through 2/2\n");
}

static void test_rows_beyond_the_window_are_left_out(void **state)
{
    struct fixture *fixture = *state;
    struct fg_call_row row = told_row("early", "+442079460001", 0, 1, 0);
    for (uint32_t i = 0; i <= FG_REPLAY_REORDER_ROWS; i++) {
        row.start_ms = row.answer_ms = row.end_ms = FRIDAY_MORNING_MS + 1000 + i;
        assert_int_equal(fg_replay_add(fixture->replay, &row), FG_OK);
    }
    row.start_ms = row.answer_ms = row.end_ms = FRIDAY_MORNING_MS + 1000;
    assert_int_equal(fg_replay_add(fixture->replay, &row), FG_OK);
    row.start_ms = row.answer_ms = row.end_ms = FRIDAY_MORNING_MS + 999;
    assert_int_equal(fg_replay_add(fixture->replay, &row), FG_EINVAL);
    fixture->told.text[0] = '\0';
    assert_int_equal(fg_replay_finish(fixture->replay), FG_OK);
    assert_int_equal(fixture->told.n, FG_REPLAY_REORDER_ROWS + 2);
}

static void test_the_taker_can_end_it(void **state)
{
    struct fixture *fixture = *state;
    const struct fg_call_row row = told_row("a", "+442079460001", 0, 1, 0);
    fixture->told.answer = FG_EIO;
    assert_int_equal(fg_replay_add(fixture->replay, &row), FG_OK);
    assert_int_equal(fg_replay_add(fixture->replay, &row), FG_OK);
    assert_int_equal(fg_replay_finish(fixture->replay), FG_EIO);
    assert_int_equal(fixture->told.n, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_calls_end_in_time_order),
        TEST(test_order_of_rows_does_not_matter_within_the_window),
        TEST(test_a_hold_refuses_later_calls_for_its_time),
        TEST(test_a_call_is_cut_when_its_money_is_spent),
        TEST(test_the_dearest_call_is_cut_for_the_others),
        TEST(test_a_hold_cuts_calls_that_are_up_and_those_that_ring),
        TEST(test_a_call_that_sets_a_hold_itself_is_told_once),
        TEST(test_nothing_stops_an_emergency_call),
        TEST(test_refused_and_ended_calls_give_back_their_leases),
        TEST(test_rows_beyond_the_window_are_left_out),
        TEST(test_the_taker_can_end_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
