// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_memory.h"

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

static void *heap_alloc(void *ctx, size_t size_bytes)
{
    (void)ctx;
    return shm_malloc(size_bytes);
}

static void heap_free(void *ctx, void *ptr)
{
    (void)ctx;
    if (ptr)
        shm_free(ptr);
}

const struct fg_heap *fgm_memory_heap(void)
{
    static const struct fg_heap heap = {heap_alloc, heap_free, NULL};
    return &heap;
}
