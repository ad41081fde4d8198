// SPDX-License-Identifier: GPL-2.0-or-later
#include "ports.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define REST_NS 60000000000u

static void test_pairs_are_even_and_unique(void **state)
{
    struct edge_ports *ports;
    unsigned seen[5] = {0};
    uint16_t port;

    (void)state;
    /* 10001 to 10010: pairs 10002, 10004, 10006, 10008; 10010 has no partner. */
    assert_int_equal(edge_ports_new(10001, 10010, REST_NS, 3, &ports), 0);
    assert_int_equal(edge_ports_total(ports), 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(edge_ports_take(ports, 0, &port), 0);
        assert_int_equal(port % 2, 0);
        assert_in_range(port, 10002, 10008);
        assert_int_equal(seen[(port - 10002) / 2]++, 0);
    }
    assert_int_equal(edge_ports_take(ports, 0, &port), -ENOSPC);
    assert_int_equal(edge_ports_used(ports), 4);
    edge_ports_free(ports);
}

static void test_a_freed_pair_rests(void **state)
{
    struct edge_ports *ports;
    uint16_t port;

    (void)state;
    assert_int_equal(edge_ports_new(20000, 20001, REST_NS, 0, &ports), 0);
    assert_int_equal(edge_ports_take(ports, 100, &port), 0);
    edge_ports_return(ports, port, 1000);
    edge_ports_return(ports, port, 5000); /* a second time changes nothing */
    assert_int_equal(edge_ports_used(ports), 0);
    assert_int_equal(edge_ports_take(ports, 1000 + REST_NS - 1, &port), -ENOSPC);
    assert_int_equal(edge_ports_take(ports, 1000 + REST_NS, &port), 0);
    edge_ports_return(ports, 1, 0);
    edge_ports_return(ports, 20002, 0);
    assert_int_equal(edge_ports_used(ports), 1);
    edge_ports_free(ports);
}

static void test_ranges_without_a_pair(void **state)
{
    struct edge_ports *ports;

    (void)state;
    assert_int_equal(edge_ports_new(0, 100, 0, 0, &ports), -EINVAL);
    assert_int_equal(edge_ports_new(101, 102, 0, 0, &ports), -EINVAL);
    assert_int_equal(edge_ports_new(200, 100, 0, 0, &ports), -EINVAL);
    assert_int_equal(edge_ports_new(65535, 65535, 0, 0, &ports), -EINVAL);
    assert_int_equal(edge_ports_new(65534, 65535, 0, 0, &ports), 0);
    edge_ports_free(ports);
}

static void test_a_call_gets_the_pair_it_had(void **state)
{
    struct edge_ports *ports;
    uint16_t port;

    (void)state;
    assert_int_equal(edge_ports_new(30000, 30003, 1000, 0, &ports), 0);
    assert_int_equal(edge_ports_claim(ports, 30002), 0);
    assert_int_equal(edge_ports_claim(ports, 30002), -EBUSY);
    assert_int_equal(edge_ports_claim(ports, 30001), -EINVAL);
    assert_int_equal(edge_ports_claim(ports, 30004), -EINVAL);
    assert_int_equal(edge_ports_claim(ports, 2), -EINVAL);
    assert_int_equal(edge_ports_used(ports), 1);
    assert_int_equal(edge_ports_take(ports, 1, &port), 0);
    assert_int_equal(port, 30000);
    assert_int_equal(edge_ports_take(ports, 1, &port), -ENOSPC);
    edge_ports_return(ports, 30002, 1);
    assert_int_equal(edge_ports_take(ports, 2, &port), -ENOSPC); /* it rests */
    assert_int_equal(edge_ports_claim(ports, 30002), 0);
    edge_ports_free(ports);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs_are_even_and_unique),
        cmocka_unit_test(test_a_freed_pair_rests),
        cmocka_unit_test(test_ranges_without_a_pair),
        cmocka_unit_test(test_a_call_gets_the_pair_it_had),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
