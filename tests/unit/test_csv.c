// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "numbering.h"
#include "pack_fixture.h"

static struct fg_named_bytes file(const char *text)
{
    return (struct fg_named_bytes){"t.csv", text, strlen(text)};
}

static void assert_diag(const struct fixture *fixture, uint32_t i, uint32_t line, uint32_t column,
                        const char *message)
{
    const struct fg_diag *diag = fg_diags_at(fixture->diags, i);
    assert_non_null(diag);
    assert_string_equal(diag->message, message);
    assert_int_equal(diag->line, line);
    assert_int_equal(diag->column, column);
}

static void spreadsheets_are_read(void **state)
{
    struct fixture *fixture = *state;
    struct fg_prefix_list list;
    struct fg_prefix_match match;
    assert_int_equal(fg_prefix_list_parse(file("\xEF\xBB\xBFnote,x,Prefix\r\n"
                                               "\"Maldives, \"\"mobile\"\"\",,+9607\r\n"
                                               "\r\n"
                                               "# comment\r\n"
                                               ",,96077\r\n"),
                                          fixture->arena, fixture->diags, &list),
                     FG_OK);
    assert_int_equal(list.n, 2);
    assert_int_equal(fg_prefix_lookup(list.prefixes, "9607112345", 10, &match), FG_OK);
    assert_int_equal(match.len, 4);
    assert_string_equal(list.notes[match.value], "Maldives, \"mobile\"");
    assert_int_equal(fg_prefix_lookup(list.prefixes, "9607712345", 10, &match), FG_OK);
    assert_int_equal(match.len, 5);
    assert_null(list.notes[match.value]);
    assert_int_equal(fg_diags_total(fixture->diags), 0);
}

static void every_bad_row_is_reported_with_its_place(void **state)
{
    struct fixture *fixture = *state;
    struct fg_prefix_list list;
    assert_int_equal(fg_prefix_list_parse(file("prefix,note\n"
                                               "44a,letters\n"
                                               "44,first\n"
                                               "x,\"open\n"
                                               "44,again\n"),
                                          fixture->arena, fixture->diags, &list),
                     FG_ESYNTAX);
    assert_int_equal(fg_diags_total(fixture->diags), 3);
    assert_diag(fixture, 0, 2, 1, "'44a' is not a prefix of 1 to 15 digits");
    assert_diag(fixture, 1, 4, 3, "a quoted field must end with '\"' before a comma");
    assert_diag(fixture, 2, 5, 1, "prefix 44 is there already, in line 3");
    assert_string_equal(fg_diags_at(fixture->diags, 1)->source, "x,\"open");
}

static void a_missing_column_is_named(void **state)
{
    struct fixture *fixture = *state;
    struct fg_countries countries;
    assert_int_equal(fg_countries_parse(file("country,trunk\nGB,0\n"), fixture->arena,
                                        fixture->diags, &countries),
                     FG_ESYNTAX);
    assert_int_equal(fg_diags_total(fixture->diags), 2);
    assert_diag(fixture, 0, 1, 1, "the header row has no column 'calling_code'");
    assert_diag(fixture, 1, 1, 1, "the header row has no column 'international'");
}

static void countries_have_one_or_many_international_prefixes(void **state)
{
    struct fixture *fixture = *state;
    struct fg_countries countries;
    assert_int_equal(
        fg_countries_parse(file("country,calling_code,international,trunk\nGB,44,00,0\n"
                                "AU,61,0011  0014 14110011 ,0\nSG,65,00x 01x,\nRU,7,,8\n"),
                           fixture->arena, fixture->diags, &countries),
        FG_OK);
    const struct fg_dial_plan *au = &fg_countries_by_code(&countries, "61")->dial_plan;
    assert_string_equal(fg_countries_by_code(&countries, "44")->dial_plan.international[0], "00");
    assert_string_equal(au->international[0], "0011");
    assert_string_equal(au->international[1], "0014");
    assert_string_equal(au->international[2], "14110011");
    assert_string_equal(au->international[3], "");
    assert_string_equal(fg_countries_by_code(&countries, "65")->dial_plan.international[1], "01x");
    assert_string_equal(fg_countries_by_code(&countries, "7")->dial_plan.international[0], "");
    static const char *const wrong[] = {"001100110", "00y",
                                        "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17"};
    for (uint32_t i = 0; i < 3; i++) {
        char text[200];
        (void)snprintf(text, sizeof(text), "country,calling_code,international,trunk\nGB,44,%s,0\n",
                       wrong[i]);
        assert_int_equal(fg_countries_parse(file(text), fixture->arena, fixture->diags, &countries),
                         FG_ESYNTAX);
        assert_diag(fixture, i, 2, 7, "at most 16 international prefixes of at most 8 digits or x");
    }
}

static void an_empty_file_is_no_table(void **state)
{
    struct fixture *fixture = *state;
    struct fg_prefix_list list;
    assert_int_equal(fg_prefix_list_parse(file(""), fixture->arena, fixture->diags, &list),
                     FG_ESYNTAX);
    assert_diag(fixture, 0, 0, 0, "the file is empty; a header row is expected");
}

static void control_characters_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct fg_prefix_list list;
    struct fg_named_bytes bytes = {"t.csv", "prefix\n4\0004\n", 11};
    assert_int_equal(fg_prefix_list_parse(bytes, fixture->arena, fixture->diags, &list),
                     FG_ESYNTAX);
    assert_diag(fixture, 0, 2, 2, "control characters are not allowed");
}

static void destinations_come_from_three_files(void **state)
{
    struct fixture *fixture = *state;
    struct fg_destination_files files = {
        .numbering =
            file("prefix,country,type\n44,GB,unallocated\n447,GB,mobile\n44909,GB,premium\n"),
        .emergency = file("calling_code,code\n,112\n44,999\n"),
        .rates = file("prefix,usd_per_minute,note\n44,0.0125,x\n4490,1.5,y\n")};
    struct fg_destinations known;
    assert_int_equal(fg_destinations_parse(&files, fixture->arena, fixture->diags, &known), FG_OK);
    struct fg_number number;
    struct fg_destination dest;
    assert_int_equal(fg_number_parse_e164(fg_view_of("+449098790001"), &number), FG_OK);
    fg_destination_lookup(&known, &number, FG_NUMBER_OK, NULL, &dest);
    assert_int_equal(dest.type, FG_TYPE_PREMIUM);
    assert_int_equal(dest.usd_per_minute, 1500000);
    assert_int_equal(dest.country, fg_country_parse(fg_view_of("GB")));
    assert_int_equal(strlen(known.digest), 64);
    char first[65];
    memcpy(first, known.digest, sizeof(first));
    files.rates = file("prefix,usd_per_minute,note\n44,0.0126,x\n");
    assert_int_equal(fg_destinations_parse(&files, fixture->arena, fixture->diags, &known), FG_OK);
    assert_string_not_equal(first, known.digest);
}

static void ranges_may_say_how_many_digits_their_numbers_have(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *digits;
        uint8_t least, most;
    } good[] = {{"", 0, 0}, {"11", 11, 11}, {"7-12", 7, 12}, {"1-15", 1, 15}};
    static const char *const bad[] = {"0", "16", "12-7", "7-", "-7", "7-12-13", "x", "7 12", "0-9"};
    char text[96];
    struct fg_destination_files files = {.emergency = file("calling_code,code\n,112\n"),
                                         .rates = file("prefix,usd_per_minute\n44,1\n")};
    struct fg_destinations known;
    struct fg_number number;
    struct fg_destination dest;
    assert_int_equal(fg_number_parse_e164(fg_view_of("+442"), &number), FG_OK);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        (void)snprintf(text, sizeof(text), "prefix,country,type,digits\n44,GB,fixed,%s\n",
                       good[i].digits);
        files.numbering = file(text);
        assert_int_equal(fg_destinations_parse(&files, fixture->arena, fixture->diags, &known),
                         FG_OK);
        fg_destination_lookup(&known, &number, FG_NUMBER_OK, NULL, &dest);
        assert_int_equal(dest.digits_least, good[i].least);
        assert_int_equal(dest.digits_most, good[i].most);
        assert_int_equal(dest.type, FG_TYPE_FIXED);
        assert_int_equal(dest.country, fg_country_parse(fg_view_of("GB")));
        assert_true(fg_destination_is_whole(&dest) == (good[i].least <= 3));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void)snprintf(text, sizeof(text), "prefix,country,type,digits\n44,GB,fixed,%s\n", bad[i]);
        files.numbering = file(text);
        assert_int_equal(fg_destinations_parse(&files, fixture->arena, fixture->diags, &known),
                         FG_ESYNTAX);
        assert_int_equal(fg_diags_total(fixture->diags), i + 1);
    }
    assert_diag(fixture, 0, 2, 13, "'0' is not a number of digits from 1 to 15, or a range of it");
}

static void wrong_numbering_is_told_for_all_files(void **state)
{
    struct fixture *fixture = *state;
    struct fg_destination_files files = {
        .numbering = file("prefix,country,type\n44,gb,fixed\n33,FR,fxed\n"),
        .emergency = file("calling_code,code\n44,9\n"),
        .rates = file("prefix,usd_per_minute\n44,-1\n33,5000\n49,1,2\n")};
    struct fg_destinations known;
    assert_int_equal(fg_destinations_parse(&files, fixture->arena, fixture->diags, &known),
                     FG_ESYNTAX);
    assert_int_equal(fg_diags_total(fixture->diags), 6);
    assert_diag(fixture, 0, 2, 4, "'gb' is not a country code");
    assert_diag(fixture, 1, 3, 7, "'fxed' is not a type of number");
    assert_diag(fixture, 2, 2, 4, "expected a calling code (or none) and a code of 2 to 10 digits");
    assert_diag(fixture, 3, 2, 4, "'-1' is not a price in USD a minute (0 to 4294)");
    assert_diag(fixture, 4, 3, 4, "'5000' is not a price in USD a minute (0 to 4294)");
    assert_diag(fixture, 5, 4, 6,
                "more fields than the header row has; a decimal comma? write 0.10 (a text with a "
                "comma stands in quotes)");
}

static void decimal_commas_are_no_free_calls(void **state)
{
    struct fixture *fixture = *state;
    struct fg_destination_files files = {
        .numbering = file("prefix,country,type\n44,GB,fixed\n"),
        .emergency = file("calling_code,code\n,112\n"),
        .rates = file("prefix,usd_per_minute\n33,0,10\n44,\"0.1\"\n960,2,50\n")};
    struct fg_destinations known;
    assert_int_equal(fg_destinations_parse(&files, fixture->arena, fixture->diags, &known),
                     FG_ESYNTAX);
    assert_int_equal(fg_diags_total(fixture->diags), 2);
    assert_diag(fixture, 0, 2, 6,
                "more fields than the header row has; a decimal comma? write 0.10 (a text with a "
                "comma stands in quotes)");
    assert_int_equal(fg_diags_at(fixture->diags, 0)->length, 2);
    assert_int_equal(fg_diags_at(fixture->diags, 1)->line, 4);
    assert_int_equal(fg_diags_at(fixture->diags, 1)->column, 7);
}

static void columns_occur_once(void **state)
{
    struct fixture *fixture = *state;
    struct fg_prefix_list list;
    assert_int_equal(fg_prefix_list_parse(file("prefix,note,Prefix\n44,x,33\n"), fixture->arena,
                                          fixture->diags, &list),
                     FG_ESYNTAX);
    assert_int_equal(fg_diags_total(fixture->diags), 1);
    assert_diag(fixture, 0, 1, 13, "the header row has column 'Prefix' twice");
    // Columns without a name come from spreadsheets.
    assert_int_equal(fg_prefix_list_parse(file("prefix,note,,\n44,x,,\n"), fixture->arena,
                                          fixture->diags, &list),
                     FG_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(spreadsheets_are_read),
        TEST(every_bad_row_is_reported_with_its_place),
        TEST(a_missing_column_is_named),
        TEST(countries_have_one_or_many_international_prefixes),
        TEST(an_empty_file_is_no_table),
        TEST(control_characters_are_refused),
        TEST(destinations_come_from_three_files),
        TEST(ranges_may_say_how_many_digits_their_numbers_have),
        TEST(wrong_numbering_is_told_for_all_files),
        TEST(decimal_commas_are_no_free_calls),
        TEST(columns_occur_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
