// SPDX-License-Identifier: GPL-2.0-or-later
// Vectors of the SipHash authors: key 00 01 … 0f, message 00 01 … (n - 1).
#include "fg/hash.h"

#include "fg/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct fg_hash_key key = {
    .bytes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};

static void message(uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)i;
    }
}

static void test_vectors_64(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        uint64_t hash; // the paper prints the number, the vectors its little-endian bytes
    } vectors[] = {{0, UINT64_C(0x726fdb47dd0e0e31)},  {1, UINT64_C(0x74f839c593dc67fd)},
                   {2, UINT64_C(0x0d6c8009d9a94f5a)},  {3, UINT64_C(0x85676696d7fb7e2d)},
                   {4, UINT64_C(0xcf2794e0277187b7)},  {5, UINT64_C(0x18765564cd99a68d)},
                   {6, UINT64_C(0xcbc9466e58fee3ce)},  {7, UINT64_C(0xab0200f58b01d137)},
                   {8, UINT64_C(0x93f5f5799a932462)},  {9, UINT64_C(0x9e0082df0ba9e4b0)},
                   {14, UINT64_C(0xf723ca908e7af2ee)}, {15, UINT64_C(0xa129ca6149be45e5)},
                   {16, UINT64_C(0x3f2acc7f57c29bdb)}, {31, UINT64_C(0x32d892fad841c342)},
                   {32, UINT64_C(0x7127512f72f27cce)}, {47, UINT64_C(0xd06c98cd5c0975eb)},
                   {62, UINT64_C(0xe51b38608ef25f57)}, {63, UINT64_C(0x958a324ceb064572)}};
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        uint8_t bytes[64];
        message(bytes, vectors[i].len);
        assert_true(fg_hash64(&key, bytes, vectors[i].len) == vectors[i].hash);
    }
}

static void test_vectors_128(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        const char *hex;
    } vectors[] = {
        {0, "a3817f04ba25a8e66df67214c7550293"},  {1, "da87c1d86b99af44347659119b22fc45"},
        {2, "8177228da4a45dc7fca38bdef60affe4"},  {3, "9c70b60c5267a94e5f33b6b02985ed51"},
        {4, "f88164c12d9c8faf7d0f6e7c7bcd5579"},  {5, "1368875980776f8854527a07690e9627"},
        {6, "14eeca338b208613485ea0308fd7a15e"},  {7, "a1f1ebbed8dbc153c0b84aa61ff08239"},
        {8, "3b62a9ba6258f5610f83e264f31497b4"},  {9, "264499060ad9baabc47f8b02bb6d71ed"},
        {14, "31fcefac66d7de9c7ec7485fe4494902"}, {15, "5493e99933b0a8117e08ec0f97cfc3d9"},
        {16, "6ee2a4ca67b054bbfd3315bf85230577"}, {31, "2939b0183223fafc1723de4f52c43d35"},
        {32, "7c3956ca5eeafc3e363e9d556546eb68"}, {47, "e61c432b720b19d18ec8d84bdc63151b"},
        {62, "5853542321f567a005d547a4f04759bd"}, {63, "5150d1772f50834a503e069a973fbd7c"}};
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        uint8_t bytes[64];
        char hex[33];
        message(bytes, vectors[i].len);
        fg_hash128_hex(fg_hash128(&key, bytes, vectors[i].len), hex);
        assert_string_equal(hex, vectors[i].hex);
    }
}

static void test_parts_are_framed(void **state)
{
    (void)state;
    const struct fg_view ab_c[] = {fg_view_of("ab"), fg_view_of("c")};
    const struct fg_view a_bc[] = {fg_view_of("a"), fg_view_of("bc")};
    const struct fg_view abc[] = {fg_view_of("abc")};
    struct fg_hash128 first = fg_hash128_parts(&key, ab_c, 2);
    struct fg_hash128 second = fg_hash128_parts(&key, a_bc, 2);
    struct fg_hash128 third = fg_hash128_parts(&key, abc, 1);
    assert_true(first.lo != second.lo && first.hi != second.hi);
    assert_true(first.lo != third.lo);
}

// The parts are hashed as they come; the same bytes in one run must give the same.
static void test_parts_equal_their_concatenation(void **state)
{
    (void)state;
    const struct fg_view parts[] = {{.ptr = "hello", .len = 5},
                                    {.ptr = NULL, .len = 0},
                                    {.ptr = "0123456789abcdef!", .len = 17}};
    const char whole[] = "\5\0\0\0\0\0\0\0hello"
                         "\0\0\0\0\0\0\0\0"
                         "\21\0\0\0\0\0\0\0"
                         "0123456789abcdef!";
    struct fg_hash128 of_parts = fg_hash128_parts(&key, parts, 3);
    struct fg_hash128 of_whole = fg_hash128(&key, whole, sizeof(whole) - 1);
    assert_true(of_parts.lo == of_whole.lo && of_parts.hi == of_whole.hi);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors_64),
        cmocka_unit_test(test_vectors_128),
        cmocka_unit_test(test_parts_are_framed),
        cmocka_unit_test(test_parts_equal_their_concatenation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
