// SPDX-License-Identifier: GPL-2.0-or-later
// What the loaders need of diagnostics beyond fg/diag.h.
#pragma once

#include <stdarg.h>

#include "fg/diag.h"

// As fg_diags_add() with an argument list.
void fg_diags_vadd(struct fg_diags *diags, const struct fg_diag *where, const char *format,
                   va_list args) __attribute__((format(printf, 3, 0)));
