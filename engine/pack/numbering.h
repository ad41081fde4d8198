// SPDX-License-Identifier: GPL-2.0-or-later
// Numbering data and rates from CSV, and what is known of countries' dialling.
#pragma once

#include "fg/destination.h"
#include "fields.h"

struct fg_named_bytes {
    const char *name; // shown in diagnostics
    const char *bytes;
    size_t len;
};

struct fg_country_facts {
    fg_country country;
    struct fg_dial_plan dial_plan; // international prefixes, trunk prefix, calling code, length
};
struct fg_countries {
    const struct fg_country_facts *items; // sorted by country
    uint32_t n;
};
// NULL when nothing is known of country. countries may be NULL.
const struct fg_country_facts *fg_countries_find(const struct fg_countries *countries,
                                                 fg_country country);

// The first of the countries with this calling code; NULL when there is none. countries may be
// NULL.
const struct fg_country_facts *fg_countries_by_code(const struct fg_countries *countries,
                                                    const char *calling_code);

// countries.csv: country,calling_code,international (prefixes with spaces between them; x is any
// digit),trunk and, where the file has it, national_max, the digits of the longest fixed or mobile
// number. A repeated country is an error. FG_ESYNTAX with diags, FG_ENOMEM.
FG_MUST_CHECK int fg_countries_parse(struct fg_named_bytes file, struct fg_arena *arena,
                                     struct fg_diags *diags, struct fg_countries *out);

// numbering.csv (prefix,country,type), emergency.csv (calling_code,code) and rates.csv
// (prefix,usd_per_minute). A repeated prefix is an error. FG_ESYNTAX with diags, FG_ENOMEM.
struct fg_destination_files {
    struct fg_named_bytes numbering, emergency, rates;
};
FG_MUST_CHECK int fg_destinations_parse(const struct fg_destination_files *files,
                                        struct fg_arena *arena, struct fg_diags *diags,
                                        struct fg_destinations *out);

// A list of prefixes: prefix,note (note optional; "+" before the prefix is fine). *prefixes maps to
// indexes of *notes.
struct fg_prefix_list {
    const struct fg_prefix_trie *prefixes;
    const char *const *notes;
    uint32_t n;
};
FG_MUST_CHECK int fg_prefix_list_parse(struct fg_named_bytes file, struct fg_arena *arena,
                                       struct fg_diags *diags, struct fg_prefix_list *out);
