// SPDX-License-Identifier: GPL-2.0-or-later
// Allowances on the engine and the local store.
#include "fg/allowance.h"

#include "engine_fixture.h"
#include "fg/explain.h"
#include "fg/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW FRIDAY_MORNING_MS

static struct fg_predicate to_maldives = {.signal = FG_SIG_DEST_COUNTRY, .op = FG_OP_IS};
static const struct fg_predicate no_tls = {
    .signal = FG_SIG_TLS_PRESENT, .op = FG_OP_IS, .truth = false};

static struct world world;
static struct fg_rule rules[3];
static struct fg_allowances allowances;
static struct fg_plan plan;
static struct fg_decision decision;
static struct fg_store_reply reply;
static struct fg_store store;
static uint64_t lease;

static void *table;

static int set_up(void **state)
{
    (void)state;
    struct fg_local_config config = {
        .windows = 1024, .sets = 1024, .calls = 1024, .holds = 64, .registers = 1024};
    to_maldives.country = fg_country_parse(fg_view_of("MV"));
    world_init(&world);
    for (uint32_t i = 0; i < 3; i++) {
        rules[i] = (struct fg_rule){.id = i == 0   ? "DEST"
                                          : i == 1 ? "CUT"
                                                   : "CLEAR",
                                    .desc = "",
                                    .group = -1,
                                    .events = i == 1 ? 1U << FG_EVENT_MINUTE : 1U,
                                    .when = {i == 2 ? &no_tls : &to_maldives, 1},
                                    .mode = i == 2 ? FG_MODE_OFF : FG_MODE_ENFORCE,
                                    .score = 90};
    }
    world.ruleset.rules = rules;
    world.ruleset.n_rules = 3;
    world.ruleset.hold = (struct fg_hold_terms){.duration_s = 900, .scope = FG_HOLD_RISKY};
    world_seal(&world);
    const size_t size = fg_local_size_bytes(&config);
    table = aligned_alloc(64, (size + 63) / 64 * 64);
    assert_non_null(table);
    store = fg_local_store(fg_local_init(table, &config));
    allowances = (struct fg_allowances){.n = 1};
    allowances.items[0] = (struct fg_allowance){.id = 7,
                                                .calls = 2,
                                                .usd = 5 * FG_MICRO,
                                                .since_ms = NOW - 1000,
                                                .until_ms = NOW + 60 * FG_MS_PER_MIN,
                                                .reason = "NOC-7",
                                                .by = "fgctl:noc"};
    assert_int_equal(fg_allowance_to_parse(fg_view_of("+960"), &allowances.items[0]), FG_OK);
    assert_true(fg_allowance_valid(&allowances.items[0]));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_fini(&world);
    free(table);
    return 0;
}

static struct fg_event call_to(const char *user)
{
    struct fg_event event = world_call(&world, world.acme, user);
    event.lease = ++lease << 40;
    event.allowances = &allowances;
    return event;
}

// Judges one event; what is given back is given back at once.
static enum fg_action judge(const struct fg_event *event, int64_t now_ms)
{
    static struct fg_store_reply ignored;
    fg_plan(&world.policy, event, now_ms, &plan);
    memset(&reply, 0, sizeof(reply));
    assert_int_equal(store.ops->evaluate(store.impl, &plan.request, &reply), FG_OK);
    fg_decide(&plan, &reply, 0, &decision);
    if (decision.release) {
        assert_int_equal(store.ops->evaluate(store.impl, &decision.release_request, &ignored),
                         FG_OK);
    }
    int32_t sum = 0;
    for (uint32_t i = 0; i < decision.n_reasons; i++) {
        sum += decision.reasons[i].shadow ? 0 : decision.reasons[i].points;
    }
    assert_int_equal(sum, decision.score);
    return decision.action;
}

static const struct fg_reason *the_reason(void)
{
    for (uint32_t i = 0; i < decision.n_reasons; i++) {
        if (decision.reasons[i].kind == FG_REASON_ALLOWANCE) {
            return &decision.reasons[i];
        }
    }
    fail_msg("no reason tells of the allowance");
    return NULL;
}

static void assert_told(const char *wanted)
{
    char text[400];
    fg_reason_text(&plan, &decision, the_reason(), text, sizeof(text));
    if (strstr(text, wanted) == NULL) {
        fail_msg("'%s' is not in '%s'", wanted, text);
    }
}

static void test_so_many_calls(void **state)
{
    (void)state;
    for (int64_t used = 1; used <= 2; used++) {
        const struct fg_event event = call_to("009607712345");
        assert_int_equal(judge(&event, NOW), FG_ALERT);
        assert_true(decision.allowed && !decision.release && !decision.set_hold.wanted);
        assert_int_equal(decision.score, 0);
        assert_int_equal(the_reason()->points, -90);
        assert_int_equal(the_reason()->hits, used);
    }
    assert_told("90 points set aside; 0 of 2 calls and 5.00 of 5.00 USD left");
    assert_told("(NOC-7, by fgctl:noc)");
    for (int i = 0; i < 3; i++) {
        const struct fg_event event = call_to("009607712345");
        assert_int_equal(judge(&event, NOW), FG_BLOCK);
        assert_true(decision.release && decision.set_hold.wanted && !decision.allowed);
        assert_told("used up, all 2 calls");
    }
}

static void test_what_needs_none_takes_none(void **state)
{
    (void)state;
    rules[0].score = 10;
    for (int i = 0; i < 5; i++) {
        const struct fg_event event = call_to("009607712345");
        assert_int_equal(judge(&event, NOW), FG_ALLOW);
        assert_true(decision.release);
        assert_int_equal(decision.n_reasons, 1);
    }
    rules[0].score = 90;
    const struct fg_event event = call_to("009607712345");
    assert_int_equal(judge(&event, NOW), FG_ALERT);
    assert_int_equal(the_reason()->hits, 1);
    // Nor is it about other destinations.
    rules[0].when.n = 0;
    world_seal(&world);
    const struct fg_event other = call_to("00441632960001");
    assert_int_equal(judge(&other, NOW), FG_BLOCK);
    assert_null(plan.allowance);
}

static void test_so_much_money(void **state)
{
    (void)state;
    struct fg_event event = call_to("009607712345");
    assert_int_equal(judge(&event, NOW), FG_ALERT);
    event.kind = FG_EVENT_MINUTE;
    event.allowance = plan.allowance->id;
    int32_t minutes = 0;
    do {
        event.minute = ++minutes;
        (void)judge(&event, NOW + minutes * FG_MS_PER_MIN);
    } while (!decision.cut_call && minutes < 50);
    const fg_micro rate = plan.dest.usd_per_minute;
    assert_true(rate > 0);
    assert_int_equal(minutes, 5 * FG_MICRO / rate + 1); // the one that is one too many
    assert_told("used up, 5.00 USD have been spent");
    const struct fg_event next = call_to("009607712345");
    assert_int_equal(judge(&next, NOW + 50 * FG_MS_PER_MIN), FG_BLOCK);
    assert_told("have been spent");
}

static void test_a_call_that_is_up_comes_under_it(void **state)
{
    (void)state;
    rules[0].mode = FG_MODE_OFF;
    world_seal(&world);
    struct fg_event event = call_to("009607712345");
    assert_int_equal(judge(&event, NOW), FG_ALLOW);
    event.kind = FG_EVENT_MINUTE;
    event.minute = 1;
    (void)judge(&event, NOW);
    assert_true(decision.allowed && !decision.cut_call && !decision.set_hold.wanted);
    assert_int_equal(the_reason()->hits, 1);
    allowances.n = 0; // taken back
    event.minute = 2;
    event.allowance = 7;
    (void)judge(&event, NOW + FG_MS_PER_MIN);
    assert_true(decision.cut_call);
    rules[0].mode = FG_MODE_ENFORCE;
}

static void test_over(void **state)
{
    (void)state;
    const struct fg_event event = call_to("009607712345");
    assert_int_equal(judge(&event, allowances.items[0].until_ms), FG_BLOCK);
    assert_told("it is over");
    assert_false(decision.release);
}

static void test_not_about_who_calls(void **state)
{
    (void)state;
    rules[2].mode = FG_MODE_ENFORCE;
    world_seal(&world);
    const struct fg_event event = call_to("009607712345");
    assert_int_equal(judge(&event, NOW), FG_BLOCK);
    assert_told("it is not about who calls");
    assert_int_equal(decision.score, 180);
    assert_true(decision.release);
    // Below the bands that refuse it stays, and the rest is set aside.
    rules[2].score = 40;
    assert_int_equal(judge(&event, NOW), FG_ALERT);
    assert_int_equal(decision.score, 40);
    assert_int_equal(the_reason()->points, -90);
}

static void test_holds_of_rules_alone(void **state)
{
    (void)state;
    const struct fg_event event = call_to("009607712345");
    (void)judge(&event, NOW);
    reply.hold = (struct fg_hold){.active = true, .until_ms = NOW + 1000, .rule = "DEST"};
    fg_decide(&plan, &reply, 0, &decision);
    assert_int_equal(decision.action, FG_ALERT);
    assert_int_equal(the_reason()->points, -190);
    reply.hold.rule[0] = '\0';
    fg_decide(&plan, &reply, 0, &decision);
    assert_int_equal(decision.action, FG_BLOCK);
    reply.hold.active = false;
    reply.unavailable[plan.allowance_usd_op] = true;
    fg_decide(&plan, &reply, 0, &decision);
    assert_int_equal(decision.action, FG_BLOCK);
    assert_told("cannot be read");
}

static void test_texts_and_limits(void **state)
{
    (void)state;
    static const char *const good[] = {"+9", "+960771", "MV"};
    static const char *const bad[] = {"", "+", "960", "+96x", "MVX", "mv!", "+1234567890123456"};
    struct fg_allowance a = allowances.items[0];
    char text[FG_ALLOWANCE_TO_TEXT_MAX];
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(fg_allowance_to_parse(fg_view_of(good[i]), &a), FG_OK);
        fg_allowance_to_format(&a, text);
        assert_string_equal(text, good[i]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(fg_allowance_to_parse(fg_view_of(bad[i]), &a), FG_ESYNTAX);
    }
    a.calls = FG_ALLOWANCE_CALLS_MAX + 1;
    assert_false(fg_allowance_valid(&a));
    a.calls = 1;
    a.usd = 0;
    assert_false(fg_allowance_valid(&a));
    a.usd = FG_ALLOWANCE_USD_MAX;
    a.until_ms = a.since_ms + FG_ALLOWANCE_LONGEST_MS + 1;
    assert_false(fg_allowance_valid(&a));
    a.until_ms--;
    assert_true(fg_allowance_valid(&a));
    // The one that was given last counts.
    const struct fg_number number = {.digits = "9607712345", .len = 10};
    allowances.items[1] = allowances.items[0];
    allowances.items[1].since_ms++;
    allowances.n = 2;
    assert_ptr_equal(fg_allowance_find(&allowances, &number, to_maldives.country),
                     &allowances.items[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_so_many_calls),
        TEST(test_what_needs_none_takes_none),
        TEST(test_so_much_money),
        TEST(test_a_call_that_is_up_comes_under_it),
        TEST(test_over),
        TEST(test_not_about_who_calls),
        TEST(test_holds_of_rules_alone),
        TEST(test_texts_and_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
