// SPDX-License-Identifier: GPL-2.0-or-later
#include "redis_store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "monotonic.h"
#include "request.h"

#define DEADLINE_DEFAULT_MS 20
#define DEADLINE_MAX_MS     60000

const char *fg_redis_library_source(void)
{
    return (const char *)fg_redis_library;
}

struct fg_redis *fg_redis_new(const struct fg_redis_config *config)
{
    struct fg_redis *redis = calloc(1, sizeof(*redis));
    if (redis == NULL)
        return NULL;
    if (conn_init(&redis->conn, config) != FG_OK ||
        (config->n_nodes > 0 && (redis->cluster = cluster_new(&redis->conn)) == NULL) ||
        getrandom(&redis->token, sizeof(redis->token), 0) != (ssize_t)sizeof(redis->token)) {
        fg_redis_free(redis);
        return NULL;
    }
    redis->deadline_ms = config->deadline_ms > 0 ? config->deadline_ms : DEADLINE_DEFAULT_MS;
    if (redis->deadline_ms > DEADLINE_MAX_MS)
        redis->deadline_ms = DEADLINE_MAX_MS;
    return redis;
}

void fg_redis_free(struct fg_redis *redis)
{
    if (redis == NULL)
        return;
    cluster_free(redis->cluster);
    conn_fini(&redis->conn);
    free(redis);
}

int fg_redis_resolve(struct fg_redis *redis)
{
    return conn_resolve(&redis->conn);
}

const char *fg_redis_last_error(const struct fg_redis *redis)
{
    return redis->conn.error;
}

enum fg_redis_error fg_redis_last_error_kind(const struct fg_redis *redis)
{
    return redis->conn.kind;
}

uint64_t fg_redis_error_count(const struct fg_redis *redis, enum fg_redis_error kind)
{
    return (unsigned)kind < FG_REDIS_ERRORS ? redis->conn.counts[kind] : 0;
}

uint64_t redis_token_next(struct fg_redis *redis)
{
    return ++redis->token;
}

struct fg_hash128 redis_single_key(struct fg_redis *redis)
{
    // Drawn for each request: two processes that were forked with the same state must not agree.
    struct fg_hash128 key = {redis_token_next(redis), 0};
    uint64_t random = 0;
    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) == (ssize_t)sizeof(random))
        key.hi = random;
    return key;
}

int64_t redis_deadline_ns(const struct fg_redis *redis)
{
    return monotonic_ns() + redis->deadline_ms * FG_NS_PER_MS;
}

int redis_append(struct fg_redis *redis, const struct fg_view *args, size_t n_args)
{
    return redis->cluster != NULL ? cluster_append(redis->cluster, args, n_args)
                                  : conn_append(&redis->conn, args, n_args);
}

int redis_exchange(struct fg_redis *redis, int64_t deadline_ns, struct resp **replies, size_t n)
{
    return redis->cluster != NULL ? cluster_exchange(redis->cluster, deadline_ns, replies, n)
                                  : conn_exchange(&redis->conn, deadline_ns, replies, n);
}

bool redis_library_is_missing(const struct fg_redis *redis)
{
    return redis->conn.kind == FG_REDIS_ERROR_FUNCTION &&
           (redis->cluster != NULL || redis->conn.fd >= 0);
}

struct fg_meter_op redis_probe_op(void)
{
    return (struct fg_meter_op){.kind = FG_OP_WINDOW_ADD,
                                .scope_is_customer = true,
                                .cells = 1,
                                .amount = 1,
                                .ttl_ms = FG_MS_PER_S};
}

int redis_library_load(struct fg_redis *redis, int64_t deadline_ns)
{
    if (redis->cluster != NULL)
        return cluster_library_load(redis->cluster, false, deadline_ns);
    const struct fg_view args[] = {fg_view_of("FUNCTION"), fg_view_of("LOAD"),
                                   fg_view_of("REPLACE"), fg_view_of(fg_redis_library_source())};
    struct resp *reply;
    int rc = conn_append(&redis->conn, args, sizeof(args) / sizeof(args[0]));
    if (rc == FG_OK)
        rc = conn_exchange(&redis->conn, deadline_ns, &reply, 1);
    if (rc != FG_OK)
        return rc;
    if (reply->type == RESP_ERROR)
        rc = conn_refused(&redis->conn, reply);
    resp_free(reply);
    return rc;
}

static int reply_take(struct fg_redis *redis, const struct resp *value,
                      struct fg_store_reply *reply)
{
    struct redis_conn *conn = &redis->conn;
    if (value->type == RESP_ERROR)
        return conn_refused(conn, value);
    bool reset = false;
    int rc = value->type == RESP_STRING
                 ? redis_reply_unpack(&redis->request, value->text, reply, &reset)
                 : FG_EPROTOCOL;
    if (rc == FG_OK) {
        conn->counts[FG_REDIS_ERROR_RECORD] += reset;
        return FG_OK;
    }
    conn_close(conn);
    if (rc == FG_EMISMATCH)
        return conn_fail(conn, FG_REDIS_ERROR_TOKEN, "the reply of another request", FG_EPROTOCOL);
    return conn_fail(conn, FG_REDIS_ERROR_PROTOCOL, "a reply that does not fit", FG_EPROTOCOL);
}

static int call_once(struct fg_redis *redis, int64_t deadline_ns, struct fg_store_reply *reply)
{
    struct resp *value;
    int rc = conn_append(&redis->conn, redis->request.args, redis->request.n_args);
    if (rc == FG_OK)
        rc = conn_exchange(&redis->conn, deadline_ns, &value, 1);
    if (rc != FG_OK)
        return rc;
    rc = reply_take(redis, value, reply);
    resp_free(value);
    return rc;
}

// All parts, or nothing.
static int cluster_evaluate(struct fg_redis *redis, const struct fg_store_request *request,
                            const struct fg_hash128 *single_key, struct fg_store_reply *reply)
{
    struct fg_store_reply whole;
    struct redis_missed missed;
    memset(&whole, 0, sizeof(whole));
    const int rc = redis_parts_evaluate(redis, request, single_key, NULL, &whole, &missed);
    if (rc == FG_OK)
        *reply = whole;
    return rc;
}

int redis_evaluate(struct fg_redis *redis, const struct fg_store_request *request,
                   const struct fg_hash128 *single_key, struct fg_store_reply *reply)
{
    int rc = fg_store_request_check(request);
    if (rc != FG_OK)
        return rc;
    if (redis->cluster != NULL)
        return cluster_evaluate(redis, request, single_key, reply);
    const int64_t deadline_ns = redis_deadline_ns(redis);
    redis_request_pack(request, redis_token_next(redis), single_key, &redis->request);
    if (redis->request.n_keys == 0) {
        memset(reply, 0, sizeof(*reply));
        return FG_OK;
    }
    rc = call_once(redis, deadline_ns, reply);
    // A server that came back empty has run nothing: load the library and ask again, in what is
    // left of the deadline.
    if (rc == FG_EUNAVAILABLE && redis_library_is_missing(redis)) {
        rc = redis_library_load(redis, deadline_ns);
        if (rc == FG_OK)
            rc = call_once(redis, deadline_ns, reply);
    }
    return rc;
}

static int store_evaluate(void *store, const struct fg_store_request *request,
                          struct fg_store_reply *reply)
{
    // Nobody repeats a request made here, so nothing need be remembered of it.
    return redis_evaluate(store, request, NULL, reply);
}

struct fg_store fg_redis_store(struct fg_redis *redis)
{
    static const struct fg_store_ops ops = {.name = "redis", .evaluate = store_evaluate};
    return (struct fg_store){&ops, redis};
}
