// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// Bytes of the well-formed UTF-8 sequence at the start of text (RFC 3629 section 4), 0 when there
// is none; *code_point is written only on success.
static size_t utf8_length(struct fg_view text, uint32_t *code_point)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char lead = (unsigned char)text.ptr[0];
    size_t length = 0;
    uint32_t value = 0;

    if (lead < 0x80) {
        *code_point = lead;
        return 1;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
        length = 2;
        value = lead & 0x1fU;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        length = 3;
        value = lead & 0x0fU;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        length = 4;
        value = lead & 0x07U;
    }
    if (length == 0 || length > text.len) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        const unsigned char next = (unsigned char)text.ptr[i];
        if ((next & 0xc0U) != 0x80) {
            return 0;
        }
        value = value << 6 | (next & 0x3fU);
    }
    if (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
        return 0;
    }
    *code_point = value;
    return length;
}

static bool is_shown_as_is(uint32_t code_point)
{
    if (code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0)) {
        return false;
    }
    // U+200E, U+200F: marks; U+2028 to U+202E: separators and embeddings; U+2066 to U+2069:
    // isolates.
    return code_point != 0x200e && code_point != 0x200f &&
           !(code_point >= 0x2028 && code_point <= 0x202e) &&
           !(code_point >= 0x2066 && code_point <= 0x2069) && code_point != 0xfeff;
}

// Bytes of the character at the start of text when it can be shown as it is, else 0.
static size_t plain_length(struct fg_view text)
{
    const unsigned char lead = (unsigned char)text.ptr[0];
    uint32_t code_point = 0;
    size_t length = 0;

    if (lead >= 0x20 && lead < 0x7f) {
        return 1;
    }
    length = utf8_length(text, &code_point);
    return length != 0 && is_shown_as_is(code_point) ? length : 0;
}

bool fg_text_is_plain(struct fg_view text)
{
    size_t i = 0;

    while (i < text.len) {
        const size_t length = plain_length((struct fg_view){text.ptr + i, text.len - i});
        if (length == 0) {
            return false;
        }
        i += length;
    }
    return true;
}

char *fg_text_plain(struct fg_view text)
{
    static const char digits[] = "0123456789abcdef";
    char *out = NULL;
    size_t used = 0;
    size_t i = 0;

    if (text.len > SIZE_MAX / 8) {
        return NULL;
    }
    out = malloc(text.len * 4 + 1);
    if (out == NULL) {
        return NULL;
    }
    while (i < text.len) {
        const size_t length = plain_length((struct fg_view){text.ptr + i, text.len - i});
        if (length != 0) {
            memcpy(out + used, text.ptr + i, length);
            used += length;
            i += length;
            continue;
        }
        const unsigned char byte = (unsigned char)text.ptr[i++];
        out[used++] = '\\';
        out[used++] = 'x';
        out[used++] = digits[byte >> 4];
        out[used++] = digits[byte & 0x0fU];
    }
    out[used] = '\0';
    return out;
}

static char folded(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool fg_text_contains(const char *where, struct fg_view text)
{
    const size_t size = where == NULL ? 0 : strlen(where);

    for (size_t i = 0; i + text.len <= size; i++) {
        size_t same = 0;
        while (same < text.len && folded(where[i + same]) == folded(text.ptr[same])) {
            same++;
        }
        if (same == text.len) {
            return true;
        }
    }
    return text.len == 0;
}
