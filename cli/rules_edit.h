// SPDX-License-Identifier: GPL-2.0-or-later
// Edits of files of a rules directory: showing them, and trying them before they are made.
#pragma once

#include "rules.h"

// Prints the lines that differ to stdout: "FILE:LINE", "-old", "+new".
void edit_show(const struct output *output, const char *file, const char *before,
               const char *after);
// Loads directory as it would be with bytes as its file (a path in it). As rules_load(); diags name
// the files of directory.
int edit_try(const struct invocation *call, const char *directory, const char *file,
             const char *bytes, size_t length, struct fg_diags *diags,
             struct fg_policy_bundle **out);
