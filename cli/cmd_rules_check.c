// SPDX-License-Identifier: GPL-2.0-or-later
// Checks rule packs.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

// Moves the diagnostics about file to diags and counts the errors elsewhere.
static uint32_t pick(const struct fg_diags *from, const char *file, struct fg_diags *diags)
{
    uint32_t elsewhere = 0;

    for (uint32_t i = 0; i < fg_diags_total(from); i++) {
        const struct fg_diag *diag = fg_diags_at(from, i);
        if (diag == NULL) {
            break;
        }
        if (diag->file != NULL && strcmp(diag->file, file) == 0) {
            fg_diags_add(diags, diag, "%s", diag->message);
        } else if (diag->severity == FG_ERROR) {
            elsewhere++;
        }
    }
    return elsewhere;
}

// Packs share lists, calendars and meters: a file is checked with those beside it, but only what
// concerns the file is shown.
static int check_file(const struct invocation *call, const char *path, struct fg_diags *diags,
                      struct totals *totals)
{
    const char *slash = strrchr(path, '/');
    char *directory = directory_of(path);
    struct fg_diags *all = fg_diags_new();
    char *file = NULL;
    int rc = FG_ENOMEM;

    if (directory != NULL && all != NULL &&
        asprintf(&file, "%s/%s", directory, slash == NULL ? path : slash + 1) >= 0) {
        rc = check_directory(call, directory, all, totals);
        const uint32_t elsewhere = pick(all, file, diags);
        if (elsewhere > 0) {
            complain("%s: %u error(s) in what is loaded with it; 'fgctl rules check %s' shows them",
                     path, elsewhere, directory);
        }
        free(file);
    }
    fg_diags_free(all);
    free(directory);
    return rc;
}

static enum exit_code check_one(const struct invocation *call, const char *path,
                                struct fg_diags *diags, struct totals *totals)
{
    int rc = FG_OK;

    if (is_directory(path)) {
        rc = check_directory(call, path, diags, totals);
    } else if (is_test_file(path)) {
        complain("%s: tests are read by 'fgctl rules test'", path);
        return EXIT_USAGE;
    } else if (!is_readable(path)) {
        return EXIT_FAILED;
    } else {
        rc = check_file(call, path, diags, totals);
    }
    if (rc == FG_OK) {
        return EXIT_OK;
    }
    return rc == FG_ESYNTAX                                      ? EXIT_RULES
           : rc == FG_EIO && fg_diags_count(diags, FG_ERROR) > 0 ? EXIT_FAILED
                                                                 : rules_failed(path, rc);
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
