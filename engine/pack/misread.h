// SPDX-License-Identifier: GPL-2.0-or-later
// What tools that follow YAML 1.1 make of a word that is not quoted.
#pragma once

#include <stdbool.h>

#include "fg/view.h"

#define FG_MISREAD_MAX 96

// "unquoted NO is 'false' to other tools"; false where they take it for the same text.
bool fg_misread(struct fg_view word, char out[FG_MISREAD_MAX]);
