// SPDX-License-Identifier: GPL-2.0-or-later
// Meters of what was seen, of runs of numbers, and meters that all customers share: from the event
// through the local store to the reason.
#include "fg/decide.h"
#include "fg/explain.h"
#include "fg/store.h"

#include "engine_fixture.h"
#include "fg/first_seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ALL_EVENTS 15
#define MALDIVES   "+9607712345"
#define UNSEEN     (-1)

struct bench {
    struct world world;
    struct fg_plan plan;
    struct fg_decision decision;
    struct fg_store_reply reply;
    struct fg_event event;
    struct fg_meter meter;
    struct fg_rule rule;
    void *memory;
    struct fg_store store;
    int64_t now_ms;
    uint64_t calls;
    char text[200];
};
static struct bench bench;

static int setup(void **state)
{
    (void)state;
    const struct fg_local_config config = {
        .windows = 64, .sets = 64, .calls = 256, .holds = 8, .registers = 1024};
    memset(&bench, 0, sizeof(bench));
    world_init(&bench.world);
    bench.meter =
        (struct fg_meter){.name = "m", .id = 1, .per = FG_KEY_CUSTOMER, .over_ms = FG_MS_PER_DAY};
    bench.rule =
        (struct fg_rule){.id = "R", .desc = "r", .group = -1, .events = ALL_EVENTS, .score = 10};
    bench.rule.n_tests = 1;
    bench.rule.tests[0] = (struct fg_meter_test){.meter = 0, .number = INT64_MAX};
    bench.world.ruleset.meters = &bench.meter;
    bench.world.ruleset.n_meters = 1;
    bench.world.ruleset.rules = &bench.rule;
    bench.world.ruleset.n_rules = 1;
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

static int teardown(void **state)
{
    (void)state;
    world_fini(&bench.world);
    free(bench.memory);
    return 0;
}

// Judges bench.event as it is. What the meter read, in millionths; UNSEEN where it was not read.
static fg_micro judge(void)
{
    world_seal(&bench.world);
    fg_plan(&bench.world.policy, &bench.event, bench.now_ms, &bench.plan);
    assert_int_equal(bench.store.ops->evaluate(bench.store.impl, &bench.plan.request, &bench.reply),
                     FG_OK);
    fg_decide(&bench.plan, &bench.reply, 0, &bench.decision);
    bench.text[0] = '\0';
    if (bench.decision.n_reasons == 0) {
        return UNSEEN;
    }
    fg_reason_text(&bench.plan, &bench.decision, &bench.decision.reasons[0], bench.text,
                   sizeof(bench.text));
    return bench.decision.reasons[0].tested[0];
}

// A new call, judged as event kind.
static fg_micro call_as(const struct fg_customer *customer, const char *called,
                        enum fg_event_kind kind)
{
    bench.event = world_call(&bench.world, customer, called);
    bench.event.kind = kind;
    bench.event.call_key.lo = ++bench.calls;
    return judge();
}

static fg_micro call(const char *called)
{
    return call_as(bench.world.acme, called, FG_EVENT_ATTEMPT);
}

static void later(int64_t seconds)
{
    bench.now_ms += seconds * FG_MS_PER_S;
}

static void remember(enum fg_meter_kind kind, enum fg_meter_source source)
{
    bench.meter.kind = kind;
    bench.meter.source = source;
}

static void test_how_long_a_country_is_known(void **state)
{
    (void)state;
    remember(FG_METER_FIRST_SEEN, FG_SOURCE_DEST_COUNTRY);
    assert_true(call(MALDIVES) == 0);
    later(7200);
    assert_true(call("+9607799999") == 7200 * FG_MICRO);
    assert_string_equal(bench.text, "meters.m is 2 h, under 106751991.1 d");
    assert_true(call("02079460000") == 0);
    assert_true(call_as(bench.world.globex, MALDIVES, FG_EVENT_ATTEMPT) == 0);
    later(86399); // it was seen in between
    assert_true(call(MALDIVES) == 93599 * FG_MICRO);
    later(86400 + FG_SEEN_MARGIN_S); // forgotten
    assert_true(call(MALDIVES) == 0);
}

static void test_a_nameless_meter_is_told_as_it_was_written(void **state)
{
    (void)state;
    remember(FG_METER_FIRST_SEEN, FG_SOURCE_DEST_COUNTRY);
    bench.meter.name = "dest.country";
    bench.meter.nameless = true;
    bench.rule.tests[0].number = INT64_C(90) * 86400 * FG_MICRO;
    (void)call(MALDIVES);
    assert_string_equal(bench.text, "dest.country first seen just now, within 90 d");
    later(7200);
    (void)call(MALDIVES);
    assert_string_equal(bench.text, "dest.country first seen 2 h ago, within 90 d");
}

static void test_a_call_does_not_make_its_own_value_known(void **state)
{
    (void)state;
    remember(FG_METER_SEEN, FG_SOURCE_DEST_NUMBER);
    assert_true(call(MALDIVES) == 0);
    later(1);
    assert_true(judge() == 0); // the same call: a fork
    assert_true(bench.decision.repeated);
    later(1);
    assert_true(call(MALDIVES) == FG_MICRO);
}

static void test_only_good_calls_make_known(void **state)
{
    (void)state;
    static const struct fg_predicate talked = {
        .signal = FG_SIG_CALL_DURATION, .op = FG_OP_ABOVE, .number = 30 * FG_MICRO};
    remember(FG_METER_SEEN, FG_SOURCE_DEST_RANGE);
    bench.meter.on = FG_EVENT_END;
    bench.meter.when = (struct fg_condition){&talked, 1};
    assert_true(call(MALDIVES) == 0);
    (void)call_as(bench.world.acme, MALDIVES, FG_EVENT_END); // not answered
    later(1);
    assert_true(call(MALDIVES) == 0);
    bench.event = world_call(&bench.world, bench.world.acme, MALDIVES);
    bench.event.kind = FG_EVENT_END;
    bench.event.call_key.lo = ++bench.calls;
    bench.event.duration_s = 31;
    assert_true(judge() == 0); // as of before it
    later(1);
    assert_true(call("+9607719999") == FG_MICRO);
    assert_true(call("+9607729999") == 0);
}

static void test_values_that_a_call_lacks(void **state)
{
    (void)state;
    remember(FG_METER_SEEN, FG_SOURCE_CALLER_NUMBER);
    assert_true(call(MALDIVES) == UNSEEN); // withheld
    bench.meter.source = FG_SOURCE_CERT;
    assert_true(call(MALDIVES) == UNSEEN);
    bench.meter.source = FG_SOURCE_SRC_COUNTRY;
    assert_true(call(MALDIVES) == UNSEEN);
    bench.event.source_country = fg_country_parse(fg_view_of("FR"));
    assert_true(judge() == 0);
    later(100);
    bench.event.call_key.lo = 99;
    assert_true(judge() == FG_MICRO);
    bench.event.source_country = fg_country_parse(fg_view_of("GB"));
    assert_true(judge() == 0);
}

static void test_ages_are_measured(void **state)
{
    (void)state;
    remember(FG_METER_FIRST_SEEN, FG_SOURCE_DEST_NUMBER);
    bench.rule.n_tests = 0;
    bench.rule.measured = bench.rule.measure_is_meter = true;
    bench.rule.n_steps = 1;
    bench.rule.steps[0] = (struct fg_step){.above = 60 * FG_MICRO, .score = 10};
    assert_true(call(MALDIVES) == UNSEEN);
    later(90);
    (void)call(MALDIVES);
    assert_string_equal(bench.text, "1.5 min since this number was first seen, over 1 min");
    remember(FG_METER_SEEN, FG_SOURCE_DEST_NUMBER);
    bench.rule.steps[0].above = 0;
    (void)call(MALDIVES);
    assert_string_equal(bench.text, "1 (this number was seen before), over 0");
}

static void test_numbers_in_rising_order(void **state)
{
    (void)state;
    remember(FG_METER_RUN, FG_SOURCE_DEST_NUMBER);
    bench.meter.over_ms = 600000;
    bench.rule.n_tests = 0;
    bench.rule.measured = bench.rule.measure_is_meter = true;
    bench.rule.n_steps = 1;
    bench.rule.steps[0] = (struct fg_step){.above = 2 * FG_MICRO, .score = 10};
    (void)call("+9607712345");
    (void)call("+9607799999");
    (void)call("+9607712346");
    assert_string_equal(bench.text, "");
    (void)call("+9607712347");
    assert_string_equal(bench.text, "3 numbers in rising order in 10 min, over 2");
    (void)judge(); // a retry
    assert_string_equal(bench.text, "3 numbers in rising order in 10 min, over 2");
    (void)call_as(bench.world.globex, "+9607712348", FG_EVENT_ATTEMPT);
    assert_string_equal(bench.text, "");
    later(601);
    (void)call("+9607712348");
    assert_string_equal(bench.text, "");
}

static void test_meters_that_all_customers_share(void **state)
{
    (void)state;
    bench.meter.shared = true;
    bench.meter.per = FG_KEY_DEST_RANGE;
    remember(FG_METER_DISTINCT, FG_SOURCE_CUSTOMER);
    assert_true(call(MALDIVES) == FG_MICRO);
    assert_true(call(MALDIVES) == FG_MICRO);
    assert_true(call_as(bench.world.globex, "+9607719999", FG_EVENT_ATTEMPT) == 2 * FG_MICRO);
    assert_true(call_as(bench.world.globex, "+9607729999", FG_EVENT_ATTEMPT) == FG_MICRO);
    bench.meter.id = 2;
    remember(FG_METER_COUNT, FG_SOURCE_CALLS);
    assert_true(call(MALDIVES) == FG_MICRO);
    assert_true(call_as(bench.world.globex, MALDIVES, FG_EVENT_ATTEMPT) == 2 * FG_MICRO);
    bench.meter.id = 3;
    remember(FG_METER_FIRST_SEEN, FG_SOURCE_DEST_NUMBER);
    assert_true(call(MALDIVES) == 0);
    later(60);
    assert_true(call_as(bench.world.globex, MALDIVES, FG_EVENT_ATTEMPT) == 60 * FG_MICRO);
}

static void test_what_a_rate_admits_gives_nothing(void **state)
{
    (void)state;
    static const struct fg_predicate abroad = {.signal = FG_SIG_DEST_HOME, .op = FG_OP_IS};
    bench.meter = (struct fg_meter){.name = "R",
                                    .id = 1,
                                    .kind = FG_METER_RATE,
                                    .per = FG_KEY_DEST_RANGE,
                                    .rate = 6,
                                    .rate_s = 60,
                                    .burst = 2};
    bench.rule.n_tests = 0;
    bench.rule.when = (struct fg_condition){&abroad, 1};
    bench.rule.events = 1U << FG_EVENT_ATTEMPT;
    bench.rule.action_at_least = FG_THROTTLE;
    bench.rule.throttles = true;
    for (int i = 0; i < 4; i++) {
        assert_true(call("02079460000") == UNSEEN); // takes nothing
    }
    assert_int_equal(bench.plan.request.n_ops, 0);
    assert_true(call(MALDIVES) == UNSEEN);
    assert_true(judge() == UNSEEN); // a fork
    assert_true(call(MALDIVES) == UNSEEN);
    assert_int_equal(bench.decision.action, FG_ALLOW);
    (void)call(MALDIVES);
    assert_string_equal(bench.text,
                        "dest.home is false, above 6/min (2 at once) to one number range");
    assert_int_equal(bench.decision.action, FG_THROTTLE);
    assert_int_equal(bench.decision.score, 10);
    assert_true(call("+9607722345") == UNSEEN);
    assert_true(call_as(bench.world.globex, MALDIVES, FG_EVENT_ATTEMPT) == UNSEEN);
    later(10);
    assert_true(call(MALDIVES) == UNSEEN);
    (void)call(MALDIVES);
    assert_int_equal(bench.decision.action, FG_THROTTLE);
    fg_decide(&bench.plan, NULL, 0, &bench.decision); // nobody could be asked
    assert_int_equal(bench.decision.action, FG_ALLOW);
    bench.rule.unavailable_scores = true;
    bench.rule.unavailable_score = 3;
    fg_decide(&bench.plan, NULL, 0, &bench.decision);
    assert_int_equal(bench.decision.score, 3);
}

// The end of a call from the same caller that has lasted so long.
static void talked(struct fg_number caller, int32_t seconds)
{
    bench.event = world_call(&bench.world, bench.world.acme, MALDIVES);
    bench.event.kind = FG_EVENT_END;
    bench.event.caller = caller;
    bench.event.call_key.lo = ++bench.calls;
    bench.event.duration_s = seconds;
    (void)judge();
}

// What is read when caller rings, in seconds.
static fg_micro rings(struct fg_number caller)
{
    bench.event = world_call(&bench.world, bench.world.acme, MALDIVES);
    bench.event.caller = caller;
    bench.event.call_key.lo = ++bench.calls;
    const fg_micro reading = judge();
    return reading == UNSEEN ? UNSEEN : reading / FG_MICRO;
}

static void test_who_talked_is_known(void **state)
{
    (void)state;
    static const struct fg_predicate talk = {
        .signal = FG_SIG_CALL_DURATION, .op = FG_OP_ABOVE, .number = 20 * FG_MICRO};
    const struct fg_number friend = {.len = 11, .digits = "33123456789"};
    const struct fg_number other = {.len = 11, .digits = "33123456780"};
    const struct fg_number withheld = {.len = 0};
    remember(FG_METER_KNOWN, FG_SOURCE_CALLER_NUMBER);
    bench.meter.on = FG_EVENT_END;
    bench.meter.blocks = 4;
    bench.meter.over_ms = 31 * FG_MS_PER_DAY;
    bench.meter.when = (struct fg_condition){&talk, 1};
    for (int i = 0; i < 100; i++) {
        assert_int_equal(rings(friend), 0); // who only rings stays a stranger
    }
    talked(friend, 20);
    assert_int_equal(rings(friend), 0);
    talked(friend, 21);
    assert_int_equal(rings(friend), 1);
    assert_int_equal(rings(other), 0);
    talked(withheld, 100);
    assert_int_equal(rings(withheld), 0); // nobody knows him
    later(86400);
    assert_in_range(rings(friend), 86400 - 11160, 86400 + 11160);
    assert_non_null(strstr(bench.text, "meters.m is "));
    bench.rule.n_tests = 0;
    bench.rule.measured = bench.rule.measure_is_meter = true;
    bench.rule.n_steps = 1;
    bench.rule.steps[0] = (struct fg_step){.above = 60 * FG_MICRO, .score = 10};
    (void)rings(friend);
    assert_non_null(strstr(bench.text, " since this caller became known, over 1 min"));
    bench.rule.n_tests = 1;
    bench.rule.measured = false;
    // All of a filter lies in as many places as it has blocks.
    uint32_t places = 0;
    uint64_t seen[8] = {0};
    for (uint32_t i = 0; i < 200; i++) {
        struct fg_number caller = friend;
        caller.digits[9] = (char)('0' + i / 10 % 10);
        caller.digits[10] = (char)('0' + i % 10);
        (void)rings(caller);
        const struct fg_meter_op *op = &bench.plan.request.ops[bench.plan.op_of_meter[0]];
        assert_true(op->kind == FG_OP_KNOWN_READ && !op->scope_is_customer && op->member <= 65535);
        uint32_t at = 0;
        while (at < places && seen[at] != op->scope) {
            at++;
        }
        if (at == places) {
            assert_true(places < 4);
            seen[places++] = op->scope;
        }
    }
    assert_int_equal(places, 4);
}

// Judges an event of a call that has this lease.
static fg_micro progress(uint64_t lease, enum fg_event_kind kind, int32_t minute)
{
    bench.event = world_call(&bench.world, bench.world.acme, MALDIVES);
    bench.event.kind = kind;
    bench.event.call_key.lo = bench.event.lease = lease;
    bench.event.minute = minute;
    return judge();
}

static void test_what_calls_in_progress_come_to(void **state)
{
    (void)state;
    const fg_micro rate = 1200000;
    remember(FG_METER_GAUGE, FG_SOURCE_COST);
    assert_true(progress(1, FG_EVENT_ATTEMPT, 0) == rate);
    assert_string_equal(bench.text, "meters.m is 1.20, under 9223372036854.7758");
    assert_true(progress(1, FG_EVENT_ATTEMPT, 0) == rate); // a retry
    assert_true(progress(1, FG_EVENT_ANSWER, 0) == rate);
    assert_true(progress(1, FG_EVENT_MINUTE, 1) == rate);
    assert_true(progress(1, FG_EVENT_MINUTE, 2) == 2 * rate);
    assert_true(progress(2, FG_EVENT_ATTEMPT, 0) == 3 * rate);
    assert_true(progress(1, FG_EVENT_END, 0) == rate);
    // Nobody renews the other one: a crash, or a BYE that was lost.
    later(FG_LEASE_MS / FG_MS_PER_S);
    assert_true(progress(3, FG_EVENT_ATTEMPT, 0) == rate);
    // A refused attempt gives its place back, an earlier one of the same call makes room.
    struct fg_store_request release;
    assert_true(fg_decide_release(&bench.plan, &release));
    assert_int_equal(release.ops[0].kind, FG_OP_EXPOSURE_DELETE);
    bench.event.lease_before = 3;
    bench.event.lease = 4;
    bench.event.call_key.lo = 4;
    assert_true(judge() == rate);
    assert_int_equal(bench.plan.request.n_ops, 2);
    bench.rule.n_tests = 0;
    bench.rule.measured = bench.rule.measure_is_meter = true;
    bench.rule.n_steps = 1;
    bench.rule.steps[0] = (struct fg_step){.above = FG_MICRO, .score = 10};
    (void)progress(5, FG_EVENT_ATTEMPT, 0);
    assert_string_equal(bench.text, "2.40 USD in progress, over 1.00");
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
    remember(FG_METER_FIRST_SEEN, FG_SOURCE_DEST_NUMBER);
    world_seal(&bench.world);
    bench.meter.over_ms = FG_METER_REMEMBERED_MAX_MS + 1;
    refused();
    bench.meter.over_ms = FG_METER_REMEMBERED_MAX_MS;
    bench.meter.on = FG_EVENT_MINUTE;
    refused();
    bench.meter.on = FG_EVENT_END;
    bench.meter.shared = true; // and per customer
    refused();
    bench.meter.per = FG_KEY_DEST_RANGE;
    world_seal(&bench.world);
    bench.meter.kind = FG_METER_GAUGE;
    refused();
    bench.meter.kind = FG_METER_KNOWN;
    bench.meter.shared = false;
    bench.meter.blocks = 3;
    refused();
    bench.meter.blocks = 4;
    world_seal(&bench.world);
    bench.meter =
        (struct fg_meter){.name = "R", .kind = FG_METER_RATE, .rate = 1, .rate_s = 1, .burst = 1};
    bench.rule.n_tests = 0;
    bench.rule.throttles = true;
    refused(); // on all events
    bench.rule.events = 1U << FG_EVENT_ATTEMPT;
    world_seal(&bench.world);
    bench.meter.rate = 0;
    refused();
    bench.meter.rate = 1;
    bench.rule.throttle_meter = 1;
    refused();
}

static void test_definitions_have_ids_of_their_own(void **state)
{
    (void)state;
    struct fg_meter meter = {.name = "m", .kind = FG_METER_SEEN, .per = FG_KEY_DEST_NUMBER};
    uint32_t plain = fg_meter_id(&meter, NULL, NULL);
    meter.on = FG_EVENT_END;
    uint32_t at_end = fg_meter_id(&meter, NULL, NULL);
    meter.shared = true;
    uint32_t shared = fg_meter_id(&meter, NULL, NULL);
    assert_true(plain != at_end && at_end != shared && plain != shared);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_how_long_a_country_is_known),
        TEST(test_a_nameless_meter_is_told_as_it_was_written),
        TEST(test_a_call_does_not_make_its_own_value_known),
        TEST(test_only_good_calls_make_known),
        TEST(test_values_that_a_call_lacks),
        TEST(test_ages_are_measured),
        TEST(test_numbers_in_rising_order),
        TEST(test_meters_that_all_customers_share),
        TEST(test_what_a_rate_admits_gives_nothing),
        TEST(test_who_talked_is_known),
        TEST(test_what_calls_in_progress_come_to),
        TEST(test_what_cannot_be),
        TEST(test_definitions_have_ids_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
