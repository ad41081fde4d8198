// SPDX-License-Identifier: GPL-2.0-or-later
// How long a policy takes to load: 1,000 rules and a list of 250,000 prefixes, and half of both.
//
//     bench_load DATA_DIR [LOADS]
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fg/pack.h"

#define PREFIXES  250000
#define RULES     1000
#define LOADS     7
#define LOADS_MAX 99

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static FILE *create(const char *dir, const char *name)
{
    char path[512];
    FILE *file = NULL;

    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    return file;
}

static void close_written(FILE *file)
{
    if (ferror(file) != 0 || fclose(file) != 0) {
        perror("bench_load");
        exit(EXIT_FAILURE);
    }
}

static void write_list(const char *dir, int n)
{
    FILE *file = create(dir, "list.csv");

    (void)fputs("prefix,note\n", file);
    for (int i = 0; i < n; i++) {
        // Apart, so that they share few nodes: the most work that so many prefixes can be.
        const int64_t spread = (int64_t)i * INT64_C(7919000017) % INT64_C(89999999999);
        (void)fprintf(file, "+%" PRId64 ",range %d\n", INT64_C(10000000000) + spread, i % 1000);
    }
    close_written(file);
}

static void write_rules(const char *dir, int n)
{
    FILE *file = create(dir, "00.yaml");

    (void)fputs("fraudguard: 1\npack: big\nversion: \"1.0.0\"\n"
                "scoring: {thresholds: {alert: 30, block: 80}}\n"
                "lists:\n  big: {type: e164_prefix, file: list.csv}\n"
                "meters:\n  n: {count: calls, per: customer, over: 1h}\n"
                "rules:\n",
                file);
    for (int i = 0; i < n; i++) {
        (void)fprintf(file,
                      "  - id: RULE_%04d\n    desc: One of many rules\n"
                      "    when: {dest.home: false, dest.prefix: {in: %s}}\n"
                      "    measure: meters.n\n"
                      "    steps: [{above: %d, score: 10}, {above: %d, score: 90}]\n"
                      "    explain: \"{dest.masked} matches +{match.key}\"\n"
                      "    falsepositives: [\"everything honest\"]\n",
                      i, i % 4 == 0 ? "[\"+960\", \"+961\"]" : "big", i + 1, i + 2);
    }
    close_written(file);
}

static void load_once(const struct fg_policy_paths *paths, int prefixes, int rules)
{
    static const struct fg_hash_key key = {{3}};
    struct fg_diags *diags = fg_diags_new();
    struct fg_policy_bundle *bundle = NULL;
    const int rc =
        diags == NULL ? FG_ENOMEM : fg_policy_load(paths, fg_heap_libc(), &key, diags, &bundle);

    if (rc != FG_OK || fg_policy_of(bundle)->ruleset->n_rules != (uint32_t)rules ||
        fg_prefix_count(fg_policy_of(bundle)->ruleset->lists[0].prefixes) != (uint32_t)prefixes) {
        (void)fprintf(stderr, "bench_load: not loaded whole (%d)\n", rc);
        if (diags != NULL) {
            fg_diags_print(diags, FG_DIAG_HUMAN, stderr);
        }
        exit(EXIT_FAILURE);
    }
    fg_policy_bundle_free(bundle);
    fg_diags_free(diags);
}

static int compare_seconds(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;

    return (x > y) - (x < y);
}

// Median seconds of a load.
static double measure(const char *dir, const char *data_dir, int prefixes, int rules, int loads)
{
    const struct fg_policy_paths paths = {.rules_dir = dir, .data_dir = data_dir};
    double seconds[LOADS_MAX] = {0};

    write_list(dir, prefixes);
    write_rules(dir, rules);
    for (int i = 0; i < loads; i++) {
        const double start = now_s();
        load_once(&paths, prefixes, rules);
        seconds[i] = now_s() - start;
    }
    qsort(seconds, (size_t)loads, sizeof(seconds[0]), compare_seconds);
    return seconds[loads / 2];
}

static void remove_from(const char *dir, const char *name)
{
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    (void)unlink(path);
}

int main(int argc, char **argv)
{
    char dir[] = "/tmp/fg-bench-load-XXXXXX";
    const long loads = argc > 2 ? strtol(argv[2], NULL, 10) : LOADS;
    double half = 0;
    double whole = 0;

    if (argc < 2 || loads < 1 || loads > LOADS_MAX || mkdtemp(dir) == NULL) {
        (void)fprintf(stderr, "usage: bench_load DATA_DIR [LOADS]\n");
        return EXIT_FAILURE;
    }
    half = measure(dir, argv[1], PREFIXES / 2, RULES / 2, (int)loads);
    whole = measure(dir, argv[1], PREFIXES, RULES, (int)loads);
    (void)printf("%d prefixes, %d rules: %.3f s\n%d prefixes, %d rules: %.3f s\nratio %.2f\n",
                 PREFIXES / 2, RULES / 2, half, PREFIXES, RULES, whole, whole / half);
    remove_from(dir, "list.csv");
    remove_from(dir, "00.yaml");
    (void)rmdir(dir);
    return EXIT_SUCCESS;
}
