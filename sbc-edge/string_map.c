// SPDX-License-Identifier: GPL-2.0-or-later
#include "string_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BUCKETS 64u

__extension__ typedef unsigned __int128 uint128; /* a scalar, not a struct */

struct entry {
    struct entry *next;
    uint64_t hash;
    void *value;
    size_t key_length;
    char key[];
};

struct edge_string_map {
    struct entry **buckets;
    size_t n_buckets; /* a power of two */
    size_t count;
    size_t max_entries;
    uint64_t seed;
};

/* Multiply-fold over 8-byte words; the secret seed enters every round. */
uint64_t edge_string_hash(uint64_t seed, const char *bytes, size_t length)
{
    uint64_t hash = seed ^ (uint64_t)length * 0x9e3779b97f4a7c15u;

    while (length > 0) {
        uint64_t word = 0;
        size_t n = length < sizeof(word) ? length : sizeof(word);
        uint128 product;

        memcpy(&word, bytes, n);
        product = (uint128)(hash ^ word) * (seed | 1u);
        hash = ((uint64_t)product ^ (uint64_t)(product >> 64)) + 0x9e3779b97f4a7c15u;
        bytes += n;
        length -= n;
    }
    hash ^= hash >> 32;
    hash *= 0xd6e8feb86659fd93u;
    return hash ^ hash >> 32;
}

int edge_string_map_new(uint64_t seed, size_t max_entries, struct edge_string_map **out)
{
    struct edge_string_map *map = calloc(1, sizeof(*map));

    if (!map)
        return -ENOMEM;
    map->buckets = calloc(FIRST_BUCKETS, sizeof(struct entry *));
    if (!map->buckets) {
        free(map);
        return -ENOMEM;
    }
    map->n_buckets = FIRST_BUCKETS;
    map->max_entries = max_entries;
    map->seed = seed;
    *out = map;
    return 0;
}

void edge_string_map_free(struct edge_string_map *map)
{
    if (!map)
        return;
    for (size_t i = 0; i < map->n_buckets; i++) {
        struct entry *entry = map->buckets[i];

        while (entry) {
            struct entry *next = entry->next;

            free(entry);
            entry = next;
        }
    }
    free(map->buckets);
    free(map);
}

/* The link that points to the entry, or the NULL link at the end of its chain. */
static struct entry **find(const struct edge_string_map *map, uint64_t hash, const char *key,
                           size_t key_length)
{
    struct entry **link = &map->buckets[hash & (map->n_buckets - 1)];

    while (*link && ((*link)->hash != hash || (*link)->key_length != key_length ||
                     memcmp((*link)->key, key, key_length) != 0))
        link = &(*link)->next;
    return link;
}

void *edge_string_map_get(const struct edge_string_map *map, const char *key, size_t key_length)
{
    struct entry *entry = *find(map, edge_string_hash(map->seed, key, key_length), key, key_length);

    return entry ? entry->value : NULL;
}

/* Doubles the buckets; when memory is short the chains just get longer. */
static void grow(struct edge_string_map *map)
{
    size_t n_buckets = map->n_buckets * 2;
    struct entry **buckets = calloc(n_buckets, sizeof(struct entry *));

    if (!buckets)
        return;
    for (size_t i = 0; i < map->n_buckets; i++) {
        struct entry *entry = map->buckets[i];

        while (entry) {
            struct entry *next = entry->next;
            struct entry **head = &buckets[entry->hash & (n_buckets - 1)];

            entry->next = *head;
            *head = entry;
            entry = next;
        }
    }
    free(map->buckets);
    map->buckets = buckets;
    map->n_buckets = n_buckets;
}

int edge_string_map_set(struct edge_string_map *map, const char *key, size_t key_length,
                        void *value)
{
    uint64_t hash = edge_string_hash(map->seed, key, key_length);
    struct entry **link = find(map, hash, key, key_length);
    struct entry *entry = *link;

    if (entry) {
        entry->value = value;
        return 0;
    }
    if (map->count >= map->max_entries)
        return -ENOSPC;
    entry = malloc(sizeof(*entry) + key_length);
    if (!entry)
        return -ENOMEM;
    entry->next = NULL;
    entry->hash = hash;
    entry->value = value;
    entry->key_length = key_length;
    memcpy(entry->key, key, key_length);
    *link = entry;
    map->count++;
    if (map->count > map->n_buckets)
        grow(map);
    return 0;
}

void *edge_string_map_remove(struct edge_string_map *map, const char *key, size_t key_length)
{
    struct entry **link = find(map, edge_string_hash(map->seed, key, key_length), key, key_length);
    struct entry *entry = *link;
    void *value;

    if (!entry)
        return NULL;
    value = entry->value;
    *link = entry->next;
    free(entry);
    map->count--;
    return value;
}

size_t edge_string_map_count(const struct edge_string_map *map)
{
    return map->count;
}

void edge_string_map_visit(struct edge_string_map *map, edge_string_map_fn *visit, void *context)
{
    for (size_t i = 0; i < map->n_buckets; i++) {
        struct entry **link = &map->buckets[i];

        while (*link) {
            struct entry *entry = *link;

            if (visit(context, entry->key, entry->key_length, entry->value)) {
                link = &entry->next;
                continue;
            }
            *link = entry->next;
            free(entry);
            map->count--;
        }
    }
}
