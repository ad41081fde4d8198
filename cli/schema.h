// SPDX-License-Identifier: GPL-2.0-or-later
// JSON Schema (draft-07) from the tables of the formats.
#pragma once

#include "fg/format.h"
#include "fg/json.h"

// The schema of files whose root is of this shape, with the definitions of what it uses. NULL when
// out of memory.
struct fg_json *schema_new(enum fg_shape root, const char *title);

// What a key's value may be. Marks the shapes it uses, and FG_SHAPE_NONE where it uses `when`.
struct fg_json *schema_value(const struct fg_format_key *key, bool used[FG_SHAPES]);
// The mapping of signals to matchers.
struct fg_json *schema_when(void);
