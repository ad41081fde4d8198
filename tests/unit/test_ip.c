// SPDX-License-Identifier: GPL-2.0-or-later
#include "ip.h"
#include "parse_error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void reads_and_writes_addresses(void **state)
{
    static const struct {
        const char *text;
        enum edge_ip_family family;
        bool is_null;
    } rows[] = {
        {"192.0.2.1", EDGE_IP4, false},
        {"0.0.0.0", EDGE_IP4, true},
        {"2001:db8::1", EDGE_IP6, false},
        {"::", EDGE_IP6, true},
        {"::ffff:192.0.2.1", EDGE_IP6, false},
        {"2001:db8:1234:5678:9abc:def0:1234:5678", EDGE_IP6, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[EDGE_IP_TEXT_MAX];
        struct edge_ip ip;

        assert_int_equal(edge_ip_parse(edge_view_of(rows[i].text), &ip), 0);
        assert_int_equal(ip.family, rows[i].family);
        assert_int_equal(edge_ip_is_null(&ip), rows[i].is_null);
        assert_int_equal(edge_ip_format(&ip, text), strlen(rows[i].text));
        assert_string_equal(text, rows[i].text);
    }
}

static void refuses_what_is_no_address(void **state)
{
    static const struct edge_view texts[] = {
        EDGE_VIEW_INIT(""),
        EDGE_VIEW_INIT("1.2.3"),
        EDGE_VIEW_INIT("1.2.3.4.5"),
        EDGE_VIEW_INIT("1.2.3.256"),
        EDGE_VIEW_INIT("1.2.3.4 "),
        EDGE_VIEW_INIT("1.2.3.4\0"),
        EDGE_VIEW_INIT("1.2.3.4\0x"),
        EDGE_VIEW_INIT("[::1]"),
        EDGE_VIEW_INIT("fe80::1%eth0"),
        EDGE_VIEW_INIT("::1/64"),
        EDGE_VIEW_INIT("1111111111111111111111111111111111111111111111111111111"),
        EDGE_VIEW_INIT("pbx.example.com"),
    };
    struct edge_ip ip = {EDGE_IP4, {9}};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_int_equal(edge_ip_parse(texts[i], &ip), EDGE_ESYNTAX);
    assert_int_equal(ip.bytes[0], 9);
}

static void compares_what_counts(void **state)
{
    const struct edge_ip a = {EDGE_IP4, {1, 2, 3, 4, 99}};
    const struct edge_ip b = {EDGE_IP4, {1, 2, 3, 4, 77}};
    const struct edge_ip c = {EDGE_IP6, {1, 2, 3, 4, 99}};
    const struct edge_ip none = {0};
    char text[EDGE_IP_TEXT_MAX];

    (void)state;
    assert_true(edge_ip_is_equal(&a, &b));
    assert_false(edge_ip_is_equal(&a, &c));
    assert_true(edge_ip_is_equal(&none, &none));
    assert_false(edge_ip_is_null(&none));
    assert_int_equal(edge_ip_format(&none, text), 0);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes_addresses),
        cmocka_unit_test(refuses_what_is_no_address),
        cmocka_unit_test(compares_what_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
