// SPDX-License-Identifier: GPL-2.0-or-later
// Who is known: ages, who is forgotten, who goes from a full block, and how often a stranger passes
// for a known one.
#include "fg/known.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OVER_MS (31 * FG_MS_PER_DAY)

static struct fg_known block;

static int setup(void **state)
{
    (void)state;
    memset(&block, 0, sizeof(block));
    return 0;
}

static void test_a_memory_has_240_units(void **state)
{
    (void)state;
    // 31 days: 3 h 6 min.
    assert_int_equal(fg_known_bucket(INT64_C(11160000) * 7 - 1, OVER_MS), 6);
    assert_int_equal(fg_known_bucket(INT64_C(11160000) * 7, OVER_MS), 7);
    assert_int_equal(fg_known_seconds(8, OVER_MS), 89280);
    assert_int_equal(fg_known_seconds(0, OVER_MS), 1);
}

static void test_ages_grow_from_the_first_sighting(void **state)
{
    (void)state;
    assert_int_equal(fg_known_read(&block, 1000, 7), -1);
    assert_int_equal(fg_known_put(&block, 1000, 7), -1);
    assert_int_equal(fg_known_read(&block, 1000, 7), 0);
    assert_int_equal(fg_known_read(&block, 1000, 8), -1);
    assert_int_equal(fg_known_put(&block, 1010, 7), 10);
    assert_int_equal(fg_known_read(&block, 1030, 7), 30);
    assert_int_equal(block.n, 1);
    // A clock that goes back makes nobody younger.
    assert_int_equal(fg_known_read(&block, 900, 7), 10);
}

static void test_who_is_not_seen_is_forgotten(void **state)
{
    (void)state;
    fg_known_put(&block, 1000, 7);
    fg_known_put(&block, 1100, 7);
    fg_known_put(&block, 1000, 8);
    assert_int_equal(fg_known_read(&block, 1240, 8), 240);
    assert_int_equal(fg_known_read(&block, 1241, 8), -1);
    assert_int_equal(fg_known_read(&block, 1340, 7), 340);
    assert_int_equal(fg_known_read(&block, 1341, 7), -1);
    // A change drops who is forgotten, and counts old acquaintance only so far.
    fg_known_put(&block, 1340, 9);
    assert_int_equal(block.n, 2);
    assert_int_equal(fg_known_read(&block, 1340, 7), FG_KNOWN_AGE_MAX);
    fg_known_put(&block, 900000, 9);
    assert_int_equal(block.n, 1);
}

static void test_sightings_that_come_late(void **state)
{
    (void)state;
    fg_known_put(&block, 1000, 7);
    fg_known_put(&block, 990, 7); // the first one
    fg_known_put(&block, 980, 8);
    fg_known_put(&block, 700, 9); // too long ago
    assert_int_equal(fg_known_read(&block, 1000, 7), 10);
    assert_int_equal(fg_known_read(&block, 1000, 8), 20);
    assert_int_equal(fg_known_read(&block, 1000, 9), -1);
    // In another order the same comes of it.
    struct fg_known other = {0};
    fg_known_put(&other, 980, 8);
    fg_known_put(&other, 990, 7);
    fg_known_put(&other, 1000, 7);
    for (uint16_t tag = 7; tag < 10; tag++) {
        assert_int_equal(fg_known_read(&block, 1150, tag), fg_known_read(&other, 1150, tag));
    }
}

static void test_a_full_block_loses_who_was_seen_longest_ago(void **state)
{
    (void)state;
    for (uint16_t tag = 0; tag < FG_KNOWN_MEMBERS; tag++) {
        fg_known_put(&block, 1000 + tag, tag);
    }
    fg_known_put(&block, 1064, 500);
    assert_int_equal(block.n, FG_KNOWN_MEMBERS);
    assert_int_equal(fg_known_read(&block, 1064, 0), -1);
    assert_int_equal(fg_known_read(&block, 1064, 1), 63);
    // What is older than all that are there stays out.
    fg_known_put(&block, 990, 501);
    assert_int_equal(fg_known_read(&block, 1064, 501), -1);
}

static void test_a_crowd_does_not_drive_out_who_comes_again(void **state)
{
    (void)state;
    for (uint16_t tag = 0; tag < 32; tag++) {
        fg_known_put(&block, 1000, tag);
        fg_known_put(&block, 1010, tag);
    }
    for (int i = 0; i < 10000; i++) {
        fg_known_put(&block, 1020, (uint16_t)(1000 + i));
    }
    assert_int_equal(block.n, FG_KNOWN_MEMBERS);
    for (uint16_t tag = 0; tag < 32; tag++) {
        assert_int_equal(fg_known_read(&block, 1020, tag), 20);
    }
}

// splitmix64 (Steele, Lea, Flood 2014)
static uint64_t hash_of(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

// A filter of 4,096 with so many known: how many of 200,000 strangers pass, and how many of the
// known are lost.
static void fill(uint32_t known, uint32_t *strangers, uint32_t *lost)
{
    enum { BLOCKS = 64, STRANGERS = 200000 };
    struct fg_known *blocks = calloc(BLOCKS, sizeof(*blocks));
    assert_non_null(blocks);
    *strangers = *lost = 0;
    for (uint32_t i = 0; i < known; i++) {
        const uint64_t hash = hash_of(i);
        fg_known_put(&blocks[hash % BLOCKS], 1000 + i % 100, (uint16_t)(hash >> 48));
    }
    for (uint32_t i = 0; i < known + STRANGERS; i++) {
        const uint64_t hash = hash_of(i);
        const bool passes =
            fg_known_read(&blocks[hash % BLOCKS], 1100, (uint16_t)(hash >> 48)) >= 0;
        *lost += i < known && !passes;
        *strangers += i >= known && passes;
    }
    free(blocks);
}

static void test_few_strangers_pass(void **state)
{
    (void)state;
    uint32_t strangers, lost;
    fill(2048, &strangers, &lost); // half full: 32 of 2^16 each
    print_message("half full: %u of 200000 strangers pass, %u of 2048 are lost\n", strangers, lost);
    assert_in_range(strangers, 50, 150);
    assert_int_equal(lost, 0);
    fill(4096, &strangers, &lost);
    print_message("as many as there is room for: %u pass, %u of 4096 are lost\n", strangers, lost);
    assert_in_range(strangers, 100, 250);
    assert_in_range(lost, 1, 4096 / 10);
    fill(40960, &strangers, &lost); // ten times as many: no more pass
    print_message("ten times as many: %u pass\n", strangers);
    assert_in_range(strangers, 120, 280);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_memory_has_240_units, setup),
        cmocka_unit_test_setup(test_ages_grow_from_the_first_sighting, setup),
        cmocka_unit_test_setup(test_who_is_not_seen_is_forgotten, setup),
        cmocka_unit_test_setup(test_sightings_that_come_late, setup),
        cmocka_unit_test_setup(test_a_full_block_loses_who_was_seen_longest_ago, setup),
        cmocka_unit_test_setup(test_a_crowd_does_not_drive_out_who_comes_again, setup),
        cmocka_unit_test(test_few_strangers_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
