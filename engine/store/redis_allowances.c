// SPDX-License-Identifier: GPL-2.0-or-later
// Allowances in Redis: given, taken back, read, and what is left of them.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fg/allowance.h"
#include "fg/redis_link.h"
#include "redis_commands.h"
#include "request.h"

#define BATCH 64

struct names {
    char key[KEY_SIZE], member[KEY_SIZE], id[24];
};

static int names_of(const char *customer, uint64_t id, struct names *out)
{
    if (!fg_store_customer_valid(customer) || id == 0 || id > (uint64_t)FG_AMOUNT_MAX)
        return FG_EINVAL;
    snprintf(out->id, sizeof(out->id), "%" PRIu64, id);
    snprintf(out->key, sizeof(out->key), "fg:{%s}:a", customer);
    snprintf(out->member, sizeof(out->member), "%s %s", customer, out->id);
    return FG_OK;
}

// The key lives as long as what it holds longest.
static int expiry_append(struct fg_redis *redis, const struct names *names, const char *ttl)
{
    int rc = redis_append(redis, ARGS(fg_view_of("PEXPIRE"), fg_view_of(names->key),
                                      fg_view_of(ttl), fg_view_of("NX")));
    if (rc == FG_OK)
        rc = redis_append(redis, ARGS(fg_view_of("PEXPIRE"), fg_view_of(names->key),
                                      fg_view_of(ttl), fg_view_of("GT")));
    return rc;
}

int fg_redis_allowance_put(struct fg_redis *redis, const char *customer, uint64_t id,
                           int64_t forget_ms, int64_t ttl_ms, struct fg_view json)
{
    struct names names;
    char forget[24], ttl[24];
    struct resp *replies[5];
    if (names_of(customer, id, &names) != FG_OK || ttl_ms <= 0)
        return FG_EINVAL;
    number_text(ttl, ttl_ms);
    int rc = redis_append(
        redis, ARGS(fg_view_of("HSET"), fg_view_of(names.key), fg_view_of(names.id), json));
    if (rc == FG_OK)
        rc = expiry_append(redis, &names, ttl);
    if (rc == FG_OK)
        rc = redis_append(redis, ARGS(fg_view_of("ZADD"), fg_view_of("fg:allowances"),
                                      number_text(forget, forget_ms), fg_view_of(names.member)));
    if (rc == FG_OK)
        rc = redis_append(redis, ARGS(fg_view_of("PUBLISH"), fg_view_of("fg:holds:ch"), json));
    if (rc == FG_OK)
        rc = redis_round_trip(redis, replies, 5);
    if (rc == FG_OK)
        redis_replies_free(replies, 5);
    return rc;
}

int fg_redis_allowance_delete(struct fg_redis *redis, const char *customer, uint64_t id,
                              struct fg_view message)
{
    struct names names;
    struct resp *replies[3];
    if (names_of(customer, id, &names) != FG_OK)
        return FG_EINVAL;
    int rc =
        redis_append(redis, ARGS(fg_view_of("HDEL"), fg_view_of(names.key), fg_view_of(names.id)));
    if (rc == FG_OK)
        rc = redis_append(
            redis, ARGS(fg_view_of("ZREM"), fg_view_of("fg:allowances"), fg_view_of(names.member)));
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

// The index's members, after those that are to be forgotten were removed.
static int index_read(struct fg_redis *redis, int64_t now_ms, struct resp **out)
{
    char now[24];
    struct resp *replies[2];
    int rc = redis_append(redis, ARGS(fg_view_of("ZREMRANGEBYSCORE"), fg_view_of("fg:allowances"),
                                      fg_view_of("-inf"), number_text(now, now_ms)));
    if (rc == FG_OK)
        rc = redis_append(redis, ARGS(fg_view_of("ZRANGE"), fg_view_of("fg:allowances"),
                                      fg_view_of("0"), fg_view_of("-1")));
    if (rc == FG_OK)
        rc = redis_round_trip(redis, replies, 2);
    if (rc != FG_OK)
        return rc;
    resp_free(replies[0]);
    *out = replies[1];
    return FG_OK;
}

// "CUST ID"; false when somebody wrote something else.
static bool member_names(struct fg_view member, struct names *names)
{
    char text[KEY_SIZE];
    char *end = NULL;
    if (member.len == 0 || member.len >= 100 || memchr(member.ptr, '\0', member.len) != NULL)
        return false;
    memcpy(text, member.ptr, member.len);
    text[member.len] = '\0';
    char *space = strchr(text, ' ');
    if (space == NULL || space[1] < '1' || space[1] > '9')
        return false;
    *space = '\0';
    const uint64_t id = strtoull(space + 1, &end, 10);
    if (*end != '\0')
        return false;
    return names_of(text, id, names) == FG_OK;
}

// Reads what members from i on stand for, one HGET each (they lie in different slots of a cluster).
static int batch_read(struct fg_redis *redis, const struct resp *members, size_t *i,
                      struct resp **replies, size_t *n)
{
    struct names names;
    int rc = FG_OK;
    *n = 0;
    for (; rc == FG_OK && *i < members->n_elements && *n < BATCH; (*i)++) {
        if (!member_names(resp_text(resp_at(members, *i)), &names))
            continue;
        rc = redis_append(redis,
                          ARGS(fg_view_of("HGET"), fg_view_of(names.key), fg_view_of(names.id)));
        *n += 1;
    }
    return rc == FG_OK ? redis_round_trip(redis, replies, *n) : rc;
}

int fg_redis_allowances_each(struct fg_redis *redis, int64_t now_ms,
                             bool (*fn)(void *arg, struct fg_view json), void *arg)
{
    struct resp *members;
    int rc = index_read(redis, now_ms, &members);
    if (rc != FG_OK)
        return rc;
    bool more = true;
    for (size_t i = 0; more && rc == FG_OK && i < members->n_elements;) {
        struct resp *replies[BATCH];
        size_t n = 0;
        rc = batch_read(redis, members, &i, replies, &n);
        for (size_t k = 0; rc == FG_OK && k < n; k++) {
            if (more && replies[k]->type == RESP_STRING)
                more = fn(arg, replies[k]->text);
            resp_free(replies[k]);
        }
    }
    resp_free(members);
    return rc;
}

int fg_redis_allowance_use(struct fg_redis *redis, const char *customer,
                           const struct fg_allowance *allowance, int64_t now_ms, int64_t *calls,
                           fg_micro *usd)
{
    const struct fg_store store = fg_redis_store(redis);
    struct fg_store_request request = {.customer = customer, .now_ms = now_ms, .n_ops = 2};
    struct fg_store_reply reply;
    request.ops[0] = fg_allowance_calls_op(allowance, 1, now_ms);
    request.ops[0].kind = FG_OP_SET_READ;
    request.ops[1] = fg_allowance_usd_op(allowance, 0, now_ms);
    const int rc = store.ops->evaluate(store.impl, &request, &reply);
    if (rc == FG_OK) {
        *calls = reply.values[0];
        *usd = reply.values[1];
    }
    return rc;
}
