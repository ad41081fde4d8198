// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/prefix.h"

#include "fg/number.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define HAS_VALUE   (1U << 10)
#define FIRST_NODES 64U

// Twelve bytes a node: the children of a node lie side by side, so one index and a bit mask of the
// digits present are enough to find any of them.
struct node {
    uint32_t first_child;
    uint32_t value;
    uint16_t mask; // bit 0 to 9: a child for that digit; HAS_VALUE
};

struct fg_prefix_trie {
    uint32_t count;
    uint32_t n_nodes;
    const struct node *nodes; // [0] is the root
};

struct wide_node {
    uint32_t child[10]; // 0: none, since the root is nobody's child
    uint32_t value;
    bool has_value;
};

struct fg_prefix_builder {
    struct wide_node *nodes;
    uint32_t n_nodes, capacity;
    uint32_t count;
};

static uint32_t bits_set(uint32_t mask)
{
    mask = mask - ((mask >> 1) & 0x55555555U);
    mask = (mask & 0x33333333U) + ((mask >> 2) & 0x33333333U);
    return (((mask + (mask >> 4)) & 0x0f0f0f0fU) * 0x01010101U) >> 24;
}

static void *libc_alloc(size_t size_bytes)
{
    const struct fg_heap *heap = fg_heap_libc();
    return heap->alloc(heap->ctx, size_bytes);
}

static void libc_free(void *ptr)
{
    const struct fg_heap *heap = fg_heap_libc();
    heap->free(heap->ctx, ptr);
}

struct fg_prefix_builder *fg_prefix_builder_new(void)
{
    struct fg_prefix_builder *builder = libc_alloc(sizeof(*builder));
    if (builder == NULL) {
        return NULL;
    }
    builder->nodes = libc_alloc(FIRST_NODES * sizeof(builder->nodes[0]));
    if (builder->nodes == NULL) {
        libc_free(builder);
        return NULL;
    }
    memset(&builder->nodes[0], 0, sizeof(builder->nodes[0]));
    builder->n_nodes = 1;
    builder->capacity = FIRST_NODES;
    builder->count = 0;
    return builder;
}

void fg_prefix_builder_free(struct fg_prefix_builder *builder)
{
    if (builder != NULL) {
        libc_free(builder->nodes);
        libc_free(builder);
    }
}

static int reserve(struct fg_prefix_builder *builder, uint32_t more)
{
    if (builder->capacity - builder->n_nodes >= more) {
        return FG_OK;
    }
    if (builder->capacity > UINT32_MAX / 2) {
        return FG_ENOMEM;
    }
    uint32_t capacity = builder->capacity * 2;
    struct wide_node *nodes = libc_alloc(capacity * sizeof(nodes[0]));
    if (nodes == NULL) {
        return FG_ENOMEM;
    }
    memcpy(nodes, builder->nodes, builder->n_nodes * sizeof(nodes[0]));
    libc_free(builder->nodes);
    builder->nodes = nodes;
    builder->capacity = capacity;
    return FG_OK;
}

int fg_prefix_builder_add(struct fg_prefix_builder *builder, struct fg_view prefix, uint32_t value)
{
    if (prefix.len > FG_NUMBER_DIGITS_MAX) {
        return FG_ESYNTAX;
    }
    for (size_t i = 0; i < prefix.len; i++) {
        if (prefix.ptr[i] < '0' || prefix.ptr[i] > '9') {
            return FG_ESYNTAX;
        }
    }
    int rc = reserve(builder, FG_NUMBER_DIGITS_MAX);
    if (rc != FG_OK) {
        return rc;
    }
    uint32_t at = 0;
    for (size_t i = 0; i < prefix.len; i++) {
        unsigned digit = (unsigned)(prefix.ptr[i] - '0');
        uint32_t next = builder->nodes[at].child[digit];
        if (next == 0) {
            next = builder->n_nodes++;
            memset(&builder->nodes[next], 0, sizeof(builder->nodes[next]));
            builder->nodes[at].child[digit] = next;
        }
        at = next;
    }
    if (builder->nodes[at].has_value) {
        return FG_EDUPLICATE;
    }
    builder->nodes[at].has_value = true;
    builder->nodes[at].value = value;
    builder->count++;
    return FG_OK;
}

// Breadth first: order[i] is the builder's node that becomes node i, so siblings end up together.
static void freeze(const struct fg_prefix_builder *builder, uint32_t *order, struct node *nodes)
{
    uint32_t n_ordered = 1;
    order[0] = 0;
    for (uint32_t i = 0; i < n_ordered; i++) {
        const struct wide_node *wide = &builder->nodes[order[i]];
        uint16_t mask = wide->has_value ? HAS_VALUE : 0;
        nodes[i].first_child = n_ordered;
        nodes[i].value = wide->value;
        for (unsigned digit = 0; digit < 10; digit++) {
            if (wide->child[digit] != 0) {
                mask = (uint16_t)(mask | (1U << digit));
                order[n_ordered++] = wide->child[digit];
            }
        }
        nodes[i].mask = mask;
    }
}

const struct fg_prefix_trie *fg_prefix_build(struct fg_prefix_builder *builder,
                                             struct fg_arena *arena)
{
    struct fg_prefix_trie *trie = fg_arena_alloc(arena, sizeof(*trie));
    struct node *nodes = fg_arena_alloc(arena, builder->n_nodes * sizeof(nodes[0]));
    uint32_t *order = libc_alloc(builder->n_nodes * sizeof(order[0]));
    if (trie == NULL || nodes == NULL || order == NULL) {
        libc_free(order);
        return NULL;
    }
    freeze(builder, order, nodes);
    libc_free(order);
    trie->count = builder->count;
    trie->n_nodes = builder->n_nodes;
    trie->nodes = nodes;
    return trie;
}

int fg_prefix_lookup(const struct fg_prefix_trie *trie, const char *digits, uint8_t len,
                     struct fg_prefix_match *out)
{
    if (trie == NULL) {
        return FG_ENOTFOUND;
    }
    int rc = FG_ENOTFOUND;
    const struct node *node = &trie->nodes[0];
    for (uint8_t i = 0;; i++) {
        if ((node->mask & HAS_VALUE) != 0) {
            *out = (struct fg_prefix_match){.value = node->value, .len = i};
            rc = FG_OK;
        }
        unsigned digit = i < len ? (unsigned)(unsigned char)digits[i] - '0' : 10;
        if (digit > 9 || (node->mask & (1U << digit)) == 0) {
            return rc;
        }
        uint32_t before = bits_set(node->mask & ((1U << digit) - 1));
        node = &trie->nodes[node->first_child + before];
    }
}

struct fg_hash128 fg_prefix_hash(const struct fg_prefix_trie *trie, const struct fg_hash_key *key)
{
    struct fg_hash_key state = *key;
    struct fg_hash128 hash = fg_hash128(&state, NULL, 0);
    // The masks alone, in the order in which they are kept, say which prefixes there are.
    for (uint32_t i = 0; trie != NULL && i < trie->n_nodes; i++) {
        uint16_t mask = trie->nodes[i].mask;
        const uint8_t bytes[] = {(uint8_t)mask, (uint8_t)(mask >> 8)};
        hash = fg_hash128(&state, bytes, sizeof(bytes));
        for (unsigned k = 0; k < 8; k++) {
            state.bytes[k] = (uint8_t)(hash.lo >> (8 * k));
            state.bytes[8 + k] = (uint8_t)(hash.hi >> (8 * k));
        }
    }
    return hash;
}

uint32_t fg_prefix_count(const struct fg_prefix_trie *trie)
{
    return trie != NULL ? trie->count : 0;
}

#define WALK_DIGITS_MAX 15

bool fg_prefix_walk(const struct fg_prefix_trie *trie, fg_prefix_fn *fn, void *ctx)
{
    char digits[WALK_DIGITS_MAX + 1] = "";
    const struct node *path[WALK_DIGITS_MAX + 1]; // the node of each depth
    unsigned next[WALK_DIGITS_MAX + 1];           // the digit to try in it
    int depth = 0;
    if (trie == NULL) {
        return true;
    }
    path[0] = &trie->nodes[0];
    next[0] = 0;
    while (depth >= 0) {
        const struct node *node = path[depth];
        if (next[depth] == 0 && (node->mask & HAS_VALUE) != 0 && !fn(ctx, digits, node->value)) {
            return false;
        }
        unsigned digit = next[depth];
        while (digit <= 9 && (node->mask & (1U << digit)) == 0) {
            digit++;
        }
        if (digit > 9 || depth == WALK_DIGITS_MAX) {
            depth--;
            digits[depth < 0 ? 0 : depth] = '\0';
            continue;
        }
        next[depth] = digit + 1;
        digits[depth++] = (char)('0' + digit);
        digits[depth] = '\0';
        path[depth] = &trie->nodes[node->first_child + bits_set(node->mask & ((1U << digit) - 1))];
        next[depth] = 0;
    }
    return true;
}
