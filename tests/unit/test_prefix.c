// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/prefix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>

static int add(struct fg_prefix_builder *builder, const char *prefix, uint32_t value)
{
    return fg_prefix_builder_add(builder, fg_view_of(prefix), value);
}

static int look(const struct fg_prefix_trie *trie, const char *digits, struct fg_prefix_match *out)
{
    return fg_prefix_lookup(trie, digits, (uint8_t)strlen(digits), out);
}

static void test_longest_match(void **state)
{
    (void)state;
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    struct fg_prefix_builder *builder = fg_prefix_builder_new();
    assert_int_equal(add(builder, "44", 1), FG_OK);
    assert_int_equal(add(builder, "447", 2), FG_OK);
    assert_int_equal(add(builder, "44790", 3), FG_OK);
    assert_int_equal(add(builder, "960", 4), FG_OK);
    assert_int_equal(add(builder, "44", 9), FG_EDUPLICATE);
    assert_int_equal(add(builder, "4a", 9), FG_ESYNTAX);
    assert_int_equal(add(builder, "+44", 9), FG_ESYNTAX);
    assert_int_equal(add(builder, "1234567890123456", 9), FG_ESYNTAX);
    const struct fg_prefix_trie *trie = fg_prefix_build(builder, arena);
    fg_prefix_builder_free(builder);
    struct fg_prefix_match match = {.value = 77};
    assert_int_equal(look(trie, "447911", &match), FG_OK);
    assert_int_equal(match.value, 2);
    assert_int_equal(match.len, 3);
    assert_int_equal(look(trie, "44790", &match), FG_OK);
    assert_int_equal(match.value, 3);
    assert_int_equal(look(trie, "44", &match), FG_OK);
    assert_int_equal(match.value, 1);
    match.value = 77;
    assert_int_equal(look(trie, "4", &match), FG_ENOTFOUND);
    assert_int_equal(look(trie, "", &match), FG_ENOTFOUND);
    assert_int_equal(look(trie, "96x", &match), FG_ENOTFOUND);
    assert_int_equal(look(NULL, "44", &match), FG_ENOTFOUND);
    assert_int_equal(match.value, 77);
    assert_int_equal(fg_prefix_count(trie), 4);
    assert_int_equal(fg_prefix_count(NULL), 0);
    fg_arena_free(arena);
}

static void test_empty_prefix_matches_everything(void **state)
{
    (void)state;
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    struct fg_prefix_builder *builder = fg_prefix_builder_new();
    const struct fg_prefix_trie *nothing = fg_prefix_build(builder, arena);
    struct fg_prefix_match match;
    assert_int_equal(look(nothing, "1", &match), FG_ENOTFOUND);
    assert_int_equal(add(builder, "", 5), FG_OK);
    const struct fg_prefix_trie *trie = fg_prefix_build(builder, arena);
    assert_int_equal(look(trie, "", &match), FG_OK);
    assert_int_equal(look(trie, "999", &match), FG_OK);
    assert_int_equal(match.value, 5);
    assert_int_equal(match.len, 0);
    fg_prefix_builder_free(builder);
    fg_arena_free(arena);
}

struct entry {
    char digits[16];
    uint32_t value;
};

static int by_digits(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->digits, ((const struct entry *)b)->digits);
}

static void random_digits(uint64_t *seed, size_t max, char *out)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    size_t len = 1 + (*seed >> 33) % max;
    for (size_t i = 0; i < len; i++) {
        *seed = *seed * 6364136223846793005U + 1442695040888963407U;
        out[i] = (char)('0' + (*seed >> 40) % 10);
    }
    out[len] = '\0';
}

// Against a sorted array searched prefix by prefix, with 200,000 entries.
static void test_agrees_with_a_sorted_array(void **state)
{
    (void)state;
    enum { N = 200000 };
    struct entry *entries = calloc(N, sizeof(*entries));
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    struct fg_prefix_builder *builder = fg_prefix_builder_new();
    uint64_t seed = 42;
    size_t n = 0;
    for (size_t i = 0; i < N; i++) {
        random_digits(&seed, 9, entries[n].digits);
        entries[n].value = (uint32_t)i;
        if (add(builder, entries[n].digits, (uint32_t)i) == FG_OK) {
            n++;
        }
    }
    const struct fg_prefix_trie *trie = fg_prefix_build(builder, arena);
    fg_prefix_builder_free(builder);
    assert_int_equal(fg_prefix_count(trie), n);
    qsort(entries, n, sizeof(*entries), by_digits);
    for (int i = 0; i < 50000; i++) {
        struct entry wanted = {0};
        char digits[16];
        random_digits(&seed, 15, digits);
        const struct entry *best = NULL;
        for (size_t len = strlen(digits); len > 0 && best == NULL; len--) {
            memcpy(wanted.digits, digits, len);
            wanted.digits[len] = '\0';
            best = bsearch(&wanted, entries, n, sizeof(*entries), by_digits);
        }
        struct fg_prefix_match match;
        assert_int_equal(look(trie, digits, &match), best != NULL ? FG_OK : FG_ENOTFOUND);
        if (best != NULL) {
            assert_int_equal(match.value, best->value);
            assert_int_equal(match.len, strlen(best->digits));
        }
    }
    // 12 bytes a node is what makes 100,000s of prefixes cheap; this keeps it so.
    assert_true(fg_arena_used_bytes(arena) < n * 40);
    fg_arena_free(arena);
    free(entries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_longest_match),
        cmocka_unit_test(test_empty_prefix_matches_everything),
        cmocka_unit_test(test_agrees_with_a_sorted_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
