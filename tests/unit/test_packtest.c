// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fg/pack.h"
#include "fg/packtest.h"
#include "scratch_dir.h"

static const char rules[] =
    "fraudguard: 1\n"
    "pack: p\n"
    "version: \"1.0.0\"\n"
    "scoring:\n"
    "  thresholds: {alert: 30, throttle: 50, block: 80}\n"
    "  on_block: {sip: \"603 Declined\", drop_media: true, hold: 15m, hold_scope: customer,"
    " hold_growth: 2, hold_max: 40m}\n"
    "calendars:\n"
    "  office: {open: customer}\n"
    "meters:\n"
    "  calls_1m: {count: calls, per: customer, over: 1m}\n"
    "  live: {gauge: calls, per: customer}\n"
    "  scan: {longest_run: dest.number, per: customer, over: 1h}\n"
    "  age: {first_seen: dest.number, per: customer, over: 90d}\n"
    "  spend: {sum: minutes, per: customer, over: 1h}\n"
    "rules:\n"
    "  - {id: PREMIUM, desc: p, when: {dest.type: premium}, score: 50}\n"
    "  - {id: CLOSED, desc: c, when: {calendar.office: closed}, score: 30}\n"
    "  - {id: BURST, desc: b, measure: meters.calls_1m, steps: [{above: 2, score: 30}]}\n"
    "  - {id: LIVE, desc: l, measure: meters.live, steps: [{above: 1, score: 50}]}\n"
    "  - {id: SCAN, desc: s, measure: meters.scan, steps: [{above: 20, score: 30}]}\n"
    "  - {id: OLD, desc: o, when: {dest.prefix: \"+4420800\", meters.age: {above: 119}}, score: "
    "30}\n"
    "  - {id: SLOW, desc: s, when: {dest.prefix: \"+4420900\"}, throttle_to: {rate: 1/h, burst: "
    "3}}\n"
    "  - {id: LONG, desc: l, on: minute, measure: meters.spend, steps: [{above: 3, score: 80}]}\n"
    "  - {id: WATCH, desc: w, mode: shadow, when: {dest.home: false}, score: 7}\n"
    "  - id: UAN\n"
    "    desc: u\n"
    "    when: {dest.prefix: \"+33\"}\n"
    "    score: 80\n"
    "    exceptions:\n"
    "      - {fields: [customer.id], values: [acme], reason: T-1, expires: \"2026-11-20\"}\n";

static const char overrides[] =
    "fraudguard: 1\n"
    "overrides:\n"
    "  - {match: {customer.id: acme}, rule: CLOSED, replace: {score: 4}, reason: T-2, owner: o,\n"
    "     expires: never}\n";

static const char head[] =
    "fraudguard_test: 1\n"
    "fixtures:\n"
    "  acme: {id: acme, tz: Europe/London, home_countries: [\"GB\"], cert_names: [a.example],\n"
    "         hours: [{days: mon-fri, from: \"08:00\", to: \"18:00\"}]}\n"
    "tests:\n";

struct fixture {
    struct scratch_dir dir;
    struct fg_diags *diags;
    struct fg_policy_bundle *bundle;
    struct fg_packtest_summary summary;
    char *printed;
};

static int load(void **state, const char *pack, const char *changes)
{
    static struct fixture fixture;
    memset(&fixture, 0, sizeof(fixture));
    struct scratch_dir *dir = &fixture.dir;
    scratch_dir_open(dir);
    scratch_dir_subdir(dir, "data");
    scratch_dir_subdir(dir, "overrides.d");
    scratch_dir_write(dir, "p.yaml", pack);
    scratch_dir_write(dir, "overrides.d/o.yaml", changes);
    scratch_dir_write(dir, "data/numbering.csv",
                      "prefix,country,type\n44,GB,unallocated\n442,GB,fixed\n4490,GB,premium\n"
                      "33,FR,fixed\n");
    scratch_dir_write(dir, "data/countries.csv",
                      "country,calling_code,international,trunk\nGB,44,00,0\n");
    scratch_dir_write(dir, "data/emergency.csv", "calling_code,code\n44,999\n");
    scratch_dir_write(dir, "data/rates.csv", "prefix,usd_per_minute\n44,0.01\n4490,0.5\n");
    fixture.diags = fg_diags_new();
    struct fg_policy_paths paths = {.rules_dir = dir->path};
    struct fg_hash_key key = {{5}};
    int rc = fg_policy_load(&paths, fg_heap_libc(), &key, fixture.diags, &fixture.bundle);
    *state = &fixture;
    return rc;
}

static int setup(void **state)
{
    return load(state, rules, overrides);
}

static const char dearest[] =
    "fraudguard: 1\n"
    "pack: p\n"
    "version: \"1.0.0\"\n"
    "scoring: {thresholds: {alert: 30, block: 80}}\n"
    "meters:\n"
    "  live: {gauge: calls, per: customer}\n"
    "rules:\n"
    "  - {id: LIVE, desc: l, on: minute, measure: meters.live, steps: [{above: 2, score: 80}],\n"
    "     cut_dearest: true}\n"
    "  - {id: ANY, desc: a, when: {dest.home: true}, score: 1}\n";

static int setup_dearest(void **state)
{
    return load(state, dearest, "fraudguard: 1\noverrides: []\n");
}

static const char metered[] =
    "fraudguard: 1\n"
    "pack: p\n"
    "version: \"1.0.0\"\n"
    "scoring: {thresholds: {alert: 30, block: 80}}\n"
    "meters:\n"
    "  short: {ratio: {call.duration: {below: 6}}, per: customer, over: 1h, min_samples: 3}\n"
    "  missed: {count: ends, when: {call.answered: false}, per: dest.range, over: 1h}\n"
    "  known: {count: answers, per: dest.number, over: 31d}\n"
    "  hour: {count: calls, per: customer, over: 1h}\n"
    "  month: {count: calls, per: customer, over: 31d}\n"
    "rules:\n"
    "  - {id: SHORT, desc: s, measure: meters.short, steps: [{above: 0.5, score: 1}]}\n"
    "  - {id: MISSED, desc: m, when: {meters.missed: {above: 1}}, score: 1}\n"
    "  - {id: NEW, desc: n, when: {meters.known: {below: 1}}, score: 1, on_unavailable: {score: "
    "2}}\n"
    "  - {id: UNUSUAL, desc: u, measure: meters.hour, steps: [{above: 3, score: 1}],\n"
    "     relative_to: {meter: month, times: 0.1}}\n"
    "composites:\n"
    "  - {id: TRIED, desc: t, all_of: [SHORT, MISSED], score: 5, rollout: {percent: 0}}\n";

static int setup_metered(void **state)
{
    return load(state, metered, "fraudguard: 1\noverrides: []\n");
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    fg_policy_bundle_free(fixture->bundle);
    fg_diags_free(fixture->diags);
    free(fixture->printed);
    scratch_dir_remove(&fixture->dir);
    return 0;
}

static int run(struct fixture *fixture, const char *tests)
{
    char text[4096];
    (void)snprintf(text, sizeof(text), "%s%s", head, tests);
    scratch_dir_write(&fixture->dir, "p.test.yaml", text);
    size_t size = 0;
    FILE *out = open_memstream(&fixture->printed, &size);
    assert_non_null(out);
    int rc = fg_packtest_run(fixture->dir.files[fixture->dir.n - 1], fg_policy_of(fixture->bundle),
                             fixture->diags, false, out, &fixture->summary);
    assert_int_equal(fclose(out), 0);
    return rc;
}

#define CALL "from: \"+442079460000\", san: [a.example]"

static void passing_tests_print_nothing(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        run(fixture,
            "  - name: premium at night; the points for the night are overridden\n"
            "    customer: acme\n"
            "    clock: \"2026-11-21T02:10:00Z\"\n"
            "    calls: [{" CALL ", to: \"+449098790000\", repeat: 2}]\n"
            "    expect: {first: {action: throttle, score: 54, rules: [PREMIUM, CLOSED],\n"
            "             overrides: [CLOSED/T-2]}, last: {action: throttle}}\n"
            "  - name: a burst, dialled nationally\n"
            "    customer: acme\n"
            "    clock: \"2026-11-20T10:00:00Z\"\n"
            "    calls: [{" CALL ", to: \"020794600{n}\", repeat: 12, every: 2s}]\n"
            "    expect: {first: {action: allow, score: 0}, at_call: {n: 3, action: alert,\n"
            "             rules: [BURST]}, last: {action: alert}}\n"
            "  - name: two at once\n"
            "    customer: acme\n"
            "    clock: \"2026-11-20T10:00:00Z\"\n"
            "    calls: [{" CALL ", to: \"+4420{rand:8}\", repeat: 2, every: 90s, duration: 2m}]\n"
            "    expect: {first: {action: allow, not_rules: [LIVE]}, last: {rules: [LIVE]}}\n"
            "  - name: one after the other\n"
            "    customer: acme\n"
            "    clock: \"2026-11-20T10:00:00Z\"\n"
            "    calls: [{" CALL ", to: \"+442079460000\", repeat: 2, every: 60s, duration: 60s}]\n"
            "    expect: {all: {action: allow, cut: false}}\n"
            "  - name: cut in the fourth minute\n"
            "    customer: acme\n"
            "    clock: \"2026-11-20T10:00:00Z\"\n"
            "    calls: [{" CALL ", to: \"+442079460000\", duration: 1h}]\n"
            "    expect: {first: {action: allow}, cut_at_minute: 4, rules: [LONG]}\n"
            "  - name: shadow, and a store that is away\n"
            "    customer: acme\n"
            "    clock: \"2026-11-20T10:00:00Z\"\n"
            "    faults: [redis_down]\n"
            "    calls: [{" CALL ", to: \"+33140000000\"}]\n"
            "    expect: {action: allow, score: 0, shadow_score: 7, shadow_rules: [WATCH],\n"
            "             degraded: true, identity: certificate, exceptions: [UAN/T-1]}\n"
            "  - name: after the last day of the exception\n"
            "    customer: acme\n"
            "    clock: \"2026-11-21T00:00:00Z\"\n"
            "    calls: [{" CALL ", to: \"+33140000000\", repeat: 2}]\n"
            "    expect: {first: {action: block, rules: [UAN], hold: true, sip: 603,\n"
            "             drop_media: true}, last: {action: block, hold: true}}\n"
            "  - name: a hold that comes again grows\n"
            "    customer: acme\n"
            "    clock: \"2026-11-21T00:00:00Z\"\n"
            "    calls:\n"
            "      - {" CALL ", to: \"+33140000000\", repeat: 4, every: 1001s}\n"
            "      - {" CALL ", to: \"+33140000000\", at: 23h}\n"
            "    expect: {at_call: [{n: 1, hold_scope: customer, hold_for: 15m},\n"
            "                       {n: 2, hold_for: 30m}, {n: 3, hold: true},\n"
            "                       {n: 4, hold_for: 40m}, {n: 5, hold_for: 40m}]}\n"
            "  - name: somebody else's certificate\n"
            "    customer: acme\n"
            "    clock: \"2026-11-20T10:00:00Z\"\n"
            "    calls: [{from: \"+442079460000\", to: \"+442079460000\", san: [b.example]}]\n"
            "    expect: {action: block, identity: unknown_name}\n"
            "  - name: numbers in rising order\n"
            "    customer: acme\n"
            "    clock: \"2026-11-20T10:00:00Z\"\n"
            "    calls: [{" CALL ", to: \"+4420794601{n}\", repeat: 21, every: 90s}]\n"
            "    expect: {first: {rules: []}, at_call: {n: 20, not_rules: [SCAN]},\n"
            "             last: {rules: [SCAN]}}\n"
            "  - name: a number that is known\n"
            "    customer: acme\n"
            "    clock: \"2026-11-20T10:00:00Z\"\n"
            "    calls: [{" CALL ", to: \"+442080012345\", repeat: 3, every: 60s}]\n"
            "    expect: {at_call: {n: 2, not_rules: [OLD]}, last: {rules: [OLD]}}\n"
            "  - name: three at once and one an hour\n"
            "    customer: acme\n"
            "    clock: \"2026-11-20T10:00:00Z\"\n"
            "    calls: [{" CALL ", to: \"+442090012345\", repeat: 4, every: 40s}]\n"
            "    expect: {first: {action: allow}, at_call: {n: 3, action: allow},\n"
            "             last: {action: throttle, rules: [SLOW]}}\n"
            "  - name: emergency\n"
            "    customer: acme\n"
            "    clock: \"2026-11-21T02:10:00Z\"\n"
            "    calls: [{" CALL ", to: \"999\"}]\n"
            "    expect: {action: allow, score: 0}\n"),
        FG_OK);
    assert_string_equal(fixture->printed, "");
    assert_int_equal(fixture->summary.passed, 13);
    assert_int_equal(fixture->summary.failed, 0);
    assert_int_equal(fixture->summary.rules, 10);
    assert_int_equal(fixture->summary.rules_covered, 10);
}

static void a_failing_test_says_what_it_got_and_why(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(run(fixture, "  - name: wrong\n"
                                  "    customer: acme\n"
                                  "    clock: \"2026-11-20T10:00:00Z\"\n"
                                  "    calls: [{" CALL ", to: \"+449098790000\"}]\n"
                                  "    expect: {action: block, score: 80, rules: [CLOSED],\n"
                                  "             not_rules: [PREMIUM], hold: true}\n"),
                     FG_OK);
    assert_int_equal(fixture->summary.passed, 0);
    assert_int_equal(fixture->summary.failed, 1);
    assert_int_equal(fixture->summary.rules_covered, 1);
    assert_true(fixture->summary.covered[0]);
    const char *expected = "FAIL  p.test.yaml:6  wrong\n"
                           "      line 10: expected action block (score 80)   got throttle "
                           "(score 50)\n"
                           "      line 10: expected score 80   got 50\n"
                           "      line 10: expected hold true   got false\n"
                           "      line 10: expected rule CLOSED   it did not hit\n"
                           "      line 10: expected no rule PREMIUM   it hit\n"
                           "      got throttle, score 50, shadow score 50:\n"
                           "         +50 PREMIUM  ";
    assert_int_equal(strncmp(fixture->printed, expected, strlen(expected)), 0);
    assert_non_null(strstr(fixture->printed, "p.yaml:16\n"));
}

static void missing_exceptions_and_overrides_are_failures(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        run(fixture, "  - name: x\n"
                     "    customer: acme\n"
                     "    clock: \"2026-11-21T10:00:00Z\"\n"
                     "    calls: [{" CALL ", to: \"+33140000000\"}]\n"
                     "    expect: {exceptions: [UAN/T-1], overrides: [CLOSED/T-2, CLOSED/T-3]}\n"),
        FG_OK);
    assert_int_equal(fixture->summary.failed, 1);
    assert_non_null(strstr(fixture->printed, "expected exception UAN/T-1   it did not apply"));
    assert_null(strstr(fixture->printed, "CLOSED/T-2 "));
    assert_non_null(strstr(fixture->printed, "expected override CLOSED/T-3   it did not apply"));
    assert_non_null(strstr(fixture->printed, "+0 OVERRIDE:CLOSED  override of CLOSED: T-2 (o)   "
                                             "o.yaml:3\n"));
}

static void a_missing_cut_is_a_failure(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(run(fixture, "  - name: short\n"
                                  "    customer: acme\n"
                                  "    clock: \"2026-11-20T10:00:00Z\"\n"
                                  "    calls: [{" CALL ", to: \"+442079460000\", duration: 2m}]\n"
                                  "    expect: {cut: true}\n"
                                  "  - name: long\n"
                                  "    customer: acme\n"
                                  "    clock: \"2026-11-20T10:00:00Z\"\n"
                                  "    calls: [{" CALL ", to: \"+442079460000\", duration: 1h}]\n"
                                  "    expect: {cut: false}\n"),
                     FG_OK);
    assert_int_equal(fixture->summary.failed, 2);
    assert_non_null(strstr(fixture->printed, "expected a cut   the call was not cut"));
    assert_non_null(strstr(fixture->printed, "expected no cut   the call was cut"));
}

static void mistakes_in_a_test_are_told_with_their_place(void **state)
{
    struct fixture *fixture = *state;
    uint32_t before = fg_diags_total(fixture->diags);
    assert_int_equal(run(fixture, "  - name: x\n"
                                  "    customer: acne\n"
                                  "    clock: \"2026-11-20\"\n"
                                  "    calls: [{frm: \"+44\", to: +4420}]\n"
                                  "    expect: {action: blok, rules: [PREMIUN],\n"
                                  "             exceptions: [PREMIUM, PREMIUN/x]}\n"),
                     FG_ESYNTAX);
    static const struct {
        uint32_t line, column;
        const char *message;
    } expected[] = {
        {7, 15, "unknown customer 'acne' (see fixtures); did you mean 'acme'?"},
        {8, 12, "the clock must be RFC 3339, such as \"2026-11-21T02:10:00Z\", not '2026-11-20'"},
        {9, 14, "unknown key 'frm' in call; did you mean 'from'?"},
        {9, 30,
         "a number must be quoted: write \"+4420\" (unquoted +4420 is the number 4420 to other "
         "tools)"},
        {10, 22, "unknown action 'blok'; did you mean 'block'?"},
        {10, 36, "unknown rule 'PREMIUN'; did you mean 'PREMIUM'?"},
        {11, 27, "write the rule and the reason, such as \"DEST_IRSF/FRAUD-212\""},
        {11, 36, "unknown rule 'PREMIUN'; did you mean 'PREMIUM'?"},
    };
    assert_int_equal(fg_diags_total(fixture->diags) - before, 8);
    for (uint32_t i = 0; i < 8; i++) {
        const struct fg_diag *diag = fg_diags_at(fixture->diags, before + i);
        assert_string_equal(diag->message, expected[i].message);
        assert_int_equal(diag->line, expected[i].line);
        assert_int_equal(diag->column, expected[i].column);
    }
}

static void mistakes_in_a_history_are_told_with_their_place(void **state)
{
    struct fixture *fixture = *state;
    uint32_t before = fg_diags_total(fixture->diags);
    assert_int_equal(run(fixture,
                         "  - name: x\n"
                         "    clock: \"2026-11-20T10:00:00Z\"\n"
                         "    history:\n"
                         "      dest.country: [NO, \"XY\", \"GB\"]\n"
                         "      dest.numbr: [\"+44\"]\n"
                         "      caller.number: [+4420, 0044]\n"
                         "      src.network: [here]\n"
                         "      cert_first_seen: \"2026-11-21T10:00:00Z\"\n"
                         "      ago: 2y\n"
                         "      calls: [{to: \"+4420\"}, {to: \"+4420\", ago: 5s, repeat: 20}]\n"
                         "    calls: [{to: \"+4420\"}]\n"
                         "    expect: {action: allow}\n"),
                     FG_ESYNTAX);
    static const struct {
        uint32_t line, column;
        const char *begin; // of the message
    } expected[] = {
        {10, 7, "unknown key 'dest.numbr' in history; did you mean 'dest.number'?"},
        {9, 22, "dest.country must be quoted: write \"NO\""},
        {9, 26, "dest.country must be"},
        {11, 23, "caller.number must be quoted: write \"+4420\""},
        {11, 30, "caller.number must be quoted: write \"+44\" (unquoted 0044 is the number 36 to"},
        {12, 21, "src.network lists IP addresses"},
        {14, 12, "ago"},
        {13, 24, "cert_first_seen must be at or before the test's clock"},
        {15, 15, "a call of the history needs 'ago'"},
        {15, 30, "the last of these calls would begin after the clock"},
        {9, 7, "a history is a customer's"},
    };
    for (uint32_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        const struct fg_diag *diag = fg_diags_at(fixture->diags, before + i);
        assert_non_null(diag);
        assert_int_equal(strncmp(diag->message, expected[i].begin, strlen(expected[i].begin)), 0);
        assert_int_equal(diag->line, expected[i].line);
        assert_int_equal(diag->column, expected[i].column);
    }
    assert_int_equal(fg_diags_total(fixture->diags) - before, 11);
}

static void patterns_with_other_braces_are_mistakes(void **state)
{
    struct fixture *fixture = *state;
    uint32_t before = fg_diags_total(fixture->diags);
    assert_int_equal(run(fixture, "  - name: x\n"
                                  "    clock: \"2026-11-20T10:00:00Z\"\n"
                                  "    calls:\n"
                                  "      - {to: \"+9607{rnd:6}\"}\n"
                                  "      - {to: \"+9607{rand:16}\"}\n"
                                  "      - {to: \"+9607{rand:6\"}\n"
                                  "      - {to: \"+9607{N}\"}\n"
                                  "      - {to: '+9607', from: \"+44{random}\"}\n"
                                  "      - {to: \"+96{n}{rand:1}{rand:15}\"}\n"
                                  "    expect: {action: block}\n"),
                     FG_ESYNTAX);
    static const struct {
        uint32_t line, column;
        const char *message;
    } expected[] = {
        {9, 20, "unknown placeholder '{rnd:6}' in 'to'; did you mean '{rand:6}'?"},
        {10, 20,
         "unknown placeholder '{rand:16}' in 'to'; there are {n} and {rand:1} to {rand:15}"},
        {11, 20, "unknown placeholder '{rand:6' in 'to'; did you mean '{rand:6}'?"},
        {12, 20, "unknown placeholder '{N}' in 'to'; did you mean '{n}'?"},
        {13, 33,
         "unknown placeholder '{random}' in 'from'; there are {n} and {rand:1} to {rand:15}"},
    };
    assert_int_equal(fg_diags_total(fixture->diags) - before, 5);
    for (uint32_t i = 0; i < 5; i++) {
        const struct fg_diag *diag = fg_diags_at(fixture->diags, before + i);
        assert_string_equal(diag->code, "FG028");
        assert_string_equal(diag->message, expected[i].message);
        assert_int_equal(diag->line, expected[i].line);
        assert_int_equal(diag->column, expected[i].column);
    }
}

static void two_tests_of_one_name_are_a_mistake(void **state)
{
    struct fixture *fixture = *state;
    uint32_t before = fg_diags_total(fixture->diags);
#define AN_X(name)                                                                                 \
    "  - {name: " name ", clock: \"2026-11-20T10:00:00Z\", calls: [{to: \"+4420\"}],"              \
    " expect: {action: block}}\n"
    assert_int_equal(run(fixture, AN_X("x") AN_X("y") AN_X("x") AN_X("x")), FG_ESYNTAX);
    assert_int_equal(fg_diags_total(fixture->diags) - before, 2);
    for (uint32_t i = 0; i < 2; i++) {
        const struct fg_diag *diag = fg_diags_at(fixture->diags, before + i);
        assert_string_equal(diag->code, "FG020");
        assert_string_equal(diag->message, "test 'x' exists already on line 6");
        assert_int_equal(diag->line, 8 + i);
    }
}

static void mistakes_in_fixtures_do_not_hide_the_tests(void **state)
{
    struct fixture *fixture = *state;
    uint32_t before = fg_diags_total(fixture->diags);
    scratch_dir_write(&fixture->dir, "p.test.yaml",
                      "fraudguard_test: 1\n"
                      "fixtures:\n"
                      "  acme: {id: acme, tz: Europe/Londn}\n"
                      "tests:\n"
                      "  - name: x\n"
                      "    customer: acme\n"
                      "    clock: \"2026-11-20T10:00:00Z\"\n"
                      "    history: {dest.country: [\"GB\"]}\n"
                      "    calls: [{to: \"+4420{}\"}]\n"
                      "    expect: {action: blok}\n");
    assert_int_equal(fg_packtest_run(fixture->dir.files[fixture->dir.n - 1],
                                     fg_policy_of(fixture->bundle), fixture->diags, false, stderr,
                                     &fixture->summary),
                     FG_ESYNTAX);
    static const char *const codes[] = {"FG027", "FG028", "FG013"};
    assert_int_equal(fg_diags_total(fixture->diags) - before, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_string_equal(fg_diags_at(fixture->diags, before + i)->code, codes[i]);
    }
}

static void run_whole(struct fixture *fixture, const char *text, uint32_t line, const char *message)
{
    scratch_dir_write(&fixture->dir, "p.test.yaml", text);
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/p.test.yaml", fixture->dir.path);
    uint32_t before = fg_diags_total(fixture->diags);
    assert_int_equal(fg_packtest_run(path, fg_policy_of(fixture->bundle), fixture->diags, false,
                                     stderr, &fixture->summary),
                     FG_ESYNTAX);
    assert_int_equal(fg_diags_total(fixture->diags), before + 1);
    assert_string_equal(fg_diags_at(fixture->diags, before)->message, message);
    assert_int_equal(fg_diags_at(fixture->diags, before)->line, line);
}

static void files_that_are_no_tests_are_told(void **state)
{
    struct fixture *fixture = *state;
    static const char empty[] = "the file is empty; a test file begins with 'fraudguard_test: 1'";
    run_whole(fixture, "", 1, empty);
    run_whole(fixture, "# nothing\n", 1, empty);
    run_whole(fixture, "fraudguard_test: 1\npacks: []\ntests: []\n", 2,
              "'packs' names 1 to 256 files");
    run_whole(fixture,
              "fraudguard_test: 1\ntests:\n  - name: n\n    clock: \"2026-11-20T10:00:00Z\"\n"
              "    calls: [{to: \"+442079460000\", repeat: 20000, duration: 1d}]\n    expect: {}\n",
              5, "the calls of one test last more than 1000000 minutes together");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void meters_of_answers_and_ends(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        run(fixture,
            "  - name: answered\n    customer: acme\n    clock: \"2026-11-20T10:00:00Z\"\n"
            "    calls: [{to: \"02079460001\", repeat: 5, every: 60s, duration: 5s, " CALL "}]\n"
            "    expect: {first: {rules: [NEW], not_rules: [SHORT]}, at_call: {n: 3, not_rules: "
            "[SHORT]},\n"
            "             last: {score: 2, rules: [SHORT, UNUSUAL], not_rules: [NEW, MISSED]}}\n"
            "  - name: missed\n    customer: acme\n    clock: \"2026-11-20T10:00:00Z\"\n"
            "    calls: [{to: \"0207946000{n}\", repeat: 4, every: 60s, " CALL "}]\n"
            "    expect: {at_call: {n: 2, not_rules: [MISSED]},\n"
            "             last: {score: 4, rules: [SHORT, MISSED, NEW], shadow_score: 9}}\n"
            "  - name: long\n    customer: acme\n    clock: \"2026-11-20T10:00:00Z\"\n"
            "    calls: [{to: \"02079460001\", repeat: 3, every: 60s, duration: 20s, " CALL "},\n"
            "            {to: \"02079460001\", at: 300s, " CALL "}]\n"
            "    expect: {last: {not_rules: [SHORT, MISSED, NEW]}}\n"
            "  - name: no store\n    customer: acme\n    clock: \"2026-11-20T10:00:00Z\"\n"
            "    faults: [store_down]\n"
            "    calls: [{to: \"02079460001\", " CALL "}]\n"
            "    expect: {last: {score: 2, rules: [NEW]}}\n"),
        FG_OK);
    if (fixture->summary.failed > 0) {
        print_error("%s\n", fixture->printed);
    }
    assert_int_equal(fixture->summary.failed, 0);
    assert_int_equal(fixture->summary.passed, 4);
}

static void the_dearest_call_ends(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        run(fixture,
            "  - name: one of three, whichever is judged\n"
            "    customer: acme\n"
            "    clock: \"2026-11-20T10:00:00Z\"\n"
            "    calls:\n"
            "      - {" CALL ", to: \"+442079460000\", duration: 10m}\n"
            "      - {" CALL ", to: \"+449098790000\", at: 10s, duration: 10m}\n"
            "      - {" CALL ", to: \"+442079460002\", at: 90s, duration: 10m}\n"
            "    expect: {first: {cut: false}, at_call: {n: 2, cut_at_minute: 2, rules: [LIVE]},\n"
            "             last: {cut: false}}\n"),
        FG_OK);
    assert_int_equal(fixture->summary.failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(passing_tests_print_nothing),
        TEST(a_failing_test_says_what_it_got_and_why),
        TEST(missing_exceptions_and_overrides_are_failures),
        TEST(a_missing_cut_is_a_failure),
        TEST(mistakes_in_a_test_are_told_with_their_place),
        TEST(patterns_with_other_braces_are_mistakes),
        TEST(two_tests_of_one_name_are_a_mistake),
        TEST(mistakes_in_fixtures_do_not_hide_the_tests),
        TEST(mistakes_in_a_history_are_told_with_their_place),
        TEST(files_that_are_no_tests_are_told),
        cmocka_unit_test_setup_teardown(meters_of_answers_and_ends, setup_metered, teardown),
        cmocka_unit_test_setup_teardown(the_dearest_call_ends, setup_dearest, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
