// SPDX-License-Identifier: GPL-2.0-or-later
#include "blocks.h"
#include "string_map.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define CALL  "a84b4c76e66710", 14
#define OTHER "another", 7
#define ACME  "acme", 4

static int set_up(void **state)
{
    struct edge_blocks *blocks;

    if (edge_blocks_new(42, &blocks) != 0)
        return -1;
    *state = blocks;
    return 0;
}

static int tear_down(void **state)
{
    edge_blocks_free(*state);
    return 0;
}

static void test_an_early_block_waits_at_least_a_minute(void **state)
{
    struct edge_blocks *blocks = *state;

    assert_int_equal(edge_blocks_early(blocks, CALL, 1000), 0);
    assert_int_equal(edge_blocks_add_early(blocks, CALL, EDGE_BLOCK_MEDIA, 1000), 0);
    assert_int_equal(edge_blocks_add_early(blocks, CALL, EDGE_BLOCK_DROP_TRAFFIC, 1000), 0);
    assert_int_equal(edge_blocks_early(blocks, CALL, 61000),
                     EDGE_BLOCK_MEDIA | EDGE_BLOCK_DROP_TRAFFIC);
    assert_int_equal(edge_blocks_early(blocks, OTHER, 1000), 0);
    edge_blocks_clear_early(blocks, CALL, EDGE_BLOCK_MEDIA);
    assert_int_equal(edge_blocks_early(blocks, CALL, 61000), EDGE_BLOCK_DROP_TRAFFIC);
    edge_blocks_expire(blocks, 10000000);
    assert_int_equal(edge_blocks_count(blocks), 0);
}

static void test_kills_expire_and_never_shorten(void **state)
{
    struct edge_blocks *blocks = *state;

    assert_int_equal(edge_blocks_kill(blocks, CALL, 5000), 0);
    assert_int_equal(edge_blocks_kill(blocks, CALL, 3000), 0);
    assert_true(edge_blocks_is_killed(blocks, CALL, 4999));
    assert_false(edge_blocks_is_killed(blocks, CALL, 5000));
    assert_false(edge_blocks_is_killed(blocks, OTHER, 0));
}

static void test_holds(void **state)
{
    struct edge_blocks *blocks = *state;
    const struct edge_hold hold = {.until_ms = 9000, .cut = true};
    struct edge_hold found;

    assert_int_equal(edge_blocks_hold(blocks, ACME, &hold), 0);
    assert_true(edge_blocks_find_hold(blocks, ACME, 8999, &found));
    assert_true(found.cut);
    assert_false(edge_blocks_find_hold(blocks, ACME, 9000, &found));
    edge_blocks_release(blocks, ACME);
    edge_blocks_release(blocks, ACME);
    assert_false(edge_blocks_find_hold(blocks, ACME, 0, &found));
}

static void test_a_full_reading_forgets_what_is_gone(void **state)
{
    struct edge_blocks *blocks = *state;
    const struct edge_hold hold = {.until_ms = 9000};
    struct edge_hold found;

    edge_blocks_hold(blocks, ACME, &hold);
    edge_blocks_hold(blocks, OTHER, &hold);
    edge_blocks_kill(blocks, CALL, 9000);
    edge_blocks_sync_begin(blocks);
    edge_blocks_hold(blocks, ACME, &hold);
    assert_true(
        edge_blocks_find_hold(blocks, OTHER, 0, &found)); /* until the reading is complete */
    edge_blocks_sync_end(blocks);
    assert_true(edge_blocks_find_hold(blocks, ACME, 0, &found));
    assert_false(edge_blocks_find_hold(blocks, OTHER, 0, &found));
    assert_true(edge_blocks_is_killed(blocks, CALL, 0));
}

static bool keep_odd(void *context, const char *key, size_t key_length, void *value)
{
    unsigned *visited = context;

    (void)value;
    (*visited)++;
    return (key[key_length - 1] - '0') % 2 == 1;
}

static void test_map_grows_finds_and_is_bounded(void **state)
{
    struct edge_string_map *map;
    unsigned visited = 0;
    char key[16];

    (void)state;
    assert_int_equal(edge_string_map_new(7, 1000, &map), 0);
    for (unsigned i = 0; i < 1000; i++) {
        int n = snprintf(key, sizeof(key), "key-%u", i);

        assert_int_equal(edge_string_map_set(map, key, (size_t)n, &visited), 0);
    }
    assert_int_equal(edge_string_map_set(map, "more", 4, &visited), -ENOSPC);
    assert_int_equal(edge_string_map_set(map, "key-5", 5, map), 0);
    assert_ptr_equal(edge_string_map_get(map, "key-5", 5), map);
    assert_ptr_equal(edge_string_map_get(map, "key-999", 7), &visited);
    assert_null(edge_string_map_get(map, "key-5\0", 6));
    edge_string_map_visit(map, keep_odd, &visited);
    assert_int_equal(visited, 1000);
    assert_int_equal(edge_string_map_count(map), 500);
    assert_null(edge_string_map_remove(map, "key-4", 5));
    assert_ptr_equal(edge_string_map_remove(map, "key-5", 5), map);
    edge_string_map_free(map);
}

static void test_hash_depends_on_every_byte_and_the_seed(void **state)
{
    (void)state;
    assert_true(edge_string_hash(1, "abcdefghij", 10) != edge_string_hash(1, "abcdefghik", 10));
    assert_true(edge_string_hash(1, "abcdefghij", 10) != edge_string_hash(2, "abcdefghij", 10));
    assert_true(edge_string_hash(1, "a\0", 2) != edge_string_hash(1, "a", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_early_block_waits_at_least_a_minute, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_kills_expire_and_never_shorten, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_holds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_full_reading_forgets_what_is_gone, set_up,
                                        tear_down),
        cmocka_unit_test(test_map_grows_finds_and_is_bounded),
        cmocka_unit_test(test_hash_depends_on_every_byte_and_the_seed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
