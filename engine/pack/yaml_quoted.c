// SPDX-License-Identifier: GPL-2.0-or-later
#include "yaml_quoted.h"

#include <stdbool.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_break(char c)
{
    return c == '\n' || c == '\r';
}

// Skips breaks and blanks from *at on; returns how many lines ended.
static size_t skip_breaks(struct fg_view written, size_t *at)
{
    size_t breaks = 0;
    while (*at < written.len && (is_blank(written.ptr[*at]) || is_break(written.ptr[*at]))) {
        bool pair =
            written.ptr[*at] == '\r' && *at + 1 < written.len && written.ptr[*at + 1] == '\n';
        breaks += is_break(written.ptr[*at]);
        *at += pair ? 2 : 1;
    }
    return breaks;
}

size_t fg_yaml_unquote(struct fg_view written, char *out)
{
    size_t used = 0;
    size_t kept = 0; // blanks at the end of a line go, but not those before it
    for (size_t at = 0; at < written.len;) {
        char c = written.ptr[at];
        if (!is_break(c)) {
            out[used++] = c;
            kept = is_blank(c) ? kept : used;
            at += c == '\'' ? 2 : 1;
            continue;
        }
        used = kept;
        size_t breaks = skip_breaks(written, &at);
        // One break is a space; of several, the first only ends the line.
        out[used++] = breaks == 1 ? ' ' : '\n';
        for (size_t i = 2; i < breaks; i++) {
            out[used++] = '\n';
        }
        kept = used;
    }
    return used;
}
