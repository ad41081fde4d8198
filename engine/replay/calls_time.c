// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>

#include "fg/calls.h"
#include "fg/units.h"

#define TIME_MAX_MS      INT64_C(7258118400000) // 2200-01-01
#define TIME_MIN_MS      INT64_C(100000000000)  // 1973-03-03; today's seconds are far below it
#define UNIX_DIGITS_MAX  13
#define FRACTION_MAX     9
#define DATE_TIME_LENGTH 19 // "2026-11-20T10:00:00"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool read_digits(const char *text, size_t n, int32_t *out)
{
    int32_t value = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_digit(text[i])) {
            return false;
        }
        value = value * 10 + (text[i] - '0');
    }
    *out = value;
    return true;
}

static bool is_leap(int32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int32_t days_of_month(int32_t year, int32_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

// Days since 1970-01-01 (proleptic Gregorian calendar; years count from March, so that a leap day
// is a year's last day).
static int64_t days_since_epoch(int32_t year, int32_t month, int32_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t in_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 + in_year - 719468;
}

static int read_unix(struct fg_view text, int64_t *out_ms)
{
    int64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (i == UNIX_DIGITS_MAX || !is_digit(text.ptr[i])) {
            return FG_ESYNTAX;
        }
        value = value * 10 + (text.ptr[i] - '0');
    }
    if (value >= TIME_MAX_MS) {
        return FG_ESYNTAX;
    }
    if (value < TIME_MIN_MS) {
        return FG_ELIMIT;
    }
    *out_ms = value;
    return FG_OK;
}

static bool read_date_time(const char *p, int64_t *out_s)
{
    int32_t year;
    int32_t month;
    int32_t day;
    int32_t hour;
    int32_t minute;
    int32_t second;
    if (!read_digits(p, 4, &year) || p[4] != '-' || !read_digits(p + 5, 2, &month) || p[7] != '-' ||
        !read_digits(p + 8, 2, &day) || (p[10] != 'T' && p[10] != 't' && p[10] != ' ') ||
        !read_digits(p + 11, 2, &hour) || p[13] != ':' || !read_digits(p + 14, 2, &minute) ||
        p[16] != ':' || !read_digits(p + 17, 2, &second)) {
        return false;
    }
    // RFC 3339 5.6: a leap second is written 60.
    if (month < 1 || month > 12 || day < 1 || day > days_of_month(year, month) || hour > 23 ||
        minute > 59 || second > 60) {
        return false;
    }
    *out_s = days_since_epoch(year, month, day) * 86400 + INT64_C(3600) * hour +
             INT64_C(60) * minute + second;
    return true;
}

// ".25" as 250; moves *at behind it.
static bool read_fraction(struct fg_view text, size_t *at, int64_t *out_ms)
{
    int64_t value = 0;
    int64_t unit = 100;
    size_t n = 0;
    for ((*at)++; *at < text.len && is_digit(text.ptr[*at]); (*at)++, n++) {
        value += (text.ptr[*at] - '0') * unit;
        unit /= 10;
    }
    *out_ms = value;
    return n > 0 && n <= FRACTION_MAX;
}

// "Z" or "+01:00".
static bool read_offset(struct fg_view text, int64_t *out_s)
{
    int32_t hours;
    int32_t minutes;
    *out_s = 0;
    if (text.len == 1) {
        return text.ptr[0] == 'Z' || text.ptr[0] == 'z';
    }
    if (text.len != 6 || (text.ptr[0] != '+' && text.ptr[0] != '-') || text.ptr[3] != ':' ||
        !read_digits(text.ptr + 1, 2, &hours) || !read_digits(text.ptr + 4, 2, &minutes) ||
        hours > 23 || minutes > 59) {
        return false;
    }
    *out_s = (INT64_C(3600) * hours + INT64_C(60) * minutes) * (text.ptr[0] == '-' ? -1 : 1);
    return true;
}

int fg_calls_time(struct fg_view text, int64_t *out_ms)
{
    int64_t seconds = 0;
    int64_t fraction_ms = 0;
    int64_t offset_s = 0;
    size_t at = DATE_TIME_LENGTH;
    if (text.len == 0) {
        return FG_ESYNTAX;
    }
    if (text.len <= UNIX_DIGITS_MAX) {
        return read_unix(text, out_ms);
    }
    if (text.len <= DATE_TIME_LENGTH || !read_date_time(text.ptr, &seconds) ||
        (text.ptr[at] == '.' && !read_fraction(text, &at, &fraction_ms)) ||
        !read_offset((struct fg_view){text.ptr + at, text.len - at}, &offset_s)) {
        return FG_ESYNTAX;
    }
    int64_t time_ms = (seconds - offset_s) * FG_MS_PER_S + fraction_ms;
    if (time_ms < 0 || time_ms >= TIME_MAX_MS) {
        return FG_ESYNTAX;
    }
    *out_ms = time_ms;
    return FG_OK;
}
