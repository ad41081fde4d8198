// SPDX-License-Identifier: GPL-2.0-or-later
// Text that is safe to show and to put into JSON. Pure; any process and thread.
#pragma once

#include <stdbool.h>

#include "fg/view.h"

// Whether text is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates) without control
// characters (C0, DEL, C1), line or paragraph separators and bidirectional overrides, which could
// forge what a terminal or a log shows.
bool fg_text_is_plain(struct fg_view text);

// A plain copy: every byte that keeps text from being plain becomes "\xNN" (four characters), the
// rest stays as it is. malloc'd, NUL-terminated, at most four times as long; NULL when out of
// memory. The caller frees.
char *fg_text_plain(struct fg_view text);

// Whether where contains text, ASCII letters folded; an empty text is contained in everything. NULL
// where: false, unless text is empty.
bool fg_text_contains(const char *where, struct fg_view text);
