// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/meter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void test_buckets(void **state)
{
    (void)state;
    assert_int_equal(fg_window_bucket(0, 60000), 0);
    assert_int_equal(fg_window_bucket(5999, 60000), 0);
    assert_int_equal(fg_window_bucket(6000, 60000), 1);
    assert_int_equal(fg_window_bucket(-1, 60000), -1);
    assert_int_equal(fg_window_bucket(-6000, 60000), -1);
    assert_int_equal(fg_window_bucket(7, 0), 7);
    // Ten cells hold at least the window: 1001 ms each, not 1000.
    assert_int_equal(fg_window_bucket(1000, 10009), 0);
    assert_int_equal(fg_window_bucket(1001, 10009), 1);
}

// The promise of meter.h: never under the true count of the last W, and never over that of the last
// W plus a tenth. The reference keeps every time.
static void test_window_bounds_hold(void **state)
{
    (void)state;
    enum { N = 4000 };
    const int64_t over_ms = 60000;
    static int64_t times[N];
    uint64_t seed = 88172645463325252U;
    struct fg_window window = {.bucket = 0};
    int64_t now = 1795000000000;
    for (int i = 0; i < N; i++) {
        // Bursts, pauses, and gaps about as long as the window itself.
        uint64_t kind = next_random(&seed) % 100;
        now += (int64_t)(next_random(&seed) % (kind < 90 ? 400 : kind < 98 ? 9000 : 130000));
        times[i] = now;
        fg_window_add(&window, FG_WINDOW_CELLS, fg_window_bucket(now, over_ms), 1);
        int64_t at_least = 0;
        int64_t at_most = 0;
        for (int k = 0; k <= i; k++) {
            at_least += times[k] > now - over_ms ? 1 : 0;
            at_most += times[k] > now - over_ms - over_ms / FG_WINDOW_PARTS ? 1 : 0;
        }
        int64_t sum = fg_window_sum(&window, FG_WINDOW_CELLS, fg_window_bucket(now, over_ms));
        assert_true(sum >= at_least && sum <= at_most);
    }
}

static void test_older_buckets_count_to_the_newest(void **state)
{
    (void)state;
    struct fg_window window = {.bucket = 100};
    fg_window_add(&window, FG_WINDOW_CELLS, 90, 5);
    assert_int_equal(window.bucket, 100);
    assert_int_equal(window.cells[0], 5);
    assert_int_equal(fg_window_sum(&window, FG_WINDOW_CELLS, 50), 5);
    fg_window_advance(&window, FG_WINDOW_CELLS, 100);
    assert_int_equal(window.cells[0], 5);
}

static void test_calendar_day_is_one_cell(void **state)
{
    (void)state;
    struct fg_window window = {.bucket = 20000};
    fg_window_add(&window, 1, 20000, 7);
    assert_int_equal(fg_window_sum(&window, 1, 20000), 7);
    assert_int_equal(fg_window_sum(&window, 1, 20001), 0);
    fg_window_add(&window, 1, 20001, 2);
    assert_int_equal(fg_window_sum(&window, 1, 20001), 2);
}

static void test_extremes_do_not_overflow(void **state)
{
    (void)state;
    struct fg_window window = {.bucket = INT64_MIN};
    fg_window_add(&window, FG_WINDOW_CELLS, INT64_MIN, INT64_MAX);
    assert_true(window.cells[0] == INT64_C(1) << 52);
    fg_window_add(&window, FG_WINDOW_CELLS, INT64_MAX, INT64_MAX);
    fg_window_add(&window, FG_WINDOW_CELLS, INT64_MAX, INT64_MAX);
    assert_true(fg_window_sum(&window, 255, INT64_MAX) == INT64_C(1) << 52);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buckets),
        cmocka_unit_test(test_window_bounds_hold),
        cmocka_unit_test(test_older_buckets_count_to_the_newest),
        cmocka_unit_test(test_calendar_day_is_one_cell),
        cmocka_unit_test(test_extremes_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
