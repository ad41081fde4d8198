// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fg/pack.h"
#include "pack_files.h"
#include "pack_fixture.h"
#include "yaml.h"

// Lines 1 to 4 of most packs here; what a test is about begins in line 5.
#define HEAD                                                                                       \
    "fraudguard: 1\n"                                                                              \
    "pack: p\n"                                                                                    \
    "version: \"1.0.0\"\n"                                                                         \
    "scoring: {thresholds: {alert: 30, block: 80}, group_caps: {destination: 60}}\n"
#define RULE(rest) "rules:\n  - {id: A, desc: d, " rest "}\n"
struct mistake {
    const char *text;
    uint32_t line, column, length;
    const char *code, *message;
};

static const struct mistake mistakes[] = {
    // Shape of the file
    {HEAD "ruels: []\n", 5, 1, 5, "FG010", "unknown key 'ruels' in pack; did you mean 'rules'?"},
    {HEAD "rules:\n  - {id: A, desc: d, scoer: 1, score: 1, when: {dest.home: false}}\n", 6, 22, 5,
     "FG010", "unknown key 'scoer' in rule; did you mean 'score'?"},
    {HEAD "pack: q\n", 5, 1, 4, "FG002", "duplicate key 'pack'; it is already in line 2"},
    {HEAD "maintainer: &x me\n", 5, 14, 1, "FG003",
     "anchors are not allowed; write the value where it is used"},
    {HEAD "maintainer: *x\n", 5, 14, 1, "FG003",
     "aliases are not allowed; quote the text if '*' belongs to it"},
    {HEAD "maintainer: !me x\n", 5, 13, 3, "FG003",
     "tags are not allowed; quote the text if '!' belongs to it"},
    {HEAD "lists: 5\n", 5, 8, 1, "FG012", "lists must be a mapping, not a text"},
    {"- id: acme\n  tz: UTC\n", 1, 1, 1, "FG012",
     "a pack must be a mapping, not a list; is this a customers file? 'fgctl rules check' takes it "
     "with --customers"},
    // Versions
    {"fraudguard: 2\npack: p\nversion: \"1.0.0\"\nscoring: {thresholds: {block: 80}}\n", 1, 13, 1,
     "FG026", "this engine reads pack format 1; write 'fraudguard: 1'"},
    {"fraudguard: 1\npack: p\nversion: 1.10\nscoring: {thresholds: {block: 80}}\n", 3, 10, 4,
     "FG026", "the version must be three numbers in quotes, such as \"1.0.0\", not '1.10'"},
    {HEAD "requires: {engine: \">=99.0.0\"}\n", 5, 20, 10, "FG026",
     "the pack needs engine >=99.0.0, this is " FG_VERSION},
    // Traps
    {HEAD "lists:\n  x: {type: e164_prefix, items: [+44]}\n" RULE(
         "score: 1, when: {dest.prefix: {in: x}}"),
     6, 34, 3, "FG014",
     "prefix must be quoted: write \"+44\" (unquoted +44 is the number 44 to other tools)"},
    {HEAD "lists:\n  x: {type: e164_prefix, items: [\"0033\"]}\n" RULE(
         "score: 1, when: {dest.prefix: {in: x}}"),
     6, 34, 6, "FG018", "prefix must be in E.164 form; did you mean \"+33\"?"},
    {HEAD "lists:\n  x: {type: e164_prefix, items: [\"44\"]}\n" RULE(
         "score: 1, when: {dest.prefix: {in: x}}"),
     6, 34, 4, "FG018", "prefix must be in E.164 form; did you mean \"+44\"?"},
    {HEAD
     "lists:\n  x: {type: country, items: [NO]}\n" RULE("score: 1, when: {dest.country: {in: x}}"),
     6, 30, 2, "FG014",
     "country must be quoted: write \"NO\" (unquoted NO is 'false' to other tools)"},
    {HEAD RULE("score: 1, when: {dest.country: \"UK\"}"), 6, 53, 4, "FG019",
     "unknown country 'UK'; did you mean \"GB\"?"},
    {HEAD RULE("score: 1, when: {dest.country: \"QX\"}"), 6, 53, 4, "FG019",
     "country must be a two-letter code such as \"GB\" (ISO 3166-1), not 'QX'"},
    {HEAD RULE("score: 1, when: {dest.country: \"no\"}"), 6, 53, 4, "FG019",
     "unknown country 'no'; did you mean \"NO\"?"},
    {HEAD "calendars:\n  o: {open: [Mon-Fri 07:30-19:00]}\n" RULE(
         "score: 1, when: {calendar.o: closed}"),
     6, 14, 19, "FG014",
     "opening hours must be quoted: write \"Mon-Fri 07:30-19:00\" (unquoted 22:00 is the number "
     "1320 to other tools)"},
    {HEAD "calendars:\n  o: {open: [\"Mon-Fri 7:30-25:00\"]}\n" RULE(
         "score: 1, when: {calendar.o: closed}"),
     6, 14, 20, "FG017",
     "bad opening hours 'Mon-Fri 7:30-25:00'; write \"Mon-Fri 07:30-19:00\" or customer"},
    {HEAD "calendars:\n  o: {tz: Europe/Lonodn, open: customer}\n" RULE(
         "score: 1, when: {calendar.o: closed}"),
     6, 11, 13, "FG027", "unknown time zone 'Europe/Lonodn'; did you mean 'Europe/London'?"},
    // Names
    {HEAD "rules:\n  - {id: A, desc: d, score: 1, when: {dest.home: true}}\n"
          "  - {id: A, desc: d, score: 1, when: {dest.home: true}}\n",
     7, 10, 1, "FG020", "duplicate rule 'A'; it is already at p.yaml:6"},
    {HEAD "rules:\n  - {id: a-b, desc: d, score: 1, when: {dest.home: true}}\n", 6, 10, 3, "FG030",
     "id 'a-b' must be capitals, digits and '_', beginning with a capital, at most 64, such as "
     "DEST_IRSF"},
    {HEAD RULE("score: 1, when: {dest.prefix: {in: premuim}}") "lists:\n  premium: {type: "
                                                               "e164_prefix, items: [\"+44\"]}\n",
     6, 57, 7, "FG021", "unknown list 'premuim'; did you mean 'premium'?"},
    {HEAD RULE("measure: meters.calls_1h, steps: [{above: 1, score: 1}]") "meters:\n  calls_1m: "
                                                                          "{count: calls, per: "
                                                                          "customer, over: 1m}\n",
     6, 31, 15, "FG021", "unknown measure 'meters.calls_1h'; did you mean 'meters.calls_1m'?"},
    {HEAD RULE(
         "score: 1, when: {calendar.offise: open}") "calendars:\n  office: {open: customer}\n",
     6, 48, 6, "FG021", "unknown calendar 'offise'; did you mean 'office'?"},
    {HEAD RULE("group: destinaton, score: 1, when: {dest.home: true}"), 6, 29, 10, "FG021",
     "unknown group 'destinaton'; did you mean 'destination'?"},
    {HEAD RULE("score: 1, when: {dest.home: true}") "composites:\n  - {id: C, desc: d, all_of: "
                                                    "[B], score: 1}\n",
     8, 31, 1, "FG021", "unknown rule 'B'; one of: A"},
    {HEAD RULE("score: 1, when: {dest.tpye: premium}"), 6, 39, 9, "FG024",
     "unknown signal 'dest.tpye'; did you mean 'dest.type'?"},
    // Matchers
    {HEAD RULE("score: 1, when: {dest.type: premuim}"), 6, 50, 7, "FG013",
     "unknown dest.type 'premuim'; did you mean 'premium'?"},
    {HEAD RULE("score: 1, when: {dest.home: yes}"), 6, 50, 3, "FG013",
     "value must be true or false, not 'yes'"},
    {HEAD RULE("score: 1, when: {cost.per_minute: 0.4}"), 6, 56, 3, "FG025",
     "'cost.per_minute' is a number: write {above: n} or {below: n}"},
    {HEAD RULE("score: 1, when: {dest.home: {above: 1}}"), 6, 58, 1, "FG025",
     "'dest.home' is not a number: above and below do not fit it"},
    {HEAD RULE("score: 1, when: {dest.country: [\"GB\"]}"), 6, 53, 1, "FG025",
     "a list must say how it is meant: write {in: [...]} or {not_in: [...]}"},
    {HEAD RULE("score: 1, when: {dest.country: {in: x}}") "lists:\n  x: {type: e164_prefix, items: "
                                                          "[\"+44\"]}\n",
     6, 58, 1, "FG025",
     "list 'x' is of type e164_prefix, but 'dest.country' needs one of type country"},
    {HEAD RULE("score: 1, when: {dest.home: {inn: x}}"), 6, 51, 3, "FG010",
     "unknown key 'inn' in matcher; did you mean 'in'?"},
    {HEAD RULE("score: 1, when: {calendar.o: shut}") "calendars:\n  o: {open: customer}\n", 6, 51,
     4, "FG013", "unknown state of a calendar 'shut'; one of: closed, open"},
    {HEAD RULE("score: 1, when: {dest.prefix: {in: \"+960\"}}"), 6, 57, 6, "FG025",
     "a list of one value is written {in: [\"+960\"]}; without brackets it is the name of a list"},
    {HEAD RULE("score: 1, when: {dest.type: {in: [premium], present: false}}"), 6, 66, 7, "FG029",
     "a value that is not there matches nothing else: 'present: false' stands alone"},
    {HEAD RULE("score: 1, when: {attr.a b: x}"), 6, 39, 8, "FG030",
     "name of the attribute 'a b' may only have letters, digits, '_', '.' and '-', at most 64"},
    // Points
    {HEAD "rules:\n  - {id: A, desc: d, scor: 1, when: {dest.home: true}}\n", 6, 22, 4, "FG010",
     "unknown key 'scor' in rule; did you mean 'score'?"},
    {HEAD RULE("measure: cost.per_minute, steps: [{above: 1, score: 1, action_at_least: block}, "
               "{above: 3, score: 5}]"),
     6, 102, 1, "FG022",
     "steps must rise: 'action_at_least' is not given, but block in the step before"},
    {HEAD RULE("measure: cost.per_minute, steps: [{above: 2, score: 1}, {above: 2, score: 5}]"), 6,
     86, 1, "FG022", "steps must rise: 'above' is not more than in the step before"},
    {HEAD RULE("measure: cost.per_minute, steps: [{above: 2, score: 9}, {above: 3, score: 5}]"), 6,
     96, 1, "FG022", "steps must rise: 'score' is less than in the step before"},
    {HEAD RULE("score: 1, measure: cost.per_minute, steps: [{above: 2, score: 9}]"), 6, 29, 1,
     "FG029", "a rule has either 'score' or 'measure' with 'steps', not both"},
    {HEAD RULE("score: 1"), 6, 10, 1, "FG011", "the rule needs 'when', or it would hit every call"},
    {HEAD RULE("when: {dest.home: true}"), 6, 10, 1, "FG011",
     "the rule needs a 'score', or a 'measure' with 'steps'"},
    {HEAD RULE("score: -5, when: {dest.home: true}"), 6, 29, 2, "FG015",
     "score must be a whole number from 0 to 1000, not '-5'"},
    {HEAD RULE("score: 5, when: {dest.home: true}, explain: \"{dest.maskd}\""), 6, 66, 14, "FG028",
     "unknown placeholder 'dest.maskd'; did you mean 'dest.masked'?"},
    {HEAD RULE("score: 5, when: {dest.home: true}, on: [atempt]"), 6, 62, 6, "FG013",
     "unknown event 'atempt'; did you mean 'attempt'?"},
    {HEAD RULE("score: 5, when: {dest.home: true}, mode: shadw"), 6, 63, 5, "FG013",
     "unknown mode 'shadw'; did you mean 'shadow'?"},
    {HEAD RULE("score: 5, when: {dest.home: true}, on_unavailable: skip"), 6, 73, 4, "FG029",
     "'on_unavailable' is for rules that measure or test a meter"},
    // Meters
    {HEAD "meters:\n  m: {count: calls, per: customer, over: 1 minute}\n" RULE(
         "measure: meters.m, steps: [{above: 1, score: 1}]"),
     6, 42, 8, "FG016", "over must be a duration such as 30s, 15m, 2h or 1d, not '1 minute'"},
    {HEAD "meters:\n  m: {count: calls, per: custommer, over: 1m}\n" RULE(
         "measure: meters.m, steps: [{above: 1, score: 1}]"),
     6, 26, 9, "FG013", "unknown key 'custommer'; did you mean 'customer'?"},
    {HEAD "meters:\n  m: {gauge: calls, per: customer, over: 1m}\n" RULE(
         "measure: meters.m, steps: [{above: 1, score: 1}]"),
     6, 42, 2, "FG029", "a gauge counts calls in progress and has no 'over'"},
    {HEAD "meters:\n  m: {count: calls, per: customer, over: 90d}\n" RULE(
         "measure: meters.m, steps: [{above: 1, score: 1}]"),
     6, 42, 3, "FG016", "over must be from 1s to 31d, not 90d"},
    // Scoring
    {"fraudguard: 1\npack: p\nversion: \"1.0.0\"\nscoring: {thresholds: {alert: 80, block: 80}}\n",
     4, 42, 2, "FG022", "bands must rise: block (80) is not more than alert (80)"},
    {"fraudguard: 1\npack: p\nversion: \"1.0.0\"\n", 1, 1, 1, "FG011",
     "one file needs 'scoring' with its thresholds"},
    {"fraudguard: 1\npack: p\nversion: \"1.0.0\"\nscoring: {thresholds: {block: fifteen}}\n", 4, 31,
     7, "FG015", "block must be a whole number from 1 to 10000, not 'fifteen'"},
    {"fraudguard: 1\npack: p\nversion: \"1.0.0\"\nscoring: {thresholds: {block: 80}, on_block: "
     "{sip: \"Declined\"}}\n",
     4, 52, 10, "FG013",
     "bad SIP reply 'Declined'; write a code from 300 to 699 and a reason, such as \"603 Network "
     "Blocked\""},
};

static void each_mistake_is_told_with_its_place_and_remedy(void **state)
{
    (void)state;
    uint32_t wrong = 0;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        const struct mistake *mistake = &mistakes[i];
        void *fresh = NULL;
        assert_int_equal(setup(&fresh), 0);
        struct fixture *fixture = fresh;
        int rc = fixture_parse(fixture, mistake->text);
        const struct fg_diag *found = NULL;
        for (uint32_t k = 0; k < fg_diags_total(fixture->diags) && found == NULL; k++) {
            const struct fg_diag *diag = fg_diags_at(fixture->diags, k);
            found = diag->severity == FG_ERROR ? diag : NULL;
        }
        if (found == NULL || fg_diags_count(fixture->diags, FG_ERROR) != 1 || rc != FG_ESYNTAX ||
            strcmp(found->message, mistake->message) != 0 || found->line != mistake->line ||
            found->column != mistake->column || found->length != mistake->length ||
            strcmp(found->code, mistake->code) != 0) {
            fg_diags_print(fixture->diags, FG_DIAG_HUMAN, stderr);
            print_error("expected %u:%u+%u %s [%s]\n", mistake->line, mistake->column,
                        mistake->length, mistake->message, mistake->code);
            if (found != NULL) {
                print_error("got %u:%u+%u\n", found->line, found->column, found->length);
            }
            wrong++;
        }
        (void)teardown(&fresh);
    }
    assert_int_equal(wrong, 0);
}

static void all_mistakes_are_told_in_one_run(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fixture_parse(fixture, "fraudguard: 1\n"
                                            "pack: p\n"
                                            "version: 1.0\n"
                                            "scoring: {thresholds: {block: x}, blok: 1}\n"
                                            "rules:\n"
                                            "  - {id: A, score: 1, when: {dest.hom: true}}\n"
                                            "  - {id: A, desc: x, score: 1}\n"
                                            "  - 5\n"
                                            "  - {id: a-b, score: 1, when: {dest.hom: true}}\n"
                                            "  - {score: 1, when: {dest.hom: true}}\n"),
                     FG_ESYNTAX);
    // What is wrong with a rule's id does not hide what else is.
    static const uint32_t lines[] = {3, 4, 4, 6, 7, 7, 8, 9, 9, 10, 10};
    uint32_t found = 0;
    for (uint32_t i = 0; i < fg_diags_total(fixture->diags); i++) {
        const struct fg_diag *diag = fg_diags_at(fixture->diags, i);
        size_t k = 0;
        while (k < 11 && (diag->line != lines[k] || (found >> k & 1U) != 0)) {
            k++;
        }
        found |= diag->severity == FG_ERROR ? 1U << k : 0U;
    }
    assert_int_equal(found, 0x7FF);
    assert_int_equal(fg_diags_count(fixture->diags, FG_ERROR), 11);
}

static void unused_names_and_missing_words_are_warnings(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fixture_parse(fixture,
                                   HEAD "lists:\n  x: {type: text, items: [a]}\n"
                                        "rules:\n  - {id: A, score: 1, when: {dest.home: true}}\n"),
                     FG_OK);
    assert_int_equal(fg_diags_count(fixture->diags, FG_WARNING), 2);
    assert_string_equal(fg_diags_at(fixture->diags, 0)->message,
                        "rule 'A' has no 'desc': say in a few words what it means");
    assert_string_equal(fg_diags_at(fixture->diags, 1)->message,
                        "list 'x' is not used by any rule");
}

static void rules_that_cannot_hit_are_warned_of(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        fixture_parse(fixture,
                      HEAD "meters:\n  m: {count: calls, per: dest.number, over: 10s}\n"
                           "rules:\n  - {id: A, desc: a, direction: inbound, measure: meters.m,\n"
                           "     steps: [{above: 1, score: 1}]}\n"
                           "  - {id: B, desc: b, when: {call.duration: {above: 60}}, score: 1}\n"
                           "  - {id: C, desc: c, on: minute, when: {call.duration: {above: 60}}, "
                           "score: 1}\n"),
        FG_OK);
    assert_int_equal(fg_diags_total(fixture->diags), 2);
    assert_string_equal(fg_diags_at(fixture->diags, 0)->message,
                        "rule 'A' judges inbound calls, but meter 'm' counts outbound ones; write "
                        "'direction: inbound' in the meter");
    assert_string_equal(fg_diags_at(fixture->diags, 0)->code, "FG045");
    assert_string_equal(fg_diags_at(fixture->diags, 1)->message,
                        "rule 'B' never hits: 'call.duration' is there on minute and end events "
                        "only; write 'on: minute'");
}

static void a_mistake_makes_nothing_look_unused(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fixture_parse(fixture, HEAD "lists:\n  x: {type: text, items: [a]}\n" RULE(
                                                "score: 1, when: {custmer.tag: {in: x}}")),
                     FG_ESYNTAX);
    assert_int_equal(fg_diags_total(fixture->diags), 1);
}

static const char whole[] =
    "fraudguard: 1\n"
    "pack: whole\n"
    "version: \"2.1.0\"\n"
    "defaults: {mode: shadow}\n"
    "scoring:\n"
    "  thresholds: {alert: 30, block: 80}\n"
    "  group_caps: {destination: 60, velocity: none}\n"
    "  on_block: {sip: \"603 Declined\", drop_media: true, hold: 15m, hold_scope: country,"
    " hold_growth: 2, hold_max: 4h}\n"
    "  replies: {throttle: {sip: \"503 Slow\", retry_after: 30s}}\n"
    "  degraded: {risky_per_minute: 7}\n"
    "lists:\n"
    "  premium: {type: e164_prefix, items: [\"+44909\", \"+882\"]}\n"
    "calendars:\n"
    "  office: {tz: Asia/Kolkata, open: [\"Mon-Fri 07:30-19:00\"], holidays: customer}\n"
    "meters:\n"
    "  calls: {count: calls, per: [customer, dest.number], over: 10m}\n"
    "  spend: {sum: cost, per: customer, over: day, when: {dest.home: false}}\n"
    "rules:\n"
    "  - id: DEST\n"
    "    group: destination\n"
    "    desc: d\n"
    "    when: {dest.prefix: {in: premium}, dest.country: {not_in: [\"GB\", \"NO\"]}}\n"
    "    score: 45\n"
    "  - {id: VEL, desc: v, mode: enforce, group: velocity, on: [attempt, minute],\n"
    "     measure: meters.spend, relative_to: customer.daily_limit, on_unavailable: {score: 5},\n"
    "     steps: [{above: 0.8, score: 10}, {above: 1, score: 60, action_at_least: block}]}\n"
    "  - {id: CALLS, desc: c, measure: meters.calls, steps: [{above: 3, score: 1}]}\n"
    "  - {id: NIGHT, desc: n, when: {calendar.office: closed}, score: 5}\n"
    "composites:\n"
    "  - {id: BOTH, desc: b, all_of: [DEST, NIGHT], none_of: [customer.tag.vip], score: -10, hold: "
    "none}\n";

static void a_pack_becomes_a_ruleset(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fixture_parse(fixture, whole), FG_OK);
    const struct fg_ruleset *r = &fixture->ruleset;
    assert_string_equal(r->pack, "whole");
    assert_string_equal(r->version, "2.1.0");
    assert_int_equal(r->thresholds[FG_ALERT], 30);
    assert_int_equal(r->thresholds[FG_THROTTLE], 80); // not named: never reached
    assert_int_equal(r->thresholds[FG_BLOCK], 80);
    assert_int_equal(r->replies[FG_BLOCK].item[0].code, 603);
    assert_string_equal(r->replies[FG_BLOCK].item[0].text, "Declined");
    assert_int_equal(r->replies[FG_THROTTLE].item[0].retry_after_s, 30);
    assert_true(r->drop_media_on_block);
    assert_int_equal(r->hold.duration_s, 900);
    assert_int_equal(r->hold.growth_milli, 2000);
    assert_int_equal(r->hold.max_s, 4 * 3600);
    assert_int_equal(r->hold.scope, FG_HOLD_COUNTRY);
    assert_int_equal(r->degraded_risky_per_min, 7);
    assert_int_equal(r->n_groups, 2);
    assert_int_equal(r->groups[0].cap, 60);
    assert_int_equal(r->groups[1].cap, INT32_MAX);
    assert_int_equal(r->n_calendars, 1);
    assert_string_equal(r->calendars[0].zone->name, "Asia/Kolkata");
    assert_int_equal(r->calendars[0].n_hours, 1);
    assert_int_equal(r->n_meters, 2);
    assert_int_equal(r->meters[0].per, FG_KEY_CUSTOMER | FG_KEY_DEST_NUMBER);
    assert_int_equal(r->meters[0].over_ms, 600000);
    assert_true(r->meters[1].calendar_day);
    assert_int_equal(r->meters[1].when.n, 1);
}

static void rules_know_where_they_come_from(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fixture_parse(fixture, whole), FG_OK);
    const struct fg_ruleset *r = &fixture->ruleset;
    assert_int_equal(r->n_rules, 4);
    assert_string_equal(r->rules[0].origin.file, "p.yaml");
    assert_int_equal(r->rules[0].origin.line, 19);
    assert_int_equal(r->rules[0].origin.column, 5);
    assert_int_equal(r->rules[1].origin.line, 24);
    assert_int_equal(r->rules[0].mode, FG_MODE_SHADOW);
    assert_int_equal(r->rules[0].when.n, 2);
    assert_int_equal(r->rules[0].group, 0);
    const struct fg_rule *vel = &r->rules[1];
    assert_int_equal(vel->mode, FG_MODE_ENFORCE);
    assert_int_equal(vel->events, (1 << FG_EVENT_ATTEMPT) | (1 << FG_EVENT_MINUTE));
    assert_int_equal(vel->relative_to, FG_RELATIVE_DAILY_LIMIT);
    assert_int_equal(vel->n_steps, 2);
    assert_int_equal(vel->steps[0].above, 800000);
    assert_int_equal(vel->steps[1].action_at_least, FG_BLOCK);
    assert_true(vel->unavailable_scores);
    assert_int_equal(r->composites[0].score, -10);
    assert_int_equal(r->composites[0].all_of[1].rule, 3);
    assert_string_equal(r->composites[0].none_of[0].tag, "vip");
}

static void files_share_their_names(void **state)
{
    struct fixture *fixture = *state;
    static const char base[] = HEAD "lists:\n  x: {type: e164_prefix, items: [\"+44\"]}\n";
    static const char rules[] = "fraudguard: 1\npack: r\nversion: \"1.0.0\"\n" RULE(
        "score: 1, when: {dest.prefix: {in: x}}");
    struct fg_named_bytes files[] = {{"a.yaml", rules, sizeof(rules) - 1},
                                     {"b.yaml", base, sizeof(base) - 1}};
    assert_int_equal(
        fg_pack_parse_files(files, 2, NULL, 0, fixture->arena, fixture->diags, &fixture->ruleset),
        FG_OK);
    assert_string_equal(fixture->ruleset.pack, "p"); // the file with the scoring
    assert_string_equal(fixture->ruleset.rules[0].origin.file, "a.yaml");
    char digest[65];
    memcpy(digest, fixture->ruleset.digest, sizeof(digest));
    files[0].name = "c.yaml";
    assert_int_equal(
        fg_pack_parse_files(files, 2, NULL, 0, fixture->arena, fixture->diags, &fixture->ruleset),
        FG_OK);
    assert_string_not_equal(digest, fixture->ruleset.digest);
}

static uint32_t meter_id_with(struct fixture *fixture, const char *before, const char *matchers)
{
    char text[2000];
    int len = snprintf(text, sizeof(text),
                       HEAD "%smeters:\n  m: {count: calls, per: customer, over: 1m, when: {%s}}\n",
                       before, matchers);
    assert_true(len > 0 && (size_t)len < sizeof(text));
    assert_int_equal(fixture_parse(fixture, text), FG_OK);
    return fixture->ruleset.meters[0].id;
}

static void a_meters_id_survives_other_lists_and_calendars(void **state)
{
    struct fixture *fixture = *state;
#define LISTS                                                                                      \
    "  x: {type: e164_prefix, items: [\"+44\"]}\n  y: {type: e164_prefix, items: [\"+33\"]}\n"
#define MORE  "  a: {type: text, items: [t]}\n"
#define HOURS "  c: {open: [\"Mon-Fri 08:00-18:00\"]}\n  d: {open: [\"Sat 08:00-18:00\"]}\n"
    static const char few[] = "lists:\n" LISTS "calendars:\n" HOURS;
    static const char more[] =
        "lists:\n" MORE LISTS "calendars:\n  b: {open: [\"Sun 08:00-09:00\"]}\n" HOURS;
    static const char *const matchers[] = {"dest.prefix: {in: x}",
                                           "dest.prefix: {not_in: x}",
                                           "dest.prefix: {in: y}",
                                           "dest.prefix: {in: [\"+44\", \"+331\"]}",
                                           "dest.prefix: {in: [\"+44\", \"+332\"]}",
                                           "dest.prefix: {in: [\"+44\", \"+331\", \"+33\"]}",
                                           "calendar.c: closed",
                                           "calendar.d: closed"};
    uint32_t ids[sizeof(matchers) / sizeof(matchers[0])];
    for (size_t i = 0; i < sizeof(matchers) / sizeof(matchers[0]); i++) {
        ids[i] = meter_id_with(fixture, few, matchers[i]);
        assert_int_equal(meter_id_with(fixture, more, matchers[i]), ids[i]);
        for (size_t k = 0; k < i; k++) {
            assert_true(ids[k] != ids[i]);
        }
    }
    assert_int_equal(meter_id_with(fixture, more, "dest.prefix: {in: [\"+331\", \"+44\"]}"),
                     ids[3]);
}

static void a_name_in_two_files_is_a_duplicate(void **state)
{
    struct fixture *fixture = *state;
    static const char text[] = HEAD RULE("score: 1, when: {dest.home: true}");
    struct fg_named_bytes files[] = {{"a.yaml", text, sizeof(text) - 1},
                                     {"b.yaml", text, sizeof(text) - 1}};
    assert_int_equal(
        fg_pack_parse_files(files, 2, NULL, 0, fixture->arena, fixture->diags, &fixture->ruleset),
        FG_ESYNTAX);
    assert_int_equal(fg_diags_count(fixture->diags, FG_ERROR), 2);
    assert_string_equal(fg_diags_at(fixture->diags, 0)->message,
                        "duplicate rule 'A'; it is already at a.yaml:6");
    assert_string_equal(fg_diags_at(fixture->diags, 1)->message,
                        "'scoring' may be in one file only; it is already at a.yaml:4");
    assert_string_equal(fg_diags_at(fixture->diags, 1)->file, "b.yaml");
}

static void single_quotes_are_read_as_yaml_says(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *written, *text;
    } cases[] = {
        {"''", ""},
        {"' '", " "},
        {"'it''s'", "it's"},
        {"''''", "'"},
        {"''''''''", "'''"},
        {"'''a''''b''c'", "'a''b'c"},
        {"''''''' da b'", "''' da b"},
        {"'a  b\t'", "a  b\t"},
        {"'a \t\n  b'", "a b"},
        {"'a''''\n\n \n  b'", "a''\n\nb"},
        {"'a\r\n  b\r\n\r\n  c '", "a b\nc "},
        {"'\n  '", " "},
        {"'a \n  '", "a "},
        {"'\\n \"\303\251\"'", "\\n \"\303\251\""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char bytes[100];
        int len = snprintf(bytes, sizeof(bytes), "- %s\n", cases[i].written);
        struct fg_yaml_doc doc = {"q.yaml", bytes, (size_t)len};
        struct fg_yaml_node *root = NULL;
        assert_int_equal(fg_yaml_read(&doc, fixture->arena, fixture->diags, &root), FG_OK);
        assert_string_equal(root->first->text.ptr, cases[i].text);
        assert_int_equal(root->first->text.len, strlen(cases[i].text));
        assert_true(root->first->quoted);
    }
}

// Many quotes in a row once leaked in the YAML library: for the leak checker.
static void many_quotes_in_a_row_leave_nothing_behind(void **state)
{
    struct fixture *fixture = *state;
    char bytes[2003] = "- ";
    memset(bytes + 2, '\'', 2000);
    struct fg_yaml_doc doc = {"q.yaml", bytes, 2002};
    struct fg_yaml_node *root = NULL;
    assert_int_equal(fg_yaml_read(&doc, fixture->arena, fixture->diags, &root), FG_OK);
    assert_int_equal(root->first->text.len, 999);
}

static void depth_and_bytes_are_bounded(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fixture_parse(fixture, "a: [[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]\n"), FG_ESYNTAX);
    assert_string_equal(fg_diags_at(fixture->diags, 0)->message, "nested too deeply");
    assert_int_equal(fixture_parse(fixture, ""), FG_ESYNTAX);
    assert_int_equal(fixture_parse(fixture, "- a\n---\n- b\n"), FG_ESYNTAX);
    assert_int_equal(fixture_parse(fixture, "a: \xFF\n"), FG_ESYNTAX);
    assert_int_equal(fixture_parse(fixture, "a: [b\nc: d\n"), FG_ESYNTAX);
}

// Heap whose n-th allocation fails.
struct failing {
    uint32_t left;
};
static void *failing_alloc(void *ctx, size_t size)
{
    struct failing *failing = ctx;
    return failing->left-- == 0 ? NULL : malloc(size);
}
static void failing_free(void *ctx, void *memory)
{
    (void)ctx;
    free(memory);
}

static void no_memory_is_an_error_and_nothing_else(void **state)
{
    struct fixture *fixture = *state;
    int rc = FG_ENOMEM;
    for (uint32_t n = 0; rc == FG_ENOMEM && n < 100; n++) {
        struct failing failing = {n};
        struct fg_heap heap = {failing_alloc, failing_free, &failing};
        struct fg_arena *arena = fg_arena_new(&heap);
        if (arena == NULL) {
            continue;
        }
        rc = fg_pack_parse("p.yaml", whole, strlen(whole), NULL, arena, fixture->diags,
                           &fixture->ruleset);
        assert_true(rc == FG_ENOMEM || rc == FG_OK);
        fg_arena_free(arena);
    }
    assert_int_equal(rc, FG_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mistake_is_told_with_its_place_and_remedy),
        TEST(all_mistakes_are_told_in_one_run),
        TEST(unused_names_and_missing_words_are_warnings),
        TEST(rules_that_cannot_hit_are_warned_of),
        TEST(a_mistake_makes_nothing_look_unused),
        TEST(a_pack_becomes_a_ruleset),
        TEST(rules_know_where_they_come_from),
        TEST(files_share_their_names),
        TEST(a_meters_id_survives_other_lists_and_calendars),
        TEST(a_name_in_two_files_is_a_duplicate),
        TEST(single_quotes_are_read_as_yaml_says),
        TEST(many_quotes_in_a_row_leave_nothing_behind),
        TEST(depth_and_bytes_are_bounded),
        TEST(no_memory_is_an_error_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
