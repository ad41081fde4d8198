// SPDX-License-Identifier: GPL-2.0-or-later
// One run tells all mistakes: none hides another one beside it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "fg/bounds.h"
#include "fg/pack.h"
#include "numbering.h"
#include "pack_fixture.h"

#define HEAD                                                                                       \
    "fraudguard: 1\n"                                                                              \
    "pack: p\n"                                                                                    \
    "version: \"1.0.0\"\n"                                                                         \
    "scoring: {thresholds: {alert: 30, block: 80}}\n"                                              \
    "rules:\n"
#define WHEN "id: A, desc: d, score: 1, when: {src.known: false}"

static void assert_all_told(const struct fixture *fixture, const char *const *messages, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        bool told = false;
        for (uint32_t k = 0; k < fg_diags_total(fixture->diags) && !told; k++) {
            told = strstr(fg_diags_at(fixture->diags, k)->message, messages[i]) != NULL;
        }
        if (!told) {
            fail_msg("not told: %s", messages[i]);
        }
    }
    assert_int_equal(fg_diags_count(fixture->diags, FG_ERROR), n);
}

#define ASSERT_ALL_TOLD(fixture, messages)                                                         \
    assert_all_told((fixture), (messages), sizeof(messages) / sizeof((messages)[0]))

static void of_bounds(void **state)
{
    struct fixture *fixture = *state;
    struct fg_asserted_bounds bounds;
    static const char text[] = "fraudguard_bouns: 1\n"
                               "bounds:\n"
                               "  - {profile: office, channels: x, dayly_limit: 1}\n"
                               "  - {chanels: 3, daily_limit: y, hour_usd: z}\n";
    static const char *const told[] = {"unknown key 'fraudguard_bouns'",
                                       "file of bounds has no fraudguard_bounds",
                                       "channels must be",
                                       "unknown key 'dayly_limit'",
                                       "bound asserts nothing",
                                       "bound has no daily_limit",
                                       "unknown key 'chanels'",
                                       "bound has no profile",
                                       "bound has no channels",
                                       "daily_limit must be",
                                       "hour_usd must be"};
    assert_int_equal(
        fg_bounds_parse("b.yaml", text, sizeof(text) - 1, fixture->arena, fixture->diags, &bounds),
        FG_ESYNTAX);
    ASSERT_ALL_TOLD(fixture, told);
}

static void of_a_row(void **state)
{
    struct fixture *fixture = *state;
    const char *numbering = "prefix,country,type,digits\n1,USA,fixd,10-9\n";
    const char *rates = "prefix,usd_per_minute\nx,y\n44\xFF,1\n45,z\n46,\x1b\n";
    const char *codes = "calling_code,code\n,112\n";
    const struct fg_destination_files files = {.numbering = {"n.csv", numbering, strlen(numbering)},
                                               .emergency = {"e.csv", codes, strlen(codes)},
                                               .rates = {"r.csv", rates, strlen(rates)}};
    static const char *const told[] = {"'USA' is not a country",
                                       "'fixd' is not a type",
                                       "'10-9' is not a number of digits",
                                       "'x' is not a prefix",
                                       "'y' is not a price",
                                       "not UTF-8 text",
                                       "'z' is not a price",
                                       "control characters are not allowed"};
    struct fg_destinations known;
    assert_int_equal(fg_destinations_parse(&files, fixture->arena, fixture->diags, &known),
                     FG_ESYNTAX);
    ASSERT_ALL_TOLD(fixture, told);
    assert_int_equal(fg_diags_at(fixture->diags, 5)->line, 3);
    assert_int_equal(fg_diags_at(fixture->diags, 5)->column, 3);
}

static void of_a_throttle(void **state)
{
    struct fixture *fixture = *state;
    static const char *const told[] = {"the rate must be from 1", "burst must be", "custmer"};
    assert_int_equal(fixture_parse(fixture,
                                   HEAD "  - {" WHEN ", throttle_to: {rate: \"5/y\", burst: 0, "
                                        "key: custmer}}\n"),
                     FG_ESYNTAX);
    ASSERT_ALL_TOLD(fixture, told);
}

static void of_a_hold(void **state)
{
    struct fixture *fixture = *state;
    static const char *const told[] = {"growth must be from 1", "max is shorter than the hold",
                                       "unknown scope 'contry'"};
    assert_int_equal(fixture_parse(fixture,
                                   HEAD "  - {" WHEN ", hold: {scope: contry, for: 1h, growth: "
                                        "0.5, max: 15m}}\n"),
                     FG_ESYNTAX);
    ASSERT_ALL_TOLD(fixture, told);
}

#define USED "id: A, desc: d, score: 1, when: {calendar.o: closed}"

static void of_holidays(void **state)
{
    struct fixture *fixture = *state;
    static const char *const told[] = {"a holiday must be quoted: write \"2026-12-24\"",
                                       "a holiday is a date such as", "a holiday must be a text"};
    assert_int_equal(fixture_parse(fixture,
                                   HEAD "  - {" USED "}\n"
                                        "calendars:\n  o: {open: [\"Mon-Fri 09:00-17:00\"], "
                                        "holidays: [2026-12-24, \"2026-02-30\", []]}\n"),
                     FG_ESYNTAX);
    ASSERT_ALL_TOLD(fixture, told);
}

// Each is told once, and by its own name.
static void are_told_once(void **state)
{
    struct fixture *fixture = *state;
    static const char *const told[] = {"duplicate key 'o'", "a text may not hold a NUL",
                                       "'match' is empty"};
    assert_int_equal(fixture_parse(fixture,
                                   HEAD "  - {" USED ", mode: \"enforce\\0x\"}\n"
                                        "calendars:\n  o: {open: customer}\n"
                                        "  o: {open: customer}\n"
                                        "overrides:\n  - {match: {}, rule: A, replace: {score: "
                                        "2}, reason: r, owner: o, expires: never}\n"),
                     FG_ESYNTAX);
    ASSERT_ALL_TOLD(fixture, told);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(of_bounds), TEST(of_a_row),    TEST(of_a_throttle),
        TEST(of_a_hold), TEST(of_holidays), TEST(are_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
