// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/redis_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fg/country.h"
#include "redis_store.h"
#include "request.h"

#define KEY_SIZE      160
#define STREAM_MAXLEN "100000"
#define EVENTS_MAX    512 // of one call
#define HOLDS_BATCH   64
#define CALL_ID_MAX   255

#define ARGS(...)                                                                                  \
    (const struct fg_view[]){__VA_ARGS__},                                                         \
        sizeof((const struct fg_view[]){__VA_ARGS__}) / sizeof(struct fg_view)

static struct fg_view number_text(char text[24], int64_t number)
{
    const int len = snprintf(text, 24, "%lld", (long long)number);
    return (struct fg_view){text, (size_t)len};
}

static void replies_free(struct resp **replies, size_t n)
{
    for (size_t i = 0; i < n; i++)
        resp_free(replies[i]);
}

// One round trip of the queued commands within one deadline; any error reply fails all.
static int round_trip(struct fg_redis *redis, struct resp **replies, size_t n)
{
    int rc = conn_exchange(&redis->conn, redis_deadline_ns(redis), replies, n);
    if (rc != FG_OK)
        return rc;
    for (size_t i = 0; i < n && rc == FG_OK; i++) {
        if (replies[i]->type == RESP_ERROR)
            rc = conn_refused(&redis->conn, replies[i]);
    }
    if (rc != FG_OK)
        replies_free(replies, n);
    return rc;
}

// "customer", "risky", "country.XX"
static bool scope_valid(const char *text)
{
    if (strcmp(text, "customer") == 0 || strcmp(text, "risky") == 0)
        return true;
    static const char prefix[] = "country.";
    if (strncmp(text, prefix, sizeof(prefix) - 1) != 0)
        return false;
    return fg_country_parse(fg_view_of(text + sizeof(prefix) - 1)) != FG_COUNTRY_NONE;
}

struct hold_names {
    char key[KEY_SIZE], member[KEY_SIZE];
};

static int hold_names(const char *customer, const char *scope_text, struct hold_names *out)
{
    if (!fg_store_customer_valid(customer) || scope_text == NULL || !scope_valid(scope_text))
        return FG_EINVAL;
    snprintf(out->key, sizeof(out->key), "fg:{%s}:h:%s", customer, scope_text);
    snprintf(out->member, sizeof(out->member), "%s %s", customer, scope_text);
    return FG_OK;
}

int fg_redis_hold_put(struct fg_redis *redis, const char *customer, const char *scope_text,
                      int64_t until_ms, int64_t ttl_ms, struct fg_view json, struct fg_view message)
{
    struct hold_names names;
    char ttl[24], until[24];
    struct resp *replies[3];
    int rc = hold_names(customer, scope_text, &names);
    if (rc != FG_OK || ttl_ms <= 0)
        return FG_EINVAL;
    rc = conn_append(&redis->conn, ARGS(fg_view_of("SET"), fg_view_of(names.key), json,
                                        fg_view_of("PX"), number_text(ttl, ttl_ms)));
    if (rc == FG_OK)
        rc =
            conn_append(&redis->conn, ARGS(fg_view_of("ZADD"), fg_view_of("fg:holds"),
                                           number_text(until, until_ms), fg_view_of(names.member)));
    if (rc == FG_OK)
        rc = conn_append(&redis->conn,
                         ARGS(fg_view_of("PUBLISH"), fg_view_of("fg:holds:ch"), message));
    if (rc == FG_OK)
        rc = round_trip(redis, replies, 3);
    if (rc == FG_OK)
        replies_free(replies, 3);
    return rc;
}

int fg_redis_hold_delete(struct fg_redis *redis, const char *customer, const char *scope_text,
                         struct fg_view message)
{
    struct hold_names names;
    struct resp *replies[3];
    int rc = hold_names(customer, scope_text, &names);
    if (rc != FG_OK)
        return rc;
    rc = conn_append(&redis->conn, ARGS(fg_view_of("DEL"), fg_view_of(names.key)));
    if (rc == FG_OK)
        rc = conn_append(&redis->conn, ARGS(fg_view_of("ZREM"), fg_view_of("fg:holds"),
                                            fg_view_of(names.member)));
    if (rc == FG_OK)
        rc = conn_append(&redis->conn,
                         ARGS(fg_view_of("PUBLISH"), fg_view_of("fg:holds:ch"), message));
    if (rc == FG_OK)
        rc = round_trip(redis, replies, 3);
    if (rc != FG_OK)
        return rc;
    rc = replies[0]->integer > 0 ? FG_OK : FG_ENOTFOUND;
    replies_free(replies, 3);
    return rc;
}

// The index's members that have not expired, after the others were removed.
static int holds_index(struct fg_redis *redis, int64_t now_ms, struct resp **out)
{
    char now[24], after[25];
    struct resp *replies[2];
    snprintf(after, sizeof(after), "(%s", number_text(now, now_ms).ptr);
    int rc = conn_append(&redis->conn, ARGS(fg_view_of("ZREMRANGEBYSCORE"), fg_view_of("fg:holds"),
                                            fg_view_of("-inf"), fg_view_of(now)));
    if (rc == FG_OK)
        rc = conn_append(&redis->conn,
                         ARGS(fg_view_of("ZRANGE"), fg_view_of("fg:holds"), fg_view_of(after),
                              fg_view_of("+inf"), fg_view_of("BYSCORE")));
    if (rc == FG_OK)
        rc = round_trip(redis, replies, 2);
    if (rc != FG_OK)
        return rc;
    resp_free(replies[0]);
    *out = replies[1];
    return FG_OK;
}

// "CUST SCOPE" as the hold's key; false when somebody wrote something else.
static bool member_key(struct fg_view member, char key[KEY_SIZE])
{
    char text[KEY_SIZE];
    if (member.len == 0 || member.len >= 100 || memchr(member.ptr, '\0', member.len) != NULL)
        return false;
    memcpy(text, member.ptr, member.len);
    text[member.len] = '\0';
    char *space = strchr(text, ' ');
    if (space == NULL)
        return false;
    *space = '\0';
    struct hold_names names;
    if (hold_names(text, space + 1, &names) != FG_OK)
        return false;
    memcpy(key, names.key, sizeof(names.key));
    return true;
}

struct batch {
    struct resp *replies[HOLDS_BATCH];
    size_t n;
};

// Reads the holds of members from i on, one GET each (they lie in different slots of a cluster).
static int holds_batch(struct fg_redis *redis, const struct resp *members, size_t *i,
                       struct batch *out)
{
    char key[KEY_SIZE];
    int rc = FG_OK;
    out->n = 0;
    for (; rc == FG_OK && *i < members->n_elements && out->n < HOLDS_BATCH; (*i)++) {
        if (!member_key(resp_text(resp_at(members, *i)), key))
            continue;
        rc = conn_append(&redis->conn, ARGS(fg_view_of("GET"), fg_view_of(key)));
        out->n++;
    }
    return rc == FG_OK ? round_trip(redis, out->replies, out->n) : rc;
}

int fg_redis_holds_each(struct fg_redis *redis, int64_t now_ms,
                        bool (*fn)(void *arg, struct fg_view json), void *arg)
{
    struct resp *members;
    int rc = holds_index(redis, now_ms, &members);
    if (rc != FG_OK)
        return rc;
    bool more = true;
    for (size_t i = 0; more && rc == FG_OK && i < members->n_elements;) {
        struct batch batch;
        rc = holds_batch(redis, members, &i, &batch);
        for (size_t k = 0; rc == FG_OK && k < batch.n; k++) {
            if (more && batch.replies[k]->type == RESP_STRING)
                more = fn(arg, batch.replies[k]->text);
            resp_free(batch.replies[k]);
        }
    }
    resp_free(members);
    return rc;
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
    int rc = conn_append(&redis->conn, ARGS(fg_view_of("ZREMRANGEBYSCORE"), fg_view_of("fg:kills"),
                                            fg_view_of("-inf"), number_text(now, wall_clock_ms())));
    if (rc == FG_OK)
        rc = conn_append(&redis->conn, ARGS(fg_view_of("ZADD"), fg_view_of("fg:kills"),
                                            number_text(until, until_ms), call_id));
    if (rc == FG_OK)
        rc = conn_append(&redis->conn,
                         ARGS(fg_view_of("PUBLISH"), fg_view_of("fg:holds:ch"), message));
    if (rc == FG_OK)
        rc = round_trip(redis, replies, 3);
    if (rc == FG_OK)
        replies_free(replies, 3);
    return rc;
}

int fg_redis_kills_each(struct fg_redis *redis, int64_t now_ms,
                        bool (*fn)(void *arg, struct fg_view call_id, int64_t until_ms), void *arg)
{
    char now[24];
    struct resp *reply;
    int rc = conn_append(
        &redis->conn, ARGS(fg_view_of("ZRANGE"), fg_view_of("fg:kills"), number_text(now, now_ms),
                           fg_view_of("+inf"), fg_view_of("BYSCORE"), fg_view_of("LIMIT"),
                           fg_view_of("0"), fg_view_of("100000"), fg_view_of("WITHSCORES")));
    if (rc == FG_OK)
        rc = round_trip(redis, &reply, 1);
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

static int event_append(struct redis_conn *conn, struct fg_view json)
{
    return conn_append(conn, ARGS(fg_view_of("XADD"), fg_view_of("fg:events"), fg_view_of("MAXLEN"),
                                  fg_view_of("~"), fg_view_of(STREAM_MAXLEN), fg_view_of("*"),
                                  fg_view_of("e"), json));
}

int fg_redis_events_append(struct fg_redis *redis, const struct fg_view *events, size_t n)
{
    struct resp *replies[EVENTS_MAX];
    if (n > EVENTS_MAX)
        return FG_ELIMIT;
    int rc = FG_OK;
    for (size_t i = 0; i < n && rc == FG_OK; i++)
        rc = event_append(&redis->conn, events[i]);
    if (rc == FG_OK && n > 0)
        rc = round_trip(redis, replies, n);
    if (rc == FG_OK && n > 0)
        replies_free(replies, n);
    return rc;
}

static int record_key(const char *hash_hex, char key[KEY_SIZE])
{
    if (hash_hex == NULL || strlen(hash_hex) != 32 || strspn(hash_hex, "0123456789abcdef") != 32)
        return FG_EINVAL;
    snprintf(key, KEY_SIZE, "fg:call:%s", hash_hex);
    return FG_OK;
}

static int record_append(struct redis_conn *conn, const char *key, struct fg_view json,
                         int64_t ttl_s)
{
    char ttl[24];
    return conn_append(conn, ARGS(fg_view_of("SET"), fg_view_of(key), json, fg_view_of("EX"),
                                  number_text(ttl, ttl_s)));
}

// Queues the events, then the records. *n_records: how many.
static int batch_append(struct fg_redis *redis, const struct fg_redis_event *events, size_t n,
                        int64_t record_ttl_s, size_t *n_records)
{
    char key[KEY_SIZE];
    int rc = FG_OK;
    *n_records = 0;
    for (size_t i = 0; i < n && rc == FG_OK; i++) {
        if (events[i].record_hash != NULL && record_key(events[i].record_hash, key) != FG_OK)
            return FG_EINVAL;
    }
    for (size_t i = 0; i < n && rc == FG_OK; i++)
        rc = event_append(&redis->conn, events[i].json);
    for (size_t i = 0; i < n && rc == FG_OK; i++) {
        if (events[i].record_hash == NULL)
            continue;
        (void)record_key(events[i].record_hash, key);
        rc = record_append(&redis->conn, key, events[i].json, record_ttl_s);
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

int fg_redis_events_write(struct fg_redis *redis, const struct fg_redis_event *events, size_t n,
                          int64_t record_ttl_s, size_t *records_failed)
{
    struct resp *replies[2 * EVENTS_MAX];
    size_t n_records = 0;
    if (n > EVENTS_MAX)
        return FG_ELIMIT;
    if (record_ttl_s <= 0)
        return FG_EINVAL;
    if (n == 0) {
        *records_failed = 0;
        return FG_OK;
    }
    int rc = batch_append(redis, events, n, record_ttl_s, &n_records);
    if (rc == FG_OK)
        rc = conn_exchange(&redis->conn, redis_deadline_ns(redis), replies, n + n_records);
    if (rc != FG_OK)
        return rc;
    const size_t events_failed = refusals(redis, replies, n);
    const size_t failed = refusals(redis, replies + n, n_records);
    replies_free(replies, n + n_records);
    if (events_failed > 0)
        return FG_EUNAVAILABLE;
    *records_failed = failed;
    return FG_OK;
}

// One command, one reply; the caller frees it.
static int ask(struct fg_redis *redis, const struct fg_view *args, size_t n_args,
               struct resp **reply)
{
    const int rc = conn_append(&redis->conn, args, n_args);
    return rc == FG_OK ? round_trip(redis, reply, 1) : rc;
}

int fg_redis_record_put(struct fg_redis *redis, const char *hash_hex, struct fg_view json,
                        int64_t ttl_s)
{
    char key[KEY_SIZE];
    struct resp *reply;
    int rc = record_key(hash_hex, key);
    if (rc != FG_OK || ttl_s <= 0)
        return FG_EINVAL;
    rc = record_append(&redis->conn, key, json, ttl_s);
    if (rc == FG_OK)
        rc = round_trip(redis, &reply, 1);
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
        rc = ask(redis, ARGS(fg_view_of("GET"), fg_view_of(key)), &reply);
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
    const int rc =
        ask(redis, ARGS(fg_view_of("HSET"), fg_view_of("fg:trunks"), fg_view_of(customer), json),
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
    const int rc = ask(redis, ARGS(fg_view_of("HGETALL"), fg_view_of("fg:trunks")), &reply);
    if (rc != FG_OK)
        return rc;
    for (size_t i = 0; i + 1 < reply->n_elements; i += 2) {
        if (!fn(arg, resp_text(resp_at(reply, i)), resp_text(resp_at(reply, i + 1))))
            break;
    }
    resp_free(reply);
    return FG_OK;
}

int fg_redis_events_last(struct fg_redis *redis, size_t n,
                         bool (*fn)(void *arg, struct fg_view json), void *arg)
{
    char count[24];
    struct resp *reply;
    const int rc = ask(redis,
                       ARGS(fg_view_of("XREVRANGE"), fg_view_of("fg:events"), fg_view_of("+"),
                            fg_view_of("-"), fg_view_of("COUNT"), number_text(count, (int64_t)n)),
                       &reply);
    if (rc != FG_OK)
        return rc;
    for (size_t i = 0; i < reply->n_elements; i++) {
        // [id, [field, value, ...]]
        const struct resp *fields = resp_at(resp_at(reply, i), 1);
        if (!fn(arg, resp_text(resp_at(fields, 1))))
            break;
    }
    resp_free(reply);
    return FG_OK;
}

int fg_redis_alerts_each(struct fg_redis *redis, bool (*fn)(void *arg, struct fg_view json),
                         void *arg)
{
    struct resp *reply;
    const int rc =
        ask(redis, ARGS(fg_view_of("HVALS"), fg_view_of("fg:{alerts}:deliveries")), &reply);
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
    const int rc =
        ask(redis,
            ARGS(fg_view_of("XREVRANGE"), fg_view_of("fg:{alerts}:dead"), fg_view_of("+"),
                 fg_view_of("-"), fg_view_of("COUNT"), number_text(count, (int64_t)n)),
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
    const int rc = ask(redis, ARGS(fg_view_of("PING")), &reply);
    if (rc == FG_OK)
        resp_free(reply);
    return rc;
}
