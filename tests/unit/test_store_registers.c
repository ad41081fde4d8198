// SPDX-License-Identifier: GPL-2.0-or-later
// Registers and shared counters in a real Redis: what is written, for how long, and what becomes of
// bytes that nobody wrote.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "fg/baseline.h"
#include "fg/redis_link.h"
#include "monotonic.h"
#include "redis_fixture.h"
#include "redis_store.h"

#define NOW INT64_C(1795310000000)

static struct fg_meter_op register_op(enum fg_op_kind kind, uint32_t meter)
{
    return (struct fg_meter_op){.kind = kind,
                                .meter_id = meter,
                                .scope_is_customer = true,
                                .bucket = NOW / 3600000,
                                .amount = 441632960000,
                                .ttl_ms = 600000,
                                .interval_us = 1000000,
                                .burst = 2,
                                .start = FG_MICRO};
}

// One register of each kind, changed.
static struct fg_store_request all_registers(const char *customer)
{
    return (struct fg_store_request){
        .customer = customer,
        .now_ms = NOW,
        .n_ops = 4,
        .ops = {register_op(FG_OP_SEEN_PUT, 1), register_op(FG_OP_RUN_PUT, 2),
                register_op(FG_OP_RATE_TAKE, 3), register_op(FG_OP_BASELINE_ADD, 4)}};
}

static const char *const register_keys[] = {"fg:{acme}:r:00000001:c", "fg:{acme}:r:00000002:c",
                                            "fg:{acme}:r:00000003:c", "fg:{acme}:r:00000004:c"};

static void test_registers_have_a_lifetime_and_a_size(void **unused)
{
    (void)unused;
    struct fg_redis *redis = connection(2000);
    resp_free(COMMAND(redis, "FLUSHALL"));
    struct fg_store_request request = all_registers("acme");
    struct fg_store_reply reply;
    assert_int_equal(evaluate(redis, &request, &reply), FG_OK);
    assert_int_equal(reply.values[0], -1);
    assert_int_equal(reply.values[1], 1);
    assert_int_equal(reply.values[2], 1);
    assert_int_equal(reply.values[3], -1);
    static const int64_t sizes[] = {16, 18, 9, 2 + 31 + (168 + 10) * 8};
    static const int64_t ttls_s[] = {720, 660, 61, 600 + 3600 + 60};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(number_of(COMMAND(redis, "STRLEN", register_keys[i])), sizes[i]);
        const int64_t ttl_s = number_of(COMMAND(redis, "TTL", register_keys[i]));
        assert_in_range(ttl_s, ttls_s[i] - 5, ttls_s[i]);
    }
    // Within an hour the baseline's head alone is written, and its lifetime stays; so the next hour
    // sets it anew.
    resp_free(COMMAND(redis, "EXPIRE", register_keys[3], "100"));
    assert_int_equal(evaluate(redis, &request, &reply), FG_OK);
    assert_in_range(number_of(COMMAND(redis, "TTL", register_keys[3])), 1, 100);
    request.ops[3].bucket++;
    assert_int_equal(evaluate(redis, &request, &reply), FG_OK);
    assert_in_range(number_of(COMMAND(redis, "TTL", register_keys[3])), 4000, 4260);
    assert_int_equal(number_of(COMMAND(redis, "STRLEN", register_keys[3])), sizes[3]);
    assert_int_equal(number_of(COMMAND(redis, "DBSIZE")), 4);
    // A reading leaves nothing behind.
    request = (struct fg_store_request){.customer = "reader",
                                        .now_ms = NOW,
                                        .n_ops = 3,
                                        .ops = {register_op(FG_OP_SEEN_READ, 1),
                                                register_op(FG_OP_RUN_READ, 2),
                                                register_op(FG_OP_BASELINE_READ, 4)}};
    assert_int_equal(evaluate(redis, &request, &reply), FG_OK);
    assert_int_equal(reply.values[0], -1);
    assert_int_equal(reply.values[1], 0);
    assert_int_equal(reply.values[2], -1);
    assert_int_equal(number_of(COMMAND(redis, "DBSIZE")), 4);
    fg_redis_free(redis);
}

static void test_shared_counters_belong_to_no_customer(void **unused)
{
    (void)unused;
    struct fg_redis *redis = connection(2000);
    resp_free(COMMAND(redis, "FLUSHALL"));
    struct fg_store_reply reply;
    const char *const customers[] = {"acme", "initech", "globex"};
    for (int64_t i = 0; i < 3; i++) {
        struct fg_store_request request = {.customer = customers[i], .now_ms = NOW, .n_ops = 3};
        request.ops[0] = (struct fg_meter_op){.kind = FG_OP_WINDOW_ADD,
                                              .meter_id = 1,
                                              .cells = FG_WINDOW_CELLS,
                                              .bucket = NOW / 6000,
                                              .amount = 1,
                                              .ttl_ms = 66000};
        request.ops[1] = (struct fg_meter_op){.kind = FG_OP_SET_PUT,
                                              .meter_id = 2,
                                              .member = (uint64_t)i,
                                              .ttl_ms = 150000,
                                              .expiry_ms = NOW + 150000};
        request.ops[2] = register_op(FG_OP_RATE_TAKE, 3);
        for (uint32_t k = 0; k < 3; k++) {
            request.ops[k].shared = true;
            request.ops[k].scope_is_customer = false;
            request.ops[k].scope = 0x12345678000000ab;
        }
        assert_int_equal(evaluate(redis, &request, &reply), FG_OK);
        assert_int_equal(reply.values[0], i + 1);
        assert_int_equal(reply.values[1], i + 1);
        assert_int_equal(reply.values[2], i < 2);
    }
    assert_int_equal(number_of(COMMAND(redis, "DBSIZE")), 3);
    assert_int_equal(number_of(COMMAND(redis, "EXISTS", "fg:{-ab}:m:12345678000000ab",
                                       "fg:{-ab}:s:00000002:12345678000000ab",
                                       "fg:{-ab}:r:00000003:12345678000000ab")),
                     3);
    fg_redis_free(redis);
}

static void key_put(struct fg_redis *redis, const char *key, const uint8_t *bytes, size_t len)
{
    const struct fg_view args[] = {fg_view_of("SET"), fg_view_of(key), {(const char *)bytes, len}};
    struct resp *reply;
    assert_int_equal(conn_append(&redis->conn, args, 3), FG_OK);
    assert_int_equal(conn_exchange(&redis->conn, monotonic_ns() + 5000 * FG_NS_PER_MS, &reply, 1),
                     FG_OK);
    resp_free(reply);
}

static void test_registers_survive_nonsense(void **unused)
{
    (void)unused;
    enum { SIZE = 2 + 31 + 168 * 8 + 4 };
    struct fg_redis *redis = connection(2000);
    struct fg_store_request request = all_registers("acme");
    struct fg_store_reply reply;
    resp_free(COMMAND(redis, "FLUSHALL"));
    static const size_t sizes[] = {16, 18, 9, SIZE - 4};
    uint8_t bytes[SIZE];
    uint64_t resets = 0;
    // Of another length, version or kind: begun anew, and said so.
    for (size_t i = 0; i < 4; i++) {
        const size_t lengths[] = {0, 1, 2, 3, sizes[i] - 1, sizes[i] + 1, sizes[i], sizes[i]};
        for (size_t k = 0; k < 8; k++) {
            memset(bytes, 0, sizeof(bytes));
            bytes[0] = k == 6 ? 2 : 1;
            bytes[1] = (uint8_t)(k == 7 ? 1 + (i + 1) % 4 : i + 1);
            key_put(redis, register_keys[i], bytes, lengths[k]);
            assert_int_equal(evaluate(redis, &request, &reply), FG_OK);
            assert_int_equal(fg_redis_error_count(redis, FG_REDIS_ERROR_RECORD), ++resets);
            static const int64_t fresh[] = {-1, 1, 1, -1};
            assert_int_equal(reply.values[i], fresh[i]);
            resp_free(COMMAND(redis, "FLUSHALL"));
        }
    }
    // Times and numbers that cannot be: the same.
    for (size_t i = 0; i < 2; i++) {
        memset(bytes, 0xff, sizeof(bytes));
        bytes[0] = 1;
        bytes[1] = (uint8_t)(i + 1);
        key_put(redis, register_keys[i], bytes, sizes[i]);
        assert_int_equal(evaluate(redis, &request, &reply), FG_OK);
        assert_int_equal(fg_redis_error_count(redis, FG_REDIS_ERROR_RECORD), ++resets);
        assert_int_equal(reply.values[i], i == 0 ? -1 : 1);
        resp_free(COMMAND(redis, "FLUSHALL"));
    }
    // Any bytes of the right form: an answer within bounds, and one that can be given again.
    uint64_t seed = 88172645463325252U;
    for (int round = 0; round < 400; round++) {
        for (size_t i = 0; i < 4; i++) {
            for (size_t k = 0; k < sizes[i]; k++) {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                bytes[k] = (uint8_t)(seed >> 32);
            }
            // Small numbers in the head get past the checks.
            if (round % 2 == 0) {
                for (size_t k = 2; k < 35 && k < sizes[i]; k++)
                    bytes[k] = k == 9 || k == 24 || k == 32 || k % 16 == 15 ? bytes[k] & 0x7f : 0;
            }
            bytes[0] = 1;
            bytes[1] = (uint8_t)(i + 1);
            key_put(redis, register_keys[i], bytes, sizes[i]);
        }
        request.ops[3].bucket = (int64_t)(seed % 1000);
        for (int again = 0; again < 2; again++) {
            assert_int_equal(evaluate(redis, &request, &reply), FG_OK);
            assert_true(reply.values[0] >= -1 && reply.values[0] <= NOW / 1000);
            assert_true(reply.values[1] >= 1 && reply.values[1] <= UINT16_MAX);
            assert_true(reply.values[2] == 0 || reply.values[2] == 1);
            assert_true(reply.values[3] >= -1 && reply.values[3] <= FG_BASELINE_MAX);
            request.ops[3].bucket++;
        }
    }
    fg_redis_free(redis);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_registers_have_a_lifetime_and_a_size),
        cmocka_unit_test(test_shared_counters_belong_to_no_customer),
        cmocka_unit_test(test_registers_survive_nonsense),
    };
    return cmocka_run_group_tests(tests, redis_start, redis_stop);
}
