// SPDX-License-Identifier: GPL-2.0-or-later
// Texts in single quotes (YAML 1.2.2, 7.3.2). Our own reading, because that of libfyaml 0.7 loses
// its way in texts with several quotes in a row: wrong characters, and memory that is never freed.
#pragma once

#include <stddef.h>

#include "fg/view.h"

// What `written`, the bytes between the quotes, stands for: '' becomes ', lines are folded. out has
// room for written.len bytes and may not overlap them. Returns how many were used.
size_t fg_yaml_unquote(struct fg_view written, char *out);
