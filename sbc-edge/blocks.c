// SPDX-License-Identifier: GPL-2.0-or-later
#include "blocks.h"

#include "string_map.h"

#include <errno.h>
#include <stdlib.h>

#define MAX_EARLY 100000u
#define MAX_KILLS 100000u
#define MAX_HOLDS 100000u

struct early {
    uint64_t until_ms;
    unsigned flags;
};

struct kill {
    uint64_t until_ms;
};

struct held {
    struct edge_hold hold;
    uint64_t generation;
};

struct edge_blocks {
    struct edge_string_map *early;
    struct edge_string_map *kills;
    struct edge_string_map *holds;
    uint64_t generation;
    void (*early_end)(void *context, const char *call_id, size_t length);
    void *early_context;
};

static bool free_value(void *context, const char *key, size_t key_length, void *value)
{
    (void)context;
    (void)key;
    (void)key_length;
    free(value);
    return false;
}

static void free_map(struct edge_string_map *map)
{
    if (map)
        edge_string_map_visit(map, free_value, NULL);
    edge_string_map_free(map);
}

int edge_blocks_new(uint64_t seed, struct edge_blocks **out)
{
    struct edge_blocks *blocks = calloc(1, sizeof(*blocks));

    if (!blocks)
        return -ENOMEM;
    if (edge_string_map_new(seed, MAX_EARLY, &blocks->early) != 0 ||
        edge_string_map_new(seed, MAX_KILLS, &blocks->kills) != 0 ||
        edge_string_map_new(seed, MAX_HOLDS, &blocks->holds) != 0) {
        edge_blocks_free(blocks);
        return -ENOMEM;
    }
    *out = blocks;
    return 0;
}

void edge_blocks_free(struct edge_blocks *blocks)
{
    if (!blocks)
        return;
    free_map(blocks->early);
    free_map(blocks->kills);
    free_map(blocks->holds);
    free(blocks);
}

/* The value of the key, made zeroed where it is missing. */
static int get_or_add(struct edge_string_map *map, const char *key, size_t key_length,
                      size_t value_size, void **out)
{
    void *value = edge_string_map_get(map, key, key_length);
    int err;

    if (!value) {
        value = calloc(1, value_size);
        if (!value)
            return -ENOMEM;
        err = edge_string_map_set(map, key, key_length, value);
        if (err != 0) {
            free(value);
            return err;
        }
    }
    *out = value;
    return 0;
}

int edge_blocks_add_early(struct edge_blocks *blocks, const char *call_id, size_t call_id_length,
                          unsigned flags, uint64_t now_ms)
{
    void *value;
    struct early *early;
    int err = get_or_add(blocks->early, call_id, call_id_length, sizeof(*early), &value);

    if (err != 0)
        return err;
    early = value;
    early->flags |= flags;
    early->until_ms = now_ms + EDGE_BLOCK_EARLY_MS;
    return 0;
}

void edge_blocks_clear_early(struct edge_blocks *blocks, const char *call_id, size_t call_id_length,
                             unsigned flags)
{
    struct early *early = edge_string_map_get(blocks->early, call_id, call_id_length);

    if (!early)
        return;
    early->flags &= ~flags;
    if (early->flags == 0)
        free(edge_string_map_remove(blocks->early, call_id, call_id_length));
}

unsigned edge_blocks_early(const struct edge_blocks *blocks, const char *call_id,
                           size_t call_id_length, uint64_t now_ms)
{
    const struct early *early = edge_string_map_get(blocks->early, call_id, call_id_length);

    return early && early->until_ms > now_ms ? early->flags : 0;
}

int edge_blocks_kill(struct edge_blocks *blocks, const char *call_id, size_t call_id_length,
                     uint64_t until_ms)
{
    void *value;
    struct kill *kill;
    int err = get_or_add(blocks->kills, call_id, call_id_length, sizeof(*kill), &value);

    if (err != 0)
        return err;
    kill = value;
    if (until_ms > kill->until_ms)
        kill->until_ms = until_ms;
    return 0;
}

uint64_t edge_blocks_kill_until(const struct edge_blocks *blocks, const char *call_id,
                                size_t call_id_length, uint64_t now_ms)
{
    const struct kill *kill = edge_string_map_get(blocks->kills, call_id, call_id_length);

    return kill && kill->until_ms > now_ms ? kill->until_ms : 0;
}

bool edge_blocks_is_killed(const struct edge_blocks *blocks, const char *call_id,
                           size_t call_id_length, uint64_t now_ms)
{
    const struct kill *kill = edge_string_map_get(blocks->kills, call_id, call_id_length);

    return kill && kill->until_ms > now_ms;
}

int edge_blocks_hold(struct edge_blocks *blocks, const char *customer, size_t customer_length,
                     const struct edge_hold *hold)
{
    void *value;
    struct held *held;
    int err = get_or_add(blocks->holds, customer, customer_length, sizeof(*held), &value);

    if (err != 0)
        return err;
    held = value;
    held->hold = *hold;
    held->generation = blocks->generation;
    return 0;
}

void edge_blocks_release(struct edge_blocks *blocks, const char *customer, size_t customer_length)
{
    free(edge_string_map_remove(blocks->holds, customer, customer_length));
}

bool edge_blocks_find_hold(const struct edge_blocks *blocks, const char *customer,
                           size_t customer_length, uint64_t now_ms, struct edge_hold *out)
{
    const struct held *held = edge_string_map_get(blocks->holds, customer, customer_length);

    if (!held || held->hold.until_ms <= now_ms)
        return false;
    *out = held->hold;
    return true;
}

void edge_blocks_sync_begin(struct edge_blocks *blocks)
{
    blocks->generation++;
}

static bool keep_current(void *context, const char *key, size_t key_length, void *value)
{
    const uint64_t *generation = context;
    const struct held *held = value;

    (void)key;
    (void)key_length;
    if (held->generation == *generation)
        return true;
    free(value);
    return false;
}

void edge_blocks_sync_end(struct edge_blocks *blocks)
{
    edge_string_map_visit(blocks->holds, keep_current, &blocks->generation);
}

void edge_blocks_on_early_end(struct edge_blocks *blocks,
                              void (*fn)(void *context, const char *call_id, size_t length),
                              void *context)
{
    blocks->early_end = fn;
    blocks->early_context = context;
}

struct expiring {
    const struct edge_blocks *blocks;
    uint64_t now_ms;
};

static bool keep_early(void *context, const char *key, size_t key_length, void *value)
{
    const struct expiring *expiring = context;
    const struct early *early = value;

    if (early->until_ms > expiring->now_ms)
        return true;
    if (expiring->blocks->early_end)
        expiring->blocks->early_end(expiring->blocks->early_context, key, key_length);
    free(value);
    return false;
}

static bool keep_kill(void *context, const char *key, size_t key_length, void *value)
{
    const uint64_t *now_ms = context;
    const struct kill *kill = value;

    (void)key;
    (void)key_length;
    if (kill->until_ms > *now_ms)
        return true;
    free(value);
    return false;
}

static bool keep_hold(void *context, const char *key, size_t key_length, void *value)
{
    const uint64_t *now_ms = context;
    const struct held *held = value;

    (void)key;
    (void)key_length;
    if (held->hold.until_ms > *now_ms)
        return true;
    free(value);
    return false;
}

void edge_blocks_expire(struct edge_blocks *blocks, uint64_t now_ms)
{
    struct expiring expiring = {blocks, now_ms};

    edge_string_map_visit(blocks->early, keep_early, &expiring);
    edge_string_map_visit(blocks->kills, keep_kill, &now_ms);
    edge_string_map_visit(blocks->holds, keep_hold, &now_ms);
}

size_t edge_blocks_count(const struct edge_blocks *blocks)
{
    return edge_string_map_count(blocks->early) + edge_string_map_count(blocks->kills) +
           edge_string_map_count(blocks->holds);
}
