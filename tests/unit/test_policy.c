// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fg/pack.h"
#include "scratch_dir.h"

static const struct fg_hash_key hash_key = {{9}};

static const char scoring[] = "fraudguard: 1\npack: base\nversion: \"1.0.0\"\n"
                              "scoring: {thresholds: {block: 80}}\n"
                              "lists:\n  x: {type: e164_prefix, file: lists/x.csv}\n";
static const char rules[] = "fraudguard: 1\npack: r\nversion: \"1.0.0\"\nrules:\n"
                            "  - {id: A, desc: a, when: {dest.prefix: {in: x}}, score: 90}\n";

static int setup(void **state)
{
    static struct scratch_dir dir;
    scratch_dir_open(&dir);
    scratch_dir_subdir(&dir, "lists");
    scratch_dir_subdir(&dir, "data");
    scratch_dir_write(&dir, "00.yaml", scoring);
    scratch_dir_write(&dir, "10.yaml", rules);
    scratch_dir_write(&dir, "10.test.yaml", "not: a pack\n");
    scratch_dir_write(&dir, "lists/x.csv", "prefix,note\n+960,Maldives\n");
    scratch_dir_write(&dir, "data/numbering.csv", "prefix,country,type\n44,GB,unallocated\n");
    scratch_dir_write(&dir, "data/countries.csv",
                      "country,calling_code,international,trunk\nGB,44,00,0\n");
    scratch_dir_write(&dir, "data/emergency.csv", "calling_code,code\n,112\n");
    scratch_dir_write(&dir, "data/rates.csv", "prefix,usd_per_minute\n44,0.01\n");
    scratch_dir_write(&dir, "customers.txt", "- {id: a, tz: UTC, home_countries: [\"GB\"]}\n");
    *state = &dir;
    return 0;
}

static int teardown(void **state)
{
    scratch_dir_remove(*state);
    return 0;
}

static int load(const struct scratch_dir *dir, const struct fg_heap *heap, struct fg_diags *diags,
                struct fg_policy_bundle **out)
{
    char customers[128];
    (void)snprintf(customers, sizeof(customers), "%s/customers.txt", dir->path);
    struct fg_policy_paths paths = {.rules_dir = dir->path, .customers_file = customers};
    return fg_policy_load(&paths, heap, &hash_key, diags, out);
}

static void data_alone_becomes_a_policy_without_rules(void **state)
{
    const struct scratch_dir *dir = *state;
    char data[128];
    (void)snprintf(data, sizeof(data), "%s/data", dir->path);
    const struct fg_policy_paths paths = {.data_dir = data};
    struct fg_diags *diags = fg_diags_new();
    struct fg_policy_bundle *bundle = NULL;
    assert_int_equal(fg_policy_load(&paths, fg_heap_libc(), &hash_key, diags, &bundle), FG_OK);
    assert_int_equal(fg_policy_of(bundle)->ruleset->n_rules, 0);
    assert_int_equal(fg_policy_of(bundle)->ruleset->n_lists, 0);
    assert_non_null(fg_policy_dial_plan(bundle, fg_country_parse(fg_view_of("GB"))));
    fg_policy_bundle_free(bundle);
    fg_diags_free(diags);
}

static void a_directory_becomes_a_policy(void **state)
{
    struct fg_diags *diags = fg_diags_new();
    struct fg_policy_bundle *bundle = NULL;
    assert_int_equal(load(*state, fg_heap_libc(), diags, &bundle), FG_OK);
    assert_int_equal(fg_diags_total(diags), 0);
    const struct fg_policy *policy = fg_policy_of(bundle);
    assert_string_equal(policy->ruleset->pack, "base");
    assert_int_equal(policy->ruleset->n_rules, 1);
    assert_string_equal(policy->ruleset->lists[0].notes[0], "Maldives");
    assert_int_equal(policy->customers->n, 1);
    assert_string_equal(policy->customers->items[0].dial_plan.country_code, "44");
    assert_int_equal(fg_prefix_count(policy->destinations->rates), 1);
    assert_memory_equal(&policy->hash_key, &hash_key, sizeof(hash_key));
    fg_policy_bundle_free(bundle);
    fg_diags_free(diags);
}

static FILE *open_text(char **text, size_t *len)
{
    FILE *out = open_memstream(text, len);
    assert_non_null(out);
    return out;
}

static void a_big_list_and_many_rules_load(void **state)
{
    struct scratch_dir *dir = *state;
    char *list = NULL;
    char *pack = NULL;
    size_t len = 0;
    FILE *out = open_text(&list, &len);
    (void)fputs("prefix,note\n", out);
    for (int i = 0; i < 250000; i++) {
        (void)fprintf(out, "+%d,range %d\n", 2000000 + i * 31, i % 1000);
    }
    assert_int_equal(fclose(out), 0);
    out = open_text(&pack, &len);
    (void)fputs("fraudguard: 1\npack: many\nversion: \"1.0.0\"\nrules:\n", out);
    for (int i = 0; i < 1000; i++) {
        (void)fprintf(out,
                      "  - {id: RULE_%d, desc: d, when: {dest.home: false, dest.prefix: {in: x}}, "
                      "score: 1}\n",
                      i);
    }
    assert_int_equal(fclose(out), 0);
    scratch_dir_write(dir, "lists/x.csv", list);
    scratch_dir_write(dir, "20.yaml", pack);
    free(list);
    free(pack);

    struct fg_diags *diags = fg_diags_new();
    struct fg_policy_bundle *bundle = NULL;
    assert_int_equal(load(dir, fg_heap_libc(), diags, &bundle), FG_OK);
    assert_int_equal(fg_diags_total(diags), 0);
    const struct fg_ruleset *ruleset = fg_policy_of(bundle)->ruleset;
    assert_int_equal(ruleset->n_rules, 1001);
    assert_int_equal(fg_prefix_count(ruleset->lists[0].prefixes), 250000);
    struct fg_prefix_match match;
    assert_int_equal(fg_prefix_lookup(ruleset->lists[0].prefixes, "974996905", 9, &match), FG_OK);
    assert_int_equal(match.len, 7);
    assert_string_equal(ruleset->lists[0].notes[match.value], "range 999");
    fg_policy_bundle_free(bundle);
    fg_diags_free(diags);
}

static void mistakes_of_all_files_are_told_together(void **state)
{
    struct scratch_dir *dir = *state;
    scratch_dir_write(dir, "20.yaml", "fraudguard: 1\npack: s\nversion: \"1.0.0\"\nrulez: []\n");
    scratch_dir_write(dir, "lists/x.csv", "prefix,note\nabc,Maldives\n");
    scratch_dir_write(dir, "data/rates.csv", "prefix,usd_per_minute\n44,free\n");
    scratch_dir_write(dir, "customers.txt", "- {id: a}\n");
    struct fg_diags *diags = fg_diags_new();
    struct fg_policy_bundle *bundle = NULL;
    assert_int_equal(load(dir, fg_heap_libc(), diags, &bundle), FG_ESYNTAX);
    assert_null(bundle);
    assert_int_equal(fg_diags_count(diags, FG_ERROR), 4);
    fg_diags_free(diags);
}

static void files_with_another_end_are_told(void **state)
{
    struct scratch_dir *dir = *state;
    scratch_dir_subdir(dir, "overrides.d");
    scratch_dir_write(dir, "b.yml", "not: read\n");
    scratch_dir_write(dir, ".c.yml", "not: told\n");
    scratch_dir_write(dir, "overrides.d/o.yml", "not: read\n");
    struct fg_diags *diags = fg_diags_new();
    struct fg_policy_bundle *bundle = NULL;
    assert_int_equal(load(dir, fg_heap_libc(), diags, &bundle), FG_OK);
    assert_int_equal(fg_diags_total(diags), 2);
    static const char *const ends[] = {"/b.yml", "/overrides.d/o.yml"};
    for (uint32_t i = 0; i < 2; i++) {
        const struct fg_diag *diag = fg_diags_at(diags, i);
        assert_int_equal(diag->severity, FG_WARNING);
        assert_string_equal(diag->code, "FG005");
        assert_string_equal(diag->message, "packs end in .yaml; not read");
        assert_non_null(strstr(diag->file, ends[i]));
    }
    fg_policy_bundle_free(bundle);
    fg_diags_free(diags);
}

// What a failed download leaves behind must not switch rules off.
static void a_list_without_rows_is_a_mistake(void **state)
{
    struct scratch_dir *dir = *state;
    scratch_dir_write(dir, "lists/x.csv", "prefix,note\n");
    struct fg_diags *diags = fg_diags_new();
    struct fg_policy_bundle *bundle = NULL;
    assert_int_equal(load(dir, fg_heap_libc(), diags, &bundle), FG_ESYNTAX);
    assert_int_equal(fg_diags_count(diags, FG_ERROR), 1);
    assert_string_equal(fg_diags_at(diags, 0)->message, "'lists/x.csv' holds no prefix at all");
    fg_diags_free(diags);
}

static void data_without_rows_is_a_mistake(void **state)
{
    struct scratch_dir *dir = *state;
    scratch_dir_write(dir, "data/emergency.csv", "calling_code,code\n");
    struct fg_diags *diags = fg_diags_new();
    struct fg_policy_bundle *bundle = NULL;
    assert_int_equal(load(dir, fg_heap_libc(), diags, &bundle), FG_ESYNTAX);
    assert_string_equal(fg_diags_at(diags, 0)->message, "the file has no rows");
    fg_diags_free(diags);
}

static void a_missing_file_is_named(void **state)
{
    struct scratch_dir *dir = *state;
    struct fg_policy_paths paths = {.rules_dir = dir->path,
                                    .customers_file = "/nonexistent/customers.yaml"};
    struct fg_diags *diags = fg_diags_new();
    struct fg_policy_bundle *bundle = NULL;
    assert_int_equal(fg_policy_load(&paths, fg_heap_libc(), &hash_key, diags, &bundle), FG_EIO);
    assert_string_equal(fg_diags_at(diags, 0)->file, "/nonexistent/customers.yaml");
    assert_string_equal(fg_diags_at(diags, 0)->message,
                        "cannot be read: No such file or directory");
    paths.rules_dir = "/nonexistent";
    assert_int_equal(fg_policy_load(&paths, fg_heap_libc(), &hash_key, diags, &bundle), FG_EIO);
    fg_diags_free(diags);
}

static void overrides_beside_the_packs_are_read_after_them(void **state)
{
    static const char overrides[] =
        "fraudguard: 1\noverrides:\n"
        "  - {match: {customer.id: a}, rule: A, replace: {mode: shadow}, reason: r, owner: o,\n"
        "     expires: \"2026-01-31\"}\n";
    struct scratch_dir *dir = *state;
    struct fg_policy_paths paths = {.rules_dir = dir->path,
                                    .now_ms = INT64_C(1795168800000)}; // 2026-11-20
    struct fg_diags *diags = fg_diags_new();
    struct fg_policy_bundle *bundle = NULL;
    scratch_dir_subdir(dir, "overrides.d");
    scratch_dir_write(dir, "overrides.d/o.yaml", overrides);
    assert_int_equal(fg_policy_load(&paths, fg_heap_libc(), &hash_key, diags, &bundle), FG_OK);
    assert_int_equal(fg_policy_of(bundle)->ruleset->n_overrides, 1);
    assert_int_equal(fg_diags_count(diags, FG_WARNING), 1);
    assert_string_equal(fg_diags_at(diags, 0)->code, "FG046");
    fg_policy_bundle_free(bundle);
    fg_diags_free(diags);
}

struct failing {
    uint32_t left, live;
};
static void *failing_alloc(void *ctx, size_t size)
{
    struct failing *failing = ctx;
    if (failing->left == 0) {
        return NULL;
    }
    failing->left--;
    failing->live++;
    return malloc(size);
}
static void failing_free(void *ctx, void *memory)
{
    struct failing *failing = ctx;
    failing->live -= memory != NULL;
    free(memory);
}

static void all_memory_comes_from_the_heap_and_goes_back(void **state)
{
    struct fg_diags *diags = fg_diags_new();
    int rc = FG_ENOMEM;
    for (uint32_t n = 0; rc != FG_OK && n < 100; n++) {
        struct failing failing = {n, 0};
        struct fg_heap heap = {failing_alloc, failing_free, &failing};
        struct fg_policy_bundle *bundle = NULL;
        rc = load(*state, &heap, diags, &bundle);
        assert_true(rc == FG_OK || rc == FG_ENOMEM);
        assert_true((rc == FG_OK) == (bundle != NULL));
        fg_policy_bundle_free(bundle);
        assert_int_equal(failing.live, 0);
    }
    assert_int_equal(rc, FG_OK);
    fg_diags_free(diags);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_directory_becomes_a_policy),
        TEST(data_alone_becomes_a_policy_without_rules),
        TEST(a_big_list_and_many_rules_load),
        TEST(mistakes_of_all_files_are_told_together),
        TEST(files_with_another_end_are_told),
        TEST(a_list_without_rows_is_a_mistake),
        TEST(data_without_rows_is_a_mistake),
        TEST(a_missing_file_is_named),
        TEST(all_memory_comes_from_the_heap_and_goes_back),
        TEST(overrides_beside_the_packs_are_read_after_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
