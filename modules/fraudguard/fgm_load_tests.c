// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_load_tests.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fg/packtest.h"

#define PATH_BYTES 4096
// How the runner begins the line of a test that failed: "FAIL  FILE:LINE  NAME".
#define FAILED "FAIL  "

static int is_test(const struct dirent *entry)
{
    static const char end[] = ".test.yaml";
    size_t n = strlen(entry->d_name), m = sizeof end - 1;
    return entry->d_name[0] != '.' && n > m && strcmp(entry->d_name + n - m, end) == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int run_file(const char *path, const struct fg_policy *policy, struct fg_diags *diags,
                    FILE *out, struct fgm_tests *tests)
{
    struct fg_packtest_summary *summary = calloc(1, sizeof *summary);
    int error = summary ? fg_packtest_run(path, policy, diags, false, out, summary) : FG_ENOMEM;
    if (error >= 0) {
        tests->files++;
        tests->passed += summary->passed;
        tests->failed += summary->failed;
    }
    free(summary);
    return error;
}

static int run_all(const char *rules_dir, const struct fg_policy *policy, struct fg_diags *diags,
                   FILE *out, struct fgm_tests *tests)
{
    struct dirent **entries = NULL;
    int n = scandir(rules_dir, &entries, is_test, by_name);
    if (n < 0)
        return errno == ENOMEM ? FG_ENOMEM : FG_EIO;
    int error = FG_OK;
    for (int i = 0; i < n; i++) {
        char path[PATH_BYTES];
        snprintf(path, sizeof path, "%s/%s", rules_dir, entries[i]->d_name);
        // The other files still tell what is wrong with them.
        int one = run_file(path, policy, diags, out, tests);
        if (error >= 0)
            error = one;
        free(entries[i]);
    }
    free(entries);
    return error;
}

int fgm_tests_run(const char *rules_dir, const struct fg_policy *policy, struct fg_diags *diags,
                  struct fgm_tests *out)
{
    *out = (struct fgm_tests){0};
    FILE *memory = open_memstream(&out->output, &out->size);
    if (!memory)
        return FG_ENOMEM;
    int error = run_all(rules_dir, policy, diags, memory, out);
    return fclose(memory) == 0 ? error : FG_ENOMEM;
}

void fgm_tests_fini(struct fgm_tests *tests)
{
    free(tests->output);
    tests->output = NULL;
}

// The rest of the output after the next line that names a failing test, or NULL; *at points to that
// line's FILE.
static const char *next_failed(const char *rest, const char **at)
{
    while (rest && *rest) {
        const char *line = rest, *end = strchr(rest, '\n');
        rest = end ? end + 1 : NULL;
        if (strncmp(line, FAILED, sizeof FAILED - 1) == 0) {
            *at = line + sizeof FAILED - 1;
            return rest ? rest : "";
        }
    }
    return NULL;
}

void fgm_tests_summary(const struct fgm_tests *tests, char *text, size_t size)
{
    int used = snprintf(text, size, "%u of %u rule tests fail:", tests->failed,
                        tests->failed + tests->passed);
    const char *at = NULL, *rest = tests->output, *last = "";
    size_t last_len = 0;
    for (int n = 0; n < FGM_FAILED_MAX && (rest = next_failed(rest, &at)) != NULL; n++) {
        size_t file = strcspn(at, ":"), place = file + strcspn(at + file, " \n");
        bool same = file == last_len && strncmp(at, last, file) == 0;
        const char *shown = same ? at + file : at;
        if (used < 0 || (size_t)used >= size)
            return;
        used += snprintf(text + used, size - (size_t)used, "%s %.*s", n ? "," : "",
                         (int)(same ? place - file : place), shown);
        last = at;
        last_len = file;
    }
    if (tests->failed > FGM_FAILED_MAX && used > 0 && (size_t)used < size)
        snprintf(text + used, size - (size_t)used, ", ...");
}
