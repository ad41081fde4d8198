// SPDX-License-Identifier: GPL-2.0-or-later
// Expected against got.
#pragma once

#include <stdio.h>

#include "play.h"

// Writes what differs to out, with the reasons of the first call that is not as expected. Returns
// whether the test passed.
bool check_test(const struct test_case *test, const struct test_file *file,
                const struct play_results *results, FILE *out);
