// SPDX-License-Identifier: GPL-2.0-or-later
#include "hold_message.h"
#include "parse_error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static unsigned char memory[65536];

static int parse(const char *text, struct edge_hold_message *out)
{
    static struct edge_ng_arena arena;

    edge_ng_arena_init(&arena, memory, sizeof(memory));
    return edge_hold_message_parse(edge_view_of(text), &arena, out);
}

static void test_the_three_operations(void **state)
{
    struct edge_hold_message message;

    (void)state;
    assert_int_equal(
        parse("{\"v\":1,\"op\":\"hold\",\"customer\":\"initech\",\"scope\":\"customer\","
              "\"until_ms\":1795310900000,\"cut\":true,\"more\":[1]}",
              &message),
        0);
    assert_int_equal(message.op, EDGE_HOLD_PLACE);
    assert_true(edge_view_is_equal(message.customer, EDGE_VIEW("initech")));
    assert_true(message.cut);
    assert_int_equal(message.until_ms, 1795310900000);
    assert_int_equal(
        parse("{\"op\":\"release\",\"customer\":\"a.b_c-9\",\"scope\":\"risky\"}", &message), 0);
    assert_int_equal(message.op, EDGE_HOLD_RELEASE);
    assert_int_equal(parse("{\"op\":\"kill\",\"call_id\":\"x@y\",\"until_ms\":5}", &message), 0);
    assert_int_equal(message.op, EDGE_HOLD_KILL);
    assert_false(message.cut);
}

static void test_what_is_no_message(void **state)
{
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        "{\"op\":\"dance\",\"customer\":\"a\",\"scope\":\"customer\",\"until_ms\":5}",
        "{\"op\":\"hold\",\"customer\":\"A\",\"scope\":\"customer\",\"until_ms\":5}",
        "{\"op\":\"hold\",\"customer\":\"a b\",\"scope\":\"customer\",\"until_ms\":5}",
        "{\"op\":\"hold\",\"customer\":\"\",\"scope\":\"customer\",\"until_ms\":5}",
        "{\"op\":\"hold\",\"customer\":\"a\",\"until_ms\":5}",
        "{\"op\":\"hold\",\"customer\":\"a\",\"scope\":\"customer\"}",
        "{\"op\":\"hold\",\"customer\":\"a\",\"scope\":\"customer\",\"until_ms\":-5}",
        "{\"op\":\"kill\",\"until_ms\":5}",
        "{\"op\":\"kill\",\"call_id\":\"x\"}",
        "{\"op\":\"kill\",\"call_id\":5,\"until_ms\":5}",
    };
    struct edge_hold_message message;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_int_not_equal(parse(texts[i], &message), 0);
}

static void test_a_call_id_in_hex_counts(void **state)
{
    static const char *const unreadable[] = {
        "{\"op\":\"kill\",\"call_id\":\"x\",\"call_id_hex\":\"\",\"until_ms\":5}",
        "{\"op\":\"kill\",\"call_id\":\"x\",\"call_id_hex\":\"6\",\"until_ms\":5}",
        "{\"op\":\"kill\",\"call_id\":\"x\",\"call_id_hex\":\"6g\",\"until_ms\":5}",
        "{\"op\":\"kill\",\"call_id\":\"x\",\"call_id_hex\":\"6A\",\"until_ms\":5}",
        "{\"op\":\"kill\",\"call_id\":\"x\",\"call_id_hex\":7,\"until_ms\":5}",
    };
    struct edge_hold_message message;

    (void)state;
    assert_int_equal(
        parse("{\"op\":\"kill\",\"call_id\":\"a\\\\x01\",\"call_id_hex\":\"610100ff7a\","
              "\"until_ms\":5}",
              &message),
        0);
    assert_true(edge_view_is_equal(message.call_id, EDGE_VIEW("a\x01\0\xffz")));
    assert_int_equal(parse("{\"op\":\"kill\",\"call_id_hex\":\"61\",\"until_ms\":5}", &message), 0);
    assert_true(edge_view_is_equal(message.call_id, EDGE_VIEW("a")));
    for (size_t i = 0; i < sizeof(unreadable) / sizeof(unreadable[0]); i++)
        assert_int_not_equal(parse(unreadable[i], &message), 0);
}

static void test_lengths_are_bounded(void **state)
{
    char text[EDGE_HOLD_MESSAGE_MAX + 2];
    char customer[66];
    struct edge_hold_message message;

    (void)state;
    memset(text, ' ', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(parse(text, &message), EDGE_ELIMIT);
    memset(customer, 'a', sizeof(customer));
    assert_true(edge_hold_customer_is_valid((struct edge_view){customer, 64}));
    assert_false(edge_hold_customer_is_valid((struct edge_view){customer, 65}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_three_operations),
        cmocka_unit_test(test_what_is_no_message),
        cmocka_unit_test(test_a_call_id_in_hex_counts),
        cmocka_unit_test(test_lengths_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
