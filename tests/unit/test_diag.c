// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fg/diag.h"
#include "fg/suggest.h"

static char *print(const struct fg_diags *diags, enum fg_diag_style style)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fg_diags_print(diags, style, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void human_output_is_sorted_and_points_at_the_word(void **state)
{
    (void)state;
    struct fg_diags *diags = fg_diags_new();
    struct fg_diag second = {.severity = FG_WARNING,
                             .code = "FG040",
                             .file = "r.yaml",
                             .line = 9,
                             .column = 3,
                             .length = 1,
                             .source = "\tx: 1"};
    struct fg_diag first = {.severity = FG_ERROR,
                            .code = "FG010",
                            .file = "r.yaml",
                            .line = 4,
                            .column = 5,
                            .length = 5,
                            .source = "    scoer: 1"};
    struct fg_diag whole = {.severity = FG_ERROR, .code = "FG005", .file = "a.yaml"};
    fg_diags_add(diags, &second, "unused");
    fg_diags_add(diags, &first, "unknown key '%s'", "scoer");
    fg_diags_add(diags, &whole, "cannot be read");
    char *text = print(diags, FG_DIAG_HUMAN);
    assert_string_equal(text, "a.yaml: error: cannot be read [FG005]\n"
                              "r.yaml:4:5: error: unknown key 'scoer' [FG010]\n"
                              "        scoer: 1\n"
                              "        ^~~~~\n"
                              "r.yaml:9:3: warning: unused [FG040]\n"
                              "    \tx: 1\n"
                              "    \t ^\n");
    free(text);
    assert_int_equal(fg_diags_count(diags, FG_ERROR), 2);
    assert_int_equal(fg_diags_count(diags, FG_WARNING), 1);
    fg_diags_free(diags);
}

static void json_output_escapes(void **state)
{
    (void)state;
    struct fg_diags *diags = fg_diags_new();
    struct fg_diag where = {
        .severity = FG_ERROR, .code = "FG001", .file = "a\"b", .line = 1, .column = 2};
    fg_diags_add(diags, &where, "tab\tend");
    char *text = print(diags, FG_DIAG_JSON);
    assert_string_equal(text, "[\n{\"severity\":\"error\",\"code\":\"FG001\",\"file\":\"a\\\"b\","
                              "\"line\":1,\"column\":2,\"length\":1,"
                              "\"message\":\"tab\\u0009end\"}\n]\n");
    free(text);
    fg_diags_free(diags);
}

static void files_cannot_speak_to_the_terminal(void **state)
{
    (void)state;
    struct fg_diags *diags = fg_diags_new();
    struct fg_diag where = {.severity = FG_ERROR,
                            .code = "FG001",
                            .file = "r/a\033]0;b.yaml",
                            .line = 1,
                            .column = 6,
                            .length = 2,
                            .source = "\t\033\302\233\303\251\377\033x"};
    fg_diags_add(diags, &where, "unknown '\033[2J\303\251\r\n\302'");
    char *text = print(diags, FG_DIAG_HUMAN);
    assert_string_equal(text,
                        "r/a\\x1b]0;b.yaml:1:6: error: unknown '\\x1b[2J\303\251\\x0d\\x0a\\xc2' "
                        "[FG001]\n"
                        "    \t\\x1b\\xc2\\x9b\303\251\\xff\\x1bx\n"
                        "    \t                 ^~~~~\n");
    free(text);
    FILE *out = NULL;
    size_t size = 0;
    text = NULL;
    out = open_memstream(&text, &size);
    assert_non_null(out);
    fg_diag_print_short(fg_diags_at(diags, 0), out);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, "a\\x1b]0;b.yaml:1:6: unknown '\\x1b[2J\303\251\\x0d\\x0a\\xc2'\n");
    free(text);
    text = print(diags, FG_DIAG_JSON);
    assert_non_null(strstr(text, "unknown '\\u001b[2J\303\251\\u000d\\u000a\\\\xc2'"));
    free(text);
    fg_diags_free(diags);
}

static void a_thousand_are_kept_and_the_rest_counted(void **state)
{
    (void)state;
    struct fg_diags *diags = fg_diags_new();
    struct fg_diag where = {.severity = FG_ERROR, .code = "FG001", .file = "a", .line = 1};
    for (int i = 0; i < 1500; i++) {
        fg_diags_add(diags, &where, "%d", i);
    }
    assert_int_equal(fg_diags_total(diags), 1000);
    assert_int_equal(fg_diags_count(diags, FG_ERROR), 1500);
    assert_string_equal(fg_diags_at(diags, 999)->message, "999");
    assert_null(fg_diags_at(diags, 1000));
    char *text = print(diags, FG_DIAG_HUMAN);
    assert_non_null(strstr(text, "... and 500 more\n"));
    free(text);
    fg_diags_free(diags);
}

static void a_slip_is_suggested_and_another_word_is_not(void **state)
{
    (void)state;
    static const char *const words[] = {"score", "steps", "when", "on"};
    assert_string_equal(fg_suggest(fg_view_of("scoer"), words, 4), "score"); // swapped
    assert_string_equal(fg_suggest(fg_view_of("step"), words, 4), "steps");
    assert_string_equal(fg_suggest(fg_view_of("WHEN"), words, 4), "when");
    assert_string_equal(fg_suggest(fg_view_of("whne"), words, 4), "when");
    assert_null(fg_suggest(fg_view_of("colour"), words, 4));
    assert_null(fg_suggest(fg_view_of("x"), words, 4));
    assert_null(fg_suggest(fg_view_of(""), words, 4));
    assert_int_equal(fg_edit_distance(fg_view_of("ca"), fg_view_of("abc"), 9), 3);
    assert_int_equal(fg_edit_distance(fg_view_of("kitten"), fg_view_of("sitting"), 9), 3);
    assert_int_equal(fg_edit_distance(fg_view_of("kitten"), fg_view_of("sitting"), 1), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(human_output_is_sorted_and_points_at_the_word),
        cmocka_unit_test(json_output_escapes),
        cmocka_unit_test(files_cannot_speak_to_the_terminal),
        cmocka_unit_test(a_thousand_are_kept_and_the_rest_counted),
        cmocka_unit_test(a_slip_is_suggested_and_another_word_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
