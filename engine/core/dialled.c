// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialled.h"

#include <string.h>

#define TEXT_MAX 256 // bytes of a user part after unescaping

struct text {
    char bytes[TEXT_MAX];
    size_t len;
};

// RFC 3261 19.1.2: escapes are undone once, never twice.
static bool unescape(struct fg_view in, struct text *out)
{
    out->len = 0;
    for (size_t i = 0; i < in.len; i++) {
        char c = in.ptr[i];
        if (c == '%') {
            int high = i + 2 < in.len ? fg_hex_digit(in.ptr[i + 1]) : -1;
            int low = i + 2 < in.len ? fg_hex_digit(in.ptr[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return false;
            }
            c = (char)(unsigned char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0' || out->len == TEXT_MAX) {
            return false;
        }
        out->bytes[out->len++] = c;
    }
    return true;
}

struct glyph {
    const char *utf8;
    char means; // a digit, '+', '(' , ')' or '-' for any other visual separator
};

// Bytes of one glyph at text, and what it means; 0 for something no number holds.
static size_t glyph_at(const char *text, size_t len, char *means)
{
    static const struct glyph separators[] = {
        {"\xef\xbc\x8b", '+'}, {"\xef\xbc\x88", '('}, {"\xef\xbc\x89", ')'}, {"\xef\xbc\x8d", '-'},
        {"\xef\xbc\x8e", '-'}, {"\xe2\x80\x8b", '-'}, {"\xe2\x81\xa0", '-'}, {"\xe3\x80\x80", '-'},
        {"\xe2\x80\x90", '-'}, {"\xe2\x80\x91", '-'}, {"\xe2\x80\x92", '-'}, {"\xe2\x80\x93", '-'},
        {"\xe2\x80\x94", '-'}, {"\xe2\x80\x95", '-'}, {"\xe2\x88\x92", '-'}, {"\xc2\xa0", '-'},
        {"\xc2\xad", '-'},
    };
    static const struct {
        const char *lead; // of the digit zero, without its last byte
        unsigned char zero;
    } scripts[] = {{"\xef\xbc", 0x90}, {"\xd9", 0xa0}, {"\xdb", 0xb0}}; // full width, Arabic-Indic

    for (size_t i = 0; i < sizeof(separators) / sizeof(separators[0]); i++) {
        size_t n = strlen(separators[i].utf8);
        if (n <= len && memcmp(text, separators[i].utf8, n) == 0) {
            *means = separators[i].means;
            return n;
        }
    }
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        size_t n = strlen(scripts[i].lead);
        if (n < len && memcmp(text, scripts[i].lead, n) == 0) {
            int digit = (unsigned char)text[n] - scripts[i].zero;
            if (digit >= 0 && digit <= 9) {
                *means = (char)('0' + digit);
                return n + 1;
            }
        }
    }
    return 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t letter_at(const char *text, size_t len, char *means)
{
    char c = text[0];
    if (is_digit(c) || c == '+' || c == '(' || c == ')') {
        *means = c;
        return 1;
    }
    if (c == '-' || c == '.' || c == ' ') {
        *means = '-';
        return 1;
    }
    return glyph_at(text, len, means);
}

// Codes that a network eats before the number: *67 and its rotary form are for the switch, as are
// GSM's *31# and #31#.
static size_t service_code_len(const char *text, size_t len)
{
    if (len >= 4 && (memcmp(text, "*31#", 4) == 0 || memcmp(text, "#31#", 4) == 0)) {
        return 4;
    }
    if (len >= 3 && text[0] == '*' && is_digit(text[1]) && is_digit(text[2])) {
        return 3;
    }
    return 0;
}

static bool read_digits(const char *text, size_t len, struct fg_dialled *out)
{
    char before = '\0';
    for (size_t i = service_code_len(text, len); i < len;) {
        char means = '\0';
        size_t n = letter_at(text + i, len - i, &means);
        if (n == 0) {
            return false;
        }
        i += n;
        if (means == '+') {
            if (out->n_digits > 0) {
                return false;
            }
            out->plus = true;
        } else if (is_digit(means)) {
            if (out->n_digits == FG_DIALLED_DIGITS_MAX) {
                return false;
            }
            out->digits[out->n_digits++] = means;
        }
        bool ends = i < len && text[i] == ')';
        if (means == '0' && before == '(' && ends && !out->optional_zero) {
            out->optional_zero = true;
            out->optional_zero_at = (uint8_t)(out->n_digits - 1);
        }
        before = means;
    }
    return out->n_digits > 0;
}

static bool is_domain(struct fg_view text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!(is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
              c == '-')) {
            return false;
        }
    }
    return true;
}

// RFC 3966 5.1.5: "+" and digits, or a domain, which says nothing of the number.
static bool read_context(struct fg_view context, struct fg_dialled *out)
{
    struct text text;
    if (!unescape(context, &text)) {
        return false;
    }
    if (text.len == 0 || text.bytes[0] != '+') {
        return is_domain((struct fg_view){.ptr = text.bytes, .len = text.len});
    }
    for (size_t i = 1; i < text.len; i++) {
        char c = text.bytes[i];
        if (is_digit(c) && out->n_context < FG_DIALLED_DIGITS_MAX) {
            out->context[out->n_context++] = c;
        } else if (c != '-' && c != '.' && c != '(' && c != ')') {
            return false;
        }
    }
    return out->n_context > 0;
}

// Value of the phone-context parameter in ";name=value;…", or empty.
static struct fg_view find_context(const char *text, size_t len)
{
    static const char name[] = "phone-context=";
    const size_t name_len = sizeof(name) - 1;
    struct fg_view found = {.ptr = text, .len = 0};
    for (size_t i = 0; i < len; i++) {
        if (text[i] != ';' || len - i - 1 < name_len) {
            continue;
        }
        struct fg_view head = {.ptr = text + i + 1, .len = name_len};
        if (fg_view_equal_nocase(head, fg_view_of(name))) {
            found.ptr = text + i + 1 + name_len;
            while (found.ptr + found.len < text + len && found.ptr[found.len] != ';' &&
                   found.ptr[found.len] != ':') {
                found.len++;
            }
            return found;
        }
    }
    return found;
}

bool fg_dialled_read(struct fg_view user, struct fg_view phone_context, struct fg_dialled *out)
{
    *out = (struct fg_dialled){.n_digits = 0};
    struct text text;
    if (user.len > (size_t)3 * TEXT_MAX || !unescape(user, &text)) {
        return false;
    }
    size_t number_len = 0;
    while (number_len < text.len && text.bytes[number_len] != ';' &&
           text.bytes[number_len] != ':') {
        number_len++;
    }
    if (phone_context.len == 0) {
        phone_context = find_context(text.bytes + number_len, text.len - number_len);
    }
    // The key that tells a telephone to send; switches eat it.
    bool sent = number_len > 1 && text.bytes[number_len - 1] == '#';
    return read_digits(text.bytes, number_len - (sent ? 1 : 0), out) &&
           read_context(phone_context, out);
}
