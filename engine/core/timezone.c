// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/timezone.h"

#include "fg/units.h"

#include <stddef.h>

#define S_PER_DAY INT64_C(86400)

static int64_t floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0 ? 1 : 0);
}

int32_t fg_zone_offset_s(const struct fg_zone *zone, int64_t now_ms)
{
    if (zone == NULL || zone->n_spans == 0) {
        return 0;
    }
    int64_t now_s = floor_div(now_ms, FG_MS_PER_S);
    uint32_t low = 0; // the span looked for is in [low, high)
    uint32_t high = zone->n_spans;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (zone->spans[middle].from_s <= now_s) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return zone->spans[low].offset_s;
}

// Proleptic Gregorian date of a day number. Years begin in March here, so that the leap day is the
// last of the year and month lengths follow (153 m + 2) / 5.
static int32_t date_of_day(int64_t day)
{
    const int64_t days_per_era = 146097; // 400 years
    int64_t since_march_0000 = day + 719468;
    int64_t era = floor_div(since_march_0000, days_per_era);
    int64_t day_of_era = since_march_0000 - era * days_per_era;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;
    int64_t day_of_month = day_of_year - (153 * march_month + 2) / 5 + 1;
    int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
    int64_t year = era * 400 + year_of_era + (month <= 2 ? 1 : 0);
    return (int32_t)(year * 10000 + month * 100 + day_of_month);
}

struct fg_local_time fg_local_time(const struct fg_zone *zone, int64_t now_ms)
{
    int64_t local_s = floor_div(now_ms, FG_MS_PER_S) + fg_zone_offset_s(zone, now_ms);
    int64_t day = floor_div(local_s, S_PER_DAY);
    int64_t weekday = (day + 3) % 7; // 1970-01-01 was a Thursday
    struct fg_local_time local = {
        .day = (int32_t)day,
        .weekday = (uint8_t)(weekday < 0 ? weekday + 7 : weekday),
        .minute = (uint16_t)((local_s - day * S_PER_DAY) / 60),
        .yyyymmdd = date_of_day(day),
    };
    return local;
}
