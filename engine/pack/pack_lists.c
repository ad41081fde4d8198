// SPDX-License-Identifier: GPL-2.0-or-later
// Lists: prefixes, countries, texts and networks, written in the pack or in a CSV file beside it.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "build.h"
#include "file.h"
#include "numbering.h"

#define LIST_FILE_BYTES_MAX ((size_t)32 << 20)

static struct fg_list *add_list(struct pack_build *build)
{
    if (build->n_lists == build->lists_room) {
        uint32_t room = build->lists_room == 0 ? 32 : build->lists_room * 2;
        struct fg_list *lists = realloc(build->lists, room * sizeof(*lists));
        if (lists == NULL) {
            build->fields.out_of_memory = true;
            return NULL;
        }
        build->lists = lists;
        build->lists_room = room;
    }
    struct fg_list *list = &build->lists[build->n_lists++];
    memset(list, 0, sizeof(*list));
    return list;
}

static bool fill_prefixes(struct pack_build *build, const struct fg_yaml_node *first, uint32_t n,
                          struct fg_list *list)
{
    const char **notes = fg_field_alloc(&build->fields, n * sizeof(*notes));
    struct fg_prefix_builder *prefixes = fg_prefix_builder_new();
    bool good = true;
    uint32_t i = 0;
    for (const struct fg_yaml_node *item = first; item != NULL; item = item->next, i++) {
        struct fg_number number;
        if (!fg_field_number(&build->fields, item, "prefix", &number)) {
            good = false;
            continue;
        }
        int rc =
            prefixes == NULL
                ? FG_ENOMEM
                : fg_prefix_builder_add(prefixes, (struct fg_view){number.digits, number.len}, i);
        if (rc == FG_EDUPLICATE) {
            FG_FIELD_ERROR(&build->fields, item, FG_CODE_DUPLICATE,
                           "prefix '+%s' is in this list already", number.digits);
            good = false;
        } else if (rc != FG_OK) {
            build->fields.out_of_memory = true;
        }
    }
    if (prefixes != NULL && notes != NULL) {
        list->prefixes = fg_prefix_build(prefixes, build->fields.arena);
        list->notes = notes;
        list->n = n;
    }
    build->fields.out_of_memory |= list->prefixes == NULL;
    fg_prefix_builder_free(prefixes);
    return good && !build->fields.out_of_memory;
}

static bool fill_countries(struct pack_build *build, const struct fg_yaml_node *first,
                           struct fg_list *list)
{
    bool good = true;
    for (const struct fg_yaml_node *item = first; item != NULL; item = item->next) {
        fg_country country;
        if (!fg_field_country(&build->fields, item, "country", &country)) {
            good = false;
        } else if (fg_country_set_has(&list->countries, country)) {
            FG_FIELD_ERROR(&build->fields, item, FG_CODE_DUPLICATE,
                           "country \"%.*s\" is in this list already", (int)item->text.len,
                           item->text.ptr);
            good = false;
        } else {
            fg_country_set_add(&list->countries, country);
            list->n++;
        }
    }
    return good;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool fill_texts(struct pack_build *build, const struct fg_yaml_node *first, uint32_t n,
                       struct fg_list *list)
{
    const char **texts = fg_field_alloc(&build->fields, n * sizeof(*texts));
    if (texts == NULL) {
        return false;
    }
    for (const struct fg_yaml_node *item = first; item != NULL; item = item->next) {
        const char *text = fg_field_text(&build->fields, item, "item");
        if (text != NULL) {
            texts[list->n++] = text;
        }
    }
    qsort(texts, list->n, sizeof(*texts), compare_texts);
    list->texts = texts;
    return list->n == n;
}

static bool fill_networks(struct pack_build *build, const struct fg_yaml_node *first, uint32_t n,
                          struct fg_list *list)
{
    struct fg_ip_range *networks = fg_field_alloc(&build->fields, n * sizeof(*networks));
    bool good = n <= FG_LIST_NETWORKS_MAX;
    if (!good) {
        FG_FIELD_ERROR(&build->fields, first, FG_CODE_LIMIT,
                       "a list holds at most %d networks, not %u", FG_LIST_NETWORKS_MAX, n);
    }
    uint32_t at = 0;
    for (const struct fg_yaml_node *item = first; networks != NULL && good && item != NULL;
         item = item->next) {
        if (!fg_field_is(&build->fields, item, FG_YAML_SCALAR, "network")) {
            return false;
        }
        if (!fg_address_parse(item->text, &networks[at])) {
            FG_FIELD_ERROR(&build->fields, item, FG_CODE_NUMBER,
                           "'%.*s' is no address or network such as \"192.0.2.0/24\"",
                           item->text.len > 64 ? 64 : (int)item->text.len, item->text.ptr);
            return false;
        }
        if (fg_address_has_host_bits(&networks[at])) {
            FG_FIELD_ERROR(&build->fields, item, FG_CODE_NUMBER,
                           "'%.*s' has bits set behind its length",
                           item->text.len > 64 ? 64 : (int)item->text.len, item->text.ptr);
            return false;
        }
        at++;
    }
    list->networks = networks;
    return good && networks != NULL && fill_texts(build, first, n, list);
}

bool pack_fill_list(struct pack_build *build, const struct fg_yaml_node *items,
                    struct fg_list *list)
{
    bool one = items->kind == FG_YAML_SCALAR;
    struct fg_yaml_node alone = *items;
    alone.next = NULL; // one text that stands for a list of it
    const struct fg_yaml_node *first = one ? &alone : items->first;
    uint32_t n = one ? 1 : items->n;
    if (!one && !fg_field_is(&build->fields, items, FG_YAML_LIST, "items")) {
        return false;
    }
    if (n == 0) {
        FG_FIELD_ERROR(&build->fields, items, FG_CODE_TYPE, "the list is empty");
        return false;
    }
    switch (list->kind) {
    case FG_LIST_PREFIX:
        return fill_prefixes(build, first, n, list);
    case FG_LIST_COUNTRY:
        return fill_countries(build, first, list);
    case FG_LIST_NETWORK:
        return fill_networks(build, first, n, list);
    case FG_LIST_TEXT:
        return fill_texts(build, first, n, list);
    }
    return false;
}

int32_t pack_inline_list(struct pack_build *build, enum fg_list_kind kind,
                         const struct fg_yaml_node *items)
{
    if (build->n_lists == PACK_LISTS_MAX + PACK_INLINE_MAX) {
        FG_FIELD_ERROR(&build->fields, items, FG_CODE_LIMIT, "too many lists in matchers");
        return -1;
    }
    char name[32];
    (void)snprintf(name, sizeof(name), "line %u", items->line);
    struct fg_list *list = add_list(build);
    if (list == NULL) {
        return -1;
    }
    int32_t index = (int32_t)build->n_lists - 1;
    list->kind = kind;
    list->nameless = true;
    list->name = fg_field_copy(&build->fields, fg_view_of(name));
    return pack_fill_list(build, items, list) ? index : -1;
}

// Only files below the pack's own directory.
static bool is_inside(struct fg_view path)
{
    if (path.len == 0 || path.len > 200 || path.ptr[0] == '/') {
        return false;
    }
    for (size_t i = 0; i + 1 < path.len; i++) {
        if (path.ptr[i] == '.' && path.ptr[i + 1] == '.') {
            return false;
        }
    }
    return true;
}

static void read_list_file(struct pack_build *build, const struct fg_yaml_node *node,
                           struct fg_list *list)
{
    const char *relative = fg_field_text(&build->fields, node, "file");
    if (relative == NULL) {
        return;
    }
    if (!is_inside(node->text) || build->dir == NULL) {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_FILE,
                       "'%.100s' is not a file below the pack's directory", relative);
        return;
    }
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%s", build->dir, relative);
    struct fg_file file;
    int rc = fg_file_read(path, LIST_FILE_BYTES_MAX, &file);
    if (rc != FG_OK) {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_FILE, "cannot read '%.300s': %s", path,
                       fg_file_error(rc, &file));
        return;
    }
    fg_digest_add(build->digest, relative, file.bytes, file.len);
    const char *name = fg_arena_copy(build->scratch, path, strlen(path));
    struct fg_prefix_list prefixes = {0};
    rc = name == NULL ? FG_ENOMEM
                      : fg_prefix_list_parse((struct fg_named_bytes){name, file.bytes, file.len},
                                             build->fields.arena, build->fields.diags, &prefixes);
    build->fields.out_of_memory |= rc == FG_ENOMEM;
    if (rc == FG_OK && prefixes.n == 0) {
        // A download that failed must not switch rules off.
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_TYPE, "'%.100s' holds no prefix at all",
                       relative);
    }
    list->prefixes = prefixes.prefixes;
    list->notes = prefixes.notes;
    list->n = prefixes.n;
    list->file_ms = file.changed_ms;
    fg_file_fini(&file);
}

static void compile_list(struct pack_build *build, struct pack_entry *entry, struct fg_list *list)
{
    struct fg_fields *fields = &build->fields;
    list->name = fg_field_name(fields, entry->place, "name of the list", false);
    const struct fg_yaml_node *body = entry->body;
    if (!fg_field_shape(fields, body, FG_SHAPE_LIST) && body->kind != FG_YAML_MAP) {
        return;
    }
    const struct fg_yaml_node *type = fg_yaml_get(body, "type");
    const struct fg_yaml_node *items = fg_yaml_get(body, "items");
    const struct fg_yaml_node *file = fg_yaml_get(body, "file");
    const struct fg_yaml_node *max_age = fg_yaml_get(body, "max_age");
    size_t kind;
    if (type == NULL) {
        FG_FIELD_ERROR(fields, entry->place, FG_CODE_MISSING_KEY,
                       "the list needs a 'type': e164_prefix, country, text or network");
        return;
    }
    if (!fg_field_word(fields, type, "type of list", fg_word_set(FG_SET_LIST_TYPE), &kind)) {
        return;
    }
    list->kind = (enum fg_list_kind)kind;
    if (max_age != NULL) {
        (void)fg_field_duration(fields, max_age, "max_age", FG_MS_PER_DAY, 3650 * FG_MS_PER_DAY,
                                &list->max_age_ms);
    }
    if ((items == NULL) == (file == NULL)) {
        FG_FIELD_ERROR(fields, entry->place, FG_CODE_MISSING_KEY,
                       "the list needs either 'items' or a 'file'");
    } else if (items != NULL) {
        if (fg_field_is(fields, items, FG_YAML_LIST, "items")) {
            (void)pack_fill_list(build, items, list);
        }
    } else if (list->kind != FG_LIST_PREFIX) {
        FG_FIELD_ERROR(fields, file, FG_CODE_CONFLICT,
                       "only lists of type e164_prefix are read from files");
    } else {
        read_list_file(build, file, list);
    }
}

void pack_compile_lists(struct pack_build *build)
{
    struct pack_table *table = &build->tables[PACK_LIST];
    for (uint32_t i = 0; i < table->n; i++) {
        if (add_list(build) == NULL) {
            return;
        }
    }
    for (uint32_t i = 0; i < table->n; i++) {
        compile_list(build, &table->items[i], &build->lists[i]);
    }
}
