// SPDX-License-Identifier: GPL-2.0-or-later
// Random operations on the local store and on a real Redis: every reply must be the same.
// FG_SEED=N repeats a run, FG_ROUNDS=N sets its length.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "fg/baseline.h"
#include "fg/country.h"
#include "fg/exposure.h"
#include "fg/known.h"
#include "fg/peers.h"
#include "fg/redis_link.h"
#include "fg/ruleset.h"
#include "fg/store.h"
#include "store_server.h"

#define CUSTOMERS 12
#define SCOPES    3
#define METERS    6
#define MEMBERS   1500

static uint64_t state;

// xorshift64* (Vigna 2016)
static uint64_t next_random(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(2685821657736338717);
}

static uint32_t below(uint32_t n)
{
    return (uint32_t)((next_random() >> 32) % n);
}

struct stores {
    struct store_server server;
    void *memory;
    size_t bytes;
    struct fg_store local, redis;
    struct fg_local *table;
    struct fg_redis *connection;
    int64_t now_ms;
};

static int64_t random_amount(void)
{
    switch (below(8)) {
    case 0:
        return (int64_t)1 + below(300);
    case 1:
        return (int64_t)1 + below(100000);
    case 2:
        return (INT64_C(1) << 32) + below(10);
    case 3:
        return below(40) == 0 ? (INT64_C(1) << 52) - below(3) : INT64_C(250000);
    default:
        return 1;
    }
}

// Widths of the meters' cells: a few steps of time move some windows and not others.
static const int64_t width_ms[METERS] = {6000, 60000, 360000, 1000, 86400000, 3600000};

static struct fg_meter_op random_window(int64_t now_ms)
{
    const uint32_t meter = below(METERS);
    struct fg_meter_op op = {.kind = below(3) == 0 ? FG_OP_WINDOW_READ : FG_OP_WINDOW_ADD,
                             .meter_id = 0xfff00000U + meter,
                             .scope_is_customer = below(2) == 0,
                             .scope = UINT64_C(0xdeadbeef00000000) + below(SCOPES),
                             .cells = meter >= 4 ? 1 : FG_WINDOW_CELLS,
                             .bucket = now_ms / width_ms[meter],
                             .amount = random_amount(),
                             .ttl_ms = 60000 + width_ms[meter] * 11};
    if (below(6) == 0)
        op.bucket -= (int64_t)below(14);
    return op;
}

static struct fg_meter_op random_set(int64_t now_ms)
{
    const uint32_t kind = below(8);
    struct fg_meter_op op = {.kind = FG_OP_SET_PUT,
                             .meter_id = 0x100 + below(2),
                             .scope_is_customer = below(2) == 0,
                             .scope = below(SCOPES),
                             .member = next_random() % MEMBERS * UINT64_C(0x9e3779b97f4a7c15),
                             .ttl_ms = 150000,
                             // a few distinct expiries, so that ties happen
                             .expiry_ms = now_ms + ((int64_t)below(8) - 1) * 30000};
    if (kind == 0)
        op.kind = FG_OP_SET_READ;
    else if (kind == 1)
        op.kind = FG_OP_SET_DELETE;
    return op;
}

// More of them than there is room for, some of equal amounts; ends that are over now and then.
static void random_exposure(struct fg_meter_op *op, int64_t now_ms)
{
    static const enum fg_op_kind kinds[] = {FG_OP_EXPOSURE_PUT,  FG_OP_EXPOSURE_PUT,
                                            FG_OP_EXPOSURE_PUT,  FG_OP_EXPOSURE_PUT,
                                            FG_OP_EXPOSURE_READ, FG_OP_EXPOSURE_DELETE};
    op->kind = kinds[below(6)];
    op->member = (below(220) * UINT64_C(0x9e3779b97f4a7c15)) & FG_EXPOSURE_LEASE_MAX;
    op->amount = below(60) == 0 ? FG_EXPOSURE_AMOUNT_MAX - below(2) : 1 + below(40) * 1000;
    op->expiry_ms = now_ms + ((int64_t)below(12) - 1) * 20000;
}

// Units of a few seconds, so that some are forgotten; tags enough to fill a block.
static void random_known(struct fg_meter_op *op, int64_t now_ms)
{
    op->kind = below(3) == 0 ? FG_OP_KNOWN_READ : FG_OP_KNOWN_PUT;
    op->member = below(4) == 0 ? below(40) : 65535 - below(90);
    op->bucket = now_ms / 3000 - (below(8) == 0 ? below(300) : 0);
}

static struct fg_meter_op random_register(int64_t now_ms)
{
    static const int64_t intervals_us[] = {1000, 20000, 333333, 7000000};
    static int64_t dialled = INT64_C(441632960000);
    const uint32_t meter = below(3);
    struct fg_meter_op op = {.scope_is_customer = below(2) == 0,
                             .scope = UINT64_C(0xabcd000000000000) + below(SCOPES),
                             .ttl_ms = (int64_t)below(200) * 777,
                             .bucket = now_ms / 10000, // short hours, so that many are learned
                             .interval_us = intervals_us[below(4)],
                             .burst = 1 + below(12),
                             .start = below(3) * INT64_C(700000)};
    switch (below(14)) {
    case 10:
    case 11:
        random_known(&op, now_ms);
        break;
    case 12:
    case 13:
        random_exposure(&op, now_ms);
        break;
    case 8:
        op.kind = FG_OP_BASELINE_CLOSES;
        break;
    case 9: // more than are remembered
        op.kind = below(3) == 0 ? FG_OP_PEERS_READ : FG_OP_PEERS_PUT;
        op.member = (below(24) * UINT64_C(0x9e3779b97f4a7c15)) & FG_PEERS_MEMBER_MAX;
        op.amount = INT64_C(256) * below(FG_BASELINE_HOURS) + below(FG_PEERS_LEVEL_MAX + 1);
        break;
    case 0:
        op.kind = FG_OP_SEEN_PUT;
        break;
    case 1:
        op.kind = FG_OP_SEEN_READ;
        break;
    case 2:
    case 3: // mostly near to each other, so that runs grow
        op.kind = FG_OP_RUN_PUT;
        dialled += below(16) == 0;
        op.amount = below(50) == 0 ? (INT64_C(1) << 52) - below(4)
                                   : dialled - (below(4) == 0 ? below(3) : 0);
        break;
    case 4:
        op.kind = below(2) == 0 ? FG_OP_RUN_READ : FG_OP_BASELINE_READ;
        break;
    case 5:
        op.kind = FG_OP_RATE_TAKE;
        break;
    case 6:
        op.kind = below(30) == 0 ? FG_OP_BASELINE_FREEZE : FG_OP_BASELINE_READ;
        break;
    default:
        op.kind = FG_OP_BASELINE_ADD;
        op.amount = random_amount();
        if (below(2) == 0 && op.amount < INT64_C(1) << 32)
            op.amount *= FG_MICRO;
    }
    // A meter's registers are of one kind.
    op.meter_id = 0x1000U * (op.kind <= FG_OP_SEEN_READ    ? 1
                             : op.kind <= FG_OP_RUN_READ   ? 2
                             : op.kind == FG_OP_RATE_TAKE  ? 3
                             : op.kind < FG_OP_PEERS_READ  ? 4
                             : op.kind < FG_OP_KNOWN_PUT   ? 5
                             : op.kind <= FG_OP_KNOWN_READ ? 6
                                                           : 7) +
                  meter;
    if (below(8) == 0 && op.kind < FG_OP_KNOWN_PUT)
        op.bucket += (int64_t)below(400) - 200;
    return op;
}

static struct fg_meter_op random_op(int64_t now_ms)
{
    struct fg_meter_op op;
    switch (below(3)) {
    case 0:
        op = random_window(now_ms);
        break;
    case 1:
        op = random_set(now_ms);
        break;
    default:
        op = random_register(now_ms);
    }
    const bool peers = op.kind == FG_OP_PEERS_READ || op.kind == FG_OP_PEERS_PUT;
    op.scope_is_customer = op.scope_is_customer && !peers;
    op.shared = peers || (!op.scope_is_customer && below(3) == 0);
    return op;
}

static uint64_t random_held(uint8_t scope)
{
    switch (scope) {
    case FG_HOLD_CUSTOMER:
    case FG_HOLD_RISKY:
        return 0;
    case FG_HOLD_COUNTRY:
        return 1 + below(2);
    case FG_HOLD_TYPE:
        return below(2);
    default: // few enough for the slots that neighbours in the local table share
        return UINT64_C(0xfedcba9876543210) + below(2);
    }
}

static void random_request(struct stores *stores, char *customer, struct fg_store_request *request)
{
    // The first customers get most of the traffic, so that their sets overflow.
    sprintf(customer, "cust-%u.x_", below(3) != 0 ? below(2) : below(CUSTOMERS));
    *request = (struct fg_store_request){.customer = customer,
                                         .now_ms = stores->now_ms,
                                         .once = below(2) == 0,
                                         .call_key = {below(300), 7}};
    for (unsigned i = 0; i < FG_HOLD_SCOPES; i++) {
        if (below(2) == 0)
            fg_hold_ask(&request->holds, (enum fg_hold_scope)i, random_held((uint8_t)i));
    }
    const bool burst = below(20) == 0;
    request->n_ops = burst || below(8) == 0 ? FG_OPS_MAX : below(10);
    for (uint32_t i = 0; i < request->n_ops; i++)
        request->ops[i] = random_op(stores->now_ms);
    // Now and then all into one set.
    for (uint32_t i = 0; burst && i < request->n_ops; i++) {
        request->ops[i] = random_set(stores->now_ms);
        request->ops[i].meter_id = 0x100;
        request->ops[i].scope_is_customer = true;
    }
}

static void hold_json(const char *customer, const char *scope_text, const struct fg_hold *hold,
                      char *out, size_t size)
{
    snprintf(out, size,
             "{\"v\":1,\"customer\":\"%s\",\"scope\":\"%s\",\"of\":\"%s\",\"reason\":\"%s\","
             "\"by\":\"%s\",\"rule\":\"%s\",\"times\":%u,\"cut\":%s,\"since_ms\":%" PRId64
             ",\"until_ms\":%" PRId64 "}",
             customer, scope_text, hold->of, hold->reason, hold->by, hold->rule,
             (unsigned)hold->times, hold->cut ? "true" : "false", hold->since_ms, hold->until_ms);
}

static struct fg_hold_span random_span(void)
{
    static const uint32_t growths[] = {1000, 1500, 2000, 1001, 3333, 100000};
    struct fg_hold_span span = {.duration_ms = 1000 + (int64_t)below(200) * 501,
                                .growth_milli = growths[below(6)]};
    span.max_ms = span.duration_ms * (1 + below(50)) + below(3);
    return span;
}

static void random_hold(struct stores *stores)
{
    char customer[32], scope_text[FG_HOLD_SCOPE_TEXT_MAX], json[1024], *stored = NULL;
    sprintf(customer, "cust-%u.x_", below(CUSTOMERS));
    struct fg_hold hold = {.scope = (uint8_t)below(FG_HOLD_SCOPES),
                           .cut = below(2) == 0,
                           .since_ms = stores->now_ms,
                           .until_ms = stores->now_ms + (int64_t)below(5) * 40000};
    hold.value = random_held(hold.scope);
    fg_hold_scope_format(hold.scope, hold.value, scope_text);
    if (below(12) == 0) {
        const int local = fg_local_hold_release(stores->table, customer, hold.scope, hold.value);
        const int redis =
            fg_redis_hold_delete(stores->connection, customer, scope_text, fg_view_of("{}"));
        assert_int_equal(local, redis);
        return;
    }
    snprintf(hold.reason, sizeof(hold.reason), "reason %u \xc3\xa4", below(1000));
    snprintf(hold.by, sizeof(hold.by), "fgctl:%u", below(10));
    snprintf(hold.of, sizeof(hold.of), "+4412***%02u", below(100));
    // People's holds, those of rules, and those that an older version wrote.
    if (below(3) != 0)
        snprintf(hold.rule, sizeof(hold.rule), "RULE_%u", below(10));
    else if (below(3) == 0)
        snprintf(hold.by, sizeof(hold.by), "rule:pack");
    hold_json(customer, scope_text, &hold, json, sizeof(json));
    const struct fg_hold_span span = random_span();
    const struct fg_hold_span *grows = below(4) == 0 ? NULL : &span;
    assert_int_equal(fg_local_hold_renew(stores->table, customer, grows, &hold), FG_OK);
    assert_int_equal(fg_redis_hold_set(stores->connection, customer, scope_text, grows,
                                       fg_view_of(json), &stored),
                     FG_OK);
    // Both say the same of it, to the letter.
    hold_json(customer, scope_text, &hold, json, sizeof(json));
    assert_string_equal(stored, json);
    free(stored);
}

// Mostly small steps, so that sets fill; sometimes back, over some cells, over everything.
static void random_time(struct stores *stores)
{
    const uint32_t kind = below(4000);
    if (kind < 2)
        stores->now_ms += INT64_C(90000000);
    else if (kind < 6)
        stores->now_ms += (int64_t)below(400000);
    else if (kind < 100)
        stores->now_ms += (int64_t)below(5000);
    else if (kind < 200)
        stores->now_ms -= (int64_t)below(4000);
    else
        stores->now_ms += (int64_t)below(40);
}

static void replies_compare(const struct fg_store_request *request, const struct fg_store_reply *a,
                            const struct fg_store_reply *b, uint32_t round)
{
    for (uint32_t i = 0; i < request->n_ops; i++) {
        if (a->values[i] != b->values[i])
            fail_msg("round %u op %u kind %d cells %d: local %" PRId64 ", redis %" PRId64, round, i,
                     (int)request->ops[i].kind, request->ops[i].cells, a->values[i], b->values[i]);
        assert_int_equal(a->unavailable[i], b->unavailable[i]);
    }
    if (a->repeated != b->repeated)
        fail_msg("round %u: repeated %d and %d", round, a->repeated, b->repeated);
    if (a->hold.active != b->hold.active)
        fail_msg("round %u: hold %d and %d", round, a->hold.active, b->hold.active);
    assert_int_equal(a->degraded, b->degraded);
    if (!a->hold.active)
        return;
    assert_int_equal(a->hold.scope, b->hold.scope);
    assert_int_equal(a->hold.cut, b->hold.cut);
    assert_int_equal(a->hold.since_ms, b->hold.since_ms);
    assert_int_equal(a->hold.until_ms, b->hold.until_ms);
    assert_string_equal(a->hold.reason, b->hold.reason);
    assert_string_equal(a->hold.by, b->hold.by);
    assert_string_equal(a->hold.of, b->hold.of);
    assert_string_equal(a->hold.rule, b->hold.rule);
    assert_int_equal(a->hold.times, b->hold.times);
    assert_true(a->hold.value == b->hold.value);
}

// What a run has come past.
struct passed {
    int64_t most, longest_run;
    uint32_t repeats, held, full, refused, seen, learned, closed, peered, known, strange, exposed;
};

static void passed_note(struct passed *passed, const struct fg_store_request *request,
                        const struct fg_store_reply *reply)
{
    passed->repeats += reply->repeated;
    passed->held += reply->hold.active;
    for (uint32_t i = 0; i < request->n_ops; i++) {
        const enum fg_op_kind kind = request->ops[i].kind;
        const int64_t value = reply->values[i];
        passed->most = value > passed->most ? value : passed->most;
        passed->full += kind == FG_OP_SET_PUT && value == FG_SET_MEMBERS_MAX;
        passed->refused += kind == FG_OP_RATE_TAKE && value == 0;
        passed->seen += kind == FG_OP_SEEN_PUT && value > 0;
        passed->learned += kind == FG_OP_BASELINE_READ && value > 0;
        passed->closed += kind == FG_OP_BASELINE_CLOSES && value >= 0;
        passed->peered += kind == FG_OP_PEERS_READ && value >= INT64_C(256) * FG_PEERS_LEAST;
        passed->known += kind == FG_OP_KNOWN_PUT && value > 0;
        passed->strange += kind == FG_OP_KNOWN_PUT && value < 0;
        passed->exposed += kind == FG_OP_EXPOSURE_PUT && value == FG_EXPOSURE_AMOUNT_MAX;
        if (kind == FG_OP_RUN_PUT && value > passed->longest_run)
            passed->longest_run = value;
    }
}

static void stores_open(struct stores *stores)
{
    store_server_start(&stores->server, NULL);
    const struct fg_redis_config config = store_server_config(&stores->server, 5000);
    const struct fg_local_config sizes = {.windows = 1U << 17,
                                          .sets = 1U << 16,
                                          .calls = 1U << 18,
                                          .holds = 1024,
                                          .registers = 1U << 18};
    stores->bytes = fg_local_size_bytes(&sizes);
    stores->memory =
        mmap(NULL, stores->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(stores->memory, MAP_FAILED);
    stores->table = fg_local_init(stores->memory, &sizes);
    stores->connection = fg_redis_new(&config);
    stores->local = fg_local_store(stores->table);
    stores->redis = fg_redis_store(stores->connection);
    stores->now_ms = INT64_C(1795310000000);
}

static void stores_close(struct stores *stores)
{
    fg_redis_free(stores->connection);
    munmap(stores->memory, stores->bytes);
    store_server_stop(&stores->server);
}

// Both stores' answers, which must be the same.
static void both_evaluate(struct stores *stores, const struct fg_store_request *request,
                          uint32_t round, struct fg_store_reply *out)
{
    struct fg_store_reply b;
    assert_int_equal(stores->local.ops->evaluate(stores->local.impl, request, out), FG_OK);
    const int rc = stores->redis.ops->evaluate(stores->redis.impl, request, &b);
    if (rc != FG_OK)
        fail_msg("round %u: %s", round, fg_redis_last_error(stores->connection));
    replies_compare(request, out, &b, round);
}

static void test_stores_agree(void **unused)
{
    (void)unused;
    const char *seed_text = getenv("FG_SEED"), *rounds_text = getenv("FG_ROUNDS");
    const uint64_t seed =
        seed_text != NULL ? strtoull(seed_text, NULL, 10) : (uint64_t)time(NULL) * 2654435761U;
    const uint32_t rounds = rounds_text != NULL ? (uint32_t)strtoul(rounds_text, NULL, 10) : 20000;
    state = seed | 1;
    print_message("FG_SEED=%" PRIu64 " FG_ROUNDS=%u\n", seed, rounds);

    struct stores stores;
    stores_open(&stores);
    struct passed passed = {0};
    for (uint32_t round = 0; round < rounds; round++) {
        char customer[32];
        struct fg_store_request request;
        struct fg_store_reply reply;
        random_time(&stores);
        if (below(10) == 0)
            random_hold(&stores);
        random_request(&stores, customer, &request);
        both_evaluate(&stores, &request, round, &reply);
        passed_note(&passed, &request, &reply);
    }
    struct fg_local_stats stats;
    fg_local_stats(stores.table, &stats);
    print_message("repeats %u, held %u, full sets %u, largest %" PRId64 "\n", passed.repeats,
                  passed.held, passed.full, passed.most);
    print_message("refused %u, seen again %u, learned %u, longest run %" PRId64 "\n",
                  passed.refused, passed.seen, passed.learned, passed.longest_run);
    print_message("closed %u, of peers %u\n", passed.closed, passed.peered);
    print_message("known %u, strangers %u, beyond the most %u\n", passed.known, passed.strange,
                  passed.exposed);
    // The run is only worth something when it went where the differences would be.
    assert_int_equal(stats.evicted_windows, 0);
    assert_int_equal(stats.evicted_sets, 0);
    assert_int_equal(stats.evicted_calls, 0);
    assert_int_equal(stats.evicted_registers, 0);
    if (rounds >= 20000) {
        assert_true(passed.repeats > 100 && passed.held > 100 && passed.full > 0);
        assert_true(passed.refused > 100 && passed.seen > 100 && passed.learned > 100);
        assert_true(passed.longest_run > 5);
        assert_true(passed.closed > 20 && passed.peered > 20);
        assert_true(passed.known > 100 && passed.strange > 100 && passed.exposed > 20);
        assert_int_equal(passed.most, INT64_C(1) << 52);
    }
    stores_close(&stores);
}

// One block and one set of leases, worked until they overflow and grow stale again and again.
static void test_full_blocks_agree(void **unused)
{
    (void)unused;
    struct stores stores;
    stores_open(&stores);
    for (uint32_t round = 0; round < 1500; round++) {
        struct fg_store_request request = {
            .customer = "acme", .now_ms = stores.now_ms, .n_ops = FG_OPS_MAX};
        struct fg_store_reply reply;
        for (uint32_t i = 0; i < FG_OPS_MAX; i++) {
            struct fg_meter_op *op = &request.ops[i];
            *op = (struct fg_meter_op){
                .meter_id = 1 + i % 2, .scope_is_customer = true, .ttl_ms = 720000};
            if (i % 2 == 0)
                random_known(op, stores.now_ms);
            else
                random_exposure(op, stores.now_ms);
        }
        both_evaluate(&stores, &request, round, &reply);
        stores.now_ms += below(100) == 0 ? below(900000) : below(1000);
    }
    stores_close(&stores);
}

// Years of one customer's hours, with silences and refusals in between.
static void test_trends_agree(void **unused)
{
    (void)unused;
    struct stores stores;
    stores_open(&stores);
    uint32_t known = 0;
    int64_t hour = -5000;
    for (uint32_t round = 0; round < 6000; round++) {
        const struct fg_meter_op op = {.kind = FG_OP_BASELINE_ADD,
                                       .meter_id = 1,
                                       .scope_is_customer = true,
                                       .bucket = hour,
                                       .amount = random_amount(),
                                       .ttl_ms = FG_MS_PER_DAY};
        struct fg_store_request request = {
            .customer = "acme", .now_ms = stores.now_ms, .n_ops = 3, .ops = {op, op, op}};
        struct fg_store_reply reply;
        request.ops[0].trend = below(2) == 0;
        request.ops[1].kind = below(60) == 0 ? FG_OP_BASELINE_FREEZE : FG_OP_BASELINE_READ;
        request.ops[1].trend = true;
        request.ops[1].bucket += (int64_t)below(3) * 168 - 168;
        request.ops[2].kind = FG_OP_BASELINE_READ;
        both_evaluate(&stores, &request, round, &reply);
        known += reply.values[1] >= 0;
        hour += below(400) == 0 ? below(4000) : below(20);
    }
    assert_true(known > 1000 && known < 6000);
    stores_close(&stores);
}

// Two years of the voices of more customers than are remembered.
static void test_peers_agree(void **unused)
{
    (void)unused;
    struct stores stores;
    stores_open(&stores);
    uint32_t known = 0, full = 0;
    int64_t hour = -3000;
    for (uint32_t round = 0; round < 6000; round++) {
        const struct fg_meter_op op = {
            .kind = FG_OP_PEERS_PUT,
            .meter_id = 1,
            .scope = UINT64_C(0xabcd000000000012),
            .shared = true,
            .bucket = hour + (int64_t)below(12),
            .member = (below(30) * UINT64_C(0x9e3779b97f4a7c15)) & FG_PEERS_MEMBER_MAX,
            .amount = INT64_C(256) * below(FG_BASELINE_HOURS) + below(FG_PEERS_LEVEL_MAX + 1),
            .ttl_ms = FG_MS_PER_DAY};
        struct fg_store_request request = {
            .customer = "acme", .now_ms = stores.now_ms, .n_ops = 2, .ops = {op, op}};
        struct fg_store_reply reply;
        request.ops[1].kind = FG_OP_PEERS_READ;
        request.ops[1].bucket += (int64_t)below(300);
        both_evaluate(&stores, &request, round, &reply);
        known += reply.values[1] >= INT64_C(256) * FG_PEERS_LEAST;
        full += reply.values[1] / 256 == FG_PEERS_MAX;
        hour += below(400) == 0 ? below(4000) : below(6);
    }
    assert_true(known > 1000 && known < 6000 && full > 100);
    stores_close(&stores);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stores_agree), cmocka_unit_test(test_peers_agree),
        cmocka_unit_test(test_full_blocks_agree), cmocka_unit_test(test_trends_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
