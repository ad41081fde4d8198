// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/replay_summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct fg_replay_result result(const char *label, int start_s, int decided_s)
{
    return (struct fg_replay_result){.call_id = fg_view_of("x"),
                                     .label = fg_view_of(label),
                                     .start_ms = start_s * FG_MS_PER_S,
                                     .decided_ms = decided_s * FG_MS_PER_S,
                                     .usd_per_minute = 1500000};
}

static void add(struct fg_replay_summary *summary, const struct fg_replay_result *one)
{
    assert_int_equal(fg_replay_summary_add(summary, one), FG_OK);
}

static void test_attacks_are_told_apart(void **state)
{
    (void)state;
    struct fg_replay_summary *summary = fg_replay_summary_new();
    assert_non_null(summary);
    // The second call of the burst is cut before the third one is refused, but told after it.
    struct fg_replay_result one = result("burst", 30, 30);
    one.refused = true;
    one.action = FG_BLOCK;
    one.minutes_recorded = 4;
    one.label_calls = 3;
    add(summary, &one);
    one = result("burst", 10, 25);
    one.cut = true;
    one.action = FG_BLOCK;
    one.minutes_recorded = 5;
    one.minutes_through = 2;
    one.label_calls = 2;
    add(summary, &one);
    one = result("burst", 5, 5);
    one.minutes_recorded = one.minutes_through = 1;
    one.label_calls = 3;
    add(summary, &one);
    one = result("a slow one", 100, 100);
    one.action = FG_ALERT;
    add(summary, &one);
    one = result("", 1, 1);
    one.refused = true;
    one.action = FG_THROTTLE;
    one.minutes_recorded = 3;
    add(summary, &one);

    uint32_t n = 0;
    const struct fg_replay_attack *attacks = fg_replay_summary_attacks(summary, &n);
    assert_int_equal(n, 2);
    assert_string_equal(attacks[0].label, "a slow one");
    assert_false(attacks[0].stopped);
    assert_string_equal(attacks[1].label, "burst");
    assert_true(attacks[1].stopped);
    assert_int_equal(attacks[1].stop_ms - attacks[1].first_ms, 20000);
    assert_int_equal(attacks[1].stop_calls, 2);
    const struct fg_replay_totals *totals = &attacks[1].totals;
    assert_int_equal(totals->calls, 3);
    assert_int_equal(totals->refused, 1);
    assert_int_equal(totals->cut, 1);
    assert_int_equal(totals->minutes_through, 3);
    assert_int_equal(totals->minutes_stopped, 7);
    assert_int_equal(totals->usd_through, 4500000);
    assert_int_equal(totals->usd_stopped, 10500000);
    assert_int_equal(fg_replay_summary_wanted(summary)->refused, 1);
    assert_int_equal(fg_replay_summary_wanted(summary)->minutes_stopped, 3);
    assert_int_equal(fg_replay_summary_all(summary)->calls, 5);
    assert_int_equal(fg_replay_summary_actions(summary, FG_BLOCK), 2);
    assert_int_equal(fg_replay_summary_actions(summary, FG_ALLOW), 1);
    fg_replay_summary_free(summary);
}

static void test_money_saturates(void **state)
{
    (void)state;
    struct fg_replay_summary *summary = fg_replay_summary_new();
    assert_non_null(summary);
    struct fg_replay_result one = result("", 0, 0);
    one.usd_per_minute = INT64_MAX / 2;
    one.minutes_through = 3;
    add(summary, &one);
    add(summary, &one);
    assert_int_equal(fg_replay_summary_all(summary)->usd_through, INT64_MAX);
    fg_replay_summary_free(summary);
}

static void test_labels_without_end_share_one(void **state)
{
    (void)state;
    struct fg_replay_summary *summary = fg_replay_summary_new();
    assert_non_null(summary);
    char label[32];
    for (unsigned i = 0; i < FG_REPLAY_LABELS_MAX + 500; i++) {
        (void)snprintf(label, sizeof(label), "attack-%u", i);
        const struct fg_replay_result one = result(label, 0, 0);
        add(summary, &one);
    }
    uint32_t n = 0;
    const struct fg_replay_attack *attacks = fg_replay_summary_attacks(summary, &n);
    assert_int_equal(n, FG_REPLAY_LABELS_MAX + 1);
    assert_string_equal(attacks[0].label, FG_REPLAY_OTHER);
    assert_int_equal(attacks[0].totals.calls, 500);
    fg_replay_summary_free(summary);
}

static void test_shares(void **state)
{
    (void)state;
    assert_int_equal(fg_replay_share(0, 0), 0);
    assert_int_equal(fg_replay_share(1, 3), 333333);
    assert_int_equal(fg_replay_share(7, 7), FG_MICRO);
    assert_int_equal(fg_replay_share(UINT64_MAX, UINT64_MAX) / 10, FG_MICRO / 10 - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attacks_are_told_apart),
        cmocka_unit_test(test_money_saturates),
        cmocka_unit_test(test_labels_without_end_share_one),
        cmocka_unit_test(test_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
