// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as a pack whose rules and composites are promoted: the rule named becomes what was
// asked for, and nothing else of the pack changes.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "edit.h"
#include "fg/pack.h"
#include "fg/pack_edit.h"

#define RULES_MAX 3 // of one input

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds) {
        abort();
    }
}

struct text {
    const char *bytes;
    size_t len;
};

// One pack in both forms.
struct read {
    struct fg_yaml_doc doc;
    struct fg_yaml_node *root;
    struct fg_ruleset ruleset;
};

static int read_pack(struct text text, struct fg_arena *arena, struct read *out)
{
    struct fg_diags *diags = fg_diags_new();
    expect(diags != NULL);
    *out = (struct read){.doc = {"fuzz.yaml", text.bytes, text.len}};
    int rc = fg_pack_parse("fuzz.yaml", text.bytes, text.len, NULL, arena, diags, &out->ruleset);
    if (rc == FG_OK) {
        rc = fg_yaml_read(&out->doc, arena, diags, &out->root);
    }
    fg_diags_free(diags);
    return rc;
}

static bool may_change(const struct fg_yaml_node *key)
{
    static const char *const keys[] = {"mode", "maturity", "rollout"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (fg_view_equal(key->text, fg_view_of(keys[i]))) {
            return true;
        }
    }
    return false;
}

static const struct fg_yaml_node *next_kept(const struct fg_yaml_node *key)
{
    while (key != NULL && may_change(key)) {
        key = key->next;
    }
    return key;
}

static void same_but_for_promotion(const struct fg_yaml_node *a, const struct fg_yaml_node *b)
{
    const struct fg_yaml_node *old = next_kept(a->first);
    const struct fg_yaml_node *new = next_kept(b->first);
    for (; old != NULL && new != NULL; old = next_kept(old->next), new = next_kept(new->next)) {
        expect(fg_yaml_equal(old, new));
    }
    expect(old == NULL && new == NULL);
}

static void compare_lists(const struct fg_yaml_node *a, const struct fg_yaml_node *b,
                          const char *id)
{
    const struct fg_yaml_node *other = b->first;
    for (const struct fg_yaml_node *item = a->first; item != NULL; item = item->next) {
        const struct fg_yaml_node *name = fg_yaml_get(item, "id");
        if (other == NULL) {
            abort();
        }
        if (name != NULL && fg_view_equal(name->text, fg_view_of(id))) {
            same_but_for_promotion(item, other);
        } else {
            expect(fg_yaml_equal(item, other));
        }
        other = other->next;
    }
    expect(other == NULL);
}

static void compare_trees(const struct fg_yaml_node *a, const struct fg_yaml_node *b,
                          const char *id)
{
    const struct fg_yaml_node *new = b->first;
    for (const struct fg_yaml_node *old = a->first; old != NULL; old = old->next) {
        expect(new != NULL &&fg_view_equal(old->text, new->text));
        if ((fg_view_equal(old->text, fg_view_of("rules")) ||
             fg_view_equal(old->text, fg_view_of("composites"))) &&
            old->value->kind == FG_YAML_LIST) {
            compare_lists(old->value, new->value, id);
        } else {
            expect(fg_yaml_equal(old, new));
        }
        new = new->next;
    }
    expect(new == NULL);
}

static void promote(struct text text, const struct read *before, const char *id,
                    struct fg_promotion to, bool composite, uint32_t index)
{
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    struct fg_diags *diags = fg_diags_new();
    char *out = NULL;
    size_t len = 0;
    expect(arena != NULL && diags != NULL);
    int rc = fg_pack_promote("fuzz.yaml", (struct fg_view){text.bytes, text.len}, id, &to, diags,
                             &out, &len);
    expect(rc == FG_OK || (rc == FG_ESYNTAX && fg_diags_count(diags, FG_ERROR) > 0));
    struct read after;
    // What the text of a rule hides from an editor is seen when it is loaded, before it is kept.
    if (rc == FG_OK && read_pack((struct text){out, len}, arena, &after) == FG_OK) {
        const struct fg_ruleset *new = &after.ruleset;
        expect(new->n_rules == before->ruleset.n_rules &&new->n_composites ==
               before->ruleset.n_composites);
        expect((composite ? new->composites[index].mode : new->rules[index].mode) == to.mode);
        compare_trees(before->root, after.root, id);
    } else {
        expect(rc != FG_OK);
    }
    free(out);
    fg_diags_free(diags);
    fg_arena_free(arena);
}

static void promote_all(struct text text, const struct read *before, const char *id,
                        enum fg_mode mode, bool composite, uint32_t index)
{
    static const struct fg_promotion targets[] = {
        {.mode = FG_MODE_ENFORCE},
        {.mode = FG_MODE_SHADOW},
        {.mode = FG_MODE_OFF},
        {.mode = FG_MODE_ENFORCE, .rolls_out = true, .percent = 10}};
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        struct fg_promotion to = targets[i];
        to.mode_holds = mode == to.mode;
        promote(text, before, id, to, composite, index);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct text text = {(const char *)data, size};
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    struct read before;
    expect(arena != NULL);
    if (read_pack(text, arena, &before) == FG_OK) {
        const struct fg_ruleset *ruleset = &before.ruleset;
        for (uint32_t i = 0; i < ruleset->n_rules && i < RULES_MAX; i++) {
            promote_all(text, &before, ruleset->rules[i].id, ruleset->rules[i].mode, false, i);
        }
        for (uint32_t i = 0; i < ruleset->n_composites && i < RULES_MAX; i++) {
            promote_all(text, &before, ruleset->composites[i].id, ruleset->composites[i].mode, true,
                        i);
        }
    }
    fg_arena_free(arena);
    return 0;
}
