// SPDX-License-Identifier: GPL-2.0-or-later
// Where what was not written is shown.
#include "yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fg/pack.h"
#include "pack_fixture.h"

// The n-th empty text of a tree, in its order.
static const struct fg_yaml_node *empty(const struct fg_yaml_node *node, uint32_t *n)
{
    if (node->kind == FG_YAML_SCALAR) {
        return node->text.len == 0 && !node->quoted && (*n)-- == 0 ? node : NULL;
    }
    const struct fg_yaml_node *found = NULL;
    for (const struct fg_yaml_node *at = node->first; at != NULL && found == NULL; at = at->next) {
        found = empty(node->kind == FG_YAML_MAP ? at->value : at, n);
    }
    return found;
}

static void empty_items_are_at_their_own_dash(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *text;
        uint32_t n, line, column;
        size_t offset;
    } cases[] = {
        {"-\n- a\n", 0, 1, 1, 0},
        {"- a\n-\n- b\n", 0, 2, 1, 4},
        {"- a\n-\n-\n", 1, 3, 1, 6},
        {"- a\n-", 0, 2, 1, 4},
        {"r:\n  - {id: A}\n\n  # - no\n  -\n  - b\n", 0, 5, 3, 27},
        {"r:\n  - id: A\n    x:\n      - 1\n      -\n  -\nq: 1\n", 1, 6, 3, 40},
        {"r:\n  - id: A\n    x:\n      - 1\n      -\n  -\nq: 1\n", 0, 5, 7, 36},
        {"- - a\n  -\n-\n", 0, 2, 3, 8},
        {"- - a\n  -\n-\n", 1, 3, 1, 10},
        {"- |\n  text\n  - no\n\n-\n", 0, 5, 1, 19},
        {"- [a,\n   b]\n-\n", 0, 3, 1, 12},
        {"- \"a\n\n  b\"\n- # nothing\n- c\n", 0, 4, 1, 11},
        {"a:\n  b:\n  c: 1\n", 0, 2, 3, 5},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct fg_yaml_doc doc = {"e.yaml", cases[i].text, strlen(cases[i].text)};
        struct fg_yaml_node *root = NULL;
        uint32_t n = cases[i].n;
        if (fg_yaml_read(&doc, fixture->arena, fixture->diags, &root) != FG_OK) {
            fail_msg("case %zu: %s", i, fg_diags_at(fixture->diags, 0)->message);
        }
        const struct fg_yaml_node *node = empty(root, &n);
        assert_non_null(node);
        if (node->line != cases[i].line || node->column != cases[i].column ||
            node->offset != cases[i].offset) {
            fail_msg("case %zu: %u:%u at %zu", i, node->line, node->column, node->offset);
        }
    }
}

static void empty_is_called_empty(void **state)
{
    struct fixture *fixture = *state;
    static const char text[] = "fraudguard_pack: 1\npack: p\nrules:\n  - id: A\n    score: 1\n    "
                               "when: {src.known: false}\n  -\n  - B\n";
    assert_int_equal(fg_pack_parse("p.yaml", text, sizeof(text) - 1, NULL, fixture->arena,
                                   fixture->diags, &fixture->ruleset),
                     FG_ESYNTAX);
    const struct fg_diag *diag = NULL;
    for (uint32_t i = 0; i < fg_diags_total(fixture->diags); i++) {
        diag = fg_diags_at(fixture->diags, i);
        if (diag->line == 7) {
            break;
        }
    }
    assert_non_null(diag);
    assert_int_equal(diag->line, 7);
    assert_int_equal(diag->column, 3);
    assert_non_null(strstr(diag->message, " is empty; it must be a mapping"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(empty_items_are_at_their_own_dash),
        TEST(empty_is_called_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
