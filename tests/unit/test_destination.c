// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/destination.h"

#include "engine_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct fg_destination look_up(const struct world *world, const char *digits)
{
    struct fg_number number = {.len = (uint8_t)strlen(digits)};
    memcpy(number.digits, digits, number.len);
    struct fg_destination dest;
    fg_destination_lookup(&world->destinations, &number, FG_NUMBER_OK, NULL, &dest);
    return dest;
}

static void test_lookup(void **state)
{
    (void)state;
    static const struct {
        const char *digits, *country;
        enum fg_number_type type;
        fg_micro rate;
        bool rated;
    } cases[] = {{"442079460000", "GB", FG_TYPE_FIXED, 10000, true},
                 {"447012345678", "GB", FG_TYPE_PERSONAL, 30000, true},
                 {"447900900123", "GB", FG_TYPE_MOBILE, 30000, true},
                 {"449098790000", "GB", FG_TYPE_PREMIUM, 1500000, true},
                 {"445000000000", "GB", FG_TYPE_UNALLOCATED, 10000, true},
                 {"9607712345", "MV", FG_TYPE_MOBILE, 1200000, true},
                 {"9602000000", "MV", FG_TYPE_UNALLOCATED, 900000, true},
                 {"8821312345", "001", FG_TYPE_SATELLITE, 6000000, true},
                 {"37120000000", "LV", FG_TYPE_FIXED, 0, false},
                 {"2101234567", "??", FG_TYPE_UNALLOCATED, 0, false}};
    struct world world;
    world_init(&world);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fg_destination dest = look_up(&world, cases[i].digits);
        char country[4];
        fg_country_format(dest.country, country);
        assert_string_equal(country, cases[i].country);
        assert_int_equal(dest.type, cases[i].type);
        assert_int_equal(dest.usd_per_minute, cases[i].rate);
        assert_int_equal(dest.rated, cases[i].rated);
        assert_false(dest.emergency);
    }
    world_fini(&world);
}

static void test_without_data(void **state)
{
    (void)state;
    const struct fg_destinations nothing = {.numbering = NULL};
    const struct fg_number number = {.digits = "442079460000", .len = 12};
    struct fg_destination dest;
    fg_destination_lookup(&nothing, &number, FG_NUMBER_OK, NULL, &dest);
    assert_int_equal(dest.type, FG_TYPE_UNKNOWN);
    assert_false(dest.rated || dest.emergency);
    fg_destination_lookup(NULL, &number, FG_NUMBER_OK, NULL, &dest);
    assert_int_equal(dest.type, FG_TYPE_UNKNOWN);
}

static void test_riskier(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    static const char *const rising[] = {"442079460000", "447900900123", "9607712345",
                                         "8821312345",   "449098790000", "9602000000"};
    for (size_t i = 0; i < 6; i++) {
        for (size_t k = 0; k < 6; k++) {
            struct fg_destination a = look_up(&world, rising[i]);
            struct fg_destination b = look_up(&world, rising[k]);
            const struct fg_destination *riskier = fg_destination_riskier(&a, &b);
            assert_true(i == k || riskier == (i > k ? &a : &b));
        }
    }
    world_fini(&world);
}

static void test_ordinary(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    struct fg_country_set home = {{0}};
    fg_country_set_add(&home, fg_country_parse(fg_view_of("GB")));
    struct fg_destination dest = look_up(&world, "442079460000");
    assert_true(fg_destination_is_ordinary(&dest, &home));
    dest = look_up(&world, "449098790000");
    assert_false(fg_destination_is_ordinary(&dest, &home));
    dest = look_up(&world, "447012345678");
    assert_false(fg_destination_is_ordinary(&dest, &home)); // personal numbers are dear
    dest = look_up(&world, "12125551234");
    assert_false(fg_destination_is_ordinary(&dest, &home));
    world_fini(&world);
}

static bool is_emergency(const struct world *world, const char *user,
                         const struct fg_dial_plan *plan)
{
    struct fg_number_readings readings;
    struct fg_destination dest;
    fg_number_read(fg_view_of(user), fg_view_of(""), plan, &readings);
    assert_true(readings.n > 0);
    fg_destination_lookup(&world->destinations, &readings.reading[0], readings.status, plan, &dest);
    return dest.emergency;
}

static void test_emergency_in_every_spelling(void **state)
{
    (void)state;
    static const struct fg_dial_plan gb = {
        .international = {"00", "xx9"}, .trunk = "0", .country_code = "44"};
    static const struct fg_dial_plan us = {
        .international = {"011"}, .trunk = "1", .country_code = "1"};
    static const char *const british[] = {
        "999",  "112",   "911",    "9 9 9",    "%39%39%39", "999#",    "9999",   "0999",   "00999",
        "9112", "00112", "+44999", "0044 999", "+44-999",   "999;x=y", "999:pw", "*67999", "+112"};
    static const char *const american[] = {"911",  "9911", "1911", "+1911", "0911",
                                           "9112", "9-11", "112",  "00112", "01 1911"};
    // Begin or end as one, and are not.
    static const char *const others[] = {"9990",  "09990123456", "+449112345678", "9119",
                                         "99999", "+4411",       "118999",        "19999",
                                         "0990",  "91120",       "+4499912",      "8999"};
    struct world world;
    world_init(&world);
    for (size_t i = 0; i < sizeof(british) / sizeof(british[0]); i++) {
        if (!is_emergency(&world, british[i], &gb)) {
            fail_msg("%s is none", british[i]);
        }
    }
    for (size_t i = 0; i < sizeof(american) / sizeof(american[0]); i++) {
        if (!is_emergency(&world, american[i], &us)) {
            fail_msg("%s is none", american[i]);
        }
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (is_emergency(&world, others[i], &gb)) {
            fail_msg("%s is one", others[i]);
        }
    }
    assert_true(is_emergency(&world, "9112", NULL));
    assert_false(is_emergency(&world, "9999", NULL)); // 999 is British
    world_fini(&world);
}

static void test_type_names(void **state)
{
    (void)state;
    for (int i = 0; i < FG_TYPE_COUNT; i++) {
        enum fg_number_type type = FG_TYPE_COUNT;
        assert_int_equal(
            fg_number_type_parse(fg_view_of(fg_number_type_name((enum fg_number_type)i)), &type),
            FG_OK);
        assert_int_equal(type, i);
    }
    enum fg_number_type type = FG_TYPE_PAGER;
    assert_int_equal(fg_number_type_parse(fg_view_of("Premium"), &type), FG_ENOTFOUND);
    assert_int_equal(type, FG_TYPE_PAGER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lookup),
        cmocka_unit_test(test_without_data),
        cmocka_unit_test(test_riskier),
        cmocka_unit_test(test_ordinary),
        cmocka_unit_test(test_emergency_in_every_spelling),
        cmocka_unit_test(test_type_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
