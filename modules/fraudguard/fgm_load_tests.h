// SPDX-License-Identifier: GPL-2.0-or-later
// The packs' own tests, played against a rule set that is not in force yet.
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "fg/diag.h"
#include "fg/err.h"
#include "fg/ruleset.h"

#define FGM_FAILED_MAX 10

struct fgm_tests {
    uint32_t files, passed, failed;
    char *output; // what was expected and what came, for people; malloc'd
    size_t size;
};

// Runs all *.test.yaml of rules_dir in the order of their names. 0, also where tests fail; a file
// that cannot be read as tests: a negative error, with diags. fgm_tests_fini() in any case.
FG_MUST_CHECK int fgm_tests_run(const char *rules_dir, const struct fg_policy *policy,
                                struct fg_diags *diags, struct fgm_tests *out);
void fgm_tests_fini(struct fgm_tests *tests);
// Writes the first FGM_FAILED_MAX failing tests in one line: "2 of 30 rule tests fail:
// a.test.yaml:4, :9".
void fgm_tests_summary(const struct fgm_tests *tests, char *text, size_t size);
