// SPDX-License-Identifier: GPL-2.0-or-later
// A trie of digit prefixes with longest match. Immutable once built; lookups are safe from any
// process and thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/err.h"
#include "fg/hash.h"
#include "fg/heap.h"
#include "fg/view.h"

struct fg_prefix_trie;
struct fg_prefix_builder;

// A builder for one trie, in libc memory. NULL when out of memory.
struct fg_prefix_builder *fg_prefix_builder_new(void);
void fg_prefix_builder_free(struct fg_prefix_builder *builder);
// Adds prefix (digits only, no plus, 1 to 15; the empty prefix is allowed and matches everything)
// with a value. FG_EDUPLICATE keeps the first value, FG_ESYNTAX for other bytes, FG_ENOMEM.
FG_MUST_CHECK int fg_prefix_builder_add(struct fg_prefix_builder *builder, struct fg_view prefix,
                                        uint32_t value);
// Freezes into arena memory; the builder can be freed afterwards. NULL when out of memory.
const struct fg_prefix_trie *fg_prefix_build(struct fg_prefix_builder *builder,
                                             struct fg_arena *arena);

struct fg_prefix_match {
    uint32_t value;
    uint8_t len; // digits matched
};
// The longest prefix of digits (digits only) in the trie. 0 and *out, or FG_ENOTFOUND. A NULL trie
// matches nothing.
FG_MUST_CHECK int fg_prefix_lookup(const struct fg_prefix_trie *trie, const char *digits,
                                   uint8_t len, struct fg_prefix_match *out);
// Hash of the set of prefixes: their order and values do not count.
struct fg_hash128 fg_prefix_hash(const struct fg_prefix_trie *trie, const struct fg_hash_key *key);
uint32_t fg_prefix_count(const struct fg_prefix_trie *trie);
// Calls fn with each prefix (digits, NUL-terminated) and its value, in order of the digits, until
// it returns false. Whether it went through all of them. A NULL trie has none.
typedef bool fg_prefix_fn(void *ctx, const char *digits, uint32_t value);
bool fg_prefix_walk(const struct fg_prefix_trie *trie, fg_prefix_fn *fn, void *ctx);
