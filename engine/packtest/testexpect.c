// SPDX-License-Identifier: GPL-2.0-or-later
// What a rule test expects.
#include <limits.h>
#include <string.h>

#include "fg/identity.h"
#include "testfile.h"

// Ids of rules and composites, for checks and suggestions.
static struct fg_words all_ids(struct fg_fields *fields, const struct fg_ruleset *ruleset)
{
    size_t room = (size_t)ruleset->n_rules + ruleset->n_composites + 1;
    const char **ids = fg_field_alloc(fields, room * sizeof(*ids));
    size_t n = 0;
    for (uint32_t i = 0; i < ruleset->n_rules && ids != NULL; i++) {
        ids[n++] = ruleset->rules[i].id;
    }
    for (uint32_t i = 0; i < ruleset->n_composites && ids != NULL; i++) {
        ids[n++] = ruleset->composites[i].id;
    }
    return (struct fg_words){ids, n};
}

// Makes room for the names in a list, and finds the ids there are. False when there is no list, or
// it cannot be read.
static bool begin_names(struct fg_fields *fields, const struct fg_yaml_node *node,
                        const struct fg_ruleset *ruleset, const char *what, struct fg_words *ids,
                        struct test_names *out)
{
    if (node == NULL || !fg_field_is(fields, node, FG_YAML_LIST, what)) {
        return false;
    }
    if (node->n > TEST_RULES_MAX) {
        FG_FIELD_ERROR(fields, node, FG_CODE_LIMIT, "more than %d names", TEST_RULES_MAX);
        return false;
    }
    *ids = all_ids(fields, ruleset);
    out->items = fg_field_alloc(fields, (node->n + 1) * sizeof(*out->items));
    return ids->words != NULL && out->items != NULL;
}

static void read_names(struct fg_fields *fields, const struct fg_yaml_node *node,
                       const struct fg_ruleset *ruleset, const char *what, struct test_names *out)
{
    struct fg_words ids = {NULL, 0};
    if (!begin_names(fields, node, ruleset, what, &ids, out)) {
        return;
    }
    for (const struct fg_yaml_node *item = node->first; item != NULL; item = item->next) {
        size_t index;
        if (fg_field_word(fields, item, "rule", ids, &index)) {
            out->items[out->n++] = (struct test_name){.id = ids.words[index], .node = item};
        }
    }
}

// "RULE/REASON" of exceptions or overrides; the rule must be there.
static void read_notes(struct fg_fields *fields, const struct fg_yaml_node *node,
                       const struct fg_ruleset *ruleset, const char *what, struct test_names *out)
{
    struct fg_words ids = {NULL, 0};
    if (!begin_names(fields, node, ruleset, what, &ids, out)) {
        return;
    }
    for (const struct fg_yaml_node *item = node->first; item != NULL; item = item->next) {
        const char *text = fg_field_text(fields, item, what);
        const char *slash = text == NULL ? NULL : strchr(text, '/');
        struct fg_yaml_node rule = *item;
        size_t index;
        if (text == NULL) {
            continue;
        }
        if (slash == NULL || slash[1] == '\0') {
            FG_FIELD_ERROR(fields, item, FG_CODE_TEST,
                           "write the rule and the reason, such as \"DEST_IRSF/FRAUD-212\"");
            continue;
        }
        rule.text.len = (size_t)(slash - text);
        if (fg_field_word(fields, &rule, "rule", ids, &index)) {
            out->items[out->n++] = (struct test_name){.id = text, .node = item};
        }
    }
}

static void read_flag(struct fg_fields *fields, const struct fg_yaml_node *map, const char *key,
                      int *out)
{
    const struct fg_yaml_node *node = fg_yaml_get(map, key);
    bool value;
    if (node != NULL && fg_field_bool(fields, node, key, &value)) {
        *out = value ? 1 : 0;
    }
}

static void read_number(struct fg_fields *fields, const struct fg_yaml_node *map, const char *key,
                        int32_t max, int32_t *out)
{
    const struct fg_yaml_node *node = fg_yaml_get(map, key);
    if (node != NULL) {
        (void)fg_field_int(fields, node, key, -max, max, out);
    }
}

static void read_words(struct fg_fields *fields, const struct fg_yaml_node *map,
                       struct test_target *out)
{
    const struct fg_yaml_node *action = fg_yaml_get(map, "action");
    const struct fg_yaml_node *identity = fg_yaml_get(map, "identity");
    size_t index;
    if (action != NULL &&
        fg_field_word(fields, action, "action", fg_word_set(FG_SET_VERDICT), &index)) {
        out->action = (int)index;
    }
    if (identity != NULL &&
        fg_field_word(fields, identity, "identity", fg_word_set(FG_SET_IDENTITY), &index)) {
        out->identity = fg_word_set(FG_SET_IDENTITY).words[index];
    }
    const struct fg_yaml_node *scope = fg_yaml_get(map, "hold_scope");
    if (scope != NULL &&
        fg_field_word(fields, scope, "hold_scope", fg_word_set(FG_SET_HOLD_SCOPE), &index)) {
        out->hold_scope = (int)index;
    }
    const struct fg_yaml_node *length = fg_yaml_get(map, "hold_for");
    int64_t ms;
    if (length != NULL &&
        fg_field_duration(fields, length, "hold_for", FG_MS_PER_S, FG_HOLD_LONGEST_MS, &ms)) {
        out->hold_for_s = ms / FG_MS_PER_S;
    }
}

static void read_target(struct fg_fields *fields, const struct fg_yaml_node *map,
                        const struct fg_ruleset *ruleset, enum test_which which,
                        struct test_case *test)
{
    if (test->n_targets == TEST_TARGETS_MAX) {
        FG_FIELD_ERROR(fields, map, FG_CODE_LIMIT, "more than %d expectations", TEST_TARGETS_MAX);
        return;
    }
    struct test_target *out = &test->targets[test->n_targets++];
    *out = (struct test_target){.which = which,
                                .n = 1,
                                .node = map,
                                .action = -1,
                                .degraded = -1,
                                .hold = -1,
                                .hold_scope = -1,
                                .hold_for_s = -1,
                                .drop_media = -1,
                                .cut = -1,
                                .score = INT32_MIN,
                                .shadow_score = INT32_MIN,
                                .sip = INT32_MIN,
                                .cut_at_minute = INT32_MIN};
    read_words(fields, map, out);
    read_number(fields, map, "score", 100000, &out->score);
    read_number(fields, map, "shadow_score", 100000, &out->shadow_score);
    read_number(fields, map, "sip", 699, &out->sip);
    read_number(fields, map, "cut_at_minute", 100000, &out->cut_at_minute);
    read_number(fields, map, "n", TEST_CALLS_MAX, &out->n);
    read_flag(fields, map, "degraded", &out->degraded);
    read_flag(fields, map, "hold", &out->hold);
    read_flag(fields, map, "drop_media", &out->drop_media);
    read_flag(fields, map, "cut", &out->cut);
    read_names(fields, fg_yaml_get(map, "rules"), ruleset, "rules", &out->rules);
    read_names(fields, fg_yaml_get(map, "not_rules"), ruleset, "not_rules", &out->not_rules);
    read_names(fields, fg_yaml_get(map, "shadow_rules"), ruleset, "shadow_rules",
               &out->shadow_rules);
    read_notes(fields, fg_yaml_get(map, "exceptions"), ruleset, "exceptions", &out->exceptions);
    read_notes(fields, fg_yaml_get(map, "overrides"), ruleset, "overrides", &out->overrides);
}

static void read_part(struct fg_fields *fields, const struct fg_yaml_node *node,
                      const struct fg_ruleset *ruleset, enum test_which which,
                      struct test_case *test)
{
    // "n" goes with at_call alone.
    enum fg_shape shape = which == TEST_AT ? FG_SHAPE_AT_CALL : FG_SHAPE_PART;
    if (!fg_field_shape(fields, node, shape) && node->kind != FG_YAML_MAP) {
        return;
    }
    if (which == TEST_AT && fg_yaml_get(node, "n") == NULL) {
        FG_FIELD_ERROR(fields, node, FG_CODE_MISSING_KEY, "at_call needs 'n', the call's number");
    }
    read_target(fields, node, ruleset, which, test);
}

// `expect:`, `expect: null`, `expect: {}`: to be recorded.
static bool is_blank(const struct fg_yaml_node *node)
{
    return (node->kind == FG_YAML_MAP && node->n == 0) ||
           (node->kind == FG_YAML_SCALAR && !node->quoted &&
            (node->text.len == 0 || fg_view_equal(node->text, fg_view_of("~")) ||
             fg_view_equal(node->text, fg_view_of("null"))));
}

void test_expect_read(struct fg_fields *fields, const struct fg_yaml_node *node,
                      const struct fg_ruleset *ruleset, struct test_case *test)
{
    if (is_blank(node)) {
        test->blank = true;
        return;
    }
    if (!fg_field_shape(fields, node, FG_SHAPE_EXPECT) && node->kind != FG_YAML_MAP) {
        return;
    }
    uint32_t parts = 0;
    for (const struct fg_yaml_node *key = node->first; key != NULL; key = key->next) {
        enum test_which which = fg_view_equal(key->text, fg_view_of("first"))  ? TEST_FIRST
                                : fg_view_equal(key->text, fg_view_of("last")) ? TEST_LAST
                                : fg_view_equal(key->text, fg_view_of("all"))  ? TEST_ALL
                                                                               : TEST_AT;
        if (which == TEST_AT && !fg_view_equal(key->text, fg_view_of("at_call"))) {
            continue;
        }
        parts++;
        if (which == TEST_AT && key->value->kind == FG_YAML_LIST) {
            for (const struct fg_yaml_node *item = key->value->first; item != NULL;
                 item = item->next) {
                read_part(fields, item, ruleset, which, test);
            }
        } else {
            read_part(fields, key->value, ruleset, which, test);
        }
    }
    if (parts < node->n) {
        read_target(fields, node, ruleset, TEST_LAST, test);
    }
}
