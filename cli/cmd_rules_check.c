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

// Where a file belongs to: overrides and lists to the directory above theirs.
struct place {
    char *directory;
    char *file; // as the loader names it
};

static void place_fini(struct place *place)
{
    free(place->directory);
    free(place->file);
}

static char *name_of(const char *directory)
{
    char *real = realpath(directory, NULL);
    char *name = real == NULL ? NULL : strdup(strrchr(real, '/') + 1);

    free(real);
    return name;
}

static char *directory_above(const char *directory)
{
    const char *slash = strrchr(directory, '/');
    const char *last = slash == NULL ? directory : slash + 1;
    char *above = NULL;

    if (strcmp(last, ".") != 0 && strcmp(last, "..") != 0) {
        return directory_of(directory);
    }
    return asprintf(&above, "%s/..", directory) < 0 ? NULL : above;
}

static bool find_place(const char *path, struct place *out)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    char *directory = directory_of(path);
    char *own = directory == NULL ? NULL : name_of(directory);
    const bool below =
        own != NULL && (strcmp(own, "overrides.d") == 0 || strcmp(own, "lists") == 0);

    *out = (struct place){.directory = below ? directory_above(directory) : directory};
    if (below) {
        free(directory);
    }
    if (out->directory != NULL && asprintf(&out->file, "%s/%s%s%s", out->directory,
                                           below ? own : "", below ? "/" : "", name) < 0) {
        out->file = NULL;
    }
    free(own);
    return out->file != NULL;
}

// Packs share lists, calendars and meters: a file is checked with those beside it, but only what
// concerns the file is shown.
static enum exit_code check_file(const struct invocation *call, const char *path,
                                 struct fg_diags *diags, struct totals *totals)
{
    struct fg_diags *all = fg_diags_new();
    struct place place = {.file = NULL};
    enum exit_code code = EXIT_FAILED;

    if (all != NULL && find_place(path, &place)) {
        const int rc = check_directory(call, place.directory, all, totals);
        const uint32_t elsewhere = pick(all, place.file, diags);
        if (elsewhere > 0) {
            complain("%s: %u error(s) in what is loaded with it; 'fgctl rules check %s' shows them",
                     path, elsewhere, place.directory);
        }
        code = rules_code(path, rc, all);
    }
    place_fini(&place);
    fg_diags_free(all);
    return code;
}

static bool begins(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

// What kind of file is no pack, by its first line that says something; NULL: none of these.
static const char *other_kind(const char *bytes)
{
    const char *line = begins(bytes, "\xef\xbb\xbf") ? bytes + 3 : bytes;

    while (*line != '\0' && (strchr("#\r\n", *line) != NULL || begins(line, "---"))) {
        line += strcspn(line, "\n");
        line += *line == '\n' ? 1 : 0;
    }
    return begins(line, "fraudguard_bounds:")
               ? "limits, checked by 'fgctl rules bound --assert FILE'"
           : begins(line, "- ")
               ? "a customers file, which 'fgctl rules check --customers FILE' takes"
               : NULL;
}

static enum exit_code check_kind(const char *path)
{
    static const char yaml[] = ".yaml";
    const size_t n = strlen(path);
    const char *kind = NULL;
    char *bytes = NULL;
    size_t length = 0;

    if (is_test_file(path)) {
        complain("%s: tests are read by 'fgctl rules test'", path);
        return EXIT_USAGE;
    }
    if (!file_read(path, &bytes, &length)) {
        return file_code_of(path);
    }
    if (n > strlen(yaml) && strcmp(path + n - strlen(yaml), yaml) == 0) {
        kind = other_kind(bytes);
    }
    free(bytes);
    if (kind != NULL) {
        complain("%s: not a pack but %s", path, kind);
        return EXIT_USAGE;
    }
    return EXIT_OK;
}

static enum exit_code check_one(const struct invocation *call, const char *path,
                                struct fg_diags *diags, struct totals *totals)
{
    if (is_directory(path)) {
        return rules_code(path, check_directory(call, path, diags, totals), diags);
    }
    const enum exit_code code = check_kind(path);
    return code == EXIT_OK ? check_file(call, path, diags, totals) : code;
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
