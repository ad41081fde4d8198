// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_memory.h"

#include <stdalign.h>
#include <stdint.h>
#include <sys/mman.h>

#include "core/mem/shm_mem.h"

void *fgm_memory_map(size_t size_bytes)
{
    void *memory =
        mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    // Lives as long as the processes do.
    // cppcheck-suppress memleak
    return memory == MAP_FAILED ? NULL : memory;
}

// Kamailio aligns to 8 bytes, C wants more for some types: what lies before the aligned address
// tells where the block began.
#define ALIGNMENT alignof(max_align_t)

static void *heap_alloc(void *ctx, size_t size_bytes)
{
    (void)ctx;
    if (size_bytes > SIZE_MAX - ALIGNMENT - sizeof(void *))
        return NULL;
    unsigned char *block = shm_malloc(size_bytes + ALIGNMENT + sizeof(void *));
    if (!block)
        return NULL;
    unsigned char *memory = block + sizeof(void *);
    memory += (ALIGNMENT - (uintptr_t)memory % ALIGNMENT) % ALIGNMENT;
    ((void **)(void *)memory)[-1] = block;
    return memory;
}

static void heap_free(void *ctx, void *ptr)
{
    (void)ctx;
    if (ptr)
        shm_free(((void **)ptr)[-1]);
}

const struct fg_heap *fgm_memory_heap(void)
{
    static const struct fg_heap heap = {heap_alloc, heap_free, NULL};
    return &heap;
}
