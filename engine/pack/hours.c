// SPDX-License-Identifier: GPL-2.0-or-later
#include "hours.h"

#include "fg/units.h"

#define DAYS_ALL 0x7F

// The part of text before the first separator, which is removed together with it.
static struct fg_view cut(struct fg_view *text, char separator)
{
    size_t n = 0;
    while (n < text->len && text->ptr[n] != separator) {
        n++;
    }
    struct fg_view part = {text->ptr, n};
    size_t skip = n < text->len ? n + 1 : n;
    text->ptr += skip;
    text->len -= skip;
    return part;
}

static int parse_day(struct fg_view text)
{
    static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    for (int i = 0; i < 7; i++) {
        if (fg_view_equal_nocase(text, fg_view_of(days[i]))) {
            return i;
        }
    }
    return -1;
}

int fg_days_parse(struct fg_view text, uint8_t *out)
{
    if (fg_view_equal_nocase(text, fg_view_of("daily"))) {
        *out = DAYS_ALL;
        return FG_OK;
    }
    uint8_t days = 0;
    do {
        struct fg_view part = cut(&text, ',');
        struct fg_view first = cut(&part, '-');
        int from = parse_day(first);
        int to = part.len > 0 ? parse_day(part) : from;
        if (from < 0 || to < 0) {
            return FG_ESYNTAX;
        }
        for (int day = from;; day = (day + 1) % 7) {
            days = (uint8_t)(days | (1U << day));
            if (day == to) {
                break;
            }
        }
    } while (text.len > 0);
    *out = days;
    return FG_OK;
}

// Exactly n digits.
static bool parse_digits(const char *text, size_t n, int32_t *out)
{
    int32_t value = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        value = value * 10 + (text[i] - '0');
    }
    *out = value;
    return true;
}

int fg_minute_parse(struct fg_view text, uint16_t *out)
{
    int32_t hour;
    int32_t minute;
    if (text.len != 5 || text.ptr[2] != ':' || !parse_digits(text.ptr, 2, &hour) ||
        !parse_digits(text.ptr + 3, 2, &minute) || minute > 59 || hour * 60 + minute > 1440) {
        return FG_ESYNTAX;
    }
    *out = (uint16_t)(hour * 60 + minute);
    return FG_OK;
}

int fg_hours_make(uint8_t days, uint16_t from_min, uint16_t to_min, struct fg_hours out[2],
                  uint32_t *n)
{
    if (from_min == to_min || from_min == 1440) {
        return FG_ESYNTAX;
    }
    if (from_min < to_min) {
        out[0] = (struct fg_hours){days, from_min, to_min};
        *n = 1;
        return FG_OK;
    }
    // Over midnight: the rest lies in the days after.
    uint8_t next = (uint8_t)(((days << 1) | (days >> 6)) & DAYS_ALL);
    out[0] = (struct fg_hours){days, from_min, 1440};
    out[1] = (struct fg_hours){next, 0, to_min};
    *n = to_min == 0 ? 1 : 2;
    return FG_OK;
}

int fg_hours_parse(struct fg_view text, struct fg_hours out[2], uint32_t *n)
{
    struct fg_view days_text = cut(&text, ' ');
    struct fg_view from_text = cut(&text, '-');
    uint8_t days;
    uint16_t from;
    uint16_t to;
    if (fg_days_parse(days_text, &days) != FG_OK || fg_minute_parse(from_text, &from) != FG_OK ||
        fg_minute_parse(text, &to) != FG_OK) {
        return FG_ESYNTAX;
    }
    return fg_hours_make(days, from, to, out, n);
}

static bool is_leap(int32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool parse_date_parts(const char *text, int32_t *year, int32_t *month, int32_t *day)
{
    static const int32_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (text[4] != '-' || text[7] != '-' || !parse_digits(text, 4, year) ||
        !parse_digits(text + 5, 2, month) || !parse_digits(text + 8, 2, day)) {
        return false;
    }
    if (*year < 1970 || *month < 1 || *month > 12 || *day < 1) {
        return false;
    }
    int32_t length = lengths[*month - 1] + (*month == 2 && is_leap(*year) ? 1 : 0);
    return *day <= length;
}

int fg_date_parse(struct fg_view text, int32_t *yyyymmdd)
{
    int32_t year;
    int32_t month;
    int32_t day;
    if (text.len != 10 || !parse_date_parts(text.ptr, &year, &month, &day)) {
        return FG_ESYNTAX;
    }
    *yyyymmdd = year * 10000 + month * 100 + day;
    return FG_OK;
}

// Days since 1970-01-01 of a date in the Gregorian calendar, 1970 or later.
static int64_t days_of(int32_t year, int32_t month, int32_t day)
{
    static const int32_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t y = year - 1;
    int64_t leaps = y / 4 - y / 100 + y / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400);
    int64_t days = (int64_t)(year - 1970) * 365 + leaps + before[month - 1] + day - 1;
    return days + (month > 2 && is_leap(year) ? 1 : 0);
}

// "Z", "+01:00" or "-05:30"; minutes east of UTC.
static bool parse_offset(struct fg_view text, int32_t *minutes)
{
    if (text.len == 1 && (text.ptr[0] == 'Z' || text.ptr[0] == 'z')) {
        *minutes = 0;
        return true;
    }
    uint16_t value;
    if (text.len != 6 || (text.ptr[0] != '+' && text.ptr[0] != '-') ||
        fg_minute_parse((struct fg_view){text.ptr + 1, 5}, &value) != FG_OK || value >= 1440) {
        return false;
    }
    *minutes = text.ptr[0] == '-' ? -(int32_t)value : (int32_t)value;
    return true;
}

int fg_time_parse(struct fg_view text, int64_t *unix_ms)
{
    int32_t year;
    int32_t month;
    int32_t day;
    int32_t second;
    uint16_t minute;
    if (text.len < 20 || !parse_date_parts(text.ptr, &year, &month, &day) ||
        (text.ptr[10] != 'T' && text.ptr[10] != 't' && text.ptr[10] != ' ') ||
        fg_minute_parse((struct fg_view){text.ptr + 11, 5}, &minute) != FG_OK || minute == 1440 ||
        text.ptr[16] != ':' || !parse_digits(text.ptr + 17, 2, &second) || second > 59) {
        return FG_ESYNTAX;
    }
    struct fg_view rest = {text.ptr + 19, text.len - 19};
    int64_t ms = 0;
    if (rest.ptr[0] == '.') {
        int64_t scale = 100;
        size_t i = 1;
        for (; i < rest.len && rest.ptr[i] >= '0' && rest.ptr[i] <= '9'; i++) {
            ms += (rest.ptr[i] - '0') * scale;
            scale /= 10;
        }
        rest.ptr += i;
        rest.len -= i;
    }
    int32_t offset_min;
    if (!parse_offset(rest, &offset_min)) {
        return FG_ESYNTAX;
    }
    *unix_ms = days_of(year, month, day) * FG_MS_PER_DAY +
               ((int64_t)minute - offset_min) * FG_MS_PER_MIN + second * FG_MS_PER_S + ms;
    return FG_OK;
}
