// SPDX-License-Identifier: GPL-2.0-or-later
// What judging one event costs with the shipped packs: plan and decide, and the round trip to the
// local store beside them. Medians of runs in nanoseconds of this thread's time and, where the
// machine permits, in instructions; divided by what a SipHash of 64 bytes takes in the same run, so
// that the number means the same on another machine; and how often memory was allocated, which must
// be never. An optimised build fails above LIMIT_HASHES.
//
//     bench_engine RULES
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "fg/decide.h"
#include "fg/pack.h"
#include "fg/store.h"

#define RUNS         25
#define PER_RUN      2000
#define LIMIT_HASHES 300.0 // twice what the dearest took on a machine that was overloaded
#define MORNING_MS   INT64_C(1795168800000) // 2026-11-20T10:00:00Z, a Friday
#define NIGHT_MS     INT64_C(1795227000000) // 2026-11-21T02:10:00Z, a Saturday

// Every allocation of the program comes through these (--wrap).
static uint64_t allocations;
void *__real_malloc(size_t size);             // NOLINT(bugprone-reserved-identifier)
void *__real_calloc(size_t n, size_t size);   // NOLINT(bugprone-reserved-identifier)
void *__real_realloc(void *old, size_t size); // NOLINT(bugprone-reserved-identifier)
void *__wrap_malloc(size_t size);             // NOLINT(bugprone-reserved-identifier)
void *__wrap_calloc(size_t n, size_t size);   // NOLINT(bugprone-reserved-identifier)
void *__wrap_realloc(void *old, size_t size); // NOLINT(bugprone-reserved-identifier)

void *__wrap_malloc(size_t size) // NOLINT(bugprone-reserved-identifier)
{
    allocations++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size) // NOLINT(bugprone-reserved-identifier)
{
    allocations++;
    return __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size) // NOLINT(bugprone-reserved-identifier)
{
    allocations++;
    return __real_realloc(old, size);
}

static uint64_t sink; // what is measured must not be optimised away

static void fail(const char *what)
{
    fprintf(stderr, "bench_engine: %s\n", what);
    exit(1);
}

// --- what is measured with

struct cost {
    double ns, instructions;
};

static int counter = -1; // of instructions in user space; -1: not permitted

static void open_counter(void)
{
    struct perf_event_attr attr = {.type = PERF_TYPE_HARDWARE,
                                   .size = sizeof(attr),
                                   .config = PERF_COUNT_HW_INSTRUCTIONS,
                                   .exclude_kernel = 1,
                                   .exclude_hv = 1};
    counter = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static uint64_t instructions(void)
{
    uint64_t n = 0;
    return counter >= 0 && read(counter, &n, sizeof(n)) == (ssize_t)sizeof(n) ? n : 0;
}

static int64_t thread_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

// Medians of runs of PER_RUN steps each.
static struct cost measure(void (*step)(void *arg, int i), void *arg)
{
    double ns[RUNS];
    double counted[RUNS];
    for (int run = 0; run < RUNS; run++) {
        uint64_t instructions_before = instructions();
        int64_t before_ns = thread_ns();
        for (int i = 0; i < PER_RUN; i++) {
            step(arg, i);
        }
        ns[run] = (double)(thread_ns() - before_ns) / PER_RUN;
        counted[run] = (double)(instructions() - instructions_before) / PER_RUN;
    }
    qsort(ns, RUNS, sizeof(ns[0]), by_value);
    qsort(counted, RUNS, sizeof(counted[0]), by_value);
    return (struct cost){ns[RUNS / 2], counted[RUNS / 2]};
}

// --- the calls

static const char customers[] =
    "- {id: acme, tz: Europe/London, channels: 30, daily_limit: 200, home_countries: [\"GB\"],\n"
    "   dial_plan: {country: \"44\", trunk: \"0\", international: [\"00\"]},\n"
    "   numbers: [\"+44113200\"], cert_names: [\"sip.acme.example\"],\n"
    "   hours: [{days: mon-fri, from: \"08:00\", to: \"18:00\"}]}\n";

static const struct fg_policy *load(const char *rules)
{
    static const struct fg_hash_key key = {{1}};
    char path[] = "/tmp/bench_engine.XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, customers, sizeof(customers) - 1) != (ssize_t)sizeof(customers) - 1) {
        fail("the customers file cannot be written");
    }
    close(fd);
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
    return fg_policy_of(bundle);
}

struct bench {
    const char *name;
    const struct fg_policy *policy;
    struct fg_event event;
    int64_t now_ms;
    bool shares_facts; // as an event that is not its call's first
    struct fg_call_facts facts;
    struct fg_store store;
    struct fg_plan plan;
    struct fg_store_reply reply;
    struct fg_decision decision;
};

static const struct fg_tls_peer peer = {.tls = true,
                                        .cert_present = true,
                                        .cert_verified = true,
                                        .version = 0x13,
                                        .key_type = FG_KEY_RSA,
                                        .key_bits = 2048,
                                        .fingerprint = {1, 2, 3}};

static void set_call(struct bench *bench, enum fg_direction direction, const char *caller,
                     const char *called)
{
    const struct fg_customer *acme =
        fg_customers_by_id(bench->policy->customers, fg_view_of("acme"));
    const bool outbound = direction == FG_OUTBOUND;
    bench->event = (struct fg_event){.kind = FG_EVENT_ATTEMPT,
                                     .direction = direction,
                                     .identity = outbound ? FG_IDENTITY_CERTIFICATE
                                                          : FG_IDENTITY_CALLED_NUMBER,
                                     .customer = acme,
                                     .call_key = {.lo = 1},
                                     .tls = outbound ? &peer : NULL,
                                     .transport = FG_TRANSPORT_TLS,
                                     .caller_present = true,
                                     .srtp_offered = true};
    if (acme == NULL || !fg_ip_parse(fg_view_of("192.0.2.7"), &bench->event.source) ||
        fg_number_parse_e164(fg_view_of(caller), &bench->event.caller) != FG_OK) {
        fail("the call cannot be made");
    }
    fg_number_read(fg_view_of(called), fg_view_of(""), outbound ? &acme->dial_plan : NULL,
                   &bench->event.called);
}

static void set_minute(struct bench *bench)
{
    bench->event.kind = FG_EVENT_MINUTE;
    bench->event.minute = 3;
    bench->event.duration_s = 120;
    bench->shares_facts = true;
    bench->facts.known = false;
}

static void plan(struct bench *bench, int i)
{
    if (bench->shares_facts) {
        fg_plan_call(bench->policy, &bench->event, bench->now_ms + i, &bench->facts, &bench->plan);
    } else {
        fg_plan(bench->policy, &bench->event, bench->now_ms + i, &bench->plan);
    }
}

static void judge(void *arg, int i)
{
    struct bench *bench = arg;
    plan(bench, i);
    fg_decide(&bench->plan, bench->plan.store_needed ? &bench->reply : NULL, 0, &bench->decision);
    sink += (uint64_t)bench->decision.score;
}

static void ask(void *arg, int i)
{
    struct bench *bench = arg;
    bench->plan.request.now_ms = bench->now_ms + i;
    if (bench->store.ops->evaluate(bench->store.impl, &bench->plan.request, &bench->reply) !=
        FG_OK) {
        fail("the local store refuses a request");
    }
    sink += (uint64_t)bench->reply.values[0];
}

static void hash(void *arg, int i)
{
    uint8_t bytes[64] = {(uint8_t)i};
    sink += fg_hash64(arg, bytes, sizeof(bytes));
}

static void print_instructions(double n)
{
    if (counter >= 0) {
        printf("%8.0f", n);
    } else {
        printf("%8s", "-");
    }
}

static bool run(struct bench *bench, struct cost unit)
{
    plan(bench, 0);
    if (bench->plan.store_needed) {
        ask(bench, 0); // the counters as they are at the first such event
    }
    const uint64_t before = allocations;
    const struct cost cost = measure(judge, bench);
    const uint64_t allocated = allocations - before;
    const enum fg_action action = bench->decision.action;
    const struct cost store = bench->plan.store_needed ? measure(ask, bench) : (struct cost){0, 0};
    printf("%-22s %7.0f ", bench->name, cost.ns);
    print_instructions(cost.instructions);
    printf(" %7.1f %6" PRIu64 " %6.0f %4u %4u  %s %d\n", cost.ns / unit.ns, allocated, store.ns,
           bench->plan.request.n_ops, bench->decision.n_reasons, fg_action_name(action),
           bench->decision.score);
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    return allocated == 0 && cost.ns / unit.ns < LIMIT_HASHES;
#else
    return allocated == 0;
#endif
}

static struct fg_store open_store(void)
{
    struct fg_local_config config;
    fg_local_config_default(&config);
    size_t size = (fg_local_size_bytes(&config) + 63) / 64 * 64;
    void *memory = aligned_alloc(64, size);
    struct fg_local *local = memory == NULL ? NULL : fg_local_init(memory, &config);
    if (local == NULL) {
        fail("out of memory");
    }
    return fg_local_store(local);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fail("usage: bench_engine RULES");
    }
    static struct bench benches[5];
    const struct fg_policy *policy = load(argv[1]);
    const struct fg_store store = open_store();
    for (size_t i = 0; i < 5; i++) {
        benches[i].policy = policy;
        benches[i].store = store;
        benches[i].now_ms = MORNING_MS;
    }
    benches[0].name = "home, office hours";
    set_call(&benches[0], FG_OUTBOUND, "+441132000100", "02079460123");
    benches[1].name = "dear abroad, at night";
    benches[1].now_ms = NIGHT_MS;
    set_call(&benches[1], FG_OUTBOUND, "+441132000100", "009607712345");
    benches[2].name = "inbound";
    set_call(&benches[2], FG_INBOUND, "+442079460123", "+441132000100");
    benches[3].name = "minute of a home call";
    set_call(&benches[3], FG_OUTBOUND, "+441132000100", "02079460123");
    set_minute(&benches[3]);
    benches[4].name = "minute of a dear call";
    benches[4].now_ms = NIGHT_MS;
    set_call(&benches[4], FG_OUTBOUND, "+441132000100", "009607712345");
    set_minute(&benches[4]);

    open_counter();
    struct fg_hash_key key = policy->hash_key;
    struct cost unit = measure(hash, &key);
    printf("%u rules, %u meters; SipHash of 64 bytes %.1f ns; instructions: %s\n",
           policy->ruleset->n_rules, policy->ruleset->n_meters, unit.ns,
           counter >= 0 ? "counted" : "not permitted");
    printf("%-22s %7s %8s %7s %6s %6s %4s %4s  %s\n", "plan + decide", "ns", "instr", "hashes",
           "allocs", "store", "ops", "why", "verdict");
    bool fine = true;
    for (size_t i = 0; i < 5; i++) {
        fine = run(&benches[i], unit) && fine;
    }
    printf("(checksum %u)\n", (unsigned)(sink & 0xff));
    if (!fine) {
        fail("an event allocates, or costs more than it may");
    }
    return 0;
}
