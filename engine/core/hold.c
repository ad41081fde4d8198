// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/hold.h"

#include <string.h>

#include "fg/country.h"
#include "fg/customer.h"
#include "fg/destination.h"
#include "text.h"

#define RANGE_WITHOUT   4 // digits
#define MASKED_KEEPS    5
#define HEX_DIGITS      16
#define IPV4_OFFSET     12
#define NETWORK_BYTES   8  // of an IPv6 address that count
#define FINGER_SHOWN    6  // bytes
#define VALUE_BYTES_MAX 32 // a certificate's fingerprint
#define GROWTH_UNIT     1000

static const char hex_digits[] = "0123456789abcdef";

static const char *const scope_names[FG_HOLD_SCOPES] = {
#define FG_HOLD_SCOPE_NAME(name, text, doc) [FG_HOLD_##name] = (text),
    FG_HOLD_SCOPE_LIST(FG_HOLD_SCOPE_NAME)
#undef FG_HOLD_SCOPE_NAME
};

bool fg_hold_is_of_rules(const struct fg_hold *hold)
{
    return hold->rule[0] != '\0' || strncmp(hold->by, "rule:", 5) == 0;
}

const char *fg_hold_scope_name(enum fg_hold_scope scope)
{
    return (unsigned)scope < FG_HOLD_SCOPES ? scope_names[scope] : "unknown";
}

uint64_t fg_hold_value(const struct fg_hash_key *key, enum fg_hold_scope scope,
                       struct fg_view bytes)
{
    static const char tags[FG_HOLD_SCOPES] = {[FG_HOLD_SOURCE] = 's',
                                              [FG_HOLD_CERTIFICATE] = 'f',
                                              [FG_HOLD_CALLER] = 'c',
                                              [FG_HOLD_RANGE] = 'r',
                                              [FG_HOLD_NUMBER] = 'n'};
    char tagged[2 + VALUE_BYTES_MAX] = {'h', tags[scope]};
    const size_t len = bytes.len < VALUE_BYTES_MAX ? bytes.len : VALUE_BYTES_MAX;
    memcpy(tagged + 2, bytes.ptr, len);
    return fg_hash64(key, tagged, 2 + len);
}

static bool is_ipv4(const struct fg_ip *ip)
{
    static const uint8_t mapped[IPV4_OFFSET] = {[10] = 0xff, [11] = 0xff};
    return memcmp(ip->bytes, mapped, sizeof(mapped)) == 0;
}

void fg_hold_source(const struct fg_ip *ip, struct fg_ip *out)
{
    *out = *ip;
    if (!is_ipv4(ip)) {
        memset(out->bytes + NETWORK_BYTES, 0, sizeof(out->bytes) - NETWORK_BYTES);
    }
}

struct fg_view fg_hold_range(const struct fg_number *number)
{
    size_t len = number->len > RANGE_WITHOUT ? number->len - (size_t)RANGE_WITHOUT : 0;
    return (struct fg_view){.ptr = number->digits, .len = len};
}

void fg_hold_of_number(const struct fg_number *number, bool is_range, char out[FG_HOLD_OF_MAX])
{
    if (!is_range) {
        char masked[FG_NUMBER_MASKED_MAX];
        fg_number_mask(number, masked);
        memcpy(out, masked, sizeof(masked));
        return;
    }
    struct fg_text text;
    fg_text_begin(&text, out, FG_HOLD_OF_MAX);
    fg_text_put(&text, "+");
    for (size_t i = 0; i < number->len; i++) {
        fg_text_put_view(&text, i < MASKED_KEEPS ? (struct fg_view){number->digits + i, 1}
                                                 : fg_view_of("*"));
    }
}

void fg_hold_of_source(const struct fg_ip *ip, char out[FG_HOLD_OF_MAX])
{
    struct fg_text text;
    fg_text_begin(&text, out, FG_HOLD_OF_MAX);
    if (is_ipv4(ip)) {
        for (size_t i = IPV4_OFFSET; i < sizeof(ip->bytes); i++) {
            fg_text_put(&text, i == IPV4_OFFSET ? "" : ".");
            fg_text_put_int(&text, ip->bytes[i], 1);
        }
        return;
    }
    for (size_t i = 0; i < NETWORK_BYTES; i += 2) {
        const unsigned group = (unsigned)ip->bytes[i] << 8 | ip->bytes[i + 1];
        bool begun = false;
        for (unsigned shift = 16; shift > 0; shift -= 4) {
            const unsigned digit = group >> (shift - 4) & 0xfU;
            begun = begun || digit != 0 || shift == 4;
            if (begun) {
                fg_text_put_view(&text, (struct fg_view){&hex_digits[digit], 1});
            }
        }
        fg_text_put(&text, ":");
    }
    fg_text_put(&text, ":/64");
}

void fg_hold_of_certificate(const uint8_t fingerprint[32], char out[FG_HOLD_OF_MAX])
{
    struct fg_text text;
    fg_text_begin(&text, out, FG_HOLD_OF_MAX);
    fg_text_put(&text, "sha256:");
    for (size_t i = 0; i < FINGER_SHOWN; i++) {
        fg_text_put_view(&text, (struct fg_view){&hex_digits[fingerprint[i] >> 4], 1});
        fg_text_put_view(&text, (struct fg_view){&hex_digits[fingerprint[i] & 0xf], 1});
    }
}

static void put_hex(uint64_t value, char *out)
{
    for (int i = HEX_DIGITS - 1; i >= 0; i--) {
        out[i] = hex_digits[value & 0xf];
        value >>= 4;
    }
}

void fg_hold_scope_format(uint8_t scope, uint64_t value, char out[FG_HOLD_SCOPE_TEXT_MAX])
{
    const char *name = fg_hold_scope_name((enum fg_hold_scope)scope);
    const size_t len = strlen(name);
    memcpy(out, name, len + 1);
    if (scope == FG_HOLD_CUSTOMER || scope == FG_HOLD_RISKY || scope >= FG_HOLD_SCOPES) {
        return;
    }
    char *rest = out + len + 1;
    rest[-1] = '.';
    if (scope == FG_HOLD_COUNTRY) {
        fg_country_format((fg_country)value, rest);
    } else if (scope == FG_HOLD_TYPE) {
        const char *type =
            value < FG_TYPE_COUNT ? fg_number_type_name((enum fg_number_type)value) : "unknown";
        memcpy(rest, type, strlen(type) + 1);
    } else {
        put_hex(value, rest);
        rest[HEX_DIGITS] = '\0';
    }
}

static int parse_hex(struct fg_view text, uint64_t *out)
{
    uint64_t value = 0;
    if (text.len != HEX_DIGITS) {
        return FG_ESYNTAX;
    }
    for (size_t i = 0; i < text.len; i++) {
        const char *digit = text.ptr[i] != '\0' ? strchr(hex_digits, text.ptr[i]) : NULL;
        if (digit == NULL) {
            return FG_ESYNTAX;
        }
        value = value << 4 | (uint64_t)(digit - hex_digits);
    }
    *out = value;
    return FG_OK;
}

static int parse_value(enum fg_hold_scope scope, struct fg_view text, uint64_t *value)
{
    enum fg_number_type type;
    switch (scope) {
    case FG_HOLD_COUNTRY:
        *value = fg_country_parse(text);
        return *value == FG_COUNTRY_NONE ? FG_ESYNTAX : FG_OK;
    case FG_HOLD_TYPE:
        if (fg_number_type_parse(text, &type) != FG_OK) {
            return FG_ESYNTAX;
        }
        *value = (uint64_t)type;
        return FG_OK;
    default:
        return parse_hex(text, value);
    }
}

int fg_hold_scope_parse(struct fg_view text, uint8_t *scope, uint64_t *value)
{
    const char *dot = text.len > 0 ? memchr(text.ptr, '.', text.len) : NULL;
    const size_t name_len = dot == NULL ? text.len : (size_t)(dot - text.ptr);
    const struct fg_view name = {text.ptr, name_len};
    for (unsigned i = 0; i < FG_HOLD_SCOPES; i++) {
        if (!fg_view_equal(name, fg_view_of(scope_names[i]))) {
            continue;
        }
        uint64_t found = 0;
        const bool whole = i == FG_HOLD_CUSTOMER || i == FG_HOLD_RISKY;
        if (whole != (dot == NULL)) {
            return FG_ESYNTAX;
        }
        if (!whole &&
            parse_value((enum fg_hold_scope)i, (struct fg_view){dot + 1, text.len - name_len - 1},
                        &found) != FG_OK) {
            return FG_ESYNTAX;
        }
        *scope = (uint8_t)i;
        *value = found;
        return FG_OK;
    }
    return FG_ESYNTAX;
}

int64_t fg_hold_length_ms(const struct fg_hold_span *span, uint16_t times)
{
    int64_t length = span->duration_ms;
    for (unsigned i = 1; i < times && span->growth_milli > GROWTH_UNIT && length < span->max_ms;
         i++) {
        length = length * span->growth_milli / GROWTH_UNIT;
    }
    return length < span->max_ms ? length : span->max_ms;
}

void fg_hold_renew(const struct fg_hold *last, const struct fg_hold_span *span,
                   struct fg_hold *hold)
{
    const int64_t now_ms = hold->since_ms;
    const bool remembered = last != NULL && now_ms - last->until_ms <= FG_HOLD_MEMORY_MS;
    const uint16_t times = remembered ? last->times : 0;
    if (span == NULL) {
        hold->times = times;
        return;
    }
    if (!remembered || last->until_ms <= now_ms) {
        hold->times = times < FG_HOLD_TIMES_MAX ? (uint16_t)(times + 1) : times;
        hold->until_ms = now_ms + fg_hold_length_ms(span, hold->times);
        return;
    }
    const bool cut = hold->cut || last->cut;
    const uint16_t at_least = times > 0 ? times : 1;
    const int64_t until_ms = now_ms + fg_hold_length_ms(span, at_least);
    *hold = *last;
    hold->cut = cut;
    if (until_ms > hold->until_ms) {
        hold->until_ms = until_ms;
        hold->times = at_least;
    }
}
