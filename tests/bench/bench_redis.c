// SPDX-License-Identifier: GPL-2.0-or-later
// What Redis spends on the events of calls with the shipped rules: attempt, answer and end, each
// planned as the module does and sent over connections of four processes. Told are the server's
// time a request (its own count) and its processor time, the kernel's part for it included.
//
//     bench_redis RULES DATA [CALLS]
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fg/decide.h"
#include "fg/pack.h"
#include "fg/store.h"
#include "redis_store.h"
#include "store_server.h"

#define CUSTOMERS 50U
#define BATCH     50U
#define ROUNDS    5U
#define NOW       INT64_C(1795168800000) // 2026-11-20T10:00:00Z, a Friday

enum step { ATTEMPT, ANSWER, END, STEPS };
static const char *const step_names[STEPS] = {"attempt", "answer", "end"};

static void fail(const char *what)
{
    fprintf(stderr, "bench_redis: %s\n", what);
    exit(1);
}

static const struct fg_policy *load(const char *rules, const char *data)
{
    static const struct fg_hash_key key = {{1}};
    char path[] = "/tmp/bench_redis.XXXXXX";
    const int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (file == NULL)
        fail("the customers file cannot be written");
    for (unsigned i = 0; i < CUSTOMERS; i++)
        fprintf(file,
                "- {id: c%u, tz: Europe/London, profile: wholesale, channels: 500, daily_limit: "
                "50000, home_countries: [\"GB\"], numbers: [\"+44163296%03u\"], cert_names: "
                "[\"c%u.example\"]}\n",
                i, i, i);
    fclose(file);
    const struct fg_policy_paths paths = {
        .rules_dir = rules, .data_dir = data, .customers_file = path};
    struct fg_diags *diags = fg_diags_new();
    struct fg_policy_bundle *bundle = NULL;
    const int rc = fg_policy_load(&paths, fg_heap_libc(), &key, diags, &bundle);
    remove(path);
    if (rc != FG_OK) {
        fg_diags_print(diags, FG_DIAG_HUMAN, stderr);
        fail("the rules cannot be loaded");
    }
    fg_diags_free(diags);
    return fg_policy_of(bundle);
}

static uint64_t random_next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 16;
}

static const struct fg_tls_peer peer = {.tls = true,
                                        .cert_present = true,
                                        .cert_verified = true,
                                        .version = 0x13,
                                        .key_type = FG_KEY_RSA,
                                        .key_bits = 2048,
                                        .fingerprint = {1, 2, 3}};

// The n-th call: a customer, one of its hundred callers, a number in London.
static void call_make(const struct fg_policy *policy, uint32_t n, struct fg_event *event)
{
    uint64_t state = n;
    random_next(&state);
    char id[16], caller[32], called[32];
    const unsigned customer = (unsigned)(random_next(&state) % CUSTOMERS);
    snprintf(id, sizeof(id), "c%u", customer);
    snprintf(caller, sizeof(caller), "+44163296%03u%02u", customer,
             (unsigned)(random_next(&state) % 100));
    snprintf(called, sizeof(called), "+44207%07u", (unsigned)(random_next(&state) % 10000000));
    *event = (struct fg_event){.kind = FG_EVENT_ATTEMPT,
                               .direction = FG_OUTBOUND,
                               .identity = FG_IDENTITY_CERTIFICATE,
                               .customer = fg_customers_by_id(policy->customers, fg_view_of(id)),
                               .call_key = {state, n},
                               .tls = &peer,
                               .transport = FG_TRANSPORT_TLS,
                               .caller_present = true,
                               .srtp_offered = true};
    if (event->customer == NULL || !fg_ip_parse(fg_view_of("192.0.2.7"), &event->source) ||
        fg_number_parse_e164(fg_view_of(caller), &event->caller) != FG_OK)
        fail("the call cannot be made");
    fg_number_read(fg_view_of(called), fg_view_of(""), &event->customer->dial_plan, &event->called);
}

static double cpu_us(const struct store_server *server)
{
    char path[64], text[64];
    snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)server->pid);
    FILE *file = fopen(path, "r");
    if (file == NULL || fgets(text, sizeof(text), file) == NULL)
        fail("the server's time cannot be read");
    fclose(file);
    return (double)strtoull(text, NULL, 10) / 1000;
}

struct bench {
    const struct fg_policy *policy;
    const struct store_server *server;
    struct fg_redis *redis;
    uint64_t keys, ops;
};

static void replies_take(struct bench *bench, size_t n)
{
    struct resp *replies[BATCH];
    if (n == 0)
        return;
    if (conn_exchange(&bench->redis->conn, redis_deadline_ns(bench->redis), replies, n) != FG_OK)
        fail("a request was not answered");
    for (size_t i = 0; i < n; i++) {
        if (replies[i]->type != RESP_STRING)
            fail("a request was refused");
        resp_free(replies[i]);
    }
}

// The same event of some calls, in batches; the server's time for one.
static double step_run(struct bench *bench, enum step step, uint32_t from, uint32_t calls,
                       size_t batch)
{
    static const enum fg_event_kind kinds[STEPS] = {FG_EVENT_ATTEMPT, FG_EVENT_ANSWER,
                                                    FG_EVENT_END};
    static struct fg_plan plan;
    struct redis_request *request = &bench->redis->request;
    const double before = cpu_us(bench->server);
    size_t waiting = 0;
    bench->keys = bench->ops = 0;
    for (uint32_t i = from; i < from + calls; i++) {
        struct fg_event event;
        call_make(bench->policy, i, &event);
        event.kind = kinds[step];
        event.answered = step == END;
        event.duration_s = step == END ? 30 : 0;
        fg_plan(bench->policy, &event, NOW + (int64_t)i * 10 + step, &plan);
        const struct fg_hash128 single = {i, (uint64_t)step};
        redis_request_pack(&plan.request, redis_token_next(bench->redis), &single, request);
        if (conn_append(&bench->redis->conn, request->args, request->n_args) != FG_OK)
            fail("a request was not sent");
        bench->keys += request->n_keys;
        bench->ops += plan.request.n_ops;
        if (++waiting == batch) {
            replies_take(bench, waiting);
            waiting = 0;
        }
    }
    replies_take(bench, waiting);
    return (cpu_us(bench->server) - before) / calls;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

// Medians over the rounds; the first, of customers who never called before, does not count.
static void measure(struct bench *bench, uint32_t calls)
{
    static double us[STEPS][2][ROUNDS];
    uint64_t keys[STEPS], ops[STEPS];
    uint32_t from = 0;
    for (unsigned round = 0; round <= ROUNDS; round++) {
        for (unsigned way = 0; way < 2; way++, from += calls) {
            for (unsigned step = 0; step < STEPS; step++) {
                const double spent =
                    step_run(bench, (enum step)step, from, calls, way == 0 ? BATCH : 1);
                if (round > 0)
                    us[step][way][round - 1] = spent;
                keys[step] = bench->keys;
                ops[step] = bench->ops;
            }
        }
    }
    for (unsigned step = 0; step < STEPS; step++) {
        for (unsigned way = 0; way < 2; way++)
            qsort(us[step][way], ROUNDS, sizeof(double), compare);
        printf("%-10s %6.1f %6.1f %14.1f %14.1f\n", step_names[step], (double)keys[step] / calls,
               (double)ops[step] / calls, us[step][0][ROUNDS / 2], us[step][1][ROUNDS / 2]);
    }
}

int main(int argc, char **argv)
{
    const uint32_t calls = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 1000;
    if (argc < 3 || calls == 0)
        fail("usage: bench_redis RULES DATA [CALLS]");
    struct store_server server;
    store_server_start(&server, NULL);
    const struct fg_redis_config config = store_server_config(&server, 5000);
    static struct bench bench; // what it holds stays until the end
    bench = (struct bench){load(argv[1], argv[2]), &server, fg_redis_new(&config), 0, 0};
    // The first request loads the function library.
    const struct fg_store_request probe = {
        .customer = "-", .now_ms = NOW, .n_ops = 1, .ops = {redis_probe_op()}};
    struct fg_store_reply reply;
    if (redis_evaluate(bench.redis, &probe, NULL, &reply) != FG_OK)
        fail("the server does not answer");
    printf("%u rules, %u meters; medians of %u times %" PRIu32 " calls of %u customers\n",
           bench.policy->ruleset->n_rules, bench.policy->ruleset->n_meters, ROUNDS, calls,
           CUSTOMERS);
    printf("%-10s %6s %6s %14s %14s\n", "event", "keys", "ops", "CPU us, by 50", "one by one");
    measure(&bench, calls);
    fg_redis_free(bench.redis);
    store_server_stop(&server);
    return 0;
}
