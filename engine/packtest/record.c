// SPDX-License-Identifier: GPL-2.0-or-later
// Fills in what tests that expect nothing come to.
#include <stdlib.h>
#include <string.h>

#include "edit.h"
#include "fg/packtest.h"
#include "file.h"
#include "play.h"
#include "testfile.h"

static void put_quoted(FILE *out, const char *text)
{
    fputc('"', out);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            fputc('\\', out);
        }
        if ((unsigned char)*c < 0x20) {
            fprintf(out, "\\x%02x", (unsigned)(unsigned char)*c);
        } else {
            fputc(*c, out);
        }
    }
    fputc('"', out);
}

static void put_hit(FILE *out, const struct fg_ruleset *ruleset, const struct call_hit *hit)
{
    char note[512];
    if (hit->kind == FG_REASON_COMPOSITE) {
        fputs(ruleset->composites[hit->index].id, out);
        return;
    }
    const struct fg_rule *rule = &ruleset->rules[hit->index];
    if (hit->kind == FG_REASON_RULE) {
        fputs(rule->id, out);
        return;
    }
    (void)snprintf(note, sizeof(note), "%s/%s", rule->id,
                   hit->kind == FG_REASON_EXCEPTION ? rule->exceptions[hit->detail].reason
                                                    : ruleset->overrides[hit->detail].reason);
    put_quoted(out, note);
}

static bool same_hit(const struct call_hit *a, const struct call_hit *b)
{
    return a->kind == b->kind && a->index == b->index && a->detail == b->detail &&
           a->shadow == b->shadow;
}

// The hits of a kind as a list; points: those of rules and composites, in shadow or not.
static void put_hits(FILE *out, const struct fg_ruleset *ruleset, const struct call_result *got,
                     enum fg_reason_kind kind, bool shadow, const char *key)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < got->n_hits && n < TEST_RULES_MAX; i++) {
        const struct call_hit *hit = &got->hits[i];
        bool points = hit->kind == FG_REASON_RULE || hit->kind == FG_REASON_COMPOSITE;
        bool again = false;
        for (uint32_t k = 0; k < i; k++) {
            again = again || same_hit(hit, &got->hits[k]);
        }
        if (again ||
            (kind == FG_REASON_RULE ? !points || hit->shadow != shadow : hit->kind != kind)) {
            continue;
        }
        if (n++ == 0) {
            fprintf(out, ", %s: [", key);
        } else {
            fputs(", ", out);
        }
        put_hit(out, ruleset, hit);
    }
    fputs(n > 0 ? "]" : "", out);
}

// As it is checked: the last call's attempt, or the event that cut the call.
static void put_outcome(FILE *out, const struct fg_ruleset *ruleset, const struct played_call *call)
{
    const struct call_result *got = call->cut.decided ? &call->cut : &call->attempt;
    fprintf(out, "{action: %s, score: %d", fg_action_name(got->action), (int)got->score);
    if (call->cut.decided) {
        fprintf(out, ", cut: true, cut_at_minute: %d", (int)got->minute);
    }
    put_hits(out, ruleset, got, FG_REASON_RULE, false, "rules");
    if (got->shadow_score != got->score) {
        fprintf(out, ", shadow_score: %d", (int)got->shadow_score);
    }
    put_hits(out, ruleset, got, FG_REASON_RULE, true, "shadow_rules");
    put_hits(out, ruleset, got, FG_REASON_EXCEPTION, false, "exceptions");
    put_hits(out, ruleset, got, FG_REASON_OVERRIDE, false, "overrides");
    fputs(got->drop_media ? ", drop_media: true" : "", out);
    if (got->hold) {
        fprintf(out, ", hold: true, hold_scope: %s", fg_hold_scope_name(got->hold_scope));
    }
    fputs(got->degraded ? ", degraded: true" : "", out);
    fputc('}', out);
}

// Past the end of "{ }" that begins at from; comments may be in it.
static bool braces_end(const struct fg_yaml_doc *doc, size_t from, size_t *end)
{
    bool comment = false;
    for (size_t at = from + 1; at < doc->len; at++) {
        const char c = doc->bytes[at];
        if (c == '}' && !comment) {
            *end = at + 1;
            return true;
        }
        comment = c == '#' || (comment && c != '\n');
    }
    return false;
}

// Puts text where the test expects nothing: for {} or null, or after the colon.
static int write_expectation(const struct test_case *test, const char *text, struct fg_edits *edits)
{
    const struct fg_yaml_node *key = test->node->first;
    size_t end = 0;
    while (key != NULL && !fg_view_equal(key->text, fg_view_of("expect"))) {
        key = key->next;
    }
    if (key == NULL || key->value == NULL) {
        return FG_EINVAL;
    }
    const struct fg_yaml_node *value = key->value;
    const struct fg_yaml_doc *doc = value->doc;
    if (value->kind == FG_YAML_MAP) {
        return fg_edit_is_flow(value) && braces_end(doc, value->offset, &end)
                   ? fg_edits_add(edits, value->offset, end, "%s", text)
                   : FG_EINVAL;
    }
    if (value->text.len > 0) {
        return fg_edit_scalar_end(value, &end) ? fg_edits_add(edits, value->offset, end, "%s", text)
                                               : FG_EINVAL;
    }
    if (!fg_edit_scalar_end(key, &end) || end >= doc->len || doc->bytes[end] != ':') {
        return FG_EINVAL;
    }
    return fg_edits_add(edits, end + 1, end + 1, " %s", text);
}

static int record_case(const struct test_case *test, const struct test_file *file,
                       const struct fg_policy *policy, FILE *out, struct fg_edits *edits)
{
    struct play_results results;
    char *text = NULL;
    size_t size = 0;
    FILE *buffer = open_memstream(&text, &size);
    if (buffer == NULL) {
        return FG_ENOMEM;
    }
    int rc = play_test(test, file, policy, &results);
    if (rc == FG_OK && results.n > 0) {
        put_outcome(buffer, file->ruleset, &results.calls[results.n - 1]);
    }
    if (fclose(buffer) != 0) {
        rc = FG_ENOMEM;
    }
    if (rc == FG_OK) {
        rc = write_expectation(test, text, edits);
        fprintf(out, "%s  %s:%u  %s\n      %s\n", rc == FG_OK ? "recorded" : "NOT RECORDED",
                file->doc.name, test->node->line, test->name, text);
    }
    play_results_fini(&results);
    free(text);
    return rc == FG_EINVAL ? FG_OK : rc; // left as it is: it fails when it is run
}

static int record_file(const struct test_file *file, const struct fg_policy *policy, FILE *out,
                       struct fg_packtest_recording *recording)
{
    struct fg_edits *edits = calloc(1, sizeof(*edits));
    int rc = edits == NULL ? FG_ENOMEM : FG_OK;
    for (uint32_t i = 0; rc == FG_OK && i < file->n_cases; i++) {
        if (file->cases[i].blank) {
            rc = record_case(&file->cases[i], file, policy, out, edits);
        }
    }
    if (rc == FG_OK && edits->n > 0) {
        recording->n = (uint32_t)edits->n;
        rc = fg_edits_apply(edits, &file->doc, &recording->bytes, &recording->len);
    }
    if (edits != NULL) {
        fg_edits_fini(edits);
    }
    free(edits);
    return rc;
}

// What is written must be read as tests again.
static int read_tests(const struct fg_yaml_doc *doc, const struct fg_policy *policy,
                      struct fg_fields *fields, struct test_file *file)
{
    char dir[4096];
    const char *slash = strrchr(doc->name, '/');
    (void)snprintf(dir, sizeof(dir), "%.*s", slash == NULL ? 1 : (int)(slash - doc->name),
                   slash == NULL ? "." : doc->name);
    return test_file_read(doc, dir, policy, fields, file);
}

static int record(const struct fg_yaml_doc *doc, const struct fg_policy *policy,
                  struct fg_fields *fields, FILE *out, struct fg_packtest_recording *recording)
{
    struct test_file *file = calloc(1, sizeof(*file));
    int rc = file == NULL ? FG_ENOMEM : read_tests(doc, policy, fields, file);
    uint32_t n = rc == FG_OK ? file->n_cases : 0;
    rc = rc == FG_OK ? record_file(file, policy, out, recording) : rc;
    if (rc == FG_OK && recording->n > 0) {
        const struct fg_yaml_doc written = {doc->name, recording->bytes, recording->len};
        rc = read_tests(&written, policy, fields, file);
        rc = rc == FG_OK && file->n_cases != n ? FG_ESYNTAX : rc;
    }
    free(file);
    return rc;
}

int fg_packtest_record(const char *file, const struct fg_policy *policy, struct fg_diags *diags,
                       FILE *out, struct fg_packtest_recording *recording)
{
    struct fg_file bytes;
    *recording = (struct fg_packtest_recording){0};
    int rc = fg_file_read(file, FG_PACKTEST_BYTES_MAX, &bytes);
    if (rc != FG_OK) {
        return rc == FG_ENOMEM ? rc : FG_EIO;
    }
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    rc = FG_ENOMEM;
    if (arena != NULL) {
        struct fg_fields fields = {.arena = arena, .diags = diags};
        const struct fg_yaml_doc doc = {file, bytes.bytes, bytes.len};
        rc = record(&doc, policy, &fields, out, recording);
        fg_arena_free(arena);
    }
    fg_file_fini(&bytes);
    if (rc != FG_OK || recording->n == 0) {
        free(recording->bytes);
        *recording = (struct fg_packtest_recording){0};
    }
    return rc;
}
