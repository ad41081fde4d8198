// SPDX-License-Identifier: GPL-2.0-or-later
// Scopes as people write them: "number.+96077712345" instead of its hash.
#include <string.h>

#include "fg/customer.h"
#include "fg/hold.h"
#include "fg/number.h"

#define FINGERPRINT_BYTES 32

static bool read_fingerprint(struct fg_view text, uint8_t out[FINGERPRINT_BYTES])
{
    if (text.len != 2 * (size_t)FINGERPRINT_BYTES) {
        return false;
    }
    for (size_t i = 0; i < FINGERPRINT_BYTES; i++) {
        const int high = fg_hex_digit(text.ptr[2 * i]);
        const int low = fg_hex_digit(text.ptr[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static int read_number(const struct fg_hash_key *key, enum fg_hold_scope scope, struct fg_view text,
                       struct fg_hold *out)
{
    struct fg_number number;
    if (fg_number_parse_e164(text, &number) != FG_OK) {
        return FG_ESYNTAX;
    }
    const bool is_range = scope == FG_HOLD_RANGE;
    const struct fg_view digits =
        is_range ? fg_hold_range(&number) : (struct fg_view){number.digits, number.len};
    if (digits.len == 0) {
        return FG_ESYNTAX;
    }
    fg_hold_of_number(&number, is_range, out->of);
    if (key != NULL) {
        out->value = fg_hold_value(key, scope, digits);
    }
    return FG_OK;
}

static int read_value(const struct fg_hash_key *key, enum fg_hold_scope scope, struct fg_view text,
                      struct fg_hold *out)
{
    uint8_t fingerprint[FINGERPRINT_BYTES];
    struct fg_ip ip, held;
    struct fg_view bytes;
    switch (scope) {
    case FG_HOLD_NUMBER:
    case FG_HOLD_RANGE:
    case FG_HOLD_CALLER:
        return read_number(key, scope, text, out);
    case FG_HOLD_SOURCE:
        if (!fg_ip_parse(text, &ip)) {
            return FG_ESYNTAX;
        }
        fg_hold_source(&ip, &held);
        fg_hold_of_source(&ip, out->of);
        bytes = (struct fg_view){(const char *)held.bytes, sizeof(held.bytes)};
        break;
    case FG_HOLD_CERTIFICATE:
        if (!read_fingerprint(text, fingerprint)) {
            return FG_ESYNTAX;
        }
        fg_hold_of_certificate(fingerprint, out->of);
        bytes = (struct fg_view){(const char *)fingerprint, sizeof(fingerprint)};
        break;
    default:
        return FG_ESYNTAX;
    }
    if (key != NULL) {
        out->value = fg_hold_value(key, scope, bytes);
    }
    return FG_OK;
}

int fg_hold_scope_read(const struct fg_hash_key *key, struct fg_view text, struct fg_hold *out)
{
    struct fg_hold read = {.scope = FG_HOLD_SCOPES};
    if (fg_hold_scope_parse(text, &out->scope, &out->value) == FG_OK) {
        out->of[0] = '\0';
        return FG_OK;
    }
    const char *dot = text.len > 0 ? memchr(text.ptr, '.', text.len) : NULL;
    if (dot == NULL) {
        return FG_ESYNTAX;
    }
    const struct fg_view name = {text.ptr, (size_t)(dot - text.ptr)};
    const struct fg_view value = {dot + 1, text.len - name.len - 1};
    for (unsigned i = 0; i < FG_HOLD_SCOPES; i++) {
        if (fg_view_equal(name, fg_view_of(fg_hold_scope_name((enum fg_hold_scope)i)))) {
            read.scope = (uint8_t)i;
        }
    }
    if (read.scope == FG_HOLD_SCOPES ||
        read_value(key, (enum fg_hold_scope)read.scope, value, &read) != FG_OK) {
        return FG_ESYNTAX;
    }
    out->scope = read.scope;
    out->value = read.value;
    memcpy(out->of, read.of, sizeof(out->of));
    return key == NULL ? FG_ENOTFOUND : FG_OK;
}
