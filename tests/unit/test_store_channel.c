// SPDX-License-Identifier: GPL-2.0-or-later
// The holds channel and the other things kept in Redis, against a real server.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fg/redis_link.h"
#include "monotonic.h"
#include "store_server.h"

#define NOW INT64_C(1795310000000)

static struct store_server server;
static struct fg_redis *redis;

static int test_start(void **state)
{
    (void)state;
    store_server_start(&server, NULL);
    const struct fg_redis_config config = store_server_config(&server, 3000);
    redis = fg_redis_new(&config);
    return redis == NULL;
}

static int test_stop(void **state)
{
    (void)state;
    fg_redis_free(redis);
    store_server_stop(&server);
    return 0;
}

struct heard {
    unsigned n;
    char last[5000];
};

static void message_keep(void *arg, struct fg_view message)
{
    struct heard *heard = arg;
    heard->n++;
    snprintf(heard->last, sizeof(heard->last), "%.*s", (int)message.len, message.ptr);
}

static bool keep(void *arg, struct fg_view json)
{
    message_keep(arg, json);
    return true;
}

static bool keep_first(void *arg, struct fg_view json)
{
    message_keep(arg, json);
    return false;
}

static bool keep_trunk(void *arg, struct fg_view customer, struct fg_view json)
{
    assert_true(fg_view_equal(customer, fg_view_of("acme")));
    message_keep(arg, json);
    return true;
}

static void test_channel(void **unused)
{
    (void)unused;
    const struct fg_redis_config config = store_server_config(&server, 500);
    struct fg_redis_channel *channel = fg_redis_channel_new(&config);
    struct heard heard = {0};
    bool reconnected;
    assert_int_equal(fg_redis_channel_poll(channel, 1000, &reconnected, message_keep, &heard),
                     FG_OK);
    assert_true(reconnected);
    const struct fg_view message = fg_view_of("{\"v\":1,\"op\":\"kill\"}");
    assert_int_equal(
        fg_redis_kill_put(redis, fg_view_of("call-id@x"), INT64_C(4000000000000), message), FG_OK);
    assert_int_equal(fg_redis_channel_poll(channel, 1000, &reconnected, message_keep, &heard),
                     FG_OK);
    assert_false(reconnected);
    assert_int_equal(heard.n, 1);
    assert_string_equal(heard.last, message.ptr);

    // Too long is dropped, and does not stand in the way of the next.
    static char big[4097];
    memset(big, 'x', sizeof(big));
    assert_int_equal(fg_redis_hold_delete(redis, "acme", "risky", (struct fg_view){big, 4097}),
                     FG_ENOTFOUND);
    assert_int_equal(fg_redis_hold_delete(redis, "acme", "risky", fg_view_of("small")),
                     FG_ENOTFOUND);
    for (int i = 0; i < 2 && heard.n < 2; i++)
        assert_int_equal(fg_redis_channel_poll(channel, 500, &reconnected, message_keep, &heard),
                         FG_OK);
    assert_int_equal(heard.n, 2);
    assert_string_equal(heard.last, "small");

    // Quiet for long, it is kept alive by pings.
    const int64_t quiet_ns = monotonic_ns();
    assert_int_equal(fg_redis_channel_poll(channel, 2500, &reconnected, message_keep, &heard),
                     FG_OK);
    assert_false(reconnected);
    assert_true(monotonic_ns() - quiet_ns >= 2500 * FG_NS_PER_MS);
    fg_redis_channel_free(channel);
}

static void test_channel_notices_a_dead_peer(void **unused)
{
    (void)unused;
    const struct fg_redis_config config = store_server_config(&server, 500);
    struct fg_redis_channel *channel = fg_redis_channel_new(&config);
    struct heard heard = {0};
    bool reconnected;
    assert_int_equal(fg_redis_channel_poll(channel, 1000, &reconnected, message_keep, &heard),
                     FG_OK);
    kill(server.pid, SIGSTOP);
    const int64_t from_ns = monotonic_ns();
    int rc = FG_OK;
    while (rc == FG_OK && monotonic_ns() - from_ns < 10000 * FG_NS_PER_MS)
        rc = fg_redis_channel_poll(channel, 100, &reconnected, message_keep, &heard);
    const double noticed_ms = (double)(monotonic_ns() - from_ns) / 1e6;
    print_message("noticed after %.0f ms\n", noticed_ms);
    assert_int_equal(rc, FG_EUNAVAILABLE);
    assert_true(noticed_ms < 2500);
    kill(server.pid, SIGCONT);
    reconnected = false;
    for (int i = 0; i < 20 && !reconnected; i++)
        rc = fg_redis_channel_poll(channel, 500, &reconnected, message_keep, &heard);
    assert_int_equal(rc, FG_OK);
    assert_true(reconnected);

    store_server_kill(&server);
    rc = FG_OK;
    for (int i = 0; i < 3 && rc == FG_OK; i++)
        rc = fg_redis_channel_poll(channel, 100, &reconnected, message_keep, &heard);
    assert_int_equal(rc, FG_EUNAVAILABLE);
    assert_int_equal(fg_redis_channel_poll(channel, 100, &reconnected, message_keep, &heard),
                     FG_EUNAVAILABLE);
    fg_redis_channel_free(channel);
}

static void hold_json(char *out, size_t size, unsigned n, int64_t since_ms, int64_t until_ms)
{
    snprintf(out, size,
             "{\"n\":%u,\"times\":0,\"cut\":true,\"since_ms\":%" PRId64 ",\"until_ms\":%" PRId64
             "}",
             n, since_ms, until_ms);
}

static void test_holds(void **unused)
{
    (void)unused;
    const struct fg_view message = fg_view_of("{}");
    struct heard heard = {0};
    for (unsigned i = 0; i < 150; i++) {
        char customer[16], json[128], *stored = NULL;
        const char *scope = i % 2 ? "customer" : "country.MV";
        snprintf(customer, sizeof(customer), "c%u", i);
        hold_json(json, sizeof(json), i, NOW, NOW + i + 1);
        assert_int_equal(fg_redis_hold_set(redis, customer, scope, NULL, fg_view_of(json), &stored),
                         FG_OK);
        assert_string_equal(stored, json);
        free(stored);
        assert_int_equal(fg_redis_hold_tell(redis, customer, scope, NOW + i + 1, message), FG_OK);
    }
    assert_int_equal(fg_redis_holds_each(redis, NOW, keep, &heard), FG_OK);
    assert_int_equal(heard.n, 150);
    heard.n = 0;
    assert_int_equal(fg_redis_holds_each(redis, NOW + 50, keep, &heard), FG_OK);
    assert_int_equal(heard.n, 100);
    heard.n = 0;
    assert_int_equal(fg_redis_holds_each(redis, NOW, keep_first, &heard), FG_OK);
    assert_int_equal(heard.n, 1); // and the index was pruned meanwhile
    assert_true(strncmp(heard.last, "{\"n\":50,", 8) == 0);
    assert_int_equal(fg_redis_hold_delete(redis, "c51", "customer", message), FG_OK);
    assert_int_equal(fg_redis_hold_delete(redis, "c51", "customer", message), FG_ENOTFOUND);
    const char *const scopes[] = {"", "all", "country.", "country.mv", "country.MVX", "customer "};
    char *stored = NULL;
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(fg_redis_hold_set(redis, "acme", scopes[i], NULL, message, &stored),
                         FG_EINVAL);
        assert_int_equal(fg_redis_hold_tell(redis, "acme", scopes[i], NOW, message), FG_EINVAL);
    }
    assert_int_equal(fg_redis_hold_set(redis, "a}{b", "customer", NULL, message, &stored),
                     FG_EINVAL);
    // What is no hold is refused there, and changes nothing.
    assert_int_not_equal(fg_redis_hold_set(redis, "acme", "risky", NULL, message, &stored), FG_OK);
    assert_null(stored);
}

static void test_events_records_trunks(void **unused)
{
    (void)unused;
    struct heard heard = {0};
    const struct fg_view events[] = {fg_view_of("{\"e\":1}"), fg_view_of("{\"e\":2}"),
                                     fg_view_of("{\"e\":3}")};
    assert_int_equal(fg_redis_events_append(redis, events, 3), FG_OK);
    assert_int_equal(fg_redis_events_append(redis, events, 0), FG_OK);
    assert_int_equal(fg_redis_events_append(redis, events, 513), FG_ELIMIT);
    assert_int_equal(fg_redis_events_last(redis, 2, keep, &heard), FG_OK);
    assert_int_equal(heard.n, 2);
    assert_string_equal(heard.last, "{\"e\":2}");

    const char *const hash = "0123456789abcdef0123456789abcdef";
    char *json = NULL;
    size_t len = 0;
    assert_int_equal(fg_redis_record_get(redis, hash, &json, &len), FG_ENOTFOUND);
    assert_int_equal(fg_redis_record_put(redis, hash, (struct fg_view){"a\0b", 3}, 60), FG_OK);
    assert_int_equal(fg_redis_record_get(redis, hash, &json, &len), FG_OK);
    assert_int_equal(len, 3);
    assert_memory_equal(json, "a\0b", 4);
    free(json);
    assert_int_equal(fg_redis_record_get(redis, "0123", &json, &len), FG_EINVAL);

    heard.n = 0;
    assert_int_equal(fg_redis_trunk_put(redis, "acme", fg_view_of("{\"t\":1}")), FG_OK);
    assert_int_equal(fg_redis_trunk_put(redis, "ACME", fg_view_of("{}")), FG_EINVAL);
    assert_int_equal(fg_redis_trunks_each(redis, keep_trunk, &heard), FG_OK);
    assert_int_equal(heard.n, 1);
    assert_string_equal(heard.last, "{\"t\":1}");
    assert_int_equal(fg_redis_ping(redis), FG_OK);
}

static size_t reads_processed(const struct store_server *of)
{
    char line[256];
    unsigned long n = 0;
    snprintf(line, sizeof(line), "redis-cli -s %s info stats", of->socket);
    FILE *info = popen(line, "r"); // NOLINT(cert-env33-c): the test's own server
    assert_non_null(info);
    static const char field[] = "total_reads_processed:";
    while (fgets(line, sizeof(line), info) != NULL) {
        if (strncmp(line, field, sizeof(field) - 1) == 0)
            n = strtoul(line + sizeof(field) - 1, NULL, 10);
    }
    pclose(info);
    return n;
}

static void assert_record(const char *hash, const char *wanted)
{
    char *json = NULL;
    size_t len = 0;
    assert_int_equal(fg_redis_record_get(redis, hash, &json, &len), FG_OK);
    assert_string_equal(json, wanted);
    free(json);
}

static void test_events_with_records(void **unused)
{
    (void)unused;
    static const char *const hashes[] = {"00000000000000000000000000000001", NULL,
                                         "00000000000000000000000000000003"};
    static const char *const texts[] = {"{\"e\":1}", "{\"e\":2}", "{\"e\":3}"};
    struct fg_redis_event events[513];
    struct heard heard = {0};
    size_t failed = 9;
    for (size_t i = 0; i < 513; i++)
        events[i] = (struct fg_redis_event){fg_view_of(texts[i % 3]), hashes[i % 3], 60};

    assert_int_equal(fg_redis_events_write(redis, events, 0, &failed), FG_OK);
    assert_int_equal(failed, 0);
    assert_int_equal(fg_redis_events_write(redis, events, 3, &failed), FG_OK);
    assert_int_equal(failed, 0);
    assert_int_equal(fg_redis_events_last(redis, 9, keep, &heard), FG_OK);
    assert_int_equal(heard.n, 3);
    assert_string_equal(heard.last, texts[0]); // the oldest comes last
    assert_record(hashes[0], texts[0]);
    assert_record(hashes[2], texts[2]);

    // A whole batch: one round trip is a handful of reads for the server, not one for each record.
    const size_t before = reads_processed(&server);
    assert_int_equal(fg_redis_events_write(redis, events, 512, &failed), FG_OK);
    assert_in_range(reads_processed(&server) - before, 1, 100);
    assert_int_equal(fg_redis_events_write(redis, events, 513, &failed), FG_ELIMIT);

    // Nothing is sent when a hash is none, however late in the batch.
    events[2].record_hash = "not hexadecimal";
    heard.n = 0;
    assert_int_equal(fg_redis_events_write(redis, events, 3, &failed), FG_EINVAL);
    events[0].record_ttl_s = 0;
    assert_int_equal(fg_redis_events_write(redis, events, 1, &failed), FG_EINVAL);
    assert_int_equal(fg_redis_events_last(redis, 1000, keep, &heard), FG_OK);
    assert_int_equal(heard.n, 515);
}

static void order(const char *command)
{
    char line[256];
    snprintf(line, sizeof(line), "redis-cli -s %s %s >/dev/null", server.socket, command);
    assert_int_equal(system(line), 0); // NOLINT(cert-env33-c): the test's own server
}

static void test_refused_records_and_events(void **unused)
{
    (void)unused;
    const struct fg_redis_event event = {fg_view_of("{}"), "00000000000000000000000000000001", 60};
    struct heard heard = {0};
    size_t failed = 9;
    // Events yes, records no: the events count as written, once.
    order("acl setuser default resetkeys '~fg:events'");
    assert_int_equal(fg_redis_events_write(redis, &event, 1, &failed), FG_OK);
    assert_int_equal(failed, 1);
    assert_int_equal(fg_redis_last_error_kind(redis), FG_REDIS_ERROR_NOPERM);
    assert_int_equal(fg_redis_events_last(redis, 9, keep, &heard), FG_OK);
    assert_int_equal(heard.n, 1);
    // Records yes, events no: the batch is to be sent again, and *failed says nothing.
    order("acl setuser default resetkeys '~fg:call:*'");
    failed = 9;
    assert_int_equal(fg_redis_events_write(redis, &event, 1, &failed), FG_EUNAVAILABLE);
    assert_int_equal(failed, 9);
    assert_int_equal(fg_redis_ping(redis), FG_OK); // the connection is in step
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_channel, test_start, test_stop),
        cmocka_unit_test_setup_teardown(test_channel_notices_a_dead_peer, test_start, test_stop),
        cmocka_unit_test_setup_teardown(test_holds, test_start, test_stop),
        cmocka_unit_test_setup_teardown(test_events_records_trunks, test_start, test_stop),
        cmocka_unit_test_setup_teardown(test_events_with_records, test_start, test_stop),
        cmocka_unit_test_setup_teardown(test_refused_records_and_events, test_start, test_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
