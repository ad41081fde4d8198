// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hash map from byte strings to pointers for the control path. The hash is seeded, so that whoever
 * chooses Call-IDs cannot choose collisions. Not thread-safe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct edge_string_map;

/* Writes a new map to *out; 0 or -ENOMEM. seed should be random. max_entries bounds its size. */
int edge_string_map_new(uint64_t seed, size_t max_entries, struct edge_string_map **out);

/* Frees the map, not its values; NULL is fine. */
void edge_string_map_free(struct edge_string_map *map);

/* The value of the key, or NULL. */
void *edge_string_map_get(const struct edge_string_map *map, const char *key, size_t key_length);

/*
 * Sets the value (not NULL) of a key; the key is copied. Returns 0, -ENOSPC when the map holds
 * max_entries, or -ENOMEM. The previous value, if any, is forgotten.
 */
int edge_string_map_set(struct edge_string_map *map, const char *key, size_t key_length,
                        void *value);

/* Removes the key and returns its value, or NULL where there was none. */
void *edge_string_map_remove(struct edge_string_map *map, const char *key, size_t key_length);

/* Number of entries. */
size_t edge_string_map_count(const struct edge_string_map *map);

/* Called for each entry; returning false removes the entry (the value is the callback's). */
typedef bool edge_string_map_fn(void *context, const char *key, size_t key_length, void *value);

/* Visits every entry, in no order. The callback must not change the map. */
void edge_string_map_visit(struct edge_string_map *map, edge_string_map_fn *visit, void *context);

/* Seeded hash of a byte string, also used to spread calls over workers. */
uint64_t edge_string_hash(uint64_t seed, const char *bytes, size_t length);
