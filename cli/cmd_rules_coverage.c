// SPDX-License-Identifier: GPL-2.0-or-later
// Which rules, steps and composites the packs' own tests make hit, and how many tests do.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "rules.h"
#include "rules_tests.h"

#define TEXT_MAX 48

// What is counted: rules without steps, the steps of the others, and composites.
struct tally {
    uint32_t n, covered;
};

// One of them; steps are counted from 1, 0: the whole rule.
struct row {
    const char *id;
    const struct fg_origin *origin;
    unsigned step, tests;
    fg_micro above; // of the step
};

static bool add_row(struct table *table, const struct row *row)
{
    char name[TEXT_MAX] = "";
    char count[TEXT_MAX];
    char place[256];
    struct fg_json *object = fg_json_object_new();
    bool complete = fg_json_set_string(object, "rule", row->id) &&
                    fg_json_set_integer(object, "tests", row->tests) &&
                    fg_json_set_string(object, "file", row->origin->file) &&
                    fg_json_set_integer(object, "line", row->origin->line);

    if (row->step > 0) {
        (void)snprintf(name, sizeof(name), "above %.6g", (double)row->above / (double)FG_MICRO);
        complete = complete && fg_json_set_integer(object, "step", row->step) &&
                   fg_json_set_string(object, "above", name + strlen("above "));
    }
    if (!complete) {
        fg_json_free(object);
        return false;
    }
    (void)snprintf(count, sizeof(count), "%u", row->tests);
    (void)snprintf(place, sizeof(place), "%s:%u",
                   row->origin->file == NULL ? "?" : row->origin->file,
                   (unsigned)row->origin->line);
    const char *const cells[] = {row->id, row->step == 0 ? NULL : name, count,
                                 row->tests == 0 ? "not covered" : "covered", place};
    complete = table_add(table, cells, object);
    if (complete) {
        table_tone(table, 3, row->tests == 0 ? TONE_BAD : TONE_GOOD);
    }
    return complete;
}

static bool add_one(struct table *table, struct tally *tally, struct row row)
{
    tally->n++;
    tally->covered += row.tests > 0 ? 1U : 0U;
    return add_row(table, &row);
}

static bool fill(struct table *table, const struct fg_ruleset *ruleset,
                 const struct fg_packtest_summary *tests, struct tally *tally)
{
    bool complete = true;

    for (uint32_t i = 0; complete && i < ruleset->n_rules; i++) {
        const struct fg_rule *rule = &ruleset->rules[i];
        struct row row = {.id = rule->id, .origin = &rule->origin, .tests = tests->tests[i]};
        if (!rule->measured) {
            complete = add_one(table, tally, row);
        }
        for (uint8_t k = 0; complete && rule->measured && k < rule->n_steps; k++) {
            row.step = k + 1U;
            row.tests = tests->step_tests[i][k];
            row.above = rule->steps[k].above;
            complete = add_one(table, tally, row);
        }
    }
    for (uint32_t i = 0; complete && i < ruleset->n_composites; i++) {
        const struct fg_composite *composite = &ruleset->composites[i];
        complete = add_one(table, tally,
                           (struct row){.id = composite->id,
                                        .origin = &composite->origin,
                                        .tests = tests->composite_tests[i]});
    }
    return complete;
}

static enum exit_code report(const struct invocation *call, const struct fg_ruleset *ruleset,
                             const struct fg_packtest_summary *tests, long min_percent)
{
    static const char *const columns[] = {"RULE", "STEP", "TESTS", "", "PLACE"};
    struct table *table = table_new("coverage", columns, sizeof(columns) / sizeof(columns[0]));
    struct tally tally = {0};
    const bool complete =
        table != NULL && fill(table, ruleset, tests, &tally) && table_print(table, &call->output);
    // Rounded down: 100 is all of them.
    const uint32_t percent = tally.n == 0 ? 100 : tally.covered * 100 / tally.n;

    table_free(table);
    if (!complete) {
        return EXIT_FAILED;
    }
    if (call->output.format == OUTPUT_HUMAN) {
        (void)printf("%u of %u rules, steps and composites covered (%u%%)\n", tally.covered,
                     tally.n, percent);
    }
    if ((long)percent < min_percent) {
        complain("%u%% of the rules, steps and composites are covered, %ld%% are asked for",
                 percent, min_percent);
        return EXIT_RULES;
    }
    return EXIT_OK;
}

static bool read_percent(const struct invocation *call, long *out)
{
    const char *text = invocation_option(call, "min");
    char *end = NULL;

    *out = 0;
    if (text == NULL) {
        return true;
    }
    *out = strtol(text, &end, 10);
    if (end == text || *end != '\0' || *out < 0 || *out > 100) {
        complain("--min takes a number from 0 to 100, not '%s'", text);
        return false;
    }
    return true;
}

enum exit_code cmd_rules_coverage(struct invocation *call)
{
    const char *directory = call->n_arguments > 0 ? call->arguments[0] : call->rules_dir;
    struct fg_packtest_summary *tests = NULL;
    struct fg_policy_bundle *bundle = NULL;
    struct fg_diags *diags = NULL;
    enum exit_code code = EXIT_FAILED;
    long min_percent = 0;
    int rc = FG_ENOMEM;

    if (!read_percent(call, &min_percent)) {
        return EXIT_USAGE;
    }
    code = rules_directory(directory);
    if (code != EXIT_OK) {
        return code;
    }
    diags = fg_diags_new();
    tests = calloc(1, sizeof(*tests));
    if (diags != NULL && tests != NULL) {
        rc = rules_load(call, directory, diags, &bundle);
    }
    if (rc == FG_OK) {
        rc = rules_run_tests(directory, fg_policy_of(bundle), diags, tests);
    }
    if (rc == FG_OK) {
        code = report(call, fg_policy_of(bundle)->ruleset, tests, min_percent);
    } else {
        if (diags != NULL) {
            fg_diags_print(diags, FG_DIAG_HUMAN, stderr);
        }
        code = rules_code(directory, rc, diags);
    }
    if (bundle != NULL) {
        fg_policy_bundle_free(bundle);
    }
    free(tests);
    fg_diags_free(diags);
    return code;
}
