// SPDX-License-Identifier: GPL-2.0-or-later
// Runs a directory's own tests for what they cover, without a word of which of them fail.
#pragma once

#include "fg/packtest.h"

// Adds up all *.test.yaml of directory, run against policy. FG_OK, also where there are none;
// FG_ESYNTAX with diags, FG_EIO, FG_ENOMEM.
int rules_run_tests(const char *directory, const struct fg_policy *policy, struct fg_diags *diags,
                    struct fg_packtest_summary *sum);
