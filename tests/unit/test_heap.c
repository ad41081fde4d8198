// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>

// A heap that counts what is out, and gives nothing from the n-th allocation on.
struct failing {
    int left, out;
};

static void *failing_alloc(void *ctx, size_t size_bytes)
{
    struct failing *heap = ctx;
    if (heap->left-- <= 0) {
        return NULL;
    }
    heap->out++;
    void *memory = malloc(size_bytes);
    memset(memory, 0xa5, size_bytes);
    return memory;
}

static void failing_free(void *ctx, void *ptr)
{
    struct failing *heap = ctx;
    heap->out -= ptr != NULL ? 1 : 0;
    free(ptr);
}

static void test_memory_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct failing failing = {.left = 1000};
    struct fg_heap heap = {.alloc = failing_alloc, .free = failing_free, .ctx = &failing};
    struct fg_arena *arena = fg_arena_new(&heap);
    assert_non_null(arena);
    unsigned char *blocks[300];
    for (size_t i = 0; i < 300; i++) {
        size_t size = i * 7 % 900;
        blocks[i] = fg_arena_alloc(arena, size);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < size; k++) {
            assert_int_equal(blocks[i][k], 0);
        }
        memset(blocks[i], (int)(i & 0xff), size);
    }
    unsigned char *big = fg_arena_alloc(arena, 1000000);
    assert_non_null(big);
    memset(big, 0xff, 1000000);
    unsigned char *after = fg_arena_alloc(arena, 16);
    assert_non_null(after);
    for (size_t i = 0; i < 300; i++) {
        for (size_t k = 0; k < i * 7 % 900; k++) {
            assert_int_equal(blocks[i][k], i & 0xff);
        }
    }
    assert_true(fg_arena_used_bytes(arena) >= 1000000);
    assert_true(failing.out < 20);
    fg_arena_free(arena);
    assert_int_equal(failing.out, 0);
}

static void test_no_memory(void **state)
{
    (void)state;
    struct failing failing = {.left = 0};
    struct fg_heap heap = {.alloc = failing_alloc, .free = failing_free, .ctx = &failing};
    assert_null(fg_arena_new(&heap));
    failing.left = 1;
    struct fg_arena *arena = fg_arena_new(&heap);
    assert_non_null(arena);
    assert_null(fg_arena_alloc(arena, 1));
    assert_null(fg_arena_copy(arena, "x", 1));
    failing.left = 1;
    assert_non_null(fg_arena_alloc(arena, 1));
    assert_null(fg_arena_alloc(arena, SIZE_MAX));
    assert_null(fg_arena_alloc(arena, SIZE_MAX - 40));
    assert_null(fg_arena_copy(arena, "x", SIZE_MAX));
    fg_arena_free(arena);
    fg_arena_free(NULL);
    assert_int_equal(failing.out, 0);
}

static void test_copy_is_terminated(void **state)
{
    (void)state;
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    char *copy = fg_arena_copy(arena, "acme-and-more", 4);
    assert_string_equal(copy, "acme");
    assert_string_equal(fg_arena_copy(arena, NULL, 0), "");
    fg_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_copy_is_terminated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
