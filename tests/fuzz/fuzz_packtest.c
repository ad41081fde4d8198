// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as a file of rule tests: it is read or told what is wrong with it, it plays, and what
// is recorded for its open expectations passes.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fg/pack.h"
#include "fg/packtest.h"
#include "testfile.h"

#define CALLS_MAX 300 // played for one input, and minutes of them

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds) {
        abort();
    }
}

static const char rules[] =
    "fraudguard: 1\n"
    "pack: p\n"
    "version: \"1.0.0\"\n"
    "scoring: {thresholds: {alert: 30, throttle: 50, challenge: 65, block: 80},\n"
    "  on_block: {drop_media: true, hold: 15m, hold_scope: customer}}\n"
    "meters:\n"
    "  calls_1m: {count: calls, per: customer, over: 1m}\n"
    "  usd_24h: {sum: cost, per: customer, over: 24h}\n"
    "  open_now: {gauge: calls, per: customer}\n"
    "  known_90d: {seen: dest.country, per: customer, over: 90d}\n"
    "rules:\n"
    "  - {id: ISLAND, desc: d, when: {dest.prefix: \"+960\"}, score: 45,\n"
    "     exceptions: [{fields: [customer.id], values: [globex], reason: R-1, expires: never}]}\n"
    "  - {id: RATE, desc: d, measure: meters.calls_1m,\n"
    "     steps: [{above: 5, score: 30}, {above: 9, score: 60}]}\n"
    "  - {id: OPEN, desc: d, measure: meters.open_now, steps: [{above: 3, score: 20}]}\n"
    "  - {id: MINUTE, desc: d, on: minute, when: {call.duration: {above: 300}}, score: 90}\n"
    "  - {id: NEW, desc: d, when: {meters.known_90d: {below: 1}}, score: 10, mode: shadow}\n"
    "composites:\n"
    "  - {id: BOTH, desc: d, all_of: [ISLAND, RATE], score: 20}\n";

static struct fg_policy *policy_new(void)
{
    static struct fg_arena *arena;
    static struct fg_ruleset ruleset;
    static struct fg_customers customers;
    static struct fg_policy policy;
    struct fg_diags *diags = fg_diags_new();
    arena = fg_arena_new(fg_heap_libc());
    expect(arena != NULL && diags != NULL);
    if (fg_pack_parse("p.yaml", rules, sizeof(rules) - 1, NULL, arena, diags, &ruleset) != FG_OK) {
        fg_diags_print(diags, FG_DIAG_HUMAN, stderr);
        abort();
    }
    fg_diags_free(diags);
    policy = (struct fg_policy){.ruleset = &ruleset, .customers = &customers};
    return &policy;
}

// A file that only this process sees.
static void put(const char *bytes, size_t len, char path[64], int *fd)
{
    *fd = memfd_create("tests", MFD_CLOEXEC);
    expect(*fd >= 0 && write(*fd, bytes, len) == (ssize_t)len);
    (void)snprintf(path, 64, "/proc/self/fd/%d", *fd);
}

// Whether playing it is quick. Reads the file as its readers do.
static bool is_small(const char *bytes, size_t len, const struct fg_policy *policy)
{
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    struct fg_diags *diags = fg_diags_new();
    struct test_file *file = calloc(1, sizeof(*file));
    expect(arena != NULL && diags != NULL && file != NULL);
    struct fg_fields fields = {.arena = arena, .diags = diags};
    const struct fg_yaml_doc doc = {"fuzz.test.yaml", bytes, len};
    int64_t calls = 0;
    int rc = test_file_read(&doc, "/nowhere", policy, &fields, file);
    expect((rc == FG_OK) == (fg_diags_count(diags, FG_ERROR) == 0));
    for (uint32_t i = 0; rc == FG_OK && i < file->n_cases; i++) {
        for (uint32_t k = 0; k < file->cases[i].n_calls; k++) {
            const struct test_calls *entry = &file->cases[i].calls[k];
            calls += entry->repeat * (2 + entry->duration_ms / FG_MS_PER_MIN);
        }
    }
    free(file);
    fg_diags_free(diags);
    fg_arena_free(arena);
    return calls <= CALLS_MAX;
}

// Plays a file. False when it cannot be read.
static bool play(const char *path, const struct fg_policy *policy, FILE *out,
                 struct fg_packtest_summary *summary)
{
    struct fg_diags *diags = fg_diags_new();
    expect(diags != NULL);
    int rc = fg_packtest_run(path, policy, diags, true, out, summary);
    expect((rc == FG_OK) == (fg_diags_count(diags, FG_ERROR) == 0));
    fg_diags_free(diags);
    return rc == FG_OK;
}

static void check_recording(const char *path, const struct fg_policy *policy, FILE *out,
                            uint32_t failed)
{
    struct fg_packtest_recording recording;
    struct fg_packtest_summary summary;
    struct fg_diags *diags = fg_diags_new();
    expect(diags != NULL);
    int rc = fg_packtest_record(path, policy, diags, out, &recording);
    expect(rc == FG_OK || (rc == FG_ESYNTAX && fg_diags_count(diags, FG_ERROR) > 0));
    if (rc == FG_OK && recording.n > 0) {
        char written[64];
        int fd;
        put(recording.bytes, recording.len, written, &fd);
        expect(play(written, policy, out, &summary));
        expect(summary.failed + recording.n == failed); // each of them expected nothing, and failed
        (void)close(fd);
    }
    free(recording.bytes);
    fg_diags_free(diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fg_policy *policy;
    static FILE *sink;
    if (policy == NULL) {
        policy = policy_new();
        sink = fopen("/dev/null", "w");
        expect(sink != NULL);
    }
    const char *bytes = (const char *)data;
    if (is_small(bytes, size, policy)) {
        struct fg_packtest_summary summary;
        char path[64];
        int fd;
        put(bytes, size, path, &fd);
        if (play(path, policy, sink, &summary)) {
            check_recording(path, policy, sink, summary.failed);
        }
        (void)close(fd);
    }
    return 0;
}
