// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/redis_edge.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "redis_commands.h"

#define SCAN_COUNT "64"

struct keys {
    char calls[KEY_SIZE], lease[KEY_SIZE], nodes[KEY_SIZE];
};

bool fg_redis_edge_name_valid(struct fg_view text)
{
    if (text.len == 0 || text.len > FG_REDIS_EDGE_NAME_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
            return false;
    }
    return true;
}

static int keys_of(const struct fg_redis_edge *edge, struct keys *out)
{
    if (!fg_redis_edge_name_valid(fg_view_of(edge->space)) ||
        !fg_redis_edge_name_valid(fg_view_of(edge->node)))
        return FG_EINVAL;
    // One tag: a relay's keys lie on one server of a Cluster.
    snprintf(out->calls, sizeof(out->calls), "fg:edge:{%s:%s}:calls", edge->space, edge->node);
    snprintf(out->lease, sizeof(out->lease), "fg:edge:{%s:%s}:lease", edge->space, edge->node);
    snprintf(out->nodes, sizeof(out->nodes), "fg:edge:{%s}:nodes", edge->space);
    return FG_OK;
}

static int change_append(struct fg_redis *redis, const char *key,
                         const struct fg_redis_edge_change *change)
{
    if (change->value.ptr == NULL)
        return redis_append(redis,
                            ARGS(fg_view_of("HDEL"), fg_view_of(key), fg_view_of(change->field)));
    return redis_append(
        redis, ARGS(fg_view_of("HSET"), fg_view_of(key), fg_view_of(change->field), change->value));
}

static int64_t wall_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * FG_MS_PER_S + now.tv_nsec / 1000000;
}

int fg_redis_edge_write(struct fg_redis *redis, const struct fg_redis_edge *edge,
                        const struct fg_redis_edge_change *changes, size_t n, const char *instance,
                        int64_t lease_ms, int64_t keep_ms)
{
    struct keys keys;
    struct resp *replies[FG_REDIS_EDGE_CHANGES_MAX + 3];
    char lease[24], keep[24], now[24];
    if (keys_of(edge, &keys) != FG_OK || n > FG_REDIS_EDGE_CHANGES_MAX || lease_ms <= 0 ||
        keep_ms <= 0)
        return FG_EINVAL;
    int rc = FG_OK;
    for (size_t i = 0; rc == FG_OK && i < n; i++)
        rc = change_append(redis, keys.calls, &changes[i]);
    if (rc == FG_OK)
        rc = redis_append(
            redis, ARGS(fg_view_of("PEXPIRE"), fg_view_of(keys.calls), number_text(keep, keep_ms)));
    if (rc == FG_OK)
        rc = redis_append(redis,
                          ARGS(fg_view_of("SET"), fg_view_of(keys.lease), fg_view_of(instance),
                               fg_view_of("PX"), number_text(lease, lease_ms)));
    if (rc == FG_OK)
        rc = redis_append(redis, ARGS(fg_view_of("ZADD"), fg_view_of(keys.nodes),
                                      number_text(now, wall_clock_ms()), fg_view_of(edge->node)));
    if (rc == FG_OK)
        rc = redis_round_trip(redis, replies, n + 3);
    if (rc == FG_OK)
        redis_replies_free(replies, n + 3);
    return rc;
}

// Commands of one reply, which nobody reads.
static int run_one(struct fg_redis *redis, const struct fg_view *args, size_t n_args)
{
    struct resp *reply;
    int rc = redis_append(redis, args, n_args);
    if (rc == FG_OK)
        rc = redis_round_trip(redis, &reply, 1);
    if (rc == FG_OK)
        resp_free(reply);
    return rc;
}

int fg_redis_edge_leave(struct fg_redis *redis, const struct fg_redis_edge *edge)
{
    struct keys keys;
    if (keys_of(edge, &keys) != FG_OK)
        return FG_EINVAL;
    return run_one(redis, ARGS(fg_view_of("DEL"), fg_view_of(keys.lease)));
}

int fg_redis_edge_remove(struct fg_redis *redis, const struct fg_redis_edge *edge,
                         const char *field)
{
    struct keys keys;
    if (keys_of(edge, &keys) != FG_OK)
        return FG_EINVAL;
    return run_one(redis, ARGS(fg_view_of("HDEL"), fg_view_of(keys.calls), fg_view_of(field)));
}

int fg_redis_edge_each(struct fg_redis *redis, const struct fg_redis_edge *edge,
                       bool (*fn)(void *arg, struct fg_view field, struct fg_view value), void *arg)
{
    struct keys keys;
    char cursor[24] = "0";
    bool wants_more = true;
    if (keys_of(edge, &keys) != FG_OK)
        return FG_EINVAL;
    do {
        struct resp *reply;
        int rc = redis_append(redis,
                              ARGS(fg_view_of("HSCAN"), fg_view_of(keys.calls), fg_view_of(cursor),
                                   fg_view_of("COUNT"), fg_view_of(SCAN_COUNT)));
        if (rc == FG_OK)
            rc = redis_round_trip(redis, &reply, 1);
        if (rc != FG_OK)
            return rc;
        const struct fg_view next = resp_text(resp_at(reply, 0));
        const struct resp *pairs = resp_at(reply, 1);
        if (next.len == 0 || next.len >= sizeof(cursor) || pairs == NULL) {
            resp_free(reply);
            return FG_EPROTOCOL;
        }
        memcpy(cursor, next.ptr, next.len);
        cursor[next.len] = '\0';
        for (size_t i = 0; wants_more && i + 1 < pairs->n_elements; i += 2)
            wants_more = fn(arg, resp_text(resp_at(pairs, i)), resp_text(resp_at(pairs, i + 1)));
        resp_free(reply);
    } while (wants_more && strcmp(cursor, "0") != 0);
    return FG_OK;
}

int fg_redis_edge_is_leased(struct fg_redis *redis, const struct fg_redis_edge *edge,
                            bool *is_leased)
{
    struct keys keys;
    struct resp *reply;
    if (keys_of(edge, &keys) != FG_OK)
        return FG_EINVAL;
    int rc = redis_append(redis, ARGS(fg_view_of("EXISTS"), fg_view_of(keys.lease)));
    if (rc == FG_OK)
        rc = redis_round_trip(redis, &reply, 1);
    if (rc != FG_OK)
        return rc;
    *is_leased = reply->type == RESP_INTEGER && reply->integer > 0;
    resp_free(reply);
    return FG_OK;
}

int fg_redis_edge_find(struct fg_redis *redis, const struct fg_redis_edge *edge, const char *field,
                       char **value, size_t *len, bool *is_leased)
{
    struct keys keys;
    struct resp *replies[2];
    if (keys_of(edge, &keys) != FG_OK)
        return FG_EINVAL;
    int rc =
        redis_append(redis, ARGS(fg_view_of("HGET"), fg_view_of(keys.calls), fg_view_of(field)));
    if (rc == FG_OK)
        rc = redis_append(redis, ARGS(fg_view_of("EXISTS"), fg_view_of(keys.lease)));
    if (rc == FG_OK)
        rc = redis_round_trip(redis, replies, 2);
    if (rc != FG_OK)
        return rc;
    const struct fg_view text = resp_text(replies[0]);
    char *copy = text.len > 0 ? malloc(text.len) : NULL;
    if (text.len == 0)
        rc = FG_ENOTFOUND;
    else if (copy == NULL)
        rc = FG_ENOMEM;
    if (copy != NULL) {
        memcpy(copy, text.ptr, text.len);
        *value = copy;
        *len = text.len;
        *is_leased = replies[1]->type == RESP_INTEGER && replies[1]->integer > 0;
    }
    redis_replies_free(replies, 2);
    return rc;
}

int fg_redis_edge_nodes(struct fg_redis *redis, const char *space, int64_t now_ms, int64_t keep_ms,
                        bool (*fn)(void *arg, struct fg_view node), void *arg)
{
    const struct fg_redis_edge edge = {space, "any"};
    struct keys keys;
    struct resp *replies[2];
    char oldest[24];
    if (keys_of(&edge, &keys) != FG_OK)
        return FG_EINVAL;
    number_text(oldest, now_ms - keep_ms);
    int rc = redis_append(redis, ARGS(fg_view_of("ZREMRANGEBYSCORE"), fg_view_of(keys.nodes),
                                      fg_view_of("-inf"), fg_view_of(oldest)));
    if (rc == FG_OK)
        rc = redis_append(redis, ARGS(fg_view_of("ZRANGE"), fg_view_of(keys.nodes), fg_view_of("0"),
                                      fg_view_of("-1")));
    if (rc == FG_OK)
        rc = redis_round_trip(redis, replies, 2);
    if (rc != FG_OK)
        return rc;
    for (size_t i = 0; i < replies[1]->n_elements; i++) {
        const struct fg_view node = resp_text(resp_at(replies[1], i));
        // Others may write there, too.
        if (fg_redis_edge_name_valid(node) && !fn(arg, node))
            break;
    }
    redis_replies_free(replies, 2);
    return FG_OK;
}
