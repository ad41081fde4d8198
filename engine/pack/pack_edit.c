// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/pack_edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codes.h"
#include "edit.h"

// The rule or composite of a pack that has this id.
static const struct fg_yaml_node *find_rule(const struct fg_yaml_node *root, const char *id)
{
    static const char *const keys[] = {"rules", "composites"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const struct fg_yaml_node *list = fg_yaml_get(root, keys[i]);
        const struct fg_yaml_node *rule =
            list == NULL || list->kind != FG_YAML_LIST ? NULL : list->first;
        for (; rule != NULL; rule = rule->next) {
            const struct fg_yaml_node *name = fg_yaml_get(rule, "id");
            if (name != NULL && name->kind == FG_YAML_SCALAR &&
                fg_view_equal(name->text, fg_view_of(id))) {
                return rule;
            }
        }
    }
    return NULL;
}

// Writes a key that is not there yet after the rule's id: on a line of its own, or in the brackets.
static int insert_key(struct fg_edits *edits, const struct fg_yaml_node *rule, const char *line)
{
    const struct fg_yaml_doc *doc = rule->doc;
    const struct fg_yaml_node *key = rule->first;
    size_t end;
    while (key != NULL && !fg_view_equal(key->text, fg_view_of("id"))) {
        key = key->next;
    }
    if (key == NULL || !fg_edit_scalar_end(key->value, &end)) {
        return FG_ESYNTAX;
    }
    if (fg_edit_is_flow(rule)) {
        return fg_edits_add(edits, end, end, ", %s", line);
    }
    while (end < doc->len && doc->bytes[end] != '\n' && doc->bytes[end] != '\r') {
        end++;
    }
    return fg_edits_add(edits, end, end, "\n%*s%s", (int)key->column - 1, "", line);
}

static int set_word(struct fg_edits *edits, const struct fg_yaml_node *node, const char *word)
{
    size_t end;
    if (fg_view_equal(node->text, fg_view_of(word))) {
        return FG_OK;
    }
    return fg_edit_scalar_end(node, &end) ? fg_edits_add(edits, node->offset, end, "%s", word)
                                          : FG_ESYNTAX;
}

static int edit_mode(struct fg_edits *edits, const struct fg_yaml_node *rule,
                     const struct fg_promotion *to)
{
    const struct fg_yaml_node *mode = fg_yaml_get(rule, "mode");
    if (mode != NULL) {
        return set_word(edits, mode, fg_mode_name(to->mode));
    }
    static const char *const lines[] = {"mode: enforce", "mode: shadow", "mode: off"};
    return to->mode_holds ? FG_OK : insert_key(edits, rule, lines[to->mode]);
}

static int edit_maturity(struct fg_edits *edits, const struct fg_yaml_node *rule,
                         const struct fg_promotion *to)
{
    const struct fg_yaml_node *maturity = fg_yaml_get(rule, "maturity");
    if (maturity == NULL || to->mode != FG_MODE_ENFORCE || to->rolls_out ||
        fg_view_equal(maturity->text, fg_view_of("deprecated"))) {
        return FG_OK;
    }
    return set_word(edits, maturity, "stable");
}

static int edit_rollout(struct fg_edits *edits, const struct fg_yaml_node *rule,
                        const struct fg_promotion *to)
{
    const struct fg_yaml_node *rollout = fg_yaml_get(rule, "rollout");
    const unsigned percent = to->rolls_out ? to->percent : 100;
    char text[64];
    if (to->mode != FG_MODE_ENFORCE || (rollout == NULL && !to->rolls_out)) {
        return FG_OK;
    }
    if (rollout == NULL) {
        (void)snprintf(text, sizeof(text), "rollout: {percent: %u, by: customer}", percent);
        return insert_key(edits, rule, text);
    }
    const struct fg_yaml_node *node = fg_yaml_get(rollout, "percent");
    (void)snprintf(text, sizeof(text), "%u", percent);
    return node == NULL ? FG_ESYNTAX : set_word(edits, node, text);
}

static int promote(const struct fg_yaml_node *root, const char *id, const struct fg_promotion *to,
                   struct fg_diags *diags, struct fg_edits *edits)
{
    const struct fg_yaml_node *rule = find_rule(root, id);
    if (rule == NULL) {
        return FG_ENOTFOUND;
    }
    int rc = edit_mode(edits, rule, to);
    rc = rc == FG_OK ? edit_maturity(edits, rule, to) : rc;
    rc = rc == FG_OK ? edit_rollout(edits, rule, to) : rc;
    if (rc == FG_ESYNTAX || rc == FG_EINVAL) {
        fg_yaml_report(rule, diags, FG_ERROR, FG_CODE_SYNTAX,
                       "the rule is written in a way that cannot be edited; change it by hand");
        rc = FG_ESYNTAX;
    }
    return rc;
}

static int promote_doc(const struct fg_yaml_doc *doc, const char *id, const struct fg_promotion *to,
                       struct fg_arena *arena, struct fg_diags *diags, struct fg_edits *edits)
{
    struct fg_yaml_node *root = NULL;
    int rc = fg_yaml_read(doc, arena, diags, &root);
    return rc == FG_OK ? promote(root, id, to, diags, edits) : rc;
}

int fg_pack_promote(const char *name, struct fg_view text, const char *id,
                    const struct fg_promotion *to, struct fg_diags *diags, char **out,
                    size_t *out_len)
{
    const struct fg_yaml_doc doc = {name, text.ptr, text.len};
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    struct fg_edits *edits = calloc(1, sizeof(*edits));
    int rc = FG_ENOMEM;
    if (arena != NULL && edits != NULL) {
        rc = promote_doc(&doc, id, to, arena, diags, edits);
        rc = rc == FG_OK ? fg_edits_apply(edits, &doc, out, out_len) : rc;
        fg_edits_fini(edits);
    }
    free(edits);
    if (arena != NULL) {
        fg_arena_free(arena);
    }
    return rc;
}
