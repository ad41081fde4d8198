// SPDX-License-Identifier: GPL-2.0-or-later
#include "text.h"

#include "fg/explain.h"

#include <string.h>

#define MICRO_DECIMALS 6

void fg_text_begin(struct fg_text *text, char *out, size_t size)
{
    *text = (struct fg_text){.out = out, .size = size};
    if (size > 0) {
        out[0] = '\0';
    }
}

static void put_bytes(struct fg_text *text, const char *bytes, size_t len)
{
    if (text->full || text->len + len >= text->size) {
        text->full = true;
        return;
    }
    memcpy(text->out + text->len, bytes, len);
    text->len += len;
    text->out[text->len] = '\0';
}

// Length of the well-formed UTF-8 character at bytes, 0 when there is none (RFC 3629 4).
static size_t utf8_len(const unsigned char *bytes, size_t len)
{
    unsigned char lead = bytes[0];
    size_t n = lead < 0x80                   ? 1
               : lead >= 0xc2 && lead < 0xe0 ? 2
               : lead >= 0xe0 && lead < 0xf0 ? 3
                                             : 4;
    if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || n > len) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (lead == 0xe0 && bytes[1] < 0xa0) || (lead == 0xf0 && bytes[1] < 0x90);
    bool surrogate = lead == 0xed && bytes[1] >= 0xa0;
    bool beyond = lead == 0xf4 && bytes[1] >= 0x90;
    return overlong || surrogate || beyond ? 0 : n;
}

// Characters that a terminal, a log or JSON would not show as they are: controls, quotes,
// backslash, C1 controls, and the marks that reorder or break lines.
static bool is_unprintable(const unsigned char *bytes, size_t n)
{
    if (n == 1) {
        return bytes[0] < 0x20 || bytes[0] == 0x7f || bytes[0] == '"' || bytes[0] == '\'' ||
               bytes[0] == '\\';
    }
    if (n == 2) {
        return bytes[0] == 0xc2 && bytes[1] < 0xa0;
    }
    if (n == 3 && bytes[0] == 0xe2 && bytes[1] == 0x80) {
        return (bytes[2] >= 0x8b && bytes[2] <= 0x8f) || (bytes[2] >= 0xa8 && bytes[2] <= 0xae);
    }
    if (n == 3 && bytes[0] == 0xe2 && bytes[1] == 0x81) {
        return bytes[2] >= 0xa0 && bytes[2] <= 0xaf;
    }
    return n == 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf;
}

void fg_text_put_escaped(struct fg_text *text, struct fg_view view)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < view.len && !text->full;) {
        unsigned char bytes[4] = {0};
        size_t left = view.len - i < sizeof(bytes) ? view.len - i : sizeof(bytes);
        memcpy(bytes, view.ptr + i, left);
        size_t n = utf8_len(bytes, left);
        if (n > 0 && !is_unprintable(bytes, n)) {
            put_bytes(text, view.ptr + i, n);
            i += n;
            continue;
        }
        for (size_t end = i + (n > 0 ? n : 1); i < end; i++) {
            unsigned char byte = (unsigned char)view.ptr[i];
            const char escape[4] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
            put_bytes(text, escape, sizeof(escape));
        }
    }
}

void fg_text_escape(struct fg_view text, char *out, size_t size)
{
    struct fg_text writer;
    fg_text_begin(&writer, out, size);
    fg_text_put_escaped(&writer, text);
}

void fg_text_put_view(struct fg_text *text, struct fg_view view)
{
    for (size_t i = 0; i < view.len;) {
        unsigned char bytes[4] = {0};
        size_t left = view.len - i < sizeof(bytes) ? view.len - i : sizeof(bytes);
        memcpy(bytes, view.ptr + i, left);
        size_t n = utf8_len(bytes, left);
        n = n > 0 ? n : 1;
        put_bytes(text, view.ptr + i, n);
        i += n;
    }
}

void fg_text_put(struct fg_text *text, const char *string)
{
    fg_text_put_view(text, fg_view_of(string));
}

void fg_text_put_int(struct fg_text *text, int64_t number, unsigned min_digits)
{
    char digits[24];
    size_t at = sizeof(digits);
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (at > 1 && (rest > 0 || sizeof(digits) - at < min_digits));
    if (number < 0) {
        digits[--at] = '-';
    }
    put_bytes(text, digits + at, sizeof(digits) - at);
}

void fg_text_put_micro(struct fg_text *text, fg_micro value, unsigned min_decimals,
                       unsigned max_decimals)
{
    char decimals[MICRO_DECIMALS];
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    uint64_t fraction = size % (uint64_t)FG_MICRO;
    for (size_t i = MICRO_DECIMALS; i > 0; i--) {
        decimals[i - 1] = (char)('0' + fraction % 10);
        fraction /= 10;
    }
    size_t n = max_decimals < MICRO_DECIMALS ? max_decimals : MICRO_DECIMALS;
    while (n > min_decimals && decimals[n - 1] == '0') {
        n--;
    }
    if (value < 0) {
        fg_text_put(text, "-");
    }
    fg_text_put_int(text, (int64_t)(size / (uint64_t)FG_MICRO), 1);
    if (n > 0) {
        fg_text_put(text, ".");
        put_bytes(text, decimals, n);
    }
}
