// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/calendar.h"

#include "fg/timezone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <time.h>

static const struct fg_zone_span london_spans[] = {
    {.from_s = 1774746000, .offset_s = 3600}, // 2026-03-29T01:00:00Z
    {.from_s = 1792890000, .offset_s = 0},    // 2026-10-25T01:00:00Z
    {.from_s = 1806195600, .offset_s = 3600}, // 2027-03-28T01:00:00Z
};
static const struct fg_zone london = {.name = "Europe/London", .n_spans = 3, .spans = london_spans};

static void test_offsets_change_on_the_second(void **state)
{
    (void)state;
    assert_int_equal(fg_zone_offset_s(NULL, 1792890000000), 0);
    assert_int_equal(fg_zone_offset_s(&london, 1792889999999), 3600);
    assert_int_equal(fg_zone_offset_s(&london, 1792890000000), 0);
    assert_int_equal(fg_zone_offset_s(&london, 1806195599999), 0);
    assert_int_equal(fg_zone_offset_s(&london, 1806195600000), 3600);
    assert_int_equal(fg_zone_offset_s(&london, INT64_MAX), 3600);
    assert_int_equal(fg_zone_offset_s(&london, 0), 3600); // before the first span: its offset
}

// The C library's calendar is the reference, over 400 years and negative times.
static void test_dates_agree_with_libc(void **state)
{
    (void)state;
    for (int64_t s = INT64_C(-6000000000); s < INT64_C(9000000000); s += 999983) {
        time_t seconds = (time_t)s;
        struct tm tm;
        assert_non_null(gmtime_r(&seconds, &tm));
        struct fg_local_time local = fg_local_time(NULL, s * 1000 + 500);
        assert_int_equal(local.yyyymmdd,
                         (tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday);
        assert_int_equal(local.minute, tm.tm_hour * 60 + tm.tm_min);
        assert_int_equal(local.weekday, (tm.tm_wday + 6) % 7);
    }
}

static void test_local_day_differs_from_utc(void **state)
{
    (void)state;
    const struct fg_zone_span span = {.from_s = 0, .offset_s = 20700};
    const struct fg_zone nepal = {.name = "Asia/Kathmandu", .n_spans = 1, .spans = &span};
    // 2026-11-21T18:20:00Z is the 22nd, 00:05 in Kathmandu.
    struct fg_local_time local = fg_local_time(&nepal, INT64_C(1795285200000));
    assert_int_equal(local.yyyymmdd, 20261122);
    assert_int_equal(local.minute, 5);
    assert_int_equal(local.weekday, 6);
}

static struct fg_local_time at(uint8_t weekday, uint16_t minute, int32_t date)
{
    return (struct fg_local_time){.weekday = weekday, .minute = minute, .yyyymmdd = date};
}

static void test_hours_and_holidays(void **state)
{
    (void)state;
    const struct fg_hours hours[] = {
        {.days = 0x1f, .from_min = 480, .to_min = 1080},
        {.days = 0x20, .from_min = 540, .to_min = 1440},
    };
    const int32_t holidays[] = {20261225, 20261226, 20270101};
    const struct {
        struct fg_local_time local;
        enum fg_calendar_state state;
    } cases[] = {
        {at(0, 479, 20261123), FG_CALENDAR_CLOSED}, {at(0, 480, 20261123), FG_CALENDAR_OPEN},
        {at(4, 1079, 20261127), FG_CALENDAR_OPEN},  {at(4, 1080, 20261127), FG_CALENDAR_CLOSED},
        {at(5, 1439, 20261128), FG_CALENDAR_OPEN},  {at(6, 600, 20261129), FG_CALENDAR_CLOSED},
        {at(4, 600, 20261225), FG_CALENDAR_CLOSED}, {at(4, 600, 20270101), FG_CALENDAR_CLOSED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(fg_calendar_state(hours, 2, holidays, 3, cases[i].local), cases[i].state);
    }
    assert_int_equal(fg_calendar_state(NULL, 0, NULL, 0, at(6, 100, 20261129)), FG_CALENDAR_OPEN);
    assert_int_equal(fg_calendar_state(NULL, 0, holidays, 3, at(5, 100, 20261226)),
                     FG_CALENDAR_CLOSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offsets_change_on_the_second),
        cmocka_unit_test(test_dates_agree_with_libc),
        cmocka_unit_test(test_local_day_differs_from_utc),
        cmocka_unit_test(test_hours_and_holidays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
