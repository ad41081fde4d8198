// SPDX-License-Identifier: GPL-2.0-or-later
// What calls in progress have come to: renewals, ends, what nobody gives back, too many calls.
#include "fg/exposure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1795310000000)

static struct fg_exposure exposure;

static int setup(void **state)
{
    (void)state;
    memset(&exposure, 0, sizeof(exposure));
    return 0;
}

static int64_t put(uint64_t id, int64_t at_ms, int64_t amount)
{
    return fg_exposure_put(&exposure, &(struct fg_exposure_lease){id, at_ms + 200000, amount},
                           at_ms);
}

static void test_a_call_counts_once_with_the_latest_amount(void **state)
{
    (void)state;
    assert_int_equal(put(1, NOW, 100), 100);
    assert_int_equal(put(2, NOW, 50), 150);
    assert_int_equal(put(1, NOW + 60000, 200), 250);
    assert_int_equal(put(1, NOW, 100), 250); // late
    assert_int_equal(fg_exposure_read(&exposure, NOW + 60000), 250);
    assert_int_equal(fg_exposure_delete(&exposure, 1, NOW + 60000), 50);
    assert_int_equal(fg_exposure_delete(&exposure, 1, NOW + 60000), 50);
}

static void test_a_lease_that_nobody_renews_ends(void **state)
{
    (void)state;
    put(1, NOW, 100);
    put(2, NOW + 1, 10);
    assert_int_equal(fg_exposure_read(&exposure, NOW + 199999), 110);
    assert_int_equal(fg_exposure_read(&exposure, NOW + 200000), 10);
    assert_int_equal(put(3, NOW + 200001, 1), 1);
    assert_int_equal(exposure.n, 1);
    // One that is over already is not taken.
    assert_int_equal(fg_exposure_put(&exposure, &(struct fg_exposure_lease){4, NOW, 7}, NOW + 1),
                     1);
}

static void test_of_too_many_calls_the_cheapest_go(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < FG_EXPOSURE_LEASES; i++) {
        put(i, NOW, 10 + (int64_t)i);
    }
    const int64_t full = fg_exposure_read(&exposure, NOW);
    assert_int_equal(put(1000, NOW, 5), full);           // cheaper than all
    assert_int_equal(put(1001, NOW, 1010), full + 1000); // in place of the one of 10
    assert_int_equal(exposure.n, FG_EXPOSURE_LEASES);
    assert_int_equal(fg_exposure_delete(&exposure, 0, NOW), full + 1000);
}

static void test_sums_do_not_run_over(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 100; i++) {
        assert_int_equal(put(i, NOW, FG_EXPOSURE_AMOUNT_MAX), FG_EXPOSURE_AMOUNT_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_call_counts_once_with_the_latest_amount, setup),
        cmocka_unit_test_setup(test_a_lease_that_nobody_renews_ends, setup),
        cmocka_unit_test_setup(test_of_too_many_calls_the_cheapest_go, setup),
        cmocka_unit_test_setup(test_sums_do_not_run_over, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
