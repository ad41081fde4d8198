// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "view.h"

#include <stdint.h>

/**
 * The tree behind an ng dictionary (the data model that bencode and JSON share): integers, byte
 * strings, lists, dictionaries. Every node lies in one arena that the caller supplies, so a message
 * costs no allocation and is given back in one step. Strings are views: into the datagram
 * (bencode), into the arena (JSON, edge_ng_str_copy), or into the caller's memory (builders).
 *
 * An arena and its tree belong to one thread. Nothing here allocates, locks or keeps state.
 */

/** Deepest nesting accepted, the outermost dictionary counting as 1. */
#define EDGE_NG_DEPTH_MAX 16
/** Most nodes in one arena. */
#define EDGE_NG_NODES_MAX 16384

enum edge_ng_type {
    EDGE_NG_INT = 1,
    EDGE_NG_STR,
    EDGE_NG_LIST,
    EDGE_NG_DICT,
};

/** One value. Walk the members of a list or dictionary by `first` and `next`, in written order. */
struct edge_ng_value {
    enum edge_ng_type type;
    uint32_t n_children;         /**< members of a list or dictionary */
    struct edge_view key;        /**< as written, when the parent is a dictionary */
    struct edge_view str;        /**< for EDGE_NG_STR */
    int64_t integer;             /**< for EDGE_NG_INT */
    struct edge_ng_value *first; /**< for EDGE_NG_LIST and EDGE_NG_DICT */
    struct edge_ng_value *last;
    struct edge_ng_value *next; /**< sibling */
};

/** Where the nodes of one message lie. Plain value; init before use. */
struct edge_ng_arena {
    unsigned char *mem;
    size_t size_bytes;
    size_t used_bytes;
    uint32_t n_nodes;
    bool is_exhausted; /**< an allocation failed; every later one fails too */
};

/**
 * Takes `mem` of `size_bytes` (any alignment) as an empty arena. The memory stays the caller's and
 * must outlive every value made from it. 64 KiB holds any request and most replies.
 */
void edge_ng_arena_init(struct edge_ng_arena *arena, void *mem, size_t size_bytes);

/** Forgets all values, so that the arena can be used again. The bytes are not wiped. */
void edge_ng_arena_reset(struct edge_ng_arena *arena);

/** Wipes the bytes that were in use, and forgets all values. For messages that carried keys. */
void edge_ng_arena_wipe(struct edge_ng_arena *arena);

/** An empty node of `type`; NULL when the arena is exhausted (which is_exhausted then tells). */
struct edge_ng_value *edge_ng_value_new(struct edge_ng_arena *arena, enum edge_ng_type type);

/** A copy of `text` in the arena, followed by a NUL that is not counted; {NULL, 0} if exhausted. */
struct edge_view edge_ng_str_copy(struct edge_ng_arena *arena, struct edge_view text);

/** Hangs `child` (a node without a parent) behind the last member of `parent`. Both not NULL. */
void edge_ng_append(struct edge_ng_value *parent, struct edge_ng_value *child);

/**
 * Builders. Each adds a member at the end of `parent` and returns it. With a NULL `parent`, or an
 * exhausted arena, they do nothing and return NULL, so a reply can be built without checking each
 * step: edge_ng_arena.is_exhausted (and the formatters) tell at the end. Keys and strings are not
 * copied and must outlive the tree. `key` is ignored (pass {0}) when `parent` is a list.
 */
struct edge_ng_value *edge_ng_add_int(struct edge_ng_arena *arena, struct edge_ng_value *parent,
                                      struct edge_view key, int64_t integer);
struct edge_ng_value *edge_ng_add_str(struct edge_ng_arena *arena, struct edge_ng_value *parent,
                                      struct edge_view key, struct edge_view text);
struct edge_ng_value *edge_ng_add_list(struct edge_ng_arena *arena, struct edge_ng_value *parent,
                                       struct edge_view key);
struct edge_ng_value *edge_ng_add_dict(struct edge_ng_arena *arena, struct edge_ng_value *parent,
                                       struct edge_view key);

/**
 * True when two ng names are the same: ASCII letters folded; space, hyphen and underscore equal
 * ("call-id", "call id", "call-ID", "rtpp_flags"). Both spellings are in the field.
 */
bool edge_ng_name_is(struct edge_view name, struct edge_view other);

/** The last member of `dict` with that name (last duplicate wins); NULL if none or no dict. */
const struct edge_ng_value *edge_ng_dict_get(const struct edge_ng_value *dict,
                                             struct edge_view name);

/** The text of a string value; {NULL, 0} for NULL and for any other type. */
struct edge_view edge_ng_str(const struct edge_ng_value *value);

/**
 * The number of an integer value, or of a string that is wholly a decimal number ("0", "-1",
 * "184"). Returns 0 and writes `*out`; EDGE_ENOENT for NULL or another type; EDGE_ESYNTAX for other
 * text or a number outside int64_t. `*out` is written on success only.
 */
int edge_ng_int(const struct edge_ng_value *value, int64_t *out);
