// SPDX-License-Identifier: GPL-2.0-or-later
#include "testfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "hours.h"
#include "pack_files.h"

// Names of a mapping's keys.
static struct fg_words key_words(struct fg_fields *fields, const struct fg_yaml_node *map)
{
    if (map == NULL) {
        return (struct fg_words){NULL, 0};
    }
    const char **words = fg_field_alloc(fields, (map->n + 1) * sizeof(*words));
    size_t n = 0;
    for (const struct fg_yaml_node *key = map->first; key != NULL && words != NULL;
         key = key->next) {
        words[n] = fg_field_copy(fields, key->text);
        n += words[n] != NULL;
    }
    return (struct fg_words){words, n};
}

// Customers are in the table in the order of the fixtures.
static const struct fg_customer *find_fixture(const struct test_file *file, struct fg_view name)
{
    uint32_t index = 0;
    for (const struct fg_yaml_node *key = file->fixtures == NULL ? NULL : file->fixtures->first;
         key != NULL; key = key->next, index++) {
        if (fg_view_equal(key->text, name)) {
            return index < file->customers.n ? &file->customers.items[index] : NULL;
        }
    }
    return NULL;
}

// Whether the fixtures name it, or, where they are no mapping, might have.
static bool is_fixture(const struct test_file *file, struct fg_view name)
{
    const struct fg_yaml_node *fixtures = file->fixtures;
    if (fixtures == NULL || fixtures->kind != FG_YAML_MAP) {
        return fixtures != NULL;
    }
    const struct fg_yaml_node *key = fixtures->first;
    while (key != NULL && !fg_view_equal(key->text, name)) {
        key = key->next;
    }
    return key != NULL;
}

static void read_customer(struct fg_fields *fields, const struct test_file *file,
                          const struct fg_yaml_node *node, struct test_case *test)
{
    if (!fg_field_is(fields, node, FG_YAML_SCALAR, "customer")) {
        return;
    }
    test->customer = find_fixture(file, node->text);
    if (test->customer == NULL && !(file->fixtures_bad && is_fixture(file, node->text))) {
        fg_field_unknown(fields, node, FG_CODE_REFERENCE, "customer", " (see fixtures)",
                         key_words(fields, file->fixtures));
    }
}

static void read_clock(struct fg_fields *fields, const struct fg_yaml_node *test_node,
                       struct test_case *test)
{
    const struct fg_yaml_node *node = fg_yaml_get(test_node, "clock");
    if (node == NULL) {
        FG_FIELD_ERROR(fields, test_node, FG_CODE_MISSING_KEY,
                       "the test needs a 'clock', such as \"2026-11-21T02:10:00Z\"");
    } else if (fg_field_quoted(fields, node, "the clock", "other tools make a date of it") &&
               fg_time_parse(node->text, &test->clock_ms) != FG_OK) {
        FG_FIELD_ERROR(fields, node, FG_CODE_TIME,
                       "the clock must be RFC 3339, such as \"2026-11-21T02:10:00Z\", not '%.*s'",
                       node->text.len > 64 ? 64 : (int)node->text.len, node->text.ptr);
    }
}

static void read_faults(struct fg_fields *fields, const struct fg_yaml_node *node,
                        struct test_case *test)
{
    if (!fg_field_is(fields, node, FG_YAML_LIST, "faults")) {
        return;
    }
    for (const struct fg_yaml_node *item = node->first; item != NULL; item = item->next) {
        size_t index;
        if (fg_field_word(fields, item, "fault", fg_word_set(FG_SET_FAULT), &index)) {
            *(index == 0 ? &test->redis_down : &test->store_down) = true;
        }
    }
}

// Bounds how long a test takes to play.
static void check_calls(struct fg_fields *fields, const struct fg_yaml_node *node,
                        const struct test_calls *calls, uint32_t n)
{
    int64_t total = 0;
    int64_t minutes = 0;
    for (uint32_t i = 0; calls != NULL && i < n; i++) {
        total += calls[i].repeat;
        minutes += calls[i].repeat * (calls[i].duration_ms / FG_MS_PER_MIN);
    }
    if (total > TEST_CALLS_MAX) {
        FG_FIELD_ERROR(fields, node, FG_CODE_LIMIT, "more than %d calls in one test",
                       TEST_CALLS_MAX);
    }
    if (minutes > TEST_MINUTES_MAX) {
        FG_FIELD_ERROR(fields, node, FG_CODE_LIMIT,
                       "the calls of one test last more than %d minutes together",
                       TEST_MINUTES_MAX);
    }
}

static void read_calls(struct fg_fields *fields, const struct fg_yaml_node *test_node,
                       struct test_case *test)
{
    const struct fg_yaml_node *node = fg_yaml_get(test_node, "calls");
    if (node == NULL || node->kind != FG_YAML_LIST || node->n == 0) {
        FG_FIELD_ERROR(fields, node == NULL ? test_node : node, FG_CODE_MISSING_KEY,
                       "the test needs 'calls': a list such as [{from: \"+44...\", to: \"+...\"}]");
        return;
    }
    test->calls = fg_field_alloc(fields, node->n * sizeof(*test->calls));
    for (const struct fg_yaml_node *item = node->first; item != NULL && test->calls != NULL;
         item = item->next) {
        test_calls_read(fields, item, FG_SHAPE_CALL, &test->calls[test->n_calls++]);
    }
    check_calls(fields, node, test->calls, test->n_calls);
}

static void read_history(struct fg_fields *fields, const struct fg_yaml_node *node,
                         const struct fg_ruleset *ruleset, struct test_case *test)
{
    test_history_read(fields, node, ruleset, test);
    check_calls(fields, node, test->history.calls, test->history.n_calls);
    if (fg_yaml_get(test->node, "customer") == NULL) {
        FG_FIELD_ERROR(fields, node, FG_CODE_MISSING_KEY,
                       "a history is a customer's: the test needs a 'customer'");
    }
}

static void read_test(struct fg_fields *fields, const struct test_file *file,
                      const struct fg_yaml_node *node, struct test_case *test)
{
    test->node = node;
    test->name = "";
    if (!fg_field_shape(fields, node, FG_SHAPE_TEST) && node->kind != FG_YAML_MAP) {
        return;
    }
    const struct fg_yaml_node *name = fg_yaml_get(node, "name");
    const struct fg_yaml_node *customer = fg_yaml_get(node, "customer");
    const struct fg_yaml_node *faults = fg_yaml_get(node, "faults");
    const struct fg_yaml_node *history = fg_yaml_get(node, "history");
    const struct fg_yaml_node *allowances = fg_yaml_get(node, "allowances");
    const struct fg_yaml_node *expect = fg_yaml_get(node, "expect");
    if (name == NULL) {
        FG_FIELD_ERROR(fields, node, FG_CODE_MISSING_KEY, "the test needs a 'name'");
    } else {
        const char *text = fg_field_text(fields, name, "name");
        test->name = text == NULL ? "" : text;
    }
    if (customer != NULL) {
        read_customer(fields, file, customer, test);
    }
    read_clock(fields, node, test);
    read_calls(fields, node, test);
    if (history != NULL) {
        read_history(fields, history, file->ruleset, test);
    }
    if (allowances != NULL) {
        test_allowances_read(fields, allowances, test);
    }
    if (faults != NULL) {
        read_faults(fields, faults, test);
    }
    if (expect == NULL) {
        FG_FIELD_ERROR(fields, node, FG_CODE_MISSING_KEY,
                       "the test needs 'expect', such as {action: block}");
    } else {
        test_expect_read(fields, expect, file->ruleset, test);
    }
}

// The packs that the file names, instead of the whole directory's.
static int read_own_packs(struct fg_fields *fields, const struct fg_yaml_node *node,
                          const char *dir, struct test_file *out)
{
    struct fg_named_bytes sources[FG_PACK_FILES_MAX];
    struct fg_file files[FG_PACK_FILES_MAX];
    uint32_t n = 0;
    if (!fg_field_is(fields, node, FG_YAML_LIST, "packs")) {
        return FG_ESYNTAX;
    }
    if (node->n == 0 || node->n > FG_PACK_FILES_MAX) {
        FG_FIELD_ERROR(fields, node, FG_CODE_LIMIT, "'packs' names 1 to %d files",
                       FG_PACK_FILES_MAX);
        return FG_ESYNTAX;
    }
    int rc = FG_OK;
    for (const struct fg_yaml_node *item = node->first; item != NULL && rc == FG_OK;
         item = item->next) {
        char path[4096];
        const char *name = fg_field_text(fields, item, "pack");
        (void)snprintf(path, sizeof(path), "%s/%s", dir, name == NULL ? "" : name);
        rc = name == NULL ? FG_ESYNTAX : fg_file_read(path, FG_PACK_FILE_BYTES_MAX, &files[n]);
        if (rc != FG_OK) {
            FG_FIELD_ERROR(fields, item, FG_CODE_FILE, "cannot read '%.300s'", path);
            rc = FG_ESYNTAX;
            break;
        }
        sources[n] = (struct fg_named_bytes){fg_field_copy(fields, fg_view_of(path)),
                                             files[n].bytes, files[n].len};
        n++;
    }
    if (rc == FG_OK && !fields->out_of_memory) {
        rc = fg_pack_parse_files(sources, n, dir, 0, fields->arena, fields->diags,
                                 &out->own_ruleset);
        out->ruleset = &out->own_ruleset;
    }
    for (uint32_t i = 0; i < n; i++) {
        fg_file_fini(&files[i]);
    }
    return rc;
}

// Dial plans that fixtures do not state come from the numbering data beside the tests.
static int read_countries(const char *dir, struct fg_fields *fields, struct fg_countries *out)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/data/countries.csv", dir);
    struct fg_file file;
    if (fg_file_read(path, (size_t)1 << 20, &file) != FG_OK) {
        return FG_OK; // optional
    }
    struct fg_named_bytes bytes = {path, file.bytes, file.len};
    int rc = fg_countries_parse(bytes, fields->arena, fields->diags, out);
    fg_file_fini(&file);
    return rc;
}

static int read_fixtures(struct fg_fields *fields, const char *dir, const struct fg_policy *policy,
                         struct test_file *out)
{
    struct fg_yaml_node none = {.doc = &out->doc, .kind = FG_YAML_MAP};
    const struct fg_yaml_node *fixtures = out->fixtures == NULL ? &none : out->fixtures;
    struct fg_countries countries = {0};
    if (!fg_field_is(fields, fixtures, FG_YAML_MAP, "fixtures")) {
        return FG_ESYNTAX;
    }
    int rc = read_countries(dir, fields, &countries);
    if (rc == FG_OK) {
        rc = fg_customers_load_fixtures(fixtures, &countries, &policy->hash_key, fields->arena,
                                        fields->diags, &out->customers);
    }
    return rc;
}

static int compare_cases(const void *a, const void *b)
{
    const struct test_case *one = *(const struct test_case *const *)a;
    const struct test_case *other = *(const struct test_case *const *)b;
    const int names = strcmp(one->name, other->name);
    return names != 0 ? names : (one->node->offset > other->node->offset ? 1 : -1);
}

// A name that two tests have does not tell which of them failed.
static void check_names(struct fg_fields *fields, const struct test_file *file)
{
    const struct test_case **sorted = fg_field_alloc(fields, file->n_cases * sizeof(*sorted));
    if (sorted == NULL || file->n_cases == 0) {
        return;
    }
    for (uint32_t i = 0; i < file->n_cases; i++) {
        sorted[i] = &file->cases[i];
    }
    qsort(sorted, file->n_cases, sizeof(const struct test_case *), compare_cases);
    uint32_t first = 0;
    for (uint32_t i = 1; i < file->n_cases; i++) {
        if (sorted[i]->name[0] == '\0' || strcmp(sorted[i]->name, sorted[first]->name) != 0) {
            first = i;
            continue;
        }
        FG_FIELD_ERROR(fields, fg_yaml_get(sorted[i]->node, "name"), FG_CODE_DUPLICATE,
                       "test '%.64s' exists already on line %u", sorted[i]->name,
                       fg_yaml_get(sorted[first]->node, "name")->line);
    }
}

static int read_tests(struct fg_fields *fields, const struct fg_yaml_node *root,
                      struct test_file *out)
{
    const struct fg_yaml_node *tests = fg_yaml_get(root, "tests");
    if (tests == NULL || !fg_field_is(fields, tests, FG_YAML_LIST, "tests")) {
        FG_FIELD_ERROR(fields, tests == NULL ? root : tests, FG_CODE_MISSING_KEY,
                       "the file needs 'tests': a list");
        return FG_ESYNTAX;
    }
    out->cases = fg_field_alloc(fields, tests->n * sizeof(*out->cases));
    for (const struct fg_yaml_node *item = tests->first; item != NULL && out->cases != NULL;
         item = item->next) {
        read_test(fields, out, item, &out->cases[out->n_cases++]);
    }
    check_names(fields, out);
    return fields->out_of_memory ? FG_ENOMEM : FG_OK;
}

int test_file_read(const struct fg_yaml_doc *doc, const char *dir, const struct fg_policy *policy,
                   struct fg_fields *fields, struct test_file *out)
{
    uint32_t errors = fg_diags_count(fields->diags, FG_ERROR);
    memset(out, 0, sizeof(*out));
    out->doc = *doc;
    out->ruleset = policy->ruleset;
    struct fg_yaml_node *root = NULL;
    int rc = fg_yaml_read(&out->doc, fields->arena, fields->diags, &root);
    if (rc == FG_OK && root == NULL) {
        const struct fg_text_place whole = {.line = 1, .column = 1, .length = 1};
        fg_yaml_report_place(&out->doc, whole, fields->diags, FG_ERROR, FG_CODE_MISSING_KEY,
                             "the file is empty; a test file begins with 'fraudguard_test: 1'");
        return FG_ESYNTAX;
    }
    if (root == NULL) {
        return rc;
    }
    if (!fg_field_shape(fields, root, FG_SHAPE_TEST_FILE) && root->kind != FG_YAML_MAP) {
        return FG_ESYNTAX;
    }
    const struct fg_yaml_node *format = fg_yaml_get(root, "fraudguard_test");
    const struct fg_yaml_node *packs = fg_yaml_get(root, "packs");
    out->fixtures = fg_yaml_get(root, "fixtures");
    if (format == NULL || format->quoted || !fg_view_equal(format->text, fg_view_of("1"))) {
        FG_FIELD_ERROR(fields, root, FG_CODE_VERSION,
                       "a test file begins with 'fraudguard_test: 1'");
    }
    const struct fg_yaml_node *rules = fg_yaml_get(root, "rules");
    if (rules != NULL) {
        (void)fg_field_text(fields, rules, "rules"); // whoever chooses the policy follows it
    }
    rc = packs == NULL ? FG_OK : read_own_packs(fields, packs, dir, out);
    if (rc == FG_OK) {
        rc = read_fixtures(fields, dir, policy, out);
        out->fixtures_bad = rc != FG_OK;
        const int tests = rc == FG_ENOMEM ? rc : read_tests(fields, root, out);
        rc = rc == FG_OK ? tests : rc;
    }
    if (rc == FG_OK && fg_diags_count(fields->diags, FG_ERROR) > errors) {
        rc = FG_ESYNTAX;
    }
    return rc;
}
