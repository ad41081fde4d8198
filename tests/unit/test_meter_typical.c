// SPDX-License-Identifier: GPL-2.0-or-later
// Meters of what is usual: what they read, what they start with, what reasons say, and that nobody
// can teach them what an attack looks like. From the event through both stores.
#include "fg/decide.h"
#include "fg/explain.h"
#include "fg/redis_link.h"
#include "fg/store.h"

#include "engine_fixture.h"
#include "redis_store.h"
#include "store_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ALL_EVENTS 15
#define HOUR_MS    (60 * FG_MS_PER_MIN)
#define WEEK_MS    (7 * FG_MS_PER_DAY)
#define MALDIVES   "+9607712345"
#define UNSEEN     (-1)
#define CALLS_1H   1 // of meters; 0 is the typical one
#define N_METERS   2
#define N_RULES    2
#define RULE_USUAL 0 // reads what is usual
#define RULE_BURST 1 // calls beyond it

struct bench {
    struct world world;
    struct fg_plan plan;
    struct fg_decision decision;
    struct fg_store_reply reply;
    struct fg_event event;
    struct fg_meter meters[N_METERS];
    struct fg_rule rules[N_RULES];
    void *memory;
    struct fg_redis *redis;
    struct fg_store store;
    int64_t now_ms;
    uint64_t calls;
    char text[200];
};
static struct bench bench;
static struct store_server server;

static void make_rules(void)
{
    bench.meters[0] = (struct fg_meter){
        .name = "usual", .id = 1, .kind = FG_METER_TYPICAL, .per = FG_KEY_CUSTOMER};
    bench.meters[CALLS_1H] =
        (struct fg_meter){.name = "calls_1h", .id = 2, .per = FG_KEY_CUSTOMER, .over_ms = HOUR_MS};
    bench.rules[RULE_USUAL] = (struct fg_rule){
        .id = "U", .desc = "u", .group = -1, .events = ALL_EVENTS, .score = 1, .n_tests = 1};
    bench.rules[RULE_USUAL].tests[0] = (struct fg_meter_test){.number = INT64_MAX};
    bench.rules[RULE_BURST] = (struct fg_rule){.id = "B",
                                               .desc = "b",
                                               .group = -1,
                                               .events = 1,
                                               .measured = true,
                                               .measure_is_meter = true,
                                               .measure_meter = CALLS_1H,
                                               .relative_to = FG_RELATIVE_METER,
                                               .relative_times = 5 * FG_MICRO,
                                               .relative_at_least = 8 * FG_MICRO,
                                               .n_steps = 1};
    bench.rules[RULE_BURST].steps[0] = (struct fg_step){.above = FG_MICRO, .score = 55};
    bench.world.ruleset.meters = bench.meters;
    bench.world.ruleset.n_meters = N_METERS;
    bench.world.ruleset.rules = bench.rules;
    bench.world.ruleset.n_rules = N_RULES;
}

static int setup(void **state)
{
    (void)state;
    const struct fg_local_config config = {
        .windows = 64, .sets = 64, .calls = 256, .holds = 8, .registers = 1024};
    memset(&bench, 0, sizeof(bench));
    world_init(&bench.world);
    make_rules();
    size_t size = (fg_local_size_bytes(&config) + 63) / 64 * 64;
    bench.memory = aligned_alloc(64, size);
    assert_non_null(bench.memory);
    memset(bench.memory, 0, size);
    struct fg_local *local = fg_local_init(bench.memory, &config);
    assert_non_null(local);
    bench.store = fg_local_store(local);
    bench.now_ms = FRIDAY_MORNING_MS;
    return 0;
}

static int setup_redis(void **state)
{
    (void)setup(state);
    store_server_start(&server, NULL);
    const struct fg_redis_config config = store_server_config(&server, 2000);
    bench.redis = fg_redis_new(&config);
    assert_non_null(bench.redis);
    bench.store = fg_redis_store(bench.redis);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_fini(&bench.world);
    free(bench.memory);
    if (bench.redis != NULL) {
        fg_redis_free(bench.redis);
        store_server_stop(&server);
    }
    return 0;
}

static const struct fg_reason *reason_of(uint16_t rule)
{
    for (uint32_t i = 0; i < bench.decision.n_reasons; i++) {
        if (bench.decision.reasons[i].index == rule) {
            return &bench.decision.reasons[i];
        }
    }
    return NULL;
}

// Judges an event and does what it asks for. What is usual, in millionths; UNSEEN where unknown.
static fg_micro judge(const char *called, enum fg_event_kind kind)
{
    struct fg_store_reply ignored;
    bench.event = world_call(&bench.world, bench.world.acme, called);
    bench.event.kind = kind;
    bench.event.call_key.lo = ++bench.calls;
    fg_plan(&bench.world.policy, &bench.event, bench.now_ms, &bench.plan);
    assert_int_equal(bench.store.ops->evaluate(bench.store.impl, &bench.plan.request, &bench.reply),
                     FG_OK);
    fg_decide(&bench.plan, &bench.reply, 0, &bench.decision);
    if (bench.decision.release) {
        assert_int_equal(
            bench.store.ops->evaluate(bench.store.impl, &bench.decision.release_request, &ignored),
            FG_OK);
    }
    const struct fg_reason *reason = reason_of(RULE_USUAL);
    return reason == NULL ? UNSEEN : reason->tested[0];
}

static fg_micro call(void)
{
    return judge("02079460000", FG_EVENT_ATTEMPT);
}

static const char *text_of(uint16_t rule)
{
    const struct fg_reason *reason = reason_of(rule);
    assert_non_null(reason);
    fg_reason_text(&bench.plan, &bench.decision, reason, bench.text, sizeof(bench.text));
    return bench.text;
}

// So many calls in each hour for so long, from now on. The most that was usual.
static fg_micro call_each_hour(unsigned n, int64_t duration_ms)
{
    fg_micro most = UNSEEN;
    const int64_t until_ms = bench.now_ms + duration_ms;
    for (; bench.now_ms < until_ms; bench.now_ms += HOUR_MS) {
        for (unsigned i = 0; i < n; i++) {
            fg_micro usual = call();
            most = usual > most ? usual : most;
        }
    }
    return most;
}

static void test_what_is_usual_is_known_after_a_week(void **state)
{
    (void)state;
    bench.rules[RULE_BURST].mode = FG_MODE_OFF;
    world_seal(&bench.world);
    assert_true(call_each_hour(3, WEEK_MS) == UNSEEN);
    assert_true(call() == 2 * FG_MICRO); // an hour counts at most twice one call at first
    assert_string_equal(text_of(RULE_USUAL), "meters.usual is 2, under 9223372036854.7");
    bench.now_ms += HOUR_MS;
    (void)call_each_hour(3, 2 * WEEK_MS);
    assert_true(call() > 2 * FG_MICRO && call() <= 3 * FG_MICRO);
    assert_int_equal(bench.plan.request.ops[0].kind, FG_OP_BASELINE_ADD);
    assert_int_equal(bench.plan.request.ops[0].bucket,
                     (int64_t)bench.plan.local.day * 24 + bench.plan.local.minute / 60);
}

static void test_what_is_usual_starts_with_what_is_given(void **state)
{
    (void)state;
    static const struct fg_meter_start starts[] = {{"default", 4 * FG_MICRO},
                                                   {"office", 2 * FG_MICRO}};
    bench.meters[0].starts = starts;
    bench.meters[0].n_starts = 1;
    world_seal(&bench.world);
    assert_true(call() == 4 * FG_MICRO);
    assert_string_equal(text_of(RULE_USUAL), "meters.usual is 4 (not known yet; profile default), "
                                             "under 9223372036854.7");
    bench.meters[0].n_starts = 2;
    assert_true(call() == 2 * FG_MICRO);
    for (int i = 0; i < 10; i++) {
        (void)call();
    }
    assert_string_equal(text_of(RULE_BURST),
                        "6 times what is usual at this hour (2 calls, not known yet; profile "
                        "office) in 1 h, over 5 times");
    bench.rules[RULE_BURST].relative_at_least = 11 * FG_MICRO;
    (void)call();
    assert_string_equal(text_of(RULE_BURST),
                        "1.18 times 11 calls, the least (what is usual is not known yet; profile "
                        "office) in 1 h, over 1 times");
    // Another start is the same meter.
    assert_int_equal(
        fg_meter_id(&bench.meters[0], NULL, NULL),
        fg_meter_id(
            &(struct fg_meter){.name = "usual", .kind = FG_METER_TYPICAL, .per = FG_KEY_CUSTOMER},
            NULL, NULL));
}

static void test_what_is_unknown_is_absent(void **state)
{
    (void)state;
    world_seal(&bench.world);
    for (int i = 0; i < 20; i++) {
        assert_true(call() == UNSEEN);
        assert_int_equal(bench.decision.action, FG_ALLOW);
    }
    bench.rules[RULE_USUAL].tests[0].above = true; // and nothing is below or above it
    bench.rules[RULE_USUAL].tests[0].number = 0;
    assert_true(call() == UNSEEN);
}

static void test_each_source_counts_its_own_events(void **state)
{
    (void)state;
    static const struct {
        enum fg_meter_source source;
        enum fg_event_kind kind;
    } cases[] = {{FG_SOURCE_CALLS, FG_EVENT_ATTEMPT},
                 {FG_SOURCE_ANSWERS, FG_EVENT_ANSWER},
                 {FG_SOURCE_COST, FG_EVENT_MINUTE},
                 {FG_SOURCE_MINUTES, FG_EVENT_MINUTE}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bench.meters[0].source = cases[i].source;
        world_seal(&bench.world);
        for (int kind = FG_EVENT_ATTEMPT; kind < FG_EVENT_KINDS; kind++) {
            (void)judge(MALDIVES, (enum fg_event_kind)kind);
            const int8_t at = bench.plan.op_of_meter[0];
            assert_true(at >= 0); // a rule reads it
            const struct fg_meter_op *op = &bench.plan.request.ops[at];
            if ((enum fg_event_kind)kind != cases[i].kind) {
                assert_int_equal(op->kind, FG_OP_BASELINE_READ);
                continue;
            }
            assert_int_equal(op->kind, FG_OP_BASELINE_ADD);
            assert_true(
                op->amount ==
                (cases[i].source == FG_SOURCE_COST ? bench.plan.dest.usd_per_minute : FG_MICRO));
        }
    }
}

static void test_money_is_told_as_money(void **state)
{
    (void)state;
    static const struct fg_meter_start start = {"default", 12400000};
    bench.meters[0].source = FG_SOURCE_COST;
    bench.meters[0].starts = &start;
    bench.meters[0].n_starts = 1;
    bench.rules[RULE_BURST].measure_meter = 0;
    bench.rules[RULE_BURST].relative_to = FG_RELATIVE_NONE;
    world_seal(&bench.world);
    (void)call();
    assert_string_equal(text_of(RULE_BURST),
                        "12.40 USD usual at this hour (not known yet; profile default), over 1.00");
}

// The customer's two calls an hour, an attack of thirty, and a patient one below the threshold.
static void test_an_attack_teaches_nothing(void **state)
{
    (void)state;
    world_seal(&bench.world);
    (void)call_each_hour(2, 2 * WEEK_MS);
    assert_true(call() == 2 * FG_MICRO);
    bench.now_ms += HOUR_MS;
    assert_true(call_each_hour(30, 2 * FG_MS_PER_DAY) == 2 * FG_MICRO);
    assert_int_equal(bench.decision.action, FG_THROTTLE);
    assert_true(bench.decision.release);
    assert_string_equal(text_of(RULE_BURST),
                        "30 times what is usual at this hour (2 calls) in 1 h, "
                        "over 5 times");
    // A week later, at the hours of the attack.
    bench.now_ms += WEEK_MS - 2 * FG_MS_PER_DAY;
    assert_true(call_each_hour(1, 2 * FG_MS_PER_DAY) <= 2 * FG_MICRO);
}

static void test_a_patient_attack_doubles_in_a_week_at_most(void **state)
{
    (void)state;
    world_seal(&bench.world);
    (void)call_each_hour(2, 2 * WEEK_MS);
    fg_micro before = call();
    assert_true(before == 2 * FG_MICRO);
    bench.now_ms += HOUR_MS;
    for (int week = 0; week < 3; week++) {
        // As many as stay below the threshold; the hour's window overlaps with the one before.
        fg_micro usual = call_each_hour(4, WEEK_MS);
        assert_int_equal(bench.decision.action, FG_ALLOW);
        assert_true(usual <= 2 * before);
        before = usual;
    }
    assert_true(before > 2 * FG_MICRO); // the customer himself may grow as well
}

// One call an hour, and two more each week from the fifth on: each week is little more than the one
// before.
static void test_slow_steps_are_seen(void **state)
{
    (void)state;
    bench.meters[CALLS_1H] = bench.meters[0];
    bench.meters[CALLS_1H].kind = FG_METER_TREND;
    bench.rules[RULE_BURST].relative_to = FG_RELATIVE_NONE;
    bench.rules[RULE_BURST].steps[0].above = 3 * FG_MICRO;
    world_seal(&bench.world);
    int64_t weeks = 0;
    for (unsigned n = 2; reason_of(RULE_BURST) == NULL && weeks < 20; weeks++) {
        (void)call_each_hour(n, WEEK_MS);
        n += weeks >= 4 ? 1 : 0;
        (void)call();
    }
    assert_string_equal(text_of(RULE_BURST),
                        "3.14 times what it was four to eight weeks before, over 3");
    assert_in_range(weeks, 9, 12);
    // Reading it makes no register of its own, and a refusal freezes the one there is.
    assert_int_equal(bench.plan.request.ops[1].kind, FG_OP_BASELINE_READ);
    assert_int_equal(bench.plan.request.ops[1].meter_id, bench.plan.request.ops[0].meter_id);
    assert_int_equal(bench.decision.release_request.ops[1].kind, FG_OP_BASELINE_FREEZE);
}

// The same customer under other names: they are told apart by what they are called.
static void call_as(const char *id, const char *profile, unsigned n)
{
    struct fg_customer *customer = (struct fg_customer *)(uintptr_t)bench.world.acme;
    const struct fg_customer before = *customer;
    customer->id = id;
    customer->profile = profile;
    for (unsigned i = 0; i < n; i++) {
        (void)call();
    }
    *customer = before;
}

static const char *const others[] = {"b1", "b2", "b3", "b4", "b5"};
#define N_OTHERS (sizeof(others) / sizeof(others[0]))

// So many customers of the profile call n times at this hour of the day for weeks.
static void others_call(size_t n_others, const char *profile, unsigned n, int weeks)
{
    for (int day = 0; day < weeks * 7; day++) {
        for (size_t i = 0; i < n_others; i++) {
            call_as(others[i], profile, n);
        }
        bench.now_ms += FG_MS_PER_DAY;
    }
}

static void with_peers(void)
{
    static const struct fg_meter_start start = {"default", 4 * FG_MICRO};
    bench.meters[0].peers = true;
    bench.meters[0].starts = &start;
    bench.meters[0].n_starts = 1;
    bench.rules[RULE_BURST].mode = FG_MODE_OFF;
    world_seal(&bench.world);
}

static void test_what_is_usual_for_peers_comes_before_what_is_given(void **state)
{
    (void)state;
    with_peers();
    others_call(N_OTHERS, "office", 20, 5);
    const fg_micro usual = call();
    assert_in_range(usual, 9 * FG_MICRO, 21 * FG_MICRO);
    assert_string_equal(strchr(text_of(RULE_USUAL), '('),
                        "(usual of its peers; profile office, 5 customers), under 9223372036854.7");
    assert_int_equal(reason_of(RULE_USUAL)->peers, 5);
    // Nobody calls at night, and this is known as well.
    bench.now_ms += 12 * HOUR_MS;
    assert_true(call() == 0);
    assert_int_equal(reason_of(RULE_USUAL)->peers, 5);
    bench.now_ms -= 12 * HOUR_MS;
    bench.rules[RULE_BURST].mode = FG_MODE_ENFORCE;
    bench.rules[RULE_BURST].relative_times = FG_MICRO / 10;
    bench.rules[RULE_BURST].relative_at_least = 1;
    world_seal(&bench.world);
    for (int i = 0; i < 4; i++) {
        (void)call();
    }
    assert_non_null(strstr(text_of(RULE_BURST), " calls, usual of its peers; profile office, 5 "
                                                "customers) in 1 h, over 0.1 times"));
}

static void test_four_peers_are_too_few(void **state)
{
    (void)state;
    with_peers();
    others_call(4, "office", 20, 3);
    assert_true(call() == 4 * FG_MICRO);
    assert_non_null(strstr(text_of(RULE_USUAL), "(not known yet; profile default)"));
    // Nor do those of another profile count, nor those of whom nothing is known themselves.
    others_call(N_OTHERS, "hotel", 20, 1);
    assert_true(call() == 4 * FG_MICRO);
}

static void test_an_own_week_goes_before_peers(void **state)
{
    (void)state;
    with_peers();
    others_call(N_OTHERS, "office", 20, 3);
    (void)call_each_hour(1, WEEK_MS);
    assert_in_range(call(), FG_MICRO / 2, 2 * FG_MICRO);
    assert_int_equal(reason_of(RULE_USUAL)->starts, 0);
}

// Peers are told once for each hour, by whom something is known, and not of hours of refused calls.
static void test_who_tells_peers(void **state)
{
    (void)state;
    with_peers();
    for (bench.now_ms = FRIDAY_MORNING_MS; bench.now_ms < FRIDAY_MORNING_MS + WEEK_MS;
         bench.now_ms += HOUR_MS) {
        (void)call();
        assert_false(bench.decision.release); // a week is not known yet
    }
    (void)call();
    bench.now_ms += HOUR_MS;
    (void)call();
    assert_true(bench.decision.release);
    const struct fg_meter_op *op = &bench.decision.release_request.ops[0];
    assert_int_equal(bench.decision.release_request.n_ops, 1);
    assert_int_equal(op->kind, FG_OP_PEERS_PUT);
    assert_true(op->shared && !op->scope_is_customer && !bench.decision.release_request.once);
    assert_int_equal(op->meter_id, 1);
    assert_int_equal(op->bucket,
                     (int64_t)bench.plan.local.day * 24 + bench.plan.local.minute / 60 - 1);
    (void)call();
    assert_false(bench.decision.release); // this hour is told of later
    bench.rules[RULE_USUAL].action_at_least = FG_THROTTLE;
    bench.rules[RULE_USUAL].tests[0].number = INT64_MAX;
    bench.now_ms += HOUR_MS;
    (void)call(); // refused: it gives nothing to learn from, and nothing is told
    assert_int_equal(bench.decision.release_request.n_ops, 1);
    assert_int_equal(bench.decision.release_request.ops[0].kind, FG_OP_BASELINE_FREEZE);
    bench.rules[RULE_USUAL].action_at_least = FG_ALLOW;
    for (int hour = 0; hour < 23; hour++) {
        bench.now_ms += HOUR_MS;
        (void)call();
        assert_false(bench.decision.release);
    }
}

static void refused(void)
{
    const char *why = NULL;
    assert_int_equal(fg_ruleset_seal(&bench.world.ruleset, bench.world.arena, &why), FG_EINVAL);
    assert_non_null(why);
}

static void test_what_cannot_be(void **state)
{
    (void)state;
    static const struct fg_meter_start nothing = {"default", 0};
    static const struct fg_meter_start much = {"default", FG_METER_START_MAX + 1};
    static const struct fg_meter_start good = {"default", 1};
    bench.meters[0].n_starts = 1;
    bench.meters[0].starts = &nothing;
    refused();
    bench.meters[0].starts = &much;
    refused();
    bench.meters[0].starts = &good;
    world_seal(&bench.world);
    bench.meters[0].kind = FG_METER_GAUGE;
    refused();
    bench.meters[0].kind = FG_METER_TYPICAL;
    bench.meters[0].shared = true;
    bench.meters[0].per = FG_KEY_DEST_RANGE;
    refused();
}

int main(void)
{
#define TEST(name)  cmocka_unit_test_setup_teardown(name, setup, teardown)
#define REDIS(name) cmocka_unit_test_setup_teardown(name, setup_redis, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_usual_is_known_after_a_week),
        TEST(test_what_is_usual_starts_with_what_is_given),
        TEST(test_what_is_unknown_is_absent),
        TEST(test_each_source_counts_its_own_events),
        TEST(test_money_is_told_as_money),
        TEST(test_an_attack_teaches_nothing),
        TEST(test_a_patient_attack_doubles_in_a_week_at_most),
        REDIS(test_an_attack_teaches_nothing),
        REDIS(test_a_patient_attack_doubles_in_a_week_at_most),
        TEST(test_slow_steps_are_seen),
        REDIS(test_slow_steps_are_seen),
        TEST(test_what_is_usual_for_peers_comes_before_what_is_given),
        REDIS(test_what_is_usual_for_peers_comes_before_what_is_given),
        TEST(test_four_peers_are_too_few),
        TEST(test_an_own_week_goes_before_peers),
        REDIS(test_an_own_week_goes_before_peers),
        TEST(test_who_tells_peers),
        REDIS(test_who_tells_peers),
        TEST(test_what_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
