// SPDX-License-Identifier: GPL-2.0-or-later
// Checks rule packs.
#include <stdlib.h>

#include "commands.h"
#include "file.h"
#include "rules.h"

struct totals {
    uint32_t rules, meters, customers;
};

// FG_OK, or the error; FG_ESYNTAX and FG_EIO are told by diags.
static int check_directory(const struct invocation *call, const char *directory,
                           struct fg_diags *diags, struct totals *totals)
{
    struct fg_policy_bundle *bundle = NULL;
    const int rc = rules_load(call, directory, diags, &bundle);

    if (rc == FG_OK) {
        const struct fg_policy *policy = fg_policy_of(bundle);
        totals->rules += policy->ruleset->n_rules + policy->ruleset->n_composites;
        totals->meters += policy->ruleset->n_meters;
        totals->customers += policy->customers == NULL ? 0 : policy->customers->n;
        fg_policy_bundle_free(bundle);
    }
    return rc;
}

static int parse_file(const char *path, const char *bytes, size_t length, struct fg_diags *diags,
                      struct totals *totals)
{
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    char *directory = directory_of(path);
    struct fg_ruleset ruleset = {0};
    int rc = FG_ENOMEM;

    if (arena != NULL && directory != NULL) {
        rc = fg_pack_parse(path, bytes, length, directory, arena, diags, &ruleset);
    }
    if (rc == FG_OK) {
        totals->rules += ruleset.n_rules + ruleset.n_composites;
        totals->meters += ruleset.n_meters;
    }
    free(directory);
    if (arena != NULL) {
        fg_arena_free(arena);
    }
    return rc;
}

static enum exit_code check_one(const struct invocation *call, const char *path,
                                struct fg_diags *diags, struct totals *totals)
{
    char *bytes = NULL;
    size_t length = 0;
    int rc = FG_OK;

    if (is_directory(path)) {
        rc = check_directory(call, path, diags, totals);
    } else if (is_test_file(path)) {
        complain("%s: tests are read by 'fgctl rules test'", path);
        return EXIT_USAGE;
    } else {
        if (!file_read(path, &bytes, &length)) {
            return EXIT_FAILED;
        }
        rc = parse_file(path, bytes, length, diags, totals);
        free(bytes);
    }
    if (rc == FG_OK) {
        return EXIT_OK;
    }
    if (fg_diags_count(diags, FG_ERROR) == 0) {
        return rules_failed(path, rc);
    }
    return rc == FG_EIO ? EXIT_FAILED : EXIT_RULES;
}

enum exit_code cmd_rules_check(struct invocation *call)
{
    struct fg_diags *diags = fg_diags_new();
    struct totals totals = {0};
    enum exit_code worst = EXIT_OK;

    if (diags == NULL) {
        return EXIT_FAILED;
    }
    if (call->n_arguments == 0) {
        call->arguments[call->n_arguments++] = call->rules_dir;
    }
    // All of them, so that one run shows every mistake.
    for (size_t i = 0; i < call->n_arguments; i++) {
        const enum exit_code code = check_one(call, call->arguments[i], diags, &totals);
        worst = worst == EXIT_OK || code == EXIT_RULES ? code : worst;
    }
    if (!rules_print(call, diags)) {
        worst = EXIT_FAILED;
    }
    if (worst == EXIT_OK && call->output.format == OUTPUT_HUMAN) {
        (void)printf("ok: %u rules, %u meters", totals.rules, totals.meters);
        if (call->customers_file != NULL) {
            (void)printf(", %u customers", totals.customers);
        }
        (void)putchar('\n');
    } else if (fg_diags_count(diags, FG_ERROR) > 0) {
        (void)fprintf(stderr, "%u error(s), %u warning(s)\n", fg_diags_count(diags, FG_ERROR),
                      fg_diags_count(diags, FG_WARNING));
    }
    fg_diags_free(diags);
    return worst;
}
