// SPDX-License-Identifier: GPL-2.0-or-later
// Values that other tools of YAML take for something else than the packs' reader.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "fg/pack.h"
#include "pack_fixture.h"

#define HEAD                                                                                       \
    "fraudguard: 1\n"                                                                              \
    "pack: p\n"                                                                                    \
    "version: \"1.0.0\"\n"                                                                         \
    "scoring: {thresholds: {alert: 30, block: 80}}\n"                                              \
    "# line 5\n"
#define RULE(rest) "rules:\n  - {id: A, desc: d, " rest "}\n"

static const struct {
    const char *text;
    uint32_t line, column, length;
    const char *code, *message;
} traps[] = {
    {HEAD "lists:\n  x: {type: text, items: [a, yes, \"no\"]}\n" RULE(
         "score: 1, when: {attr.a: {in: x}}"),
     6, 30, 3, "FG014",
     "item must be quoted: write \"yes\" (unquoted yes is 'true' to other tools)"},
    {HEAD "lists:\n  x: {type: text, items: [1.10]}\n" RULE("score: 1, when: {attr.a: {in: x}}"), 6,
     27, 4, "FG014",
     "item must be quoted: write \"1.10\" (unquoted 1.10 is the number 1.1 to other tools)"},
    {HEAD "lists:\n  x: {type: text, items: [12:30]}\n" RULE("score: 1, when: {attr.a: {in: x}}"),
     6, 27, 5, "FG014",
     "item must be quoted: write \"12:30\" (unquoted 12:30 is the number 750 to other tools)"},
    {HEAD RULE("score: 1, when: {sip.user_agent: null}"), 6, 55, 4, "FG014",
     "value must be quoted: write \"null\" (unquoted null is nothing to other tools)"},
    {HEAD RULE("score: 1, when: {attr.a: {in: [~]}}"), 6, 53, 1, "FG014",
     "item must be quoted: write \"~\" (unquoted ~ is nothing to other tools)"},
    {HEAD "rules:\n  - {id: A, desc: on, score: 1, when: {dest.home: true}}\n", 6, 19, 2, "FG014",
     "desc must be quoted: write \"on\" (unquoted on is 'true' to other tools)"},
    {HEAD "rules:\n  - {id: \"NO\", desc: n, score: 1, when: {dest.home: true}}\n"
          "  - {id: OFF, desc: \"off\", score: 1, when: {dest.home: true}}\n",
     7, 10, 3, "FG014",
     "id must be quoted: write \"OFF\" (unquoted OFF is 'false' to other tools)"},
    {HEAD RULE("score: \"20\", when: {dest.home: true}"), 6, 29, 4, "FG012",
     "score must not be quoted: write 20, \"20\" is a text"},
    {HEAD RULE("score: 1, when: {dest.home: \"true\"}"), 6, 50, 6, "FG012",
     "value must not be quoted: write true, \"true\" is a text"},
    {HEAD RULE("score: 1, when: {cost.per_minute: {above: '0.40'}}"), 6, 64, 6, "FG012",
     "above must not be quoted: write 0.40, \"0.40\" is a text"},
};

static void a_trap_is_told_with_how_to_write_it(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(traps) / sizeof(traps[0]); i++) {
        const uint32_t before = fg_diags_total(fixture->diags);
        assert_int_equal(fixture_parse(fixture, traps[i].text), FG_ESYNTAX);
        assert_int_equal(fg_diags_total(fixture->diags), before + 1);
        const struct fg_diag *diag = fg_diags_at(fixture->diags, before);
        assert_string_equal(diag->message, traps[i].message);
        assert_string_equal(diag->code, traps[i].code);
        assert_int_equal(diag->line, traps[i].line + 1);
        assert_int_equal(diag->column, traps[i].column);
        assert_int_equal(diag->length, traps[i].length);
    }
}

static void what_all_read_alike_is_taken(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fixture_parse(fixture, HEAD
                                   "lists:\n  x: {type: text, items: [y, \"1.10\", 08:30, 1.1.1, "
                                   "'null', \"on\", 2026-11-20 two]}\n" RULE(
                                       "score: 20, when: {attr.a: {in: x}, attr.b: \"yes\","
                                       " cost.per_minute: {above: 0.4}}")),
                     FG_OK);
    assert_int_equal(fg_diags_total(fixture->diags), 0);
    assert_int_equal(fixture->ruleset.lists[0].n, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_trap_is_told_with_how_to_write_it, setup, teardown),
        cmocka_unit_test_setup_teardown(what_all_read_alike_is_taken, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
