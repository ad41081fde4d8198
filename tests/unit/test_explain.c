// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/explain.h"

#include "engine_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ATTEMPT (1U << FG_EVENT_ATTEMPT)

static struct world world;
static struct fg_plan plan;
static struct fg_decision decision;
static struct fg_event event;
static struct fg_predicate predicate;
static struct fg_list list;
static struct fg_meter meter;
static struct fg_rule rule;
static const char *const notes[] = {"Maldives mobile"};
static const struct fg_calendar calendar = {
    .name = "office", .customer_hours = true, .customer_holidays = true};

static int setup(void **state)
{
    (void)state;
    world_init(&world);
    const char *const prefixes[] = {"9607"};
    const uint32_t values[] = {0};
    list = (struct fg_list){.name = "irsf",
                            .kind = FG_LIST_PREFIX,
                            .notes = notes,
                            .n = 1,
                            .prefixes = world_trie(&world, prefixes, values, 1)};
    world.ruleset.lists = &list;
    world.ruleset.n_lists = 1;
    world.ruleset.calendars = &calendar;
    world.ruleset.n_calendars = 1;
    world.ruleset.meters = &meter;
    world.ruleset.n_meters = 1;
    world.ruleset.rules = &rule;
    world.ruleset.n_rules = 1;
    meter =
        (struct fg_meter){.name = "calls_1m", .id = 1, .per = FG_KEY_CUSTOMER, .over_ms = 60000};
    rule =
        (struct fg_rule){.id = "R", .desc = "a rule", .group = -1, .events = ATTEMPT, .score = 10};
    event = world_call(&world, world.acme, "+9607712345");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_fini(&world);
    return 0;
}

// The text of the first reason, after one evaluation in which the meter reads value.
static const char *explain(int64_t now_ms, int64_t value)
{
    static char text[200];
    struct fg_store_reply reply = {.values = {value}};
    world_seal(&world);
    fg_plan(&world.policy, &event, now_ms, &plan);
    fg_decide(&plan, &reply, 0, &decision);
    assert_true(decision.n_reasons > 0);
    fg_reason_text(&plan, &decision, &decision.reasons[0], text, sizeof(text));
    return text;
}

static void measure(int64_t above_micro)
{
    rule.measured = rule.measure_is_meter = true;
    rule.n_steps = 1;
    rule.steps[0] = (struct fg_step){.above = above_micro, .score = 10};
}

static void test_list_match(void **state)
{
    (void)state;
    predicate = (struct fg_predicate){.signal = FG_SIG_DEST_PREFIX, .op = FG_OP_IN_LIST};
    rule.when = (struct fg_condition){.all = &predicate, .n = 1};
    assert_string_equal(explain(FRIDAY_MORNING_MS, 0),
                        "+96077***45 matches +9607 (Maldives mobile)");
    rule.explain =
        "{dest.masked} in {dest.country} matches {match.key} ({match.note}), {unknown} {";
    assert_string_equal(explain(FRIDAY_MORNING_MS, 0),
                        "+96077***45 in MV matches +9607 (Maldives mobile), {unknown} {");
}

static void test_calendar(void **state)
{
    (void)state;
    predicate = (struct fg_predicate){.op = FG_OP_CALENDAR, .state = FG_CALENDAR_CLOSED};
    rule.when = (struct fg_condition){.all = &predicate, .n = 1};
    assert_string_equal(explain(SATURDAY_NIGHT_MS, 0),
                        "Sat 02:10 Europe/London; open Mon-Fri 08:00-18:00");
    // 2026-12-25, a Friday and a holiday of acme's
    assert_string_equal(explain(FRIDAY_MORNING_MS + 35 * FG_MS_PER_DAY, 0),
                        "Fri 10:00 Europe/London; a holiday");
}

static void test_measures(void **state)
{
    (void)state;
    measure(20 * FG_MICRO);
    assert_string_equal(explain(FRIDAY_MORNING_MS, 31), "31 calls in 1 min, over 20");
    meter.per = FG_KEY_CUSTOMER | FG_KEY_DEST_NUMBER;
    meter.over_ms = 10000;
    assert_string_equal(explain(FRIDAY_MORNING_MS, 31), "31 calls to one number in 10 s, over 20");
    meter.kind = FG_METER_DISTINCT;
    meter.source = FG_SOURCE_DEST_NUMBER;
    meter.per = FG_KEY_CUSTOMER;
    meter.over_ms = 3600000;
    assert_string_equal(explain(FRIDAY_MORNING_MS, 61), "61 numbers in 1 h, over 20");
    meter.kind = FG_METER_GAUGE;
    meter.source = FG_SOURCE_CALLS;
    assert_string_equal(explain(FRIDAY_MORNING_MS, 21), "21 calls in progress, over 20");
    meter.kind = FG_METER_SUM;
    meter.source = FG_SOURCE_COST;
    meter.calendar_day = true;
    assert_string_equal(explain(FRIDAY_MORNING_MS, 43200000), "43.20 USD today, over 20.00");
    rule.relative_to = FG_RELATIVE_DAILY_LIMIT;
    rule.steps[0].above = 800000;
    assert_string_equal(explain(FRIDAY_MORNING_MS, 190000000),
                        "95% of the daily limit of 200.00 USD today, over 80%");
    rule.measure_is_meter = false;
    rule.relative_to = FG_RELATIVE_NONE;
    rule.measure_signal = FG_SIG_COST_PER_MINUTE;
    assert_string_equal(explain(FRIDAY_MORNING_MS, 0), "cost.per_minute 1.20, over 0.80");
    rule.explain = "{value} over {threshold} for {customer.id}";
    assert_string_equal(explain(FRIDAY_MORNING_MS, 0), "1.20 over 0.80 for acme");
}

static void test_network_text_is_escaped(void **state)
{
    (void)state;
    predicate =
        (struct fg_predicate){.signal = FG_SIG_SIP_USER_AGENT, .op = FG_OP_PRESENT, .truth = true};
    rule.when = (struct fg_condition){.all = &predicate, .n = 1};
    event.user_agent = (struct fg_view){.ptr = "a\r\nb\"\\\0c\x1b[31m\xff\xe2\x80\xa8", .len = 17};
    const char *text = explain(FRIDAY_MORNING_MS, 0);
    assert_string_equal(text, "sip.user_agent is a\\x0d\\x0ab\\x22\\x5c\\x00c\\x1b[31m\\xff"
                              "\\xe2\\x80\\xa8");
    static struct fg_tls_peer peer = {.tls = true, .cert_present = true, .name = "x\n'y"};
    event.tls = &peer;
    event.identity = FG_IDENTITY_UNKNOWN_NAME;
    assert_string_equal(explain(FRIDAY_MORNING_MS, 0),
                        "no customer has this certificate's names: x\\x0a\\x27y");
    char id[40];
    fg_reason_id(&plan, &decision.reasons[0], id, sizeof(id));
    assert_string_equal(id, "IDENTITY:unknown_name");
    fg_reason_id(&plan, &decision.reasons[0], id, 9);
    assert_string_equal(id, "IDENTITY");
}

static void test_facts(void **state)
{
    (void)state;
    char text[200];
    struct fg_store_reply reply = {.hold = {.active = true,
                                            .scope = FG_HOLD_CUSTOMER,
                                            .until_ms = INT64_C(1795227900000),
                                            .reason = "stolen\npassword",
                                            .by = "fgctl:root"}};
    world_seal(&world);
    fg_plan(&world.policy, &event, SATURDAY_NIGHT_MS, &plan);
    fg_decide(&plan, &reply, 0, &decision);
    fg_reason_text(&plan, &decision, &decision.reasons[0], text, sizeof(text));
    assert_string_equal(
        text, "hold on customer until 2026-11-21 02:25Z: stolen\\x0apassword (by fgctl:root)");
    event = world_call(&world, world.acme, "999");
    assert_string_equal(explain(SATURDAY_NIGHT_MS, 0), "emergency number 999 always passes");
    event = world_call(&world, world.acme, "x");
    assert_string_equal(explain(SATURDAY_NIGHT_MS, 0), "the called number cannot be read");
}

static void test_escape_is_cut_between_characters(void **state)
{
    (void)state;
    char out[8];
    fg_text_escape(fg_view_of("ab\xc3\xa9"), out, 4);
    assert_string_equal(out, "ab");
    fg_text_escape(fg_view_of("ab\xc3\xa9"), out, 5);
    assert_string_equal(out, "ab\xc3\xa9");
    fg_text_escape(fg_view_of("a\n"), out, 5);
    assert_string_equal(out, "a");
    fg_text_escape(fg_view_of("abc"), out, 1);
    assert_string_equal(out, "");
    out[0] = 'z';
    fg_text_escape(fg_view_of("abc"), out, 0);
    assert_int_equal(out[0], 'z');
    fg_text_escape(fg_view_of("\xc0\xaf\xed\xa0\x80"), out, sizeof(out));
    assert_string_equal(out, "\\xc0"); // overlong forms and surrogates are no characters
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_list_match), TEST(test_calendar),
        TEST(test_measures),   TEST(test_network_text_is_escaped),
        TEST(test_facts),      TEST(test_escape_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
