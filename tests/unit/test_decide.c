// SPDX-License-Identifier: GPL-2.0-or-later
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

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define ATTEMPT  (1U << FG_EVENT_ATTEMPT)
#define MINUTE   (1U << FG_EVENT_MINUTE)

enum { RULE_IRSF, RULE_CLOSED, RULE_CPM, RULE_SPEND, RULE_LIVE, RULE_SHADOW, RULE_RATE, RULES };
enum { METER_CALLS, METER_SPEND, METER_LIVE, METER_DESTS, METERS };

static struct fg_predicate irsf[1], closed[1], srtp[1];
static struct fg_list lists[1];
static const char *const notes[] = {"Maldives mobile"};
static const struct fg_hours office[] = {{.days = 0x1f, .from_min = 480, .to_min = 1080}};
static const struct fg_calendar calendars[] = {{.name = "office",
                                                .customer_hours = true,
                                                .customer_holidays = true,
                                                .hours = office,
                                                .n_hours = 1}};
static const struct fg_group groups[] = {{"destination", 60}, {"velocity", 25}};
static struct fg_meter meters[METERS];
static struct fg_rule rules[RULES];
static const struct fg_composite_term irsf_closed[] = {{.kind = FG_TERM_RULE, .rule = RULE_IRSF},
                                                       {.kind = FG_TERM_RULE, .rule = RULE_CLOSED}};
static const struct fg_composite_term cpm[] = {{.kind = FG_TERM_RULE, .rule = RULE_CPM}};
static const struct fg_composite_term campaign[] = {{.kind = FG_TERM_TAG, .tag = "campaign"}};
static struct fg_composite composites[] = {
    {.id = "IRSF_CLOSED", .all_of = irsf_closed, .n_all = 2, .score = 20},
    {.id = "KNOWN_CAMPAIGN",
     .all_of = cpm,
     .n_all = 1,
     .any_of = campaign,
     .n_any = 1,
     .score = -25}};

static void fill_rules(void)
{
    irsf[0] = (struct fg_predicate){.signal = FG_SIG_DEST_PREFIX, .op = FG_OP_IN_LIST};
    closed[0] = (struct fg_predicate){.op = FG_OP_CALENDAR, .state = FG_CALENDAR_CLOSED};
    srtp[0] = (struct fg_predicate){.signal = FG_SIG_MEDIA_SRTP, .op = FG_OP_IS, .truth = true};
    rules[RULE_IRSF] = (struct fg_rule){
        .id = "DEST_IRSF", .group = 0, .events = ATTEMPT, .when = {irsf, 1}, .score = 45};
    rules[RULE_CLOSED] = (struct fg_rule){
        .id = "TIME_CLOSED", .group = -1, .events = ATTEMPT, .when = {closed, 1}, .score = 15};
    rules[RULE_CPM] = (struct fg_rule){
        .id = "VEL_CPM",
        .group = 1,
        .events = ATTEMPT,
        .measured = true,
        .measure_is_meter = true,
        .measure_meter = METER_CALLS,
        .n_steps = 2,
        .steps = {{.above = 20 * FG_MICRO, .score = 10}, {.above = 60 * FG_MICRO, .score = 30}},
        .unavailable_scores = true,
        .unavailable_score = 5};
    rules[RULE_SPEND] =
        (struct fg_rule){.id = "VEL_SPEND",
                         .group = 1,
                         .events = ATTEMPT | MINUTE,
                         .measured = true,
                         .measure_is_meter = true,
                         .measure_meter = METER_SPEND,
                         .relative_to = FG_RELATIVE_DAILY_LIMIT,
                         .n_steps = 2,
                         .steps = {{.above = 800000, .score = 10},
                                   {.above = 1000000, .score = 60, .action_at_least = FG_BLOCK}}};
    rules[RULE_LIVE] = (struct fg_rule){
        .id = "VEL_LIVE",
        .group = 1,
        .events = ATTEMPT,
        .measured = true,
        .measure_is_meter = true,
        .measure_meter = METER_LIVE,
        .relative_to = FG_RELATIVE_CHANNELS,
        .n_steps = 1,
        .steps = {{.above = 1000000, .score = 20, .action_at_least = FG_THROTTLE}}};
    rules[RULE_SHADOW] = (struct fg_rule){.id = "SHADOW",
                                          .group = 0,
                                          .events = ATTEMPT,
                                          .when = {irsf, 1},
                                          .score = 40,
                                          .mode = FG_MODE_SHADOW};
    rules[RULE_RATE] = (struct fg_rule){.id = "DEST_RATE",
                                        .group = -1,
                                        .events = ATTEMPT,
                                        .measured = true,
                                        .measure_signal = FG_SIG_COST_PER_MINUTE,
                                        .n_steps = 1,
                                        .when = {srtp, 1},
                                        .steps = {{.above = 2 * FG_MICRO, .score = 8}}};
}

static void fill_meters(void)
{
    meters[METER_CALLS] = (struct fg_meter){.name = "calls_1m",
                                            .id = 1,
                                            .kind = FG_METER_COUNT,
                                            .per = FG_KEY_CUSTOMER,
                                            .over_ms = 60000};
    meters[METER_SPEND] = (struct fg_meter){.name = "spend_day",
                                            .id = 2,
                                            .kind = FG_METER_SUM,
                                            .source = FG_SOURCE_COST,
                                            .per = FG_KEY_CUSTOMER,
                                            .calendar_day = true};
    meters[METER_LIVE] =
        (struct fg_meter){.name = "live", .id = 3, .kind = FG_METER_GAUGE, .per = FG_KEY_CUSTOMER};
    meters[METER_DESTS] = (struct fg_meter){.name = "dests",
                                            .id = 4,
                                            .kind = FG_METER_DISTINCT,
                                            .source = FG_SOURCE_DEST_NUMBER,
                                            .per = FG_KEY_CUSTOMER | FG_KEY_DEST_COUNTRY,
                                            .over_ms = 3600000};
}

static int setup(void **state)
{
    static struct world world;
    world_init(&world);
    const char *const prefixes[] = {"9607"};
    const uint32_t values[] = {0};
    lists[0] = (struct fg_list){.name = "irsf",
                                .kind = FG_LIST_PREFIX,
                                .prefixes = world_trie(&world, prefixes, values, 1),
                                .notes = notes,
                                .n = 1};
    fill_rules();
    fill_meters();
    struct fg_ruleset *ruleset = &world.ruleset;
    ruleset->lists = lists;
    ruleset->n_lists = 1;
    ruleset->calendars = calendars;
    ruleset->n_calendars = 1;
    ruleset->meters = meters;
    ruleset->n_meters = METERS;
    ruleset->rules = rules;
    ruleset->n_rules = RULES;
    ruleset->composites = composites;
    ruleset->n_composites = 2;
    ruleset->groups = groups;
    ruleset->n_groups = 2;
    ruleset->drop_media_on_block = true;
    ruleset->hold = (struct fg_hold_terms){.duration_s = 900, .scope = FG_HOLD_RISKY};
    ruleset->degraded_risky_per_min = 2;
    ruleset->replies[FG_BLOCK] =
        (struct fg_replies){.n = 1, .item = {{.code = 603, .text = "Network Blocked"}}};
    world_seal(&world);
    *state = &world;
    return 0;
}

static int teardown(void **state)
{
    world_fini(*state);
    return 0;
}

static struct fg_plan plan;
static struct fg_decision decision;
static struct fg_store_reply reply;
static struct fg_event event;

// Plans event and decides on it with the reply as the test left it.
static void judge(const struct world *world, int64_t now_ms, bool answered)
{
    fg_plan(&world->policy, &event, now_ms, &plan);
    fg_decide(&plan, answered ? &reply : NULL, 1, &decision);
}

static const struct fg_reason *reason_of(enum fg_reason_kind kind, uint16_t index)
{
    for (uint32_t i = 0; i < decision.n_reasons; i++) {
        if (decision.reasons[i].kind == kind && decision.reasons[i].index == index) {
            return &decision.reasons[i];
        }
    }
    return NULL;
}

static struct fg_reason the_reason(enum fg_reason_kind kind, uint16_t index)
{
    const struct fg_reason *reason = reason_of(kind, index);
    if (reason == NULL) {
        fail_msg("no reason of kind %d, index %u", (int)kind, index);
        abort();
    }
    return *reason;
}

static void set_reading(uint16_t meter, int64_t value)
{
    assert_true(plan.op_of_meter[meter] >= 0);
    reply.values[plan.op_of_meter[meter]] = value;
}

static void test_domestic_call_in_office_hours(void **state)
{
    memset(&reply, 0, sizeof(reply));
    const struct world *world = *state;
    event = world_call(world, world->acme, "02079460000");
    judge(world, FRIDAY_MORNING_MS, true);
    assert_int_equal(decision.action, FG_ALLOW);
    assert_int_equal(decision.score, 0);
    assert_int_equal(decision.n_reasons, 0);
    assert_false(decision.degraded);
    assert_false(decision.set_hold.wanted);
    assert_true(plan.dest_ordinary && plan.dest_home);
}

static void block_at_night(const struct world *world)
{
    memset(&reply, 0, sizeof(reply));
    event = world_call(world, world->acme, "009607712345");
    judge(world, SATURDAY_NIGHT_MS, true);
    assert_int_equal(decision.action, FG_BLOCK);
}

static void test_the_rule_says_what_is_held(void **state)
{
    const struct world *world = *state;
    const struct fg_rule written = rules[RULE_IRSF];
    rules[RULE_IRSF].hold =
        (struct fg_hold_terms){.given = true, .duration_s = 60, .scope = FG_HOLD_COUNTRY};
    block_at_night(world);
    assert_true(decision.set_hold.wanted);
    assert_int_equal(decision.set_hold.scope, FG_HOLD_COUNTRY);
    assert_int_equal(decision.set_hold.value, fg_country_parse(fg_view_of("MV")));
    assert_int_equal(decision.set_hold.span.duration_ms, 60000);
    // A rule of fewer points, or in shadow, does not change it.
    const struct fg_rule shadow = rules[RULE_SHADOW];
    rules[RULE_SHADOW].hold =
        (struct fg_hold_terms){.given = true, .duration_s = 7, .scope = FG_HOLD_CUSTOMER};
    const struct fg_composite composite = composites[0];
    composites[0].hold = (struct fg_hold_terms){.given = true, .duration_s = 8};
    block_at_night(world);
    assert_int_equal(decision.set_hold.span.duration_ms, 60000);
    rules[RULE_SHADOW] = shadow;
    composites[0] = composite;
    rules[RULE_IRSF].hold = (struct fg_hold_terms){.given = true};
    block_at_night(world);
    assert_false(decision.set_hold.wanted);
    rules[RULE_IRSF] = written;
}

// Money is spent while calls are up; by default that ends the call and holds nothing.
static void test_a_block_during_the_call_holds_where_its_rule_says_so(void **state)
{
    const struct world *world = *state;
    const struct fg_rule written = rules[RULE_SPEND];
    for (int given = 0; given < 2; given++) {
        rules[RULE_SPEND].hold = (struct fg_hold_terms){
            .given = given == 1, .duration_s = 120, .scope = FG_HOLD_CUSTOMER};
        memset(&reply, 0, sizeof(reply));
        event = world_call(world, world->acme, "02079460000");
        event.kind = FG_EVENT_MINUTE;
        event.minute = 3;
        judge(world, FRIDAY_MORNING_MS, true);
        set_reading(METER_SPEND, 2 * world->acme->daily_limit_usd);
        fg_decide(&plan, &reply, 1, &decision);
        assert_true(decision.cut_call);
        assert_int_equal(decision.set_hold.wanted, given == 1);
    }
    assert_int_equal(decision.set_hold.scope, FG_HOLD_CUSTOMER);
    // Nothing closes the customer's own country.
    rules[RULE_SPEND].hold.scope = FG_HOLD_COUNTRY;
    fg_decide(&plan, &reply, 1, &decision);
    assert_int_equal(decision.set_hold.scope, FG_HOLD_RISKY);
    // Nor does a number that is rated at home and could be one abroad.
    event = world_call(world, world->acme, "9607712345");
    event.kind = FG_EVENT_MINUTE;
    event.minute = 3;
    judge(world, FRIDAY_MORNING_MS, true);
    set_reading(METER_SPEND, 2 * world->acme->daily_limit_usd);
    fg_decide(&plan, &reply, 1, &decision);
    assert_int_equal(plan.dest.country, fg_country_parse(fg_view_of("GB")));
    assert_false(plan.dest_home);
    assert_int_equal(decision.set_hold.scope, FG_HOLD_RISKY);
    rules[RULE_SPEND] = written;
}

static void test_night_call_is_blocked_and_held(void **state)
{
    memset(&reply, 0, sizeof(reply));
    const struct world *world = *state;
    event = world_call(world, world->acme, "009607712345");
    judge(world, SATURDAY_NIGHT_MS, true);
    assert_int_equal(decision.score, 45 + 15 + 20);
    assert_int_equal(decision.action, FG_BLOCK);
    assert_int_equal(the_reason(FG_REASON_COMPOSITE, 0).points, 20);
    // The group "destination" is capped at 60: the shadow rule would bring 15 more, not 40.
    assert_int_equal(decision.shadow_score, 80 + 15);
    assert_true(decision.set_hold.wanted);
    assert_int_equal(decision.set_hold.scope, FG_HOLD_RISKY);
    assert_int_equal(decision.set_hold.span.duration_ms, 900000);
    assert_true(decision.drop_media);
    assert_false(decision.cut_call);
    assert_int_equal(decision.reply.code, 603);
    // The lease that the attempt took is given back.
    assert_true(decision.release);
    assert_int_equal(decision.release_request.n_ops, 1);
    assert_int_equal(decision.release_request.ops[0].kind, FG_OP_SET_DELETE);
    assert_int_equal(decision.release_request.ops[0].meter_id, 3);
    assert_string_equal(decision.release_request.customer, "acme");
}

static void test_a_refused_call_gives_back_its_own_lease(void **state)
{
    memset(&reply, 0, sizeof(reply));
    const struct world *world = *state;
    event = world_call(world, world->acme, "009607712345");
    event.lease = 77;
    judge(world, SATURDAY_NIGHT_MS, true);
    assert_int_equal(decision.action, FG_BLOCK);
    assert_true(decision.release);
    assert_int_equal(decision.release_request.ops[0].member, 77);
    assert_false(decision.release_request.once);
}

static void test_what_could_not_be_watched_is_refused(void **state)
{
    static const struct {
        enum fg_dialog_fault fault;
        int code;
        const char *id;
    } cases[] = {{FG_DIALOG_MERGED, 482, "DIALOG:merged"},
                 {FG_DIALOG_MISSING, 481, "DIALOG:missing"}};
    memset(&reply, 0, sizeof(reply));
    const struct world *world = *state;
    for (size_t i = 0; i < 2; i++) {
        char text[160];
        event = world_call(world, world->acme, "00441632960001");
        event.lease = 78;
        event.lease_before = 77;
        judge(world, SATURDAY_NIGHT_MS, true);
        assert_int_not_equal(decision.action, FG_BLOCK);
        event.dialog_fault = cases[i].fault;
        judge(world, SATURDAY_NIGHT_MS, true);
        assert_int_equal(decision.action, FG_BLOCK);
        assert_int_equal(decision.reply.code, cases[i].code);
        assert_false(decision.release || decision.set_hold.wanted);
        const struct fg_reason *reason = &decision.reasons[0];
        assert_int_equal(reason->kind, FG_REASON_DIALOG);
        fg_reason_id(&plan, reason, text, sizeof(text));
        assert_string_equal(text, cases[i].id);
        fg_reason_text(&plan, &decision, reason, text, sizeof(text));
        assert_true(strlen(text) > 0);
        for (uint32_t k = 0; k < plan.request.n_ops; k++) {
            assert_true(plan.request.ops[k].kind != FG_OP_SET_DELETE);
            assert_true(plan.request.ops[k].meter_id != 3 ||
                        plan.request.ops[k].kind == FG_OP_SET_READ);
        }
        // An emergency call goes on whatever it says of itself.
        event = world_call(world, world->acme, "112");
        event.dialog_fault = cases[i].fault;
        judge(world, SATURDAY_NIGHT_MS, true);
        assert_int_equal(decision.action, FG_ALLOW);
    }
}

static void test_velocity_steps_cap_and_composite(void **state)
{
    memset(&reply, 0, sizeof(reply));
    const struct world *world = *state;
    event = world_call(world, world->acme, "02079460000");
    judge(world, FRIDAY_MORNING_MS, true);
    set_reading(METER_CALLS, 20);
    judge(world, FRIDAY_MORNING_MS, true);
    assert_int_equal(decision.score, 0);
    set_reading(METER_CALLS, 21);
    judge(world, FRIDAY_MORNING_MS, true);
    assert_null(reason_of(FG_REASON_CAP, 1));
    assert_int_equal(the_reason(FG_REASON_RULE, RULE_CPM).points, 10);
    assert_int_equal(the_reason(FG_REASON_RULE, RULE_CPM).value, 21 * FG_MICRO);
    assert_int_equal(the_reason(FG_REASON_RULE, RULE_CPM).threshold, 20 * FG_MICRO);
    // 10 points less 25 for the announced campaign: the floor lifts it to 0, as a reason.
    assert_int_equal(decision.score, 0);
    assert_int_equal(the_reason(FG_REASON_CAP, UINT16_MAX).points, 15);
    set_reading(METER_CALLS, 61);
    set_reading(METER_LIVE, 31);
    judge(world, FRIDAY_MORNING_MS, true);
    assert_int_equal(the_reason(FG_REASON_CAP, 1).points, 25 - 50);
    assert_int_equal(decision.score, 0);
    assert_int_equal(decision.action, FG_THROTTLE); // more calls than channels
    assert_false(decision.set_hold.wanted);
}

static void test_spend_cuts_a_live_call(void **state)
{
    memset(&reply, 0, sizeof(reply));
    const struct world *world = *state;
    event = world_call(world, world->acme, "009607712345");
    event.kind = FG_EVENT_MINUTE;
    event.minute = 3;
    event.duration_s = 120;
    judge(world, FRIDAY_MORNING_MS, true);
    assert_int_equal(plan.request.ops[plan.op_of_meter[METER_SPEND]].kind, FG_OP_WINDOW_ADD);
    assert_int_equal(plan.request.ops[plan.op_of_meter[METER_SPEND]].amount, 1200000);
    assert_int_equal(plan.op_of_meter[METER_CALLS], -1);
    set_reading(METER_SPEND, 200000000);
    judge(world, FRIDAY_MORNING_MS, true);
    assert_int_equal(decision.action, FG_ALLOW);
    assert_int_equal(decision.score, 10);
    set_reading(METER_SPEND, 200000001 + 199);
    judge(world, FRIDAY_MORNING_MS, true);
    assert_int_equal(decision.action, FG_BLOCK);
    assert_true(decision.cut_call && decision.drop_media);
    assert_false(decision.set_hold.wanted || decision.release);
}

static void test_active_hold(void **state)
{
    memset(&reply, 0, sizeof(reply));
    const struct world *world = *state;
    event = world_call(world, world->acme, "009607712345");
    reply.hold = (struct fg_hold){.active = true, .scope = FG_HOLD_CUSTOMER, .reason = "because"};
    judge(world, FRIDAY_MORNING_MS, true);
    assert_true(fg_hold_asked(&plan.request.holds, FG_HOLD_CUSTOMER, 0));
    assert_true(fg_hold_asked(&plan.request.holds, FG_HOLD_RISKY, 0));
    assert_true(
        fg_hold_asked(&plan.request.holds, FG_HOLD_COUNTRY, fg_country_parse(fg_view_of("MV"))));
    assert_int_equal(decision.action, FG_BLOCK);
    assert_int_equal(decision.score, FG_HOLD_POINTS + 45);
    assert_int_equal(decision.shadow_score, FG_HOLD_POINTS + 60);
    assert_string_equal(decision.hold.reason, "because");
    assert_false(decision.set_hold.wanted);
    // A hold of risky calls does not stop an ordinary one.
    event = world_call(world, world->acme, "02079460000");
    reply.hold.scope = FG_HOLD_RISKY;
    judge(world, FRIDAY_MORNING_MS, true);
    assert_false(fg_hold_asked(&plan.request.holds, FG_HOLD_RISKY, 0));
    assert_int_equal(decision.action, FG_ALLOW);
    // Inbound calls are not held.
    event.direction = FG_INBOUND;
    reply.hold.scope = FG_HOLD_CUSTOMER;
    judge(world, FRIDAY_MORNING_MS, true);
    assert_int_equal(decision.action, FG_ALLOW);
}

static void test_refused_identity(void **state)
{
    memset(&reply, 0, sizeof(reply));
    const struct world *world = *state;
    event = world_call(world, NULL, "+442079460000");
    event.identity = FG_IDENTITY_UNKNOWN_NAME;
    judge(world, FRIDAY_MORNING_MS, false);
    assert_true(plan.skip_rules && !plan.store_needed);
    assert_int_equal(decision.action, FG_BLOCK);
    assert_int_equal(decision.score, FG_HOLD_POINTS);
    assert_int_equal(decision.reasons[0].kind, FG_REASON_IDENTITY);
    assert_false(decision.degraded || decision.set_hold.wanted || decision.release);
    // Nobody known is refused, whatever the identity claims.
    event.identity = FG_IDENTITY_CERTIFICATE;
    judge(world, FRIDAY_MORNING_MS, false);
    assert_int_equal(decision.action, FG_BLOCK);
    // A known customer with a refused identity too.
    event = world_call(world, world->acme, "+442079460000");
    event.identity = FG_IDENTITY_WEAK_KEY;
    judge(world, FRIDAY_MORNING_MS, false);
    assert_int_equal(decision.action, FG_BLOCK);
}

static void test_emergency_always_passes(void **state)
{
    memset(&reply, 0, sizeof(reply));
    const struct world *world = *state;
    static const char *const dialled[] = {"999", "112", "+112", "+44999", "911"};
    for (size_t i = 0; i < N(dialled); i++) {
        event = world_call(world, world->globex, dialled[i]);
        reply.hold = (struct fg_hold){.active = true, .scope = FG_HOLD_CUSTOMER};
        judge(world, SATURDAY_NIGHT_MS, i % 2 == 0);
        assert_int_equal(decision.action, FG_ALLOW);
        assert_int_equal(decision.score, 0);
        assert_int_equal(decision.reasons[0].kind, FG_REASON_EMERGENCY);
        assert_false(plan.store_needed);
    }
    // Another country's code is none, nor is a long number that begins like one.
    static const char *const others[] = {"1911", "44999", "+449991234567", "0112999888"};
    for (size_t i = 0; i < N(others); i++) {
        event = world_call(world, world->acme, others[i]);
        judge(world, FRIDAY_MORNING_MS, true);
        assert_false(plan.emergency);
    }
    event = world_call(world, world->acme, "999");
    event.direction = FG_INBOUND;
    judge(world, FRIDAY_MORNING_MS, true);
    assert_false(plan.emergency);
}

static void test_unreadable_number(void **state)
{
    memset(&reply, 0, sizeof(reply));
    const struct world *world = *state;
    event = world_call(world, world->acme, "alice");
    judge(world, FRIDAY_MORNING_MS, true);
    assert_int_equal(decision.action, FG_BLOCK);
    assert_int_equal(decision.score, FG_HOLD_POINTS);
    assert_int_equal(decision.reasons[0].kind, FG_REASON_UNREADABLE);
    assert_false(decision.set_hold.wanted);
}

static void test_degraded(void **state)
{
    memset(&reply, 0, sizeof(reply));
    const struct world *world = *state;
    event = world_call(world, world->acme, "+9607712345");
    fg_plan(&world->policy, &event, FRIDAY_MORNING_MS, &plan);
    fg_decide(&plan, NULL, 2, &decision);
    assert_true(decision.degraded);
    assert_int_equal(decision.score, 45 + 5); // VEL_CPM's points for an unreadable counter
    assert_true(the_reason(FG_REASON_RULE, RULE_CPM).unavailable);
    assert_false(decision.release);
    fg_decide(&plan, NULL, 3, &decision);
    assert_int_equal(decision.action, FG_BLOCK);
    assert_non_null(reason_of(FG_REASON_DEGRADED, 0));
    assert_false(decision.set_hold.wanted);
    reply.degraded = true;
    fg_decide(&plan, &reply, 3, &decision);
    assert_non_null(reason_of(FG_REASON_DEGRADED, 0));
    // Ordinary calls go on; the customers' policies override the cap.
    event = world_call(world, world->acme, "02079460000");
    fg_plan(&world->policy, &event, FRIDAY_MORNING_MS, &plan);
    fg_decide(&plan, &reply, 1000, &decision);
    assert_int_equal(decision.action, FG_ALLOW);
    assert_true(decision.degraded);
    event = world_call(world, world->globex, "+9607712345");
    fg_plan(&world->policy, &event, FRIDAY_MORNING_MS, &plan);
    fg_decide(&plan, &reply, 0, &decision);
    assert_non_null(reason_of(FG_REASON_DEGRADED, 0));
    event = world_call(world, world->bare, "+9607712345");
    fg_plan(&world->policy, &event, FRIDAY_MORNING_MS, &plan);
    fg_decide(&plan, &reply, 1000, &decision);
    assert_null(reason_of(FG_REASON_DEGRADED, 0));
}

static void test_one_counter_unavailable(void **state)
{
    memset(&reply, 0, sizeof(reply));
    const struct world *world = *state;
    event = world_call(world, world->acme, "02079460000");
    fg_plan(&world->policy, &event, FRIDAY_MORNING_MS, &plan);
    reply.unavailable[plan.op_of_meter[METER_CALLS]] = true;
    reply.unavailable[plan.op_of_meter[METER_LIVE]] = true;
    fg_decide(&plan, &reply, 0, &decision);
    assert_int_equal(the_reason(FG_REASON_RULE, RULE_CPM).points, 5);
    assert_null(reason_of(FG_REASON_RULE, RULE_LIVE)); // on_unavailable: skip
    assert_false(decision.degraded);
}

static void test_end_deletes_leases_and_refuses_nothing(void **state)
{
    memset(&reply, 0, sizeof(reply));
    const struct world *world = *state;
    event = world_call(world, world->acme, "009607712345");
    event.kind = FG_EVENT_END;
    judge(world, SATURDAY_NIGHT_MS, true);
    assert_int_equal(plan.request.n_ops, 1);
    assert_int_equal(plan.request.ops[0].kind, FG_OP_SET_DELETE);
    assert_false(plan.request.once);
    assert_false(decision.cut_call || decision.drop_media || decision.set_hold.wanted);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_domestic_call_in_office_hours),
        TEST(test_night_call_is_blocked_and_held),
        TEST(test_the_rule_says_what_is_held),
        TEST(test_a_block_during_the_call_holds_where_its_rule_says_so),
        TEST(test_velocity_steps_cap_and_composite),
        TEST(test_spend_cuts_a_live_call),
        TEST(test_active_hold),
        TEST(test_refused_identity),
        TEST(test_a_refused_call_gives_back_its_own_lease),
        TEST(test_what_could_not_be_watched_is_refused),
        TEST(test_emergency_always_passes),
        TEST(test_unreadable_number),
        TEST(test_degraded),
        TEST(test_one_counter_unavailable),
        TEST(test_end_deletes_leases_and_refuses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
