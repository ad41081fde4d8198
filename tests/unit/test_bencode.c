// SPDX-License-Identifier: GPL-2.0-or-later
#include "bencode.h"
#include "parse_error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static unsigned char memory[1 << 20];

static int parse(struct edge_view bytes, struct edge_ng_value **out)
{
    struct edge_ng_arena arena;

    edge_ng_arena_init(&arena, memory, sizeof(memory));
    return edge_bencode_parse(bytes, &arena, out);
}

static void reads_and_writes_every_type(void **state)
{
    static const struct edge_view texts[] = {
        EDGE_VIEW_INIT("d1:bi1e1:ai-2ee"),
        EDGE_VIEW_INIT("i0e"),
        EDGE_VIEW_INIT("i-9223372036854775808e"),
        EDGE_VIEW_INIT("i9223372036854775807e"),
        EDGE_VIEW_INIT("0:"),
        EDGE_VIEW_INIT("3:a\0b"),
        EDGE_VIEW_INIT("ld0:leele1:xe"),
        EDGE_VIEW_INIT("d1:ai1e1:ai2ee"),
    };
    char written[64];
    size_t len = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct edge_ng_value *value = NULL;

        assert_int_equal(parse(texts[i], &value), 0);
        assert_int_equal(edge_bencode_format(value, written, sizeof(written), &len), 0);
        assert_int_equal(len, texts[i].len);
        assert_memory_equal(written, texts[i].ptr, len);
        assert_int_equal(edge_bencode_format(value, written, len - 1, &len), EDGE_ENOSPACE);
    }
}

static void refuses_malformed(void **state)
{
    static const char *const texts[] = {
        "",
        "i",
        "ie",
        "i-e",
        "i-0e",
        "i01e",
        "i1x2e",
        "i 1e",
        "i9223372036854775808e",
        "i-9223372036854775809e",
        "5:abc",
        "01:a",
        "-1:a",
        "4294967296:a",
        "18446744073709551617:a",
        "99999999999999999999999:a",
        "l",
        "d",
        "d1:a",
        "d1:ae",
        "di1ei2ee",
        "d1:ai1ee ",
        "x",
        "e",
        ":",
        "1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct edge_ng_value *value = NULL;

        assert_int_equal(parse(edge_view_of(texts[i]), &value), EDGE_ESYNTAX);
        assert_null(value);
    }
}

static void bounds_depth(void **state)
{
    char text[2 * (EDGE_NG_DEPTH_MAX + 1)];
    struct edge_ng_value *value = NULL;
    const size_t most = EDGE_NG_DEPTH_MAX;

    (void)state;
    memset(text, 'l', most);
    memset(text + most, 'e', most);
    assert_int_equal(parse((struct edge_view){text, 2 * most}, &value), 0);
    memset(text, 'l', most + 1);
    memset(text + most + 1, 'e', most + 1);
    assert_int_equal(parse((struct edge_view){text, 2 * most + 2}, &value), EDGE_ELIMIT);
}

static void bounds_nodes_and_bytes(void **state)
{
    static char text[3 * EDGE_NG_NODES_MAX + 2];
    static unsigned char large[(EDGE_NG_NODES_MAX + 2) * sizeof(struct edge_ng_value)];
    struct edge_ng_arena arena;
    struct edge_ng_value *value = NULL;

    (void)state;
    text[0] = 'l';
    for (size_t i = 0; i < EDGE_NG_NODES_MAX; i++)
        memcpy(text + 1 + 3 * i, "1:x", 3);
    text[sizeof(text) - 1] = 'e';
    edge_ng_arena_init(&arena, large, sizeof(large));
    assert_int_equal(edge_bencode_parse((struct edge_view){text, sizeof(text)}, &arena, &value),
                     EDGE_ELIMIT);
    text[1 + 3 * (EDGE_NG_NODES_MAX - 1)] = 'e';
    edge_ng_arena_reset(&arena);
    assert_int_equal(edge_bencode_parse((struct edge_view){text, 2 + 3 * (EDGE_NG_NODES_MAX - 1)},
                                        &arena, &value),
                     0);
    assert_int_equal(value->n_children, EDGE_NG_NODES_MAX - 1);

    // One byte at a time, an arena is either too small or enough; it is never overrun.
    for (size_t size = 0; size < 4 * sizeof(struct edge_ng_value); size++) {
        edge_ng_arena_init(&arena, large + 1, size);
        const int rc = edge_bencode_parse(EDGE_VIEW("d1:a1:be"), &arena, &value);
        assert_true(rc == 0 || rc == EDGE_ELIMIT);
        assert_true(arena.used_bytes <= size);
        if (size < 2 * sizeof(struct edge_ng_value))
            assert_int_equal(rc, EDGE_ELIMIT);
    }
}

static void finds_names_in_every_spelling(void **state)
{
    struct edge_ng_value *value = NULL;

    (void)state;
    assert_int_equal(parse(EDGE_VIEW("d7:call-id1:17:call id1:27:CALL_ID1:33:foo1:4e"), &value), 0);
    assert_true(edge_view_is_equal(edge_ng_str(edge_ng_dict_get(value, EDGE_VIEW("call-id"))),
                                   EDGE_VIEW("3")));
    assert_null(edge_ng_dict_get(value, EDGE_VIEW("callid")));
    assert_null(edge_ng_dict_get(NULL, EDGE_VIEW("foo")));
    assert_null(edge_ng_dict_get(value->first, EDGE_VIEW("foo")));
}

static void reads_numbers_from_text(void **state)
{
    struct edge_ng_value *value = NULL;
    int64_t number = 77;

    (void)state;
    assert_int_equal(parse(EDGE_VIEW("3:-12"), &value), 0);
    assert_int_equal(edge_ng_int(value, &number), 0);
    assert_int_equal(number, -12);
    assert_int_equal(parse(EDGE_VIEW("20:-9223372036854775808"), &value), 0);
    assert_int_equal(edge_ng_int(value, &number), 0);
    assert_true(number == INT64_MIN);
    number = 77;
    assert_int_equal(parse(EDGE_VIEW("19:9223372036854775808"), &value), 0);
    assert_int_equal(edge_ng_int(value, &number), EDGE_ESYNTAX);
    assert_int_equal(parse(EDGE_VIEW("2:1 "), &value), 0);
    assert_int_equal(edge_ng_int(value, &number), EDGE_ESYNTAX);
    assert_int_equal(parse(EDGE_VIEW("le"), &value), 0);
    assert_int_equal(edge_ng_int(value, &number), EDGE_ENOENT);
    assert_int_equal(number, 77);
}

static void wipes_its_arena(void **state)
{
    struct edge_ng_arena arena;
    unsigned char mem[512];

    (void)state;
    memset(mem, 0, sizeof(mem));
    edge_ng_arena_init(&arena, mem, sizeof(mem));
    (void)edge_ng_str_copy(&arena, EDGE_VIEW("a secret"));
    assert_non_null(memmem(mem, sizeof(mem), "a secret", 8));
    edge_ng_arena_wipe(&arena);
    assert_null(memmem(mem, sizeof(mem), "a secret", 8));
}

static void every_error_has_a_text(void **state)
{
    (void)state;
    for (int code = 0; code > EDGE_ERROR_END; code--) {
        assert_non_null(edge_error_text(code));
        assert_string_not_equal(edge_error_text(code), "unknown error");
    }
    assert_string_equal(edge_error_text(1), "unknown error");
    assert_string_equal(edge_error_text(EDGE_ERROR_END), "unknown error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes_every_type),
        cmocka_unit_test(refuses_malformed),
        cmocka_unit_test(bounds_depth),
        cmocka_unit_test(bounds_nodes_and_bytes),
        cmocka_unit_test(finds_names_in_every_spelling),
        cmocka_unit_test(reads_numbers_from_text),
        cmocka_unit_test(wipes_its_arena),
        cmocka_unit_test(every_error_has_a_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
