// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_uri.h"

#include <string.h>

static struct fg_view from(struct fg_view text, size_t offset)
{
    return (struct fg_view){text.ptr + offset, text.len - offset};
}

static size_t find_byte(struct fg_view text, char byte)
{
    const char *at = text.len ? memchr(text.ptr, byte, text.len) : NULL;
    return at ? (size_t)(at - text.ptr) : text.len;
}

// Offset behind a quoted string that starts at offset, or the length when it never ends.
static size_t skip_quoted(struct fg_view text, size_t offset)
{
    for (size_t i = offset + 1; i < text.len; i++) {
        if (text.ptr[i] == '\\')
            i++;
        else if (text.ptr[i] == '"')
            return i + 1;
    }
    return text.len;
}

struct fg_view fgm_uri_of_address(struct fg_view value)
{
    size_t i = 0;
    while (i < value.len && value.ptr[i] != '<') {
        if (value.ptr[i] == '"')
            i = skip_quoted(value, i);
        else
            i++;
    }
    if (i < value.len) {
        struct fg_view inside = from(value, i + 1);
        size_t end = find_byte(inside, '>');
        return end < inside.len ? (struct fg_view){inside.ptr, end} : (struct fg_view){0};
    }
    // An addr-spec: header parameters follow its first ';', another value its first ','.
    size_t start = 0, end;
    while (start < value.len && (value.ptr[start] == ' ' || value.ptr[start] == '\t'))
        start++;
    for (end = start; end < value.len; end++) {
        if (memchr(";, \t\r\n\"", value.ptr[end], 7))
            break;
    }
    return (struct fg_view){value.ptr ? value.ptr + start : NULL, end - start};
}

bool fgm_next_value(struct fg_view *rest, struct fg_view *value)
{
    if (rest->len == 0)
        return false;
    size_t end = 0;
    while (end < rest->len && rest->ptr[end] != ',') {
        if (rest->ptr[end] == '"')
            end = skip_quoted(*rest, end);
        else if (rest->ptr[end] == '<')
            end += find_byte(from(*rest, end), '>');
        else
            end++;
    }
    *value = (struct fg_view){rest->ptr, end};
    *rest = from(*rest, end < rest->len ? end + 1 : end);
    return true;
}

bool fgm_headers_framed(struct fg_view headers)
{
    char before = 0;
    for (size_t i = 0; i < headers.len; i++) {
        char byte = headers.ptr[i];
        if (!byte || (byte == '\n') != (before == '\r'))
            return false;
        before = byte;
    }
    return true;
}
