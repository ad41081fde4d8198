// SPDX-License-Identifier: GPL-2.0-or-later
// Fills meters of what was seen with what a rule test says of the time before its clock.
#pragma once

#include "fg/store.h"
#include "testfile.h"

// Notes the values of test's history in store. policy: the test's ruleset and customers. FG_OK, or
// what the store said.
FG_MUST_CHECK int history_fill(const struct test_case *test, const struct fg_policy *policy,
                               const struct fg_store *store);
