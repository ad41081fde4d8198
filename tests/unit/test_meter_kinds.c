// SPDX-License-Identifier: GPL-2.0-or-later
// Ratios, what meters count and tell apart, tests of meters in rules, and measures that are
// relative to another meter: from the event to the reason's text.
#include "fg/decide.h"
#include "fg/explain.h"

#include "engine_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ALL_EVENTS 15

enum { TESTED, MEASURED, METERS };

static struct world world;
static struct fg_plan plan;
static struct fg_decision decision;
static struct fg_store_reply reply;
static struct fg_event event;
static struct fg_meter meters[METERS];
static struct fg_rule rule;
static const struct fg_predicate brief = {
    .signal = FG_SIG_CALL_DURATION, .op = FG_OP_BELOW, .number = 6 * FG_MICRO};

static int setup(void **state)
{
    (void)state;
    world_init(&world);
    memset(meters, 0, sizeof(meters));
    memset(&reply, 0, sizeof(reply));
    for (uint32_t i = 0; i < METERS; i++) {
        meters[i] = (struct fg_meter){.name = i == TESTED ? "tested" : "measured",
                                      .id = i + 1,
                                      .per = FG_KEY_CUSTOMER,
                                      .over_ms = 600000,
                                      .hit_id = 10 + i};
    }
    rule = (struct fg_rule){.id = "R", .desc = "r", .group = -1, .events = ALL_EVENTS, .score = 10};
    world.ruleset.meters = meters;
    world.ruleset.n_meters = METERS;
    world.ruleset.rules = &rule;
    world.ruleset.n_rules = 1;
    event = world_call(&world, world.acme, "+9607712345");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_fini(&world);
    return 0;
}

static void plan_now(void)
{
    world_seal(&world);
    fg_plan(&world.policy, &event, FRIDAY_MORNING_MS, &plan);
}

static void read_as(uint16_t meter, int64_t value)
{
    assert_true(plan.op_of_meter[meter] >= 0);
    reply.values[plan.op_of_meter[meter]] = value;
}

static void read_hits_as(uint16_t meter, int64_t value)
{
    assert_true(plan.hit_op_of_meter[meter] >= 0);
    reply.values[plan.hit_op_of_meter[meter]] = value;
}

// The reason's text, or "" where the rule does not hit.
static const char *judged(void)
{
    static char text[200];
    fg_decide(&plan, &reply, 0, &decision);
    text[0] = '\0';
    for (uint32_t i = 0; i < decision.n_reasons; i++) {
        if (decision.reasons[i].kind == FG_REASON_RULE) {
            fg_reason_text(&plan, &decision, &decision.reasons[i], text, sizeof(text));
        }
    }
    return text;
}

static void make_ratio(uint16_t meter)
{
    meters[meter].kind = FG_METER_RATIO;
    meters[meter].source = FG_SOURCE_ENDS;
    meters[meter].hit = (struct fg_condition){&brief, 1};
    meters[meter].min_samples = 20;
}

static void test_meters(uint8_t n, bool above, fg_micro number)
{
    rule.n_tests = n;
    for (uint8_t i = 0; i < n; i++) {
        rule.tests[i] = (struct fg_meter_test){.meter = i, .above = above, .number = number};
    }
}

static void test_events_that_are_counted(void **state)
{
    (void)state;
    static const enum fg_meter_source sources[] = {FG_SOURCE_CALLS, FG_SOURCE_ANSWERS,
                                                   FG_SOURCE_ENDS};
    static const enum fg_event_kind counted[] = {FG_EVENT_ATTEMPT, FG_EVENT_ANSWER, FG_EVENT_END};
    world.ruleset.n_meters = 1;
    for (int i = 0; i < 3; i++) {
        meters[0].source = sources[i];
        for (int kind = 0; kind < FG_EVENT_KINDS; kind++) {
            event.kind = (enum fg_event_kind)kind;
            plan_now();
            assert_int_equal(plan.op_of_meter[0] >= 0, event.kind == counted[i]);
        }
    }
}

static void test_a_ratio_has_two_windows(void **state)
{
    (void)state;
    make_ratio(TESTED);
    world.ruleset.n_meters = 1;
    event.kind = FG_EVENT_END;
    event.duration_s = 60;
    plan_now();
    assert_int_equal(plan.request.n_ops, 1); // nobody reads it: a hit would be a second one
    event.duration_s = 0;
    plan_now();
    assert_int_equal(plan.request.n_ops, 2);
    const struct fg_meter_op *all = &plan.request.ops[plan.op_of_meter[0]];
    const struct fg_meter_op *hit = &plan.request.ops[plan.hit_op_of_meter[0]];
    assert_int_equal(all->kind, FG_OP_WINDOW_ADD);
    assert_int_equal(hit->kind, FG_OP_WINDOW_ADD);
    assert_true(all->meter_id == 1 && hit->meter_id == 10 && all->bucket == hit->bucket);
    test_meters(1, true, FG_MICRO / 2);
    event.duration_s = 60;
    plan_now();
    assert_int_equal(plan.request.ops[plan.op_of_meter[0]].kind, FG_OP_WINDOW_ADD);
    assert_int_equal(plan.request.ops[plan.hit_op_of_meter[0]].kind, FG_OP_WINDOW_READ);
    event.kind = FG_EVENT_ATTEMPT;
    plan_now();
    assert_int_equal(plan.request.ops[plan.op_of_meter[0]].kind, FG_OP_WINDOW_READ);
}

static void test_a_ratio_of_too_few_is_absent(void **state)
{
    (void)state;
    make_ratio(TESTED);
    test_meters(1, false, FG_MICRO / 2);
    plan_now();
    read_as(TESTED, 19);
    assert_string_equal(judged(), "");
    read_as(TESTED, 20);
    read_hits_as(TESTED, 3);
    assert_string_equal(judged(), "meters.tested is 15%, under 50%");
    read_hits_as(TESTED, 10);
    assert_string_equal(judged(), "");
    reply.unavailable[plan.hit_op_of_meter[TESTED]] = true;
    rule.unavailable_scores = true;
    assert_string_equal(judged(), "counter tested cannot be read");
}

static void test_a_share_is_measured(void **state)
{
    (void)state;
    make_ratio(MEASURED);
    rule.measured = rule.measure_is_meter = true;
    rule.measure_meter = MEASURED;
    rule.n_steps = 1;
    rule.steps[0] = (struct fg_step){.above = FG_MICRO / 10, .score = 10};
    plan_now();
    read_as(MEASURED, 20);
    read_hits_as(MEASURED, 3);
    assert_string_equal(judged(), "3 of 20 ended calls (15%) in 10 min, over 10%");
    read_hits_as(MEASURED, 2);
    assert_string_equal(judged(), "");
    read_hits_as(MEASURED, 999); // never more than all
    assert_string_equal(judged(), "20 of 20 ended calls (100%) in 10 min, over 10%");
}

static void test_meters_are_tested(void **state)
{
    (void)state;
    static const struct fg_predicate abroad = {.signal = FG_SIG_DEST_HOME, .op = FG_OP_IS};
    rule.when = (struct fg_condition){&abroad, 1};
    test_meters(2, true, 2 * FG_MICRO);
    plan_now();
    read_as(TESTED, 3);
    read_as(MEASURED, 2);
    assert_string_equal(judged(), "");
    read_as(MEASURED, 4);
    assert_string_equal(judged(), "dest.home is false and meters.tested is 3, over 2 and "
                                  "meters.measured is 4, over 2");
    assert_int_equal(decision.score, 10);
}

static void test_unreadable_meters_score_instead(void **state)
{
    (void)state;
    test_meters(2, true, 2 * FG_MICRO);
    plan_now();
    read_as(MEASURED, 9);
    reply.unavailable[plan.op_of_meter[TESTED]] = true;
    assert_string_equal(judged(), "");
    rule.unavailable_scores = true;
    rule.unavailable_score = 4;
    assert_string_equal(judged(), "counter tested cannot be read");
    assert_int_equal(decision.score, 4);
    read_as(MEASURED, 1); // speaks against the rule
    assert_string_equal(judged(), "");
    fg_decide(&plan, NULL, 0, &decision);
    assert_int_equal(decision.score, 4);
}

static void test_relative_to_a_meter(void **state)
{
    (void)state;
    rule.measured = rule.measure_is_meter = true;
    rule.measure_meter = MEASURED;
    rule.relative_to = FG_RELATIVE_METER;
    rule.relative_meter = TESTED;
    rule.relative_times = FG_MICRO / 100;
    rule.relative_at_least = 2 * FG_MICRO;
    rule.n_steps = 1;
    rule.steps[0] = (struct fg_step){.above = 5 * FG_MICRO, .score = 30};
    plan_now();
    read_as(MEASURED, 10);
    read_as(TESTED, 5);
    assert_string_equal(judged(), "");
    read_as(MEASURED, 13);
    assert_string_equal(judged(), "6.5 times the 2 calls usual by tested in 10 min, over 5 times");
    read_as(TESTED, 400);
    assert_string_equal(judged(), "");
    read_as(TESTED, INT64_MAX);
    assert_string_equal(judged(), "");
    reply.unavailable[plan.op_of_meter[TESTED]] = true;
    rule.unavailable_scores = true;
    assert_string_equal(judged(), "counter tested cannot be read");
}

static void test_composites_roll_out(void **state)
{
    (void)state;
    static const struct fg_composite_term term = {.kind = FG_TERM_RULE, .rule = 0};
    static struct fg_composite composite;
    composite = (struct fg_composite){
        .id = "C", .all_of = &term, .n_all = 1, .score = 20, .rolls_out = true};
    world.ruleset.composites = &composite;
    world.ruleset.n_composites = 1;
    plan_now();
    (void)judged();
    assert_int_equal(decision.score, 10);
    assert_int_equal(decision.shadow_score, 30);
    composite.rollout_percent = 100;
    (void)judged();
    assert_int_equal(decision.score, 30);
}

static void test_answered(void **state)
{
    (void)state;
    struct fg_value value;
    for (int kind = 0; kind < FG_EVENT_KINDS; kind++) {
        for (int answered = 0; answered < 2; answered++) {
            event.kind = (enum fg_event_kind)kind;
            event.answered = answered != 0;
            plan_now();
            fg_plan_signal(&plan, FG_SIG_CALL_ANSWERED, NULL, &value);
            assert_int_equal(value.present, event.kind != FG_EVENT_ATTEMPT);
            assert_int_equal(value.truth,
                             value.present && (event.kind != FG_EVENT_END || answered != 0));
        }
    }
    event.answered = false;
    fg_plan_signal(&plan, FG_SIG_CALL_DURATION, NULL, &value);
    assert_true(value.present && value.number == 0);
}

// The scope of the tested meter for a call; 0 where it has none.
static uint64_t scope_of(uint32_t per, const char *called, const char *caller, const char *source)
{
    meters[TESTED].per = per;
    event = world_call(&world, world.acme, called);
    assert_true(fg_ip_parse(fg_view_of(source), &event.source));
    if (caller[0] != '\0') {
        assert_int_equal(fg_number_parse_e164(fg_view_of(caller), &event.caller), FG_OK);
    }
    plan_now();
    int8_t op = plan.op_of_meter[TESTED];
    return op < 0 ? 0 : plan.request.ops[op].scope;
}

#define SAME(per, a, b)      assert_true(scope_of(per, a, "", "::1") == scope_of(per, b, "", "::1"))
#define DIFFERENT(per, a, b) assert_true(scope_of(per, a, "", "::1") != scope_of(per, b, "", "::1"))

static void test_keys(void **state)
{
    (void)state;
    SAME(FG_KEY_DEST_RANGE, "+9607712345", "+9607719999");
    DIFFERENT(FG_KEY_DEST_RANGE, "+9607712345", "+9607722345");
    SAME(FG_KEY_DEST_BLOCK, "+9607712345", "+9607712399");
    DIFFERENT(FG_KEY_DEST_BLOCK, "+9607712345", "+9607712445");
    SAME(FG_KEY_DEST_TYPE, "+9607712345", "+9607799999");
    DIFFERENT(FG_KEY_DEST_TYPE, "+9607712345", "02079460000");
    SAME(FG_KEY_DEST_TAIL, "02079460000", "+442079460000");
    DIFFERENT(FG_KEY_DEST_TAIL, "02079460000", "02079460001");
    DIFFERENT(FG_KEY_DEST_RANGE, "", "+9607712345");
    assert_true(scope_of(FG_KEY_DEST_TAIL, "nonsense", "", "::1") == 0);
    uint64_t caller = scope_of(FG_KEY_CALLER_RANGE, "+9607712345", "+441132000100", "::1");
    assert_true(caller == scope_of(FG_KEY_CALLER_RANGE, "+9607712345", "+441132009999", "::1"));
    assert_true(caller != scope_of(FG_KEY_CALLER_RANGE, "+9607712345", "+441132010100", "::1"));
    uint64_t network = scope_of(FG_KEY_NETWORK, "+9607712345", "", "192.0.2.9");
    assert_true(network == scope_of(FG_KEY_NETWORK, "+9607712345", "", "192.0.2.200"));
    assert_true(network != scope_of(FG_KEY_NETWORK, "+9607712345", "", "192.0.3.9"));
    network = scope_of(FG_KEY_NETWORK, "+9607712345", "", "2001:db8:1:2::1");
    assert_true(network == scope_of(FG_KEY_NETWORK, "+9607712345", "", "2001:db8:1:9::1"));
    assert_true(network != scope_of(FG_KEY_NETWORK, "+9607712345", "", "2001:db8:2:2::1"));
}

static void test_a_key_of_the_certificate(void **state)
{
    (void)state;
    struct fg_tls_peer peer = {.tls = true, .cert_present = true, .fingerprint = {1}};
    meters[TESTED].per = FG_KEY_CUSTOMER | FG_KEY_CERT;
    plan_now();
    assert_true(plan.op_of_meter[TESTED] < 0); // no certificate: not counted
    event.tls = &peer;
    plan_now();
    assert_true(plan.op_of_meter[TESTED] >= 0);
    uint64_t first = plan.request.ops[plan.op_of_meter[TESTED]].scope;
    peer.fingerprint[31] = 9;
    plan_now();
    assert_true(plan.request.ops[plan.op_of_meter[TESTED]].scope != first);
    peer.cert_present = false;
    plan_now();
    assert_true(plan.op_of_meter[TESTED] < 0);
}

static uint64_t attested(const char *level)
{
    event.attrs[0] = (struct fg_attr){fg_view_of("attest"), fg_view_of(level)};
    event.n_attrs = 1;
    plan_now();
    assert_true(plan.op_of_meter[TESTED] >= 0);
    return plan.request.ops[plan.op_of_meter[TESTED]].scope;
}

static void test_a_key_of_the_attestation(void **state)
{
    (void)state;
    meters[TESTED].per = FG_KEY_CUSTOMER | FG_KEY_ATTEST;
    plan_now();
    assert_true(plan.op_of_meter[TESTED] >= 0); // not signed: counted, too
    uint64_t unsigned_calls = plan.request.ops[plan.op_of_meter[TESTED]].scope;
    assert_true(attested("nonsense") == unsigned_calls);
    assert_true(attested("A") != unsigned_calls);
    assert_true(attested("a") == attested("A"));
    assert_true(attested("A") != attested("C"));
    assert_true(attested("failed") != attested("C"));
}

static uint64_t member_of(enum fg_meter_source source, const char *called)
{
    meters[TESTED].kind = FG_METER_DISTINCT;
    meters[TESTED].source = source;
    world.ruleset.n_meters = 1;
    struct fg_event call = world_call(&world, world.acme, called);
    call.tls = event.tls;
    call.source = event.source;
    call.caller = event.caller;
    event = call;
    plan_now();
    int8_t op = plan.op_of_meter[TESTED];
    return op < 0 ? 0 : plan.request.ops[op].member;
}

static void test_members(void **state)
{
    (void)state;
    struct fg_tls_peer peer = {.tls = true, .fingerprint = {1}};
    assert_true(member_of(FG_SOURCE_DEST_RANGE, "+9607712345") ==
                member_of(FG_SOURCE_DEST_RANGE, "+9607719999"));
    assert_true(member_of(FG_SOURCE_DEST_BLOCK, "+9607712345") !=
                member_of(FG_SOURCE_DEST_BLOCK, "+9607719999"));
    assert_true(member_of(FG_SOURCE_DEST_DIALLED, "+442079460000") !=
                member_of(FG_SOURCE_DEST_DIALLED, "02079460000"));
    assert_true(member_of(FG_SOURCE_CALLER_RANGE, "+9607712345") == 0);
    assert_int_equal(fg_number_parse_e164(fg_view_of("+441132000100"), &event.caller), FG_OK);
    assert_true(member_of(FG_SOURCE_CALLER_RANGE, "+9607712345") != 0);
    assert_true(member_of(FG_SOURCE_NETWORK, "+9607712345") != 0);
    assert_true(member_of(FG_SOURCE_CERT, "+9607712345") == 0);
    event.tls = &peer;
    assert_true(member_of(FG_SOURCE_CERT, "+9607712345") == 0);
    peer.cert_present = true;
    uint64_t first = member_of(FG_SOURCE_CERT, "+9607712345");
    peer.fingerprint[31] = 9;
    assert_true(first != 0 && first != member_of(FG_SOURCE_CERT, "+9607712345"));
}

static void test_too_many_counters_are_refused(void **state)
{
    (void)state;
    static struct fg_meter many[FG_METERS_MAX];
    const char *why = NULL;
    for (uint32_t i = 0; i < FG_METERS_MAX; i++) {
        many[i] = meters[TESTED];
        many[i].id = i + 1;
        many[i].per = i < FG_METERS_MAX / 2 ? FG_KEY_CUSTOMER : FG_KEY_DEST_COUNTRY;
        many[i].direction = i % 2 == 0 ? FG_OUTBOUND : FG_INBOUND;
    }
    world.ruleset.meters = many;
    world.ruleset.n_meters = FG_METERS_MAX;
    plan_now();
    assert_int_equal(plan.request.n_ops, FG_METERS_MAX / 2);
    test_meters(1, true, 0);
    rule.tests[0].meter = FG_METERS_MAX - 1; // the last bit, and of the other direction
    plan_now();
    assert_true(plan.op_of_meter[FG_METERS_MAX - 1] >= 0);
    for (uint32_t i = 0; i < FG_METERS_MAX; i++) {
        many[i].direction = FG_OUTBOUND;
    }
    assert_int_equal(fg_ruleset_seal(&world.ruleset, world.arena, &why), FG_ELIMIT);
    rule.tests[0].meter = FG_METERS_MAX;
    assert_int_equal(fg_ruleset_seal(&world.ruleset, world.arena, &why), FG_EINVAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_events_that_are_counted),
        TEST(test_a_ratio_has_two_windows),
        TEST(test_a_ratio_of_too_few_is_absent),
        TEST(test_a_share_is_measured),
        TEST(test_meters_are_tested),
        TEST(test_unreadable_meters_score_instead),
        TEST(test_relative_to_a_meter),
        TEST(test_composites_roll_out),
        TEST(test_answered),
        TEST(test_keys),
        TEST(test_a_key_of_the_certificate),
        TEST(test_a_key_of_the_attestation),
        TEST(test_members),
        TEST(test_too_many_counters_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
