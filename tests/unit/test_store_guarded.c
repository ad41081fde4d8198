// SPDX-License-Identifier: GPL-2.0-or-later
// The guarded store, its breaker and its backlog while a real Redis freezes, dies and comes back.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backlog.h"
#include "breaker.h"
#include "byte_order.h"
#include "fg/redis_link.h"
#include "fg/ruleset.h"
#include "monotonic.h"
#include "redis_store.h"
#include "store_server.h"

#define NOW         INT64_C(1795310000000)
#define DEADLINE_MS 20
#define PATIENT_MS  2000 // where no time is measured: a busy machine must not fail the test
#define ENTRIES     4096

struct node {
    void *memory;
    size_t bytes;
    struct fg_local *local;
    struct fg_breaker *breaker;
    struct fg_backlog *backlog;
    struct fg_redis *redis;
    struct fg_guarded *guarded;
    struct fg_store store;
};

static void node_open(struct node *node, const struct store_server *server, uint32_t entries,
                      int32_t deadline_ms)
{
    const struct fg_local_config sizes = {4096, 1024, 4096, 64, 1024};
    const size_t local_bytes = (fg_local_size_bytes(&sizes) + 4095) & ~(size_t)4095;
    const size_t breaker_bytes = (fg_breaker_size_bytes() + 4095) & ~(size_t)4095;
    node->bytes = local_bytes + breaker_bytes + fg_backlog_size_bytes(entries);
    node->memory =
        mmap(NULL, node->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(node->memory, MAP_FAILED);
    node->local = fg_local_init(node->memory, &sizes);
    node->breaker = fg_breaker_init((char *)node->memory + local_bytes);
    node->backlog = fg_backlog_init((char *)node->memory + local_bytes + breaker_bytes, entries);
    node->redis = NULL;
    if (server != NULL) {
        const struct fg_redis_config config = store_server_config(server, deadline_ms);
        node->redis = fg_redis_new(&config);
    }
    node->guarded = fg_guarded_new(node->local, node->redis, node->breaker, node->backlog);
    node->store = fg_guarded_store(node->guarded);
}

static void node_close(struct node *node)
{
    fg_guarded_free(node->guarded);
    fg_redis_free(node->redis);
    munmap(node->memory, node->bytes);
}

static struct fg_store_request add_one(const char *customer, uint64_t call)
{
    return (struct fg_store_request){.customer = customer,
                                     .now_ms = NOW,
                                     .once = call != 0,
                                     .call_key = {call, 1},
                                     .n_ops = 2,
                                     .ops = {{.kind = FG_OP_WINDOW_ADD,
                                              .meter_id = 1,
                                              .scope_is_customer = true,
                                              .cells = FG_WINDOW_CELLS,
                                              .bucket = 500,
                                              .amount = 1,
                                              .ttl_ms = 66000},
                                             {.kind = FG_OP_SET_PUT,
                                              .meter_id = 2,
                                              .scope_is_customer = true,
                                              .member = call,
                                              .ttl_ms = 66000,
                                              .expiry_ms = NOW + 66000}}};
}

static struct fg_store_reply run(const struct node *node, const struct fg_store_request *request)
{
    struct fg_store_reply reply;
    assert_int_equal(node->store.ops->evaluate(node->store.impl, request, &reply), FG_OK);
    return reply;
}

// What Redis itself holds, over a connection with patience.
static int64_t redis_value(const struct store_server *server, const char *customer)
{
    const struct fg_redis_config config = store_server_config(server, 5000);
    struct fg_redis *redis = fg_redis_new(&config);
    const struct fg_store store = fg_redis_store(redis);
    struct fg_store_request request = add_one(customer, 0);
    request.n_ops = 1;
    request.ops[0].kind = FG_OP_WINDOW_READ;
    struct fg_store_reply reply;
    assert_int_equal(store.ops->evaluate(store.impl, &request, &reply), FG_OK);
    fg_redis_free(redis);
    return reply.values[0];
}

static void maintain_until_up(struct node *node)
{
    for (int i = 0; i < 50 && fg_breaker_state(node->breaker) != FG_STORE_UP; i++) {
        if (fg_guarded_maintain(node->guarded) < 0)
            usleep(20000);
    }
    assert_int_equal(fg_breaker_state(node->breaker), FG_STORE_UP);
    // The last of it, if the first round was too short.
    assert_true(fg_guarded_maintain(node->guarded) >= 0);
}

static void test_breaker(void **unused)
{
    (void)unused;
    struct fg_breaker *breaker = fg_breaker_init(calloc(1, fg_breaker_size_bytes()));
    struct fg_breaker_stats stats;
    assert_int_equal(fg_breaker_state(breaker), FG_STORE_UP);
    for (int i = 0; i < 4; i++) {
        assert_true(breaker_allows(breaker, 0));
        breaker_failed(breaker, 0, FG_REDIS_ERROR_TIMEOUT, 1000);
    }
    assert_int_equal(fg_breaker_state(breaker), FG_STORE_SLOW);
    breaker_succeeded(breaker, 0, 1000);
    assert_int_equal(fg_breaker_state(breaker), FG_STORE_UP);
    for (int i = 0; i < 5; i++)
        breaker_failed(breaker, 0, FG_REDIS_ERROR_CONNECT, 5000);
    assert_int_equal(fg_breaker_state(breaker), FG_STORE_DOWN);
    assert_false(breaker_allows(breaker, 0));
    // On trial one failure opens again, three successes close.
    breaker_probed(breaker, 0, 6000);
    assert_int_equal(fg_breaker_state(breaker), FG_STORE_SLOW);
    assert_true(breaker_allows(breaker, 0));
    breaker_failed(breaker, 0, FG_REDIS_ERROR_TIMEOUT, 6100);
    assert_int_equal(fg_breaker_state(breaker), FG_STORE_DOWN);
    breaker_probed(breaker, 0, 7000);
    for (int i = 0; i < 3; i++)
        breaker_succeeded(breaker, 0, 7100);
    assert_int_equal(fg_breaker_state(breaker), FG_STORE_UP);
    // More than half of a second's calls, though never five in a row.
    for (int i = 0; i < 12 && fg_breaker_state(breaker) != FG_STORE_DOWN; i++) {
        breaker_failed(breaker, 0, FG_REDIS_ERROR_TIMEOUT, 9000);
        breaker_failed(breaker, 0, FG_REDIS_ERROR_TIMEOUT, 9000);
        breaker_succeeded(breaker, 0, 9000);
    }
    assert_int_equal(fg_breaker_state(breaker), FG_STORE_DOWN);
    fg_breaker_stats(breaker, &stats);
    assert_int_equal(stats.opened, 3);
    assert_int_equal(stats.skipped, 1);
    assert_int_equal(stats.errors[FG_REDIS_ERROR_CONNECT], 5);
    assert_int_equal(stats.since_ms, 9000);
    assert_string_equal(fg_store_state_name(FG_STORE_DOWN), "down");
    free(breaker);
}

static void test_backlog_is_bounded(void **unused)
{
    (void)unused;
    struct fg_backlog *backlog = fg_backlog_init(malloc(fg_backlog_size_bytes(4)), 4);
    struct fg_backlog_stats stats;
    struct backlog_entry entry;
    struct fg_store_request request = add_one("acme", 0);
    assert_false(backlog_oldest(backlog, &entry));
    for (int64_t i = 1; i <= 6; i++) {
        request.ops[0].amount = i;
        backlog_add(backlog, &request, false, NULL);
    }
    fg_backlog_stats(backlog, &stats);
    assert_int_equal(stats.pending, 4);
    assert_int_equal(stats.overflowed, 2);
    assert_true(backlog_oldest(backlog, &entry));
    assert_int_equal(entry.ops[0].amount, 3);
    backlog_remove(backlog, entry.sequence, true);
    backlog_remove(backlog, entry.sequence, true); // only once
    assert_true(backlog_oldest(backlog, &entry));
    assert_int_equal(entry.ops[0].amount, 4);
    // A repeated call brings its set members only; a reading brings nothing.
    backlog_remove(backlog, entry.sequence, true);
    backlog_remove(backlog, entry.sequence + 1, true);
    backlog_remove(backlog, entry.sequence + 2, true);
    backlog_add(backlog, &request, true, NULL);
    assert_true(backlog_oldest(backlog, &entry));
    assert_int_equal(entry.n_ops, 1);
    assert_int_equal(entry.ops[0].kind, FG_OP_SET_PUT);
    request.n_ops = 1;
    request.ops[0].kind = FG_OP_WINDOW_READ;
    backlog_add(backlog, &request, false, NULL);
    fg_backlog_stats(backlog, &stats);
    assert_int_equal(stats.pending, 1);
    free(backlog);
}

static void test_without_redis_nothing_is_degraded(void **unused)
{
    (void)unused;
    struct node node;
    node_open(&node, NULL, 4, PATIENT_MS);
    struct fg_store_request request = add_one("acme", 1);
    struct fg_store_reply reply = run(&node, &request);
    assert_false(reply.degraded);
    assert_int_equal(reply.values[0], 1);
    assert_int_equal(fg_guarded_maintain(node.guarded), 0);
    request.customer = "Not Valid";
    reply = run(&node, &request);
    assert_true(reply.degraded && reply.unavailable[0] && reply.unavailable[1]);
    node_close(&node);
}

static void test_either_side_knows_a_hold(void **unused)
{
    (void)unused;
    struct store_server server;
    store_server_start(&server, NULL);
    struct node node;
    node_open(&node, &server, 4, PATIENT_MS);
    struct fg_store_request request = add_one("acme", 0);
    fg_hold_ask(&request.holds, FG_HOLD_CUSTOMER, 0);
    fg_hold_ask(&request.holds, FG_HOLD_RISKY, 0);
    const struct fg_hold hold = {
        .scope = FG_HOLD_RISKY, .since_ms = NOW, .until_ms = NOW + 1000, .reason = "local"};
    assert_int_equal(fg_local_hold_set(node.local, "acme", &hold), FG_OK);
    struct fg_store_reply reply = run(&node, &request);
    assert_false(reply.degraded);
    assert_string_equal(reply.hold.reason, "local");
    const struct fg_redis_config config = store_server_config(&server, 5000);
    struct fg_redis *other = fg_redis_new(&config);
    char json[128], *stored = NULL;
    snprintf(json, sizeof(json),
             "{\"reason\":\"redis\",\"times\":0,\"cut\":false,\"since_ms\":%" PRId64
             ",\"until_ms\":%" PRId64 "}",
             NOW, NOW + 500);
    assert_int_equal(fg_redis_hold_set(other, "acme", "customer", NULL, fg_view_of(json), &stored),
                     FG_OK);
    free(stored);
    reply = run(&node, &request);
    assert_int_equal(reply.hold.scope, FG_HOLD_CUSTOMER);
    assert_string_equal(reply.hold.reason, "redis");
    fg_redis_free(other);
    node_close(&node);
    store_server_stop(&server);
}

// The first call connects and loads the library, which a busy machine may not do in time.
static void warm_up(struct node *node)
{
    const struct fg_store_request request = add_one("warm", 0);
    for (int i = 0; i < 50 && run(node, &request).degraded; i++)
        usleep(20000);
    maintain_until_up(node);
}

#define CALLS 400

// Calls while Redis is stopped: how long the longest took, how many took long.
static void calls_measure(const struct node *node, uint64_t first_call, int64_t *longest_ns,
                          int *n_long)
{
    *longest_ns = 0;
    *n_long = 0;
    for (uint64_t i = 0; i < CALLS; i++) {
        struct fg_store_request request =
            add_one(i % 2 ? "once" : "each", i % 2 ? first_call + i : 0);
        const int64_t from_ns = monotonic_ns();
        const struct fg_store_reply reply = run(node, &request);
        const int64_t took_ns = monotonic_ns() - from_ns;
        *longest_ns = took_ns > *longest_ns ? took_ns : *longest_ns;
        *n_long += took_ns > 10 * FG_NS_PER_MS;
        assert_true(reply.degraded);
    }
}

static void test_a_frozen_server_costs_few_calls_and_no_count(void **unused)
{
    (void)unused;
    struct store_server server;
    store_server_start(&server, NULL);
    struct node node;
    node_open(&node, &server, ENTRIES, DEADLINE_MS);
    warm_up(&node);
    for (uint64_t i = 1; i <= 10; i++) {
        struct fg_store_request request = add_one("once", i);
        assert_false(run(&node, &request).degraded);
        request = add_one("each", 0);
        assert_false(run(&node, &request).degraded);
    }
    struct fg_backlog_stats before; // a call of the warm-up may have been late
    fg_backlog_stats(node.backlog, &before);
    kill(server.pid, SIGSTOP);
    int64_t longest_ns;
    int n_long;
    calls_measure(&node, 1000, &longest_ns, &n_long);
    print_message("longest %.2f ms (deadline %d), over 10 ms: %d\n", (double)longest_ns / 1e6,
                  DEADLINE_MS, n_long);
    assert_true(longest_ns < (DEADLINE_MS + 100) * FG_NS_PER_MS);
    assert_in_range(n_long, 5, 8); // five open the breaker; a busy machine may add a few
    assert_int_equal(fg_breaker_state(node.breaker), FG_STORE_DOWN);
    // Local went on counting: nothing was lost for the limits of this node.
    struct fg_store_request request = add_one("each", 0);
    assert_int_equal(run(&node, &request).values[0], 10 + CALLS / 2 + 1);
    assert_true(fg_guarded_maintain(node.guarded) < 0);

    kill(server.pid, SIGCONT);
    maintain_until_up(&node);
    // What Redis had taken in before it froze ran late, and was then merged again: counted once.
    struct fg_backlog_stats stats;
    fg_backlog_stats(node.backlog, &stats);
    assert_int_equal(stats.pending + stats.overflowed + stats.refused, 0);
    assert_int_equal(stats.merged - before.merged, CALLS + 1);
    assert_int_equal(redis_value(&server, "each"), 10 + CALLS / 2 + 1);
    assert_int_equal(redis_value(&server, "once"), 10 + CALLS / 2);
    request = add_one("each", 0);
    struct fg_store_reply reply = run(&node, &request);
    assert_false(reply.degraded);
    assert_int_equal(reply.values[0], 10 + CALLS / 2 + 2);
    node_close(&node);
    store_server_stop(&server);
}

static void test_a_server_that_comes_back_empty(void **unused)
{
    (void)unused;
    struct store_server server;
    store_server_start(&server, NULL);
    struct node node;
    node_open(&node, &server, ENTRIES, PATIENT_MS);
    for (uint64_t i = 1; i <= 10; i++) {
        struct fg_store_request request = add_one("acme", i);
        assert_false(run(&node, &request).degraded);
    }
    store_server_kill(&server);
    for (uint64_t i = 11; i <= 110; i++) {
        struct fg_store_request request = add_one("acme", i);
        const struct fg_store_reply reply = run(&node, &request);
        assert_true(reply.degraded);
        assert_int_equal(reply.values[0], i);
        assert_true(run(&node, &request).repeated); // a retransmission
    }
    struct fg_breaker_stats stats;
    fg_breaker_stats(node.breaker, &stats);
    assert_int_equal(stats.opened, 1);
    assert_int_equal(stats.failures, 5);
    assert_int_equal(stats.skipped, 195);
    store_server_restart(&server);
    const int64_t from_ns = monotonic_ns();
    maintain_until_up(&node);
    print_message("up again after %.1f ms of maintenance\n",
                  (double)(monotonic_ns() - from_ns) / 1e6);
    // The ten of before are gone with the server; what was counted meanwhile is there.
    assert_int_equal(redis_value(&server, "acme"), 100);
    struct fg_store_request request = add_one("acme", 111);
    assert_int_equal(run(&node, &request).values[1], 101);
    node_close(&node);
    store_server_stop(&server);
}

static struct fg_store_request dial(int64_t number, uint64_t call)
{
    const struct fg_meter_op op = {.scope_is_customer = true,
                                   .bucket = NOW / 3600000,
                                   .amount = number,
                                   .ttl_ms = 600000,
                                   .interval_us = 1000000,
                                   .burst = 3,
                                   .start = FG_MICRO};
    struct fg_store_request request = {.customer = "acme",
                                       .now_ms = NOW + number * 1000,
                                       .once = call != 0,
                                       .call_key = {call, 1},
                                       .n_ops = 4,
                                       .ops = {op, op, op, op}};
    request.ops[0].kind = FG_OP_SEEN_PUT;
    request.ops[1].kind = FG_OP_RUN_PUT;
    request.ops[2].kind = FG_OP_RATE_TAKE;
    request.ops[3].kind = FG_OP_BASELINE_ADD;
    request.ops[2].interval_us = INT64_C(1000000000); // one in 1000 s
    for (uint32_t i = 0; i < 4; i++)
        request.ops[i].meter_id = i;
    return request;
}

static void test_registers_are_merged_but_for_rates(void **unused)
{
    (void)unused;
    struct store_server server;
    store_server_start(&server, NULL);
    struct node node;
    node_open(&node, &server, ENTRIES, PATIENT_MS);
    struct fg_store_request request = dial(1, 1);
    assert_false(run(&node, &request).degraded);
    store_server_kill(&server);
    // A run goes on without Redis; every call is repeated once, which changes nothing.
    for (int64_t i = 2; i <= 20; i++) {
        request = dial(i, (uint64_t)i);
        struct fg_store_reply reply = run(&node, &request);
        assert_true(reply.degraded);
        assert_int_equal(reply.values[0], i - 1);
        assert_int_equal(reply.values[1], i);
        assert_int_equal(reply.values[2], i <= 3);
        reply = run(&node, &request);
        assert_true(reply.repeated);
        assert_int_equal(reply.values[1], i);
        assert_int_equal(reply.values[2], 1);
    }
    request = dial(20, 0);
    request.n_ops = 1;
    request.ops[0] = request.ops[2];
    struct fg_backlog_stats before, stats;
    fg_backlog_stats(node.backlog, &before);
    run(&node, &request);
    fg_backlog_stats(node.backlog, &stats);
    assert_int_equal(stats.added, before.added); // a rate alone is not kept

    store_server_restart(&server);
    maintain_until_up(&node);
    request = dial(21, 21);
    struct fg_store_reply reply = run(&node, &request);
    assert_false(reply.degraded);
    assert_int_equal(reply.values[0], 19); // 2 was the first that this server has heard of
    assert_int_equal(reply.values[1], 20);
    assert_int_equal(reply.values[2], 1); // its rate is fresh
    // The hour holds what was added meanwhile, once each.
    const struct fg_redis_config config = store_server_config(&server, 5000);
    struct fg_redis *other = fg_redis_new(&config);
    const struct fg_view args[] = {fg_view_of("GETRANGE"), fg_view_of("fg:{acme}:r:00000003:c"),
                                   fg_view_of("10"), fg_view_of("16")};
    struct resp *head;
    assert_int_equal(conn_append(&other->conn, args, 4), FG_OK);
    assert_int_equal(conn_exchange(&other->conn, redis_deadline_ns(other), &head, 1), FG_OK);
    assert_int_equal(number_get((const uint8_t *)resp_text(head).ptr, 7), 21 * 22 / 2 - 1);
    resp_free(head);
    fg_redis_free(other);
    node_close(&node);
    store_server_stop(&server);
}

static void test_workers_of_one_node_share_the_breaker(void **unused)
{
    (void)unused;
    enum { WORKERS = 4 };
    struct store_server server;
    store_server_start(&server, NULL);
    struct node node;
    node_open(&node, &server, ENTRIES, DEADLINE_MS);
    kill(server.pid, SIGSTOP);
    pid_t pids[WORKERS];
    for (uint64_t w = 0; w < WORKERS; w++) {
        pids[w] = fork();
        if (pids[w] != 0)
            continue;
        const struct fg_redis_config config = store_server_config(&server, DEADLINE_MS);
        struct fg_redis *redis = fg_redis_new(&config);
        struct fg_guarded *guarded = fg_guarded_new(node.local, redis, node.breaker, node.backlog);
        const struct fg_store store = fg_guarded_store(guarded);
        int n_long = 0;
        for (uint64_t i = 0; i < 300; i++) {
            struct fg_store_request request = add_one("acme", 1 + w * 1000 + i);
            struct fg_store_reply reply;
            const int64_t from_ns = monotonic_ns();
            if (store.ops->evaluate(store.impl, &request, &reply) != FG_OK || !reply.degraded)
                _exit(100);
            n_long += monotonic_ns() - from_ns > 10 * FG_NS_PER_MS;
        }
        fg_guarded_free(guarded);
        fg_redis_free(redis);
        _exit(n_long);
    }
    int n_long = 0;
    for (int w = 0; w < WORKERS; w++) {
        int status;
        waitpid(pids[w], &status, 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 100);
        n_long += WEXITSTATUS(status);
    }
    print_message("%d of %d calls waited\n", n_long, WORKERS * 300);
    assert_true(n_long <= WORKERS * 5);
    kill(server.pid, SIGCONT);
    maintain_until_up(&node);
    // Nobody waits long for a lock, either; what was given up for that is told.
    struct fg_backlog_stats stats;
    fg_backlog_stats(node.backlog, &stats);
    assert_int_equal(stats.pending, 0);
    assert_int_equal(redis_value(&server, "acme") + (int64_t)stats.overflowed, WORKERS * 300);
    assert_in_range(stats.overflowed, 0, WORKERS * 5);
    node_close(&node);
    store_server_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_breaker),
        cmocka_unit_test(test_backlog_is_bounded),
        cmocka_unit_test(test_without_redis_nothing_is_degraded),
        cmocka_unit_test(test_either_side_knows_a_hold),
        cmocka_unit_test(test_a_frozen_server_costs_few_calls_and_no_count),
        cmocka_unit_test(test_a_server_that_comes_back_empty),
        cmocka_unit_test(test_registers_are_merged_but_for_rates),
        cmocka_unit_test(test_workers_of_one_node_share_the_breaker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
