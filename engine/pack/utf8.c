// SPDX-License-Identifier: GPL-2.0-or-later
#include "utf8.h"

// Length of the UTF-8 sequence at bytes, 0 when it is not one (RFC 3629 4: no overlong forms, no
// surrogates, nothing above U+10FFFF).
static size_t sequence_len(const unsigned char *bytes, size_t len)
{
    unsigned char lead = bytes[0];
    size_t n = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (n == 0 || n > len || lead > 0xF4) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    if ((lead == 0xE0 && bytes[1] < 0xA0) || (lead == 0xED && bytes[1] > 0x9F) ||
        (lead == 0xF0 && bytes[1] < 0x90) || (lead == 0xF4 && bytes[1] > 0x8F)) {
        return 0;
    }
    return n;
}

static bool is_control(const unsigned char *bytes, size_t n)
{
    if (n == 1) {
        return (bytes[0] < 0x20 && bytes[0] != '\t' && bytes[0] != '\n' && bytes[0] != '\r') ||
               bytes[0] == 0x7F;
    }
    return n == 2 && bytes[0] == 0xC2 && bytes[1] < 0xA0; // C1
}

size_t fg_text_step(const char *bytes, size_t len, bool *shown)
{
    const unsigned char *at = (const unsigned char *)bytes;
    const size_t n = sequence_len(at, len);
    *shown = n > 0 && !is_control(at, n) && (n > 1 || at[0] >= 0x20);
    return n == 0 ? 1 : n;
}

const char *fg_text_check(const char *bytes, size_t len, struct fg_text_place *place)
{
    const unsigned char *at = (const unsigned char *)bytes;
    uint32_t line = 1;
    uint32_t column = 1;
    const char *why = NULL;
    for (size_t i = 0; i < len && why == NULL;) {
        size_t n = sequence_len(at + i, len - i);
        if (n == 0) {
            why = "not UTF-8 text";
        } else if (is_control(at + i, n)) {
            why = "control characters are not allowed";
        } else if (n == 3 && at[i] == 0xEF && at[i + 1] == 0xBB && at[i + 2] == 0xBF) {
            why = "a byte order mark is not allowed; save the file as UTF-8 without one";
        }
        if (why != NULL) {
            *place =
                (struct fg_text_place){.line = line, .column = column, .length = 1, .offset = i};
            break;
        }
        column = at[i] == '\n' ? 1 : column + 1;
        line += at[i] == '\n';
        i += n;
    }
    return why;
}
