// SPDX-License-Identifier: GPL-2.0-or-later
// The Redis store against a real server: what it writes, what it counts, what goes wrong.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fg/redis_link.h"
#include "fg/ruleset.h"
#include "monotonic.h"
#include "redis_fixture.h"
#include "redis_store.h"
#include "store_proxy.h"

#define NOW INT64_C(1795310000000)

static struct fg_store_request add_to(const char *customer, uint32_t meter, int64_t amount)
{
    return (struct fg_store_request){.customer = customer,
                                     .now_ms = NOW,
                                     .n_ops = 1,
                                     .ops = {{.kind = FG_OP_WINDOW_ADD,
                                              .meter_id = meter,
                                              .scope_is_customer = true,
                                              .cells = FG_WINDOW_CELLS,
                                              .bucket = NOW / 6000,
                                              .amount = amount,
                                              .ttl_ms = 66000}}};
}

static void test_urls(void **unused)
{
    (void)unused;
    char storage[512];
    struct fg_redis_config config;
    assert_int_equal(fg_redis_config_parse("unix:/run/r.sock", &config, storage, 512), FG_OK);
    assert_string_equal(config.unix_path, "/run/r.sock");
    assert_int_equal(fg_redis_config_parse("10.0.0.1:7000", &config, storage, 512), FG_OK);
    assert_string_equal(config.host, "10.0.0.1");
    assert_int_equal(config.port, 7000);
    assert_null(config.password);
    assert_int_equal(
        fg_redis_config_parse("redis://fg:p%40ss:x@[::1]:6380/3", &config, storage, 512), FG_OK);
    assert_string_equal(config.username, "fg");
    assert_string_equal(config.password, "p@ss:x");
    assert_string_equal(config.host, "::1");
    assert_int_equal(config.port, 6380);
    assert_int_equal(config.database, 3);
    assert_int_equal(fg_redis_config_parse("redis://:pw@localhost", &config, storage, 512), FG_OK);
    assert_null(config.username);
    assert_string_equal(config.password, "pw");
    assert_int_equal(config.port, 6379);
    assert_int_equal(fg_redis_config_parse("sentinel://fg:pw@10.0.0.1,[::1]:7001,c/calls.eu/2",
                                           &config, storage, 512),
                     FG_OK);
    assert_null(config.host);
    assert_string_equal(config.password, "pw");
    assert_string_equal(config.sentinel_master, "calls.eu");
    assert_int_equal(config.database, 2);
    assert_int_equal(config.n_sentinels, 3);
    assert_string_equal(config.sentinels[0].host, "10.0.0.1");
    assert_int_equal(config.sentinels[0].port, 26379);
    assert_string_equal(config.sentinels[1].host, "::1");
    assert_int_equal(config.sentinels[1].port, 7001);
    assert_string_equal(config.sentinels[2].host, "c");
    assert_int_equal(
        fg_redis_config_parse("cluster://fg:pw@10.0.0.1:7000,[::1]:7001,c", &config, storage, 512),
        FG_OK);
    assert_null(config.host);
    assert_string_equal(config.username, "fg");
    assert_int_equal(config.n_sentinels, 0);
    assert_int_equal(config.n_nodes, 3);
    assert_string_equal(config.nodes[1].host, "::1");
    assert_int_equal(config.nodes[1].port, 7001);
    assert_string_equal(config.nodes[2].host, "c");
    assert_int_equal(config.nodes[2].port, 6379);
    const char *const bad[] = {"",
                               "unix:",
                               "unix:relative",
                               "localhost",
                               ":6379",
                               "h:0",
                               "h:65536",
                               "h:12x",
                               "redis://",
                               "redis://u@h",
                               "redis://u:@h",
                               "redis://h/x",
                               "redis://h/9999",
                               "redis://[::1",
                               "redis://[::1]x",
                               "rediss://h:1",
                               "redis://u:%zz@h",
                               "sentinel://",
                               "sentinel://h",
                               "sentinel://h/",
                               "sentinel://h,/m",
                               "sentinel://,h/m",
                               "sentinel://h/m/x",
                               "sentinel://h/m m",
                               "sentinel://h:0/m",
                               "sentinel://a,b,c,d,e,f,g,h,i/m",
                               "cluster://",
                               "cluster://a,",
                               "cluster://a/0",
                               "cluster://a:0",
                               "cluster://a,b,c,d,e,f,g,h,i",
                               "redis://u:%00@h"};
    struct fg_redis_config before = config;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (fg_redis_config_parse(bad[i], &config, storage, 512) != FG_ESYNTAX)
            fail_msg("%s is taken", bad[i]);
    assert_memory_equal(&config, &before, sizeof(config));
    assert_int_equal(fg_redis_config_parse("redis://:pw@localhost", &config, storage, 8),
                     FG_ESYNTAX);
}

static void test_kinds_of_errors_have_names(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < FG_REDIS_ERRORS; i++) {
        assert_true(strlen(fg_redis_error_name((enum fg_redis_error)i)) > 0);
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(fg_redis_error_name((enum fg_redis_error)i),
                                    fg_redis_error_name((enum fg_redis_error)k));
    }
    assert_int_equal(redis_error_classify(fg_view_of("MOVED 3999 127.0.0.1:6381")),
                     FG_REDIS_ERROR_MOVED);
    assert_int_equal(redis_error_classify(fg_view_of("MOVE")), FG_REDIS_ERROR_REPLY);
    assert_int_equal(redis_error_classify(fg_view_of("")), FG_REDIS_ERROR_REPLY);
}

// The bytes of a reply to request, as the library would pack it.
static size_t reply_bytes(const struct redis_request *request, uint64_t token, uint8_t *out)
{
    size_t len = 0;
    for (int i = 7; i >= 0; i--)
        out[len++] = (uint8_t)(token >> (8 * i));
    out[len++] = 0;
    out[len++] = request->n_values;
    for (unsigned i = 0; i < request->n_values; i++) {
        memset(out + len, 0, 6);
        out[len + 6] = (uint8_t)(i + 1);
        len += 7;
    }
    out[len++] = 0;
    return len;
}

static void test_replies_are_taken_whole_or_not_at_all(void **unused)
{
    (void)unused;
    struct fg_store_request request = add_to("acme", 1, 1);
    request.n_ops = 2;
    request.ops[1] = (struct fg_meter_op){.kind = FG_OP_WINDOW_READ, .cells = 1, .scope = 9};
    fg_hold_ask(&request.holds, FG_HOLD_CUSTOMER, 0);
    static struct redis_request packed;
    redis_request_pack(&request, 77, NULL, &packed);
    assert_int_equal(packed.n_keys, 3);
    assert_string_equal(packed.keys[0], "fg:{acme}:m:c");
    assert_string_equal(packed.keys[1], "fg:{acme}:m:0000000000000009");
    assert_string_equal(packed.keys[2], "fg:{acme}:h");

    uint8_t bytes[128];
    const size_t len = reply_bytes(&packed, 77, bytes);
    struct fg_store_reply reply, before;
    bool reset = true;
    memset(&reply, 0x33, sizeof(reply));
    before = reply;
    for (size_t n = 0; n < len; n++) {
        const struct fg_view part = {(const char *)bytes, n};
        assert_int_equal(redis_reply_unpack(&packed, part, &reply, &reset), FG_EPROTOCOL);
    }
    const struct fg_view longer = {(const char *)bytes, len + 1};
    bytes[len] = 0;
    assert_int_equal(redis_reply_unpack(&packed, longer, &reply, &reset), FG_EPROTOCOL);
    const struct fg_view whole = {(const char *)bytes, len};
    packed.token = 78;
    assert_int_equal(redis_reply_unpack(&packed, whole, &reply, &reset), FG_EMISMATCH);
    packed.token = 77;
    bytes[9] = 3;
    assert_int_equal(redis_reply_unpack(&packed, whole, &reply, &reset), FG_EPROTOCOL);
    bytes[9] = 2;
    bytes[10] = 0x7f; // more than a sum can be
    assert_int_equal(redis_reply_unpack(&packed, whole, &reply, &reset), FG_EPROTOCOL);
    bytes[10] = 0;
    bytes[len - 1] = 2; // a hold that was not asked for
    assert_int_equal(redis_reply_unpack(&packed, whole, &reply, &reset), FG_EPROTOCOL);
    assert_memory_equal(&reply, &before, sizeof(reply));
    bytes[len - 1] = 0;
    assert_int_equal(redis_reply_unpack(&packed, whole, &reply, &reset), FG_OK);
    assert_int_equal(reply.values[0], 1);
    assert_int_equal(reply.values[1], 2);
    assert_false(reset);
}

static void test_every_key_has_a_lifetime_and_one_tag(void **unused)
{
    (void)unused;
    struct fg_redis *redis = connection(2000);
    resp_free(COMMAND(redis, "FLUSHALL"));
    struct fg_store_request request = add_to("acme", 1, 1);
    request.once = true;
    request.n_ops = 3;
    request.ops[1] = request.ops[0];
    request.ops[1].scope_is_customer = false;
    request.ops[1].scope = 0xabc;
    request.ops[2] = (struct fg_meter_op){.kind = FG_OP_SET_PUT,
                                          .meter_id = 2,
                                          .scope_is_customer = true,
                                          .ttl_ms = 150000,
                                          .expiry_ms = NOW + 150000};
    struct fg_store_reply reply;
    assert_int_equal(evaluate(redis, &request, &reply), FG_OK);
    struct resp *keys = COMMAND(redis, "KEYS", "*");
    assert_int_equal(keys->n_elements, 4);
    for (size_t i = 0; i < keys->n_elements; i++) {
        const char *key = resp_text(resp_at(keys, i)).ptr;
        assert_true(strncmp(key, "fg:{acme}:", 10) == 0);
        const int64_t ttl = number_of(COMMAND(redis, "PTTL", key));
        const int64_t wanted = strstr(key, ":c:") != NULL   ? 60000
                               : strstr(key, ":s:") != NULL ? 210000
                                                            : 126000;
        assert_in_range(ttl, wanted - 5000, wanted);
    }
    resp_free(keys);
    fg_redis_free(redis);
}

static void test_records_are_bounded_and_survive_nonsense(void **unused)
{
    (void)unused;
    struct fg_redis *redis = connection(2000);
    struct fg_store_reply reply;
    for (uint32_t meter = 0; meter < 100; meter++) {
        struct fg_store_request request = add_to("bounded", meter, INT64_C(1) << 40);
        request.ops[0].ttl_ms += (int64_t)meter * 1000;
        for (int cell = 0; cell < FG_WINDOW_CELLS; cell++) {
            assert_int_equal(evaluate(redis, &request, &reply), FG_OK);
            request.ops[0].bucket++;
        }
        assert_int_equal(reply.values[0], INT64_C(11) << 40);
    }
    const int64_t bytes = number_of(COMMAND(redis, "STRLEN", "fg:{bounded}:m:c"));
    assert_int_equal(bytes, 2 + 64 * (31 + 70));
    // The meters that would have expired first went.
    struct fg_store_request request = add_to("bounded", 35, 1);
    request.ops[0].kind = FG_OP_WINDOW_READ;
    assert_int_equal(evaluate(redis, &request, &reply), FG_OK);
    assert_int_equal(reply.values[0], 0);
    request.ops[0].meter_id = 36;
    assert_int_equal(evaluate(redis, &request, &reply), FG_OK);
    assert_int_equal(reply.values[0], INT64_C(11) << 40);

    const char *const nonsense[] = {"",
                                    "\x01",
                                    "\x01\x01",
                                    "\x02\x01xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                                    "\x01\x01xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                                    "\xff\xff"};
    for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
        resp_free(COMMAND(redis, "SET", "fg:{nonsense}:m:c", nonsense[i]));
        request = add_to("nonsense", 1, 5);
        assert_int_equal(evaluate(redis, &request, &reply), FG_OK);
        assert_int_equal(reply.values[0], 5);
        assert_int_equal(fg_redis_error_count(redis, FG_REDIS_ERROR_RECORD), i + 1);
    }
    fg_redis_free(redis);
}

static void test_processes_add_exactly(void **unused)
{
    (void)unused;
    enum { PROCESSES = 8, ADDS = 500 };
    struct fg_store_request request = add_to("many", 1, 3);
    pid_t pids[PROCESSES];
    for (int p = 0; p < PROCESSES; p++) {
        pids[p] = fork();
        if (pids[p] != 0)
            continue;
        struct fg_redis *redis = connection(5000);
        struct fg_store_reply reply;
        int failed = 0;
        for (int i = 0; i < ADDS; i++)
            failed += evaluate(redis, &request, &reply) != FG_OK;
        fg_redis_free(redis);
        _exit(failed != 0 ? 1 : 0);
    }
    for (int p = 0; p < PROCESSES; p++) {
        int status;
        waitpid(pids[p], &status, 0);
        assert_int_equal(status, 0);
    }
    struct fg_redis *redis = connection(2000);
    struct fg_store_reply reply;
    request.ops[0].kind = FG_OP_WINDOW_READ;
    assert_int_equal(evaluate(redis, &request, &reply), FG_OK);
    assert_int_equal(reply.values[0], PROCESSES * ADDS * 3);
    fg_redis_free(redis);
}

static void test_a_lost_library_is_loaded_again(void **unused)
{
    (void)unused;
    struct fg_redis *redis = connection(2000);
    struct fg_store_request request = add_to("again", 1, 1);
    struct fg_store_reply reply;
    assert_int_equal(evaluate(redis, &request, &reply), FG_OK);
    const uint64_t before = fg_redis_error_count(redis, FG_REDIS_ERROR_FUNCTION);
    resp_free(COMMAND(redis, "FUNCTION", "FLUSH"));
    assert_int_equal(evaluate(redis, &request, &reply), FG_OK);
    assert_int_equal(reply.values[0], 2);
    assert_int_equal(fg_redis_error_count(redis, FG_REDIS_ERROR_FUNCTION), before + 1);
    fg_redis_free(redis);
}

static void test_refusals_of_a_real_server(void **unused)
{
    (void)unused;
    struct fg_redis *redis = connection(2000), *control = connection(2000);
    struct fg_store_request request = add_to("refused", 1, 1);
    struct fg_store_reply reply;
    assert_int_equal(evaluate(redis, &request, &reply), FG_OK);

    resp_free(COMMAND(control, "CONFIG", "SET", "maxmemory", "1"));
    assert_int_equal(evaluate(redis, &request, &reply), FG_EUNAVAILABLE);
    assert_int_equal(fg_redis_last_error_kind(redis), FG_REDIS_ERROR_OOM);
    resp_free(COMMAND(control, "CONFIG", "SET", "maxmemory", "0"));

    resp_free(COMMAND(control, "REPLICAOF", "127.0.0.1", "1"));
    assert_int_equal(evaluate(redis, &request, &reply), FG_EUNAVAILABLE);
    assert_int_equal(fg_redis_last_error_kind(redis), FG_REDIS_ERROR_READONLY);
    resp_free(COMMAND(control, "REPLICAOF", "NO", "ONE"));

    resp_free(COMMAND(control, "CONFIG", "SET", "requirepass", "secret-word"));
    struct fg_redis *stranger = connection(2000);
    assert_int_equal(evaluate(stranger, &request, &reply), FG_EUNAVAILABLE);
    assert_int_equal(fg_redis_last_error_kind(stranger), FG_REDIS_ERROR_NOAUTH);
    fg_redis_free(stranger);
    struct fg_redis_config config = store_server_config(&redis_server, 2000);
    config.password = "wrong-word";
    stranger = fg_redis_new(&config);
    assert_int_equal(evaluate(stranger, &request, &reply), FG_EUNAVAILABLE);
    assert_int_equal(fg_redis_last_error_kind(stranger), FG_REDIS_ERROR_WRONGPASS);
    assert_null(strstr(fg_redis_last_error(stranger), "wrong-word"));
    fg_redis_free(stranger);
    config.password = "secret-word";
    config.database = 2;
    stranger = fg_redis_new(&config);
    assert_int_equal(evaluate(stranger, &request, &reply), FG_OK);
    assert_int_equal(reply.values[0], 1);
    fg_redis_free(stranger);
    resp_free(COMMAND(control, "CONFIG", "SET", "requirepass", ""));

    resp_free(COMMAND(control, "LPUSH", "fg:{list}:s:00000001:c", "x"));
    request.customer = "list";
    request.ops[0].kind = FG_OP_SET_READ;
    assert_int_equal(evaluate(redis, &request, &reply), FG_EUNAVAILABLE);
    assert_int_equal(fg_redis_last_error_kind(redis), FG_REDIS_ERROR_WRONGTYPE);
    request = add_to("refused", 1, 1);
    assert_int_equal(evaluate(redis, &request, &reply), FG_OK);
    assert_int_equal(reply.values[0], 2);
    fg_redis_free(redis);
    fg_redis_free(control);
}

static void test_refusals_by_their_words(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        enum fg_redis_error kind;
    } cases[] = {
        {"LOADING Redis is loading the dataset in memory", FG_REDIS_ERROR_LOADING},
        {"BUSY Redis is busy running a script.", FG_REDIS_ERROR_BUSY},
        {"ERR max number of clients reached", FG_REDIS_ERROR_CLIENTS},
        {"MOVED 3999 127.0.0.1:6381", FG_REDIS_ERROR_MOVED},
        {"ASK 3999 127.0.0.1:6381", FG_REDIS_ERROR_ASK},
        {"CLUSTERDOWN The cluster is down", FG_REDIS_ERROR_CLUSTERDOWN},
        {"MASTERDOWN Link with MASTER is down", FG_REDIS_ERROR_MASTERDOWN},
        {"NOSCRIPT No matching script", FG_REDIS_ERROR_NOSCRIPT},
        {"CROSSSLOT Keys in request don't hash to the same slot", FG_REDIS_ERROR_CROSSSLOT},
        {"MISCONF Redis is configured to save", FG_REDIS_ERROR_MISCONF},
        {"ERR something \x1b[31m else", FG_REDIS_ERROR_REPLY},
    };
    struct store_proxy proxy = {0};
    store_proxy_start(&proxy, &redis_server);
    const struct fg_redis_config config = store_proxy_config(&proxy, 1000);
    struct fg_redis *redis = fg_redis_new(&config);
    struct fg_store_request request = add_to("words", 1, 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fg_store_reply reply;
        store_proxy_set(&proxy, PROXY_ERROR, cases[i].text);
        assert_int_equal(evaluate(redis, &request, &reply), FG_EUNAVAILABLE);
        assert_int_equal(fg_redis_last_error_kind(redis), cases[i].kind);
        assert_null(strchr(fg_redis_last_error(redis), '\x1b'));
        assert_int_equal(fg_redis_error_count(redis, cases[i].kind), 1);
    }
    fg_redis_free(redis);
    store_proxy_stop(&proxy);
}

static void test_a_mistreated_answer_is_never_used(void **unused)
{
    (void)unused;
    enum { CALLS = 600, DEADLINE_MS = 15 };
    struct store_proxy proxy = {0};
    store_proxy_start(&proxy, &redis_server);
    const struct fg_redis_config config = store_proxy_config(&proxy, DEADLINE_MS);
    struct fg_redis *redis = fg_redis_new(&config);
    unsigned answered = 0, failed = 0;
    int64_t longest_ns = 0;
    for (uint32_t i = 1; i <= CALLS; i++) {
        store_proxy_set(&proxy, i % 3 == 0 ? (enum proxy_mode)(i / 3 % PROXY_ERROR) : PROXY_PASS,
                        NULL);
        char customer[16];
        snprintf(customer, sizeof(customer), "m%u", i);
        // Each call has its own meter and amount: another call's answer would show.
        const struct fg_store_request request = add_to(customer, i, i);
        struct fg_store_reply reply;
        const int64_t from_ns = monotonic_ns();
        const int rc = evaluate(redis, &request, &reply);
        const int64_t took_ns = monotonic_ns() - from_ns;
        longest_ns = took_ns > longest_ns ? took_ns : longest_ns;
        if (rc == FG_OK) {
            assert_int_equal(reply.values[0], i);
            answered++;
        } else {
            failed++;
        }
    }
    print_message("%u answered, %u failed (timeout %llu, protocol %llu, token %llu, closed %llu), "
                  "longest %.2f ms of %d\n",
                  answered, failed,
                  (unsigned long long)fg_redis_error_count(redis, FG_REDIS_ERROR_TIMEOUT),
                  (unsigned long long)fg_redis_error_count(redis, FG_REDIS_ERROR_PROTOCOL),
                  (unsigned long long)fg_redis_error_count(redis, FG_REDIS_ERROR_TOKEN),
                  (unsigned long long)fg_redis_error_count(redis, FG_REDIS_ERROR_CLOSED),
                  (double)longest_ns / 1e6, DEADLINE_MS);
    assert_true(answered > CALLS / 2 && failed > CALLS / 6);
    assert_true(fg_redis_error_count(redis, FG_REDIS_ERROR_TOKEN) > 0);
    assert_true(fg_redis_error_count(redis, FG_REDIS_ERROR_PROTOCOL) > 0);
    assert_true(fg_redis_error_count(redis, FG_REDIS_ERROR_TIMEOUT) > 0);
    assert_true(longest_ns < (DEADLINE_MS + 100) * FG_NS_PER_MS);
    fg_redis_free(redis);
    store_proxy_stop(&proxy);
}

static void test_a_forked_connection_is_not_shared(void **unused)
{
    (void)unused;
    struct fg_redis *redis = connection(2000);
    struct fg_store_request request = add_to("forked", 1, 1);
    struct fg_store_reply reply;
    assert_int_equal(evaluate(redis, &request, &reply), FG_OK);
    const int parents = redis->conn.fd;
    struct stat before, after;
    assert_int_equal(fstat(parents, &before), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        const int rc = evaluate(redis, &request, &reply);
        const bool other = fstat(redis->conn.fd, &after) == 0 && after.st_ino != before.st_ino;
        _exit(rc == FG_OK && reply.values[0] == 2 && other ? 0 : 1);
    }
    int status;
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(evaluate(redis, &request, &reply), FG_OK);
    assert_int_equal(reply.values[0], 3);
    assert_int_equal(redis->conn.fd, parents);
    fg_redis_free(redis);
}

static void test_nobody_there(void **unused)
{
    (void)unused;
    struct fg_redis_config config = {.unix_path = "/tmp/fg-store-nothing-here", .deadline_ms = 20};
    struct fg_redis *redis = fg_redis_new(&config);
    struct fg_store_request request = add_to("acme", 1, 1);
    struct fg_store_reply reply;
    assert_int_equal(evaluate(redis, &request, &reply), FG_EUNAVAILABLE);
    assert_int_equal(fg_redis_last_error_kind(redis), FG_REDIS_ERROR_CONNECT);
    fg_redis_free(redis);
    config = (struct fg_redis_config){.host = "127.0.0.1", .port = 1, .deadline_ms = 20};
    redis = fg_redis_new(&config);
    assert_int_equal(evaluate(redis, &request, &reply), FG_EUNAVAILABLE);
    fg_redis_free(redis);
    char long_path[200];
    memset(long_path, 'a', sizeof(long_path) - 1);
    long_path[sizeof(long_path) - 1] = '\0';
    config = (struct fg_redis_config){.unix_path = long_path};
    assert_null(fg_redis_new(&config));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_kinds_of_errors_have_names),
        cmocka_unit_test(test_replies_are_taken_whole_or_not_at_all),
        cmocka_unit_test(test_every_key_has_a_lifetime_and_one_tag),
        cmocka_unit_test(test_records_are_bounded_and_survive_nonsense),
        cmocka_unit_test(test_processes_add_exactly),
        cmocka_unit_test(test_a_lost_library_is_loaded_again),
        cmocka_unit_test(test_refusals_of_a_real_server),
        cmocka_unit_test(test_refusals_by_their_words),
        cmocka_unit_test(test_a_mistreated_answer_is_never_used),
        cmocka_unit_test(test_a_forked_connection_is_not_shared),
        cmocka_unit_test(test_nobody_there),
    };
    return cmocka_run_group_tests(tests, redis_start, redis_stop);
}
