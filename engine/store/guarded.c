// SPDX-License-Identifier: GPL-2.0-or-later
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "backlog.h"
#include "breaker.h"
#include "monotonic.h"
#include "redis_store.h"

#define MAINTAIN_MS 500
// No id of a real customer: what probes write to see that the server takes writes.
#define PROBE_CUSTOMER "-"

struct fg_guarded {
    struct fg_local *local;
    struct fg_redis *redis;
    struct fg_breaker *breaker;
    struct fg_backlog *backlog;
    bool library_loaded; // by this process
};

struct fg_guarded *fg_guarded_new(struct fg_local *local, struct fg_redis *redis,
                                  struct fg_breaker *breaker, struct fg_backlog *backlog)
{
    struct fg_guarded *guarded = calloc(1, sizeof(*guarded));
    if (guarded == NULL)
        return NULL;
    *guarded =
        (struct fg_guarded){.local = local, .redis = redis, .breaker = breaker, .backlog = backlog};
    return guarded;
}

void fg_guarded_free(struct fg_guarded *guarded)
{
    free(guarded);
}

// Nobody could read anything: every meter is marked so.
static void reply_unavailable(const struct fg_store_request *request, struct fg_store_reply *reply)
{
    memset(reply, 0, sizeof(*reply));
    reply->degraded = true;
    for (uint32_t i = 0; i < request->n_ops && i < FG_OPS_MAX; i++)
        reply->unavailable[i] = true;
}

// The hold that matters most of two; either may be known to one side only for a moment.
static void hold_merge(struct fg_hold *into, const struct fg_hold *other)
{
    if (!other->active)
        return;
    const bool into_of_rules = fg_hold_is_of_rules(into);
    if (into->active && into_of_rules != fg_hold_is_of_rules(other)) {
        if (into_of_rules)
            *into = *other;
        return;
    }
    if (!into->active || other->scope < into->scope ||
        (other->scope == into->scope && other->until_ms > into->until_ms))
        *into = *other;
}

// Whether running it twice would count something twice.
static bool adds(const struct fg_store_request *request)
{
    for (uint32_t i = 0; i < request->n_ops; i++) {
        const enum fg_op_kind kind = request->ops[i].kind;
        if (kind == FG_OP_WINDOW_ADD || kind == FG_OP_RUN_PUT || kind == FG_OP_BASELINE_ADD)
            return true;
    }
    return false;
}

// Asks a Cluster: what its servers do not answer stays this node's own, and is remembered part by
// part.
static void cluster_ask(struct fg_guarded *guarded, const struct fg_store_request *request,
                        const struct fg_hash128 *single_key, const struct fg_store_reply *local,
                        struct fg_store_reply *reply)
{
    struct redis_missed missed;
    const struct fg_hash128 *key = request->once ? &request->call_key : single_key;
    *reply = *local;
    reply->degraded = redis_parts_evaluate(guarded->redis, request, single_key, guarded->breaker,
                                           reply, &missed) != FG_OK;
    hold_merge(&reply->hold, &local->hold);
    for (size_t i = 0; guarded->backlog != NULL && i < missed.n; i++)
        backlog_add(guarded->backlog, &missed.parts[i]->request, local->repeated, key);
}

static int redis_ask(struct fg_guarded *guarded, const struct fg_store_request *request,
                     const struct fg_hash128 *single_key, struct fg_store_reply *reply)
{
    if (!breaker_allows(guarded->breaker, 0))
        return FG_EUNAVAILABLE;
    const int rc = redis_evaluate(guarded->redis, request, single_key, reply);
    const int64_t now_ms = monotonic_ms();
    if (rc == FG_OK)
        breaker_succeeded(guarded->breaker, 0, now_ms);
    else
        breaker_failed(guarded->breaker, 0, fg_redis_last_error_kind(guarded->redis), now_ms);
    return rc;
}

static int guarded_evaluate(void *store, const struct fg_store_request *request,
                            struct fg_store_reply *reply)
{
    struct fg_guarded *guarded = store;
    const struct fg_store local_store = fg_local_store(guarded->local);
    struct fg_store_reply local;
    const int local_rc = local_store.ops->evaluate(local_store.impl, request, &local);
    if (local_rc != FG_OK)
        reply_unavailable(request, &local);
    // A request that no store would take is nothing to ask or to remember.
    const bool usable = local_rc == FG_OK || local_rc == FG_ETIMEOUT;
    if (guarded->redis == NULL || !usable) {
        *reply = local;
        return FG_OK;
    }

    struct fg_hash128 key = request->call_key;
    const struct fg_hash128 *single_key = NULL;
    if (!request->once && adds(request)) {
        key = redis_single_key(guarded->redis);
        single_key = &key;
    }
    if (guarded->redis->cluster != NULL) {
        cluster_ask(guarded, request, single_key, &local, reply);
        return FG_OK;
    }
    if (redis_ask(guarded, request, single_key, reply) == FG_OK) {
        hold_merge(&reply->hold, &local.hold);
        return FG_OK;
    }
    if (guarded->backlog != NULL)
        backlog_add(guarded->backlog, request, local.repeated, request->once ? &key : single_key);
    *reply = local;
    reply->degraded = true;
    return FG_OK;
}

struct fg_store fg_guarded_store(struct fg_guarded *guarded)
{
    static const struct fg_store_ops ops = {.name = "guarded", .evaluate = guarded_evaluate};
    return (struct fg_store){&ops, guarded};
}

// A whole evaluation with a write in it: a server that only answers PING is of no use.
static int probe(struct fg_guarded *guarded)
{
    const struct fg_store_request request = {
        .customer = PROBE_CUSTOMER, .n_ops = 1, .ops = {redis_probe_op()}};
    struct fg_store_reply reply;
    if (guarded->redis->conn.address_len == 0 && fg_redis_resolve(guarded->redis) != FG_OK)
        return FG_EUNAVAILABLE;
    int rc = FG_OK;
    if (!guarded->library_loaded)
        rc = redis_library_load(guarded->redis, redis_deadline_ns(guarded->redis));
    if (rc == FG_OK)
        rc = redis_evaluate(guarded->redis, &request, NULL, &reply);
    guarded->library_loaded = rc == FG_OK;
    return rc;
}

// FG_OK: merged, or refused for good.
static int entry_merge(struct fg_guarded *guarded, const struct backlog_entry *entry, bool *merged)
{
    struct fg_store_request request = {.customer = entry->customer, .now_ms = entry->now_ms};
    struct fg_store_reply reply;
    request.n_ops = entry->n_ops <= FG_OPS_MAX ? entry->n_ops : FG_OPS_MAX;
    memcpy(request.ops, entry->ops, request.n_ops * sizeof(request.ops[0]));
    const int rc =
        redis_evaluate(guarded->redis, &request, entry->has_key ? &entry->key : NULL, &reply);
    const bool refused =
        rc == FG_EINVAL || rc == FG_ELIMIT ||
        (rc != FG_OK && fg_redis_last_error_kind(guarded->redis) == FG_REDIS_ERROR_WRONGTYPE);
    if (rc != FG_OK && !refused)
        return rc;
    *merged = !refused;
    backlog_remove(guarded->backlog, entry->sequence, !refused);
    return FG_OK;
}

static int backlog_merge(struct fg_guarded *guarded, int64_t until_ms)
{
    struct backlog_entry entry;
    int merged = 0;
    while (monotonic_ms() < until_ms && backlog_oldest(guarded->backlog, &entry)) {
        bool counted = false;
        const int rc = entry_merge(guarded, &entry, &counted);
        if (rc != FG_OK)
            return rc;
        merged += counted;
    }
    return merged;
}

// In a Cluster one server's counts do not wait for another's: they go to the end. None is looked at
// twice in a round.
static int backlog_merge_parts(struct fg_guarded *guarded, int64_t until_ms)
{
    struct backlog_entry entry;
    struct fg_backlog_stats stats;
    int merged = 0;
    fg_backlog_stats(guarded->backlog, &stats);
    for (uint32_t left = stats.pending;
         left > 0 && monotonic_ms() < until_ms && backlog_oldest(guarded->backlog, &entry);
         left--) {
        bool counted = false;
        if (redis_part_is_open(guarded->redis, guarded->breaker, entry.customer) ||
            entry_merge(guarded, &entry, &counted) != FG_OK)
            backlog_defer(guarded->backlog, entry.sequence);
        merged += counted;
    }
    return merged;
}

static int cluster_maintain(struct fg_guarded *guarded, int64_t until_ms)
{
    // Names are looked up until they are known.
    if (fg_redis_resolve(guarded->redis) != FG_OK)
        return FG_EUNAVAILABLE;
    const int rc = redis_cluster_probe(guarded->redis, guarded->breaker);
    if (rc != FG_OK)
        return rc;
    return guarded->backlog == NULL ? 0 : backlog_merge_parts(guarded, until_ms);
}

// Which server it is that answers: with Sentinels not always the same.
static void master_name(struct fg_guarded *guarded)
{
    const struct redis_conn *conn = &guarded->redis->conn;
    char host[64] = "", port[8] = "", name[FG_MASTER_NAME_SIZE] = "unix";
    if (conn->address.ss_family != AF_UNIX &&
        getnameinfo((const struct sockaddr *)&conn->address, conn->address_len, host, sizeof(host),
                    port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
        const bool v6 = strchr(host, ':') != NULL;
        (void)snprintf(name, sizeof(name), "%s%s%s:%s", v6 ? "[" : "", host, v6 ? "]" : "", port);
    }
    breaker_name(guarded->breaker, 0, name);
}

int fg_guarded_maintain(struct fg_guarded *guarded)
{
    if (guarded->redis == NULL)
        return 0;
    const int64_t until_ms = monotonic_ms() + MAINTAIN_MS;
    if (guarded->redis->cluster != NULL)
        return cluster_maintain(guarded, until_ms);
    const bool was_open = breaker_is_open(guarded->breaker, 0);
    if (was_open)
        guarded->library_loaded = false;
    const int rc = probe(guarded);
    const int64_t now_ms = monotonic_ms();
    if (rc != FG_OK) {
        const enum fg_redis_error kind = fg_redis_last_error_kind(guarded->redis);
        if (was_open)
            breaker_probe_failed(guarded->breaker, kind);
        else
            breaker_failed(guarded->breaker, 0, kind, now_ms);
        return rc;
    }
    master_name(guarded);
    if (was_open)
        breaker_probed(guarded->breaker, 0, now_ms);
    else
        breaker_succeeded(guarded->breaker, 0, now_ms);
    return guarded->backlog == NULL ? 0 : backlog_merge(guarded, until_ms);
}
