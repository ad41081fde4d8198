// SPDX-License-Identifier: GPL-2.0-or-later
// Replay with the shipped packs on one core: calls and events a second, reading the calls file
// included. The traffic is an ordinary day's: domestic calls of many offices, a few foreign ones.
//
//     bench_replay RULES [CALLS [CALLS-A-SECOND [CUSTOMERS]]]
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fg/pack.h"
#include "fg/replay_summary.h"

#define START_MS INT64_C(1795168800000) // 2026-11-20T10:00:00Z, a Friday

static uint64_t random_state = 1;

static uint32_t random_below(uint32_t n)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % n;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    fprintf(stderr, "bench_replay: %s\n", what);
    exit(1);
}

static void write_customers(const char *path, uint32_t n)
{
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        fail("the customers file cannot be written");
    }
    for (uint32_t i = 0; i < n; i++) {
        fprintf(file,
                "- {id: c%u, tz: Europe/London, channels: 60, daily_limit: 2000,\n"
                "   numbers: [\"+4416329%05u\"], home_countries: [\"GB\"],\n"
                "   cert_names: [\"sip.c%u.example\"]}\n",
                i, i, i);
    }
    fclose(file);
}

static const struct fg_policy_bundle *load(const char *rules, uint32_t customers)
{
    static const struct fg_hash_key key = {{0}};
    char path[] = "/tmp/bench_replay.XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0) {
        fail("no temporary file");
    }
    close(fd);
    write_customers(path, customers);
    const struct fg_policy_paths paths = {.rules_dir = rules, .customers_file = path};
    struct fg_diags *diags = fg_diags_new();
    struct fg_policy_bundle *bundle = NULL;
    int rc = fg_policy_load(&paths, fg_heap_libc(), &key, diags, &bundle);
    remove(path);
    if (rc != FG_OK) {
        fg_diags_print(diags, FG_DIAG_HUMAN, stderr);
        fail("the rules cannot be loaded");
    }
    fg_diags_free(diags);
    return bundle;
}

static size_t put_call(char *out, size_t size, uint32_t i, int64_t start_ms, uint32_t customers)
{
    uint32_t customer = random_below(customers);
    char called[24];
    char answer[24] = "";
    int64_t end_ms = start_ms + 5000 + random_below(20000);
    if (random_below(20) == 0) {
        snprintf(called, sizeof(called), "+3316%07u", random_below(10000000));
    } else {
        snprintf(called, sizeof(called), "0207946%04u", random_below(10000));
    }
    if (random_below(100) < 65) {
        snprintf(answer, sizeof(answer), "%" PRId64, end_ms);
        end_ms += 1000 + random_below(300000);
    }
    int n = snprintf(out, size,
                     "%08x@pbx,%" PRId64 ",%s,%" PRId64
                     ",outbound,c%u,192.0.2.7,tls,sip.c%u.example,,2048,+4416329%05u,%s,200,1,A,\n",
                     i, start_ms, answer, end_ms, customer, customer, customer, called);
    return (size_t)n;
}

static char *make_calls(uint32_t n, uint32_t per_s, uint32_t customers, size_t *len)
{
    size_t size = (size_t)n * 192 + 256;
    char *text = malloc(size);
    if (text == NULL) {
        fail("out of memory");
    }
    size_t at = (size_t)snprintf(
        text, size,
        "call_id,start,answer,end,direction,customer,source_ip,transport,tls_san,tls_fingerprint,"
        "tls_key_bits,caller,called,sip_status,srtp,attest,label\n");
    for (uint32_t i = 0; i < n; i++) {
        int64_t start_ms = START_MS + (int64_t)i * 1000 / per_s;
        at += put_call(text + at, size - at, i, start_ms, customers);
    }
    *len = at;
    return text;
}

static int take(void *arg, const struct fg_call_row *row)
{
    return fg_replay_add(arg, row);
}

static void refuse(void *arg, uint64_t line, const char *why)
{
    (void)arg;
    fprintf(stderr, "line %" PRIu64 ": %s\n", line, why);
    fail("a row was refused");
}

static int ignore(void *arg, const struct fg_call_row *row)
{
    (void)arg;
    (void)row;
    return FG_OK;
}

static int count(void *arg, const struct fg_replay_result *result)
{
    return fg_replay_summary_add(arg, result);
}

static double parse(const char *text, size_t len, int (*row)(void *, const struct fg_call_row *),
                    struct fg_replay *replay)
{
    const struct fg_calls_sink sink = {.row = row, .bad = refuse, .arg = replay};
    struct fg_calls *calls = fg_calls_new(&sink);
    double from = seconds();
    if (calls == NULL || fg_calls_feed(calls, text, len) != FG_OK ||
        fg_calls_finish(calls) != FG_OK || (replay != NULL && fg_replay_finish(replay) != FG_OK)) {
        fail("the calls cannot be played");
    }
    fg_calls_free(calls);
    return seconds() - from;
}

int main(int argc, char **argv)
{
    uint32_t n = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 200000;
    uint32_t per_s = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 50;
    uint32_t customers = argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : 1000;
    if (argc < 2 || n == 0 || per_s == 0 || customers == 0 || customers > 99999) {
        fail("usage: bench_replay RULES [CALLS [CALLS-A-SECOND [CUSTOMERS]]]");
    }
    const struct fg_policy *policy = fg_policy_of(load(argv[1], customers));
    struct fg_replay_summary *summary = fg_replay_summary_new();
    const struct fg_replay_config config = {.policy = policy, .result = count, .arg = summary};
    struct fg_replay *replay = fg_replay_new(&config);
    size_t len = 0;
    char *text = make_calls(n, per_s, customers, &len);
    if (replay == NULL || summary == NULL) {
        fail("out of memory");
    }
    double read_s = parse(text, len, ignore, NULL);
    double play_s = parse(text, len, take, replay);
    struct fg_replay_stats stats;
    fg_replay_stats(replay, &stats);
    const struct fg_replay_totals *all = fg_replay_summary_all(summary);
    printf("%" PRIu64 " calls, %" PRIu64 " events, %" PRIu64 " refused or cut, %u at a time\n",
           stats.calls, stats.events, all->refused + all->cut, stats.live_most);
    printf("replay   %8.0f calls/s  %8.0f events/s  %5.0f ns an event\n",
           (double)stats.calls / play_s, (double)stats.events / play_s,
           play_s * 1e9 / (double)stats.events);
    printf("reading  %8.0f rows/s   %5.0f ns a row\n", n / read_s, read_s * 1e9 / n);
    if (stats.calls != n || stats.events < 2 * (uint64_t)n) {
        fail("calls are missing");
    }
    fg_replay_free(replay);
    fg_replay_summary_free(summary);
    free(text);
    return 0;
}
