// SPDX-License-Identifier: GPL-2.0-or-later
// What the parts of the lint share: the packs as trees beside the ruleset that they became.
#pragma once

#include "codes.h"
#include "fg/lint.h"
#include "yaml.h"

struct lint {
    const struct fg_lint *in;
    struct fg_diags *diags;   // the advice
    struct fg_diags *ignored; // what the loader has told already
    struct fg_arena *scratch;
    struct fg_yaml_doc *docs;    // one a pack
    struct fg_yaml_node **roots; // mappings; NULL: could not be read
};

#define LINT(lint, node, code, ...)                                                                \
    fg_yaml_report((node), (lint)->diags, FG_WARNING, (code), __VA_ARGS__)

// Whether the node was written where origin says.
bool lint_is_at(const struct fg_yaml_node *node, const struct fg_origin *origin);
// The value of key in map, or otherwise where the map begins: the place to report at.
const struct fg_yaml_node *lint_place(const struct fg_yaml_node *map, const char *key);
// Whether a rule can count: it is enforced as written or for some customers.
bool lint_rule_counts(const struct fg_ruleset *ruleset, uint32_t rule);

// One rule, its mapping and the root of the file that it is in.
typedef void lint_rule_fn(struct lint *lint, uint32_t rule, const struct fg_yaml_node *body,
                          const struct fg_yaml_node *root);
void lint_each_rule(struct lint *lint, lint_rule_fn *fn);

// The parts; FG_OK or FG_ENOMEM.
void lint_rules(struct lint *lint);
void lint_both(struct lint *lint);
void lint_expiry(struct lint *lint);
void lint_steps(struct lint *lint);
void lint_bands(struct lint *lint);
int lint_lists(struct lint *lint);
