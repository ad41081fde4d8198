// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/err.h"

#include "fg/country.h"
#include "fg/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_every_code_has_name_and_text(void **state)
{
    (void)state;
#define CHECK(name, code, text)                                                                    \
    assert_string_equal(fg_error_name(name), #name);                                               \
    assert_string_equal(fg_strerror(name), text);                                                  \
    assert_true((name) < 0);
    FG_ERRORS(CHECK)
#undef CHECK
    assert_string_equal(fg_strerror(FG_OK), "success");
    assert_string_equal(fg_strerror(-12345), "unknown error");
}

static void test_views_compare_by_length(void **state)
{
    (void)state;
    struct fg_view with_nul = {.ptr = "a\0b", .len = 3};
    struct fg_view other_nul = {.ptr = "a\0c", .len = 3};
    assert_false(fg_view_equal(with_nul, other_nul));
    assert_false(fg_view_equal(with_nul, fg_view_of("a")));
    assert_true(fg_view_equal(fg_view_of(NULL), fg_view_of("")));
    assert_true(fg_view_equal_nocase(fg_view_of("SIP.Acme"), fg_view_of("sip.aCME")));
    assert_false(fg_view_equal_nocase(fg_view_of("\xc3\x84"), fg_view_of("\xc3\xa4")));
    assert_false(fg_view_equal_nocase(fg_view_of("@"), fg_view_of("`")));
}

static void test_countries(void **state)
{
    (void)state;
    char text[4];
    struct fg_country_set set = {{0}};
    for (int a = 'A'; a <= 'Z'; a++) {
        for (int b = 'A'; b <= 'Z'; b++) {
            const char name[] = {(char)a, (char)b, '\0'};
            fg_country country = fg_country_parse(fg_view_of(name));
            assert_true(country > 0 && country < FG_COUNTRY_WORLD);
            fg_country_format(country, text);
            assert_string_equal(text, name);
            assert_false(fg_country_set_has(&set, country));
            fg_country_set_add(&set, country);
            assert_true(fg_country_set_has(&set, country));
        }
    }
    assert_int_equal(fg_country_parse(fg_view_of("001")), FG_COUNTRY_WORLD);
    fg_country_format(FG_COUNTRY_WORLD, text);
    assert_string_equal(text, "001");
    fg_country_format(FG_COUNTRY_NONE, text);
    assert_string_equal(text, "??");
    assert_int_equal(fg_country_parse(fg_view_of("gb")), FG_COUNTRY_NONE);
    assert_int_equal(fg_country_parse(fg_view_of("GBR")), FG_COUNTRY_NONE);
    assert_false(fg_country_set_has(&set, FG_COUNTRY_NONE));
    assert_false(fg_country_set_has(&set, 60000));
    fg_country_set_add(&set, 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_has_name_and_text),
        cmocka_unit_test(test_views_compare_by_length),
        cmocka_unit_test(test_countries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
