// SPDX-License-Identifier: GPL-2.0-or-later
// Composites: points for rules that hit together, or that do not.
#include <string.h>

#include "build.h"

#define SCORE_MAX 1000
#define TERMS_MAX 64

static bool read_term(struct pack_build *build, const struct fg_yaml_node *node,
                      struct fg_composite_term *term)
{
    static const char tag[] = "customer.tag.";
    if (!fg_field_is(&build->fields, node, FG_YAML_SCALAR, "the id of a rule")) {
        return false;
    }
    if (node->text.len >= sizeof(tag) && memcmp(node->text.ptr, tag, sizeof(tag) - 1) == 0) {
        struct fg_view name = {node->text.ptr + sizeof(tag) - 1, node->text.len - sizeof(tag) + 1};
        *term = (struct fg_composite_term){.kind = FG_TERM_TAG,
                                           .tag = fg_field_copy(&build->fields, name)};
        return true;
    }
    int32_t rule = pack_resolve(build, PACK_RULE, node);
    *term = (struct fg_composite_term){.kind = FG_TERM_RULE, .rule = (uint16_t)(rule & 0xFFFF)};
    return rule >= 0;
}

static void read_terms(struct pack_build *build, const struct fg_yaml_node *body, const char *key,
                       const struct fg_composite_term **out, uint32_t *n)
{
    const struct fg_yaml_node *node = fg_yaml_get(body, key);
    if (node == NULL || !fg_field_is(&build->fields, node, FG_YAML_LIST, key)) {
        return;
    }
    if (node->n == 0 || node->n > TERMS_MAX) {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_LIMIT, "'%s' names 1 to %d rules", key,
                       TERMS_MAX);
        return;
    }
    struct fg_composite_term *terms = fg_field_alloc(&build->fields, node->n * sizeof(*terms));
    if (terms == NULL) {
        return;
    }
    for (const struct fg_yaml_node *item = node->first; item != NULL; item = item->next) {
        *n += read_term(build, item, &terms[*n]);
    }
    *out = terms;
}

static void read_points(struct pack_build *build, const struct pack_entry *entry,
                        struct fg_composite *composite)
{
    const struct fg_yaml_node *score = fg_yaml_get(entry->body, "score");
    const struct fg_yaml_node *action = fg_yaml_get(entry->body, "action_at_least");
    if (score == NULL && action == NULL) {
        FG_FIELD_ERROR(&build->fields, entry->place, FG_CODE_MISSING_KEY,
                       "the composite needs a 'score' or 'action_at_least'");
    }
    if (score != NULL) {
        (void)fg_field_int(&build->fields, score, "score", -SCORE_MAX, SCORE_MAX,
                           &composite->score);
    }
    if (action != NULL) {
        (void)pack_read_action(build, action, &composite->action_at_least);
    }
}

static void compile_composite(struct pack_build *build, const struct pack_entry *entry,
                              struct fg_composite *composite)
{
    const struct fg_yaml_node *body = entry->body;
    composite->id = fg_field_copy(&build->fields, entry->name);
    composite->desc = composite->id;
    composite->origin = (struct fg_origin){entry->file->origin, body->line, body->column};
    composite->mode = entry->file->mode;
    (void)fg_field_shape(&build->fields, body, FG_SHAPE_COMPOSITE);
    read_terms(build, body, "all_of", &composite->all_of, &composite->n_all);
    read_terms(build, body, "any_of", &composite->any_of, &composite->n_any);
    read_terms(build, body, "none_of", &composite->none_of, &composite->n_none);
    if (fg_yaml_get(body, "all_of") == NULL && fg_yaml_get(body, "any_of") == NULL) {
        FG_FIELD_ERROR(&build->fields, entry->place, FG_CODE_MISSING_KEY,
                       "the composite needs 'all_of' or 'any_of'");
    }
    read_points(build, entry, composite);
    const struct fg_yaml_node *desc = fg_yaml_get(body, "desc");
    const struct fg_yaml_node *mode = fg_yaml_get(body, "mode");
    if (desc != NULL) {
        composite->desc = fg_field_text(&build->fields, desc, "desc");
    } else {
        fg_yaml_report(entry->place, build->fields.diags, FG_WARNING, FG_CODE_NO_DESC,
                       "composite '%.*s' has no 'desc': say in a few words what it means",
                       (int)entry->name.len, entry->name.ptr);
    }
    const struct fg_yaml_node *hold = fg_yaml_get(body, "hold");
    if (mode != NULL) {
        (void)pack_read_mode(build, mode, &composite->mode);
    }
    if (hold != NULL) {
        pack_read_hold(build, hold, &composite->hold);
    }
    const struct fg_yaml_node *rollout = fg_yaml_get(body, "rollout");
    if (rollout != NULL) {
        pack_read_rollout(build, rollout, composite->mode, &composite->rolls_out,
                          &composite->rollout_percent);
    }
}

void pack_compile_composites(struct pack_build *build)
{
    const struct pack_table *table = &build->tables[PACK_COMPOSITE];
    struct fg_composite *composites =
        fg_field_alloc(&build->fields, table->n * sizeof(*composites));
    if (composites == NULL) {
        return;
    }
    for (uint32_t i = 0; i < table->n; i++) {
        compile_composite(build, &table->items[i], &composites[i]);
    }
    build->out->composites = composites;
    build->out->n_composites = table->n;
    for (uint32_t i = 0; i < table->n; i++) {
        pack_warn_composite(build, &table->items[i], &composites[i]);
    }
}
