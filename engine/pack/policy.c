// SPDX-License-Identifier: GPL-2.0-or-later
// Files to a policy: everything an evaluation reads, in one arena of the caller's heap.
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codes.h"
#include "customers_load.h"
#include "fg/pack.h"
#include "file.h"
#include "networks.h"
#include "pack_files.h"
#include "policy_priv.h"

#define PATH_BYTES          4096
#define NETWORKS_FILES_MAX  4
#define DATA_FILE_BYTES_MAX ((size_t)256 << 20)

// Scratch of one load.
struct sources {
    char *paths[FG_PACK_FILES_MAX];
    struct fg_file packs[FG_PACK_FILES_MAX];
    uint32_t n_packs;
    struct fg_file numbering, emergency, rates, countries, customers;
    struct fg_file networks[NETWORKS_FILES_MAX];
};

static void report_file(struct fg_diags *diags, const char *code, const char *path, const char *why)
{
    struct fg_diag where = {.severity = FG_ERROR, .code = code, .file = path};
    fg_diags_add(diags, &where, "cannot be read: %s", why);
}

static int worse(int a, int b)
{
    return a == FG_ENOMEM || b == FG_OK ? a : b == FG_ENOMEM || a == FG_OK ? b : a;
}

static int read_file(const char *path, size_t max_bytes, struct fg_diags *diags,
                     struct fg_file *file)
{
    int rc = fg_file_read(path, max_bytes, file);
    if (rc == FG_EIO || rc == FG_ELIMIT) {
        report_file(diags, rc == FG_ELIMIT ? FG_CODE_TOO_BIG : FG_CODE_FILE, path,
                    fg_file_error(rc, file));
        rc = FG_EIO;
    }
    return rc;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text);
    size_t m = strlen(end);
    return n > m && strcmp(text + n - m, end) == 0;
}

static int is_pack_name(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && ends_with(entry->d_name, ".yaml") &&
           !ends_with(entry->d_name, ".test.yaml");
}

// A pack to the eye, but not to the loader: its rules would be missed by nobody.
static int is_misnamed(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && ends_with(entry->d_name, ".yml");
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_pack(const char *dir, const char *name, struct fg_diags *diags,
                     struct sources *sources)
{
    if (sources->n_packs == FG_PACK_FILES_MAX) {
        report_file(diags, FG_CODE_LIMIT, dir,
                    "there are more than 256 packs and files of overrides");
        return FG_EIO;
    }
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    char *copy = strdup(path);
    if (copy == NULL) {
        return FG_ENOMEM;
    }
    int rc = read_file(path, FG_PACK_FILE_BYTES_MAX, diags, &sources->packs[sources->n_packs]);
    if (rc != FG_OK) {
        free(copy);
        return rc;
    }
    sources->paths[sources->n_packs++] = copy;
    return FG_OK;
}

static void warn_misnamed(const char *dir, struct fg_diags *diags)
{
    struct dirent **entries = NULL;
    int n = scandir(dir, &entries, is_misnamed, compare_names);
    for (int i = 0; i < n; i++) {
        char path[PATH_BYTES];
        (void)snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);
        const struct fg_diag where = {.severity = FG_WARNING, .code = FG_CODE_FILE, .file = path};
        fg_diags_add(diags, &where, "packs end in .yaml; not read");
        free(entries[i]);
    }
    if (n >= 0) {
        free(entries);
    }
}

// All packs of a directory, in the order of their names.
static int read_packs(const char *dir, bool optional, struct fg_diags *diags,
                      struct sources *sources)
{
    struct dirent **entries = NULL;
    int n = scandir(dir, &entries, is_pack_name, compare_names);
    if (n < 0 && errno == ENOENT && optional) {
        return FG_OK;
    }
    if (n < 0) {
        report_file(diags, FG_CODE_FILE, dir, strerror(errno));
        return FG_EIO;
    }
    int rc = FG_OK;
    for (int i = 0; i < n; i++) {
        int one = read_pack(dir, entries[i]->d_name, diags, sources);
        rc = one != FG_OK && rc != FG_ENOMEM ? one : rc;
        free(entries[i]);
    }
    free(entries);
    warn_misnamed(dir, diags);
    if (n == 0 && !optional) {
        report_file(diags, FG_CODE_FILE, dir, "there is no *.yaml in this directory");
        rc = FG_EIO;
    }
    return rc;
}

// The packs, then the overrides beside them.
static int read_rules(const char *dir, struct fg_diags *diags, struct sources *sources)
{
    char overrides[PATH_BYTES];
    (void)snprintf(overrides, sizeof(overrides), "%s/overrides.d", dir);
    int rc = read_packs(dir, false, diags, sources);
    return worse(rc, read_packs(overrides, true, diags, sources));
}

static int parse_packs(const struct fg_policy_paths *paths, const struct sources *sources,
                       struct fg_policy_bundle *bundle, struct fg_diags *diags)
{
    struct fg_named_bytes files[FG_PACK_FILES_MAX];
    for (uint32_t i = 0; i < sources->n_packs; i++) {
        files[i] = (struct fg_named_bytes){sources->paths[i], sources->packs[i].bytes,
                                           sources->packs[i].len};
    }
    return fg_pack_parse_files(files, sources->n_packs, paths->rules_dir, paths->now_ms,
                               bundle->arena, diags, &bundle->ruleset);
}

// Paths of the data files; the strings must outlive the diagnostics' making only.
struct data_paths {
    char numbering[PATH_BYTES], emergency[PATH_BYTES], rates[PATH_BYTES], countries[PATH_BYTES];
};

static void make_data_paths(const struct fg_policy_paths *paths, struct data_paths *out)
{
    char dir[PATH_BYTES - 32];
    if (paths->data_dir != NULL) {
        (void)snprintf(dir, sizeof(dir), "%s", paths->data_dir);
    } else {
        (void)snprintf(dir, sizeof(dir), "%s/data", paths->rules_dir);
    }
    (void)snprintf(out->numbering, PATH_BYTES, "%s/numbering.csv", dir);
    (void)snprintf(out->emergency, PATH_BYTES, "%s/emergency.csv", dir);
    (void)snprintf(out->countries, PATH_BYTES, "%s/countries.csv", dir);
    if (paths->rates_file != NULL) {
        (void)snprintf(out->rates, PATH_BYTES, "%s", paths->rates_file);
    } else {
        (void)snprintf(out->rates, PATH_BYTES, "%s/rates.csv", dir);
    }
}

static int load_data(const struct data_paths *paths, struct sources *sources,
                     struct fg_policy_bundle *bundle, struct fg_diags *diags)
{
    int rc = read_file(paths->numbering, DATA_FILE_BYTES_MAX, diags, &sources->numbering);
    rc = worse(rc, read_file(paths->emergency, DATA_FILE_BYTES_MAX, diags, &sources->emergency));
    rc = worse(rc, read_file(paths->rates, DATA_FILE_BYTES_MAX, diags, &sources->rates));
    rc = worse(rc, read_file(paths->countries, DATA_FILE_BYTES_MAX, diags, &sources->countries));
    if (rc != FG_OK) {
        return rc;
    }
    struct fg_destination_files files = {
        .numbering = {paths->numbering, sources->numbering.bytes, sources->numbering.len},
        .emergency = {paths->emergency, sources->emergency.bytes, sources->emergency.len},
        .rates = {paths->rates, sources->rates.bytes, sources->rates.len}};
    struct fg_named_bytes countries = {paths->countries, sources->countries.bytes,
                                       sources->countries.len};
    rc = fg_destinations_parse(&files, bundle->arena, diags, &bundle->destinations);
    return worse(rc, fg_countries_parse(countries, bundle->arena, diags, &bundle->countries));
}

static int load_customers(const char *path, struct sources *sources,
                          struct fg_policy_bundle *bundle, struct fg_diags *diags)
{
    struct fg_named_bytes file = {"", "", 0};
    if (path != NULL) {
        int rc = read_file(path, FG_CUSTOMERS_FILE_BYTES_MAX, diags, &sources->customers);
        if (rc != FG_OK) {
            return rc;
        }
        file = (struct fg_named_bytes){path, sources->customers.bytes, sources->customers.len};
    }
    return fg_customers_load(file, &bundle->countries, &bundle->policy.hash_key, bundle->arena,
                             diags, &bundle->customers);
}

// One of the files of networks, laid under what the earlier ones say.
static int add_networks(const struct fg_policy_paths *paths, const char *path, uint32_t i,
                        struct sources *sources, struct fg_policy_bundle *bundle,
                        struct fg_diags *diags)
{
    struct fg_networks table;
    int rc = read_file(path, DATA_FILE_BYTES_MAX, diags, &sources->networks[i]);
    if (rc != FG_OK) {
        return rc;
    }
    struct fg_named_bytes file = {path, sources->networks[i].bytes, sources->networks[i].len};
    rc = fg_networks_parse(file, bundle->arena, diags, &table);
    if (rc == FG_OK && paths->now_ms > 0) {
        fg_networks_warn_old(path, &table, paths->now_ms, diags);
    }
    if (rc == FG_OK && i > 0) {
        struct fg_networks earlier = bundle->networks;
        return fg_networks_overlay(&earlier, &table, bundle->arena, &bundle->networks);
    }
    if (rc == FG_OK) {
        bundle->networks = table;
    }
    return rc;
}

static int load_networks(const struct fg_policy_paths *paths, struct sources *sources,
                         struct fg_policy_bundle *bundle, struct fg_diags *diags)
{
    if (paths->networks_file == NULL) {
        return FG_OK;
    }
    char *list = strdup(paths->networks_file);
    if (list == NULL) {
        return FG_ENOMEM;
    }
    int rc = FG_OK;
    uint32_t n = 0;
    char *rest = list;
    for (char *path = strsep(&rest, ","); path != NULL && rc == FG_OK; path = strsep(&rest, ",")) {
        if (n == NETWORKS_FILES_MAX) {
            report_file(diags, FG_CODE_LIMIT, path, "there are more than 4 files of networks");
            rc = FG_EIO;
        } else {
            rc = add_networks(paths, path, n++, sources, bundle, diags);
        }
    }
    free(list);
    bundle->policy.networks = rc == FG_OK ? &bundle->networks : NULL;
    return rc;
}

static int load_all(const struct fg_policy_paths *paths, struct sources *sources,
                    struct fg_policy_bundle *bundle, struct fg_diags *diags)
{
    struct data_paths *data = malloc(sizeof(*data));
    if (data == NULL) {
        return FG_ENOMEM;
    }
    make_data_paths(paths, data);
    int rc = load_data(data, sources, bundle, diags);
    free(data);
    rc = worse(rc, load_customers(paths->customers_file, sources, bundle, diags));
    rc = worse(rc, load_networks(paths, sources, bundle, diags));
    if (paths->rules_dir == NULL) {
        return rc;
    }
    int packs = read_rules(paths->rules_dir, diags, sources);
    if (packs == FG_OK) {
        packs = parse_packs(paths, sources, bundle, diags);
    }
    return worse(rc, packs);
}

static void sources_fini(struct sources *sources)
{
    for (uint32_t i = 0; i < sources->n_packs; i++) {
        free(sources->paths[i]);
        fg_file_fini(&sources->packs[i]);
    }
    fg_file_fini(&sources->numbering);
    fg_file_fini(&sources->emergency);
    fg_file_fini(&sources->rates);
    fg_file_fini(&sources->countries);
    fg_file_fini(&sources->customers);
    for (uint32_t i = 0; i < NETWORKS_FILES_MAX; i++) {
        fg_file_fini(&sources->networks[i]);
    }
}

int fg_policy_load(const struct fg_policy_paths *paths, const struct fg_heap *heap,
                   const struct fg_hash_key *hash_key, struct fg_diags *diags,
                   struct fg_policy_bundle **out)
{
    struct fg_arena *arena = fg_arena_new(heap);
    struct fg_policy_bundle *bundle = arena == NULL ? NULL : fg_arena_alloc(arena, sizeof(*bundle));
    struct sources *sources = calloc(1, sizeof(*sources));
    int rc = FG_ENOMEM;
    if (bundle != NULL && sources != NULL) {
        bundle->arena = arena;
        bundle->policy.hash_key = *hash_key;
        rc = load_all(paths, sources, bundle, diags);
    }
    if (sources != NULL) {
        sources_fini(sources);
        free(sources);
    }
    if (rc != FG_OK) {
        fg_arena_free(arena);
        return rc;
    }
    bundle->policy.ruleset = &bundle->ruleset;
    bundle->policy.destinations = &bundle->destinations;
    bundle->policy.customers = &bundle->customers;
    bundle->policy.generation = 1;
    *out = bundle;
    return FG_OK;
}

void fg_policy_bundle_free(struct fg_policy_bundle *bundle)
{
    if (bundle != NULL) {
        fg_arena_free(bundle->arena);
    }
}

const struct fg_policy *fg_policy_of(const struct fg_policy_bundle *bundle)
{
    return &bundle->policy;
}

const struct fg_dial_plan *fg_policy_dial_plan(const struct fg_policy_bundle *bundle,
                                               fg_country country)
{
    const struct fg_country_facts *facts = fg_countries_find(&bundle->countries, country);
    return facts == NULL ? NULL : &facts->dial_plan;
}
