// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/heap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)64 * 1024)
#define ALIGN       _Alignof(max_align_t)

// A chunk is never moved or resized: what it holds is pointed at from anywhere.
struct chunk {
    struct chunk *next;
    size_t size_bytes; // of the payload
    size_t used_bytes;
    max_align_t payload[];
};

struct fg_arena {
    struct fg_heap heap;
    struct chunk *chunks; // the one to allocate from comes first
    size_t used_bytes;
};

static void *libc_alloc(void *ctx, size_t size_bytes)
{
    (void)ctx;
    return malloc(size_bytes);
}

static void libc_free(void *ctx, void *ptr)
{
    (void)ctx;
    free(ptr);
}

const struct fg_heap *fg_heap_libc(void)
{
    static const struct fg_heap heap = {.alloc = libc_alloc, .free = libc_free, .ctx = NULL};
    return &heap;
}

struct fg_arena *fg_arena_new(const struct fg_heap *heap)
{
    struct fg_arena *arena = heap->alloc(heap->ctx, sizeof(*arena));
    if (arena == NULL) {
        return NULL;
    }
    *arena = (struct fg_arena){.heap = *heap};
    return arena;
}

void fg_arena_free(struct fg_arena *arena)
{
    if (arena == NULL) {
        return;
    }
    // The heap may live in the arena's own memory only by copy, so it outlives the chunks.
    struct fg_heap heap = arena->heap;
    struct chunk *chunk = arena->chunks;
    while (chunk != NULL) {
        struct chunk *next = chunk->next;
        heap.free(heap.ctx, chunk);
        chunk = next;
    }
    heap.free(heap.ctx, arena);
}

static struct chunk *chunk_add(struct fg_arena *arena, size_t need_bytes)
{
    size_t size_bytes = need_bytes > CHUNK_BYTES ? need_bytes : CHUNK_BYTES;
    struct chunk *chunk = arena->heap.alloc(arena->heap.ctx, sizeof(*chunk) + size_bytes);
    if (chunk == NULL) {
        return NULL;
    }
    chunk->size_bytes = size_bytes;
    chunk->used_bytes = 0;
    // A chunk made for one big object is full at once: keep the current one in front.
    if (need_bytes > CHUNK_BYTES && arena->chunks != NULL) {
        chunk->next = arena->chunks->next;
        arena->chunks->next = chunk;
    } else {
        chunk->next = arena->chunks;
        arena->chunks = chunk;
    }
    return chunk;
}

void *fg_arena_alloc(struct fg_arena *arena, size_t size_bytes)
{
    if (size_bytes > SIZE_MAX - sizeof(struct chunk) - ALIGN) {
        return NULL;
    }
    size_t need_bytes = size_bytes == 0 ? ALIGN : (size_bytes + ALIGN - 1) / ALIGN * ALIGN;
    struct chunk *chunk = arena->chunks;
    if (chunk == NULL || chunk->size_bytes - chunk->used_bytes < need_bytes) {
        chunk = chunk_add(arena, need_bytes);
        if (chunk == NULL) {
            return NULL;
        }
    }
    void *result = (char *)chunk->payload + chunk->used_bytes;
    chunk->used_bytes += need_bytes;
    arena->used_bytes += need_bytes;
    memset(result, 0, need_bytes);
    return result;
}

char *fg_arena_copy(struct fg_arena *arena, const char *bytes, size_t len)
{
    if (len == SIZE_MAX) {
        return NULL;
    }
    char *copy = fg_arena_alloc(arena, len + 1);
    if (copy != NULL && len > 0) {
        memcpy(copy, bytes, len);
    }
    return copy;
}

size_t fg_arena_used_bytes(const struct fg_arena *arena)
{
    return arena->used_bytes;
}
