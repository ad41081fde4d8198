// SPDX-License-Identifier: GPL-2.0-or-later
// How many meters a ruleset may have beside those of the shipped packs, and what is said of one
// too many.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <glob.h>

#include "fg/heap.h"
#include "fg/pack.h"
#include "pack_files.h"
#include "pack_fixture.h"

#define NOW_MS    INT64_C(1795168800000) // 2026-11-20T10:00:00Z
#define FILES_MAX 64
#define TEXT_MAX  32768

struct text {
    char bytes[TEXT_MAX];
    size_t len;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(text->bytes + text->len, TEXT_MAX - text->len, format, args);
    va_end(args);
    assert_true(n >= 0 && (size_t)n < TEXT_MAX - text->len);
    text->len += (size_t)n;
}

static char *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *bytes = malloc(FG_PACK_FILE_BYTES_MAX);
    assert_non_null(bytes);
    *len = fread(bytes, 1, FG_PACK_FILE_BYTES_MAX, file);
    assert_true(*len < FG_PACK_FILE_BYTES_MAX);
    (void)fclose(file);
    return bytes;
}

// The shipped packs and one more.
static int parse_with_shipped(struct fixture *fixture, const struct text *more)
{
    struct fg_named_bytes files[FILES_MAX];
    char *owned[FILES_MAX];
    glob_t found;
    uint32_t n = 0;
    assert_int_equal(glob(RULES_DIR "/*.yaml", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        if (strstr(found.gl_pathv[i], ".test.yaml") == NULL) {
            size_t len;
            assert_true(n + 1 < FILES_MAX);
            owned[n] = read_file(found.gl_pathv[i], &len);
            files[n] = (struct fg_named_bytes){found.gl_pathv[i], owned[n], len};
            n++;
        }
    }
    files[n++] = (struct fg_named_bytes){"own.yaml", more->bytes, more->len};
    const int rc = fg_pack_parse_files(files, n, RULES_DIR, NOW_MS, fixture->arena, fixture->diags,
                                       &fixture->ruleset);
    for (uint32_t i = 0; i + 1 < n; i++) {
        free(owned[i]);
    }
    globfree(&found);
    return rc;
}

static void begin(struct text *text)
{
    text->len = 0;
    add(text, "fraudguard: 1\npack: own\nversion: \"1.0.0\"\n");
}

// own_FROM to own_TO-1, from line 5 on, of what and kept for per; a rule over each comes after all.
static void add_meters(struct text *text, uint32_t from, uint32_t to, const char *what,
                       const char *per)
{
    for (uint32_t i = from; i < to; i++) {
        add(text, "  own_%u: {count: %s, per: %s, over: %uh}\n", i, what, per, i + 1);
    }
}

static void add_rules(struct text *text, uint32_t n, const char *on)
{
    add(text, "rules:\n");
    for (uint32_t i = 0; i < n; i++) {
        add(text,
            "  - {id: OWN_%u, desc: d, on: %s, when: {meters.own_%u: {above: 1}}, score: 1}\n", i,
            on, i);
    }
}

static void expect_error(const struct fixture *fixture, uint32_t i, uint32_t line,
                         const char *message)
{
    assert_true(fg_diags_total(fixture->diags) > i);
    const struct fg_diag *diag = fg_diags_at(fixture->diags, i);
    assert_string_equal(diag->file, "own.yaml");
    assert_int_equal(diag->line, line);
    assert_string_equal(diag->code, "FG023");
    assert_string_equal(diag->message, message);
}

// How many meters the shipped packs have.
static uint32_t count_shipped(void)
{
    static struct text text;
    struct fixture fixture = {.arena = fg_arena_new(fg_heap_libc()), .diags = fg_diags_new()};
    begin(&text);
    assert_int_equal(parse_with_shipped(&fixture, &text), FG_OK);
    const uint32_t n = fixture.ruleset.n_meters;
    fg_diags_free(fixture.diags);
    fg_arena_free(fixture.arena);
    return n;
}

static void the_shipped_packs_leave_room_for_40_meters(void **state)
{
    struct fixture *fixture = *state;
    static struct text text;
    begin(&text);
    add(&text, "meters:\n");
    add_meters(&text, 0, 20, "calls", "customer");
    add_meters(&text, 20, 38, "calls", "dest.country");
    add_rules(&text, 38, "attempt");
    add(&text, "  - {id: OWN_RATE, desc: d, when: {dest.home: true}, score: 1, throttle_to: {rate: "
               "\"5/s\"}}\n"
               "  - {id: OWN_SEEN, desc: d, when: {dest.range: {first_seen_within: 300d}}, score: "
               "1}\n");
    const uint32_t shipped = count_shipped();
    assert_int_equal(parse_with_shipped(fixture, &text), FG_OK);
    assert_int_equal(fg_diags_total(fixture->diags), 0);
    assert_int_equal(fixture->ruleset.n_meters, shipped + 40);
    // All of them are among those that an attempt changes, or that its rules read.
    const struct fg_ruleset *ruleset = &fixture->ruleset;
    for (uint32_t i = 0; i < ruleset->n_meters; i++) {
        const bool own = strncmp(ruleset->meters[i].name, "own_", 4) == 0;
        assert_true(!own ||
                    fg_meter_set_has(&ruleset->changed_by_event[FG_OUTBOUND][FG_EVENT_ATTEMPT], i));
    }
}

static void one_meter_too_many_is_told_where_it_is(void **state)
{
    struct fixture *fixture = *state;
    static struct text text;
    char message[160];
    const uint32_t free_ones = FG_METERS_MAX - count_shipped();
    begin(&text);
    add(&text, "meters:\n");
    add_meters(&text, 0, free_ones, "ends", "dest.country");
    add_rules(&text, free_ones, "end");
    add(&text, "  - {id: OWN_RATE, desc: d, when: {dest.home: true}, score: 1, throttle_to: {rate: "
               "\"5/s\"}}\n"
               "  - {id: OWN_SEEN, desc: d, when: {dest.range: {first_seen_within: 300d}}, score: "
               "1}\n");
    assert_int_equal(parse_with_shipped(fixture, &text), FG_ESYNTAX);
    assert_int_equal(fg_diags_total(fixture->diags), 2);
    const uint32_t line = 4 + 2 * free_ones + 2;
    for (uint32_t i = 0; i < 2; i++) {
        (void)snprintf(message, sizeof(message),
                       "this takes a meter, number %u of the ruleset; %d is the most",
                       FG_METERS_MAX + i + 1, FG_METERS_MAX);
        expect_error(fixture, i, line + i, message);
    }
}

// A pack of its own, so that the numbers are its own.
static int parse_alone(struct fixture *fixture, const struct text *text)
{
    const struct fg_named_bytes file = {"own.yaml", text->bytes, text->len};
    return fg_pack_parse_files(&file, 1, NULL, NOW_MS, fixture->arena, fixture->diags,
                               &fixture->ruleset);
}

static void begin_alone(struct text *text)
{
    text->len = 0;
    add(text, "fraudguard: 1\npack: own\nversion: \"1.0.0\"\n"
              "scoring: {thresholds: {alert: 30, block: 80}}\nmeters:\n");
}

static void an_event_that_asks_too_much_is_told_with_its_numbers(void **state)
{
    struct fixture *fixture = *state;
    static struct text text;
    begin_alone(&text);
    add_meters(&text, 0, 60, "calls", "customer");
    add_meters(&text, 60, 100, "calls", "dest.country");
    add_rules(&text, 100, "attempt");
    assert_int_equal(parse_alone(fixture, &text), FG_ESYNTAX);
    assert_int_equal(fg_diags_total(fixture->diags), 1);
    // Three of them are an allowance's.
    expect_error(
        fixture, 0, 6 + FG_OPS_MAX - 3,
        "no room for meter 'own_93': one event (outbound, attempt) may need 103 operations "
        "of the store, 96 is the most; a ratio takes two, a typical meter with peers up to "
        "three, a gauge up to two");
}

static void a_record_that_is_full_is_told_with_its_numbers(void **state)
{
    struct fixture *fixture = *state;
    static struct text text;
    begin_alone(&text);
    add_meters(&text, 0, 40, "calls", "customer");
    add_meters(&text, 40, 60, "calls", "dest.country");
    add_meters(&text, 60, 90, "ends", "customer");
    add_rules(&text, 90, "end");
    assert_int_equal(parse_alone(fixture, &text), FG_ESYNTAX);
    assert_int_equal(fg_diags_total(fixture->diags), 1);
    expect_error(fixture, 0, 6 + 60 + FG_RECORD_WINDOWS_MAX - 40,
                 "no room for meter 'own_84': the meters that are kept for the same as it is "
                 "('per') have 70 windows, 64 is the most; a ratio has two");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_shipped_packs_leave_room_for_40_meters),
        TEST(one_meter_too_many_is_told_where_it_is),
        TEST(an_event_that_asks_too_much_is_told_with_its_numbers),
        TEST(a_record_that_is_full_is_told_with_its_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
