// SPDX-License-Identifier: GPL-2.0-or-later
#include "redis_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "monotonic.h"

struct store_server redis_server;

int redis_start(void **state)
{
    (void)state;
    store_server_start(&redis_server, NULL);
    return 0;
}

int redis_stop(void **state)
{
    (void)state;
    store_server_stop(&redis_server);
    return 0;
}

struct fg_redis *connection(int32_t deadline_ms)
{
    const struct fg_redis_config config = store_server_config(&redis_server, deadline_ms);
    struct fg_redis *redis = fg_redis_new(&config);
    assert_non_null(redis);
    return redis;
}

struct resp *command(struct fg_redis *redis, const char *const *words)
{
    struct fg_view args[16];
    size_t n = 0;
    for (; words[n] != NULL; n++) {
        assert_in_range(n, 0, 15);
        args[n] = fg_view_of(words[n]);
    }
    struct resp *reply;
    assert_int_equal(conn_append(&redis->conn, args, n), FG_OK);
    assert_int_equal(conn_exchange(&redis->conn, monotonic_ns() + 5000 * FG_NS_PER_MS, &reply, 1),
                     FG_OK);
    return reply;
}

int64_t number_of(struct resp *reply)
{
    assert_int_equal(reply->type, RESP_INTEGER);
    const int64_t number = reply->integer;
    resp_free(reply);
    return number;
}

int evaluate(struct fg_redis *redis, const struct fg_store_request *request,
             struct fg_store_reply *reply)
{
    const struct fg_store store = fg_redis_store(redis);
    return store.ops->evaluate(store.impl, request, reply);
}
