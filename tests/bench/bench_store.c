// SPDX-License-Identifier: GPL-2.0-or-later
// What one evaluation costs: local store, round trip to a private Redis, and Redis's own time.
// Ratios to a PING on the same socket say more than the figures of one machine.
//
//     bench_store [ROUNDS]
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fg/redis_link.h"
#include "fg/store.h"
#include "monotonic.h"
#include "redis_store.h"
#include "store_server.h"

#define CUSTOMERS 500U
#define NOW       INT64_C(1795310000000)

// What one in six meters is, beside windows.
enum mix { MIX_WINDOWS, MIX_SETS, MIX_REGISTERS, MIXES };

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void register_fill(struct fg_meter_op *op, uint32_t round, uint32_t n)
{
    static const enum fg_op_kind kinds[] = {FG_OP_SEEN_PUT, FG_OP_RUN_PUT, FG_OP_RATE_TAKE,
                                            FG_OP_BASELINE_ADD};
    op->kind = kinds[n % 4];
    op->amount = op->kind == FG_OP_RUN_PUT ? INT64_C(441632960000) + round / CUSTOMERS : FG_MICRO;
    op->bucket = NOW / 3600000 + round / CUSTOMERS / 8; // every eighth time an hour is learned
    op->interval_us = FG_MICRO / 10;
    op->burst = 100;
    op->start = FG_MICRO;
}

// Half of the meters are added to, as in a typical plan; a tenth lies in pair records.
static void request_fill(struct fg_store_request *request, char *customer, uint32_t round,
                         uint32_t n_meters, enum mix mix)
{
    sprintf(customer, "customer-%u", round % CUSTOMERS);
    *request = (struct fg_store_request){.customer = customer,
                                         .now_ms = NOW + (int64_t)round * 10,
                                         .once = true,
                                         .call_key = {round, n_meters},
                                         .holds = {.scopes = (1U << FG_HOLD_SCOPES) - 1U},
                                         .n_ops = n_meters};
    for (uint32_t i = 0; i < n_meters; i++) {
        request->ops[i] = (struct fg_meter_op){.kind = i % 2 ? FG_OP_WINDOW_READ : FG_OP_WINDOW_ADD,
                                               .meter_id = i,
                                               .scope_is_customer = i % 10 != 9,
                                               .scope = round % 7,
                                               .cells = FG_WINDOW_CELLS,
                                               .bucket = request->now_ms / (INT64_C(6000) << i % 8),
                                               .amount = i % 3 ? 1 : 250000,
                                               .ttl_ms = INT64_C(66000) << i % 8};
        if (mix == MIX_REGISTERS && i % 6 == 5)
            register_fill(&request->ops[i], round, i / 6);
        if (mix == MIX_SETS && i % 6 == 5) {
            request->ops[i].kind = FG_OP_SET_PUT;
            request->ops[i].member = round;
            request->ops[i].expiry_ms = request->now_ms + FG_LEASE_MS;
        }
    }
}

static int64_t median_ns(int64_t *times, uint32_t n)
{
    qsort(times, n, sizeof(*times), compare);
    return times[n / 2];
}

static int64_t store_measure(const struct fg_store *store, uint32_t rounds, uint32_t n_meters,
                             enum mix mix, int64_t *times)
{
    static struct fg_store_request request;
    static struct fg_store_reply reply;
    char customer[32];
    for (uint32_t i = 0; i < rounds; i++) {
        request_fill(&request, customer, i, n_meters, mix);
        const int64_t from_ns = monotonic_ns();
        if (store->ops->evaluate(store->impl, &request, &reply) != FG_OK) {
            fprintf(stderr, "evaluate failed\n");
            exit(1);
        }
        times[i] = monotonic_ns() - from_ns;
    }
    return median_ns(times, rounds);
}

static int64_t ping_measure(struct fg_redis *redis, uint32_t rounds, int64_t *times)
{
    for (uint32_t i = 0; i < rounds; i++) {
        const int64_t from_ns = monotonic_ns();
        if (fg_redis_ping(redis) != FG_OK)
            exit(1);
        times[i] = monotonic_ns() - from_ns;
    }
    return median_ns(times, rounds);
}

static struct resp *command(struct fg_redis *redis, const struct fg_view *args, size_t n)
{
    struct resp *reply;
    if (conn_append(&redis->conn, args, n) != FG_OK ||
        conn_exchange(&redis->conn, redis_deadline_ns(redis), &reply, 1) != FG_OK)
        exit(1);
    return reply;
}

// usec_per_call of FCALL since CONFIG RESETSTAT.
static double server_us(struct fg_redis *redis)
{
    const struct fg_view args[] = {fg_view_of("INFO"), fg_view_of("commandstats")};
    struct resp *reply = command(redis, args, 2);
    const char *line = strstr(resp_text(reply).ptr, "cmdstat_fcall:");
    const char *value = line == NULL ? NULL : strstr(line, "usec_per_call=");
    const double us = value == NULL ? 0 : strtod(value + strlen("usec_per_call="), NULL);
    resp_free(reply);
    return us;
}

static void stats_reset(struct fg_redis *redis)
{
    const struct fg_view reset[] = {fg_view_of("CONFIG"), fg_view_of("RESETSTAT")};
    const struct fg_view flush[] = {fg_view_of("FLUSHALL")};
    resp_free(command(redis, reset, 2));
    resp_free(command(redis, flush, 1));
}

// Bytes that Redis keeps for a customer's records: MEMORY USAGE of its first key of that name.
static int64_t record_bytes(struct fg_redis *redis)
{
    const struct fg_view args[] = {fg_view_of("MEMORY"), fg_view_of("USAGE"),
                                   fg_view_of("fg:{customer-1}:m:c")};
    struct resp *reply = command(redis, args, 3);
    const int64_t bytes = reply->type == RESP_INTEGER ? reply->integer : 0;
    resp_free(reply);
    return bytes;
}

int main(int argc, char **argv)
{
    const uint32_t rounds = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 10000;
    int64_t *times = calloc(rounds + 1, sizeof(*times));
    struct fg_local_config sizes;
    fg_local_config_default(&sizes);
    const size_t bytes = fg_local_size_bytes(&sizes);
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (rounds == 0 || times == NULL || memory == MAP_FAILED) {
        free(times);
        return 1;
    }
    const struct fg_store local = fg_local_store(fg_local_init(memory, &sizes));

    struct store_server server;
    store_server_start(&server, NULL);
    const struct fg_redis_config config = store_server_config(&server, 5000);
    struct fg_redis *connection = fg_redis_new(&config);
    const struct fg_store redis = fg_redis_store(connection);
    printf("%u rounds, %u customers, medians\n", rounds, CUSTOMERS);
    printf("%-20s %8s %10s %14s %8s %12s %10s %13s\n", "meters", "PING us", "local ns",
           "round trip us", "/ PING", "server us", "/ PING", "record bytes");
    static const uint32_t counts[] = {4, 12, 24};
    static const char *const names[MIXES] = {"", ", sets among", ", registers among"};
    for (unsigned k = 0; k < 3 * MIXES; k++) {
        const enum mix mix = (enum mix)(k / 3);
        const uint32_t n = counts[k % 3];
        const int64_t local_ns = store_measure(&local, rounds, n, mix, times);
        stats_reset(connection);
        const double ping_us = (double)ping_measure(connection, rounds / 4 + 1, times) / 1e3;
        const double trip_us = (double)store_measure(&redis, rounds, n, mix, times) / 1e3;
        const double served_us = server_us(connection);
        printf("%2u%-18s %8.1f %10" PRId64 " %14.1f %8.2f %12.1f %10.2f %13" PRId64 "\n", n,
               names[mix], ping_us, local_ns, trip_us, trip_us / ping_us, served_us,
               served_us / ping_us, record_bytes(connection));
    }
    fg_redis_free(connection);
    store_server_stop(&server);
    free(times);
    return 0;
}
