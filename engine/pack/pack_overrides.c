// SPDX-License-Identifier: GPL-2.0-or-later
// Overrides: what some customers' rules and lists are instead.
#include <stdlib.h>
#include <string.h>

#include "build.h"

#define SCORE_MAX   1000
#define APPENDS_MAX 16
#define OWN_MAX     (FG_APPLIED_OVERRIDES_MAX - FG_SHARED_OVERRIDES_MAX)

// An override and its place in the order.
struct ordered {
    struct fg_override override;
    const struct fg_yaml_node *node;
    uint32_t rank; // what says less about the customer comes first: profile, tag, ids
    uint32_t number;
};

static bool text_is(const struct fg_yaml_node *key, const char *text)
{
    return fg_view_equal(key->text, fg_view_of(text));
}

static void read_match(struct pack_build *build, const struct fg_yaml_node *map,
                       struct ordered *out)
{
    static const char *const keys[] = {"customer.profile", "customer.tag", "customer.id"};
    if (!fg_field_shape(&build->fields, map, FG_SHAPE_MATCH)) {
        return;
    }
    if (map->first == NULL) {
        FG_FIELD_ERROR(&build->fields, map, FG_CODE_MATCHER, "'match' is empty");
        return;
    }
    pack_compile_when(build, map, &out->override.match);
    for (const struct fg_yaml_node *key = map->first; key != NULL; key = key->next) {
        for (uint32_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
            out->rank = text_is(key, keys[i]) && i > out->rank ? i : out->rank;
        }
        if (text_is(key, "customer.id") && key->value->kind == FG_YAML_SCALAR) {
            out->override.customer = fg_field_copy(&build->fields, key->value->text);
        }
    }
}

// Points that fit the rule: a score, or steps where it measures something.
static void read_points(struct pack_build *build, const struct fg_yaml_node *map,
                        const struct fg_rule *rule, struct fg_override *out)
{
    struct fg_fields *fields = &build->fields;
    const struct fg_yaml_node *score = fg_yaml_get(map, "score");
    const struct fg_yaml_node *steps = fg_yaml_get(map, "steps");
    if (score != NULL && rule->measured) {
        FG_FIELD_ERROR(fields, score, FG_CODE_CONFLICT,
                       "rule '%s' measures and has steps: replace 'steps', not 'score'", rule->id);
    } else if (score != NULL) {
        out->changes |= FG_CHANGE_SCORE;
        (void)fg_field_int(fields, score, "score", 0, SCORE_MAX, &out->score);
    }
    if (steps != NULL && !rule->measured) {
        FG_FIELD_ERROR(fields, steps, FG_CODE_CONFLICT,
                       "rule '%s' measures nothing and has a score: replace 'score', not 'steps'",
                       rule->id);
    } else if (steps != NULL) {
        out->changes |= FG_CHANGE_STEPS;
        pack_read_steps(build, steps, out->steps, &out->n_steps);
    }
}

static void read_replace(struct pack_build *build, const struct fg_yaml_node *map,
                         struct fg_override *out)
{
    struct fg_fields *fields = &build->fields;
    if (!fg_field_shape(fields, map, FG_SHAPE_REPLACE) && map->kind != FG_YAML_MAP) {
        return;
    }
    const struct fg_yaml_node *mode = fg_yaml_get(map, "mode");
    const struct fg_yaml_node *action = fg_yaml_get(map, "action_at_least");
    if (map->n == 0) {
        FG_FIELD_ERROR(fields, map, FG_CODE_MISSING_KEY, "'replace' is empty");
    }
    read_points(build, map, &build->out->rules[out->rule], out);
    if (mode != NULL && pack_read_mode(build, mode, &out->mode)) {
        out->changes |= FG_CHANGE_MODE;
    }
    size_t index; // none is the first word, as FG_ALLOW is the first action
    if (action != NULL &&
        fg_field_word(fields, action, "action", fg_word_set(FG_SET_ACTION_OR_NONE), &index)) {
        out->changes |= FG_CHANGE_ACTION;
        out->action_at_least = (enum fg_action)index;
    }
}

// The NAME of "lists.NAME.items"; empty for anything else.
static struct fg_view list_name(struct fg_view key)
{
    static const char begin[] = "lists.";
    static const char end[] = ".items";
    size_t around = sizeof(begin) - 1 + sizeof(end) - 1;
    if (key.len <= around || memcmp(key.ptr, begin, sizeof(begin) - 1) != 0 ||
        memcmp(key.ptr + key.len - (sizeof(end) - 1), end, sizeof(end) - 1) != 0) {
        return (struct fg_view){"", 0};
    }
    return (struct fg_view){key.ptr + sizeof(begin) - 1, key.len - around};
}

// Index of the list that key is about, -1 after an error. What is only added to is not used.
static int32_t find_list(struct pack_build *build, const struct fg_yaml_node *key)
{
    struct pack_table *table = &build->tables[PACK_LIST];
    struct fg_yaml_node name = *key;
    name.text = list_name(key->text);
    for (uint32_t i = 0; i < table->n; i++) {
        if (fg_view_equal(table->items[i].name, name.text)) {
            return (int32_t)i;
        }
    }
    if (name.text.len == 0) {
        FG_FIELD_ERROR(&build->fields, key, FG_CODE_UNKNOWN_KEY,
                       "unknown key '%.*s' in append; write lists.NAME.items",
                       key->text.len > 64 ? 64 : (int)key->text.len, key->text.ptr);
    } else {
        size_t before = strlen("lists.");
        name.offset += before;
        name.column += (uint32_t)before;
        name.length = (uint32_t)name.text.len;
        fg_field_unknown(&build->fields, &name, FG_CODE_REFERENCE, "list", "",
                         pack_names(build, PACK_LIST));
    }
    return -1;
}

// Each prefix carries the override's reason, as those of files carry their notes.
static void note_reason(struct pack_build *build, struct fg_list *items, const char *reason)
{
    const char **notes = fg_field_alloc(&build->fields, (items->n + 1) * sizeof(*notes));
    for (uint32_t i = 0; i < items->n && notes != NULL && reason != NULL; i++) {
        notes[i] = reason;
    }
    items->notes = notes;
}

static void read_append(struct pack_build *build, const struct fg_yaml_node *map,
                        struct fg_override *out)
{
    struct fg_fields *fields = &build->fields;
    if (!fg_field_is(fields, map, FG_YAML_MAP, "append")) {
        return;
    }
    if (map->n == 0 || map->n > APPENDS_MAX) {
        FG_FIELD_ERROR(fields, map, FG_CODE_LIMIT, "'append' adds to 1 to %d lists", APPENDS_MAX);
        return;
    }
    struct fg_list_append *appends = fg_field_alloc(fields, map->n * sizeof(*appends));
    for (const struct fg_yaml_node *key = map->first; key != NULL && appends != NULL;
         key = key->next) {
        int32_t list = find_list(build, key);
        if (list < 0 || !fg_field_is(fields, key->value, FG_YAML_LIST, "items")) {
            continue;
        }
        enum fg_list_kind kind = build->lists[list].kind;
        int32_t items = pack_inline_list(build, kind, key->value);
        if (items < 0) {
            continue;
        }
        if (kind == FG_LIST_PREFIX) {
            note_reason(build, &build->lists[items], out->reason);
        }
        appends[out->n_appends++] =
            (struct fg_list_append){.list = (uint16_t)list, .items = (uint16_t)items};
    }
    out->appends = appends;
}

static void read_change(struct pack_build *build, const struct fg_yaml_node *node,
                        struct fg_override *out)
{
    struct fg_fields *fields = &build->fields;
    const struct fg_yaml_node *rule = fg_yaml_get(node, "rule");
    const struct fg_yaml_node *replace = fg_yaml_get(node, "replace");
    const struct fg_yaml_node *append = fg_yaml_get(node, "append");
    if ((rule == NULL) != (replace == NULL)) {
        FG_FIELD_ERROR(fields, rule == NULL ? replace : rule, FG_CODE_MISSING_KEY,
                       rule == NULL ? "'replace' needs 'rule': the id of the rule it changes"
                                    : "'rule' needs 'replace', such as {mode: shadow}");
    } else if (replace == NULL && append == NULL) {
        FG_FIELD_ERROR(fields, node, FG_CODE_MISSING_KEY,
                       "the override needs 'rule' with 'replace', or 'append'");
    } else if (replace != NULL && fg_field_is(fields, rule, FG_YAML_SCALAR, "rule")) {
        int32_t index = pack_resolve(build, PACK_RULE, rule);
        if (index >= 0 && build->out->rules != NULL) {
            out->rule = (uint16_t)index;
            read_replace(build, replace, out);
        }
    }
    if (append != NULL) {
        read_append(build, append, out);
    }
}

static void compile_override(struct pack_build *build, const struct fg_yaml_node *node,
                             struct ordered *out)
{
    struct fg_fields *fields = &build->fields;
    if (!fg_field_shape(fields, node, FG_SHAPE_OVERRIDE) && node->kind != FG_YAML_MAP) {
        return;
    }
    const struct fg_yaml_node *match = fg_yaml_get(node, "match");
    struct pack_agreement agreement;
    (void)pack_read_agreement(build, node, "override", true, &agreement);
    out->override.reason = agreement.reason;
    out->override.owner = agreement.owner;
    out->override.until_ms = agreement.until_ms;
    if (match == NULL) {
        FG_FIELD_ERROR(fields, node, FG_CODE_MISSING_KEY,
                       "the override needs 'match', such as {customer.id: acme}");
    } else {
        read_match(build, match, out);
    }
    read_change(build, node, &out->override);
}

static int by_order(const void *a, const void *b)
{
    const struct ordered *x = a;
    const struct ordered *y = b;
    if ((x->override.customer == NULL) != (y->override.customer == NULL)) {
        return x->override.customer == NULL ? -1 : 1;
    }
    if (x->override.customer != NULL) {
        int order = strcmp(x->override.customer, y->override.customer);
        if (order != 0) {
            return order;
        }
    } else if (x->rank != y->rank) {
        return x->rank < y->rank ? -1 : 1;
    }
    return x->number < y->number ? -1 : 1;
}

// Sorts them into the ruleset, and refuses more than one call may have to look at.
static void store_overrides(struct pack_build *build, struct ordered *all, uint32_t n)
{
    struct fg_override *overrides = fg_field_alloc(&build->fields, n * sizeof(*overrides));
    uint32_t own = 0;
    if (overrides == NULL) {
        return;
    }
    qsort(all, n, sizeof(*all), by_order);
    for (uint32_t i = 0; i < n; i++) {
        const char *customer = all[i].override.customer;
        overrides[i] = all[i].override;
        build->out->n_shared_overrides += customer == NULL ? 1 : 0;
        bool same = i > 0 && customer != NULL && all[i - 1].override.customer != NULL &&
                    strcmp(all[i - 1].override.customer, customer) == 0;
        own = same ? own + 1 : 1;
        if (customer != NULL && own == OWN_MAX + 1) {
            FG_FIELD_ERROR(&build->fields, all[i].node, FG_CODE_LIMIT,
                           "more than %d overrides for one customer", OWN_MAX);
        }
        if (customer == NULL && i == FG_SHARED_OVERRIDES_MAX) {
            FG_FIELD_ERROR(&build->fields, all[i].node, FG_CODE_LIMIT,
                           "more than %d overrides that do not name one customer",
                           FG_SHARED_OVERRIDES_MAX);
        }
    }
    build->out->overrides = overrides;
    build->out->n_overrides = n;
}

static const struct fg_yaml_node *list_of(struct pack_build *build, const struct pack_file *file,
                                          bool report)
{
    const struct fg_yaml_node *list =
        file->root->kind == FG_YAML_MAP ? fg_yaml_get(file->root, "overrides") : NULL;
    if (list == NULL || list->kind == FG_YAML_LIST) {
        return list;
    }
    if (report) {
        (void)fg_field_is(&build->fields, list, FG_YAML_LIST, "overrides");
    }
    return NULL;
}

void pack_compile_overrides(struct pack_build *build, const struct pack_file *files, uint32_t n)
{
    uint32_t room = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct fg_yaml_node *list = list_of(build, &files[i], true);
        room += list == NULL ? 0 : list->n;
        if (list != NULL && room > FG_OVERRIDES_MAX) {
            FG_FIELD_ERROR(&build->fields, list, FG_CODE_LIMIT, "more than %d overrides",
                           FG_OVERRIDES_MAX);
            return;
        }
    }
    struct ordered *all = fg_arena_alloc(build->scratch, (room + 1) * sizeof(*all));
    if (all == NULL) {
        build->fields.out_of_memory = true;
        return;
    }
    uint32_t number = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct fg_yaml_node *list = list_of(build, &files[i], false);
        for (const struct fg_yaml_node *item = list == NULL ? NULL : list->first; item != NULL;
             item = item->next) {
            struct ordered *one = &all[number];
            *one = (struct ordered){.node = item, .number = number};
            one->override.origin = (struct fg_origin){files[i].origin, item->line, item->column};
            compile_override(build, item, one);
            number++;
        }
    }
    store_overrides(build, all, number);
}
