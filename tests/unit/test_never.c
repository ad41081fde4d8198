// SPDX-License-Identifier: GPL-2.0-or-later
// Conditions and composites whose parts exclude each other.
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
    "lists:\n"                                                                                     \
    "  narrow: {type: e164_prefix, items: [\"+9607\", \"+37270\"]}\n"                              \
    "  wide: {type: e164_prefix, items: [\"+960\", \"+37270\"]}\n"                                 \
    "  words: {type: text, items: [b, a]}\n"                                                       \
    "  lands: {type: country, items: [\"GB\", \"FR\"]}\n"                                          \
    "meters:\n"                                                                                    \
    "  m1: {count: calls, per: customer, over: 1h}\n"                                              \
    "rules:\n"                                                                                     \
    "  - {id: USES, desc: d, score: 1, when: {dest.prefix: {in: narrow, not_in: [\"+9607\"]},\n"   \
    "     caller.prefix: {in: wide, not_in: narrow}, meters.m1: {above: 3, below: 5},\n"           \
    "     tls.cert.days_left: {below: 0}, dest.country: {in: lands, not_in: [\"GB\"]},\n"          \
    "     attr.a: {in: words, not_in: [a, c]}}}\n"                                                 \
    "  - {id: OTHER, desc: d, score: 1, when: {dest.home: true}}\n"                                \
    "  - {id: INBOUND, desc: d, direction: inbound, score: 1, when: {caller.present: false}}\n"
#define RULE(when)       HEAD "  - {id: A, desc: d, score: 1, when: {" when "}}\n"
#define COMPOSITE(terms) HEAD "composites:\n  - {id: C, desc: d, score: 1, " terms "}\n"

static const struct {
    const char *text, *message;
} never[] = {
    {RULE("customer.channels: {above: 5, below: 3}"),
     "never hits: 'above: 5' and 'below: 3' exclude each other"},
    {RULE("customer.channels: {above: 5, below: 5}"),
     "never hits: 'above: 5' and 'below: 5' exclude each other"},
    {RULE("meters.m1: {above: 5, below: 3}"),
     "never hits: 'above: 5' and 'below: 3' exclude each other"},
    {RULE("tls.cert.days_left: {above: 5, below: 3}"),
     "never hits: 'above: 5' and 'below: 3' exclude each other"},
    {RULE("cost.per_minute: {below: 0}"), "never hits: 'cost.per_minute' is never below 0"},
    {RULE("dest.country: {in: [\"GB\"], not_in: [\"GB\"]}"),
     "never hits: 'in' and 'not_in' of 'dest.country' exclude each other"},
    {RULE("dest.country: {in: [\"GB\"], not_in: lands}"),
     "never hits: 'in' and 'not_in' of 'dest.country' exclude each other"},
    {RULE("dest.prefix: {in: wide, not_in: wide}"),
     "never hits: 'in' and 'not_in' of 'dest.prefix' exclude each other"},
    {RULE("dest.prefix: {in: narrow, not_in: wide}"),
     "never hits: 'in' and 'not_in' of 'dest.prefix' exclude each other"},
    {RULE("attr.a: {in: [b, a], not_in: words}"),
     "never hits: 'in' and 'not_in' of 'attr.a' exclude each other"},
    {RULE("customer.tag: {in: words, not_in: [c, b, a]}"),
     "never hits: 'in' and 'not_in' of 'customer.tag' exclude each other"},
    {COMPOSITE("all_of: [USES, OTHER], none_of: [OTHER]"),
     "composite 'C' never hits: it needs 'OTHER', which 'none_of' excludes"},
    {COMPOSITE("any_of: [USES, OTHER], none_of: [OTHER, USES]"),
     "composite 'C' never hits: it needs 'USES', which 'none_of' excludes"},
    {COMPOSITE("all_of: [USES, customer.tag.vip], none_of: [customer.tag.vip]"),
     "composite 'C' never hits: it needs 'customer.tag.vip', which 'none_of' excludes"},
    {COMPOSITE("all_of: [USES, INBOUND]"),
     "composite 'C' never hits: 'USES' judges outbound calls and 'INBOUND' inbound ones, which "
     "exclude each other"},
    {COMPOSITE("all_of: [INBOUND], any_of: [USES, OTHER]"),
     "composite 'C' never hits: 'USES' judges outbound calls and 'INBOUND' inbound ones, which "
     "exclude each other"},
};

static void what_excludes_each_other_is_told(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        const uint32_t before = fg_diags_total(fixture->diags);
        assert_int_equal(fixture_parse(fixture, never[i].text), FG_OK);
        assert_int_equal(fg_diags_total(fixture->diags), before + 1);
        const struct fg_diag *diag = fg_diags_at(fixture->diags, before);
        assert_string_equal(diag->message, never[i].message);
        assert_string_equal(diag->code, "FG045");
        assert_int_equal(diag->severity, FG_WARNING);
    }
}

static void what_can_hit_is_not(void **state)
{
    struct fixture *fixture = *state;
    static const char *const texts[] = {
        HEAD,
        COMPOSITE("any_of: [USES, OTHER], none_of: [OTHER]"),
        COMPOSITE("any_of: [USES, INBOUND], none_of: [OTHER]"),
        COMPOSITE("all_of: [INBOUND], any_of: [USES, customer.tag.vip]"),
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(fixture_parse(fixture, texts[i]), FG_OK);
        assert_int_equal(fg_diags_total(fixture->diags), 0);
    }
}

static void countries_are_listed_once(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fixture_parse(fixture, RULE("dest.country: {in: [\"GB\", \"FR\", \"GB\"]}")),
                     FG_ESYNTAX);
    assert_int_equal(fg_diags_total(fixture->diags), 1);
    assert_string_equal(fg_diags_at(fixture->diags, 0)->code, "FG020");
    assert_string_equal(fg_diags_at(fixture->diags, 0)->message,
                        "country \"GB\" is in this list already");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_excludes_each_other_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(what_can_hit_is_not, setup, teardown),
        cmocka_unit_test_setup_teardown(countries_are_listed_once, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
