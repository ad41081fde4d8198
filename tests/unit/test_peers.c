// SPDX-License-Identifier: GPL-2.0-or-later
// What is usual for the customers of a profile: levels, voices, who is remembered, the median.
#include "fg/peers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NOON 500012 // an hour

static struct fg_peers peers;

static int setup(void **state)
{
    (void)state;
    memset(&peers, 0, sizeof(peers));
    return 0;
}

static void put(uint64_t member, int64_t hour, fg_micro amount, uint8_t since)
{
    const struct fg_peers_vote vote = {
        .member = member, .hour = hour, .level = fg_peers_level(amount), .since = since};
    fg_peers_put(&peers, &vote);
}

static int64_t count_at(int64_t hour)
{
    const int64_t value = fg_peers_read(&peers, hour);
    return value < 0 ? 0 : value / 256;
}

static fg_micro usual_at(int64_t hour)
{
    const int64_t value = fg_peers_read(&peers, hour);
    return value < 0 ? -1 : fg_peers_amount((uint8_t)(value % 256));
}

static void assert_about(fg_micro amount, fg_micro wanted)
{
    assert_true(amount >= wanted - wanted / 10);
    assert_true(amount <= wanted + wanted / 10);
}

static void test_levels_are_within_a_tenth(void **state)
{
    (void)state;
    uint8_t before = 0;
    for (fg_micro amount = 1 << 13; amount < INT64_C(1) << 44; amount += amount / 50 + 1) {
        const uint8_t level = fg_peers_level(amount);
        assert_true(level >= before && level >= 1 && level <= FG_PEERS_LEVEL_MAX);
        assert_about(fg_peers_amount(level), amount);
        before = level;
    }
    assert_int_equal(before, FG_PEERS_LEVEL_MAX);
    assert_int_equal(fg_peers_level(0), 0);
    assert_int_equal(fg_peers_level((1 << 13) - 1), 0);
    assert_int_equal(fg_peers_level(1 << 13), 1);
    assert_int_equal(fg_peers_level(FG_BASELINE_MAX), FG_PEERS_LEVEL_MAX);
    assert_int_equal(fg_peers_amount(0), 0);
    assert_true(fg_peers_amount(FG_PEERS_UNKNOWN) == fg_peers_amount(FG_PEERS_LEVEL_MAX));
    // One is told as one.
    assert_in_range(fg_peers_amount(fg_peers_level(FG_MICRO)), 950000, 1049999);
}

static void test_one_loud_customer_is_one_voice(void **state)
{
    (void)state;
    assert_int_equal(fg_peers_read(&peers, NOON), -1);
    for (uint64_t i = 0; i < 5; i++) {
        put(100 + i, NOON, 10 * FG_MICRO, 0);
    }
    put(7, NOON, FG_BASELINE_MAX, 0);
    for (int n = 0; n < 50; n++) {
        put(7, NOON, FG_BASELINE_MAX, 0); // and no more for saying it often
    }
    assert_int_equal(count_at(NOON), 6);
    assert_about(usual_at(NOON), 10 * FG_MICRO);
    assert_about(usual_at(NOON + FG_BASELINE_HOURS), 10 * FG_MICRO);
    assert_int_equal(count_at(NOON + 1), 0);
    // Of an even number the lower one: as many as the others together are not enough.
    for (uint64_t i = 0; i < 3; i++) {
        put(i, NOON, FG_BASELINE_MAX, 0);
    }
    assert_int_equal(count_at(NOON), 9);
    assert_about(usual_at(NOON), 10 * FG_MICRO);
    put(3, NOON, FG_BASELINE_MAX, 0);
    assert_int_equal(count_at(NOON), 10);
    assert_about(usual_at(NOON), 10 * FG_MICRO);
}

static void test_empty_hours_count(void **state)
{
    (void)state;
    put(1, NOON - 24, 8 * FG_MICRO, 167);
    assert_int_equal(count_at(NOON - 25), 0); // whatever it was then, it was not told
    put(1, NOON, 8 * FG_MICRO, 167);
    assert_int_equal(count_at(NOON - 1), 1);
    assert_true(usual_at(NOON - 1) == 0);
    assert_about(usual_at(NOON), 8 * FG_MICRO);
    put(1, NOON + FG_BASELINE_HOURS + 5, FG_MICRO, 167); // nothing at noon this week
    assert_about(usual_at(NOON), 8 * FG_MICRO * 5 / 6);
    assert_true(usual_at(NOON + 4) == 0);
    assert_about(usual_at(NOON + 5), FG_MICRO);
    // Of hours that were not learned from nothing is said.
    put(1, NOON + 2 * FG_BASELINE_HOURS + 5, FG_MICRO, 3);
    assert_about(usual_at(NOON), 8 * FG_MICRO * 5 / 6);
    // What comes late changes nothing.
    put(1, NOON + 7, 100 * FG_MICRO, 0);
    assert_true(usual_at(NOON + 7) == 0);
}

static void test_the_least_members_stay(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < FG_PEERS_MAX; i++) {
        put(1000 + i, NOON, FG_MICRO, 0);
    }
    put(5000, NOON, 900 * FG_MICRO, 0);
    for (uint64_t i = 0; i < FG_PEERS_MAX; i++) {
        assert_true(peers.peers[i].member < 5000);
    }
    put(3, NOON + 1, FG_MICRO, 0);
    assert_int_equal(peers.peers[FG_PEERS_MAX - 1].member, 3);
    assert_int_equal(count_at(NOON), FG_PEERS_MAX - 1); // 3 has said nothing of it
    // Who is silent for eight weeks makes room.
    const int64_t later = NOON + 1 + FG_PEERS_FRESH_HOURS;
    assert_int_equal(count_at(later - 1), FG_PEERS_MAX - 1);
    put(6000, later, FG_MICRO, 0);
    assert_int_equal(peers.peers[0].member, 6000);
    assert_int_equal(count_at(later), 2);
}

static void test_a_wrong_clock_passes(void **state)
{
    (void)state;
    put(1, INT64_C(1) << 50, 4 * FG_MICRO, 167);
    assert_int_equal(count_at(NOON), 0);
    put(1, NOON, 4 * FG_MICRO, 0);
    assert_int_equal(peers.n, 1);
    assert_about(usual_at(NOON), 4 * FG_MICRO);
    assert_int_equal(count_at(-NOON), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_levels_are_within_a_tenth, setup),
        cmocka_unit_test_setup(test_one_loud_customer_is_one_voice, setup),
        cmocka_unit_test_setup(test_empty_hours_count, setup),
        cmocka_unit_test_setup(test_the_least_members_stay, setup),
        cmocka_unit_test_setup(test_a_wrong_clock_passes, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
