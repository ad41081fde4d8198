// SPDX-License-Identifier: GPL-2.0-or-later
// Exceptions, overrides, rollouts and maturity as packs write them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fg/pack.h"
#include "pack_files.h"
#include "pack_fixture.h"

#define NOW_MS INT64_C(1795168800000) // 2026-11-20T10:00:00Z

// A pack whose 15 lines stand before what a test is about: that begins in line 16, inside `rules`.
static const char base[] =
    "fraudguard: 1\n"
    "pack: p\n"
    "version: \"1.0.0\"\n"
    "scoring: {thresholds: {alert: 30, block: 80}}\n"
    "lists:\n"
    "  premium: {type: e164_prefix, items: [\"+44909\"]}\n"
    "  home: {type: country, items: [\"GB\"]}\n"
    "meters:\n"
    "  calls: {count: calls, per: customer, over: 1m}\n"
    "rules:\n"
    "  - {id: LISTED, desc: d, when: {dest.prefix: {in: premium}}, score: 9}\n"
    "  - {id: ABROAD, desc: d, when: {dest.country: {not_in: home}}, score: 9}\n"
    "  - {id: CPM, desc: d, measure: meters.calls, steps: [{above: 9, score: "
    "5}]}\n"
    "# 14\n"
    "# 15\n";

static int parse(struct fixture *fixture, const char *rules, const char *overrides)
{
    char text[8192];
    (void)snprintf(text, sizeof(text), "%s%s", base, rules);
    struct fg_named_bytes files[] = {{"p.yaml", text, strlen(text)},
                                     {"o.yaml", overrides, strlen(overrides)}};
    return fg_pack_parse_files(files, overrides[0] == '\0' ? 1 : 2, NULL, NOW_MS, fixture->arena,
                               fixture->diags, &fixture->ruleset);
}

struct mistake {
    const char *text;
    uint32_t line, column;
    const char *code, *message;
};

static uint32_t count_wrong(const struct mistake *mistakes, size_t n, bool in_overrides)
{
    uint32_t wrong = 0;
    for (size_t i = 0; i < n; i++) {
        struct fixture *fixture = NULL;
        assert_int_equal(setup((void **)&fixture), 0);
        const struct mistake *mistake = &mistakes[i];
        int rc =
            parse(fixture, in_overrides ? "" : mistake->text, in_overrides ? mistake->text : "");
        const struct fg_diag *diag = fg_diags_at(fixture->diags, 0);
        bool good = diag != NULL && (rc == FG_ESYNTAX) == (diag->severity == FG_ERROR) &&
                    fg_diags_total(fixture->diags) == 1 && diag->line == mistake->line &&
                    diag->column == mistake->column && strcmp(diag->code, mistake->code) == 0 &&
                    strcmp(diag->message, mistake->message) == 0;
        if (!good) {
            wrong++;
            print_error("--- %s", mistake->text);
            fg_diags_print(fixture->diags, FG_DIAG_HUMAN, stderr);
        }
        (void)teardown((void **)&fixture);
    }
    return wrong;
}

#define RULE(rest) "  - {id: A, desc: d, when: {dest.home: true}, score: 1, " rest "}\n"
#define EXCEPT(rest)                                                                               \
    "  - id: A\n    desc: d\n    when: {dest.home: true}\n    score: 1\n    exceptions:\n      - " \
    "{" rest "}\n"
#define AGREED "reason: r, expires: never"

static const struct mistake in_rules[] = {
    {RULE("maturity: stabel"), 16, 67, "FG013",
     "unknown maturity 'stabel'; did you mean 'stable'?"},
    {RULE("rollout: {percent: 101}"), 16, 76, "FG015",
     "percent must be a whole number from 0 to 100, not '101'"},
    {RULE("rollout: {by: customer}"), 16, 66, "FG011",
     "the rollout needs a 'percent', such as {percent: 10, by: customer}"},
    {RULE("rollout: {percent: 5, by: call}"), 16, 83, "FG013",
     "unknown kind of rollout 'call'; one of: customer"},
    {RULE("mode: shadow, rollout: {percent: 5}"), 16, 80, "FG045",
     "the rollout has no effect: the rule's mode is shadow for everybody"},
    {"  - {id: A, desc: d, measure: meters.calls, steps: [{above: 1, score: 1, notify: nok}]}\n",
     16, 82, "FG013", "unknown notify 'nok'; did you mean 'noc'?"},
    {EXCEPT("fields: [customer.id], " AGREED), 21, 9, "FG011",
     "the exception needs 'fields' and 'values', such as fields: [customer.id], values: [[acme]]"},
    {EXCEPT("fields: [customer.id, customer.id], values: [[a, a]], " AGREED), 21, 32, "FG020",
     "field 'customer.id' is named twice"},
    {EXCEPT("fields: [customer.id, dest.prefix], values: [[a]], " AGREED), 21, 55, "FG012",
     "the exception has 2 fields, but this row has 1 values"},
    {EXCEPT("fields: [customer.id, dest.prefix], values: [a], " AGREED), 21, 55, "FG012",
     "row of values must be a list, not a text"},
    {EXCEPT("fields: [dest.tpye], values: [premium], " AGREED), 21, 19, "FG024",
     "unknown signal 'dest.tpye'; did you mean 'dest.type'?"},
    {EXCEPT("fields: [dest.prefix], values: [+960], " AGREED), 21, 42, "FG014",
     "prefix must be quoted: write \"+960\" (unquoted +960 is the number 960 to other tools)"},
    {EXCEPT("fields: [customer.id], values: [a], reason: r"), 21, 9, "FG011",
     "the exception needs 'expires': a date such as \"2027-03-31\", or never"},
    {EXCEPT("fields: [customer.id], values: [a], expires: never"), 21, 9, "FG011",
     "the exception needs a 'reason', such as a ticket"},
    {EXCEPT("fields: [customer.id], values: [a], reason: r, expires: 2027-03-31"), 21, 66, "FG014",
     "expires must be quoted: write \"2027-03-31\" (unquoted 2027-03-31 is a date to other tools)"},
    {EXCEPT("fields: [customer.id], values: [a], reason: r, expires: \"31.3.27\""), 21, 66, "FG017",
     "expires must be a date such as \"2027-03-31\", or never, not '31.3.27'"},
    {EXCEPT("fields: [customer.id], values: [a], reason: r, expires: \"2026-11-19\""), 21, 66,
     "FG046", "the exception expired on 2026-11-19 and no longer applies; renew or remove it"},
    {EXCEPT("fields: [customer.id], values: [a], vals: [b], " AGREED), 21, 46, "FG010",
     "unknown key 'vals' in exception; one of: fields, values, reason, owner, expires"},
};

#define OVERRIDE(rest) "fraudguard: 1\noverrides:\n  - {" rest "}\n"
#define SIGNED         "reason: r, owner: o, expires: never"

static const struct mistake in_overrides[] = {
    {"fraudguard: 1\noverrides: {}\n", 2, 12, "FG012", "overrides must be a list, not a mapping"},
    {"fraudguard: 1\noverides: []\noverrides: []\n", 2, 1, "FG010",
     "unknown key 'overides' in overrides file; did you mean 'overrides'?"},
    {"overrides: []\n", 1, 1, "FG011", "a pack begins with 'fraudguard: 1'"},
    {OVERRIDE("rule: CPM, replace: {mode: off}, " SIGNED), 3, 5, "FG011",
     "the override needs 'match', such as {customer.id: acme}"},
    {OVERRIDE("match: {dest.home: true}, rule: CPM, replace: {mode: off}, " SIGNED), 3, 14, "FG010",
     "unknown key 'dest.home' in match; one of: customer.id, customer.profile, customer.tag"},
    {OVERRIDE("match: {customer.profile: callcenter}, rule: CPM, replace: {mode: off}, " SIGNED), 3,
     32, "FG013", "unknown customer.profile 'callcenter'; did you mean 'callcentre'?"},
    {OVERRIDE("match: {customer.id: a}, rule: CMP, replace: {mode: off}, " SIGNED), 3, 37, "FG021",
     "unknown rule 'CMP'; did you mean 'CPM'?"},
    {OVERRIDE("match: {customer.id: a}, rule: CPM, " SIGNED), 3, 37, "FG011",
     "'rule' needs 'replace', such as {mode: shadow}"},
    {OVERRIDE("match: {customer.id: a}, replace: {mode: off}, " SIGNED), 3, 40, "FG011",
     "'replace' needs 'rule': the id of the rule it changes"},
    {OVERRIDE("match: {customer.id: a}, " SIGNED), 3, 5, "FG011",
     "the override needs 'rule' with 'replace', or 'append'"},
    {OVERRIDE("match: {customer.id: a}, rule: CPM, replace: {score: 5}, " SIGNED), 3, 59, "FG029",
     "rule 'CPM' measures and has steps: replace 'steps', not 'score'"},
    {OVERRIDE("match: {customer.id: a}, rule: ABROAD, replace: {steps: [{above: 1, score: 1}]}, " //
              SIGNED),
     3, 62, "FG029",
     "rule 'ABROAD' measures nothing and has a score: replace 'score', not 'steps'"},
    {OVERRIDE("match: {customer.id: a}, rule: CPM, replace: {steps: [{above: 2, score: 1}, {above: "
              "1, score: 2}]}, " SIGNED),
     3, 90, "FG022", "steps must rise: 'above' is not more than in the step before"},
    {OVERRIDE("match: {customer.id: a}, rule: CPM, replace: {}, " SIGNED), 3, 51, "FG011",
     "'replace' is empty"},
    {OVERRIDE("match: {customer.id: a}, rule: CPM, replace: {action_at_least: blok}, " SIGNED), 3,
     69, "FG013", "unknown action 'blok'; did you mean 'block'?"},
    {OVERRIDE("match: {customer.id: a}, append: {lists.premuim.items: [\"+33\"]}, " SIGNED), 3, 46,
     "FG021", "unknown list 'premuim'; did you mean 'premium'?"},
    {OVERRIDE("match: {customer.id: a}, append: {premium: [\"+33\"]}, " SIGNED), 3, 40, "FG010",
     "unknown key 'premium' in append; write lists.NAME.items"},
    {OVERRIDE("match: {customer.id: a}, append: {lists.home.items: [fr]}, " SIGNED), 3, 59, "FG014",
     "country must be quoted: write \"FR\" (unquoted NO is 'false' to other tools)"},
    {OVERRIDE(
         "match: {customer.id: a}, rule: CPM, replace: {mode: off}, reason: r, expires: never"),
     3, 5, "FG011", "the override needs an 'owner' who answers for it"},
    {OVERRIDE("match: {customer.id: a}, rule: CPM, replace: {mode: off}, reason: r, owner: o, "
              "expires: \"2026-01-31\""),
     3, 94, "FG046",
     "the override expired on 2026-01-31 and no longer applies; renew or remove it"},
};

static void each_mistake_in_a_rule_has_its_own_words_and_place(void **state)
{
    (void)state;
    assert_int_equal(count_wrong(in_rules, sizeof(in_rules) / sizeof(in_rules[0]), false), 0);
}

static void each_mistake_in_an_override_has_its_own_words_and_place(void **state)
{
    (void)state;
    assert_int_equal(
        count_wrong(in_overrides, sizeof(in_overrides) / sizeof(in_overrides[0]), true), 0);
}

static void what_has_expired_is_told_only_where_the_time_is_known(void **state)
{
    struct fixture *fixture = *state;
    static const char text[] =
        OVERRIDE("match: {customer.id: a}, rule: CPM, replace: {mode: off}, reason: r, owner: o, "
                 "expires: \"2026-01-31\"");
    struct fg_named_bytes files[] = {{"p.yaml", base, strlen(base)},
                                     {"o.yaml", text, strlen(text)}};
    assert_int_equal(
        fg_pack_parse_files(files, 2, NULL, 0, fixture->arena, fixture->diags, &fixture->ruleset),
        FG_OK);
    assert_int_equal(fg_diags_total(fixture->diags), 0);
    // The end of the day, in UTC.
    assert_int_equal(fixture->ruleset.overrides[0].until_ms, INT64_C(1769904000000));
}

static void exceptions_and_standing_are_compiled(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture,
                           "  - id: A\n    desc: d\n    when: {dest.home: true}\n    score: 1\n"
                           "    customer_text: dest_high_risk\n    rollout: {percent: 25, by: "
                           "customer}\n"
                           "    exceptions:\n"
                           "      - {fields: [customer.id, dest.prefix], reason: T-1, owner: noc,\n"
                           "         values: [[lagoon, \"+960\"], [reef, \"+248\"]], expires: "
                           "\"2027-03-31\"}\n"
                           "      - {fields: [customer.tag], values: [vip, gold], reason: T-2, "
                           "expires: never}\n" //
                           RULE("maturity: incubating") "  - {id: B, desc: d, when: {dest.home: "
                                                        "true}, score: 1, "
                                                        "maturity: sandbox, mode: enforce}\n",
                           ""),
                     FG_ESYNTAX); // A twice
    assert_int_equal(fg_diags_total(fixture->diags), 1);
    assert_int_equal(parse(fixture,
                           "  - id: B\n    desc: d\n    when: {dest.home: true}\n    score: 1\n"
                           "    customer_text: dest_high_risk\n    rollout: {percent: 25, by: "
                           "customer}\n"
                           "    exceptions:\n"
                           "      - {fields: [customer.id, dest.prefix], reason: T-1, owner: noc,\n"
                           "         values: [[lagoon, \"+960\"], [reef, \"+248\"]], expires: "
                           "\"2027-03-31\"}\n"
                           "      - {fields: [customer.tag], values: [vip, gold], reason: T-2, "
                           "expires: never}\n" //
                           RULE("maturity: incubating") "  - {id: C, desc: d, when: {dest.home: "
                                                        "true}, score: 1, "
                                                        "maturity: sandbox, mode: enforce}\n",
                           ""),
                     FG_OK);
    const struct fg_rule *rule = &fixture->ruleset.rules[3];
    assert_string_equal(rule->customer_text, "dest_high_risk");
    assert_true(rule->rolls_out);
    assert_int_equal(rule->rollout_percent, 25);
    assert_int_equal(rule->n_exceptions, 2);
    assert_int_equal(rule->exceptions[0].n, 2);
    assert_int_equal(rule->exceptions[0].any[1].n, 2);
    assert_string_equal(rule->exceptions[0].reason, "T-1");
    assert_string_equal(rule->exceptions[0].owner, "noc");
    assert_int_equal(rule->exceptions[0].origin.line, 23);
    assert_true(rule->exceptions[1].until_ms == FG_NEVER_MS);
    assert_int_equal(rule->exceptions[1].n, 2);
    assert_int_equal(rule[1].maturity, FG_MATURITY_INCUBATING);
    assert_int_equal(rule[1].mode, FG_MODE_SHADOW);
    assert_int_equal(rule[2].maturity, FG_MATURITY_SANDBOX);
    assert_int_equal(rule[2].mode, FG_MODE_ENFORCE);
}

// The nearer word wins: the rule's mode, its maturity, the file's mode, the file's maturity.
static void modes_follow_from_what_stands_nearest(void **state)
{
    static const struct {
        const char *defaults, *rule;
        enum fg_mode mode;
    } cases[] = {
        {"{}", "", FG_MODE_ENFORCE},
        {"{maturity: incubating}", "", FG_MODE_SHADOW},
        {"{maturity: incubating, mode: enforce}", "", FG_MODE_ENFORCE},
        {"{maturity: incubating}", ", maturity: stable", FG_MODE_ENFORCE},
        {"{mode: enforce}", ", maturity: deprecated", FG_MODE_SHADOW},
        {"{mode: off}", ", maturity: sandbox", FG_MODE_OFF},
        {"{mode: shadow}", ", maturity: stable", FG_MODE_SHADOW},
        {"{mode: off}", ", maturity: sandbox, mode: enforce", FG_MODE_ENFORCE},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        (void)snprintf(text, sizeof(text),
                       "fraudguard: 1\npack: p\nversion: \"1.0.0\"\ndefaults: %s\n"
                       "scoring: {thresholds: {block: 80}}\n"
                       "rules:\n  - {id: A, desc: d, when: {dest.home: true}, score: 1%s}\n",
                       cases[i].defaults, cases[i].rule);
        assert_int_equal(fg_pack_parse("p.yaml", text, strlen(text), NULL, fixture->arena,
                                       fixture->diags, &fixture->ruleset),
                         FG_OK);
        assert_int_equal(fixture->ruleset.rules[0].mode, cases[i].mode);
    }
}

static void overrides_stand_in_the_order_in_which_they_apply(void **state)
{
    struct fixture *fixture = *state;
    static const char text[] =
        "fraudguard: 1\n"
        "overrides:\n"
        "  - {match: {customer.id: zoo}, rule: CPM, replace: {mode: off}, " SIGNED "}\n"
        "  - {match: {customer.tag: vip}, rule: LISTED, replace: {score: 3}, " SIGNED "}\n"
        "  - {match: {customer.profile: hotel}, rule: LISTED, replace: {score: 4,\n"
        "     action_at_least: none}, " SIGNED "}\n"
        "  - {match: {customer.id: acme}, append: {lists.premium.items: [\"+33899\"]}, " SIGNED
        "}\n"
        "  - {match: {customer.id: acme, customer.tag: vip}, rule: CPM,\n"
        "     replace: {steps: [{above: 1, score: 2, notify: customer}]}, " SIGNED "}\n";
    assert_int_equal(parse(fixture, "", text), FG_OK);
    const struct fg_ruleset *ruleset = &fixture->ruleset;
    assert_int_equal(ruleset->n_overrides, 5);
    assert_int_equal(ruleset->n_shared_overrides, 2);
    static const uint32_t lines[] = {5, 4, 7, 8, 3};
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(ruleset->overrides[i].origin.line, lines[i]);
    }
    assert_int_equal(ruleset->overrides[0].changes, FG_CHANGE_SCORE | FG_CHANGE_ACTION);
    assert_int_equal(ruleset->overrides[0].score, 4);
    assert_string_equal(ruleset->overrides[2].customer, "acme");
    assert_int_equal(ruleset->overrides[2].n_appends, 1);
    const struct fg_list *items = &ruleset->lists[ruleset->overrides[2].appends[0].items];
    assert_string_equal(items->notes[0], "r");
    assert_int_equal(ruleset->overrides[3].match.n, 2);
    assert_int_equal(ruleset->overrides[3].steps[0].notify, FG_NOTIFY_CUSTOMER);
    assert_string_equal(ruleset->overrides[4].customer, "zoo");
}

static void too_many_overrides_for_one_call_are_refused(void **state)
{
    struct fixture *fixture = *state;
    for (int shared = 0; shared < 2; shared++) {
        char text[16384] = "fraudguard: 1\noverrides:\n";
        size_t used = strlen(text);
        int n = shared ? FG_SHARED_OVERRIDES_MAX + 1
                       : FG_APPLIED_OVERRIDES_MAX - FG_SHARED_OVERRIDES_MAX + 1;
        for (int i = 0; i < n; i++) {
            used += (size_t)snprintf(text + used, sizeof(text) - used,
                                     "  - {match: {customer.%s: a}, rule: CPM, replace: {mode: "
                                     "off}, " SIGNED "}\n",
                                     shared ? "tag" : "id");
        }
        assert_int_equal(parse(fixture, "", text), FG_ESYNTAX);
        const struct fg_diag *diag =
            fg_diags_at(fixture->diags, fg_diags_total(fixture->diags) - 1);
        assert_string_equal(diag->message,
                            shared ? "more than 64 overrides that do not name one customer"
                                   : "more than 32 overrides for one customer");
        assert_int_equal(diag->line, n + 2);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mistake_in_a_rule_has_its_own_words_and_place),
        cmocka_unit_test(each_mistake_in_an_override_has_its_own_words_and_place),
        TEST(what_has_expired_is_told_only_where_the_time_is_known),
        TEST(exceptions_and_standing_are_compiled),
        TEST(modes_follow_from_what_stands_nearest),
        TEST(overrides_stand_in_the_order_in_which_they_apply),
        TEST(too_many_overrides_for_one_call_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
