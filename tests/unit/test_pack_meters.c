// SPDX-License-Identifier: GPL-2.0-or-later
// Meters, and what rules do with them, as packs write them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fg/pack.h"
#include "pack_files.h"
#include "pack_fixture.h"

#define NOW_MS INT64_C(1795168800000) // 2026-11-20T10:00:00Z

// The meters begin in line 6, the rules in the line after the last one.
static int parse(struct fixture *fixture, const char *meters, const char *rules)
{
    char text[8192];
    (void)snprintf(text, sizeof(text),
                   "fraudguard: 1\npack: p\nversion: \"1.0.0\"\n"
                   "scoring: {thresholds: {alert: 30, block: 80}}\nmeters:\n%srules:\n%s",
                   meters, rules);
    struct fg_named_bytes file = {"p.yaml", text, strlen(text)};
    return fg_pack_parse_files(&file, 1, NULL, NOW_MS, fixture->arena, fixture->diags,
                               &fixture->ruleset);
}

static const char good_meters[] =
    "  brief_1h: {count: ends, when: {call.duration: {below: 6}}, per: [customer, dest.range], "
    "over: 1h}\n"
    "  known_31d: {count: answers, per: dest.number, over: 31d}\n"
    "  short_10m: {ratio: {call.duration: {below: 6}}, per: customer, over: 10m}\n"
    "  asr_1h: {ratio: {dest.home: true}, of: calls, min_samples: 7, per: src.network, over: "
    "1h}\n"
    "  certs: {distinct: tls.cert.fingerprint, per: [dest.block, dest.type, dest.tail, "
    "caller.range, caller.attest], over: 1h}\n";

static void meters_become_what_they_say(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        parse(fixture, good_meters,
              "  - {id: A, desc: d, when: {meters.known_31d: {below: 1, above: 0.5}, dest.home: "
              "true}, score: 1, on_unavailable: {score: 2}}\n"
              "  - {id: B, desc: d, measure: meters.brief_1h, relative_to: {meter: "
              "meters.asr_1h, times: 0.5}, steps: [{above: 1, score: 1}]}\n"
              "  - {id: C, desc: d, measure: meters.certs, relative_to: {meter: short_10m, "
              "at_least: 2}, on_unavailable: skip, steps: [{above: 1, score: 1}]}\n"
              "composites:\n  - {id: D, desc: d, all_of: [A], score: 1, rollout: {percent: 10}}\n"),
        FG_OK);
    assert_int_equal(fg_diags_total(fixture->diags), 0);
    const struct fg_meter *meters = fixture->ruleset.meters;
    assert_int_equal(meters[0].source, FG_SOURCE_ENDS);
    assert_int_equal(meters[0].per, FG_KEY_CUSTOMER | FG_KEY_DEST_RANGE);
    assert_int_equal(meters[1].source, FG_SOURCE_ANSWERS);
    assert_int_equal(meters[2].kind, FG_METER_RATIO);
    assert_int_equal(meters[2].source, FG_SOURCE_ENDS);
    assert_int_equal(meters[2].min_samples, 20);
    assert_int_equal(meters[2].hit.n, 1);
    assert_true(meters[2].id != meters[2].hit_id);
    assert_int_equal(meters[3].source, FG_SOURCE_CALLS);
    assert_int_equal(meters[3].min_samples, 7);
    assert_int_equal(meters[3].per, FG_KEY_NETWORK);
    assert_int_equal(meters[4].source, FG_SOURCE_CERT);
    assert_int_equal(meters[4].per, FG_KEY_DEST_BLOCK | FG_KEY_DEST_TYPE | FG_KEY_DEST_TAIL |
                                        FG_KEY_CALLER_RANGE | FG_KEY_ATTEST);
    const struct fg_rule *rules = fixture->ruleset.rules;
    assert_int_equal(rules[0].n_tests, 2);
    assert_int_equal(rules[0].when.n, 1);
    assert_int_equal(rules[0].tests[0].meter, 1);
    assert_true(!rules[0].tests[0].above && rules[0].tests[0].number == FG_MICRO);
    assert_true(rules[0].tests[1].above && rules[0].tests[1].number == FG_MICRO / 2);
    assert_true(rules[0].unavailable_scores);
    assert_int_equal(rules[1].relative_to, FG_RELATIVE_METER);
    assert_int_equal(rules[1].relative_meter, 3);
    assert_true(rules[1].relative_times == FG_MICRO / 2 && rules[1].relative_at_least == FG_MICRO);
    assert_int_equal(rules[2].relative_meter, 2);
    assert_true(rules[2].relative_times == FG_MICRO && rules[2].relative_at_least == 2 * FG_MICRO);
    const struct fg_composite *composite = &fixture->ruleset.composites[0];
    assert_true(composite->rolls_out && composite->rollout_percent == 10);
}

static void memories_become_what_they_say(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        parse(fixture,
              "  age: {first_seen: src.country, per: customer, over: 400d}\n"
              "  known: {seen: caller.number, per: dest.number, over: 90d, on: end, when: "
              "{call.duration: {above: 30}}, direction: inbound}\n"
              "  scan: {longest_run: dest.number, per: customer, over: 10m}\n"
              "  many: {distinct: customer.id, per: dest.range, over: 1h, shared: true}\n"
              "  since: {first_seen: customer.id, per: customer, over: 60d}\n"
              "  places: {distinct: src.country, per: [customer, tls.cert.fingerprint], over: "
              "1h}\n"
              "  friends: {known: caller.number, per: [customer, dest.number], over: 31d, members: "
              "5000, when: {call.duration: {above: 20}}}\n"
              "  owed: {gauge: cost, per: customer}\n"
              "  few: {known: dest.country, per: customer, over: 1d, on: answer}\n",
              "  - {id: D, desc: d, when: {meters.friends: {below: 1}, meters.owed: {above: 5}, "
              "meters.few: {below: 1}}, score: 1}\n"
              "  - {id: A, desc: d, when: {meters.age: {below: 86400}, meters.scan: {above: 9}, "
              "meters.many: {above: 3}}, score: 1}\n"
              "  - {id: C, desc: d, when: {meters.since: {above: 9}, meters.places: {above: 1}}, "
              "score: 1}\n"
              "  - {id: B, desc: d, direction: inbound, when: {meters.known: {below: 1}}, score: "
              "1}\n"),
        FG_OK);
    assert_int_equal(fg_diags_total(fixture->diags), 0);
    const struct fg_meter *meters = fixture->ruleset.meters;
    assert_int_equal(meters[0].kind, FG_METER_FIRST_SEEN);
    assert_int_equal(meters[0].source, FG_SOURCE_SRC_COUNTRY);
    assert_true(meters[0].over_ms == 400 * FG_MS_PER_DAY && meters[0].on == FG_EVENT_ATTEMPT);
    assert_int_equal(meters[1].kind, FG_METER_SEEN);
    assert_int_equal(meters[1].source, FG_SOURCE_CALLER_NUMBER);
    assert_int_equal(meters[1].on, FG_EVENT_END);
    assert_int_equal(meters[2].kind, FG_METER_RUN);
    assert_int_equal(meters[2].source, FG_SOURCE_DEST_NUMBER);
    assert_int_equal(meters[3].source, FG_SOURCE_CUSTOMER);
    assert_true(meters[3].shared && !meters[2].shared);
    assert_int_equal(meters[4].source, FG_SOURCE_CUSTOMER);
    assert_int_equal(meters[5].source, FG_SOURCE_SRC_COUNTRY);
    assert_int_equal(meters[5].per, FG_KEY_CUSTOMER | FG_KEY_CERT);
    assert_int_equal(meters[6].kind, FG_METER_KNOWN);
    assert_int_equal(meters[6].source, FG_SOURCE_CALLER_NUMBER);
    assert_int_equal(meters[6].per, FG_KEY_CUSTOMER | FG_KEY_DEST_NUMBER);
    assert_int_equal(meters[6].on, FG_EVENT_END);
    assert_int_equal(meters[6].blocks, 128); // of 64 each
    assert_int_equal(meters[7].kind, FG_METER_GAUGE);
    assert_int_equal(meters[7].source, FG_SOURCE_COST);
    assert_true(meters[8].on == FG_EVENT_ANSWER && meters[8].blocks == 64);
}

static void rates_are_meters_of_their_own(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        parse(
            fixture, "  m: {count: calls, per: customer, over: 1m}\n",
            "  - {id: A, desc: d, when: {dest.home: false}, throttle_to: {rate: \"100/min\", "
            "burst: "
            "20, key: [customer, dest.number]}, on_unavailable: {score: 2}}\n"
            "  - {id: B, desc: d, when: {meters.m: {above: 1}}, action_at_least: alert, score: 1, "
            "throttle_to: {rate: \"5/s\"}}\n"),
        FG_OK);
    assert_int_equal(fg_diags_total(fixture->diags), 0);
    assert_int_equal(fixture->ruleset.n_meters, 3);
    const struct fg_meter *meters = fixture->ruleset.meters;
    const struct fg_rule *rules = fixture->ruleset.rules;
    assert_true(rules[0].throttles && rules[0].throttle_meter == 1);
    assert_int_equal(rules[0].action_at_least, FG_THROTTLE);
    assert_int_equal(rules[1].action_at_least, FG_ALERT);
    assert_true(rules[1].throttles && rules[1].throttle_meter == 2);
    assert_true(meters[1].rate == 100 && meters[1].rate_s == 60 && meters[1].burst == 20);
    assert_int_equal(meters[1].per, FG_KEY_CUSTOMER | FG_KEY_DEST_NUMBER);
    assert_true(meters[2].rate == 5 && meters[2].rate_s == 1 && meters[2].burst == 5);
    assert_true(meters[1].id != meters[2].id);
}

static void what_is_usual_becomes_what_it_says(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        parse(fixture,
              "  cost: {typical: cost, per: customer, start: {default: 5, office: 10.5}}\n"
              "  calls: {typical: calls, per: dest.country, when: {dest.home: false}, start: 3}\n"
              "  minutes: {typical: minutes, per: customer}\n"
              "  answers: {typical: answers, per: customer, direction: inbound}\n"
              "  growth: {trend: cost, desc: \"of cost\"}\n"
              "  hour: {sum: cost, per: customer, over: 1h}\n",
              "  - {id: A, desc: d, measure: meters.hour, relative_to: {meter: cost, times: 5, "
              "at_least: 10}, steps: [{above: 1, score: 1}]}\n"
              "  - {id: B, desc: d, when: {meters.calls: {below: 0.2}}, score: 1}\n"
              "  - {id: C, desc: d, on: minute, measure: meters.minutes, steps: [{above: 1, score: "
              "1}]}\n"
              "  - {id: E, desc: d, measure: meters.growth, steps: [{above: 3, score: 1}]}\n"
              "  - {id: D, desc: d, direction: inbound, when: {meters.answers: {below: 0.2}}, "
              "score: 1}\n"),
        FG_OK);
    assert_int_equal(fg_diags_total(fixture->diags), 0);
    const struct fg_meter *meters = fixture->ruleset.meters;
    assert_int_equal(meters[0].kind, FG_METER_TYPICAL);
    assert_int_equal(meters[0].source, FG_SOURCE_COST);
    assert_int_equal(meters[0].n_starts, 2);
    assert_string_equal(meters[0].starts[0].profile, "default");
    assert_true(meters[0].starts[0].amount == 5 * FG_MICRO);
    assert_string_equal(meters[0].starts[1].profile, "office");
    assert_true(meters[0].starts[1].amount == 10500000);
    assert_int_equal(meters[1].source, FG_SOURCE_CALLS);
    assert_int_equal(meters[1].n_starts, 1);
    assert_string_equal(meters[1].starts[0].profile, "default");
    assert_int_equal(meters[1].when.n, 1);
    assert_int_equal(meters[2].source, FG_SOURCE_MINUTES);
    assert_int_equal(meters[2].n_starts, 0);
    assert_int_equal(meters[3].source, FG_SOURCE_ANSWERS);
    assert_int_equal(meters[3].direction, FG_INBOUND);
    assert_int_equal(meters[4].kind, FG_METER_TREND);
    assert_string_equal(meters[4].name, "growth");
    assert_true(meters[4].id == meters[0].id && meters[4].per == meters[0].per);
    assert_true(meters[4].source == FG_SOURCE_COST && meters[4].n_starts == 0);
    assert_int_equal(fixture->ruleset.rules[0].relative_meter, 0);
}

static void what_is_new_needs_no_meter(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        parse(fixture, "  k: {count: calls, per: customer, over: 1h}\n",
              "  - {id: A, desc: d, when: {dest.country: {in: [\"CU\"], first_seen_within: 90d}, "
              "meters.k: {above: 1}}, score: 1}\n"
              "  - {id: B, desc: d, when: {dest.number: {first_seen_within: 1h}}, score: 1, "
              "on_unavailable: {score: 1}}\n"
              "  - {id: C, desc: d, when: {dest.number: {first_seen_within: 2h}}, score: 1, "
              "throttle_to: {rate: \"1/s\"}}\n"
              "  - {id: D, desc: d, when: {dest.number: {first_seen_within: 400d}}, score: 1}\n"
              "  - {id: E, desc: d, direction: inbound, when: {dest.number: {first_seen_within: "
              "1h}}, score: 1}\n"),
        FG_OK);
    assert_int_equal(fg_diags_total(fixture->diags), 0);
    const struct fg_meter *meters = fixture->ruleset.meters;
    const struct fg_rule *rules = fixture->ruleset.rules;
    assert_int_equal(fixture->ruleset.n_meters, 6); // with that of the rate
    assert_true(rules[0].when.n == 1 && rules[0].n_tests == 2);
    assert_true(rules[0].tests[0].meter == 1 && !rules[0].tests[0].above);
    assert_true(rules[0].tests[0].number == INT64_C(7776000) * FG_MICRO);
    assert_true(meters[1].nameless && meters[1].kind == FG_METER_FIRST_SEEN);
    assert_string_equal(meters[1].name, "dest.country");
    assert_true(meters[1].per == FG_KEY_CUSTOMER && meters[1].over_ms == 90 * FG_MS_PER_DAY);
    // What is remembered for as long is one meter.
    assert_int_equal(rules[1].tests[0].meter, rules[2].tests[0].meter);
    assert_true(rules[2].tests[0].number == INT64_C(7200) * FG_MICRO);
    assert_true(meters[rules[3].tests[0].meter].over_ms == 400 * FG_MS_PER_DAY);
    assert_int_equal(meters[rules[4].tests[0].meter].direction, FG_INBOUND);
    for (uint32_t i = 1; i < fixture->ruleset.n_meters; i++) {
        for (uint32_t k = 0; k < i; k++) {
            assert_true(meters[i].id != meters[k].id);
        }
    }
}

static void a_ratios_definition_is_part_of_its_id(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "  m: {ratio: {call.duration: {below: 6}}, per: customer, over: 10m}\n",
        "  m: {ratio: {call.duration: {below: 7}}, per: customer, over: 10m}\n",
        "  m: {ratio: {call.duration: {below: 6}}, of: answers, per: customer, over: 10m}\n",
        "  m: {ratio: {call.duration: {below: 6}}, min_samples: 5, per: customer, over: 10m}\n",
        "  m: {count: ends, per: customer, over: 10m}\n"};
    uint32_t ids[5];
    for (int i = 0; i < 5; i++) {
        void *fresh = NULL;
        assert_int_equal(setup(&fresh), 0);
        struct fixture *fixture = fresh;
        assert_int_equal(
            parse(fixture, texts[i], "  - {id: A, when: {meters.m: {above: 0.1}}, score: 1}\n"),
            FG_OK);
        ids[i] = fixture->ruleset.meters[0].id;
        for (int k = 0; k < i; k++) {
            assert_true(ids[k] != ids[i]);
        }
        (void)teardown(&fresh);
    }
}

struct mistake {
    const char *meter, *rule;
    const char *code, *message;
};
#define METER    "{count: calls, per: customer, over: 1m}"
#define THROTTLE "when: {dest.home: true}, score: 1"
#define TEST     "when: {meters.m: {above: 1}}, score: 1"

static const struct mistake mistakes[] = {
    {METER, "when: {meters.n: {above: 1}}, score: 1", "FG021", "unknown meter 'n'; one of: m"},
    {METER, "when: {meters.m: 3}, score: 1", "FG025",
     "'meters.m' is a number: write {above: n} or {below: n}"},
    {METER, "when: {meters.m: {in: [a]}}, score: 1", "FG025",
     "a meter is a number: only above and below fit it"},
    {METER, "when: {meters.m: {abov: 1}}, score: 1", "FG010",
     "unknown key 'abov' in matcher; did you mean 'above'?"},
    {METER, "when: {meters.m: {below: 0}}, score: 1", "FG025", "no meter is ever below 0"},
    {METER,
     TEST ", exceptions: [{fields: [meters.m], values: [[\"1\"]], reason: r, expires: never}]",
     "FG024", NULL},
    {"{count: calls, per: customer, over: 1m, when: {meters.m: {above: 1}}}", TEST, "FG024",
     "'meters.m': meters can be tested in the 'when' of a rule only"},
    {"{count: ansers, per: customer, over: 1m}", TEST, "FG013",
     "unknown count 'ansers'; did you mean 'answers'?"},
    {"{distinct: dest.rang, per: customer, over: 1m}", TEST, "FG013",
     "unknown distinct 'dest.rang'; did you mean 'dest.range'?"},
    {"{count: calls, per: src.netwrk, over: 1m}", TEST, "FG013",
     "unknown key 'src.netwrk'; did you mean 'src.network'?"},
    {"{count: calls, of: ends, per: customer, over: 1m}", TEST, "FG029", "'of' goes with 'ratio'"},
    {"{ratio: {call.answered: true}, of: end, per: customer, over: 1m}", TEST, "FG013",
     "unknown of 'end'; did you mean 'ends'?"},
    {"{ratio: {call.answerd: true}, per: customer, over: 1m}", TEST, "FG024",
     "unknown signal 'call.answerd'; did you mean 'call.answered'?"},
    {"{ratio: {call.answered: true}, min_samples: 0, per: customer, over: 1m}", TEST, "FG015",
     "min_samples must be a whole number from 1 to 1000000, not '0'"},
    {"{ratio: {call.answered: true}, count: calls, per: customer, over: 1m}", TEST, "FG029",
     "a meter has one of count, sum, distinct, gauge, first_seen, seen, known, longest_run, "
     "typical, "
     "trend and ratio, not both count and ratio"},
    {"{first_seen: dest.block, per: customer, over: 1d}", TEST, "FG013", NULL},
    {"{first_seen: dest.country, per: customer, over: day}", TEST, "FG029",
     "a first_seen meter needs a duration; did you mean 1d?"},
    {"{first_seen: dest.country, per: customer, over: 401d}", TEST, "FG016", NULL},
    {"{longest_run: dest.number, per: customer, over: 32d}", TEST, "FG016", NULL},
    {"{seen: dest.country, on: minute, per: customer, over: 1d}", TEST, "FG013", NULL},
    {"{known: caller.number, on: attempt, per: customer, over: 1d}", TEST, "FG029",
     "who only rings becomes known to nobody: write answer or end"},
    {"{known: caller.number, per: customer, over: 1m}", TEST, "FG016", NULL},
    {"{known: caller.number, per: dest.number, over: 1d, shared: true}", TEST, "FG029", NULL},
    {"{seen: caller.number, per: customer, over: 1d, members: 64}", TEST, "FG029",
     "'members' goes with 'known'"},
    {"{count: calls, on: end, per: customer, over: 1d}", TEST, "FG029",
     "'on' goes with 'first_seen', 'seen' and 'known'; write count: answers or ends"},
    {"{longest_run: dest.number, shared: true, per: dest.range, over: 1d}", TEST, "FG029",
     "a longest_run meter cannot be shared; count, distinct, first_seen and seen can"},
    {"{count: calls, shared: true, per: dest.range, over: day}", TEST, "FG029",
     "customers have days of their own: a shared meter needs a duration, such as over: 1d"},
    {"{count: calls, shared: true, per: [customer, dest.range], over: 1d}", TEST, "FG029",
     "a shared meter is kept for all customers together: 'per' names something else, such as "
     "dest.range"},
    {"{distinct: customer.id, per: dest.range, over: 1d}", TEST, "FG029",
     "every other meter is one customer's: 'distinct: customer.id' needs 'shared: true'"},
    {"{typical: ends, per: customer}", TEST, "FG013",
     "unknown typical 'ends'; one of: calls, answers, cost, minutes"},
    {"{typical: calls, per: customer, over: 1h}", TEST, "FG029",
     "a typical meter is about an hour of the week and has no 'over'"},
    {"{typical: calls, shared: true, per: dest.range}", TEST, "FG029",
     "a typical meter cannot be shared; count, distinct, first_seen and seen can"},
    {"{typical: calls, per: customer, start: 0}", TEST, "FG015",
     "'start' must be more than 0 and at most 1000000"},
    {"{typical: calls, per: customer, start: {office: 1000001}}", TEST, "FG015",
     "'office' must be more than 0 and at most 1000000"},
    {"{typical: calls, per: customer, start: {offic: 1}}", TEST, "FG010",
     "unknown key 'offic' in start; did you mean 'office'?"},
    {"{typical: calls, per: customer, start: {}}", TEST, "FG012", NULL},
    {"{typical: calls, per: customer, start: [1]}", TEST, "FG012", NULL},
    {METER, "when: {dest.country: {first_seen_within: 401d}}, score: 1", "FG016", NULL},
    {METER, "when: {dest.country: {first_seen_within: 1}}, score: 1", "FG016", NULL},
    {METER, "when: {dest.type: {first_seen_within: 1d}}, score: 1", "FG025",
     "when it was first seen is remembered of dest.country, dest.number, dest.range, "
     "caller.number, src.network, src.country and tls.cert.fingerprint, not of 'dest.type'"},
    {METER, "when: {customer.id: {first_seen_within: 1d}}, score: 1", "FG025", NULL},
    {METER, "when: {meters.m: {first_seen_within: 1d}}, score: 1", "FG025",
     "a meter is a number: only above and below fit it"},
    {METER, "when: {dest.number: {present: true, first_seen_within: 1d}}, score: 1", "FG024", NULL},
    {"{count: calls, per: customer, over: 1m, when: {dest.country: {first_seen_within: 1d}}}", TEST,
     "FG025", "'first_seen_within' can be tested in the 'when' of a rule only"},
    {METER,
     "when: {meters.m: {above: 1, below: 9}, dest.country: {first_seen_within: 1d}, dest.number: "
     "{first_seen_within: 1d}, src.network: {first_seen_within: 1d}}, score: 1",
     "FG023", "a rule tests at most 4 bounds of meters"},
    {"{trend: k}", TEST, "FG021", "unknown meter 'k'; one of: m"},
    {"{trend: m}", TEST, "FG029", "meter 'm' is not a typical one"},
    {"{trend: [m]}", TEST, "FG012", NULL},
    {"{trend: m, per: customer}", TEST, "FG029",
     "a trend is that of a typical meter, which says all the rest: 'per' does not go with it"},
    {"{trend: m, count: calls}", TEST, "FG029",
     "a trend is that of a typical meter, which says all the rest: 'count' does not go with it"},
    {"{count: calls, per: customer, over: 1h, start: 5}", TEST, "FG029",
     "'start' goes with 'typical'"},
    {METER, THROTTLE ", throttle_to: {burst: 1}", "FG011", NULL},
    {METER, THROTTLE ", throttle_to: {rate: \"5/d\"}", "FG015", NULL},
    {METER, THROTTLE ", throttle_to: {rate: \"0/s\"}", "FG015",
     "the rate must be from 1 to 100000 calls in a second, minute or hour, such as \"5/s\", "
     "\"100/min\" or \"20/h\""},
    {METER, THROTTLE ", throttle_to: {rate: \"5/s\", burst: 0}", "FG015", NULL},
    {METER, THROTTLE ", throttle_to: {rate: \"5/s\", key: dest.numbr}", "FG013",
     "unknown key 'dest.numbr'; did you mean 'dest.number'?"},
    {METER, THROTTLE ", on: minute, throttle_to: {rate: \"5/s\"}", "FG029",
     "'throttle_to' is for attempts: nothing else can come later"},
    {METER, "measure: meters.m, throttle_to: {rate: \"5/s\"}, steps: [{above: 1, score: 1}]",
     "FG029", "'throttle_to' goes with 'when' and 'score', not with 'measure'"},
    {METER, "on: minute, when: {dest.home: false}, score: 1, cut_dearest: true", "FG029",
     "'cut_dearest' is for limits over all of a customer's calls: the rule needs a 'measure' of a "
     "meter 'per: customer'"},
    {METER, "on: minute, measure: call.duration, steps: [{above: 1, score: 1}], cut_dearest: true",
     "FG029", NULL},
    {METER, "measure: meters.m, steps: [{above: 1, score: 1}], cut_dearest: true", "FG029",
     "'cut_dearest' is about calls in progress: the rule needs 'on: minute'"},
    {METER, "measure: meters.m, steps: [{above: 1, score: 1}], cut_dearest: 1", "FG013", NULL},
    {METER, "measure: meters.m, relative_to: {meter: n}, steps: [{above: 1, score: 1}]", "FG021",
     "unknown meter 'n'; one of: m"},
    {METER, "measure: meters.m, relative_to: {times: 2}, steps: [{above: 1, score: 1}]", "FG011",
     "'relative_to' needs a 'meter', such as {meter: calls_31d, times: 0.0323}"},
    {METER,
     "measure: meters.m, relative_to: {meter: m, at_least: 0}, steps: [{above: 1, score: 1}]",
     "FG015", "'at_least' must be more than 0"},
    {METER, "measure: meters.m, relative_to: meters.m, steps: [{above: 1, score: 1}]", "FG013",
     "write relative_to: {meter: m, times: n, at_least: n}"},
    {METER,
     "when: {meters.m: {above: 1, below: 9}, dest.home: true, meters.k: {above: 1, below: 9}, "
     "meters.l: {above: 1}}, score: 1",
     "FG023", "a rule tests at most 4 bounds of meters"},
};

static void each_mistake_is_told(void **state)
{
    (void)state;
    uint32_t wrong = 0;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        const struct mistake *mistake = &mistakes[i];
        void *fresh = NULL;
        assert_int_equal(setup(&fresh), 0);
        struct fixture *fixture = fresh;
        char meters[512];
        char rules[512];
        bool more = strcmp(mistake->code, "FG023") == 0;
        (void)snprintf(meters, sizeof(meters), "  m: %s\n%s", mistake->meter,
                       more ? "  k: " METER "\n  l: " METER "\n" : "");
        (void)snprintf(rules, sizeof(rules), "  - {id: A, desc: d, %s}\n", mistake->rule);
        int rc = parse(fixture, meters, rules);
        const struct fg_diag *found = NULL;
        for (uint32_t k = 0; k < fg_diags_total(fixture->diags) && found == NULL; k++) {
            const struct fg_diag *diag = fg_diags_at(fixture->diags, k);
            found = diag->severity == FG_ERROR ? diag : NULL;
        }
        if (found == NULL || fg_diags_count(fixture->diags, FG_ERROR) != 1 || rc != FG_ESYNTAX ||
            (mistake->message != NULL && strcmp(found->message, mistake->message) != 0) ||
            strcmp(found->code, mistake->code) != 0) {
            fg_diags_print(fixture->diags, FG_DIAG_HUMAN, stderr);
            print_error("expected %s [%s]\n", mistake->message, mistake->code);
            wrong++;
        }
        (void)teardown(&fresh);
    }
    assert_int_equal(wrong, 0);
}

static void what_never_counts_is_told(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        parse(fixture,
              "  a: {count: calls, when: {call.duration: {below: 6}}, per: customer, "
              "over: 1h}\n"
              "  b: {ratio: {call.answered: true}, of: calls, per: customer, over: 1h}\n"
              "  c: {ratio: {call.answered: true}, of: ends, per: customer, over: 1h}\n",
              "  - {id: A, desc: d, score: 1, when: {meters.a: {above: 1}, meters.b: "
              "{above: 1}, meters.c: {above: 1}}}\n"
              "  - {id: B, desc: d, score: 1, when: {call.answered: true}}\n"),
        FG_OK);
    assert_int_equal(fg_diags_total(fixture->diags), 3);
    assert_string_equal(fg_diags_at(fixture->diags, 1)->message,
                        "meter 'b' never counts: it looks at calls as they begin, when "
                        "'call.answered' is not there yet; write 'of: ends'");
}

static void a_composites_rollout_in_shadow_is_told(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, "  m: " METER "\n",
                           "  - {id: A, desc: d, " TEST "}\n"
                           "composites:\n  - {id: D, desc: d, all_of: [A], score: 1, mode: shadow, "
                           "rollout: {percent: 10}}\n"),
                     FG_OK);
    assert_int_equal(fg_diags_total(fixture->diags), 1);
    assert_string_equal(fg_diags_at(fixture->diags, 0)->code, "FG045");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(meters_become_what_they_say, setup, teardown),
        cmocka_unit_test_setup_teardown(memories_become_what_they_say, setup, teardown),
        cmocka_unit_test_setup_teardown(rates_are_meters_of_their_own, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_usual_becomes_what_it_says, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_new_needs_no_meter, setup, teardown),
        cmocka_unit_test(a_ratios_definition_is_part_of_its_id),
        cmocka_unit_test(each_mistake_is_told),
        cmocka_unit_test_setup_teardown(what_never_counts_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_composites_rollout_in_shadow_is_told, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
