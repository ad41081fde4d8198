// SPDX-License-Identifier: GPL-2.0-or-later
#include "ng_frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char ping[] = "d7:command4:pinge";

/* Reads `text` byte by byte; the length of the message, 0 when it is not complete. */
static size_t read_slowly(struct edge_ng_frame *frame, const char *text, size_t len)
{
    for (size_t n = 1; n <= len; n++) {
        switch (edge_ng_frame_read(frame, (struct edge_view){text, n})) {
        case EDGE_NG_FRAME_DONE:
            return frame->at;
        case EDGE_NG_FRAME_BAD:
            fail_msg("bad after %zu bytes of %s", n, text);
            break;
        case EDGE_NG_FRAME_MORE:
            break;
        }
    }
    return 0;
}

static void test_messages_end_where_they_end(void **state)
{
    static const struct {
        const char *text;
        size_t length;
        size_t body;
    } cases[] = {
        {"d7:command4:pinge", 17, 0},
        {"d7:command4:pinged7:comm", 17, 0},
        {"17_4 d7:command4:pinge", 22, 5},
        {"d1a2 d7:command4:pinge", 22, 5},
        {"de5f {\"command\":\"ping\"}", 23, 5},
        {"{\"command\":\"p}\\\"ing\",\"l\":[{}]}x", 30, 0},
        {"d1:ald1:xi-7eeee", 16, 0},
        {"d1:a3:i1ee", 10, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct edge_ng_frame slow = {0};
        struct edge_ng_frame fast = {0};
        const struct edge_view whole = edge_view_of(cases[i].text);

        assert_int_equal(read_slowly(&slow, whole.ptr, whole.len), cases[i].length);
        assert_int_equal(slow.body, cases[i].body);
        assert_int_equal(edge_ng_frame_read(&fast, whole), EDGE_NG_FRAME_DONE);
        assert_int_equal(fast.at, cases[i].length);
    }
}

static void test_what_is_no_message_is_given_up(void **state)
{
    static const char *const bad[] = {
        "cookie x",           " d1:a1:be", "c d12345678901234:",
        "d1:xxyzzy123456789", "c lxe",     "c di12345678901234567890123456e1:xe"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct edge_ng_frame frame = {0};

        if (edge_ng_frame_read(&frame, edge_view_of(bad[i])) != EDGE_NG_FRAME_BAD)
            fail_msg("%s", bad[i]);
    }
}

static void test_the_beginning_of_one_asks_for_more(void **state)
{
    (void)state;
    for (size_t n = 0; n + 1 < sizeof(ping) - 1; n++) {
        struct edge_ng_frame frame = {0};

        assert_int_equal(edge_ng_frame_read(&frame, (struct edge_view){ping, n}),
                         EDGE_NG_FRAME_MORE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_end_where_they_end),
        cmocka_unit_test(test_what_is_no_message_is_given_up),
        cmocka_unit_test(test_the_beginning_of_one_asks_for_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
