// SPDX-License-Identifier: GPL-2.0-or-later
// The implicit types of YAML 1.1: yaml.org/type/bool, int, float and timestamp.
#include "misread.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX 40

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool all_digits(struct fg_view text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit(text.ptr[i])) {
            return false;
        }
    }
    return text.len > 0;
}

static struct fg_view tail_of(struct fg_view text, size_t from)
{
    return (struct fg_view){text.ptr + from, text.len - from};
}

// NO, No and no are words of YAML; nO is not.
static bool is_word(struct fg_view text, const char *word)
{
    if (!fg_view_equal_nocase(text, fg_view_of(word))) {
        return false;
    }
    bool upper = text.ptr[0] < 'a';
    for (size_t i = 1; i < text.len; i++) {
        upper = upper && text.ptr[i] < 'a';
    }
    return upper || fg_view_equal(tail_of(text, 1), tail_of(fg_view_of(word), 1));
}

static const char *read_bool(struct fg_view text)
{
    static const char *const truths[] = {"y", "yes", "true", "on"};
    static const char *const lies[] = {"n", "no", "false", "off"};
    for (size_t i = 0; i < sizeof(truths) / sizeof(truths[0]); i++) {
        if (is_word(text, truths[i])) {
            return "'true'";
        }
        if (is_word(text, lies[i])) {
            return "'false'";
        }
    }
    return NULL;
}

// 0033 counts in eights, +44 in tens.
static bool read_integer(struct fg_view text, int64_t *out)
{
    const bool sign = text.len > 0 && (text.ptr[0] == '+' || text.ptr[0] == '-');
    const struct fg_view digits = tail_of(text, sign ? 1 : 0);
    if (!all_digits(digits) || digits.len > 15) {
        return false;
    }
    const bool octal = digits.len > 1 && digits.ptr[0] == '0' &&
                       memchr(digits.ptr, '8', digits.len) == NULL &&
                       memchr(digits.ptr, '9', digits.len) == NULL;
    *out = 0;
    for (size_t i = 0; i < digits.len; i++) {
        *out = *out * (octal ? 8 : 10) + (digits.ptr[i] - '0');
    }
    *out = sign && text.ptr[0] == '-' ? -*out : *out;
    return true;
}

// 12:30 counts in sixties; 08:30 does not, for its zero.
static bool read_sixties(struct fg_view text, int64_t *out)
{
    const char *colon = memchr(text.ptr, ':', text.len);
    if (colon == NULL || text.ptr[0] == '0') {
        return false;
    }
    const struct fg_view hours = {text.ptr, (size_t)(colon - text.ptr)};
    const struct fg_view minutes = tail_of(text, hours.len + 1);
    if (!all_digits(hours) || hours.len > 6 || !all_digits(minutes) || minutes.len > 2 ||
        (minutes.len == 2 && minutes.ptr[0] > '5')) {
        return false;
    }
    int64_t high = 0;
    int64_t low = 0;
    (void)read_integer(hours, &high);
    low = minutes.ptr[0] - '0';
    if (minutes.len == 2) {
        low = low * 10 + (minutes.ptr[1] - '0');
    }
    *out = high * 60 + low;
    return true;
}

// The digits that are left of 1.10; 0 when it is no decimal number.
static size_t read_decimal(struct fg_view text)
{
    const char *point = memchr(text.ptr, '.', text.len);
    if (point == NULL) {
        return 0;
    }
    const struct fg_view whole = {text.ptr, (size_t)(point - text.ptr)};
    if (!all_digits(whole) || !all_digits(tail_of(text, whole.len + 1))) {
        return 0;
    }
    size_t len = text.len;
    while (len > whole.len + 2 && text.ptr[len - 1] == '0') {
        len--;
    }
    return len;
}

// Date, or date and time, and nothing behind it.
static bool is_date(struct fg_view text)
{
    if (text.len < 10 || !all_digits((struct fg_view){text.ptr, 4}) || text.ptr[4] != '-' ||
        !all_digits((struct fg_view){text.ptr + 5, 2}) || text.ptr[7] != '-' ||
        !all_digits((struct fg_view){text.ptr + 8, 2})) {
        return false;
    }
    if (text.len == 10) {
        return true;
    }
    bool timed = text.len >= 18 && memchr("Tt ", text.ptr[10], 3) != NULL;
    for (size_t i = 11; i < text.len && timed; i++) {
        timed = memchr("0123456789:.Zz+- ", text.ptr[i], 17) != NULL;
    }
    return timed;
}

static bool is_null(struct fg_view text)
{
    return is_word(text, "null") || fg_view_equal(text, fg_view_of("~"));
}

// Digits from *at on.
static size_t skip_digits(struct fg_view text, size_t *at)
{
    const size_t from = *at;
    while (*at < text.len && is_digit(text.ptr[*at])) {
        (*at)++;
    }
    return *at - from;
}

// What is left of the forms of numbers: -1.5, .5, 1e3 and numbers of many digits.
static bool is_float(struct fg_view text)
{
    size_t at = text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+') ? 1 : 0;
    size_t digits = skip_digits(text, &at);
    if (at < text.len && text.ptr[at] == '.') {
        at++;
        digits += skip_digits(text, &at);
    }
    if (digits > 0 && at < text.len && (text.ptr[at] == 'e' || text.ptr[at] == 'E')) {
        at++;
        at += at < text.len && (text.ptr[at] == '-' || text.ptr[at] == '+') ? 1U : 0U;
        digits = skip_digits(text, &at);
    }
    return digits > 0 && at == text.len;
}

bool fg_misread(struct fg_view word, char out[FG_MISREAD_MAX])
{
    const int len = (int)word.len;
    int64_t number;
    if (word.len == 0 || word.len > WORD_MAX) {
        return false;
    }
    const char *truth = read_bool(word);
    const size_t decimal = read_decimal(word);
    if (truth != NULL) {
        (void)snprintf(out, FG_MISREAD_MAX, "unquoted %.*s is %s to other tools", len, word.ptr,
                       truth);
    } else if (read_integer(word, &number) || read_sixties(word, &number)) {
        (void)snprintf(out, FG_MISREAD_MAX, "unquoted %.*s is the number %lld to other tools", len,
                       word.ptr, (long long)number);
    } else if (decimal > 0) {
        (void)snprintf(out, FG_MISREAD_MAX, "unquoted %.*s is the number %.*s to other tools", len,
                       word.ptr, (int)decimal, word.ptr);
    } else if (is_date(word)) {
        (void)snprintf(out, FG_MISREAD_MAX, "unquoted %.*s is a date to other tools", len,
                       word.ptr);
    } else if (is_null(word)) {
        (void)snprintf(out, FG_MISREAD_MAX, "unquoted %.*s is nothing to other tools", len,
                       word.ptr);
    } else if (is_float(word)) {
        (void)snprintf(out, FG_MISREAD_MAX, "unquoted %.*s is a number to other tools", len,
                       word.ptr);
    } else {
        return false;
    }
    return true;
}
