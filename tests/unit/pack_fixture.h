// SPDX-License-Identifier: GPL-2.0-or-later
// What a test that reads packs, customers or lists begins with: an arena, diagnostics, and what the
// bytes become.
#pragma once

#include "fg/customer.h"
#include "fg/diag.h"
#include "fg/ruleset.h"

struct fixture {
    struct fg_arena *arena;
    struct fg_diags *diags;
    struct fg_ruleset ruleset;
    struct fg_customers customers;
};

// cmocka's setup and teardown of one test; *state is the fixture. Not nested.
int setup(void **state);
int teardown(void **state);

// Reads text as the pack p.yaml, which has no directory, into the fixture: what fg_pack_parse()
// returns.
int fixture_parse(struct fixture *fixture, const char *text);
