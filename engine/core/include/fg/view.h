// SPDX-License-Identifier: GPL-2.0-or-later
// A non-owning view of bytes. Maps one to one to Kamailio's str; never assumes a terminator.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct fg_view {
    const char *ptr;
    size_t len;
};

// A view of a NUL-terminated string (NULL gives the empty view).
static inline struct fg_view fg_view_of(const char *text)
{
    return (struct fg_view){.ptr = text, .len = text != NULL ? strlen(text) : 0};
}
static inline bool fg_view_equal(struct fg_view a, struct fg_view b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
// ASCII letters compare without case; other bytes as they are.
bool fg_view_equal_nocase(struct fg_view a, struct fg_view b);
// What the hexadecimal digit stands for, in either case; -1 when it is none.
int fg_hex_digit(char c);
