// SPDX-License-Identifier: GPL-2.0-or-later
// Networks within one another, against a plain search for the longest prefix.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fg/network.h"

#define RANDOM_NETWORKS 300

struct place {
    bool found;
    fg_country country;
    uint32_t asn;
};

static struct fg_ip ip_of(const char *text)
{
    struct fg_ip ip;
    assert_true(fg_ip_parse(fg_view_of(text), &ip));
    return ip;
}

static struct fg_network network_of(const char *address, uint8_t bits, const char *country,
                                    uint32_t asn)
{
    return (struct fg_network){.range = {.base = ip_of(address), .bits = bits},
                               .country = fg_country_parse(fg_view_of(country)),
                               .asn = asn,
                               .line = asn};
}

static struct place find(const struct fg_networks *networks, const struct fg_ip *ip)
{
    struct place place = {0};
    place.found = fg_networks_find(networks, ip, &place.country, &place.asn);
    return place;
}

static void assert_asn(const struct fg_networks *networks, const char *address, uint32_t asn)
{
    struct fg_ip ip = ip_of(address);
    assert_int_equal(find(networks, &ip).asn, asn);
}

// What either table says of an address, the second one only where the first knows nothing.
static void assert_overlaid(const struct fg_networks *first, const struct fg_networks *second,
                            const struct fg_networks *both, const struct fg_ip *ip)
{
    struct place a = find(first, ip);
    struct place b = find(second, ip);
    struct place got = find(both, ip);
    assert_int_equal(got.country, a.country != FG_COUNTRY_NONE ? a.country : b.country);
    assert_int_equal(got.asn, a.asn != 0 ? a.asn : b.asn);
}

static void build_random(struct fg_arena *arena, unsigned *seed, struct fg_networks *out)
{
    static const char *const countries[] = {"", "GB", "FR"};
    struct fg_network rows[RANDOM_NETWORKS] = {0};
    const struct fg_network *again = NULL;
    uint32_t n = 0;
    for (int i = 0; i < RANDOM_NETWORKS; i++) {
        struct fg_network row =
            network_of("10.0.0.0", (uint8_t)(112 + rand_r(seed) % 17), countries[rand_r(seed) % 3],
                       (uint32_t)(rand_r(seed) % 3));
        uint32_t low = (uint32_t)rand_r(seed) % 1024 >> (128 - row.range.bits)
                                                            << (128 - row.range.bits);
        row.range.base.bytes[14] = (uint8_t)(low >> 8);
        row.range.base.bytes[15] = (uint8_t)low;
        row.line = (uint32_t)i;
        bool there = false;
        for (uint32_t j = 0; j < n; j++) {
            there = there ||
                    (rows[j].range.bits == row.range.bits &&
                     memcmp(&rows[j].range.base, &row.range.base, sizeof(row.range.base)) == 0);
        }
        if (!there) {
            rows[n++] = row;
        }
    }
    assert_int_equal(fg_networks_build(rows, n, arena, &again, out), FG_OK);
}

static void test_a_table_is_laid_under_another(void **state)
{
    (void)state;
    unsigned seed = 5;
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    struct fg_networks empty = {0};
    for (int round = 0; round < 20; round++) {
        struct fg_networks first;
        struct fg_networks second;
        struct fg_networks both;
        build_random(arena, &seed, &first);
        build_random(arena, &seed, &second);
        first.built_ms = round % 2 == 0 ? 0 : 2000;
        second.built_ms = 1000;
        assert_int_equal(fg_networks_overlay(&first, &second, arena, &both), FG_OK);
        assert_true(both.n <= first.n + second.n);
        assert_int_equal(both.built_ms, 1000);
        struct fg_ip ip = ip_of("10.0.0.0");
        for (int i = 0; i < 4 * 256; i++) {
            ip.bytes[14] = (uint8_t)(i >> 8);
            ip.bytes[15] = (uint8_t)i;
            assert_overlaid(&first, &second, &both, &ip);
        }
        assert_int_equal(fg_networks_overlay(&first, &empty, arena, &both), FG_OK);
        assert_overlaid(&first, &empty, &both, &ip);
        assert_int_equal(fg_networks_overlay(&empty, &first, arena, &both), FG_OK);
        assert_overlaid(&first, &empty, &both, &ip);
    }
    fg_arena_free(arena);
}

static void test_the_longest_prefix_wins(void **state)
{
    (void)state;
    struct fg_network rows[] = {
        network_of("192.0.2.0", 120, "GB", 1),   network_of("192.0.2.64", 122, "FR", 2),
        network_of("192.0.2.127", 128, "NO", 3), network_of("192.0.3.0", 120, "DE", 4),
        network_of("2001:db8::", 32, "SE", 5),   network_of("255.255.255.0", 120, "JP", 6),
        network_of("ffff::", 16, "US", 7),
    };
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    const struct fg_network *again = NULL;
    struct fg_networks networks;
    assert_int_equal(fg_networks_build(rows, 7, arena, &again, &networks), FG_OK);
    assert_asn(&networks, "192.0.1.255", 0);
    assert_asn(&networks, "192.0.2.0", 1);
    assert_asn(&networks, "192.0.2.63", 1);
    assert_asn(&networks, "192.0.2.64", 2);
    assert_asn(&networks, "192.0.2.126", 2);
    assert_asn(&networks, "192.0.2.127", 3);
    assert_asn(&networks, "192.0.2.128", 1);
    assert_asn(&networks, "192.0.3.1", 4);
    assert_asn(&networks, "192.0.4.0", 0);
    assert_asn(&networks, "2001:db8:ffff::1", 5);
    assert_asn(&networks, "2001:db9::1", 0);
    assert_asn(&networks, "255.255.255.255", 6);
    assert_asn(&networks, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 7);
    assert_asn(NULL, "192.0.2.0", 0);
    fg_arena_free(arena);
}

static void test_what_cannot_be_is_refused(void **state)
{
    (void)state;
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    const struct fg_network *again = NULL;
    struct fg_networks networks = {.n = 77};
    struct fg_network twice[] = {network_of("192.0.2.0", 120, "GB", 1),
                                 network_of("10.0.0.0", 104, "GB", 2),
                                 network_of("192.0.2.0", 120, "FR", 3)};
    assert_int_equal(fg_networks_build(twice, 3, arena, &again, &networks), FG_EDUPLICATE);
    assert_int_equal(again->line, 3);
    struct fg_network host_bits = network_of("192.0.2.1", 120, "GB", 1);
    assert_int_equal(fg_networks_build(&host_bits, 1, arena, &again, &networks), FG_EINVAL);
    struct fg_network long_prefix = network_of("192.0.2.0", 129, "GB", 1);
    assert_int_equal(fg_networks_build(&long_prefix, 1, arena, &again, &networks), FG_EINVAL);
    assert_int_equal(networks.n, 77);
    assert_int_equal(fg_networks_build(NULL, 0, arena, &again, &networks), FG_OK);
    assert_asn(&networks, "192.0.2.0", 0);
    fg_arena_free(arena);
}

static uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

// Addresses that differ in four bits here and there, so that networks often lie in one another.
static struct fg_ip random_ip(uint64_t *seed)
{
    struct fg_ip ip = ip_of("10.0.0.0");
    ip.bytes[12] = (uint8_t)(next_random(seed) % 4);
    ip.bytes[14] = (uint8_t)(next_random(seed) % 4 << 6);
    ip.bytes[15] = (uint8_t)(next_random(seed) % 2 * 255);
    return ip;
}

static uint32_t make_networks(uint64_t *seed, struct fg_network *rows)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < RANDOM_NETWORKS; i++) {
        struct fg_network row = {.range = {.base = random_ip(seed)}, .asn = i + 1, .line = i + 1};
        row.range.bits = (uint8_t)(next_random(seed) % 129);
        for (unsigned bit = row.range.bits; bit < 128; bit++) {
            row.range.base.bytes[bit / 8] &= (uint8_t) ~(0x80U >> (bit % 8));
        }
        bool known = false;
        for (uint32_t k = 0; k < n; k++) {
            known = known || memcmp(&rows[k].range, &row.range, sizeof(row.range)) == 0;
        }
        if (!known) {
            rows[n++] = row;
        }
    }
    return n;
}

static uint32_t longest(const struct fg_network *rows, uint32_t n, const struct fg_ip *ip)
{
    const struct fg_network *best = NULL;
    for (uint32_t i = 0; i < n; i++) {
        if (fg_ip_in_range(ip, &rows[i].range) &&
            (best == NULL || rows[i].range.bits > best->range.bits)) {
            best = &rows[i];
        }
    }
    return best == NULL ? 0 : best->asn;
}

static void test_look_ups_agree_with_a_plain_search(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int round = 0; round < 20; round++) {
        static struct fg_network rows[RANDOM_NETWORKS];
        struct fg_arena *arena = fg_arena_new(fg_heap_libc());
        const struct fg_network *again = NULL;
        struct fg_networks networks;
        uint32_t n = make_networks(&seed, rows);
        assert_int_equal(fg_networks_build(rows, n, arena, &again, &networks), FG_OK);
        for (int i = 0; i < 2000; i++) {
            struct fg_ip ip = random_ip(&seed);
            assert_int_equal(find(&networks, &ip).asn, longest(rows, n, &ip));
        }
        fg_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_table_is_laid_under_another),
        cmocka_unit_test(test_the_longest_prefix_wins),
        cmocka_unit_test(test_what_cannot_be_is_refused),
        cmocka_unit_test(test_look_ups_agree_with_a_plain_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
