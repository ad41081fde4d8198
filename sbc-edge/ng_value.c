// SPDX-License-Identifier: GPL-2.0-or-later
#include "ng_value.h"

#include "decimal.h"
#include "parse_error.h"

#include <stdalign.h>

void edge_ng_arena_init(struct edge_ng_arena *arena, void *mem, size_t size_bytes)
{
    *arena = (struct edge_ng_arena){.mem = mem, .size_bytes = size_bytes};
}

void edge_ng_arena_reset(struct edge_ng_arena *arena)
{
    arena->used_bytes = 0;
    arena->n_nodes = 0;
    arena->is_exhausted = false;
}

void edge_ng_arena_wipe(struct edge_ng_arena *arena)
{
    if (arena->used_bytes > 0)
        explicit_bzero(arena->mem, arena->used_bytes);
    edge_ng_arena_reset(arena);
}

static void *arena_take(struct edge_ng_arena *arena, size_t bytes, size_t alignment)
{
    const uintptr_t at = (uintptr_t)arena->mem + arena->used_bytes;
    const size_t padding = (alignment - at % alignment) % alignment;
    const size_t left = arena->size_bytes - arena->used_bytes;

    if (arena->is_exhausted || padding > left || bytes > left - padding) {
        arena->is_exhausted = true;
        return NULL;
    }
    void *taken = arena->mem + arena->used_bytes + padding;
    arena->used_bytes += padding + bytes;
    return taken;
}

struct edge_ng_value *edge_ng_value_new(struct edge_ng_arena *arena, enum edge_ng_type type)
{
    struct edge_ng_value *value = NULL;

    if (arena->n_nodes >= EDGE_NG_NODES_MAX)
        arena->is_exhausted = true;
    value = arena_take(arena, sizeof(*value), alignof(struct edge_ng_value));
    if (!value)
        return NULL;
    *value = (struct edge_ng_value){.type = type};
    arena->n_nodes++;
    return value;
}

struct edge_view edge_ng_str_copy(struct edge_ng_arena *arena, struct edge_view text)
{
    char *copy = text.len == SIZE_MAX ? NULL : arena_take(arena, text.len + 1, 1);

    if (!copy)
        return (struct edge_view){NULL, 0};
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return (struct edge_view){copy, text.len};
}

void edge_ng_append(struct edge_ng_value *parent, struct edge_ng_value *child)
{
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->n_children++;
}

static struct edge_ng_value *add(struct edge_ng_arena *arena, struct edge_ng_value *parent,
                                 struct edge_view key, enum edge_ng_type type)
{
    struct edge_ng_value *child = parent ? edge_ng_value_new(arena, type) : NULL;

    if (!child)
        return NULL;
    if (parent->type == EDGE_NG_DICT)
        child->key = key;
    edge_ng_append(parent, child);
    return child;
}

struct edge_ng_value *edge_ng_add_int(struct edge_ng_arena *arena, struct edge_ng_value *parent,
                                      struct edge_view key, int64_t integer)
{
    struct edge_ng_value *child = add(arena, parent, key, EDGE_NG_INT);

    if (child)
        child->integer = integer;
    return child;
}

struct edge_ng_value *edge_ng_add_str(struct edge_ng_arena *arena, struct edge_ng_value *parent,
                                      struct edge_view key, struct edge_view text)
{
    struct edge_ng_value *child = add(arena, parent, key, EDGE_NG_STR);

    if (child)
        child->str = text;
    return child;
}

struct edge_ng_value *edge_ng_add_list(struct edge_ng_arena *arena, struct edge_ng_value *parent,
                                       struct edge_view key)
{
    return add(arena, parent, key, EDGE_NG_LIST);
}

struct edge_ng_value *edge_ng_add_dict(struct edge_ng_arena *arena, struct edge_ng_value *parent,
                                       struct edge_view key)
{
    return add(arena, parent, key, EDGE_NG_DICT);
}

static char name_fold(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c == ' ' || c == '_' ? '-' : c;
}

bool edge_ng_name_is(struct edge_view name, struct edge_view other)
{
    if (name.len != other.len)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (name_fold(name.ptr[i]) != name_fold(other.ptr[i]))
            return false;
    }
    return true;
}

const struct edge_ng_value *edge_ng_dict_get(const struct edge_ng_value *dict,
                                             struct edge_view name)
{
    const struct edge_ng_value *found = NULL;

    if (!dict || dict->type != EDGE_NG_DICT)
        return NULL;
    for (const struct edge_ng_value *member = dict->first; member; member = member->next) {
        if (edge_ng_name_is(member->key, name))
            found = member;
    }
    return found;
}

struct edge_view edge_ng_str(const struct edge_ng_value *value)
{
    return value && value->type == EDGE_NG_STR ? value->str : (struct edge_view){NULL, 0};
}

int edge_ng_int(const struct edge_ng_value *value, int64_t *out)
{
    if (!value || (value->type != EDGE_NG_INT && value->type != EDGE_NG_STR))
        return EDGE_ENOENT;
    if (value->type == EDGE_NG_STR)
        return edge_decimal_parse_signed(value->str, out);
    *out = value->integer;
    return 0;
}
