// SPDX-License-Identifier: GPL-2.0-or-later
// The guarded store on a Cluster of two real servers, of which one freezes: what the other answers
// stands, nobody waits longer than the deadline, and every part of every request is counted once.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "breaker.h"
#include "monotonic.h"
#include "redis_fixture.h"
#include "redis_slots.h"

#define NOW         INT64_C(1795310000000)
#define DEADLINE_MS 20
#define PATIENT_MS  2000
#define CALLS       50

struct member {
    struct store_server server;
    char port[8], bus[8];
    struct fg_redis *control;
};
static struct member members[2];
static char own[2][16];    // a customer whose slot each has
static uint64_t shared[2]; // a scope of all customers, the same

static void port_choose(char out[8])
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(address);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    close(fd);
    snprintf(out, 8, "%u", (unsigned)ntohs(address.sin_port));
}

static void member_start(struct member *member)
{
    static const char *options[2][16];
    port_choose(member->port);
    port_choose(member->bus);
    const char **of = options[member - members];
    const char *const texts[] = {"--bind",
                                 "127.0.0.1",
                                 "--cluster-enabled",
                                 "yes",
                                 "--cluster-node-timeout",
                                 "60000",
                                 "--cluster-require-full-coverage",
                                 "no",
                                 "--cluster-port",
                                 member->bus,
                                 "--port",
                                 member->port,
                                 NULL};
    memcpy(of, texts, sizeof(texts));
    store_server_start(&member->server, of);
    const struct fg_redis_config config = store_server_config(&member->server, PATIENT_MS);
    member->control = fg_redis_new(&config);
}

static bool is_whole(const struct member *member)
{
    struct resp *info = COMMAND(member->control, "CLUSTER", "INFO");
    struct resp *slots = COMMAND(member->control, "CLUSTER", "SLOTS");
    const bool ok = strstr(info->bytes, "cluster_state:ok") != NULL && slots->n_elements == 2;
    resp_free(info);
    resp_free(slots);
    return ok;
}

static int cluster_start(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++)
        member_start(&members[i]);
    resp_free(COMMAND(members[0].control, "CLUSTER", "ADDSLOTSRANGE", "0", "8191"));
    resp_free(COMMAND(members[1].control, "CLUSTER", "ADDSLOTSRANGE", "8192", "16383"));
    resp_free(COMMAND(members[1].control, "CLUSTER", "SET-CONFIG-EPOCH", "2"));
    resp_free(COMMAND(members[0].control, "CLUSTER", "MEET", "127.0.0.1", members[1].port,
                      members[1].bus));
    for (int i = 0; i < 3000 && !(is_whole(&members[0]) && is_whole(&members[1])); i++)
        usleep(10000);
    assert_true(is_whole(&members[0]) && is_whole(&members[1]));
    for (unsigned i = 0; own[0][0] == '\0' || own[1][0] == '\0'; i++) {
        char name[16];
        snprintf(name, sizeof(name), "c%u", i);
        strcpy(own[redis_slot_of(fg_view_of(name)) / 8192], name);
    }
    for (uint64_t i = 1; shared[0] == 0 || shared[1] == 0; i++) {
        char tag[REDIS_SHARED_TAG];
        redis_shared_tag(i, tag);
        shared[redis_slot_of(fg_view_of(tag)) / 8192] = i;
    }
    return 0;
}

static int cluster_stop(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        char path[160];
        fg_redis_free(members[i].control);
        store_server_kill(&members[i].server);
        snprintf(path, sizeof(path), "%s/nodes.conf", members[i].server.directory);
        unlink(path);
        store_server_stop(&members[i].server);
    }
    return 0;
}

struct node {
    void *memory;
    size_t bytes;
    struct fg_breaker *breaker;
    struct fg_backlog *backlog;
    struct fg_redis *redis;
    struct fg_guarded *guarded;
    struct fg_store store;
};

static struct fg_redis *cluster_connect(int32_t deadline_ms)
{
    char url[96], storage[128];
    struct fg_redis_config config;
    snprintf(url, sizeof(url), "cluster://127.0.0.1:1,127.0.0.1:%s", members[0].port);
    assert_int_equal(fg_redis_config_parse(url, &config, storage, sizeof(storage)), FG_OK);
    config.deadline_ms = deadline_ms;
    struct fg_redis *redis = fg_redis_new(&config);
    assert_non_null(redis);
    return redis;
}

static void node_open(struct node *node, int32_t deadline_ms)
{
    const struct fg_local_config sizes = {4096, 1024, 4096, 64, 1024};
    const size_t local_bytes = (fg_local_size_bytes(&sizes) + 4095) & ~(size_t)4095;
    const size_t breaker_bytes = (fg_breaker_size_bytes() + 4095) & ~(size_t)4095;
    node->bytes = local_bytes + breaker_bytes + fg_backlog_size_bytes(1024);
    node->memory =
        mmap(NULL, node->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(node->memory, MAP_FAILED);
    node->breaker = fg_breaker_init((char *)node->memory + local_bytes);
    node->backlog = fg_backlog_init((char *)node->memory + local_bytes + breaker_bytes, 1024);
    node->redis = cluster_connect(deadline_ms);
    node->guarded = fg_guarded_new(fg_local_init(node->memory, &sizes), node->redis, node->breaker,
                                   node->backlog);
    node->store = fg_guarded_store(node->guarded);
}

static void node_close(struct node *node)
{
    fg_guarded_free(node->guarded);
    fg_redis_free(node->redis);
    munmap(node->memory, node->bytes);
}

// One call: a window of the customer's, and one of all customers together.
static struct fg_store_request call_of(const char *customer, uint64_t scope, uint64_t call)
{
    struct fg_store_request request = {
        .customer = customer, .now_ms = NOW, .once = true, .call_key = {call, 1}, .n_ops = 2};
    for (int i = 0; i < 2; i++)
        request.ops[i] = (struct fg_meter_op){.kind = FG_OP_WINDOW_ADD,
                                              .meter_id = 1,
                                              .scope_is_customer = i == 0,
                                              .shared = i == 1,
                                              .scope = i == 1 ? scope : 0,
                                              .cells = FG_WINDOW_CELLS,
                                              .bucket = 500,
                                              .amount = 1,
                                              .ttl_ms = 66000};
    return request;
}

static struct fg_store_reply run(const struct node *node, const struct fg_store_request *request)
{
    struct fg_store_reply reply;
    assert_int_equal(node->store.ops->evaluate(node->store.impl, request, &reply), FG_OK);
    return reply;
}

static void maintain_until_up(const struct node *node)
{
    struct fg_backlog_stats stats;
    for (int i = 0; i < 200; i++) {
        if (fg_guarded_maintain(node->guarded) < 0)
            usleep(20000);
        fg_backlog_stats(node->backlog, &stats);
        if (fg_breaker_state(node->breaker) == FG_STORE_UP && stats.pending == 0)
            return;
    }
    fail_msg("the store does not come back");
}

static void test_each_part_goes_to_its_server(void **unused)
{
    (void)unused;
    struct node a, b;
    node_open(&a, PATIENT_MS);
    node_open(&b, PATIENT_MS);
    maintain_until_up(&a);
    for (uint64_t i = 1; i <= 6; i++) {
        struct fg_store_request request = call_of(own[i % 2], shared[(i + 1) % 2], 100 + i);
        const struct fg_store_reply reply = run(i % 3 == 0 ? &b : &a, &request);
        assert_false(reply.degraded);
        assert_int_equal(reply.values[0], (i + 1) / 2);
        assert_int_equal(reply.values[1], (i + 1) / 2);
        assert_false(reply.repeated);
    }
    // Once more is the same call in both parts.
    struct fg_store_request again = call_of(own[1], shared[0], 101);
    const struct fg_store_reply reply = run(&b, &again);
    assert_true(reply.repeated);
    assert_int_equal(reply.values[0], 3);
    assert_int_equal(reply.values[1], 3);
    // Functions that are gone come back, on both.
    for (int i = 0; i < 2; i++)
        resp_free(COMMAND(members[i].control, "FUNCTION", "FLUSH"));
    again = call_of(own[1], shared[0], 107);
    assert_int_equal(run(&b, &again).values[0], 4);
    assert_int_equal(fg_breaker_state(b.breaker), FG_STORE_UP);
    node_close(&a);
    node_close(&b);
}

static void test_a_frozen_server_costs_its_own_part_only(void **unused)
{
    (void)unused;
    struct node a, b;
    const char *customer = own[0];
    node_open(&a, PATIENT_MS);
    node_open(&b, PATIENT_MS);
    maintain_until_up(&a);
    // What another node counted makes Redis' counts greater than this node's own.
    for (uint64_t i = 0; i < 5; i++) {
        const struct fg_store_request request = call_of(customer, shared[1], 200 + i);
        assert_false(run(&b, &request).degraded);
    }
    struct fg_store_request request = call_of(customer, shared[1], 300);
    const struct fg_store_reply before = run(&a, &request);
    assert_false(before.degraded);
    a.redis->deadline_ms = DEADLINE_MS;
    kill(members[1].server.pid, SIGSTOP);
    int n_long = 0, n_answered = 0;
    int64_t longest_ns = 0;
    for (uint64_t i = 1; i <= CALLS; i++) {
        request = call_of(customer, shared[1], 300 + i);
        const int64_t from_ns = monotonic_ns();
        const struct fg_store_reply reply = run(&a, &request);
        const int64_t took_ns = monotonic_ns() - from_ns;
        longest_ns = took_ns > longest_ns ? took_ns : longest_ns;
        n_long += took_ns > 10 * FG_NS_PER_MS;
        assert_true(reply.degraded);
        // The node's own count of what all customers share.
        assert_int_equal(reply.values[1], 1 + (int64_t)i);
        // The customer's part is Redis' but where this machine was late.
        n_answered += reply.values[0] == before.values[0] + (int64_t)i;
    }
    print_message(
        "longest %.2f ms (deadline %d), over 10 ms: %d, customer's part answered %d of %d\n",
        (double)longest_ns / 1e6, DEADLINE_MS, n_long, n_answered, CALLS);
    assert_true(longest_ns < (DEADLINE_MS + 500) * FG_NS_PER_MS);
    // Five open the server's lane; a busy machine may add a few.
    assert_in_range(n_long, 1, CALLS / 2);
    assert_true(n_answered > CALLS / 2);
    assert_int_equal(fg_breaker_state(a.breaker), FG_STORE_SLOW);
    kill(members[1].server.pid, SIGCONT);
    a.redis->deadline_ms = PATIENT_MS;
    maintain_until_up(&a);
    request = call_of(customer, shared[1], 400);
    const struct fg_store_reply after = run(&a, &request);
    assert_false(after.degraded);
    for (int i = 0; i < 2; i++)
        assert_int_equal(after.values[i], before.values[i] + CALLS + 1);
    struct fg_backlog_stats stats;
    fg_backlog_stats(a.backlog, &stats);
    assert_int_equal(stats.overflowed + stats.refused, 0);
    node_close(&a);
    node_close(&b);
}

static void test_a_slot_that_moved_is_followed(void **unused)
{
    (void)unused;
    struct fg_redis *redis = cluster_connect(PATIENT_MS);
    const struct fg_store store = fg_redis_store(redis);
    struct fg_store_request request = call_of(own[0], shared[1], 500);
    struct fg_store_reply reply;
    char slot[8], id[64];
    assert_int_equal(store.ops->evaluate(store.impl, &request, &reply), FG_OK);
    snprintf(slot, sizeof(slot), "%u", redis_slot_of(fg_view_of(own[0])));
    struct resp *to = COMMAND(members[1].control, "CLUSTER", "MYID");
    snprintf(id, sizeof(id), "%s", to->bytes);
    resp_free(to);
    resp_free(COMMAND(members[1].control, "CLUSTER", "SETSLOT", slot, "NODE", id));
    // A server gives no slot away that it has keys in.
    resp_free(COMMAND(members[0].control, "FLUSHALL"));
    struct resp *done = COMMAND(members[0].control, "CLUSTER", "SETSLOT", slot, "NODE", id);
    assert_int_equal(done->type, RESP_STATUS);
    resp_free(done);
    request.call_key.lo = 501;
    assert_int_equal(store.ops->evaluate(store.impl, &request, &reply), FG_OK);
    assert_int_equal(reply.values[0], 1); // on the new one
    fg_redis_free(redis);
}

static void test_events_are_written_once_where_a_record_cannot_be(void **unused)
{
    (void)unused;
    // A hash of each server, and the stream's server, which lives on.
    const int lives = redis_slot_of(fg_view_of("fg:events")) / 8192;
    char hashes[2][33];
    bool has[2] = {false, false};
    for (unsigned i = 0; !has[0] || !has[1]; i++) {
        char key[64], hash[33];
        snprintf(hash, sizeof(hash), "%032x", i);
        snprintf(key, sizeof(key), "fg:call:%s", hash);
        const int of = redis_slot_of(fg_view_of(key)) / 8192;
        memcpy(hashes[of], hash, sizeof(hash));
        has[of] = true;
    }
    struct fg_redis *redis = cluster_connect(PATIENT_MS);
    const struct fg_redis_event events[] = {{fg_view_of("{\"n\":1}"), hashes[0], 60},
                                            {fg_view_of("{\"n\":2}"), hashes[1], 60}};
    size_t failed = 9;
    assert_int_equal(fg_redis_events_write(redis, events, 2, &failed), FG_OK);
    assert_int_equal(failed, 0);
    const int64_t before = number_of(COMMAND(members[lives].control, "XLEN", "fg:events"));
    redis->deadline_ms = 200;
    kill(members[1 - lives].server.pid, SIGSTOP);
    assert_int_equal(fg_redis_events_write(redis, events, 2, &failed), FG_OK);
    kill(members[1 - lives].server.pid, SIGCONT);
    assert_in_range(failed, 1, 2);
    assert_int_equal(number_of(COMMAND(members[lives].control, "XLEN", "fg:events")), before + 2);
    fg_redis_free(redis);
}

static void test_an_attack_is_told_once_where_its_own_stream_is_away(void **unused)
{
    (void)unused;
    const int lives = redis_slot_of(fg_view_of("fg:events")) / 8192;
    assert_int_not_equal(redis_slot_of(fg_view_of("fg:attacks")) / 8192, lives);
    struct fg_redis *redis = cluster_connect(PATIENT_MS);
    const struct fg_view began = fg_view_of("{\"attack\":1}"), ended = fg_view_of("{\"attack\":2}");
    assert_int_equal(fg_redis_attack_append(redis, began), FG_OK);
    const int64_t before = number_of(COMMAND(members[lives].control, "XLEN", "fg:events"));
    const int64_t own_before = number_of(COMMAND(members[1 - lives].control, "XLEN", "fg:attacks"));
    // Refused, so that what was tried is known not to be there.
    resp_free(COMMAND(members[1 - lives].control, "RENAME", "fg:attacks", "{fg:attacks}:aside"));
    resp_free(COMMAND(members[1 - lives].control, "SET", "fg:attacks", "of another type"));
    for (int i = 0; i < 3; i++)
        assert_int_equal(fg_redis_attack_append(redis, ended), FG_EUNAVAILABLE);
    assert_int_equal(number_of(COMMAND(members[lives].control, "XLEN", "fg:events")), before + 1);
    resp_free(COMMAND(members[1 - lives].control, "RENAME", "{fg:attacks}:aside", "fg:attacks"));
    assert_int_equal(fg_redis_attack_append(redis, ended), FG_OK);
    assert_int_equal(number_of(COMMAND(members[lives].control, "XLEN", "fg:events")), before + 1);
    assert_int_equal(number_of(COMMAND(members[1 - lives].control, "XLEN", "fg:attacks")),
                     own_before + 1);
    // The same once more is another one.
    assert_int_equal(fg_redis_attack_append(redis, ended), FG_OK);
    assert_int_equal(number_of(COMMAND(members[lives].control, "XLEN", "fg:events")), before + 2);
    fg_redis_free(redis);
}

static void test_nobody_there(void **unused)
{
    (void)unused;
    char storage[64];
    struct fg_redis_config config;
    assert_int_equal(fg_redis_config_parse("cluster://127.0.0.1:1", &config, storage, 64), FG_OK);
    struct fg_redis *redis = fg_redis_new(&config);
    const struct fg_store store = fg_redis_store(redis);
    const struct fg_store_request request = call_of(own[0], shared[1], 600);
    struct fg_store_reply reply;
    assert_int_equal(store.ops->evaluate(store.impl, &request, &reply), FG_EUNAVAILABLE);
    assert_int_equal(fg_redis_last_error_kind(redis), FG_REDIS_ERROR_CONNECT);
    assert_int_equal(fg_redis_ping(redis), FG_EUNAVAILABLE);
    fg_redis_free(redis);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_part_goes_to_its_server),
        cmocka_unit_test(test_a_frozen_server_costs_its_own_part_only),
        cmocka_unit_test(test_a_slot_that_moved_is_followed),
        cmocka_unit_test(test_events_are_written_once_where_a_record_cannot_be),
        cmocka_unit_test(test_an_attack_is_told_once_where_its_own_stream_is_away),
        cmocka_unit_test(test_nobody_there),
    };
    return cmocka_run_group_tests(tests, cluster_start, cluster_stop);
}
