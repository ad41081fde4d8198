// SPDX-License-Identifier: GPL-2.0-or-later
// Checks rule packs and gives advice on what loads.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "fg/lint.h"
#include "file.h"
#include "rules.h"
#include "rules_tests.h"

// Everything a ruleset is made from, read again.
struct packs {
    struct fg_lint_pack *items;
    uint32_t n;
};

static void packs_fini(struct packs *packs)
{
    for (uint32_t i = 0; i < packs->n; i++) {
        free((void *)(uintptr_t)packs->items[i].name);
        free((void *)(uintptr_t)packs->items[i].bytes);
    }
    free(packs->items);
}

static bool packs_add(struct packs *packs, const char *path)
{
    struct fg_lint_pack *grown = reallocarray(packs->items, packs->n + 1U, sizeof(*grown));
    char *bytes = NULL;
    size_t len = 0;
    char *name = NULL;

    if (grown == NULL) {
        return false;
    }
    packs->items = grown;
    name = strdup(path);
    if (name == NULL || !file_read(path, &bytes, &len)) {
        free(name);
        return false;
    }
    grown[packs->n].name = name;
    grown[packs->n].bytes = bytes;
    grown[packs->n].len = len;
    packs->n++;
    return true;
}

static bool packs_read(struct packs *packs, const char *directory)
{
    char **files = NULL;
    size_t n = 0;
    bool complete = files_list(directory, ".yaml", &files, &n);

    for (size_t i = 0; complete && i < n; i++) {
        complete = is_test_file(files[i]) || packs_add(packs, files[i]);
    }
    files_free(files, n);
    return complete;
}

// The packs of directory and the overrides beside them, by the names that the loader gave them.
static bool packs_read_all(struct packs *packs, const char *directory)
{
    char *overrides = NULL;
    bool complete = packs_read(packs, directory);

    if (asprintf(&overrides, "%s/overrides.d", directory) < 0) {
        return false;
    }
    if (complete && is_directory(overrides)) {
        complete = packs_read(packs, overrides);
    }
    free(overrides);
    return complete;
}

static int advise(const char *directory, const struct fg_policy *policy, struct fg_diags *diags)
{
    struct packs packs = {0};
    struct fg_packtest_summary *tests = calloc(1, sizeof(*tests));
    int rc = FG_ENOMEM;

    if (tests != NULL) {
        rc = rules_run_tests(directory, policy, diags, tests);
    }
    if (rc == FG_OK && !packs_read_all(&packs, directory)) {
        rc = FG_EIO;
    }
    if (rc == FG_OK) {
        const struct fg_lint lint = {.ruleset = policy->ruleset,
                                     .packs = packs.items,
                                     .n_packs = packs.n,
                                     .dir = directory,
                                     .now_ms = (int64_t)time(NULL) * FG_MS_PER_S,
                                     .covered = tests->covered,
                                     .composite_tests = tests->composite_tests};
        rc = fg_lint_ruleset(&lint, diags);
    }
    packs_fini(&packs);
    free(tests);
    return rc;
}

static enum exit_code conclude(const struct invocation *call, const char *directory,
                               const struct fg_diags *diags, int rc)
{
    const uint32_t errors = fg_diags_count(diags, FG_ERROR);
    const uint32_t advice = fg_diags_count(diags, FG_WARNING) + fg_diags_count(diags, FG_NOTE);

    if (rc != FG_OK) {
        (void)fprintf(stderr, "%u error(s), %u warning(s)\n", errors, advice);
        return rules_code(directory, rc, diags);
    }
    if (call->output.format == OUTPUT_HUMAN) {
        (void)printf(advice == 0 ? "ok: nothing to advise\n" : "ok, with %u piece(s) of advice\n",
                     advice);
    }
    return advice > 0 && invocation_option(call, "strict") != NULL ? EXIT_RULES : EXIT_OK;
}

enum exit_code cmd_rules_lint(struct invocation *call)
{
    const char *directory = call->n_arguments > 0 ? call->arguments[0] : call->rules_dir;
    struct fg_diags *diags = fg_diags_new();
    struct fg_policy_bundle *bundle = NULL;
    enum exit_code code = rules_directory(directory);
    int rc = FG_OK;

    if (diags == NULL || code != EXIT_OK) {
        fg_diags_free(diags);
        return code == EXIT_OK ? EXIT_FAILED : code;
    }
    code = EXIT_FAILED;
    rc = rules_load(call, directory, diags, &bundle);
    if (rc == FG_OK) {
        rc = advise(directory, fg_policy_of(bundle), diags);
        fg_policy_bundle_free(bundle);
    }
    if (rules_print(call, diags)) {
        code = conclude(call, directory, diags, rc);
    }
    fg_diags_free(diags);
    return code;
}
