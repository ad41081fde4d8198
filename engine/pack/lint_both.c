// SPDX-License-Identifier: GPL-2.0-or-later
// Prefixes that one condition both asks for and excludes.
#include <string.h>

#include "fg/prefix.h"
#include "fg/signal.h"
#include "lint_priv.h"

struct both {
    const struct fg_prefix_trie *in;
    char first[16];
    uint32_t n;
};

static bool count_both(void *ctx, const char *digits, uint32_t value)
{
    struct both *both = ctx;
    struct fg_prefix_match match;
    const size_t len = strlen(digits);
    (void)value;
    if (fg_prefix_lookup(both->in, digits, (uint8_t)len, &match) == FG_OK && match.len == len &&
        both->n++ == 0) {
        memcpy(both->first, digits, len + 1); // at most 15 digits
    }
    return true;
}

// The prefixes of the named list in the rule's predicate on that signal; NULL when there is none.
// What is written in the matcher itself is meant to be taken from a list.
static const struct fg_prefix_trie *prefixes_of(const struct fg_ruleset *ruleset,
                                                const struct fg_condition *when,
                                                struct fg_view signal, enum fg_predicate_op op)
{
    for (uint32_t i = 0; i < when->n; i++) {
        const struct fg_predicate *predicate = &when->all[i];
        if (predicate->op == op && !ruleset->lists[predicate->list].nameless &&
            fg_view_equal(signal, fg_view_of(fg_signal_info(predicate->signal)->name)) &&
            ruleset->lists[predicate->list].kind == FG_LIST_PREFIX) {
            return ruleset->lists[predicate->list].prefixes;
        }
    }
    return NULL;
}

static void check_when(struct lint *lint, uint32_t index, const struct fg_yaml_node *body,
                       const struct fg_yaml_node *root)
{
    const struct fg_ruleset *ruleset = lint->in->ruleset;
    const struct fg_condition *when = &ruleset->rules[index].when;
    const struct fg_yaml_node *map = fg_yaml_get(body, "when");
    const struct fg_yaml_node *key = map != NULL && map->kind == FG_YAML_MAP ? map->first : NULL;
    (void)root;
    for (; key != NULL; key = key->next) {
        struct both both = {.in = prefixes_of(ruleset, when, key->text, FG_OP_IN_LIST)};
        const struct fg_prefix_trie *out = prefixes_of(ruleset, when, key->text, FG_OP_NOT_IN_LIST);
        if (both.in == NULL || out == NULL || both.in == out) {
            continue; // of a list that excludes itself the loader has told
        }
        (void)fg_prefix_walk(out, count_both, &both);
        if (both.n == 1) {
            LINT(lint, lint_place(key->value, "not_in"), FG_CODE_LINT_PREFIX,
                 "+%s is in both lists: 'not_in' takes away what 'in' asks for", both.first);
        } else if (both.n > 1) {
            LINT(lint, lint_place(key->value, "not_in"), FG_CODE_LINT_PREFIX,
                 "+%s and %u more prefixes are in both lists: 'not_in' takes away what 'in' asks "
                 "for",
                 both.first, both.n - 1);
        }
    }
}

void lint_both(struct lint *lint)
{
    lint_each_rule(lint, check_when);
}
