// SPDX-License-Identifier: GPL-2.0-or-later
// Where memory of long-lived objects comes from: libc, Kamailio's shared memory, or a test that
// lets the n-th allocation fail.
#pragma once

#include <stddef.h>

struct fg_heap {
    void *(*alloc)(void *ctx, size_t size_bytes); // NULL on failure; memory need not be zeroed
    void (*free)(void *ctx, void *ptr);           // NULL is fine
    void *ctx;
};

// The libc heap. Static storage; safe in any process and thread.
const struct fg_heap *fg_heap_libc(void);

// An arena: many small allocations, freed together. Not safe for concurrent use while building;
// what it holds may be read by any process that maps it.
struct fg_arena;

// A new arena whose chunks come from heap. NULL when out of memory. Free with fg_arena_free().
struct fg_arena *fg_arena_new(const struct fg_heap *heap);
void fg_arena_free(struct fg_arena *arena);
// size_bytes zeroed bytes aligned for any type; NULL when out of memory. size 0 gives a valid
// pointer.
void *fg_arena_alloc(struct fg_arena *arena, size_t size_bytes);
// A NUL-terminated copy of len bytes; NULL when out of memory.
char *fg_arena_copy(struct fg_arena *arena, const char *bytes, size_t len);
// Bytes handed out so far [bytes].
size_t fg_arena_used_bytes(const struct fg_arena *arena);
