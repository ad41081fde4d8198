// SPDX-License-Identifier: GPL-2.0-or-later
// What 'rules check' and 'rules test' share: loading a directory, showing diagnostics.
#pragma once

#include "fg/pack.h"
#include "fgctl.h"

// Loads directory as a policy, with call's customers file and data. FG_OK and *out, or an error of
// fg_policy_load(); diags tell why.
int rules_load(const struct invocation *call, const char *directory, struct fg_diags *diags,
               struct fg_policy_bundle **out);
// Where numbering data and rates for the packs in directory are: as asked for, beside them, or else
// beside the usual ones. malloc'd; NULL when out of memory. Complains when it is nowhere.
char *rules_data_dir(const struct invocation *call, const char *directory);
// Prints diags to stdout in call's format. False when the output failed.
bool rules_print(const struct invocation *call, const struct fg_diags *diags);
// Complains about rc, which is neither FG_OK nor told by diags.
enum exit_code rules_failed(const char *what, int rc);
// What a load of `what` that ended in rc comes to, for all commands alike: EXIT_RULES where there
// is a mistake in what was read, else EXIT_NOT_FOUND where a file or directory is not there, else
// EXIT_FAILED (after a complaint where diags, which may be NULL, tell nothing).
enum exit_code rules_code(const char *what, int rc, const struct fg_diags *diags);
// Whether there is such a directory. EXIT_NOT_FOUND, or EXIT_USAGE for something else, after a
// complaint.
enum exit_code rules_directory(const char *path);
// Directory of path: "." when it has none. malloc'd; NULL when out of memory.
char *directory_of(const char *path);
// "FILE.test.yaml".
bool is_test_file(const char *path);
