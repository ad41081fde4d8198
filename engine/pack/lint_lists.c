// SPDX-License-Identifier: GPL-2.0-or-later
// Prefixes that another one covers, in packs and in their CSV files, and files that are too old.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "csv.h"
#include "fg/prefix.h"
#include "file.h"
#include "lint_priv.h"

#define FILE_BYTES_MAX ((size_t)32 << 20)
#define TOLD_MAX       20 // redundant rows of one file

static struct fg_view digits_of(struct fg_view text)
{
    if (text.len > 0 && text.ptr[0] == '+') {
        text.ptr++;
        text.len--;
    }
    return text;
}

static const struct fg_list *find_list(const struct lint *lint, struct fg_view name)
{
    const struct fg_ruleset *ruleset = lint->in->ruleset;
    for (uint32_t i = 0; i < ruleset->n_lists; i++) {
        const struct fg_list *list = &ruleset->lists[i];
        if (!list->nameless && list->kind == FG_LIST_PREFIX &&
            fg_view_equal(name, fg_view_of(list->name))) {
            return list;
        }
    }
    return NULL;
}

// The longest prefix in trie that covers the first len digits of prefix.
static bool covers(const struct fg_prefix_trie *trie, struct fg_view prefix, size_t len,
                   struct fg_prefix_match *match)
{
    return fg_prefix_lookup(trie, prefix.ptr, (uint8_t)len, match) == FG_OK;
}

// Prefixes written one after the other, which have no notes: a longer one adds nothing.
static int check_items(struct lint *lint, const struct fg_yaml_node *items)
{
    struct fg_prefix_builder *builder = fg_prefix_builder_new();
    const struct fg_prefix_trie *trie = NULL;
    int rc = builder == NULL ? FG_ENOMEM : FG_OK;
    for (const struct fg_yaml_node *item = items->first; item != NULL && rc == FG_OK;
         item = item->next) {
        rc = fg_prefix_builder_add(builder, digits_of(item->text), 0);
        rc = rc == FG_ENOMEM ? rc : FG_OK; // the loader has told
    }
    if (rc == FG_OK) {
        trie = fg_prefix_build(builder, lint->scratch);
        rc = trie == NULL ? FG_ENOMEM : FG_OK;
    }
    fg_prefix_builder_free(builder);
    for (const struct fg_yaml_node *item = items->first; item != NULL && rc == FG_OK;
         item = item->next) {
        const struct fg_view prefix = digits_of(item->text);
        struct fg_prefix_match match;
        if (prefix.len > 0 && prefix.len <= 15 && covers(trie, prefix, prefix.len - 1, &match)) {
            LINT(lint, item, FG_CODE_LINT_PREFIX, "+%.*s covers '+%.*s' already", (int)match.len,
                 prefix.ptr, (int)prefix.len, prefix.ptr);
        }
    }
    return rc;
}

static bool same_note(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void check_row(struct lint *lint, struct fg_csv *csv, const struct fg_list *list,
                      uint32_t *told)
{
    const struct fg_view prefix = digits_of(fg_csv_get(csv, 0));
    struct fg_prefix_match own;
    struct fg_prefix_match shorter;
    if (prefix.len == 0 || prefix.len > 15 || !covers(list->prefixes, prefix, prefix.len, &own) ||
        !covers(list->prefixes, prefix, prefix.len - 1, &shorter) ||
        !same_note(list->notes[own.value], list->notes[shorter.value]) || ++*told > TOLD_MAX) {
        return;
    }
    const uint32_t field = csv->field_of[0];
    const struct fg_text_place place = {.line = csv->line,
                                        .column = csv->field_columns[field - 1],
                                        .length = (uint32_t)prefix.len,
                                        .offset = csv->offset};
    fg_yaml_report_place(&csv->doc, place, lint->diags, FG_WARNING, FG_CODE_LINT_PREFIX,
                         "+%.*s covers this prefix already, with the same note", (int)shorter.len,
                         prefix.ptr);
}

static int check_rows(struct lint *lint, const char *path, const struct fg_list *list)
{
    static const struct fg_csv_column columns[] = {{"prefix", true}, {"note", false}};
    struct fg_csv *csv = malloc(sizeof(*csv));
    struct fg_file file;
    int rc = csv == NULL ? FG_ENOMEM : fg_file_read(path, FILE_BYTES_MAX, &file);
    uint32_t told = 0;
    if (rc != FG_OK) {
        free(csv);
        return rc == FG_ENOMEM ? rc : FG_OK;
    }
    if (fg_csv_open(csv, path, file.bytes, file.len, columns, 2, lint->ignored)) {
        while (fg_csv_next(csv)) {
            check_row(lint, csv, list, &told);
        }
    }
    if (told > TOLD_MAX) {
        const struct fg_diag where = {
            .severity = FG_WARNING, .code = FG_CODE_LINT_PREFIX, .file = path};
        fg_diags_add(lint->diags, &where, "%u more prefixes are covered by shorter ones",
                     told - TOLD_MAX);
    }
    fg_file_fini(&file);
    free(csv);
    return FG_OK;
}

static void check_age(struct lint *lint, const struct fg_yaml_node *max_age, const char *path)
{
    struct fg_fields fields = {.arena = lint->scratch, .diags = lint->ignored};
    struct stat status;
    int64_t max_ms = 0;
    if (max_age == NULL || lint->in->now_ms <= 0 || stat(path, &status) != 0 ||
        !fg_field_duration(&fields, max_age, "max_age", 1, INT64_MAX, &max_ms)) {
        return;
    }
    const int64_t age_ms = lint->in->now_ms - (int64_t)status.st_mtime * FG_MS_PER_S;
    if (age_ms > max_ms) {
        LINT(lint, max_age, FG_CODE_LINT_AGE, "'%s' is %lld days old; it may be %lld", path,
             (long long)(age_ms / FG_MS_PER_DAY), (long long)(max_ms / FG_MS_PER_DAY));
    }
}

static int check_list(struct lint *lint, const struct fg_yaml_node *key)
{
    const struct fg_yaml_node *body = key->value;
    const struct fg_list *list = find_list(lint, key->text);
    if (list == NULL || body == NULL || body->kind != FG_YAML_MAP) {
        return FG_OK;
    }
    const struct fg_yaml_node *items = fg_yaml_get(body, "items");
    const struct fg_yaml_node *file = fg_yaml_get(body, "file");
    if (items != NULL && items->kind == FG_YAML_LIST) {
        return check_items(lint, items);
    }
    if (file == NULL || file->kind != FG_YAML_SCALAR || lint->in->dir == NULL) {
        return FG_OK;
    }
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%.*s", lint->in->dir, (int)file->text.len,
                   file->text.ptr);
    check_age(lint, fg_yaml_get(body, "max_age"), path);
    return check_rows(lint, path, list);
}

static bool ends_in_prefix(struct fg_view name)
{
    static const char end[] = ".prefix";
    const size_t n = sizeof(end) - 1;
    return name.len > n && memcmp(name.ptr + name.len - n, end, n) == 0;
}

// Prefixes in matchers, wherever a condition is: dest.prefix: {in: [...]} and dest.prefix: [...].
static int check_matchers(struct lint *lint, const struct fg_yaml_node *node, bool prefixes)
{
    int rc = FG_OK;
    if (prefixes && node->kind == FG_YAML_LIST) {
        return check_items(lint, node);
    }
    for (const struct fg_yaml_node *one = node->first; one != NULL && rc == FG_OK;
         one = one->next) {
        if (node->kind == FG_YAML_LIST) {
            rc = check_matchers(lint, one, false);
        } else if (one->value != NULL) {
            rc = check_matchers(lint, one->value, prefixes || ends_in_prefix(one->text));
        }
    }
    return rc;
}

// What an override appends to a list, as lists.NAME.items, and is in it already.
static void check_appended(struct lint *lint, const struct fg_yaml_node *key)
{
    static const char begin[] = "lists.";
    static const char end[] = ".items";
    const size_t around = sizeof(begin) - 1 + sizeof(end) - 1;
    if (key->text.len <= around || key->value == NULL || key->value->kind != FG_YAML_LIST) {
        return;
    }
    const struct fg_view name = {key->text.ptr + sizeof(begin) - 1, key->text.len - around};
    const struct fg_list *list = find_list(lint, name);
    for (const struct fg_yaml_node *item = key->value->first; list != NULL && item != NULL;
         item = item->next) {
        const struct fg_view prefix = digits_of(item->text);
        struct fg_prefix_match match;
        if (prefix.len > 0 && prefix.len <= 15 &&
            covers(list->prefixes, prefix, prefix.len, &match)) {
            LINT(lint, item, FG_CODE_LINT_APPENDED, "list '%s' has +%.*s, which covers '+%.*s'",
                 list->name, (int)match.len, prefix.ptr, (int)prefix.len, prefix.ptr);
        }
    }
}

static void check_overrides(struct lint *lint, const struct fg_yaml_node *root)
{
    const struct fg_yaml_node *overrides = fg_yaml_get(root, "overrides");
    const struct fg_yaml_node *item = overrides == NULL ? NULL : overrides->first;
    for (; item != NULL; item = item->next) {
        const struct fg_yaml_node *append =
            item->kind == FG_YAML_MAP ? fg_yaml_get(item, "append") : NULL;
        const struct fg_yaml_node *key =
            append == NULL || append->kind != FG_YAML_MAP ? NULL : append->first;
        for (; key != NULL; key = key->next) {
            check_appended(lint, key);
        }
    }
}

int lint_lists(struct lint *lint)
{
    int rc = FG_OK;
    for (uint32_t i = 0; i < lint->in->n_packs && rc == FG_OK; i++) {
        const struct fg_yaml_node *root = lint->roots[i];
        const struct fg_yaml_node *lists = root == NULL ? NULL : fg_yaml_get(root, "lists");
        const struct fg_yaml_node *key =
            lists == NULL || lists->kind != FG_YAML_MAP ? NULL : lists->first;
        for (; key != NULL && rc == FG_OK; key = key->next) {
            rc = check_list(lint, key);
        }
        if (root != NULL && rc == FG_OK) {
            rc = check_matchers(lint, root, false);
            check_overrides(lint, root);
        }
    }
    return rc;
}
