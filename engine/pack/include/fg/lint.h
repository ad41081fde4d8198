// SPDX-License-Identifier: GPL-2.0-or-later
// Advice on a ruleset that loads: what is redundant, out of reach, untested or soon out of date.
// Nothing of it stops a load; what does, and what the loader warns of, is not said again.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/diag.h"
#include "fg/err.h"
#include "fg/ruleset.h"

// A pack or file of overrides as it was loaded: name as in the origins of the ruleset.
struct fg_lint_pack {
    const char *name;
    const char *bytes;
    size_t len;
};
struct fg_lint {
    const struct fg_ruleset *ruleset;
    const struct fg_lint_pack *packs; // everything the ruleset was made from
    uint32_t n_packs;
    const char *dir;     // where the files of lists are looked for; NULL: they are left out
    int64_t now_ms;      // Unix [ms]; 0: unknown, and nothing is said of age or expiry
    const bool *covered; // by index of the rule: whether a test makes it hit; NULL: unknown
    const uint16_t *composite_tests; // how many make a composite hit; NULL: unknown
};
// Adds the advice to diags, as warnings with the codes FG200 and up. FG_OK, also where nothing
// could be read a second time; FG_ENOMEM. Takes scratch memory from libc and reads the files of
// lists; not for the path of a call.
FG_MUST_CHECK int fg_lint_ruleset(const struct fg_lint *lint, struct fg_diags *diags);
