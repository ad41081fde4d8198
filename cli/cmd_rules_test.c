// SPDX-License-Identifier: GPL-2.0-or-later
// Runs the packs' own tests.
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "fg/packtest.h"
#include "file.h"
#include "rules.h"

// The packs of one directory and which of their rules a test has made hit.
struct tested {
    char *directory;
    struct fg_policy_bundle *bundle; // NULL: they cannot be loaded, as was told
    enum exit_code failure;          // then
    bool covered[FG_RULES_MAX];
    bool composite_covered[FG_COMPOSITES_MAX];
};

struct run {
    const struct invocation *call;
    struct fg_diags *diags;
    FILE *report; // what failed, for people
    struct tested *tested;
    size_t n_tested;
    uint32_t passed, failed, skipped;
};

static void run_fini(struct run *run)
{
    for (size_t i = 0; i < run->n_tested; i++) {
        free(run->tested[i].directory);
        if (run->tested[i].bundle != NULL) {
            fg_policy_bundle_free(run->tested[i].bundle);
        }
    }
    free(run->tested);
    fg_diags_free(run->diags);
}

static struct tested *find_tested(struct run *run, const char *directory)
{
    for (size_t i = 0; i < run->n_tested; i++) {
        if (strcmp(run->tested[i].directory, directory) == 0) {
            return &run->tested[i];
        }
    }
    return NULL;
}

// Loads the packs of directory unless they are loaded. NULL after a complaint or diagnostics.
static struct tested *load(struct run *run, const char *directory, enum exit_code *code)
{
    struct tested *tested = find_tested(run, directory);
    struct tested *grown = NULL;
    int rc = FG_ENOMEM;

    if (tested != NULL) {
        *code = tested->failure;
        return tested->bundle == NULL ? NULL : tested;
    }
    grown = reallocarray(run->tested, run->n_tested + 1, sizeof(*grown));
    if (grown != NULL) {
        run->tested = grown;
        tested = &grown[run->n_tested];
        *tested = (struct tested){.directory = strdup(directory)};
        rc = tested->directory == NULL
                 ? FG_ENOMEM
                 : rules_load(run->call, directory, run->diags, &tested->bundle);
        run->n_tested += tested->directory == NULL ? 0 : 1;
        if (rc == FG_OK) {
            return tested;
        }
    }
    *code = rules_code(directory, rc, run->diags);
    if (tested != NULL) {
        tested->failure = *code;
    }
    return NULL;
}

// Fills in what the tests of a file leave open, in the file itself.
static enum exit_code record_file(struct run *run, const char *file, const struct tested *tested)
{
    struct fg_packtest_recording recording;
    const int rc =
        fg_packtest_record(file, fg_policy_of(tested->bundle), run->diags, run->report, &recording);
    enum exit_code code = EXIT_OK;

    if (rc != FG_OK) {
        return fg_diags_count(run->diags, FG_ERROR) > 0 ? EXIT_RULES : rules_failed(file, rc);
    }
    if (recording.n > 0 && !file_replace(file, recording.bytes, recording.len)) {
        code = EXIT_FAILED;
    }
    free(recording.bytes);
    return code;
}

static enum exit_code run_file(struct run *run, const char *file, struct tested *tested)
{
    struct fg_packtest_summary summary = {0};
    const bool verbose = invocation_option(run->call, "verbose") != NULL;
    int rc = FG_OK;

    if (invocation_option(run->call, "record") != NULL) {
        const enum exit_code code = record_file(run, file, tested);
        if (code != EXIT_OK) {
            return code;
        }
    }
    rc = fg_packtest_run(file, fg_policy_of(tested->bundle), run->diags, verbose, run->report,
                         &summary);
    if (rc != FG_OK) {
        return fg_diags_count(run->diags, FG_ERROR) > 0 ? EXIT_RULES : rules_failed(file, rc);
    }
    run->passed += summary.passed;
    run->failed += summary.failed;
    run->skipped += summary.skipped;
    for (size_t i = 0; i < FG_RULES_MAX; i++) {
        tested->covered[i] = tested->covered[i] || summary.covered[i];
    }
    for (size_t i = 0; i < FG_COMPOSITES_MAX; i++) {
        tested->composite_covered[i] =
            tested->composite_covered[i] || summary.composite_tests[i] > 0;
    }
    return summary.failed == 0 ? EXIT_OK : EXIT_RULES;
}

static enum exit_code worse(enum exit_code a, enum exit_code b)
{
    return a == EXIT_OK || b == EXIT_FAILED ? b : a;
}

// Runs a file against the rules that it names, or otherwise those of directory.
static enum exit_code run_with(struct run *run, const char *file, const char *directory)
{
    char *named = NULL;
    struct tested *tested = NULL;
    enum exit_code code = EXIT_FAILED;

    if (!run->call->rules_given && fg_packtest_rules(file, &named) != FG_OK) {
        return rules_failed(file, FG_ENOMEM);
    }
    tested = load(run, named == NULL ? directory : named, &code);
    code = tested == NULL ? code : run_file(run, file, tested);
    free(named);
    return code;
}

static enum exit_code run_directory(struct run *run, const char *directory)
{
    enum exit_code code = EXIT_OK;
    char **files = NULL;
    size_t n = 0;

    if (!files_list(directory, ".test.yaml", &files, &n)) {
        return EXIT_FAILED;
    }
    for (size_t i = 0; i < n; i++) {
        code = worse(code, run_with(run, files[i], directory));
    }
    if (n == 0) {
        complain("%s: no tests (*.test.yaml)", directory);
        (void)load(run, directory, &code);
    }
    files_free(files, n);
    return code;
}

static enum exit_code run_target(struct run *run, const char *path)
{
    enum exit_code code = EXIT_FAILED;
    char *directory = NULL;

    if (is_directory(path)) {
        return run_directory(run, path);
    }
    if (!is_readable(path)) {
        return file_code_of(path);
    }
    if (!is_test_file(path)) {
        complain("%s: not a test; tests are directories or *.test.yaml", path);
        return EXIT_USAGE;
    }
    directory = run->call->rules_given ? strdup(run->call->rules_dir) : directory_of(path);
    if (directory != NULL) {
        code = run_with(run, path, directory);
    }
    free(directory);
    return code;
}

typedef bool rule_fn(void *arg, const char *id, const struct fg_origin *origin);

// Calls fn for each rule and composite that no test has made hit.
static bool each_uncovered(const struct run *run, rule_fn *fn, void *arg)
{
    for (size_t t = 0; t < run->n_tested; t++) {
        if (run->tested[t].bundle == NULL) {
            continue;
        }
        const struct fg_ruleset *rules = fg_policy_of(run->tested[t].bundle)->ruleset;
        for (uint32_t i = 0; i < rules->n_rules; i++) {
            const struct fg_rule *rule = &rules->rules[i];
            if (!run->tested[t].covered[i] && !fn(arg, rule->id, &rule->origin)) {
                return false;
            }
        }
        for (uint32_t i = 0; i < rules->n_composites; i++) {
            const struct fg_composite *composite = &rules->composites[i];
            if (!run->tested[t].composite_covered[i] &&
                !fn(arg, composite->id, &composite->origin)) {
                return false;
            }
        }
    }
    return true;
}

static bool count_rule(void *arg, const char *id, const struct fg_origin *origin)
{
    uint32_t *n = arg;

    (void)id;
    (void)origin;
    (*n)++;
    return true;
}

static bool print_rule(void *arg, const char *id, const struct fg_origin *origin)
{
    FILE *out = arg;

    return fprintf(out, "  not covered: %-24s %s:%u\n", id,
                   origin->file == NULL ? "?" : origin->file, (unsigned)origin->line) > 0;
}

static bool append_rule(void *arg, const char *id, const struct fg_origin *origin)
{
    (void)origin;
    return fg_json_append_string(arg, id);
}

static uint32_t count_rules(const struct run *run)
{
    uint32_t rules = 0;

    for (size_t t = 0; t < run->n_tested; t++) {
        if (run->tested[t].bundle == NULL) {
            continue;
        }
        const struct fg_ruleset *ruleset = fg_policy_of(run->tested[t].bundle)->ruleset;
        rules += ruleset->n_rules + ruleset->n_composites;
    }
    return rules;
}

static bool report_people(const struct run *run, uint32_t rules, uint32_t covered)
{
    const bool coverage = invocation_option(run->call, "coverage") != NULL;

    if (rules == 0 && run->passed + run->failed + run->skipped == 0) {
        return true; // nothing could be loaded, as was told
    }
    if (coverage && !each_uncovered(run, print_rule, stdout)) {
        return false;
    }
    return printf("%u passed, %u failed, %u skipped     rules covered %u/%u (%u%%)%s\n",
                  run->passed, run->failed, run->skipped, covered, rules,
                  rules == 0 ? 100 : covered * 100 / rules,
                  coverage || covered == rules ? "" : "  see --coverage") > 0;
}

static bool report_json(const struct run *run, uint32_t rules, uint32_t covered)
{
    struct fg_json *object = fg_json_object_new();
    struct fg_json *uncovered = fg_json_array_new();
    bool complete = fg_json_set_integer(object, "v", 1) &&
                    fg_json_set_integer(object, "passed", run->passed) &&
                    fg_json_set_integer(object, "failed", run->failed) &&
                    fg_json_set_integer(object, "skipped", run->skipped) &&
                    fg_json_set_integer(object, "rules", rules) &&
                    fg_json_set_integer(object, "rules_covered", covered) &&
                    each_uncovered(run, append_rule, uncovered);

    complete = fg_json_set(object, "rules_uncovered", uncovered) && complete;
    if (!complete) {
        fg_json_free(object);
        return false;
    }
    return output_object(&run->call->output, object);
}

static enum exit_code report(const struct run *run, enum exit_code code)
{
    const uint32_t rules = count_rules(run);
    const bool people =
        run->call->output.format == OUTPUT_HUMAN || run->call->output.format == OUTPUT_TSV;
    uint32_t uncovered = 0;
    bool complete = false;

    fg_diags_print(run->diags, run->call->output.colour ? FG_DIAG_HUMAN_COLOUR : FG_DIAG_HUMAN,
                   run->report);
    (void)each_uncovered(run, count_rule, &uncovered);
    complete = people ? report_people(run, rules, rules - uncovered)
                      : report_json(run, rules, rules - uncovered);
    if (!complete) {
        return EXIT_FAILED;
    }
    // Nothing tested is no proof of anything.
    return code == EXIT_OK && run->passed == 0 ? EXIT_NOT_FOUND : code;
}

enum exit_code cmd_rules_test(struct invocation *call)
{
    struct run run = {.call = call, .diags = fg_diags_new()};
    enum exit_code code = EXIT_OK;

    if (run.diags == NULL) {
        return EXIT_FAILED;
    }
    run.report = call->output.format == OUTPUT_HUMAN ? stdout : stderr;
    if (call->n_arguments == 0) {
        call->arguments[call->n_arguments++] = call->rules_dir;
    }
    for (size_t i = 0; i < call->n_arguments; i++) {
        code = worse(code, run_target(&run, call->arguments[i]));
    }
    code = report(&run, code);
    run_fini(&run);
    return code;
}
