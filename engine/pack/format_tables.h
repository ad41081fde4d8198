// SPDX-License-Identifier: GPL-2.0-or-later
// The tables behind fg_format_of(), by shape; a shape is in one of them.
#pragma once

#include "fg/format.h"

#define FORMAT(text, array)                                                                        \
    {                                                                                              \
        (text), (array), sizeof(array) / sizeof((array)[0])                                        \
    }

extern const struct fg_format fg_format_packs[FG_SHAPES];
extern const struct fg_format fg_format_rules[FG_SHAPES];
extern const struct fg_format fg_format_tests[FG_SHAPES];
