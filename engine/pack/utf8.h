// SPDX-License-Identifier: GPL-2.0-or-later
// Whether bytes are text that people wrote: UTF-8 without control characters.
#pragma once

#include "yaml.h"

// Length [bytes] of the character that the len bytes begin with, at least one of them; 1 for a byte
// that is not UTF-8. *shown: whether a terminal may get it, which control characters (also tab and
// line feed) and bytes that are not UTF-8 are not.
size_t fg_text_step(const char *bytes, size_t len, bool *shown);

// NULL when all len bytes are valid UTF-8 (RFC 3629 4) without control characters other than tab,
// line feed and carriage return, and without a byte order mark. Else what is wrong (static text)
// and where.
const char *fg_text_check(const char *bytes, size_t len, struct fg_text_place *place);
