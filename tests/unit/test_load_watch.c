// SPDX-License-Identifier: GPL-2.0-or-later
#include "load_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_busy_and_idle_ticks(void **state)
{
    uint64_t busy = 0;
    uint64_t total = 0;

    (void)state;
    assert_true(edge_load_read_stat("cpu  10 1 5 100 20 2 3 4 9 9\n", &busy, &total));
    assert_int_equal(total, 145);
    assert_int_equal(busy, 25);
    assert_false(edge_load_read_stat("cpu0 10 1 5 100 20 2 3 4\n", &busy, &total));
    assert_false(edge_load_read_stat("cpu  10 1 5 100\n", &busy, &total));
    assert_false(edge_load_read_stat("", &busy, &total));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_busy_and_idle_ticks)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
