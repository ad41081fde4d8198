// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/packtest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "file.h"
#include "play.h"
#include "testfile.h"

#define PATH_LEN_MAX 4096

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

// One test made the rule hit, at these steps (1 << step).
static void add_hit(struct fg_packtest_summary *summary, uint32_t rule, uint8_t steps)
{
    summary->covered[rule] = true;
    summary->tests[rule]++;
    for (uint32_t i = 0; i < FG_STEPS_MAX; i++) {
        const unsigned hit = (steps & (1U << i)) != 0 ? 1 : 0;
        summary->step_tests[rule][i] = (uint16_t)(summary->step_tests[rule][i] + hit);
    }
}

// Rules of a file's own packs count for the rules of the same ids in the policy.
static void add_coverage(const struct fg_ruleset *ruleset, const struct play_results *results,
                         const struct fg_ruleset *whole, struct fg_packtest_summary *summary)
{
    for (uint32_t i = 0; i < ruleset->n_rules; i++) {
        if ((results->covered[i / 64] & (UINT64_C(1) << (i % 64))) == 0) {
            continue;
        }
        for (uint32_t k = 0; k < whole->n_rules; k++) {
            if (strcmp(whole->rules[k].id, ruleset->rules[i].id) == 0) {
                add_hit(summary, k, results->steps[i]);
            }
        }
    }
    for (uint32_t i = 0; i < ruleset->n_composites; i++) {
        const bool hit = (results->composites & (UINT64_C(1) << i)) != 0;
        for (uint32_t k = 0; k < whole->n_composites && hit; k++) {
            if (strcmp(whole->composites[k].id, ruleset->composites[i].id) == 0) {
                summary->composite_tests[k]++;
            }
        }
    }
}

static int run_case(const struct test_case *test, const struct test_file *file,
                    const struct fg_policy *policy, bool verbose, FILE *out,
                    struct fg_packtest_summary *summary)
{
    struct play_results results;
    char *differences = NULL;
    size_t size = 0;
    FILE *buffer = open_memstream(&differences, &size);
    if (buffer == NULL) {
        return FG_ENOMEM;
    }
    int rc = play_test(test, file, policy, &results);
    bool passed = rc == FG_OK && check_test(test, file, &results, buffer);
    if (fclose(buffer) != 0) {
        rc = FG_ENOMEM;
    }
    if (rc == FG_OK) {
        add_coverage(file->ruleset, &results, policy->ruleset, summary);
        summary->passed += passed ? 1U : 0U;
        summary->failed += passed ? 0U : 1U;
        if (!passed || verbose) {
            fprintf(out, "%s  %s:%u  %s\n%s", passed ? "ok  " : "FAIL", base_name(file->doc.name),
                    test->node->line, test->name, differences);
        }
    }
    play_results_fini(&results);
    free(differences);
    return rc;
}

static int run_file(const struct fg_yaml_doc *doc, const struct fg_policy *policy,
                    struct fg_fields *fields, bool verbose, FILE *out,
                    struct fg_packtest_summary *summary)
{
    char dir[4096];
    const char *slash = strrchr(doc->name, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - doc->name);
    (void)snprintf(dir, sizeof(dir), "%.*s", slash == NULL ? 1 : (int)len,
                   slash == NULL ? "." : doc->name);
    struct test_file *file = calloc(1, sizeof(*file));
    int rc = file == NULL ? FG_ENOMEM : test_file_read(doc, dir, policy, fields, file);
    for (uint32_t i = 0; rc == FG_OK && i < file->n_cases; i++) {
        rc = run_case(&file->cases[i], file, policy, verbose, out, summary);
    }
    free(file);
    return rc;
}

// What the key says, read for its sake alone.
static int find_rules(const struct fg_yaml_doc *doc, struct fg_arena *arena, char **out)
{
    const char *slash = strrchr(doc->name, '/');
    const int dir_len = slash == NULL ? 0 : (int)(slash - doc->name + 1);
    struct fg_diags *ignored = fg_diags_new();
    struct fg_yaml_node *root = NULL;
    int rc = ignored == NULL ? FG_ENOMEM : fg_yaml_read(doc, arena, ignored, &root);
    const struct fg_yaml_node *rules = rc == FG_OK && root != NULL && root->kind == FG_YAML_MAP
                                           ? fg_yaml_get(root, "rules")
                                           : NULL;
    if (rules != NULL && rules->kind == FG_YAML_SCALAR && rules->text.len > 0 &&
        rules->text.len < PATH_LEN_MAX) {
        const bool absolute = rules->text.ptr[0] == '/';
        if (asprintf(out, "%.*s%.*s", absolute ? 0 : dir_len, doc->name, (int)rules->text.len,
                     rules->text.ptr) < 0) {
            *out = NULL;
            rc = FG_ENOMEM;
        }
    }
    fg_diags_free(ignored);
    return rc == FG_ENOMEM ? rc : FG_OK;
}

int fg_packtest_rules(const char *file, char **out)
{
    struct fg_file bytes;
    *out = NULL;
    int rc = fg_file_read(file, FG_PACKTEST_BYTES_MAX, &bytes);
    if (rc != FG_OK) {
        return rc == FG_ENOMEM ? rc : FG_OK;
    }
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    rc = FG_ENOMEM;
    if (arena != NULL) {
        const struct fg_yaml_doc doc = {file, bytes.bytes, bytes.len};
        rc = find_rules(&doc, arena, out);
        fg_arena_free(arena);
    }
    fg_file_fini(&bytes);
    return rc;
}

int fg_packtest_run(const char *file, const struct fg_policy *policy, struct fg_diags *diags,
                    bool verbose, FILE *out, struct fg_packtest_summary *summary)
{
    struct fg_packtest_summary result;
    memset(&result, 0, sizeof(result));
    const struct fg_ruleset *ruleset = policy->ruleset;
    result.rules = ruleset->n_rules + ruleset->n_composites;
    struct fg_file bytes;
    int rc = fg_file_read(file, FG_PACKTEST_BYTES_MAX, &bytes);
    if (rc != FG_OK) {
        struct fg_diag where = {.severity = FG_ERROR, .code = FG_CODE_FILE, .file = file};
        fg_diags_add(diags, &where, "cannot be read: %s", fg_file_error(rc, &bytes));
        return rc == FG_ENOMEM ? rc : FG_EIO;
    }
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    rc = FG_ENOMEM;
    if (arena != NULL) {
        struct fg_fields fields = {.arena = arena, .diags = diags};
        struct fg_yaml_doc doc = {file, bytes.bytes, bytes.len};
        rc = run_file(&doc, policy, &fields, verbose, out, &result);
        fg_arena_free(arena);
    }
    fg_file_fini(&bytes);
    for (uint32_t i = 0; i < ruleset->n_rules; i++) {
        result.rules_covered += result.covered[i] ? 1U : 0U;
    }
    for (uint32_t i = 0; i < ruleset->n_composites; i++) {
        result.rules_covered += result.composite_tests[i] > 0 ? 1U : 0U;
    }
    if (rc == FG_OK) {
        *summary = result;
    }
    return rc;
}
