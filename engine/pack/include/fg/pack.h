// SPDX-License-Identifier: GPL-2.0-or-later
// From files to a policy: rule packs (YAML), the customers file, numbering data and rates (CSV). A
// load is a transaction: it gives a whole policy or diagnostics, never half of one.
#pragma once

#include <stddef.h>

#include "fg/diag.h"
#include "fg/err.h"
#include "fg/heap.h"
#include "fg/ruleset.h"

struct fg_policy_paths {
    // *.yaml in name order (not *.test.yaml), then overrides.d/*.yaml; lists/ beside them.
    // NULL: no rules and no lists, for whoever only reads numbers; data_dir is then needed.
    const char *rules_dir;
    const char *customers_file; // NULL: no customers
    const char
        *data_dir; // numbering.csv, countries.csv, emergency.csv, rates.csv; NULL: rules_dir/data
    const char *rates_file; // NULL: the one in data_dir
    // Files with commas between them, at most 4: MaxMind databases or CSV (network,asn,country).
    // An earlier one counts before a later one. NULL: the signals src.* have no values.
    const char *networks_file;
    int64_t now_ms; // Unix [ms], to warn of what has expired; 0: no such warnings
};
struct fg_policy_bundle; // a policy and the arena that holds it

// Loads all of it into memory of heap. FG_OK and *out (diags may hold warnings); FG_ESYNTAX with
// diags saying why, FG_EIO for unreadable files (in diags too), FG_ENOMEM. Allocates scratch memory
// from libc. Not for a SIP worker's call path: takes a tenth of a second, and 35 us a customer
// more.
FG_MUST_CHECK int fg_policy_load(const struct fg_policy_paths *paths, const struct fg_heap *heap,
                                 const struct fg_hash_key *hash_key, struct fg_diags *diags,
                                 struct fg_policy_bundle **out);
void fg_policy_bundle_free(struct fg_policy_bundle *bundle);
// Valid as long as the bundle.
const struct fg_policy *fg_policy_of(const struct fg_policy_bundle *bundle);
// What is usual when dialling in country, by countries.csv; NULL when nothing is known of it. Valid
// as long as the bundle.
const struct fg_dial_plan *fg_policy_dial_plan(const struct fg_policy_bundle *bundle,
                                               fg_country country);

// Parsers over bytes, for tests and fuzzers; name is shown in diagnostics. Results live in arena.
FG_MUST_CHECK int fg_pack_parse(const char *name, const char *bytes, size_t len,
                                const char *lists_dir, struct fg_arena *arena,
                                struct fg_diags *diags, struct fg_ruleset *out);
FG_MUST_CHECK int fg_customers_parse(const char *name, const char *bytes, size_t len,
                                     const struct fg_hash_key *hash_key, struct fg_arena *arena,
                                     struct fg_diags *diags, struct fg_customers *out);
