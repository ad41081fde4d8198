// SPDX-License-Identifier: GPL-2.0-or-later
// The arithmetic of registers: what it promises, against references that keep everything.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fg/baseline.h"
#include "fg/first_seen.h"
#include "fg/meter.h"
#include "fg/rate.h"
#include "fg/run.h"

#define NOW_S INT64_C(1795310000)
#define DAY_S INT64_C(86400)

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static int64_t below(uint64_t *seed, int64_t n)
{
    return (int64_t)((next_random(seed) >> 33) % (uint64_t)n);
}

// --- first seen

static void test_first_seen_is_remembered_while_it_is_seen(void **state)
{
    (void)state;
    struct fg_first_seen seen = {0};
    assert_int_equal(fg_first_seen_read(&seen, NOW_S), -1);
    assert_int_equal(fg_first_seen_put(&seen, NOW_S, 30 * DAY_S, false), -1);
    assert_int_equal(fg_first_seen_read(&seen, NOW_S), 0);
    assert_int_equal(fg_first_seen_put(&seen, NOW_S + 29 * DAY_S, 30 * DAY_S, false), 29 * DAY_S);
    assert_int_equal(fg_first_seen_read(&seen, NOW_S + 58 * DAY_S), 58 * DAY_S);
    // Forgotten, and begun anew.
    assert_int_equal(fg_first_seen_read(&seen, NOW_S + 59 * DAY_S + FG_SEEN_MARGIN_S), -1);
    assert_int_equal(fg_first_seen_put(&seen, NOW_S + 60 * DAY_S, 30 * DAY_S, false), -1);
    assert_int_equal(fg_first_seen_read(&seen, NOW_S + 60 * DAY_S + 5), 5);
}

static void test_first_seen_takes_what_comes_late(void **state)
{
    (void)state;
    struct fg_first_seen seen = {0};
    assert_int_equal(fg_first_seen_put(&seen, NOW_S, 3600, false), -1);
    assert_int_equal(fg_first_seen_put(&seen, NOW_S - 100, 3600, false), 0);
    assert_int_equal(fg_first_seen_read(&seen, NOW_S), 100);
    assert_int_equal(seen.expiry_s, NOW_S + 3600 + FG_SEEN_MARGIN_S);
}

static void test_first_seen_is_the_same_for_a_repeated_call(void **state)
{
    (void)state;
    struct fg_first_seen seen = {0};
    assert_int_equal(fg_first_seen_put(&seen, NOW_S, DAY_S, false), -1);
    assert_int_equal(fg_first_seen_put(&seen, NOW_S + 3, DAY_S, true), -1);
    assert_int_equal(fg_first_seen_put(&seen, NOW_S + 3, DAY_S, false), 3);
    assert_int_equal(fg_first_seen_put(&seen, NOW_S + 61, DAY_S, true), 61);
}

// --- runs

static void test_runs_rise_by_one_or_two(void **state)
{
    (void)state;
    struct fg_runs runs = {0};
    assert_int_equal(fg_runs_longest(&runs, NOW_S), 0);
    assert_int_equal(fg_runs_put(&runs, 441632960000, NOW_S, 600), 1);
    assert_int_equal(fg_runs_put(&runs, 441632960001, NOW_S, 600), 2);
    assert_int_equal(fg_runs_put(&runs, 441632960003, NOW_S, 600), 3);
    assert_int_equal(fg_runs_put(&runs, 441632960003, NOW_S, 600), 3);
    assert_int_equal(fg_runs_put(&runs, 441632960006, NOW_S, 600), 3); // a gap
    assert_int_equal(fg_runs_put(&runs, 441632960004, NOW_S, 600), 4); // the first one goes on
    assert_int_equal(fg_runs_put(&runs, 441632960003, NOW_S, 600), 4); // never downwards
    assert_int_equal(fg_runs_longest(&runs, NOW_S + 599), 4);
    assert_int_equal(fg_runs_longest(&runs, NOW_S + 600), 0);
}

static void test_runs_are_followed_among_other_calls(void **state)
{
    (void)state;
    struct fg_runs runs = {0};
    uint64_t seed = 88172645463325252U;
    // Six scans at once and a random call between any two.
    int64_t longest = 0;
    for (int64_t step = 0; step < 50; step++) {
        for (int64_t scan = 0; scan < 6; scan++) {
            const int64_t now_s = NOW_S + step * 60 + scan * 10;
            longest = fg_runs_put(&runs, 1000000 * (scan + 1) + step, now_s, 600);
            fg_runs_put(&runs, 100000000 + 10 * below(&seed, 1000000), now_s, 1);
        }
    }
    assert_int_equal(longest, 50);
}

static void test_runs_stay_bounded(void **state)
{
    (void)state;
    struct fg_runs runs = {0};
    int64_t longest = 0;
    for (int64_t i = 0; i < FG_RUN_LENGTH_MAX + 10; i++) {
        longest = fg_runs_put(&runs, i, NOW_S, 600);
    }
    assert_int_equal(longest, FG_RUN_LENGTH_MAX);
    // Eight newer ones displace it.
    for (int64_t i = 0; i < FG_RUNS; i++) {
        longest = fg_runs_put(&runs, 1000000 + 10 * i, NOW_S + 1 + i, 600);
    }
    assert_int_equal(longest, 1);
}

// --- rate

// For every stretch of time: at most burst + elapsed / interval. The reference keeps every time.
static void test_rate_admits_never_more(void **state)
{
    (void)state;
    enum { N = 1500 };
    static int64_t times_us[N];
    uint64_t seed = 362436069362436069U;
    for (int trial = 0; trial < 12; trial++) {
        const int64_t interval_us = 1 + below(&seed, trial % 2 ? 50000 : 3000000);
        const uint32_t burst = (uint32_t)(1 + below(&seed, 20));
        int64_t arrival_us = 0;
        int64_t now_us = NOW_S * 1000000;
        int n = 0;
        for (int i = 0; i < N; i++) {
            now_us +=
                below(&seed, 40) == 0 ? below(&seed, interval_us * 30) : below(&seed, interval_us);
            if (fg_rate_take(&arrival_us, now_us, interval_us, burst)) {
                times_us[n++] = now_us;
            }
        }
        assert_true(n > (int)burst);
        for (int i = 0; i < n; i++) {
            for (int k = i; k < n; k++) {
                assert_true(k - i + 1 <= burst + (times_us[k] - times_us[i]) / interval_us);
            }
        }
    }
}

static void test_rate_admits_what_it_promises(void **state)
{
    (void)state;
    int64_t arrival_us = 0;
    const int64_t now_us = NOW_S * 1000000;
    for (int i = 0; i < 5; i++) {
        assert_true(fg_rate_take(&arrival_us, now_us, 1000000, 5));
    }
    assert_false(fg_rate_take(&arrival_us, now_us, 1000000, 5));
    assert_false(fg_rate_take(&arrival_us, now_us + 999999, 1000000, 5));
    assert_true(fg_rate_take(&arrival_us, now_us + 1000000, 1000000, 5));
    assert_false(fg_rate_take(&arrival_us, now_us + 1000000, 1000000, 5));
    // The clock goes back by a day: held up for no longer than one interval.
    const int64_t back_us = now_us - DAY_S * 1000000;
    assert_false(fg_rate_take(&arrival_us, back_us, 1000000, 5));
    assert_true(fg_rate_take(&arrival_us, back_us + 1000000, 1000000, 5));
}

// --- baseline

#define WEEK   INT64_C(168)
#define MONDAY (INT64_C(4) * 24 + WEEK * 2900) // 1970-01-05 was one

// Weeks of amount in each hour from first on.
static void weeks_add(struct fg_baseline *baseline, int64_t first, int64_t weeks, fg_micro amount)
{
    for (int64_t hour = first; hour < first + weeks * WEEK; hour++) {
        fg_baseline_add(baseline, hour, amount, 10 * FG_MICRO);
    }
}

static void test_baseline_is_unknown_for_a_week(void **state)
{
    (void)state;
    struct fg_baseline baseline = {0};
    assert_int_equal(fg_baseline_usual(&baseline, MONDAY), -1);
    weeks_add(&baseline, MONDAY, 1, 7 * FG_MICRO);
    assert_int_equal(fg_baseline_usual(&baseline, MONDAY + WEEK - 1), -1);
    assert_int_equal(fg_baseline_usual(&baseline, MONDAY + WEEK), 7 * FG_MICRO);
}

static void test_baseline_takes_the_greatest_of_three(void **state)
{
    (void)state;
    struct fg_baseline baseline = {0};
    // A week of silence but for Tuesday 10:00, then silence.
    const int64_t tuesday = MONDAY + 24 + 10;
    fg_baseline_add(&baseline, MONDAY, 0, 100 * FG_MICRO);
    fg_baseline_add(&baseline, tuesday, 100 * FG_MICRO, 100 * FG_MICRO);
    fg_baseline_add(&baseline, MONDAY + WEEK, 0, 100 * FG_MICRO);
    assert_int_equal(fg_baseline_usual(&baseline, tuesday + WEEK), 100 * FG_MICRO);
    // The hours beside it: the mean of it and of silence.
    assert_int_equal(fg_baseline_usual(&baseline, tuesday + 1 + WEEK), 50 * FG_MICRO);
    assert_int_equal(fg_baseline_usual(&baseline, tuesday - 1 + WEEK), 50 * FG_MICRO);
    // Other working days at 10:00: a fifth; the weekend knows nothing of it.
    assert_int_equal(fg_baseline_usual(&baseline, tuesday + 24 + WEEK), 20 * FG_MICRO);
    assert_int_equal(fg_baseline_usual(&baseline, tuesday - 24 + WEEK), 20 * FG_MICRO);
    assert_int_equal(fg_baseline_usual(&baseline, tuesday + 72 + WEEK), 20 * FG_MICRO);
    assert_int_equal(fg_baseline_usual(&baseline, tuesday + 96 + WEEK), 0);
    assert_int_equal(fg_baseline_usual(&baseline, tuesday + 120 + WEEK), 0);
}

static void test_baseline_forgets_slowly(void **state)
{
    (void)state;
    struct fg_baseline baseline = {0};
    weeks_add(&baseline, MONDAY, 10, 12 * FG_MICRO);
    fg_baseline_add(&baseline, MONDAY + 10 * WEEK, 0, 0);
    assert_int_equal(fg_baseline_usual(&baseline, MONDAY + WEEK), 12 * FG_MICRO);
    // An empty week weighs a sixth, however long the silence was.
    fg_baseline_add(&baseline, MONDAY + 500 * WEEK, 0, 0);
    assert_int_equal(fg_baseline_usual(&baseline, MONDAY + WEEK), 10 * FG_MICRO);
}

static void test_baseline_learns_nothing_while_frozen(void **state)
{
    (void)state;
    uint64_t seed = 1234567;
    struct fg_baseline baseline = {0};
    weeks_add(&baseline, MONDAY, 3, 5 * FG_MICRO);
    int64_t hour = MONDAY + 3 * WEEK;
    fg_baseline_add(&baseline, hour, 5 * FG_MICRO, 0);
    for (int day = 0; day < 30; day++) {
        fg_baseline_freeze(&baseline, hour);
        const struct fg_baseline before = baseline;
        for (int i = 0; i < FG_BASELINE_FREEZE_HOURS; i++) {
            fg_baseline_add(&baseline, hour + i, below(&seed, 1000) * FG_MICRO, 0);
        }
        fg_baseline_add(&baseline, hour + FG_BASELINE_FREEZE_HOURS, 0, 0);
        assert_memory_equal(baseline.means, before.means, sizeof(before.means));
        assert_memory_equal(baseline.learned, before.learned, sizeof(before.learned));
        hour += FG_BASELINE_FREEZE_HOURS;
    }
    // The hour after is learned again.
    fg_baseline_add(&baseline, hour, 7 * FG_MICRO, 0);
    const size_t slot = (size_t)(hour % WEEK);
    const uint8_t before = baseline.learned[slot];
    fg_baseline_add(&baseline, hour + 1, 0, 0);
    assert_int_equal(baseline.learned[slot], before + 1);
}

// Whatever is sent, a week at most doubles what is usual, or brings it to twice the start.
static void test_a_week_at_most_doubles_an_hour(void **state)
{
    (void)state;
    uint64_t seed = 987654321;
    for (int trial = 0; trial < 30; trial++) {
        struct fg_baseline baseline = {0};
        const fg_micro start = below(&seed, 20 * FG_MICRO);
        const fg_micro least = start > FG_MICRO ? start : FG_MICRO;
        weeks_add(&baseline, MONDAY, trial % 6, below(&seed, 50 * FG_MICRO));
        for (int64_t week = trial % 6; week < 12; week++) {
            struct fg_baseline before = baseline;
            const int64_t first = MONDAY + week * WEEK;
            for (int64_t i = 0; i < WEEK; i += 1 + below(&seed, 5)) {
                const fg_micro amount = below(&seed, 3) == 0 ? INT64_MAX : below(&seed, 1000000000);
                fg_baseline_add(&baseline, first + i, amount, start);
            }
            for (size_t k = 0; k < FG_BASELINE_HOURS; k++) {
                const fg_micro was = before.means[k] > least ? before.means[k] : least;
                assert_true(baseline.means[k] >= 0 && baseline.means[k] <= 2 * was);
            }
        }
    }
}

static void test_the_trend_is_of_eight_weeks(void **state)
{
    (void)state;
    struct fg_baseline baseline = {0};
    const int64_t thursday = MONDAY - MONDAY % WEEK; // where weeks begin
    assert_int_equal(fg_baseline_trend(&baseline, thursday), -1);
    weeks_add(&baseline, thursday, 5, 4 * FG_MICRO);
    weeks_add(&baseline, thursday + 5 * WEEK, 3,
              100 * FG_MICRO); // in between, which is not looked at
    weeks_add(&baseline, thursday + 8 * WEEK, 1, 12 * FG_MICRO);
    const int64_t now = thursday + 9 * WEEK;
    // The week's last hour is still being added to.
    assert_int_equal(fg_baseline_trend(&baseline, now), 3000);
    fg_baseline_add(&baseline, now, 0, 0);
    assert_int_equal(fg_baseline_trend(&baseline, now), 3000);
    assert_int_equal(fg_baseline_trend(&baseline, now - WEEK), 25000);
    assert_int_equal(fg_baseline_trend(&baseline, now + WEEK - 1), 3000);
    // What is not learned does not count, neither as much nor as little.
    for (int64_t day = 0; day < 7; day++) {
        fg_baseline_freeze(&baseline, now + day * 24);
        for (int64_t i = 0; i < 24; i++) {
            fg_baseline_add(&baseline, now + day * 24 + i, 999 * FG_MICRO, 0);
        }
    }
    fg_baseline_add(&baseline, now + WEEK, 0, 0);
    assert_int_equal(fg_baseline_trend(&baseline, now + WEEK), -1);
    assert_int_equal(fg_baseline_trend(&baseline, now), 3000);
    // Half of a year of silence.
    fg_baseline_add(&baseline, now + 26 * WEEK, 0, 0);
    assert_int_equal(fg_baseline_trend(&baseline, now + 26 * WEEK), -1);
}

static void test_little_has_no_steep_trend(void **state)
{
    (void)state;
    struct fg_baseline baseline = {0};
    const int64_t thursday = MONDAY - MONDAY % WEEK;
    weeks_add(&baseline, thursday, 8, 0);
    weeks_add(&baseline, thursday + 8 * WEEK, 1, FG_MICRO / WEEK);
    fg_baseline_add(&baseline, thursday + 9 * WEEK, 0, 0);
    assert_int_equal(fg_baseline_trend(&baseline, thursday + 9 * WEEK), 1000);
}

static void test_baseline_survives_extremes(void **state)
{
    (void)state;
    struct fg_baseline baseline = {0};
    const int64_t far = INT64_C(1) << 52;
    fg_baseline_add(&baseline, -far, INT64_MAX, INT64_MAX);
    fg_baseline_add(&baseline, -far - 5, INT64_MAX, -1); // older: to the newest
    assert_int_equal(baseline.hour, -far);
    assert_true(baseline.amount == FG_BASELINE_MAX);
    fg_baseline_add(&baseline, far, 1, INT64_MAX);
    assert_true(fg_baseline_usual(&baseline, -far + WEEK) == FG_BASELINE_MAX);
    weeks_add(&baseline, far, 9, FG_BASELINE_MAX);
    fg_baseline_add(&baseline, far + 9 * WEEK, 0, 0);
    assert_in_range(fg_baseline_trend(&baseline, far + 9 * WEEK), 900, 1100); // sums saturate
    fg_baseline_freeze(&baseline, far);
    assert_true(baseline.frozen_until == far + FG_BASELINE_FREEZE_HOURS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_seen_is_remembered_while_it_is_seen),
        cmocka_unit_test(test_first_seen_takes_what_comes_late),
        cmocka_unit_test(test_first_seen_is_the_same_for_a_repeated_call),
        cmocka_unit_test(test_runs_rise_by_one_or_two),
        cmocka_unit_test(test_runs_are_followed_among_other_calls),
        cmocka_unit_test(test_runs_stay_bounded),
        cmocka_unit_test(test_rate_admits_never_more),
        cmocka_unit_test(test_rate_admits_what_it_promises),
        cmocka_unit_test(test_baseline_is_unknown_for_a_week),
        cmocka_unit_test(test_baseline_takes_the_greatest_of_three),
        cmocka_unit_test(test_baseline_forgets_slowly),
        cmocka_unit_test(test_baseline_learns_nothing_while_frozen),
        cmocka_unit_test(test_a_week_at_most_doubles_an_hour),
        cmocka_unit_test(test_the_trend_is_of_eight_weeks),
        cmocka_unit_test(test_little_has_no_steep_trend),
        cmocka_unit_test(test_baseline_survives_extremes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
