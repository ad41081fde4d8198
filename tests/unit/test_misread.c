// SPDX-License-Identifier: GPL-2.0-or-later
// What YAML 1.1 makes of words that are not quoted; PyYAML reads them the same.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "misread.h"

static void misread(const char *word, const char *as)
{
    char out[FG_MISREAD_MAX];
    char expected[FG_MISREAD_MAX];
    assert_true(fg_misread(fg_view_of(word), out));
    (void)snprintf(expected, sizeof(expected), "unquoted %s is %s to other tools", word, as);
    assert_string_equal(out, expected);
}

static void words_that_other_tools_take_for_something_else(void **state)
{
    (void)state;
    misread("NO", "'false'");
    misread("No", "'false'");
    misread("off", "'false'");
    misread("y", "'true'");
    misread("YES", "'true'");
    misread("+44", "the number 44");
    misread("-7", "the number -7");
    misread("0033", "the number 27");
    misread("0089", "the number 89");
    misread("00", "the number 0");
    misread("441632960000", "the number 441632960000");
    misread("12:30", "the number 750");
    misread("1:5", "the number 65");
    misread("1.10", "the number 1.1");
    misread("2.00", "the number 2.0");
    misread("2027-03-31", "a date");
    misread("2026-11-20T10:00:00Z", "a date");
    misread("2026-11-20 10:00:00.5 +01:00", "a date");
    misread("null", "nothing");
    misread("Null", "nothing");
    misread("~", "nothing");
    misread("-1.5", "a number");
    misread(".5", "a number");
    misread("1.", "a number");
    misread("1e3", "a number");
    misread("1.5E-3", "a number");
    misread("1234567890123456", "a number");
}

static void words_that_stay_what_they_are(void **state)
{
    (void)state;
    static const char *const words[] = {"",
                                        "GB",
                                        "nO",
                                        "08:30",
                                        "12:75",
                                        "12:300",
                                        "1.2.3",
                                        ".",
                                        "1e",
                                        "1.e+",
                                        "e3",
                                        "nUll",
                                        "2026-11-20 the second wave",
                                        "+",
                                        "+96O",
                                        "00x",
                                        ":",
                                        "customer",
                                        "1-2",
                                        "20:",
                                        "-",
                                        "2027-3-31",
                                        "a word that is much longer than any of these"};
    char out[FG_MISREAD_MAX];
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        assert_false(fg_misread(fg_view_of(words[i]), out));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_that_other_tools_take_for_something_else),
        cmocka_unit_test(words_that_stay_what_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
