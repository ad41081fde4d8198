// SPDX-License-Identifier: GPL-2.0-or-later
#include "ng_json.h"
#include "parse_error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static unsigned char memory[1 << 16];
static struct edge_ng_arena arena;

static int parse(struct edge_view bytes, struct edge_ng_value **out)
{
    edge_ng_arena_init(&arena, memory, sizeof(memory));
    return edge_ng_json_parse(bytes, &arena, out);
}

static void reads_every_type(void **state)
{
    struct edge_ng_value *value = NULL;
    int64_t number = 0;

    (void)state;
    assert_int_equal(parse(EDGE_VIEW("{\"call-id\":\"a\\u0000b\",\"n\":-7,\"t\":true,\"f\":false,"
                                     "\"z\":null,\"r\":2.9,\"l\":[\"x\",null,{}]}"),
                           &value),
                     0);
    const struct edge_view call_id = edge_ng_str(edge_ng_dict_get(value, EDGE_VIEW("call id")));
    assert_int_equal(call_id.len, 3);
    assert_memory_equal(call_id.ptr, "a\0b", 3);
    assert_int_equal(edge_ng_int(edge_ng_dict_get(value, EDGE_VIEW("n")), &number), 0);
    assert_int_equal(number, -7);
    assert_int_equal(edge_ng_int(edge_ng_dict_get(value, EDGE_VIEW("t")), &number), 0);
    assert_int_equal(number, 1);
    assert_int_equal(edge_ng_int(edge_ng_dict_get(value, EDGE_VIEW("r")), &number), 0);
    assert_int_equal(number, 2);
    assert_null(edge_ng_dict_get(value, EDGE_VIEW("z")));
    assert_int_equal(edge_ng_dict_get(value, EDGE_VIEW("l"))->n_children, 2);
}

static void refuses_malformed(void **state)
{
    static const struct {
        const char *text;
        int error;
    } rows[] = {
        {"", EDGE_ESYNTAX},
        {"[]", EDGE_ESYNTAX},
        {"{", EDGE_ESYNTAX},
        {"{} x", EDGE_ESYNTAX},
        {"{\"a\":1,}", EDGE_ESYNTAX},
        {"{\"a\\u0000\":1}", EDGE_ESYNTAX},
        {"{\"a\":\"\xff\"}", EDGE_ESYNTAX},
        {"{\"a\":99999999999999999999}", EDGE_ESYNTAX},
        {"{\"a\":1e300}", EDGE_ELIMIT},
        {"{\"a\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}", EDGE_ELIMIT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct edge_ng_value *value = NULL;

        assert_int_equal(parse(edge_view_of(rows[i].text), &value), rows[i].error);
        assert_null(value);
    }
}

static void writes_what_it_reads(void **state)
{
    static const struct edge_view text =
        EDGE_VIEW_INIT("{\"result\":\"ok\",\"tags\":{\"a\":{\"medias\":[1,\"x\"]}},\"n\":-5}");
    struct edge_ng_value *value = NULL;
    char written[128];
    size_t len = 0;

    (void)state;
    assert_int_equal(parse(text, &value), 0);
    assert_int_equal(edge_ng_json_format(value, written, sizeof(written), &len), 0);
    assert_int_equal(len, text.len);
    assert_memory_equal(written, text.ptr, len);
    for (size_t size = 0; size < text.len; size++)
        assert_int_equal(edge_ng_json_format(value, written, size, &len), EDGE_ENOSPACE);
    assert_int_equal(edge_ng_json_format(value->first, written, sizeof(written), &len),
                     EDGE_EINVALID);
}

static void mends_bytes_that_are_not_utf8(void **state)
{
    static const struct {
        struct edge_view text;
        const char *json;
    } rows[] = {
        {EDGE_VIEW_INIT("a\xff"
                        "b"),
         "[\"a\xef\xbf\xbd"
         "b\"]"},
        {EDGE_VIEW_INIT("\xc3\xa9"), "[\"\xc3\xa9\"]"},
        {EDGE_VIEW_INIT("\xc3"), "[\"\xef\xbf\xbd\"]"},
        {EDGE_VIEW_INIT("\xc0\x80"), "[\"\xef\xbf\xbd\xef\xbf\xbd\"]"},
        {EDGE_VIEW_INIT("\xf0\x9f\x98\x80"), "[\"\xf0\x9f\x98\x80\"]"},
        {EDGE_VIEW_INIT("\xed\xa0\x80"), "[\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"]"},
        {EDGE_VIEW_INIT("\"\n\0"), "[\"\\\"\\n\\u0000\"]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char written[64];
        size_t len = 0;

        edge_ng_arena_init(&arena, memory, sizeof(memory));
        struct edge_ng_value *list = edge_ng_value_new(&arena, EDGE_NG_LIST);
        assert_non_null(edge_ng_add_str(&arena, list, (struct edge_view){NULL, 0}, rows[i].text));
        assert_int_equal(edge_ng_json_format(list, written, sizeof(written), &len), 0);
        assert_int_equal(len, strlen(rows[i].json));
        assert_memory_equal(written, rows[i].json, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_type),
        cmocka_unit_test(refuses_malformed),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(mends_bytes_that_are_not_utf8),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
