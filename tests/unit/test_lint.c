// SPDX-License-Identifier: GPL-2.0-or-later
// One planted mistake for each piece of advice, and packs that deserve none.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <utime.h>

#include <cmocka.h>

#include "codes.h"
#include "fg/lint.h"
#include "fg/pack.h"
#include "pack_files.h"
#include "scratch_dir.h"

#define NOW_MS INT64_C(1795305600000) // 2026-11-22 00:00 UTC

#define HEAD                                                                                       \
    "fraudguard: 1\npack: p\nversion: \"1.0.0\"\nscoring: {thresholds: {alert: 30, block: 80}}\n"
#define STRONG "  - {id: STRONG, desc: d, when: {dest.home: false}, score: 90}\n"

struct linted {
    struct fg_arena *arena;
    struct fg_diags *diags;
    struct fg_ruleset ruleset;
};

static void lint(struct linted *out, const char *text, const char *dir, const bool *covered)
{
    struct fg_named_bytes file = {"p.yaml", text, strlen(text)};
    struct fg_diags *loader = fg_diags_new();
    out->arena = fg_arena_new(fg_heap_libc());
    out->diags = fg_diags_new();
    int rc = fg_pack_parse_files(&file, 1, dir, NOW_MS, out->arena, loader, &out->ruleset);
    if (rc != FG_OK) {
        fg_diags_print(loader, FG_DIAG_HUMAN, stderr);
    }
    assert_int_equal(rc, FG_OK);
    fg_diags_free(loader);
    struct fg_lint_pack pack = {"p.yaml", text, strlen(text)};
    struct fg_lint in = {.ruleset = &out->ruleset,
                         .packs = &pack,
                         .n_packs = 1,
                         .dir = dir,
                         .now_ms = NOW_MS,
                         .covered = covered};
    assert_int_equal(fg_lint_ruleset(&in, out->diags), FG_OK);
}

static void linted_fini(struct linted *linted)
{
    fg_diags_free(linted->diags);
    fg_arena_free(linted->arena);
}

// Expects one diagnostic and no other: its code, line and what it points at.
static void expect_one(const struct linted *linted, const char *code, uint32_t line,
                       const char *word)
{
    if (fg_diags_total(linted->diags) != 1) {
        fg_diags_print(linted->diags, FG_DIAG_HUMAN, stderr);
    }
    assert_int_equal(fg_diags_total(linted->diags), 1);
    const struct fg_diag *diag = fg_diags_at(linted->diags, 0);
    assert_string_equal(diag->code, code);
    assert_int_equal(diag->severity, FG_WARNING);
    assert_int_equal(diag->line, line);
    assert_non_null(diag->source);
    assert_true(strlen(diag->source) >= diag->column - 1);
    assert_memory_equal(diag->source + diag->column - 1, word, strlen(word));
}

static void expect_advice(const char *text, const char *code, uint32_t line, const char *word)
{
    struct linted linted;
    lint(&linted, text, NULL, NULL);
    expect_one(&linted, code, line, word);
    linted_fini(&linted);
}

static void expect_none(const char *text)
{
    struct linted linted;
    lint(&linted, text, NULL, NULL);
    if (fg_diags_total(linted.diags) != 0) {
        fg_diags_print(linted.diags, FG_DIAG_HUMAN, stderr);
    }
    assert_int_equal(fg_diags_total(linted.diags), 0);
    linted_fini(&linted);
}

static void a_clean_pack_gets_no_advice(void **state)
{
    (void)state;
    expect_none(HEAD
                "lists:\n  far: {type: e164_prefix, items: [\"+960\", \"+961\"]}\n"
                "meters:\n  n: {distinct: dest.number, per: customer, over: 1h}\n"
                "rules:\n" STRONG
                "  - {id: LIST, desc: d, when: {dest.prefix: {in: far}}, score: 10}\n"
                "  - id: STEPS\n    desc: d\n    measure: meters.n\n"
                "    steps: [{above: 10, score: 10}, {above: 511, score: 20}]\n"
                "  - {id: NEW, desc: d, maturity: sandbox, when: {dest.home: true}, score: 5}\n");
}

static void a_prefix_that_a_shorter_one_covers(void **state)
{
    (void)state;
    expect_advice(HEAD "lists:\n  far: {type: e164_prefix, items: [\"+9607\", \"+960\"]}\nrules:\n"
                       "  - {id: A, desc: d, when: {dest.prefix: {in: far}}, score: 90}\n",
                  FG_CODE_LINT_PREFIX, 6, "\"+9607\"");
    expect_advice(HEAD "rules:\n  - id: A\n    desc: d\n    score: 90\n"
                       "    when: {dest.prefix: {in: [\"+44\", \"+961\", \"+9611\"]}}\n",
                  FG_CODE_LINT_PREFIX, 9, "\"+9611\"");
}

static void a_prefix_in_both_lists(void **state)
{
    (void)state;
#define BOTH(in, out)                                                                              \
    HEAD "lists:\n  l1: {type: e164_prefix, items: " in "}\n"                                      \
         "  l2: {type: e164_prefix, items: " out "}\nrules:\n" STRONG                              \
         "  - {id: A, desc: d, score: 1, when: {dest.prefix: {in: l1, not_in: l2}}}\n"
    expect_advice(BOTH("[\"+960\", \"+372\"]", "[\"+9607\", \"+372\"]"), "FG200", 10, "l2");
    expect_advice(BOTH("[\"+960\", \"+372\", \"+44\"]", "[\"+960\", \"+372\"]"), "FG200", 10, "l2");
    expect_none(BOTH("[\"+960\"]", "[\"+9607\", \"+3\"]"));
    expect_none(
        HEAD "lists:\n  l1: {type: e164_prefix, items: [\"+960\", \"+1\"]}\nrules:\n" STRONG
             "  - {id: A, desc: d, score: 1, when: {dest.prefix: {in: l1, not_in: [\"+960\"]}}}\n");
}

static void a_row_that_a_shorter_one_covers(void **state)
{
    (void)state;
    struct scratch_dir dir;
    struct linted linted;
    scratch_dir_open(&dir);
    scratch_dir_write(&dir, "x.csv",
                      "prefix,note\n+960,Maldives\n9607,Maldives\n9609,a range of its own\n");
    lint(&linted,
         HEAD "lists:\n  x: {type: e164_prefix, file: x.csv}\nrules:\n"
              "  - {id: A, desc: d, when: {dest.prefix: {in: x}}, score: 90}\n",
         dir.path, NULL);
    expect_one(&linted, FG_CODE_LINT_PREFIX, 3, "9607");
    linted_fini(&linted);
    scratch_dir_remove(&dir);
}

static void a_file_that_is_too_old(void **state)
{
    (void)state;
    struct scratch_dir dir;
    struct linted linted;
    char path[128];
    struct utimbuf times = {.actime = (time_t)(NOW_MS / 1000), .modtime = 0};
    static const char text[] =
        HEAD "lists:\n  x: {type: e164_prefix, file: x.csv, max_age: 90d}\nrules:\n"
             "  - {id: A, desc: d, when: {dest.prefix: {in: x}}, score: 90}\n";
    scratch_dir_open(&dir);
    scratch_dir_write(&dir, "x.csv", "prefix,note\n+960,Maldives\n");
    (void)snprintf(path, sizeof(path), "%s/x.csv", dir.path);
    times.modtime = (time_t)(NOW_MS / 1000 - 91 * INT64_C(86400));
    assert_int_equal(utime(path, &times), 0);
    lint(&linted, text, dir.path, NULL);
    expect_one(&linted, FG_CODE_LINT_AGE, 6, "90d");
    linted_fini(&linted);
    times.modtime = (time_t)(NOW_MS / 1000 - 89 * INT64_C(86400));
    assert_int_equal(utime(path, &times), 0);
    lint(&linted, text, dir.path, NULL);
    assert_int_equal(fg_diags_total(linted.diags), 0);
    linted_fini(&linted);
    scratch_dir_remove(&dir);
}

static void an_override_that_adds_what_is_there(void **state)
{
    (void)state;
    expect_advice(HEAD "lists:\n  far: {type: e164_prefix, items: [\"+960\"]}\nrules:\n"
                       "  - {id: A, desc: d, when: {dest.prefix: {in: far}}, score: 90}\n"
                       "overrides:\n  - match: {customer.id: acme}\n    reason: r\n    owner: o\n"
                       "    expires: \"2027-06-30\"\n"
                       "    append: {lists.far.items: [\"+961\", \"+9601\"]}\n",
                  FG_CODE_LINT_APPENDED, 14, "\"+9601\"");
}

static void a_rule_without_a_test(void **state)
{
    (void)state;
    static const bool covered[FG_RULES_MAX] = {true, false};
    struct linted linted;
    lint(&linted,
         HEAD "rules:\n" STRONG "  - {id: B, desc: d, when: {dest.home: true}, score: 9}\n", NULL,
         covered);
    expect_one(&linted, FG_CODE_LINT_UNTESTED, 7, "B");
    linted_fini(&linted);
}

static void a_band_out_of_reach(void **state)
{
    (void)state;
#define CAPPED(cap)                                                                                \
    "fraudguard: 1\npack: p\nversion: \"1.0.0\"\nscoring:\n"                                       \
    "  thresholds: {alert: 30, block: 80}\n  group_caps: {g: " cap "}\nrules:\n"                   \
    "  - {id: A, group: g, desc: d, when: {dest.home: false}, score: 40}\n"                        \
    "  - {id: B, group: g, desc: d, when: {dest.home: true}, score: 40}\n"
    expect_advice(CAPPED("79"), FG_CODE_LINT_BAND, 5, "80");
    expect_none(CAPPED("80"));
    // What a composite gives or asks for counts; so does what a rule asks for.
    expect_none(CAPPED("79") "composites:\n  - {id: C, desc: d, all_of: [A, B], score: 1}\n");
    expect_none(CAPPED("79") "  - {id: D, desc: d, when: {dest.home: true}, "
                             "action_at_least: block}\n");
    // Points in shadow do not.
    expect_advice(HEAD
                  "rules:\n"
                  "  - {id: A, desc: d, when: {dest.home: true}, score: 79}\n"
                  "  - {id: B, desc: d, maturity: sandbox, when: {dest.home: true}, score: 9}\n",
                  FG_CODE_LINT_BAND, 4, "80");
    // Nor do those of another direction.
    expect_advice(HEAD
                  "rules:\n"
                  "  - {id: A, desc: d, when: {dest.home: true}, score: 79}\n"
                  "  - {id: B, desc: d, direction: inbound, when: {dest.home: true}, score: 9}\n",
                  FG_CODE_LINT_BAND, 4, "80");
}

#define STEPS(kind, steps)                                                                         \
    HEAD "meters:\n  n: {" kind ", per: customer, over: 1h}\nrules:\n" STRONG                      \
         "  - id: S\n    desc: d\n    measure: meters.n\n    steps:\n" steps

static void steps_that_give_no_more(void **state)
{
    (void)state;
    expect_advice(STEPS("count: calls", "      - {above: 1, score: 20}\n"
                                        "      - {above: 2, score: 20}\n"),
                  FG_CODE_LINT_STEP, 14, "{above: 2");
    expect_none(STEPS("count: calls", "      - {above: 1, score: 20}\n"
                                      "      - {above: 2, score: 20, notify: noc}\n"));
}

static void a_step_beyond_what_a_meter_counts_to(void **state)
{
    (void)state;
    expect_advice(STEPS("distinct: dest.number", "      - {above: 512, score: 20}\n"),
                  FG_CODE_LINT_BEYOND, 13, "512");
    expect_none(STEPS("count: calls", "      - {above: 512, score: 20}\n"));
}

static void points_above_the_cap(void **state)
{
    (void)state;
    expect_advice("fraudguard: 1\npack: p\nversion: \"1.0.0\"\nscoring:\n"
                  "  thresholds: {block: 50}\n  group_caps: {g: 50}\nrules:\n"
                  "  - {id: A, group: g, desc: d, when: {dest.home: false}, score: 60}\n",
                  FG_CODE_LINT_CAPPED, 8, "60");
}

static void what_ends_soon(void **state)
{
    (void)state;
#define ENDS(date)                                                                                 \
    HEAD "rules:\n  - id: A\n    desc: d\n    when: {dest.home: false}\n    score: 90\n"           \
         "    exceptions:\n"                                                                       \
         "      - fields: [customer.id]\n        values: [[acme]]\n        reason: r\n        "    \
         "expires: \"" date "\"\n"
    expect_advice(ENDS("2026-12-05"), FG_CODE_LINT_EXPIRES, 14, "\"2026-12-05\"");
    expect_none(ENDS("2026-12-06"));
    // What has ended, the loader tells.
    expect_none(ENDS("2026-11-01"));
    expect_advice(HEAD "rules:\n" STRONG
                       "overrides:\n  - match: {customer.id: acme}\n    rule: STRONG\n"
                       "    replace: {score: 95}\n    reason: r\n    owner: o\n"
                       "    expires: \"2026-11-25\"\n",
                  FG_CODE_LINT_EXPIRES, 13, "\"2026-11-25\"");
}

static void what_is_off(void **state)
{
    (void)state;
    expect_advice(HEAD "rules:\n" STRONG
                       "  - {id: B, desc: d, mode: \"off\", when: {dest.home: true}, score: 9}\n",
                  FG_CODE_LINT_OFF, 7, "\"off\"");
    expect_none(HEAD "rules:\n" STRONG
                     "  - {id: B, desc: d, mode: \"off\", when: {dest.home: true}, score: 9}\n"
                     "overrides:\n  - match: {customer.id: acme}\n    rule: B\n"
                     "    replace: {mode: enforce}\n    reason: r\n    owner: o\n"
                     "    expires: \"2027-06-30\"\n");
    expect_advice("fraudguard: 1\npack: p\nversion: \"1.0.0\"\nscoring:\n"
                  "  thresholds: {block: 80}\n  group_caps: {nobody: 50}\nrules:\n" STRONG,
                  FG_CODE_LINT_OFF, 6, "nobody");
}

static void what_only_rules_that_are_off_use(void **state)
{
    (void)state;
    struct linted linted;
    lint(&linted,
         HEAD "meters:\n  n: {count: calls, per: customer, over: 1h}\nrules:\n" STRONG
              "  - {id: B, desc: d, mode: \"off\", measure: meters.n, "
              "steps: [{above: 1, score: 9}]}\n"
              "composites:\n  - {id: C, desc: d, all_of: [STRONG, B], score: 9}\n",
         NULL, NULL);
    assert_int_equal(fg_diags_total(linted.diags), 3);
    static const uint32_t lines[] = {9, 6, 11};
    for (uint32_t i = 0; i < 3; i++) {
        assert_string_equal(fg_diags_at(linted.diags, i)->code, FG_CODE_LINT_OFF);
        assert_int_equal(fg_diags_at(linted.diags, i)->line, lines[i]);
    }
    linted_fini(&linted);
    // A rule that is not off needs the meter for its trend.
    lint(&linted,
         HEAD "meters:\n  n: {typical: calls, per: customer}\n  t: {trend: n}\nrules:\n" STRONG
              "  - {id: A, desc: d, when: {meters.t: {above: 1}}, score: 9}\n"
              "  - {id: B, desc: d, mode: \"off\", when: {meters.n: {above: 1}}, score: 9}\n",
         NULL, NULL);
    assert_int_equal(fg_diags_total(linted.diags), 1); // B itself
    linted_fini(&linted);
    // A rule that is not off needs the meter too, though it does not measure by it.
    expect_none(HEAD "meters:\n  n: {count: calls, per: customer, over: 1h}\nrules:\n" STRONG
                     "  - {id: A, desc: d, when: {meters.n: {above: 1}}, score: 9}\n"
                     "  - {id: B, desc: d, measure: meters.n, steps: [{above: 1, score: 9}]}\n");
}

static void a_rule_in_shadow_without_maturity(void **state)
{
    (void)state;
    expect_advice(HEAD "rules:\n" STRONG
                       "  - {id: B, desc: d, mode: shadow, when: {dest.home: true}, score: 9}\n",
                  FG_CODE_LINT_SHADOW, 7, "shadow");
    expect_none(HEAD "rules:\n" STRONG "  - {id: B, desc: d, mode: shadow, maturity: incubating, "
                     "when: {dest.home: true}, score: 9}\n");
}

static void a_rule_without_false_positives(void **state)
{
    (void)state;
#define KEPT  "  - {id: K, desc: d, when: {dest.home: true}, score: 9, falsepositives: [\"x\"]}\n"
#define KEPT2 "  - {id: L, desc: d, when: {dest.home: true}, score: 9, falsepositives: [\"x\"]}\n"
    expect_advice(HEAD "rules:\n" KEPT KEPT2 STRONG, FG_CODE_LINT_POSITIVES, 8, "STRONG");
    // One of two is no habit.
    expect_none(HEAD "rules:\n" KEPT STRONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clean_pack_gets_no_advice),
        cmocka_unit_test(a_prefix_that_a_shorter_one_covers),
        cmocka_unit_test(a_prefix_in_both_lists),
        cmocka_unit_test(a_row_that_a_shorter_one_covers),
        cmocka_unit_test(a_file_that_is_too_old),
        cmocka_unit_test(an_override_that_adds_what_is_there),
        cmocka_unit_test(a_rule_without_a_test),
        cmocka_unit_test(a_band_out_of_reach),
        cmocka_unit_test(steps_that_give_no_more),
        cmocka_unit_test(a_step_beyond_what_a_meter_counts_to),
        cmocka_unit_test(points_above_the_cap),
        cmocka_unit_test(what_ends_soon),
        cmocka_unit_test(what_is_off),
        cmocka_unit_test(what_only_rules_that_are_off_use),
        cmocka_unit_test(a_rule_in_shadow_without_maturity),
        cmocka_unit_test(a_rule_without_false_positives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
