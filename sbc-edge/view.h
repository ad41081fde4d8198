// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/**
 * Bytes that somebody else owns: never NUL-terminated, NUL bytes allowed. `len` in bytes. A view
 * with `len` 0 is empty whatever `ptr` is; the value {NULL, 0} means "was not given".
 */
struct edge_view {
    const char *ptr;
    size_t len;
};

/** The view of a string literal, as an expression. */
#define EDGE_VIEW(literal) ((struct edge_view){(literal), sizeof(literal) - 1})

/** The view of a string literal, as a constant initialiser. */
#define EDGE_VIEW_INIT(literal)                                                                    \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

/** The view of a NUL-terminated string of our own; empty for NULL. */
static inline struct edge_view edge_view_of(const char *text)
{
    return text ? (struct edge_view){text, strlen(text)} : (struct edge_view){NULL, 0};
}

/** True when both hold the same bytes. Not for secrets: the time taken tells where they differ. */
static inline bool edge_view_is_equal(struct edge_view a, struct edge_view b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/** True when both are equal with ASCII letters folded. */
static inline bool edge_view_is_equal_nocase(struct edge_view a, struct edge_view b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.ptr, b.ptr, a.len) == 0);
}
