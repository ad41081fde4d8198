// SPDX-License-Identifier: GPL-2.0-or-later
// Kamailio's str and the engine's view are the same thing; these turn one into the other.
#pragma once

#include <stdint.h>

#include "core/str.h"
#include "fg/view.h"

static inline struct fg_view fgm_view(str text)
{
    return (struct fg_view){text.s, text.s && text.len > 0 ? (size_t)text.len : 0};
}

// A str over a NUL-terminated string. The str must not be written to.
static inline str fgm_str(const char *text)
{
    struct fg_view view = fg_view_of(text);
    str out;
    out.s = (char *)(uintptr_t)view.ptr; // str has no const; nobody writes through it
    out.len = (int)view.len;
    return out;
}
