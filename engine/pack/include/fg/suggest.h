// SPDX-License-Identifier: GPL-2.0-or-later
// "Did you mean": the allowed word nearest to a wrong one.
#pragma once

#include <stddef.h>

#include "fg/view.h"

// The word of words (n of them) that needs the fewest edits (insert, delete, replace, swap two
// neighbours; ASCII case ignored) to become word, when they are few enough for its length to be a
// slip and not another word. NULL otherwise.
const char *fg_suggest(struct fg_view word, const char *const *words, size_t n);

// Number of edits between a and b, at most limit + 1. Views longer than 63 bytes count as far
// apart.
size_t fg_edit_distance(struct fg_view a, struct fg_view b, size_t limit);
