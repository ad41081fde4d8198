// SPDX-License-Identifier: GPL-2.0-or-later
// Text put together in the caller's buffer: cut to size, always NUL-terminated, never in the middle
// of a UTF-8 character.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "fg/units.h"
#include "fg/view.h"

struct fg_text {
    char *out;
    size_t size; // bytes of out, the NUL included
    size_t len;
    bool full; // nothing more is taken once something did not fit
};

void fg_text_begin(struct fg_text *text, char *out, size_t size);
// Trusted text, from packs or this program.
void fg_text_put(struct fg_text *text, const char *string);
void fg_text_put_view(struct fg_text *text, struct fg_view view);
// Text from the network: escaped as fg_text_escape() does.
void fg_text_put_escaped(struct fg_text *text, struct fg_view view);
void fg_text_put_int(struct fg_text *text, int64_t number, unsigned min_digits);
// At most max_decimals of the six, trailing zeros beyond min_decimals left out.
void fg_text_put_micro(struct fg_text *text, fg_micro value, unsigned min_decimals,
                       unsigned max_decimals);
