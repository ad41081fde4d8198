// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct fg_dial_plan gb = {.international = {"00"}, .trunk = "0", .country_code = "44"};
static const struct fg_dial_plan us = {.international = {"011"}, .trunk = "1", .country_code = "1"};
static const struct fg_dial_plan no = {
    .international = {"00"}, .country_code = "47", .national_max_len = 8};
static const struct fg_dial_plan it = {.international = {"00"}, .country_code = "39"};
static const struct fg_dial_plan it_known = {
    .international = {"00"}, .country_code = "39", .national_max_len = 11};
static const struct fg_dial_plan ru = {.international = {"810"}, .trunk = "8", .country_code = "7"};

#define SHORT "s:"

struct reading_case {
    const char *user;
    const struct fg_dial_plan *plan;
    const char *wanted; // readings joined by "|"; SHORT in front of short codes; "" unreadable
};

#define DESCRIBED_MAX 64

static void describe(const struct fg_number_readings *readings, char out[DESCRIBED_MAX])
{
    (void)snprintf(out, DESCRIBED_MAX, "%s%s%s%s",
                   readings->status == FG_NUMBER_SHORT_CODE ? SHORT : "",
                   readings->n > 0 ? readings->reading[0].digits : "", readings->n > 1 ? "|" : "",
                   readings->n > 1 ? readings->reading[1].digits : "");
}

static void check(const struct reading_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct fg_number_readings readings;
        char described[DESCRIBED_MAX];
        fg_number_read(fg_view_of(cases[i].user), fg_view_of(""), cases[i].plan, &readings);
        describe(&readings, described);
        if (strcmp(described, cases[i].wanted) != 0) {
            print_error("case %zu: %s\n", i, cases[i].user);
        }
        assert_string_equal(described, cases[i].wanted);
        assert_int_equal(readings.status == FG_NUMBER_UNREADABLE, cases[i].wanted[0] == '\0');
    }
}
#define CHECK(cases) check(cases, sizeof(cases) / sizeof((cases)[0]))

static void test_spellings_of_one_number(void **state)
{
    (void)state;
    // The classes of ways to write +960 771 2345 that have been used to get past filters.
    static const char *const spellings[] = {
        "+9607712345",
        "++9607712345",
        "+009607712345",
        "+0119607712345",
        "009607712345",
        "00009607712345",
        "%2B9607712345",
        "%2b9607712345",
        "%30%30%39607712345",
        "%2B%39%36%30%37%37%31%32%33%34%35",
        "+960-771-2345",
        "+960.771.2345",
        "+960 771 2345",
        "+960%20771%202345",
        "(+960)7712345",
        "+(960)771-2345",
        "+9607712345;isub=1411",
        "+9607712345;ext=9",
        "+9607712345;postd=pp22",
        "+9607712345;rn=+442079460000;npdi",
        "+9607712345;cic=0288",
        "+9607712345;phone-context=example.com",
        "+9607712345:secret",
        "+9607712345;user=phone",
        "+9607712345%3Bisub=1",
        ("+960\xe2\x80\x90"
         "7712345"),
        ("+960\xc2\xa0"
         "7712345"),
        ("\xef\xbc\x8b\xef\xbc\x99\xef\xbc\x96\xef\xbc\x90"
         "7712345"),
        ("+\xd9\xa9\xd9\xa6\xd9\xa0"
         "7712345"),
        ("+\xdb\xb9\xdb\xb6\xdb\xb0"
         "7712345"),
        "%EF%BC%8B9607712345",
        "*67+9607712345",
        "*67009607712345",
        "*31#+9607712345",
        "#31#009607712345",
        ("+960\xe2\x80\x8b"
         "7712345"),
    };
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        struct fg_number_readings readings;
        fg_number_read(fg_view_of(spellings[i]), fg_view_of(""), &gb, &readings);
        if (readings.status != FG_NUMBER_OK || readings.n != 1) {
            print_error("spelling %zu: %s\n", i, spellings[i]);
        }
        assert_int_equal(readings.status, FG_NUMBER_OK);
        assert_int_equal(readings.n, 1);
        assert_string_equal(readings.reading[0].digits, "9607712345");
        assert_true(readings.international_prefix_seen);
    }
}

static void test_many_international_prefixes(void **state)
{
    (void)state;
    static const struct fg_dial_plan kr = {
        .international = {"001", "002", "005", "00345", "00700", "0073"},
        .trunk = "0",
        .country_code = "82",
        .national_max_len = 11};
    static const struct fg_dial_plan au = {
        .international = {"0011", "14110011"}, .trunk = "0", .country_code = "61"};
    static const struct fg_dial_plan sg = {
        .international = {"00x", "01x"}, .country_code = "65", .national_max_len = 8};
    static const struct fg_dial_plan hk = {
        .international = {"00", "001"}, .country_code = "852", .national_max_len = 8};
    static const struct fg_dial_plan fi = {
        .international = {"00", "99511"}, .trunk = "0", .country_code = "358"};
    static const struct reading_case cases[] = {
        {"0019607712345", &kr, "9607712345"},
        {"007009607712345", &kr, "9607712345"},
        {"00739607712345", &kr, "9607712345"},
        {"003459607712345", &kr, "9607712345"},
        {"00449607712345", &kr, "449607712345"}, // 00 where the plan does not name it
        {"0212345678", &kr, "82212345678"},
        {"141100119607712345", &au, "9607712345"},
        {"1411001", &au, "611411001|1411001"},
        {"0189607712345", &sg, "9607712345"},
        {"61234567", &sg, "6561234567"},
        {"00112125551234", &hk, "12125551234"}, // the longest prefix counts
        {"004420794600", &hk, "4420794600"},
        {"9951196077", &fi, "96077|3589951196077"}, // Helsinki's area code is 9
    };
    CHECK(cases);
}

static void test_british_plan(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"02079460000", &gb, "442079460000"},
        {"(020) 7946-0000", &gb, "442079460000"},
        {"01132000100", &gb, "441132000100"}, // Leeds, not international 011
        {"442079460000", &gb, "442079460000"},
        {"00442079460000", &gb, "442079460000"},
        {"+44 (0)20 7946 0000", &gb, "442079460000|4402079460000"},
        {"2079460000", &gb, "442079460000|2079460000"},
        {"9607712345", &gb, "449607712345|9607712345"},
        {"999", &gb, SHORT "999"},
        {"112", &gb, SHORT "112"},
        {"+112", &gb, "112"},
        {"00999", &gb, SHORT "00999"},
        {"116123", &gb, "44116123"}, // too short for any country code and number
        {"+4409098790000", &gb, "4409098790000|449098790000"},
        {"4409098790000", &gb, "4409098790000|449098790000"},
        {"004409098790000", &gb, "4409098790000|449098790000"},
        {"+4909001234567", &gb, "4909001234567"}, // nobody here knows the German trunk prefix
        {"09098790000", &gb, "449098790000"},
    };
    CHECK(cases);
}

static void test_other_plans(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"2125551234", &us, "12125551234"},
        {"12125551234", &us, "12125551234"},
        {"011442079460000", &us, "442079460000"},
        {"442079460000", &us, "442079460000"},
        {"0119607712345", &us, "9607712345"},
        {"1010288011442079460000", &us, "442079460000"},
        {"10102881"
         "2125551234",
         &us, "12125551234"},
        {"00442079460000", &us, "442079460000"},
        {"911", &us, SHORT "911"},
        {"22334455", &no, "4722334455"},
        {"4722334455", &no, "4722334455"},
        {"47334455", &no, "4747334455|47334455"},
        {"9607712345", &no, "9607712345"}, // no Norwegian number is as long
        {"39061234567", &it_known, "3939061234567|39061234567"},
        {"390612345678", &it_known, "390612345678"},
        {"3921234567", &it_known, "393921234567|3921234567"},
        {"3471234567", &it_known, "393471234567"},
        {"37121234567", &it_known, "3937121234567|37121234567"},
        {"004722334455", &no, "4722334455"},
        {"0669812345", &it, "390669812345"},
        {"3921234567", &it, "393921234567|3921234567"},
        {"390669812345", &it, "390669812345"},
        {"81044"
         "2079460000",
         &ru, "442079460000"},
        {"84951234567", &ru, "74951234567"},
        {"81049512345", &ru, "49512345|71049512345"},
    };
    CHECK(cases);
}

// The key that says "send" arrives with the number from some telephones.
static void test_a_hash_at_the_end(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"02079460000#", &gb, "442079460000"},
        {"+9607712345%23", &gb, "9607712345"},
        {"*67+9607712345#;isub=1", &gb, "9607712345"},
        {"999#", &gb, SHORT "999"},
        {"911%23", &us, SHORT "911"},
    };
    CHECK(cases);
}

static void test_without_plan(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"+442079460000", NULL, "442079460000"},
        {"00442079460000", NULL, "442079460000"},
        {"442079460000", NULL, "442079460000"},
        {"02079460000", NULL, ""},
        {"112", NULL, SHORT "112"},
        {"0119607712345", NULL, ""},
    };
    CHECK(cases);
}

static void test_unreadable(void **state)
{
    (void)state;
    static const struct reading_case cases[] = {
        {"", &gb, ""},
        {"+", &gb, ""},
        {"alice", &gb, ""},
        {"+44alice", &gb, ""},
        {"1800FLOWERS", &us, ""},
        {"+44%", &gb, ""},
        {"+44%4", &gb, ""},
        {"+44%zz", &gb, ""},
        {"%2500442079460000", &gb, ""}, // twice escaped stays a percent sign
        {"+442079460000%00", &gb, ""},
        {"+4420,,79460000", &gb, ""},
        {"+4420p79460000", &gb, ""},
        {"+44+2079460000", &gb, ""},
        {"442079460000+", &gb, ""},
        {"+1234567890123456", &gb, ""},
        {"0012345678901234567", &gb, ""},
        {"*98", &gb, ""},
        {"#", &gb, ""},
        {"##", &gb, ""},
        {"02079460000##", &gb, ""},
        {"020#79460000", &gb, ""},
        {"#31#", &gb, ""},
        {"*67", &gb, ""},
        {";isub=1", &gb, ""},
        {"anonymous", &gb, ""},
        {"12345678901234567890123456789012345", &gb, ""},
        {"+44/2079460000", &gb, ""},
        {"+44?2079460000", &gb, ""},
        {"\xd9", &gb, ""},
        {"+0000", &gb, ""},
        {"+44\n2079460000", &gb, ""},
        {"+442079460000;phone-context=+4x", &gb, ""},
    };
    CHECK(cases);
    struct fg_number_readings readings;
    fg_number_read((struct fg_view){.ptr = "+44\0002079460000", .len = 14}, fg_view_of(""), &gb,
                   &readings);
    assert_int_equal(readings.status, FG_NUMBER_UNREADABLE);
    static char huge[8000];
    memset(huge, '1', sizeof(huge));
    fg_number_read((struct fg_view){.ptr = huge, .len = sizeof(huge)}, fg_view_of(""), &gb,
                   &readings);
    assert_int_equal(readings.status, FG_NUMBER_UNREADABLE);
}

static void test_phone_context(void **state)
{
    (void)state;
    static const struct {
        const char *user, *context, *wanted;
    } cases[] = {
        {"7712345", "+960", "9607712345"},
        {"7712345", "%2B960", "9607712345"},
        {"7712345;phone-context=+960", "", "9607712345"},
        {"7712345;ISUB=1;Phone-Context=+960;x=y", "", "9607712345"},
        {"7712345%3Bphone-context=%2B960", "", "9607712345"},
        {"02079460000", "+44", "442079460000|4402079460000"},
        {"02079460000", "example.com", "442079460000"},
        {"+9607712345", "+44", "9607712345"},
        {"009607712345", "+44", "9607712345|4409607712345"},
        {"7712345", "bad context", ""},
        {"7712345", "+", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fg_number_readings readings;
        char described[DESCRIBED_MAX];
        fg_number_read(fg_view_of(cases[i].user), fg_view_of(cases[i].context), &gb, &readings);
        describe(&readings, described);
        assert_string_equal(described, cases[i].wanted);
    }
}

static void test_parse_e164(void **state)
{
    (void)state;
    struct fg_number number = {.len = 9};
    static const char *const bad[] = {"", "+", "44", "+44 20", "+1234567890123456", "+44a", "++44"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(fg_number_parse_e164(fg_view_of(bad[i]), &number), FG_ESYNTAX);
        assert_int_equal(number.len, 9);
    }
    assert_int_equal(fg_number_parse_e164(fg_view_of("+123456789012345"), &number), FG_OK);
    assert_string_equal(number.digits, "123456789012345");
    assert_int_equal(number.len, 15);
}

static void test_mask(void **state)
{
    (void)state;
    static const struct {
        const char *number, *masked;
    } cases[] = {{"+9607712345", "+96077***45"},
                 {"+123456789012345", "+12345********45"},
                 {"+12345678", "+12345*78"},
                 {"+1234567", "+123****"},
                 {"+112", "+1**"},
                 {"+1", "+*"}};
    char masked[FG_NUMBER_MASKED_MAX];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fg_number number;
        assert_int_equal(fg_number_parse_e164(fg_view_of(cases[i].number), &number), FG_OK);
        fg_number_mask(&number, masked);
        assert_string_equal(masked, cases[i].masked);
    }
    fg_number_mask(&(struct fg_number){.len = 0}, masked);
    assert_string_equal(masked, "-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spellings_of_one_number),
        cmocka_unit_test(test_many_international_prefixes),
        cmocka_unit_test(test_british_plan),
        cmocka_unit_test(test_other_plans),
        cmocka_unit_test(test_a_hash_at_the_end),
        cmocka_unit_test(test_without_plan),
        cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_phone_context),
        cmocka_unit_test(test_parse_e164),
        cmocka_unit_test(test_mask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
