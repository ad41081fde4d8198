// SPDX-License-Identifier: GPL-2.0-or-later
// The customers file with what is known of countries' dialling.
#pragma once

#include "fg/pack.h"
#include "numbering.h"
#include "yaml.h"

#define FG_CUSTOMERS_MAX            1000000
#define FG_CUSTOMERS_FILE_BYTES_MAX ((size_t)1 << 30)

// As fg_customers_parse(); a file without customers is a mistake, but one without a name stands for
// no file at all. countries (may be NULL) gives the dial plans that customers do not
// state.
FG_MUST_CHECK int fg_customers_load(struct fg_named_bytes file,
                                    const struct fg_countries *countries,
                                    const struct fg_hash_key *hash_key, struct fg_arena *arena,
                                    struct fg_diags *diags, struct fg_customers *out);

// A table of the customers in a mapping of a rule test: their values are customers, keys are names
// for use in the test. FG_ESYNTAX with diags.
FG_MUST_CHECK int fg_customers_load_fixtures(const struct fg_yaml_node *fixtures,
                                             const struct fg_countries *countries,
                                             const struct fg_hash_key *hash_key,
                                             struct fg_arena *arena, struct fg_diags *diags,
                                             struct fg_customers *out);
