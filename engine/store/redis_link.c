// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/redis_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "redis_commands.h"
#include "request.h"

#define STREAM_MAXLEN  "100000"
#define AUDIT_MAXLEN   "10000"
#define ATTACKS_MAXLEN "2000"
#define EVENTS_MAX     512 // of one call
#define CALL_ID_MAX    255

void redis_replies_free(struct resp **replies, size_t n)
{
    for (size_t i = 0; i < n; i++)
        resp_free(replies[i]);
}

int redis_round_trip(struct fg_redis *redis, struct resp **replies, size_t n)
{
    int rc = redis_exchange(redis, redis_deadline_ns(redis), replies, n);
    if (rc != FG_OK)
        return rc;
    for (size_t i = 0; i < n && rc == FG_OK; i++) {
        if (replies[i]->type == RESP_ERROR)
            rc = conn_refused(&redis->conn, replies[i]);
    }
    if (rc != FG_OK)
        redis_replies_free(replies, n);
    return rc;
}

int redis_ask_once(struct fg_redis *redis, const struct fg_view *args, size_t n_args,
                   struct resp **reply)
{
    const int rc = redis_append(redis, args, n_args);
    return rc == FG_OK ? redis_round_trip(redis, reply, 1) : rc;
}

static int64_t wall_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * FG_MS_PER_S + now.tv_nsec / 1000000;
}

int fg_redis_kill_put(struct fg_redis *redis, struct fg_view call_id, int64_t until_ms,
                      struct fg_view message)
{
    char until[24], now[24];
    struct resp *replies[3];
    if (call_id.len == 0 || call_id.len > CALL_ID_MAX)
        return FG_EINVAL;
    int rc = redis_append(redis, ARGS(fg_view_of("ZREMRANGEBYSCORE"), fg_view_of("fg:kills"),
                                      fg_view_of("-inf"), number_text(now, wall_clock_ms())));
    if (rc == FG_OK)
        rc = redis_append(redis, ARGS(fg_view_of("ZADD"), fg_view_of("fg:kills"),
                                      number_text(until, until_ms), call_id));
    if (rc == FG_OK)
        rc = redis_append(redis, ARGS(fg_view_of("PUBLISH"), fg_view_of("fg:holds:ch"), message));
    if (rc == FG_OK)
        rc = redis_round_trip(redis, replies, 3);
    if (rc == FG_OK)
        redis_replies_free(replies, 3);
    return rc;
}

int fg_redis_kills_each(struct fg_redis *redis, int64_t now_ms,
                        bool (*fn)(void *arg, struct fg_view call_id, int64_t until_ms), void *arg)
{
    char now[24];
    struct resp *reply;
    int rc = redis_append(redis, ARGS(fg_view_of("ZRANGE"), fg_view_of("fg:kills"),
                                      number_text(now, now_ms), fg_view_of("+inf"),
                                      fg_view_of("BYSCORE"), fg_view_of("LIMIT"), fg_view_of("0"),
                                      fg_view_of("100000"), fg_view_of("WITHSCORES")));
    if (rc == FG_OK)
        rc = redis_round_trip(redis, &reply, 1);
    if (rc != FG_OK)
        return rc;
    for (size_t i = 0; i + 1 < reply->n_elements; i += 2) {
        const struct fg_view call_id = resp_text(resp_at(reply, i));
        const struct fg_view score = resp_text(resp_at(reply, i + 1));
        // A reply's text ends with a NUL.
        const double until_ms = score.len == 0 ? 0.0 : strtod(score.ptr, NULL);
        if (call_id.len == 0 || !(until_ms > 0.0 && until_ms < 9e15))
            continue;
        if (!fn(arg, call_id, (int64_t)until_ms))
            break;
    }
    resp_free(reply);
    return FG_OK;
}

static int stream_append(struct fg_redis *redis, const char *key, const char *maxlen,
                         struct fg_view json)
{
    return redis_append(redis, ARGS(fg_view_of("XADD"), fg_view_of(key), fg_view_of("MAXLEN"),
                                    fg_view_of("~"), fg_view_of(maxlen), fg_view_of("*"),
                                    fg_view_of("e"), json));
}

static int event_append(struct fg_redis *redis, struct fg_view json)
{
    return stream_append(redis, "fg:events", STREAM_MAXLEN, json);
}

static int append_one(struct fg_redis *redis, const char *key, const char *maxlen,
                      struct fg_view event)
{
    struct resp *reply;
    int rc = stream_append(redis, key, maxlen, event);
    if (rc == FG_OK)
        rc = redis_round_trip(redis, &reply, 1);
    if (rc == FG_OK)
        resp_free(reply);
    return rc;
}

// In a Cluster the streams lie on different servers: while the second one's is away, whoever tries
// again must not append to the first once more.
static int append_to_both(struct fg_redis *redis, const char *key, const char *maxlen,
                          struct fg_view event)
{
    static const struct fg_hash_key plain = {{0}};
    const struct fg_view parts[] = {fg_view_of(key), event};
    const struct fg_hash128 hash = fg_hash128_parts(&plain, parts, 2);
    if (hash.lo != redis->half_told.lo || hash.hi != redis->half_told.hi) {
        const int rc = append_one(redis, "fg:events", STREAM_MAXLEN, event);
        if (rc != FG_OK)
            return rc;
    }
    redis->half_told = hash;
    const int rc = append_one(redis, key, maxlen, event);
    if (rc == FG_OK)
        redis->half_told = (struct fg_hash128){0, 0};
    return rc;
}

int fg_redis_audit_append(struct fg_redis *redis, struct fg_view event)
{
    return append_to_both(redis, "fg:audit", AUDIT_MAXLEN, event);
}

int fg_redis_attack_append(struct fg_redis *redis, struct fg_view event)
{
    return append_to_both(redis, "fg:attacks", ATTACKS_MAXLEN, event);
}

int fg_redis_events_append(struct fg_redis *redis, const struct fg_view *events, size_t n)
{
    struct resp *replies[EVENTS_MAX];
    if (n > EVENTS_MAX)
        return FG_ELIMIT;
    int rc = FG_OK;
    for (size_t i = 0; i < n && rc == FG_OK; i++)
        rc = event_append(redis, events[i]);
    if (rc == FG_OK && n > 0)
        rc = redis_round_trip(redis, replies, n);
    if (rc == FG_OK && n > 0)
        redis_replies_free(replies, n);
    return rc;
}

static int record_key(const char *hash_hex, char key[KEY_SIZE])
{
    if (hash_hex == NULL || strlen(hash_hex) != 32 || strspn(hash_hex, "0123456789abcdef") != 32)
        return FG_EINVAL;
    snprintf(key, KEY_SIZE, "fg:call:%s", hash_hex);
    return FG_OK;
}

static int record_append(struct fg_redis *redis, const char *key, struct fg_view json,
                         int64_t ttl_s)
{
    char ttl[24];
    return redis_append(redis, ARGS(fg_view_of("SET"), fg_view_of(key), json, fg_view_of("EX"),
                                    number_text(ttl, ttl_s)));
}

static int hashes_check(const struct fg_redis_event *events, size_t n)
{
    char key[KEY_SIZE];
    for (size_t i = 0; i < n; i++) {
        if (events[i].record_hash != NULL &&
            (events[i].record_ttl_s <= 0 || record_key(events[i].record_hash, key) != FG_OK))
            return FG_EINVAL;
    }
    return FG_OK;
}

static int events_queue(struct fg_redis *redis, const struct fg_redis_event *events, size_t n)
{
    int rc = FG_OK;
    for (size_t i = 0; i < n && rc == FG_OK; i++)
        rc = event_append(redis, events[i].json);
    return rc;
}

// *n_records: how many.
static int records_queue(struct fg_redis *redis, const struct fg_redis_event *events, size_t n,
                         size_t *n_records)
{
    char key[KEY_SIZE];
    int rc = FG_OK;
    *n_records = 0;
    for (size_t i = 0; i < n && rc == FG_OK; i++) {
        if (events[i].record_hash == NULL)
            continue;
        (void)record_key(events[i].record_hash, key);
        rc = record_append(redis, key, events[i].json, events[i].record_ttl_s);
        *n_records += 1;
    }
    return rc;
}

// The connection's note of what is wrong; how many of the replies are errors.
static size_t refusals(struct fg_redis *redis, struct resp *const *replies, size_t n)
{
    size_t refused = 0;
    for (size_t i = 0; i < n; i++) {
        if (replies[i]->type != RESP_ERROR)
            continue;
        (void)conn_refused(&redis->conn, replies[i]);
        refused++;
    }
    return refused;
}

// In a Cluster the records lie on other servers than the events: one that is away must not have
// events written again.
static int cluster_write(struct fg_redis *redis, const struct fg_redis_event *events, size_t n,
                         size_t *records_failed)
{
    struct resp *replies[EVENTS_MAX];
    size_t n_records = 0;
    int rc = events_queue(redis, events, n);
    if (rc == FG_OK)
        rc = redis_round_trip(redis, replies, n);
    if (rc != FG_OK)
        return rc;
    redis_replies_free(replies, n);
    rc = records_queue(redis, events, n, &n_records);
    if (rc == FG_OK && n_records > 0)
        rc = redis_exchange(redis, redis_deadline_ns(redis), replies, n_records);
    *records_failed = rc == FG_OK ? refusals(redis, replies, n_records) : n_records;
    if (rc == FG_OK)
        redis_replies_free(replies, n_records);
    return FG_OK;
}

int fg_redis_events_write(struct fg_redis *redis, const struct fg_redis_event *events, size_t n,
                          size_t *records_failed)
{
    struct resp *replies[2 * EVENTS_MAX];
    size_t n_records = 0;
    if (n > EVENTS_MAX)
        return FG_ELIMIT;
    if (hashes_check(events, n) != FG_OK)
        return FG_EINVAL;
    if (n == 0) {
        *records_failed = 0;
        return FG_OK;
    }
    if (redis->cluster != NULL)
        return cluster_write(redis, events, n, records_failed);
    int rc = events_queue(redis, events, n);
    if (rc == FG_OK)
        rc = records_queue(redis, events, n, &n_records);
    if (rc == FG_OK)
        rc = redis_exchange(redis, redis_deadline_ns(redis), replies, n + n_records);
    if (rc != FG_OK)
        return rc;
    const size_t failed = refusals(redis, replies + n, n_records);
    const size_t events_failed = refusals(redis, replies, n); // last: the error is theirs
    redis_replies_free(replies, n + n_records);
    if (events_failed > 0)
        return FG_EUNAVAILABLE;
    *records_failed = failed;
    return FG_OK;
}

// One command, one reply; the caller frees it.
int fg_redis_record_put(struct fg_redis *redis, const char *hash_hex, struct fg_view json,
                        int64_t ttl_s)
{
    char key[KEY_SIZE];
    struct resp *reply;
    int rc = record_key(hash_hex, key);
    if (rc != FG_OK || ttl_s <= 0)
        return FG_EINVAL;
    rc = record_append(redis, key, json, ttl_s);
    if (rc == FG_OK)
        rc = redis_round_trip(redis, &reply, 1);
    if (rc == FG_OK)
        resp_free(reply);
    return rc;
}

int fg_redis_record_get(struct fg_redis *redis, const char *hash_hex, char **json, size_t *len)
{
    char key[KEY_SIZE];
    struct resp *reply;
    int rc = record_key(hash_hex, key);
    if (rc == FG_OK)
        rc = redis_ask_once(redis, ARGS(fg_view_of("GET"), fg_view_of(key)), &reply);
    if (rc != FG_OK)
        return rc;
    char *copy = NULL;
    if (reply->type != RESP_STRING)
        rc = FG_ENOTFOUND;
    else if ((copy = malloc(reply->text.len + 1)) == NULL)
        rc = FG_ENOMEM;
    if (rc == FG_OK) {
        memcpy(copy, reply->text.ptr, reply->text.len + 1);
        *json = copy;
        *len = reply->text.len;
    }
    resp_free(reply);
    return rc;
}

int fg_redis_trunk_put(struct fg_redis *redis, const char *customer, struct fg_view json)
{
    struct resp *reply;
    if (!fg_store_customer_valid(customer))
        return FG_EINVAL;
    const int rc = redis_ask_once(
        redis, ARGS(fg_view_of("HSET"), fg_view_of("fg:trunks"), fg_view_of(customer), json),
        &reply);
    if (rc == FG_OK)
        resp_free(reply);
    return rc;
}

int fg_redis_trunks_each(struct fg_redis *redis,
                         bool (*fn)(void *arg, struct fg_view customer, struct fg_view json),
                         void *arg)
{
    struct resp *reply;
    const int rc =
        redis_ask_once(redis, ARGS(fg_view_of("HGETALL"), fg_view_of("fg:trunks")), &reply);
    if (rc != FG_OK)
        return rc;
    for (size_t i = 0; i + 1 < reply->n_elements; i += 2) {
        if (!fn(arg, resp_text(resp_at(reply, i)), resp_text(resp_at(reply, i + 1))))
            break;
    }
    resp_free(reply);
    return FG_OK;
}

int fg_redis_alerts_each(struct fg_redis *redis, bool (*fn)(void *arg, struct fg_view json),
                         void *arg)
{
    struct resp *reply;
    const int rc = redis_ask_once(
        redis, ARGS(fg_view_of("HVALS"), fg_view_of("fg:{alerts}:deliveries")), &reply);
    if (rc != FG_OK)
        return rc;
    for (size_t i = 0; i < reply->n_elements; i++) {
        if (!fn(arg, resp_text(resp_at(reply, i))))
            break;
    }
    resp_free(reply);
    return FG_OK;
}

int fg_redis_dead_alerts_each(struct fg_redis *redis, size_t n,
                              bool (*fn)(void *arg, struct fg_view id, struct fg_view json),
                              void *arg)
{
    char count[24];
    struct resp *reply;
    const int rc = redis_ask_once(redis,
                                  ARGS(fg_view_of("XREVRANGE"), fg_view_of("fg:{alerts}:dead"),
                                       fg_view_of("+"), fg_view_of("-"), fg_view_of("COUNT"),
                                       number_text(count, (int64_t)n)),
                                  &reply);
    if (rc != FG_OK)
        return rc;
    for (size_t i = 0; i < reply->n_elements; i++) {
        const struct resp *entry = resp_at(reply, i);
        if (!fn(arg, resp_text(resp_at(entry, 0)), resp_text(resp_at(resp_at(entry, 1), 1))))
            break;
    }
    resp_free(reply);
    return FG_OK;
}

int fg_redis_ping(struct fg_redis *redis)
{
    struct resp *reply;
    const int rc = redis_ask_once(redis, ARGS(fg_view_of("PING")), &reply);
    if (rc == FG_OK)
        resp_free(reply);
    return rc;
}
