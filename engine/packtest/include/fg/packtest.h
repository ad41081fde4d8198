// SPDX-License-Identifier: GPL-2.0-or-later
// Rule tests: *.test.yaml beside the packs, run with a frozen clock on the real engine and the
// local store.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "fg/diag.h"
#include "fg/err.h"
#include "fg/ruleset.h"

#define FG_PACKTEST_BYTES_MAX ((size_t)4 << 20) // of one file

struct fg_packtest_summary {
    uint32_t passed, failed, skipped;
    uint32_t rules, rules_covered; // composites too; covered: some test made the rule hit
    // By index of the rule or composite, so that several files can be put together.
    bool covered[FG_RULES_MAX];
    uint16_t tests[FG_RULES_MAX];                    // how many tests make the rule hit
    uint16_t step_tests[FG_RULES_MAX][FG_STEPS_MAX]; // and how many each of its steps
    uint16_t composite_tests[FG_COMPOSITES_MAX];     // how many tests make the composite hit
};
// Runs every test of one file against policy and prints failures (expected against got, with points
// and source lines) to out. A file that cannot be read as tests: FG_ESYNTAX with diags. A failing
// test is not an error code: see summary.
FG_MUST_CHECK int fg_packtest_run(const char *file, const struct fg_policy *policy,
                                  struct fg_diags *diags, bool verbose, FILE *out,
                                  struct fg_packtest_summary *summary);

// The directory that a file of tests names in `rules`, as a path from here: *out, malloc'd; NULL
// where it names none, or cannot be read as tests, which running it tells. FG_OK, FG_ENOMEM.
FG_MUST_CHECK int fg_packtest_rules(const char *file, char **out);

// A file of tests in which what was left open is filled in.
struct fg_packtest_recording {
    char *bytes; // malloc'd; NULL when n is 0
    size_t len;
    uint32_t n; // tests that were filled in
};
// Plays the tests of a file whose `expect` is empty and writes what they come to in its place, in a
// copy of the text; every other byte stays. Tells out what was filled in. The caller frees
// recording->bytes. FG_ESYNTAX with diags, FG_EIO, FG_ENOMEM.
FG_MUST_CHECK int fg_packtest_record(const char *file, const struct fg_policy *policy,
                                     struct fg_diags *diags, FILE *out,
                                     struct fg_packtest_recording *recording);
