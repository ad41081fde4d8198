// SPDX-License-Identifier: GPL-2.0-or-later
#include "build.h"

#include <stdlib.h>
#include <string.h>

static const uint32_t limits[PACK_KINDS] = {PACK_LISTS_MAX, PACK_CALENDARS_MAX, FG_METERS_MAX,
                                            FG_GROUPS_MAX,  FG_RULES_MAX,       FG_COMPOSITES_MAX};

const char *pack_kind_name(enum pack_kind kind)
{
    static const char *const names[] = {"list", "calendar", "meter", "group", "rule", "composite"};
    return names[kind];
}

static const struct pack_entry *lookup(const struct pack_table *table, struct fg_view name)
{
    for (uint32_t i = 0; i < table->n; i++) {
        if (fg_view_equal(table->items[i].name, name)) {
            return &table->items[i];
        }
    }
    return NULL;
}

// Rules and composites share one set of ids.
static const struct pack_entry *find_same(const struct pack_build *build, enum pack_kind kind,
                                          struct fg_view name)
{
    const struct pack_entry *same = lookup(&build->tables[kind], name);
    if (same == NULL && kind == PACK_RULE) {
        same = lookup(&build->tables[PACK_COMPOSITE], name);
    } else if (same == NULL && kind == PACK_COMPOSITE) {
        same = lookup(&build->tables[PACK_RULE], name);
    }
    return same;
}

void pack_declare(struct pack_build *build, enum pack_kind kind, const struct pack_entry *entry)
{
    struct pack_table *table = &build->tables[kind];
    bool nameless = entry->name.len == 0;
    const struct pack_entry *same = nameless ? NULL : find_same(build, kind, entry->name);
    // Of a key that is there twice in one mapping, the reader of YAML has told.
    const bool keyed = kind == PACK_LIST || kind == PACK_CALENDAR || kind == PACK_METER;
    if (same != NULL && !(keyed && same->file == entry->file)) {
        FG_FIELD_ERROR(&build->fields, entry->place, FG_CODE_DUPLICATE,
                       "duplicate %s '%.*s'; it is already at %s:%u", pack_kind_name(kind),
                       (int)entry->name.len, entry->name.ptr, same->place->doc->name,
                       same->place->line);
    }
    if (table->n == limits[kind]) {
        FG_FIELD_ERROR(&build->fields, entry->place, FG_CODE_LIMIT, "more than %u %ss",
                       limits[kind], pack_kind_name(kind));
        return;
    }
    if (table->n == table->room) {
        uint32_t room = table->room == 0 ? 32 : table->room * 2;
        struct pack_entry *items = fg_arena_alloc(build->scratch, room * sizeof(*items));
        if (items == NULL) {
            build->fields.out_of_memory = true;
            return;
        }
        if (table->n > 0) {
            memcpy(items, table->items, table->n * sizeof(*items));
        }
        table->items = items;
        table->room = room;
    }
    // One that nothing can refer to is kept for its other mistakes, and said nothing more about.
    table->items[table->n] = *entry;
    table->items[table->n++].used = entry->used || nameless || same != NULL;
}

int32_t pack_find(struct pack_build *build, enum pack_kind kind, struct fg_view name)
{
    struct pack_table *table = &build->tables[kind];
    for (uint32_t i = 0; i < table->n; i++) {
        if (fg_view_equal(table->items[i].name, name)) {
            table->items[i].used = true;
            return (int32_t)i;
        }
    }
    return -1;
}

struct fg_words pack_names(struct pack_build *build, enum pack_kind kind)
{
    const struct pack_table *table = &build->tables[kind];
    const char **names = fg_arena_alloc(build->scratch, (table->n + 1) * sizeof(*names));
    uint32_t n = 0;
    for (uint32_t i = 0; names != NULL && i < table->n; i++) {
        if (table->items[i].name.len == 0) {
            continue;
        }
        names[n] =
            fg_arena_copy(build->scratch, table->items[i].name.ptr, table->items[i].name.len);
        if (names[n] == NULL) {
            build->fields.out_of_memory = true;
            break;
        }
        n++;
    }
    return (struct fg_words){names, n};
}

int32_t pack_resolve(struct pack_build *build, enum pack_kind kind, const struct fg_yaml_node *node)
{
    int32_t index = pack_find(build, kind, node->text);
    if (index < 0) {
        fg_field_unknown(&build->fields, node, FG_CODE_REFERENCE, pack_kind_name(kind), "",
                         pack_names(build, kind));
    }
    return index;
}

bool pack_read_id(struct pack_build *build, const struct fg_yaml_node *node)
{
    if (!fg_field_is(&build->fields, node, FG_YAML_SCALAR, "id")) {
        return false;
    }
    bool fits = node->text.len > 0 && node->text.len <= 64 && node->text.ptr[0] >= 'A' &&
                node->text.ptr[0] <= 'Z';
    for (size_t i = 0; i < node->text.len && fits; i++) {
        char c = node->text.ptr[i];
        fits = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    }
    if (!fits) {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_NAME,
                       "id '%.*s' must be capitals, digits and '_', beginning with a capital, at "
                       "most 64, such as DEST_IRSF",
                       node->text.len > 64 ? 64 : (int)node->text.len, node->text.ptr);
    }
    return fits && fg_field_stays_text(&build->fields, node, "id");
}

bool pack_read_action(struct pack_build *build, const struct fg_yaml_node *node,
                      enum fg_action *out)
{
    size_t index;
    if (!fg_field_word(&build->fields, node, "action", fg_word_set(FG_SET_ACTION), &index)) {
        return false;
    }
    *out = (enum fg_action)(FG_ALERT + (int)index);
    return true;
}

bool pack_read_mode(struct pack_build *build, const struct fg_yaml_node *node, enum fg_mode *out)
{
    size_t index;
    if (!fg_field_word(&build->fields, node, "mode", fg_word_set(FG_SET_MODE), &index)) {
        return false;
    }
    *out = (enum fg_mode)index;
    return true;
}

bool pack_read_direction(struct pack_build *build, const struct fg_yaml_node *node,
                         enum fg_direction *out)
{
    size_t index;
    if (!fg_field_word(&build->fields, node, "direction", fg_word_set(FG_SET_DIRECTION), &index)) {
        return false;
    }
    *out = (enum fg_direction)index;
    return true;
}

bool pack_read_maturity(struct pack_build *build, const struct fg_yaml_node *node,
                        enum fg_maturity *out)
{
    size_t index;
    if (!fg_field_word(&build->fields, node, "maturity", fg_word_set(FG_SET_MATURITY), &index)) {
        return false;
    }
    *out = (enum fg_maturity)index;
    return true;
}
