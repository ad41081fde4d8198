// SPDX-License-Identifier: GPL-2.0-or-later
// Edits of a text at known places; every other byte stays as it is.
#pragma once

#include <stdbool.h>

#include "yaml.h"

#define FG_EDITS_MAX 1024

struct fg_edit {
    size_t from, to; // bytes that go; the same: nothing goes
    char *text;      // what comes instead, malloc'd
};
struct fg_edits {
    struct fg_edit items[FG_EDITS_MAX]; // in order of their places
    size_t n;
};

// Adds an edit; those at one place come in the order in which they were added. FG_ENOMEM,
// FG_ELIMIT, FG_EINVAL when it overlaps another one.
FG_MUST_CHECK int fg_edits_add(struct fg_edits *edits, size_t from, size_t to, const char *format,
                               ...) __attribute__((format(printf, 4, 5)));
// The edited text, malloc'd, NUL-terminated. FG_ENOMEM.
FG_MUST_CHECK int fg_edits_apply(const struct fg_edits *edits, const struct fg_yaml_doc *doc,
                                 char **out, size_t *len);
void fg_edits_fini(struct fg_edits *edits);

// Where a scalar ends in its text. False when that cannot be told for certain (a text over several
// lines, an empty value).
bool fg_edit_scalar_end(const struct fg_yaml_node *node, size_t *end);
// Whether a mapping or list is written in brackets.
bool fg_edit_is_flow(const struct fg_yaml_node *node);
// Whether two trees say the same, in the same way of quoting.
bool fg_yaml_equal(const struct fg_yaml_node *a, const struct fg_yaml_node *b);
