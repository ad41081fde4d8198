// SPDX-License-Identifier: GPL-2.0-or-later
// The local store alone: bounds, eviction, holds, many processes, a process that dies inside.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fg/country.h"
#include "fg/exposure.h"
#include "fg/peers.h"
#include "fg/ruleset.h"
#include "fg/store.h"
#include "local_layout.h"
#include "monotonic.h"

#define NOW INT64_C(1795310000000)

struct fixture {
    void *memory;
    size_t bytes;
    struct fg_local *local;
    struct fg_store store;
};

static void fixture_open(struct fixture *f, uint32_t windows, uint32_t sets, uint32_t calls,
                         uint32_t holds)
{
    const struct fg_local_config config = {windows, sets, calls, holds, 1024};
    f->bytes = fg_local_size_bytes(&config);
    assert_true(f->bytes > 0);
    f->memory = mmap(NULL, f->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(f->memory, MAP_FAILED);
    f->local = fg_local_init(f->memory, &config);
    assert_non_null(f->local);
    f->store = fg_local_store(f->local);
}

static void fixture_close(struct fixture *f)
{
    munmap(f->memory, f->bytes);
}

static struct fg_store_request one_op(const char *customer, struct fg_meter_op op)
{
    struct fg_store_request request = {.customer = customer, .now_ms = NOW, .n_ops = 1};
    request.ops[0] = op;
    return request;
}

static const struct fg_meter_op add_one = {.kind = FG_OP_WINDOW_ADD,
                                           .meter_id = 7,
                                           .scope_is_customer = true,
                                           .cells = FG_WINDOW_CELLS,
                                           .bucket = 1000,
                                           .amount = 1,
                                           .ttl_ms = 60000};

static struct fg_store_reply run(const struct fixture *f, const struct fg_store_request *request)
{
    struct fg_store_reply reply;
    assert_int_equal(f->store.ops->evaluate(f->store.impl, request, &reply), FG_OK);
    return reply;
}

static void test_sizes_out_of_range_give_nothing(void **unused)
{
    (void)unused;
    struct fg_local_config config;
    fg_local_config_default(&config);
    const size_t bytes = fg_local_size_bytes(&config);
    assert_in_range(bytes, 1U << 20, 64U << 20);
    print_message("default table: %zu bytes\n", bytes);
    config.windows = 100;
    assert_int_equal(fg_local_size_bytes(&config), 0);
    config.windows = 4;
    assert_int_equal(fg_local_size_bytes(&config), 0);
    fg_local_config_default(&config);
    config.holds = 0;
    assert_int_equal(fg_local_size_bytes(&config), 0);
    _Alignas(64) static char small[64];
    assert_null(fg_local_init(small, &config));
}

static void test_bad_requests_are_refused_and_leave_the_reply(void **unused)
{
    (void)unused;
    struct fixture f;
    fixture_open(&f, 64, 64, 64, 8);
    char long_id[66];
    memset(long_id, 'a', 65);
    long_id[65] = '\0';
    const char *const customers[] = {"", "Acme", "a b", "a{b}", "a\n", "\xc3\xa4", long_id, NULL};
    struct fg_store_reply reply, before;
    memset(&reply, 0x5a, sizeof(reply));
    before = reply;
    for (size_t i = 0; i < 8; i++) {
        struct fg_store_request request = one_op(customers[i], add_one);
        assert_int_equal(f.store.ops->evaluate(f.store.impl, &request, &reply), FG_EINVAL);
    }
    struct fg_store_request request = one_op("acme", add_one);
    request.ops[0].cells = 2;
    assert_int_equal(f.store.ops->evaluate(f.store.impl, &request, &reply), FG_EINVAL);
    request = one_op("acme", add_one);
    request.ops[0].amount = 0;
    assert_int_equal(f.store.ops->evaluate(f.store.impl, &request, &reply), FG_EINVAL);
    request.ops[0].amount = (INT64_C(1) << 52) + 1;
    assert_int_equal(f.store.ops->evaluate(f.store.impl, &request, &reply), FG_EINVAL);
    request = one_op("acme", add_one);
    request.n_ops = FG_OPS_MAX + 1;
    assert_int_equal(f.store.ops->evaluate(f.store.impl, &request, &reply), FG_ELIMIT);
    assert_memory_equal(&reply, &before, sizeof(reply));
    long_id[64] = '\0';
    request = one_op(long_id, add_one);
    assert_int_equal(run(&f, &request).values[0], 1);
    fixture_close(&f);
}

static void test_bad_register_requests_are_refused(void **unused)
{
    (void)unused;
    struct fixture f;
    fixture_open(&f, 64, 64, 64, 8);
    const struct fg_meter_op fine = {.scope_is_customer = true, .interval_us = 1, .burst = 1};
    struct fg_meter_op bad[17];
    const size_t n_bad = sizeof(bad) / sizeof(bad[0]);
    for (size_t i = 0; i < n_bad; i++)
        bad[i] = fine;
    bad[0].kind = FG_OP_SEEN_PUT;
    bad[0].ttl_ms = -1;
    bad[1].kind = FG_OP_RUN_PUT;
    bad[1].amount = -1;
    bad[2].kind = FG_OP_RUN_PUT;
    bad[2].amount = (INT64_C(1) << 52) + 1;
    bad[3].kind = FG_OP_RATE_TAKE;
    bad[3].interval_us = 0;
    bad[4].kind = FG_OP_RATE_TAKE;
    bad[4].burst = 0;
    bad[5].kind = FG_OP_RATE_TAKE;
    bad[5].burst = 100001;
    bad[6].kind = FG_OP_BASELINE_ADD;
    bad[6].amount = -1;
    bad[7].kind = FG_OP_BASELINE_READ;
    bad[7].bucket = INT64_MAX;
    bad[8].kind = FG_OP_SEEN_READ;
    bad[8].shared = true; // and a customer's own
    bad[9].kind = (enum fg_op_kind)(FG_OP_EXPOSURE_DELETE + 1);
    bad[10].kind = FG_OP_PEERS_PUT;
    bad[10].member = FG_PEERS_MEMBER_MAX + 1;
    bad[11].kind = FG_OP_PEERS_PUT;
    bad[11].amount = FG_PEERS_LEVEL_MAX + 1;
    bad[12].kind = FG_OP_PEERS_PUT;
    bad[12].amount = INT64_C(256) * FG_BASELINE_HOURS;
    bad[13].kind = FG_OP_KNOWN_READ;
    bad[13].member = 65536;
    bad[14].kind = FG_OP_EXPOSURE_PUT; // of nothing
    bad[15].kind = FG_OP_EXPOSURE_PUT;
    bad[15].amount = FG_EXPOSURE_AMOUNT_MAX + 1;
    bad[16].kind = FG_OP_EXPOSURE_DELETE;
    bad[16].member = FG_EXPOSURE_LEASE_MAX + 1;
    struct fg_store_reply reply;
    for (size_t i = 0; i < n_bad; i++) {
        const struct fg_store_request request = one_op("acme", bad[i]);
        assert_int_equal(f.store.ops->evaluate(f.store.impl, &request, &reply), FG_EINVAL);
    }
    struct fg_store_request request = one_op("acme", fine);
    request.ops[0].kind = FG_OP_RATE_TAKE;
    assert_int_equal(run(&f, &request).values[0], 1);
    request.now_ms = INT64_C(1) << 50; // microseconds would not fit
    assert_int_equal(f.store.ops->evaluate(f.store.impl, &request, &reply), FG_EINVAL);
    fixture_close(&f);
}

static void test_registers_are_bounded(void **unused)
{
    (void)unused;
    struct fixture f;
    fixture_open(&f, 64, 64, 64, 8);
    struct fg_local_stats stats;
    struct fg_store_request request = one_op(
        "acme", (struct fg_meter_op){.kind = FG_OP_SEEN_PUT, .amount = 1, .ttl_ms = 3600000});
    // Twice as many as there is room for; the last one is there all the same.
    for (uint64_t i = 1; i <= 2048; i++) {
        request.ops[0].scope = i;
        assert_int_equal(run(&f, &request).values[0], -1);
    }
    assert_int_equal(run(&f, &request).values[0], 0);
    fg_local_stats(f.local, &stats);
    assert_in_range(stats.evicted_registers, 1024, 2047);
    // What is large has a table of its own.
    const uint64_t evicted = stats.evicted_registers;
    request.ops[0].kind = FG_OP_RUN_PUT;
    assert_int_equal(run(&f, &request).values[0], 1);
    request.ops[0].kind = FG_OP_BASELINE_ADD;
    assert_int_equal(run(&f, &request).values[0], -1);
    fg_local_stats(f.local, &stats);
    assert_int_equal(stats.evicted_registers, evicted);
    fixture_close(&f);
}

static void test_a_call_counts_once(void **unused)
{
    (void)unused;
    struct fixture f;
    fixture_open(&f, 64, 64, 64, 8);
    struct fg_store_request request = one_op("acme", add_one);
    request.once = true;
    request.call_key = (struct fg_hash128){1, 2};
    struct fg_store_reply reply = run(&f, &request);
    assert_false(reply.repeated);
    for (int i = 0; i < FG_FREE_REPEATS; i++) {
        reply = run(&f, &request);
        assert_true(reply.repeated);
        assert_int_equal(reply.values[0], 1);
    }
    reply = run(&f, &request);
    assert_false(reply.repeated);
    assert_int_equal(reply.values[0], 2);

    // The same call of another customer is another call.
    request.customer = "globex";
    assert_false(run(&f, &request).repeated);
    // And after its time it is a new one.
    request.customer = "acme";
    request.now_ms += FG_REPEAT_MS;
    assert_false(run(&f, &request).repeated);
    fixture_close(&f);
}

static void test_the_least_recently_used_goes(void **unused)
{
    (void)unused;
    struct fixture f;
    fixture_open(&f, LOCAL_WAYS, LOCAL_WAYS, LOCAL_WAYS, 1);
    struct fg_store_request request = one_op("acme", add_one);
    for (uint32_t meter = 0; meter < LOCAL_WAYS; meter++) {
        request.ops[0].meter_id = meter;
        run(&f, &request);
    }
    request.ops[0].meter_id = 0; // used again: meter 1 is now the oldest
    assert_int_equal(run(&f, &request).values[0], 2);
    request.ops[0].meter_id = 100;
    run(&f, &request);
    request.ops[0].kind = FG_OP_WINDOW_READ;
    request.ops[0].meter_id = 1;
    assert_int_equal(run(&f, &request).values[0], 0);
    request.ops[0].meter_id = 0;
    assert_int_equal(run(&f, &request).values[0], 2);
    struct fg_local_stats stats;
    fg_local_stats(f.local, &stats);
    assert_int_equal(stats.evicted_windows, 1);
    fixture_close(&f);
}

static void set_fill(const struct fixture *f, uint32_t meter, uint32_t n)
{
    struct fg_store_request request = one_op("acme", (struct fg_meter_op){.kind = FG_OP_SET_PUT,
                                                                          .meter_id = meter,
                                                                          .scope_is_customer = true,
                                                                          .ttl_ms = 60000});
    for (uint32_t i = 0; i < n; i++) {
        request.ops[0].member = i;
        request.ops[0].expiry_ms = NOW + 1000 + i;
        assert_int_equal(run(f, &request).values[0],
                         i < FG_SET_MEMBERS_MAX ? i + 1 : FG_SET_MEMBERS_MAX);
    }
}

static int64_t set_size(const struct fixture *f, uint32_t meter, int64_t now_ms)
{
    struct fg_store_request request = one_op(
        "acme",
        (struct fg_meter_op){.kind = FG_OP_SET_READ, .meter_id = meter, .scope_is_customer = true});
    request.now_ms = now_ms;
    return run(f, &request).values[0];
}

static void test_sets_are_bounded_and_large_blocks_are_shared(void **unused)
{
    (void)unused;
    struct fixture f;
    fixture_open(&f, 8, 64, 8, 1);
    set_fill(&f, 1, 700);
    // Members 188 to 699 are left, which expire at NOW + 1188 and later.
    assert_int_equal(set_size(&f, 1, NOW + 1187), 512);
    assert_int_equal(set_size(&f, 1, NOW + 1188), 511);
    // One shard has four large blocks: the fifth large set takes that of the least recently used.
    for (uint32_t meter = 2; meter <= 5; meter++)
        set_fill(&f, meter, 100);
    assert_int_equal(set_size(&f, 1, NOW), 0);
    for (uint32_t meter = 2; meter <= 5; meter++)
        assert_int_equal(set_size(&f, meter, NOW), 100);
    // A set that shrinks gives its block back.
    struct fg_store_request request = one_op("acme", (struct fg_meter_op){.kind = FG_OP_SET_DELETE,
                                                                          .meter_id = 2,
                                                                          .scope_is_customer = true,
                                                                          .member = 99});
    request.now_ms = NOW + 1095; // 96 to 98 stay
    assert_int_equal(run(&f, &request).values[0], 3);
    set_fill(&f, 6, 100);
    assert_int_equal(set_size(&f, 2, NOW), 3);
    assert_int_equal(set_size(&f, 3, NOW), 100);
    fixture_close(&f);
}

static struct fg_hold hold_of(uint8_t scope, int64_t until_ms)
{
    return (struct fg_hold){
        .scope = scope, .since_ms = NOW, .until_ms = until_ms, .reason = "why", .by = "who"};
}

static void count_hold(void *arg, const char *customer, const struct fg_hold *hold)
{
    assert_true(hold->active && customer[0] != '\0');
    ++*(int *)arg;
}

static void test_holds(void **unused)
{
    (void)unused;
    struct fixture f;
    fixture_open(&f, 8, 8, 8, 3);
    struct fg_store_request request = {.customer = "acme",
                                       .now_ms = NOW,
                                       .holds = {.scopes = 7, .values = {[FG_HOLD_COUNTRY] = 5}}};
    assert_false(run(&f, &request).hold.active);
    struct fg_hold hold = hold_of(FG_HOLD_COUNTRY, NOW + 100);
    hold.value = 5;
    assert_int_equal(fg_local_hold_set(f.local, "acme", &hold), FG_OK);
    assert_int_equal(run(&f, &request).hold.scope, FG_HOLD_COUNTRY);
    hold = hold_of(FG_HOLD_RISKY, NOW + 200);
    assert_int_equal(fg_local_hold_set(f.local, "acme", &hold), FG_OK);
    hold = hold_of(FG_HOLD_CUSTOMER, NOW + 50);
    assert_int_equal(fg_local_hold_set(f.local, "acme", &hold), FG_OK);
    assert_int_equal(run(&f, &request).hold.scope, FG_HOLD_CUSTOMER);
    assert_string_equal(run(&f, &request).hold.reason, "why");
    request.now_ms = NOW + 50;
    assert_int_equal(run(&f, &request).hold.scope, FG_HOLD_RISKY);
    request.holds.scopes = 1U << FG_HOLD_CUSTOMER | 1U << FG_HOLD_COUNTRY;
    request.holds.values[FG_HOLD_COUNTRY] = 6;
    assert_false(run(&f, &request).hold.active);

    // Full: the one that ends first goes and the new one stays.
    hold = hold_of(FG_HOLD_CUSTOMER, NOW + 300);
    assert_int_equal(fg_local_hold_set(f.local, "globex", &hold), FG_ELIMIT);
    int n = 0;
    fg_local_holds_each(f.local, NOW, count_hold, &n);
    assert_int_equal(n, 3);
    assert_int_equal(fg_local_hold_release(f.local, "acme", FG_HOLD_CUSTOMER, 0), FG_ENOTFOUND);
    assert_int_equal(fg_local_hold_release(f.local, "acme", FG_HOLD_RISKY, 0), FG_OK);
    assert_int_equal(fg_local_hold_set(f.local, "Acme", &hold), FG_EINVAL);
    request.customer = "globex";
    assert_true(run(&f, &request).hold.active);
    fg_local_holds_clear(f.local);
    assert_false(run(&f, &request).hold.active);
    fixture_close(&f);
}

#define PROCESSES 8
#define ADDS      20000

static void test_processes_add_exactly(void **unused)
{
    (void)unused;
    struct fixture f;
    fixture_open(&f, 1024, 64, 64, 8);
    struct fg_store_request request = one_op("acme", add_one);
    pid_t pids[PROCESSES];
    for (int p = 0; p < PROCESSES; p++) {
        pids[p] = fork();
        if (pids[p] != 0)
            continue;
        struct fg_store_reply reply;
        int missed = 0;
        for (int i = 0; i < ADDS; i++)
            while (f.store.ops->evaluate(f.store.impl, &request, &reply) != FG_OK && missed < 1000)
                missed++;
        _exit(missed >= 1000 ? 1 : 0);
    }
    for (int p = 0; p < PROCESSES; p++) {
        int status;
        waitpid(pids[p], &status, 0);
        assert_int_equal(status, 0);
    }
    request.ops[0].kind = FG_OP_WINDOW_READ;
    assert_int_equal(run(&f, &request).values[0], PROCESSES * ADDS);
    fixture_close(&f);
}

static void test_a_dead_holder_is_taken_over(void **unused)
{
    (void)unused;
    struct fixture f;
    fixture_open(&f, 64, 64, 64, 8);
    struct fg_store_request request = one_op("acme", add_one);
    run(&f, &request);
    const pid_t pid = fork();
    if (pid == 0) {
        bool died;
        struct local_shard *shard = &f.local->shards[0];
        if (fg_lock_acquire(&shard->lock, &died) != FG_OK ||
            fg_lock_acquire(&f.local->holds.lock, &died) != FG_OK)
            _exit(1);
        // Half-written in the worst way: counts and references out of range.
        shard->sets[0].used = 5;
        shard->sets[0].large = 4000000;
        shard->sets[0].count = 4000000;
        shard->large[0].owner = 4000000;
        shard->windows[63].used = 9;
        shard->windows[63].key.cells = 200;
        shard->baselines[1].head.used = 9;
        shard->baselines[1].baseline.means[167] = -1;
        memset(f.local->holds.slots[0].customer, 'x', sizeof(f.local->holds.slots[0].customer));
        f.local->holds.slots[0].used = true;
        atomic_store(&f.local->holds.count, 1);
        kill(getpid(), SIGKILL);
    }
    int status;
    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(run(&f, &request).values[0], 2);
    assert_int_equal(f.local->shards[0].sets[0].count, 0);
    assert_int_equal(f.local->shards[0].large[0].owner, 0);
    assert_int_equal(f.local->shards[0].windows[63].used, 0);
    assert_int_equal(f.local->shards[0].baselines[1].head.used, 0);
    int n = 0;
    fg_local_holds_each(f.local, NOW, count_hold, &n);
    assert_int_equal(n, 0);
    struct fg_local_stats stats;
    fg_local_stats(f.local, &stats);
    assert_int_equal(stats.recovered, 1);
    fixture_close(&f);
}

static void test_a_stopped_holder_costs_a_bounded_wait(void **unused)
{
    (void)unused;
    struct fixture f;
    fixture_open(&f, 64, 64, 64, 8);
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        bool died;
        if (fg_lock_acquire(&f.local->shards[0].lock, &died) != FG_OK ||
            write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    struct fg_store_request request = one_op("acme", add_one);
    struct fg_store_reply reply;
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    assert_int_equal(f.store.ops->evaluate(f.store.impl, &request, &reply), FG_ETIMEOUT);
    clock_gettime(CLOCK_MONOTONIC, &to);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    const double ms =
        (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
    print_message("waited %.2f ms\n", ms);
    assert_true(ms >= FG_LOCK_WAIT_MS && ms < 200);
    assert_int_equal(run(&f, &request).values[0], 1);
    close(ready[0]);
    close(ready[1]);
    fixture_close(&f);
}

static void test_shared_counters_wait_for_nobody_else(void **unused)
{
    (void)unused;
    struct fixture f;
    fixture_open(&f, 4096, 4096, 4096, 8);
    assert_true(f.local->n_shards > 1);
    struct fg_store_request request = one_op("acme", add_one);
    request.n_ops = 3;
    request.ops[1] = request.ops[2] = add_one;
    request.ops[1].scope_is_customer = request.ops[2].scope_is_customer = false;
    request.ops[1].shared = request.ops[2].shared = true;
    struct local_key customer;
    local_customer_key("acme", &customer);
    // A scope in another shard than the customer.
    const uint64_t mask = f.local->n_shards - 1;
    while ((local_mix(request.ops[1].scope) & mask) == (customer.customer_hi & mask))
        request.ops[1].scope++;
    request.ops[2].scope = request.ops[1].scope;
    struct fg_store_reply reply = run(&f, &request);
    assert_int_equal(reply.values[1], 1);
    assert_int_equal(reply.values[2], 2);
    request.customer = "initech";
    reply = run(&f, &request);
    assert_int_equal(reply.values[0], 1);
    assert_int_equal(reply.values[2], 4);

    request.customer = "acme";
    struct local_shard *shared = &f.local->shards[local_mix(request.ops[1].scope) & mask];
    bool died;
    assert_int_equal(fg_lock_acquire(&shared->lock, &died), FG_OK);
    const int64_t from_ns = monotonic_ns();
    reply = run(&f, &request);
    const int64_t took_ns = monotonic_ns() - from_ns;
    fg_lock_release(&shared->lock);
    assert_int_equal(reply.values[0], 2);
    assert_false(reply.unavailable[0]);
    assert_true(reply.unavailable[1] && reply.unavailable[2]);
    print_message("waited %.2f ms\n", (double)took_ns / 1e6);
    assert_true(took_ns < (2 * FG_LOCK_WAIT_MS + 20) * FG_NS_PER_MS);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_out_of_range_give_nothing),
        cmocka_unit_test(test_bad_requests_are_refused_and_leave_the_reply),
        cmocka_unit_test(test_bad_register_requests_are_refused),
        cmocka_unit_test(test_registers_are_bounded),
        cmocka_unit_test(test_a_call_counts_once),
        cmocka_unit_test(test_the_least_recently_used_goes),
        cmocka_unit_test(test_sets_are_bounded_and_large_blocks_are_shared),
        cmocka_unit_test(test_holds),
        cmocka_unit_test(test_processes_add_exactly),
        cmocka_unit_test(test_a_dead_holder_is_taken_over),
        cmocka_unit_test(test_a_stopped_holder_costs_a_bounded_wait),
        cmocka_unit_test(test_shared_counters_wait_for_nobody_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
