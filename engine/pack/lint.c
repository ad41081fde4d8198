// SPDX-License-Identifier: GPL-2.0-or-later
// Reads the packs once more as trees, so that advice can name its place, and runs the parts.
#include "fg/lint.h"

#include <string.h>

#include "lint_priv.h"

bool lint_is_at(const struct fg_yaml_node *node, const struct fg_origin *origin)
{
    return origin->file != NULL && node->line == origin->line && node->column == origin->column &&
           strcmp(node->doc->name, origin->file) == 0;
}

const struct fg_yaml_node *lint_place(const struct fg_yaml_node *map, const char *key)
{
    const struct fg_yaml_node *value = fg_yaml_get(map, key);
    return value == NULL ? map : value;
}

bool lint_rule_counts(const struct fg_ruleset *ruleset, uint32_t rule)
{
    bool counts = ruleset->rules[rule].mode == FG_MODE_ENFORCE;
    for (uint32_t i = 0; i < ruleset->n_overrides && !counts; i++) {
        const struct fg_override *override = &ruleset->overrides[i];
        counts = (override->changes & FG_CHANGE_MODE) != 0 && override->rule == rule &&
                 override->mode == FG_MODE_ENFORCE;
    }
    return counts;
}

void lint_each_rule(struct lint *lint, lint_rule_fn *fn)
{
    const struct fg_ruleset *ruleset = lint->in->ruleset;
    for (uint32_t i = 0; i < lint->in->n_packs; i++) {
        const struct fg_yaml_node *root = lint->roots[i];
        const struct fg_yaml_node *rules = root == NULL ? NULL : fg_yaml_get(root, "rules");
        const struct fg_yaml_node *body = rules == NULL ? NULL : rules->first;
        for (; body != NULL; body = body->next) {
            for (uint32_t k = 0; k < ruleset->n_rules; k++) {
                if (body->kind == FG_YAML_MAP && lint_is_at(body, &ruleset->rules[k].origin)) {
                    fn(lint, k, body, root);
                    break;
                }
            }
        }
    }
}

static int read_packs(struct lint *lint)
{
    for (uint32_t i = 0; i < lint->in->n_packs; i++) {
        const struct fg_lint_pack *pack = &lint->in->packs[i];
        lint->docs[i] = (struct fg_yaml_doc){pack->name, pack->bytes, pack->len};
        int rc = fg_yaml_read(&lint->docs[i], lint->scratch, lint->ignored, &lint->roots[i]);
        if (rc == FG_ENOMEM) {
            return rc;
        }
        if (rc != FG_OK || lint->roots[i] == NULL || lint->roots[i]->kind != FG_YAML_MAP) {
            lint->roots[i] = NULL;
        }
    }
    return FG_OK;
}

static int run(struct lint *lint)
{
    int rc = read_packs(lint);
    if (rc != FG_OK) {
        return rc;
    }
    lint_rules(lint);
    lint_steps(lint);
    lint_bands(lint);
    if (lint->in->now_ms > 0) {
        lint_expiry(lint);
    }
    lint_both(lint);
    return lint_lists(lint);
}

int fg_lint_ruleset(const struct fg_lint *in, struct fg_diags *diags)
{
    struct lint lint = {.in = in,
                        .diags = diags,
                        .ignored = fg_diags_new(),
                        .scratch = fg_arena_new(fg_heap_libc())};
    int rc = FG_ENOMEM;
    if (lint.ignored != NULL && lint.scratch != NULL) {
        lint.docs = fg_arena_alloc(lint.scratch, in->n_packs * sizeof(*lint.docs));
        lint.roots = fg_arena_alloc(lint.scratch, in->n_packs * sizeof(struct fg_yaml_node *));
        rc = lint.docs == NULL || lint.roots == NULL ? FG_ENOMEM : run(&lint);
    }
    fg_diags_free(lint.ignored);
    if (lint.scratch != NULL) {
        fg_arena_free(lint.scratch);
    }
    return rc;
}
