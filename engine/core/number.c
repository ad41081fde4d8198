// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/number.h"

#include "dialled.h"

#include <string.h>

#define DEFAULT_NATIONAL_MIN_LEN 6
#define DEFAULT_NATIONAL_MAX_LEN 10
#define NANP_CARRIER_CODE_LEN    7 // 101XXXX
#define GLOBAL_MIN_LEN           7 // +290 and +683, the shortest with their country code

// A run of digits that is being worked on.
struct span {
    const char *digits;
    size_t len;
};

static struct span skip(struct span span, size_t n)
{
    return (struct span){.digits = span.digits + n, .len = span.len - n};
}

static bool begins_with(struct span span, const char *prefix)
{
    size_t len = strlen(prefix);
    return len > 0 && len <= span.len && memcmp(span.digits, prefix, len) == 0;
}

static bool begins_with_any(struct span span, const char *prefix)
{
    size_t len = strlen(prefix);
    for (size_t i = 0; i < len && i < span.len; i++) {
        if (prefix[i] != 'x' && prefix[i] != span.digits[i]) {
            return false;
        }
    }
    return len > 0 && len <= span.len;
}

static uint8_t national_min_len(const struct fg_dial_plan *plan)
{
    return plan != NULL && plan->national_min_len != 0 ? plan->national_min_len
                                                       : DEFAULT_NATIONAL_MIN_LEN;
}

static uint8_t national_max_len(const struct fg_dial_plan *plan)
{
    return plan->national_max_len != 0 ? plan->national_max_len : DEFAULT_NATIONAL_MAX_LEN;
}

// Length of the longest international prefix that span begins with, 0 for none. Zeros lead no
// country code, so what a plan does not name falls back to "00" only in absence of any.
static size_t international_len(const struct fg_dial_plan *plan, struct span span)
{
    size_t longest = 0;
    bool named = false;
    for (size_t i = 0; plan != NULL && i < FG_INTERNATIONAL_MAX; i++) {
        const char *prefix = plan->international[i];
        named = named || prefix[0] != '\0';
        if (begins_with_any(span, prefix) && strlen(prefix) > longest) {
            longest = strlen(prefix);
        }
    }
    return !named && begins_with(span, "00") ? 2 : longest;
}

// Adds country code (may be empty) + span as a reading unless it is too long, empty or there.
static void add_reading(struct fg_number_readings *out, const char *country_code, struct span span)
{
    size_t code_len = strlen(country_code);
    if (out->n == 2 || code_len + span.len == 0 || code_len + span.len > FG_NUMBER_DIGITS_MAX) {
        return;
    }
    struct fg_number number = {.len = (uint8_t)(code_len + span.len)};
    memcpy(number.digits, country_code, code_len);
    memcpy(number.digits + code_len, span.digits, span.len);
    if (out->n == 1 && strcmp(out->reading[0].digits, number.digits) == 0) {
        return;
    }
    out->reading[out->n++] = number;
    out->status = FG_NUMBER_OK;
}

// "+44 0 20…": a carrier that knows the country drops its trunk prefix.
static void add_without_trunk(struct span span, const struct fg_dial_plan *plan,
                              struct fg_number_readings *out)
{
    if (plan == NULL || plan->trunk[0] != '0' || !begins_with(span, plan->country_code)) {
        return;
    }
    struct span rest = skip(span, strlen(plan->country_code));
    if (begins_with(rest, plan->trunk)) {
        add_reading(out, plan->country_code, skip(rest, strlen(plan->trunk)));
    }
}

// What follows "+" or an international prefix. Country codes begin with 1 to 9, so prefixes written
// twice ("+00", "+011", "0000") and stray zeros fall away, as they do at lenient carriers.
static void read_international(struct span span, const struct fg_dialled *dialled,
                               const struct fg_dial_plan *plan, struct fg_number_readings *out)
{
    size_t skipped = 0;
    for (;;) {
        struct span rest = skip(span, skipped);
        size_t prefix_len = begins_with(rest, "0") ? international_len(plan, rest) : 0;
        if (prefix_len == 0 && begins_with(rest, "011")) {
            prefix_len = 3;
        }
        if (prefix_len == 0 && begins_with(rest, "0")) {
            prefix_len = 1;
        }
        if (prefix_len == 0) {
            break;
        }
        skipped += prefix_len;
    }
    struct span number = skip(span, skipped);
    size_t start = (size_t)(number.digits - dialled->digits);
    if (dialled->optional_zero && dialled->optional_zero_at > start) {
        char without[FG_DIALLED_DIGITS_MAX];
        size_t zero_at = dialled->optional_zero_at - start;
        memcpy(without, number.digits, zero_at);
        memcpy(without + zero_at, number.digits + zero_at + 1, number.len - zero_at - 1);
        add_reading(out, "", (struct span){.digits = without, .len = number.len - 1});
    }
    add_reading(out, "", number);
    add_without_trunk(number, plan, out);
}

// The national reading without the trunk prefix; a significant number begins with 0 only where
// there is no trunk prefix (Italy), so such a rest is no reading beside an international one.
static bool national_rest(struct span span, const struct fg_dial_plan *plan, struct span *rest)
{
    if (plan == NULL || plan->country_code[0] == '\0') {
        return false;
    }
    *rest = span;
    if (begins_with(span, plan->trunk)) {
        *rest = skip(span, strlen(plan->trunk));
    }
    return rest->len > 0;
}

// Digits without any prefix. Customers send E.164 without "+" as well as national numbers.
static void read_bare(struct span span, const struct fg_dial_plan *plan,
                      struct fg_number_readings *out)
{
    size_t code_len = strlen(plan->country_code);
    bool own_code =
        begins_with(span, plan->country_code) && span.len - code_len >= national_min_len(plan);
    bool too_long = span.len > national_max_len(plan);
    bool zero = span.digits[0] == '0';
    if (own_code && (plan->trunk[0] != '\0' || too_long)) {
        add_reading(out, "", span);
        add_without_trunk(span, plan, out);
        return;
    }
    if (plan->national_max_len == 0 && too_long && !zero && strcmp(plan->country_code, "1") == 0) {
        add_reading(out, "", span); // NANP numbers have ten digits, always
        return;
    }
    if (plan->national_max_len == 0 || !too_long) {
        add_reading(out, plan->country_code, span);
    }
    // Where the trunk prefix is needed to dial nationally, its absence says international.
    bool trunk_needed = plan->trunk[0] != '\0' && strcmp(plan->trunk, plan->country_code) != 0;
    // More digits than most countries use may be either, whatever the longest number is.
    bool maybe_global = own_code || trunk_needed || too_long || span.len > DEFAULT_NATIONAL_MAX_LEN;
    if (!zero && span.len >= GLOBAL_MIN_LEN && maybe_global) {
        add_reading(out, "", span);
    }
}

static void read_in_context(struct span span, const struct fg_dialled *dialled,
                            const struct fg_dial_plan *plan, struct fg_number_readings *out)
{
    char context[FG_DIALLED_DIGITS_MAX + 1];
    memcpy(context, dialled->context, dialled->n_context);
    context[dialled->n_context] = '\0';
    // RFC 3966 5.1.5: a number in a context is local to it. One that begins with an international
    // prefix all the same is dialled by whoever ignores the context.
    size_t prefix_len = international_len(plan, span);
    if (prefix_len > 0 && prefix_len < span.len) {
        read_international(skip(span, prefix_len), dialled, plan, out);
    }
    if (plan != NULL && begins_with(span, plan->trunk)) {
        add_reading(out, context, skip(span, strlen(plan->trunk)));
    }
    add_reading(out, context, span);
}

static void read_with_plan(struct span span, const struct fg_dialled *dialled,
                           const struct fg_dial_plan *plan, struct fg_number_readings *out)
{
    struct span rest = span;
    size_t prefix_len = international_len(plan, span);
    bool national = national_rest(span, plan, &rest);
    if (prefix_len > 0 && prefix_len < span.len) {
        out->international_prefix_seen = true;
        read_international(skip(span, prefix_len), dialled, plan, out);
        if (national && rest.digits[0] != '0' && rest.len <= national_max_len(plan)) {
            add_reading(out, plan->country_code, rest);
        }
        return;
    }
    if (!national) {
        if (span.digits[0] != '0') {
            add_reading(out, "", span);
        }
        return;
    }
    if (rest.len < span.len && rest.digits[0] == '0') {
        read_international(rest, dialled, plan, out); // "00" where the plan does not name it
        return;
    }
    if (rest.len < span.len) {
        add_reading(out, plan->country_code, rest);
        return;
    }
    if (plan->trunk[0] != '\0' && span.digits[0] == '0') {
        read_international(span, dialled, plan, out);
        return;
    }
    read_bare(span, plan, out);
}

static bool is_carrier_code(struct span span, const struct fg_dial_plan *plan)
{
    return plan != NULL && strcmp(plan->country_code, "1") == 0 && begins_with(span, "101") &&
           span.len > NANP_CARRIER_CODE_LEN;
}

static void keep_dialled(struct span span, struct fg_number_readings *out)
{
    if (span.len > FG_DIALLED_KEPT_MAX) {
        span = skip(span, span.len - FG_DIALLED_KEPT_MAX);
    }
    memcpy(out->dialled, span.digits, span.len);
    out->n_dialled = (uint8_t)span.len;
}

void fg_number_read(struct fg_view user, struct fg_view phone_context,
                    const struct fg_dial_plan *plan, struct fg_number_readings *out)
{
    *out = (struct fg_number_readings){.status = FG_NUMBER_UNREADABLE};
    struct fg_dialled dialled;
    if (!fg_dialled_read(user, phone_context, &dialled)) {
        return;
    }
    struct span span = {.digits = dialled.digits, .len = dialled.n_digits};
    keep_dialled(span, out);
    if (dialled.plus) {
        out->international_prefix_seen = true;
        read_international(span, &dialled, plan, out);
        return;
    }
    if (dialled.n_context > 0) {
        out->international_prefix_seen = true;
        read_in_context(span, &dialled, plan, out);
        return;
    }
    if (is_carrier_code(span, plan)) {
        span = skip(span, NANP_CARRIER_CODE_LEN);
    }
    if (span.len < national_min_len(plan)) {
        add_reading(out, "", span);
        out->status = out->n > 0 ? FG_NUMBER_SHORT_CODE : FG_NUMBER_UNREADABLE;
        return;
    }
    read_with_plan(span, &dialled, plan, out);
}

int fg_number_parse_e164(struct fg_view text, struct fg_number *out)
{
    if (text.len < 2 || text.len > FG_NUMBER_DIGITS_MAX + 1 || text.ptr[0] != '+') {
        return FG_ESYNTAX;
    }
    struct fg_number number = {.len = (uint8_t)(text.len - 1)};
    for (size_t i = 1; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return FG_ESYNTAX;
        }
        number.digits[i - 1] = text.ptr[i];
    }
    *out = number;
    return FG_OK;
}

void fg_number_mask(const struct fg_number *number, char out[FG_NUMBER_MASKED_MAX])
{
    const size_t shown_first = 5;
    const size_t shown_last = 2;
    size_t n = 0;
    size_t len = number->len <= FG_NUMBER_DIGITS_MAX ? number->len : FG_NUMBER_DIGITS_MAX;
    if (len == 0) {
        memcpy(out, "-", 2);
        return;
    }
    out[n++] = '+';
    size_t first = len > shown_first + shown_last ? shown_first : len / 2;
    size_t last = len > shown_first + shown_last ? shown_last : 0;
    memcpy(out + n, number->digits, first);
    n += first;
    for (size_t i = first; i < len - last; i++) {
        out[n++] = '*';
    }
    memcpy(out + n, number->digits + len - last, last);
    out[n + last] = '\0';
}
