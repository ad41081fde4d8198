// SPDX-License-Identifier: GPL-2.0-or-later
// Holds in a real Redis: many at once, too many, unreadable ones, and how long all of it is kept.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "redis_fixture.h"

#define NOW  INT64_C(1795310000000)
#define KEY  "fg:{acme}:h"
#define HEAD "{\"v\":1,\"reason\":\"why\",\"by\":\"test\""

static const struct fg_hold_span span = {
    .duration_ms = 60000, .growth_milli = 2000, .max_ms = 600000};

static void json_of(char *out, size_t size, int64_t since_ms, int64_t until_ms)
{
    snprintf(out, size,
             HEAD ",\"times\":0,\"cut\":true,\"since_ms\":%" PRId64 ",\"until_ms\":%" PRId64 "}",
             since_ms, until_ms);
}

static int set(struct fg_redis *redis, const char *scope, const struct fg_hold_span *how,
               int64_t since_ms, int64_t until_ms)
{
    char json[256], *stored = NULL;
    json_of(json, sizeof(json), since_ms, until_ms);
    const int rc = fg_redis_hold_set(redis, "acme", scope, how, fg_view_of(json), &stored);
    free(stored);
    return rc;
}

static void test_processes_that_block_at_once_set_one_hold(void **unused)
{
    (void)unused;
    enum { PROCESSES = 8 };
    pid_t pids[PROCESSES];
    for (int p = 0; p < PROCESSES; p++) {
        pids[p] = fork();
        if (pids[p] != 0)
            continue;
        struct fg_redis *redis = connection(5000);
        int failed = 0;
        for (int i = 0; i < 100; i++)
            failed += set(redis, "risky", &span, NOW + i, 0) != FG_OK;
        fg_redis_free(redis);
        _exit(failed != 0 ? 1 : 0);
    }
    for (int p = 0; p < PROCESSES; p++) {
        int status = 1;
        assert_int_equal(waitpid(pids[p], &status, 0), pids[p]);
        assert_int_equal(status, 0);
    }
    struct fg_redis *redis = connection(2000);
    struct resp *stored = COMMAND(redis, "HGET", KEY, "risky");
    const char *json = resp_text(stored).ptr;
    assert_non_null(strstr(json, "\"times\":1,"));
    assert_non_null(strstr(json, "\"until_ms\":1795310060099}")); // as of the last one
    resp_free(stored);
    resp_free(COMMAND(redis, "DEL", KEY));
    fg_redis_free(redis);
}

static void test_they_are_bounded_and_live_for_a_day_longer(void **unused)
{
    (void)unused;
    struct fg_redis *redis = connection(2000);
    char scope[FG_HOLD_SCOPE_TEXT_MAX];
    for (uint64_t i = 0; i < FG_HOLDS_MAX + 6; i++) {
        fg_hold_scope_format(FG_HOLD_NUMBER, i, scope);
        // The sixth ends first, then the first, the second, ...
        const int64_t until_ms = NOW + (i == 5 ? 1000 : 100000 + (int64_t)i * 1000);
        assert_int_equal(set(redis, scope, NULL, NOW, until_ms), FG_OK);
    }
    assert_int_equal(number_of(COMMAND(redis, "HLEN", KEY)), FG_HOLDS_MAX);
    for (uint64_t i = 0; i < 8; i++) {
        fg_hold_scope_format(FG_HOLD_NUMBER, i, scope);
        assert_int_equal(number_of(COMMAND(redis, "HEXISTS", KEY, scope)), i > 5);
    }
    const int64_t ttl = number_of(COMMAND(redis, "PTTL", KEY));
    const int64_t wanted = 100000 + (FG_HOLDS_MAX + 5) * 1000 + FG_HOLD_MEMORY_MS;
    assert_in_range(ttl, wanted - 5000, wanted);
    // A shorter one does not shorten it.
    assert_int_equal(set(redis, scope, NULL, NOW, NOW + 1), FG_OK);
    assert_in_range(number_of(COMMAND(redis, "PTTL", KEY)), wanted - 5000, wanted);
    resp_free(COMMAND(redis, "DEL", KEY));
    fg_redis_free(redis);
}

static void test_what_cannot_be_read_holds_until_it_is_set_again(void **unused)
{
    (void)unused;
    struct fg_redis *redis = connection(2000);
    static const char *const unreadable[] = {"", "{", "[]", "{\"until_ms\":1e99}", "{\"v\":1}"};
    struct fg_store_request request = {.customer = "acme", .now_ms = NOW};
    struct fg_store_reply reply;
    fg_hold_ask(&request.holds, FG_HOLD_CUSTOMER, 0);
    for (size_t i = 0; i < sizeof(unreadable) / sizeof(unreadable[0]); i++) {
        resp_free(COMMAND(redis, "HSET", KEY, "customer", unreadable[i]));
        assert_int_equal(evaluate(redis, &request, &reply), FG_OK);
        // What is JSON but says no end has none to come.
        assert_int_equal(reply.hold.active, i < 2);
    }
    resp_free(COMMAND(redis, "HSET", KEY, "customer", "{"));
    assert_int_equal(set(redis, "customer", &span, NOW, 0), FG_OK);
    assert_int_equal(evaluate(redis, &request, &reply), FG_OK);
    assert_true(reply.hold.active && reply.hold.until_ms == NOW + span.duration_ms);
    assert_string_equal(reply.hold.by, "test");
    resp_free(COMMAND(redis, "DEL", KEY));
    fg_redis_free(redis);
}

static void test_a_lost_library_is_loaded_again(void **unused)
{
    (void)unused;
    struct fg_redis *redis = connection(5000);
    resp_free(COMMAND(redis, "FUNCTION", "FLUSH"));
    assert_int_equal(set(redis, "risky", &span, NOW, 0), FG_OK);
    assert_int_equal(number_of(COMMAND(redis, "HLEN", KEY)), 1);
    const struct fg_hold_span wrong[] = {{0, 1000, 1}, {5, 999, 5}, {5, 100001, 5}, {5, 1000, 4}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(set(redis, "risky", &wrong[i], NOW, 0), FG_EINVAL);
    fg_redis_free(redis);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_processes_that_block_at_once_set_one_hold),
        cmocka_unit_test(test_they_are_bounded_and_live_for_a_day_longer),
        cmocka_unit_test(test_what_cannot_be_read_holds_until_it_is_set_again),
        cmocka_unit_test(test_a_lost_library_is_loaded_again),
    };
    return cmocka_run_group_tests(tests, redis_start, redis_stop);
}
