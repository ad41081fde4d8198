// SPDX-License-Identifier: GPL-2.0-or-later
// Evaluations in a Cluster: a call for each hash tag, all at once.
#include <stdio.h>
#include <string.h>

#include "monotonic.h"
#include "redis_multi.h"
#include "redis_store.h"
#include "request.h"

// --- the function library
static bool library_wanted(const struct cluster_node *node, bool everywhere)
{
    if (!node->used)
        return false;
    return node->library_missing ||
           (everywhere && (node->conn.fd < 0 || node->library != node->conn.generation));
}

static int library_loaded(struct redis_cluster *cluster, struct cluster_node *node,
                          const struct redis_multi *one)
{
    struct redis_conn *notes = cluster->notes;
    if (one->rc != FG_OK) {
        node->failed_ms = monotonic_ms();
        return conn_fail(notes, node->conn.kind, node->conn.error, one->rc);
    }
    int rc = FG_OK;
    if (one->replies[0]->type == RESP_ERROR)
        rc = conn_refused(notes, one->replies[0]);
    else
        node->library = node->conn.generation;
    node->library_missing = rc != FG_OK;
    resp_free(one->replies[0]);
    return rc;
}

int cluster_library_load(struct redis_cluster *cluster, bool everywhere, int64_t deadline_ns)
{
    const struct fg_view args[] = {fg_view_of("FUNCTION"), fg_view_of("LOAD"),
                                   fg_view_of("REPLACE"), fg_view_of(fg_redis_library_source())};
    struct redis_multi multi[REDIS_MASTERS_MAX];
    struct cluster_node *of[REDIS_MASTERS_MAX];
    struct resp *replies[REDIS_MASTERS_MAX];
    size_t n = 0;
    int rc = FG_OK;
    for (size_t i = 0; i < REDIS_MASTERS_MAX; i++) {
        struct cluster_node *node = &cluster->nodes[i];
        if (!library_wanted(node, everywhere))
            continue;
        if (conn_append(&node->conn, args, sizeof(args) / sizeof(args[0])) != FG_OK)
            return FG_ENOMEM;
        of[n] = node;
        multi[n] = (struct redis_multi){.conn = &node->conn, .replies = &replies[n], .n = 1};
        n++;
    }
    redis_multi_exchange(multi, n, deadline_ns);
    for (size_t i = 0; i < n; i++) {
        const int one = library_loaded(cluster, of[i], &multi[i]);
        if (one != FG_OK)
            rc = one;
    }
    return rc;
}

// --- evaluations
struct run {
    struct fg_redis *redis;
    struct fg_breaker *breaker;
    const struct fg_hash128 *single_key;
    size_t n;
    struct fg_store_reply *whole;
    int rc[REDIS_PARTS_MAX];
    enum fg_redis_error kind[REDIS_PARTS_MAX];
    bool skipped[REDIS_PARTS_MAX];
    uint8_t node[REDIS_PARTS_MAX];   // that was asked last
    size_t part_of[REDIS_PARTS_MAX]; // by command
};

static int part_unpack(struct run *run, size_t i, const struct cluster_command *command)
{
    struct redis_cluster *cluster = run->redis->cluster;
    struct redis_conn *notes = cluster->notes;
    struct fg_store_reply reply;
    bool reset = false;
    if (command->reply->type == RESP_ERROR)
        return conn_refused(notes, command->reply);
    const int rc =
        command->reply->type == RESP_STRING
            ? redis_reply_unpack(&cluster->packed[i], command->reply->text, &reply, &reset)
            : FG_EPROTOCOL;
    if (rc == FG_OK) {
        notes->counts[FG_REDIS_ERROR_RECORD] += reset;
        redis_part_merge(cluster->parts, i, &reply, run->whole);
        return FG_OK;
    }
    conn_close(&cluster->nodes[command->node].conn);
    if (rc == FG_EMISMATCH)
        return conn_fail(notes, FG_REDIS_ERROR_TOKEN, "the reply of another request", FG_EPROTOCOL);
    return conn_fail(notes, FG_REDIS_ERROR_PROTOCOL, "a reply that does not fit", FG_EPROTOCOL);
}

// A slot on its way to another server says nothing about either of them.
static bool is_about_server(enum fg_redis_error kind)
{
    return kind != FG_REDIS_ERROR_MOVED && kind != FG_REDIS_ERROR_ASK &&
           kind != FG_REDIS_ERROR_TRYAGAIN;
}

static void part_account(const struct run *run, size_t i)
{
    const int64_t now_ms = monotonic_ms();
    if (run->skipped[i])
        return;
    const uint32_t lane =
        run->node[i] == REDIS_NO_NODE
            ? 0
            : breaker_lane(run->breaker, run->redis->cluster->nodes[run->node[i]].id);
    if (run->rc[i] == FG_OK)
        breaker_succeeded(run->breaker, lane, now_ms);
    else if (is_about_server(run->kind[i]))
        breaker_failed(run->breaker, lane, run->kind[i], now_ms);
    else
        breaker_probe_failed(run->breaker, run->kind[i]);
}

// Sends the parts whose rc is pending, and takes what comes back.
static void parts_run(struct run *run, int64_t deadline_ns,
                      bool (*pending)(const struct run *, size_t))
{
    struct redis_cluster *cluster = run->redis->cluster;
    size_t n = 0;
    for (size_t i = 0; i < run->n; i++) {
        if (!pending(run, i))
            continue;
        run->part_of[n++] = i;
        run->rc[i] = FG_ENOMEM; // until it has run: where one has no room, none is sent
        run->kind[i] = FG_REDIS_ERROR_MEMORY;
    }
    for (size_t k = 0; k < n; k++) {
        const size_t i = run->part_of[k];
        struct redis_request *packed = &cluster->packed[i];
        redis_request_pack(&cluster->parts[i].request, redis_token_next(run->redis),
                           run->single_key, packed);
        if (cluster_append(cluster, packed->args, packed->n_args) != FG_OK)
            return;
    }
    cluster_run(cluster, run->breaker, deadline_ns);
    for (size_t k = 0; k < n; k++) {
        const struct cluster_command *command = &cluster->commands[k];
        const size_t i = run->part_of[k];
        run->skipped[i] = command->skipped;
        run->node[i] = command->node;
        run->rc[i] = command->rc == FG_OK ? part_unpack(run, i, command) : command->rc;
        run->kind[i] = command->rc == FG_OK ? cluster->notes->kind : command->kind;
        if (run->rc[i] == FG_OK)
            run->kind[i] = FG_REDIS_ERROR_NONE;
    }
    cluster_clear(cluster);
}

static bool is_new(const struct run *run, size_t i)
{
    (void)run;
    (void)i;
    return true;
}

static bool lacked_library(const struct run *run, size_t i)
{
    return run->rc[i] != FG_OK && run->kind[i] == FG_REDIS_ERROR_FUNCTION;
}

// The parts are there, cluster->parts.
static void run_all(struct run *run, int64_t deadline_ns)
{
    parts_run(run, deadline_ns, is_new);
    bool any = false;
    for (size_t i = 0; i < run->n; i++)
        any = any || lacked_library(run, i);
    // A server that came back empty has run nothing: load the library and ask again, in what is
    // left of the deadline.
    if (any && cluster_library_load(run->redis->cluster, false, deadline_ns) == FG_OK)
        parts_run(run, deadline_ns, lacked_library);
    for (size_t i = 0; run->breaker != NULL && i < run->n; i++)
        part_account(run, i);
}

int redis_parts_evaluate(struct fg_redis *redis, const struct fg_store_request *request,
                         const struct fg_hash128 *single_key, struct fg_breaker *breaker,
                         struct fg_store_reply *reply, struct redis_missed *missed)
{
    struct run run = {.redis = redis, .breaker = breaker, .single_key = single_key, .whole = reply};
    missed->n = 0;
    int rc = fg_store_request_check(request);
    if (rc != FG_OK)
        return rc;
    run.n = redis_parts_split(request, redis->cluster->parts);
    run_all(&run, redis_deadline_ns(redis));
    for (size_t i = 0; i < run.n; i++) {
        if (run.rc[i] == FG_OK)
            continue;
        rc = run.rc[i];
        missed->parts[missed->n++] = &redis->cluster->parts[i];
    }
    return rc;
}

// --- probes
// One of the tags of what is kept for all customers whose slot the server has.
static bool tag_find(const struct redis_cluster *cluster, uint8_t place, char tag[REDIS_SHARED_TAG])
{
    for (unsigned i = 0; i < 256; i++) {
        redis_shared_tag(i, tag);
        if (cluster->node_of[redis_slot_of(fg_view_of(tag))] == place)
            return true;
    }
    return false;
}

// A part for each master that has such a tag; of[i]: its place.
static size_t probes_begin(struct redis_cluster *cluster, uint8_t of[REDIS_PARTS_MAX])
{
    size_t n = 0;
    for (uint8_t place = 0; place < REDIS_MASTERS_MAX && n < REDIS_PARTS_MAX; place++) {
        struct redis_part *part = &cluster->parts[n];
        if (!cluster->nodes[place].used || !tag_find(cluster, place, part->tag))
            continue;
        memset(&part->request, 0, sizeof(part->request));
        part->request.customer = part->tag;
        part->request.n_ops = 1;
        part->request.ops[0] = redis_probe_op();
        part->op_of[0] = 0;
        of[n++] = place;
    }
    return n;
}

static int lane_probed(struct fg_breaker *breaker, uint32_t lane, int rc, enum fg_redis_error kind)
{
    const int64_t now_ms = monotonic_ms();
    const bool was_open = breaker_is_open(breaker, lane);
    if (rc == FG_OK && was_open)
        breaker_probed(breaker, lane, now_ms);
    else if (rc == FG_OK)
        breaker_succeeded(breaker, lane, now_ms);
    else if (was_open)
        breaker_probe_failed(breaker, kind);
    else if (is_about_server(kind))
        breaker_failed(breaker, lane, kind, now_ms);
    return rc;
}

static void lanes_keep(const struct redis_cluster *cluster, struct fg_breaker *breaker)
{
    uint64_t ids[REDIS_MASTERS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < REDIS_MASTERS_MAX; i++) {
        if (cluster->nodes[i].used)
            ids[n++] = cluster->nodes[i].id;
    }
    breaker_lanes_keep(breaker, ids, n);
    for (size_t i = 0; i < REDIS_MASTERS_MAX; i++) {
        const struct cluster_node *node = &cluster->nodes[i];
        char name[FG_MASTER_NAME_SIZE];
        const uint32_t lane = node->used ? breaker_lane(breaker, node->id) : 0;
        if (lane == 0)
            continue;
        const bool v6 = strchr(node->name.host, ':') != NULL;
        (void)snprintf(name, sizeof(name), "%s%s%s:%u", v6 ? "[" : "", node->name.host,
                       v6 ? "]" : "", (unsigned)node->name.port);
        breaker_name(breaker, lane, name);
    }
}

int redis_cluster_probe(struct fg_redis *redis, struct fg_breaker *breaker)
{
    struct redis_cluster *cluster = redis->cluster;
    struct fg_store_reply ignored;
    struct run run = {.redis = redis, .whole = &ignored};
    uint8_t of[REDIS_PARTS_MAX];
    int rc = cluster_refresh(cluster, redis_deadline_ns(redis));
    if (lane_probed(breaker, 0, rc, cluster->notes->kind) != FG_OK && !cluster->known)
        return rc;
    if (rc == FG_OK)
        lanes_keep(cluster, breaker);
    rc = FG_EUNAVAILABLE;
    // Some of the masters may be away: what they say is seen below.
    if (cluster_library_load(cluster, true, redis_deadline_ns(redis)) == FG_OK)
        rc = FG_OK;
    run.n = probes_begin(cluster, of);
    run_all(&run, redis_deadline_ns(redis));
    for (size_t i = 0; i < run.n; i++) {
        const uint32_t lane = breaker_lane(breaker, cluster->nodes[of[i]].id);
        if (lane_probed(breaker, lane, run.rc[i], run.kind[i]) == FG_OK)
            rc = FG_OK;
    }
    return rc;
}

bool redis_part_is_open(const struct fg_redis *redis, struct fg_breaker *breaker, const char *tag)
{
    const uint8_t place = redis->cluster->node_of[redis_slot_of(fg_view_of(tag))];
    return place == REDIS_NO_NODE || !redis->cluster->nodes[place].used ||
           breaker_is_open(breaker, breaker_lane(breaker, redis->cluster->nodes[place].id));
}
