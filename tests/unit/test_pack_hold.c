// SPDX-License-Identifier: GPL-2.0-or-later
// What rules say of holds.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "fg/pack.h"
#include "pack_fixture.h"

#define HEAD                                                                                       \
    "fraudguard: 1\n"                                                                              \
    "pack: p\n"                                                                                    \
    "version: \"1.0.0\"\n"                                                                         \
    "scoring: {thresholds: {alert: 30, block: 80}}\n"

static int parse(struct fixture *fixture, const char *rules)
{
    char text[1024];
    (void)snprintf(text, sizeof(text), HEAD "%s", rules);
    return fg_pack_parse("p.yaml", text, strlen(text), NULL, fixture->arena, fixture->diags,
                         &fixture->ruleset);
}

static void rules_and_composites_have_holds(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        parse(fixture, "rules:\n"
                       "  - {id: PLAIN, desc: p, when: {dest.home: false}, score: 5}\n"
                       "  - {id: NIGHT, desc: n, when: {dest.home: true}, score: 5,\n"
                       "     hold: {scope: number, for: 90s, growth: 1.5, max: 1h}}\n"
                       "composites:\n"
                       "  - {id: BOTH, desc: b, all_of: [PLAIN, NIGHT], score: 10, hold: none}\n"),
        FG_OK);
    const struct fg_rule *plain = &fixture->ruleset.rules[0];
    const struct fg_rule *night = &fixture->ruleset.rules[1];
    const struct fg_composite *both = &fixture->ruleset.composites[0];
    assert_false(plain->hold.given);
    assert_true(night->hold.given);
    assert_int_equal(night->hold.scope, FG_HOLD_NUMBER);
    assert_int_equal(night->hold.duration_s, 90);
    assert_int_equal(night->hold.growth_milli, 1500);
    assert_int_equal(night->hold.max_s, 3600);
    assert_true(both->hold.given);
    assert_int_equal(both->hold.duration_s, 0);
}

static void a_wrong_hold_is_told(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *hold, *message;
    } wrong[] = {
        {"{scope: country}",
         "the hold needs a 'scope' and 'for', such as {scope: country, for: 15m}"},
        {"{scope: county, for: 1m}", "unknown scope 'county'; did you mean 'country'?"},
        {"{scope: risky, for: 400d}", NULL},
        {"{scope: risky, for: 1}", NULL},
        {"never", NULL},
        {"[customer]", NULL},
        {"{scop: risky, for: 1m}", NULL},
        {"{scope: risky, for: 1m, growth: 2}", "'growth' and 'max' go together, such as 2 and 4h"},
        {"{scope: risky, for: 1m, max: 1h}", "'growth' and 'max' go together, such as 2 and 4h"},
        {"{scope: risky, for: 1m, growth: 0.9, max: 1h}",
         "growth must be from 1 to 100, with at most 3 decimals"},
        {"{scope: risky, for: 1m, growth: 1.0001, max: 1h}",
         "growth must be from 1 to 100, with at most 3 decimals"},
        {"{scope: risky, for: 1h, growth: 2, max: 1m}", "max is shorter than the hold itself"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char rules[256];
        (void)snprintf(
            rules, sizeof(rules),
            "rules:\n  - {id: A, desc: d, score: 1, when: {dest.home: true}, hold: %s}\n",
            wrong[i].hold);
        assert_int_equal(parse(fixture, rules), FG_ESYNTAX);
        assert_true(fg_diags_count(fixture->diags, FG_ERROR) >= 1);
        assert_int_equal(fg_diags_at(fixture->diags, 0)->line, 6);
        if (wrong[i].message != NULL) {
            assert_string_equal(fg_diags_at(fixture->diags, 0)->message, wrong[i].message);
        }
        fg_diags_free(fixture->diags);
        fixture->diags = fg_diags_new();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rules_and_composites_have_holds, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wrong_hold_is_told, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
