// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fg/units.h"
#include "hours.h"
#include "zone.h"

struct fixture {
    struct fg_arena *arena;
    struct fg_zone_cache *cache;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture.arena = fg_arena_new(fg_heap_libc());
    fixture.cache = fg_zone_cache_new(fixture.arena);
    *state = &fixture;
    return fixture.arena == NULL || fixture.cache == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    fg_zone_cache_free(fixture->cache);
    fg_arena_free(fixture->arena);
    return 0;
}

// Offset [s] of a zone at an RFC 3339 time.
static int32_t offset(void **state, const char *zone_name, const char *time)
{
    struct fixture *fixture = *state;
    const struct fg_zone *zone;
    int64_t now_ms;
    assert_int_equal(fg_zone_find(fixture->cache, fg_view_of(zone_name), &zone), FG_OK);
    assert_int_equal(fg_time_parse(fg_view_of(time), &now_ms), FG_OK);
    return fg_zone_offset_s(zone, now_ms);
}

static void summer_time_changes_to_the_second(void **state)
{
    assert_int_equal(offset(state, "Europe/London", "2026-03-29T00:59:59Z"), 0);
    assert_int_equal(offset(state, "Europe/London", "2026-03-29T01:00:00Z"), 3600);
    assert_int_equal(offset(state, "Europe/London", "2026-10-25T00:59:59Z"), 3600);
    assert_int_equal(offset(state, "Europe/London", "2026-10-25T01:00:00Z"), 0);
    assert_int_equal(offset(state, "America/New_York", "2026-03-08T06:59:59Z"), -5 * 3600);
    assert_int_equal(offset(state, "America/New_York", "2026-03-08T07:00:00Z"), -4 * 3600);
    assert_int_equal(offset(state, "Australia/Lord_Howe", "2026-06-01T00:00:00Z"), 37800);
    assert_int_equal(offset(state, "Australia/Lord_Howe", "2026-12-01T00:00:00Z"), 39600);
    assert_int_equal(offset(state, "Europe/London", "2044-07-01T00:00:00Z"), 3600);
}

static void offsets_need_not_be_whole_hours(void **state)
{
    assert_int_equal(offset(state, "Asia/Kolkata", "2026-01-01T00:00:00Z"), 19800);
    assert_int_equal(offset(state, "Asia/Kathmandu", "2026-01-01T00:00:00Z"), 20700);
    assert_int_equal(offset(state, "America/St_Johns", "2026-01-01T00:00:00Z"), -12600);
    assert_int_equal(offset(state, "UTC", "2026-01-01T00:00:00Z"), 0);
}

static void samoa_crossed_the_date_line(void **state)
{
    // Pacific/Apia skipped 2011-12-30: from UTC-10 (summer) to UTC+14 at 10:00 UTC.
    assert_int_equal(offset(state, "Pacific/Apia", "2011-12-30T09:59:59Z"), -10 * 3600);
    assert_int_equal(offset(state, "Pacific/Apia", "2011-12-30T10:00:00Z"), 14 * 3600);
    assert_int_equal(offset(state, "Pacific/Apia", "2026-07-01T00:00:00Z"), 13 * 3600);
}

static void morocco_changes_around_ramadan(void **state)
{
    assert_int_equal(offset(state, "Africa/Casablanca", "2024-03-10T01:59:59Z"), 3600);
    assert_int_equal(offset(state, "Africa/Casablanca", "2024-03-10T02:00:00Z"), 0);
    assert_int_equal(offset(state, "Africa/Casablanca", "2024-04-14T02:00:00Z"), 3600);
}

static void a_zone_is_made_once(void **state)
{
    struct fixture *fixture = *state;
    const struct fg_zone *a;
    const struct fg_zone *b;
    assert_int_equal(fg_zone_find(fixture->cache, fg_view_of("Europe/Berlin"), &a), FG_OK);
    assert_int_equal(fg_zone_find(fixture->cache, fg_view_of("Europe/Berlin"), &b), FG_OK);
    assert_ptr_equal(a, b);
    assert_string_equal(a->name, "Europe/Berlin");
}

static void only_names_of_zones_are_zones(void **state)
{
    struct fixture *fixture = *state;
    static const char *const wrong[] = {"",     "Europe/Londn",        "/etc/passwd",  "+01:00",
                                        "EST5", "../../etc/localtime", "europe/london"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const struct fg_zone *zone;
        assert_int_equal(fg_zone_find(fixture->cache, fg_view_of(wrong[i]), &zone), FG_ENOTFOUND);
    }
    char near[80];
    fg_zone_suggest(fg_view_of("Europe/Londn"), near, sizeof(near));
    assert_string_equal(near, "Europe/London");
    fg_zone_suggest(fg_view_of("Nowhere"), near, sizeof(near));
    assert_string_equal(near, "");
}

static void times_and_dates_are_read(void **state)
{
    (void)state;
    int64_t ms;
    int32_t date;
    assert_int_equal(fg_time_parse(fg_view_of("1970-01-01T00:00:00Z"), &ms), FG_OK);
    assert_int_equal(ms, 0);
    assert_int_equal(fg_time_parse(fg_view_of("2026-11-21T02:10:00.250Z"), &ms), FG_OK);
    assert_int_equal(ms, INT64_C(1795227000250));
    assert_int_equal(fg_time_parse(fg_view_of("2026-11-21T03:10:00+01:00"), &ms), FG_OK);
    assert_int_equal(ms, INT64_C(1795227000000));
    assert_int_equal(fg_time_parse(fg_view_of("2026-11-21 02:10"), &ms), FG_ESYNTAX);
    assert_int_equal(fg_date_parse(fg_view_of("2024-02-29"), &date), FG_OK);
    assert_int_equal(date, 20240229);
    assert_int_equal(fg_date_parse(fg_view_of("2026-02-29"), &date), FG_ESYNTAX);
}

static void hours_over_midnight_are_two_spans(void **state)
{
    (void)state;
    struct fg_hours hours[2];
    uint32_t n;
    assert_int_equal(fg_hours_parse(fg_view_of("Fri,Sun 22:00-06:00"), hours, &n), FG_OK);
    assert_int_equal(n, 2);
    assert_int_equal(hours[0].days, 0x50);
    assert_int_equal(hours[0].from_min, 1320);
    assert_int_equal(hours[0].to_min, 1440);
    assert_int_equal(hours[1].days, 0x21); // Saturday and Monday
    assert_int_equal(hours[1].from_min, 0);
    assert_int_equal(hours[1].to_min, 360);
    assert_int_equal(fg_hours_parse(fg_view_of("sat-mon 00:00-24:00"), hours, &n), FG_OK);
    assert_int_equal(n, 1);
    assert_int_equal(hours[0].days, 0x61);
    assert_int_equal(fg_hours_parse(fg_view_of("Mon 08:00-08:00"), hours, &n), FG_ESYNTAX);
    assert_int_equal(fg_hours_parse(fg_view_of("Mon 8:00-18:00"), hours, &n), FG_ESYNTAX);
    assert_int_equal(fg_hours_parse(fg_view_of("Mo 08:00-18:00"), hours, &n), FG_ESYNTAX);
    assert_int_equal(fg_hours_parse(fg_view_of("Mon 08:00-24:01"), hours, &n), FG_ESYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(summer_time_changes_to_the_second),
        cmocka_unit_test(offsets_need_not_be_whole_hours),
        cmocka_unit_test(samoa_crossed_the_date_line),
        cmocka_unit_test(morocco_changes_around_ramadan),
        cmocka_unit_test(a_zone_is_made_once),
        cmocka_unit_test(only_names_of_zones_are_zones),
        cmocka_unit_test(times_and_dates_are_read),
        cmocka_unit_test(hours_over_midnight_are_two_spans),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
