// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/customer.h"

#include "engine_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include <arpa/inet.h>

static struct fg_number number(const char *digits)
{
    struct fg_number result = {.len = (uint8_t)strlen(digits)};
    memcpy(result.digits, digits, result.len);
    return result;
}

static struct fg_ip ip(const char *text)
{
    struct fg_ip result;
    assert_true(fg_ip_parse(fg_view_of(text), &result));
    return result;
}

// inet_pton is the reference for what is an address.
static void test_addresses_agree_with_libc(void **state)
{
    (void)state;
    static const char *const texts[] = {"1.2.3.4",
                                        "255.255.255.255",
                                        "0.0.0.0",
                                        "256.1.1.1",
                                        "1.2.3",
                                        "1.2.3.4.5",
                                        "01.2.3.4",
                                        "1.2.3.4 ",
                                        "",
                                        ".",
                                        "1..2.3",
                                        "::",
                                        "::1",
                                        "1::",
                                        "2001:db8::1",
                                        "2001:DB8:0:0:0:0:0:1",
                                        "1:2:3:4:5:6:7:8",
                                        "1:2:3:4:5:6:7",
                                        "1:2:3:4:5:6:7:8:9",
                                        "::ffff:192.0.2.1",
                                        "1:2:3:4:5:6:192.0.2.1",
                                        "1:2:3:4:5:6:7:192.0.2.1",
                                        "::1::",
                                        ":1",
                                        "1:",
                                        "12345::",
                                        "g::",
                                        "::192.0.2.300",
                                        "1::2:3:4:5:6:7",
                                        "1:2:3:4::5:6:7:8",
                                        ":::",
                                        "::1%lo",
                                        "1.2.3.4::"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct fg_ip parsed = {.bytes = {0}};
        uint8_t wanted[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
        bool valid = inet_pton(AF_INET, texts[i], wanted + 12) == 1;
        if (!valid) {
            valid = inet_pton(AF_INET6, texts[i], wanted) == 1;
        }
        if (fg_ip_parse(fg_view_of(texts[i]), &parsed) != valid) {
            print_error("address %s\n", texts[i]);
        }
        assert_int_equal(fg_ip_parse(fg_view_of(texts[i]), &parsed), valid);
        if (valid) {
            assert_memory_equal(parsed.bytes, wanted, 16);
        }
    }
    assert_memory_equal(ip("[2001:db8::1]").bytes, ip("2001:db8::1").bytes, 16);
}

static void test_ranges(void **state)
{
    (void)state;
    struct fg_ip_range range = {.base = ip("192.0.2.129"), .bits = 96 + 25};
    struct fg_ip inside = ip("192.0.2.255");
    struct fg_ip outside = ip("192.0.2.127");
    struct fg_ip other = ip("2001:db8::1");
    assert_true(fg_ip_in_range(&inside, &range));
    assert_false(fg_ip_in_range(&outside, &range));
    range.bits = 0;
    assert_true(fg_ip_in_range(&other, &range));
    range.bits = 128;
    assert_false(fg_ip_in_range(&inside, &range));
    range.bits = 129;
    assert_false(fg_ip_in_range(&range.base, &range));
}

static void test_lookups(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    const struct fg_customers *table = &world.customers;
    assert_ptr_equal(fg_customers_by_id(table, fg_view_of("acme")), world.acme);
    assert_null(fg_customers_by_id(table, fg_view_of("acm")));
    assert_null(fg_customers_by_id(table, fg_view_of("")));
    assert_ptr_equal(fg_customers_by_cert_name(table, fg_view_of("PBX.Globex.Example")),
                     world.globex);
    assert_null(fg_customers_by_cert_name(table, fg_view_of("globex.example")));
    assert_null(fg_customers_by_cert_name(table, fg_view_of("*.globex.example")));
    static const struct {
        const char *number;
        int owner; // 0 acme, 1 globex, -1 nobody
    } numbers[] = {{"441132000100", 0},  {"441132000101", -1}, {"441132000200", 0},
                   {"441132000299", 0},  {"441132000300", -1}, {"44113300", 0},
                   {"4411330012345", 0}, {"4411330", -1},      {"442079460099", 1},
                   {"44207946009", -1},  {"442079460100", -1}};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct fg_number wanted = number(numbers[i].number);
        const struct fg_customer *owner = numbers[i].owner == 0   ? world.acme
                                          : numbers[i].owner == 1 ? world.globex
                                                                  : NULL;
        assert_ptr_equal(fg_customers_by_number(table, &wanted), owner);
        assert_int_equal(fg_customer_owns_number(world.acme, &wanted), owner == world.acme);
    }
    struct fg_ip inside = ip("192.0.2.77");
    struct fg_ip outside = ip("198.51.100.1");
    assert_ptr_equal(fg_customers_by_source(table, &inside), world.acme);
    assert_null(fg_customers_by_source(table, &outside));
    assert_false(fg_customer_allows_source(world.acme, &outside));
    assert_true(fg_customer_allows_source(world.globex, &outside));
    world_fini(&world);
}

static int build(struct fg_arena *arena, struct fg_customer *items, uint32_t n,
                 struct fg_customers *out)
{
    static const struct fg_hash_key key = {.bytes = {1}};
    return fg_customers_build(items, n, &key, arena, out);
}

static void test_ambiguity(void **state)
{
    (void)state;
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    struct fg_ip_range wide = {.base = ip("10.0.0.0"), .bits = 104};
    struct fg_ip_range narrow = {.base = ip("10.1.0.0"), .bits = 112};
    const char *names[] = {"a.example"};
    struct fg_number_range exact = {.first = number("4420"), .last = number("4420")};
    struct fg_customer items[2] = {{.id = "a", .source_ips = &wide, .n_source_ips = 1},
                                   {.id = "b", .source_ips = &narrow, .n_source_ips = 1}};
    struct fg_customers table = {.n = 77};
    assert_int_equal(build(arena, items, 2, &table), FG_OK);
    struct fg_ip one = ip("10.2.0.1");
    struct fg_ip both = ip("10.1.0.1");
    assert_ptr_equal(fg_customers_by_source(&table, &one), &items[0]);
    assert_null(fg_customers_by_source(&table, &both));
    items[1].source_ips = &wide;
    assert_int_equal(build(arena, items, 2, &table), FG_OK);
    assert_null(fg_customers_by_source(&table, &one));

    items[0].cert_names = items[1].cert_names = names;
    items[0].n_cert_names = items[1].n_cert_names = 1;
    table.n = 77;
    assert_int_equal(build(arena, items, 2, &table), FG_EDUPLICATE);
    items[1].n_cert_names = 0;
    items[0].numbers = items[1].numbers = &exact;
    items[0].n_numbers = items[1].n_numbers = 1;
    assert_int_equal(build(arena, items, 2, &table), FG_EDUPLICATE);
    items[1].n_numbers = 0;
    items[1].id = "a";
    assert_int_equal(build(arena, items, 2, &table), FG_EDUPLICATE);
    assert_int_equal(table.n, 77); // untouched by failures
    fg_arena_free(arena);
}

// Overlapping ranges of many customers, against a walk over all of them.
static void test_many_customers(void **state)
{
    (void)state;
    enum { N = 3000 };
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    struct fg_customer *items = calloc(N, sizeof(*items));
    struct fg_number_range *ranges = calloc(N, sizeof(*ranges));
    char(*ids)[16] = calloc(N, sizeof(*ids));
    for (uint32_t i = 0; i < N; i++) {
        char digits[16];
        uint32_t first = i * 2654435761U % 900000;
        (void)snprintf(ids[i], sizeof(ids[i]), "c%u", i);
        (void)snprintf(digits, sizeof(digits), "44%06u", first);
        ranges[i].first = number(digits);
        (void)snprintf(digits, sizeof(digits), "44%06u", first + 1 + i % 700);
        ranges[i].last = number(digits);
        items[i] = (struct fg_customer){.id = ids[i], .numbers = &ranges[i], .n_numbers = 1};
    }
    struct fg_customers table;
    assert_int_equal(build(arena, items, N, &table), FG_OK);
    for (uint32_t i = 0; i < 20000; i++) {
        char digits[16];
        (void)snprintf(digits, sizeof(digits), "44%06u", i * 47 % 1000000);
        struct fg_number wanted = number(digits);
        bool anybody = false;
        for (uint32_t k = 0; k < N && !anybody; k++) {
            anybody = fg_customer_owns_number(&items[k], &wanted);
        }
        const struct fg_customer *found = fg_customers_by_number(&table, &wanted);
        assert_int_equal(found != NULL, anybody);
        assert_true(found == NULL || fg_customer_owns_number(found, &wanted));
    }
    for (uint32_t i = 0; i < N; i++) {
        assert_ptr_equal(fg_customers_by_id(&table, fg_view_of(ids[i])), &items[i]);
    }
    free(items);
    free(ranges);
    free(ids);
    fg_arena_free(arena);
}

static void test_empty_table(void **state)
{
    (void)state;
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    struct fg_customers table;
    struct fg_number any = number("44");
    struct fg_ip source = ip("::1");
    uint8_t sha256[32] = {0};
    assert_int_equal(build(arena, NULL, 0, &table), FG_OK);
    assert_null(fg_customers_by_id(&table, fg_view_of("a")));
    assert_null(fg_customers_by_cert_name(&table, fg_view_of("a")));
    assert_null(fg_customers_by_fingerprint(&table, sha256));
    assert_null(fg_customers_by_number(&table, &any));
    assert_null(fg_customers_by_source(&table, &source));
    fg_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_agree_with_libc),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_lookups),
        cmocka_unit_test(test_ambiguity),
        cmocka_unit_test(test_many_customers),
        cmocka_unit_test(test_empty_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
