// SPDX-License-Identifier: GPL-2.0-or-later
// Holds in Redis: set, told, released, read.
#include <stdlib.h>
#include <string.h>

#include "fg/redis_link.h"
#include "redis_commands.h"
#include "request.h"

#define HOLDS_BATCH 64

struct hold_names {
    char key[KEY_SIZE], member[KEY_SIZE], scope[FG_HOLD_SCOPE_TEXT_MAX];
};

static int hold_names(const char *customer, const char *scope_text, struct hold_names *out)
{
    uint8_t scope;
    uint64_t value;
    if (!fg_store_customer_valid(customer) || scope_text == NULL ||
        fg_hold_scope_parse(fg_view_of(scope_text), &scope, &value) != FG_OK)
        return FG_EINVAL;
    fg_hold_scope_format(scope, value, out->scope);
    snprintf(out->key, sizeof(out->key), "fg:{%s}:h", customer);
    snprintf(out->member, sizeof(out->member), "%s %s", customer, out->scope);
    return FG_OK;
}

static int span_valid(const struct fg_hold_span *span)
{
    return span->duration_ms >= 1 && span->duration_ms <= FG_HOLD_LONGEST_MS &&
           span->growth_milli >= FG_HOLD_GROWTH_MIN_MILLI &&
           span->growth_milli <= FG_HOLD_GROWTH_MAX_MILLI && span->max_ms >= span->duration_ms &&
           span->max_ms <= FG_HOLD_LONGEST_MS;
}

static int call_function(struct fg_redis *redis, const struct hold_names *names,
                         const struct fg_hold_span *span, struct fg_view json, struct resp **reply)
{
    char duration[24], growth[24], most[24];
    const int rc = redis_append(
        redis,
        ARGS(fg_view_of("FCALL"), fg_view_of("fg_hold_v3"), fg_view_of("1"), fg_view_of(names->key),
             fg_view_of(names->scope), json,
             number_text(duration, span == NULL ? 0 : span->duration_ms),
             number_text(growth, span == NULL ? FG_HOLD_GROWTH_MIN_MILLI : span->growth_milli),
             number_text(most, span == NULL ? 0 : span->max_ms)));
    return rc == FG_OK ? redis_round_trip(redis, reply, 1) : rc;
}

int fg_redis_hold_set(struct fg_redis *redis, const char *customer, const char *scope_text,
                      const struct fg_hold_span *span, struct fg_view json, char **stored)
{
    struct hold_names names;
    struct resp *reply;
    if (hold_names(customer, scope_text, &names) != FG_OK || (span != NULL && !span_valid(span)))
        return FG_EINVAL;
    int rc = call_function(redis, &names, span, json, &reply);
    // A server that came back empty has run nothing.
    if (rc == FG_EUNAVAILABLE && redis_library_is_missing(redis)) {
        rc = redis_library_load(redis, redis_deadline_ns(redis));
        if (rc == FG_OK)
            rc = call_function(redis, &names, span, json, &reply);
    }
    if (rc != FG_OK)
        return rc;
    if (reply->type == RESP_STRING)
        *stored = strndup(reply->text.ptr, reply->text.len);
    else
        rc = FG_EPROTOCOL;
    if (rc == FG_OK && *stored == NULL)
        rc = FG_ENOMEM;
    resp_free(reply);
    return rc;
}

int fg_redis_hold_tell(struct fg_redis *redis, const char *customer, const char *scope_text,
                       int64_t until_ms, struct fg_view message)
{
    struct hold_names names;
    char until[24];
    struct resp *replies[2];
    int rc = hold_names(customer, scope_text, &names);
    if (rc == FG_OK)
        rc = redis_append(redis, ARGS(fg_view_of("ZADD"), fg_view_of("fg:holds"),
                                      number_text(until, until_ms), fg_view_of(names.member)));
    if (rc == FG_OK)
        rc = redis_append(redis, ARGS(fg_view_of("PUBLISH"), fg_view_of("fg:holds:ch"), message));
    if (rc == FG_OK)
        rc = redis_round_trip(redis, replies, 2);
    if (rc == FG_OK)
        redis_replies_free(replies, 2);
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
    rc = redis_append(redis,
                      ARGS(fg_view_of("HDEL"), fg_view_of(names.key), fg_view_of(names.scope)));
    if (rc == FG_OK)
        rc = redis_append(
            redis, ARGS(fg_view_of("ZREM"), fg_view_of("fg:holds"), fg_view_of(names.member)));
    if (rc == FG_OK)
        rc = redis_append(redis, ARGS(fg_view_of("PUBLISH"), fg_view_of("fg:holds:ch"), message));
    if (rc == FG_OK)
        rc = redis_round_trip(redis, replies, 3);
    if (rc != FG_OK)
        return rc;
    rc = replies[0]->integer > 0 ? FG_OK : FG_ENOTFOUND;
    redis_replies_free(replies, 3);
    return rc;
}

// The index's members that have not expired, after the others were removed.
static int holds_index(struct fg_redis *redis, int64_t now_ms, struct resp **out)
{
    char now[24], after[25];
    struct resp *replies[2];
    snprintf(after, sizeof(after), "(%s", number_text(now, now_ms).ptr);
    int rc = redis_append(redis, ARGS(fg_view_of("ZREMRANGEBYSCORE"), fg_view_of("fg:holds"),
                                      fg_view_of("-inf"), fg_view_of(now)));
    if (rc == FG_OK)
        rc =
            redis_append(redis, ARGS(fg_view_of("ZRANGE"), fg_view_of("fg:holds"),
                                     fg_view_of(after), fg_view_of("+inf"), fg_view_of("BYSCORE")));
    if (rc == FG_OK)
        rc = redis_round_trip(redis, replies, 2);
    if (rc != FG_OK)
        return rc;
    resp_free(replies[0]);
    *out = replies[1];
    return FG_OK;
}

// "CUST SCOPE" as the hold's key and field; false when somebody wrote something else.
static bool member_names(struct fg_view member, struct hold_names *names)
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
    return hold_names(text, space + 1, names) == FG_OK;
}

struct batch {
    struct resp *replies[HOLDS_BATCH];
    size_t n;
};

// Reads the holds of members from i on, one HGET each (they lie in different slots of a cluster).
static int holds_batch(struct fg_redis *redis, const struct resp *members, size_t *i,
                       struct batch *out)
{
    struct hold_names names;
    int rc = FG_OK;
    out->n = 0;
    for (; rc == FG_OK && *i < members->n_elements && out->n < HOLDS_BATCH; (*i)++) {
        if (!member_names(resp_text(resp_at(members, *i)), &names))
            continue;
        rc = redis_append(redis,
                          ARGS(fg_view_of("HGET"), fg_view_of(names.key), fg_view_of(names.scope)));
        out->n++;
    }
    return rc == FG_OK ? redis_round_trip(redis, out->replies, out->n) : rc;
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
