// SPDX-License-Identifier: GPL-2.0-or-later
/* The keeper of state brings records back: our own after a restart, those of relays that are gone,
 * and single calls that a proxy asks for. */
#include "log.h"
#include "state_keeper_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STAND_IN_MS      500u
#define NODES_EVERY_MS   2000u
#define NODES_KEEP_MS    86400000
#define LOOK_UP_PAUSE_MS 1000u
#define ADOPT_WAIT_MS    2u

/* Posts mail to the owner of the call, waiting while its box is full. False when workers are gone.
 */
static bool post(struct edge_keeper *keeper, struct edge_view call_id, enum edge_mail_kind kind,
                 struct edge_view bytes, const char *node, bool may_move)
{
    struct edge_worker *worker = edge_worker_of_call(keeper->node, call_id);

    for (;;) {
        struct edge_mail *mail = edge_mail_new(kind, bytes.ptr, bytes.len);
        int err = mail ? 0 : -ENOMEM;
        bool is_quiet;

        if (mail) {
            mail->is_moving = may_move;
            snprintf(mail->node, sizeof(mail->node), "%s", node);
        }
        pthread_mutex_lock(&keeper->mailing);
        is_quiet = keeper->is_quiet;
        if (!is_quiet && mail)
            err = edge_worker_post(worker, mail);
        else
            edge_mail_discard(mail);
        pthread_mutex_unlock(&keeper->mailing);
        if (is_quiet || err == -ENOMEM)
            return false;
        if (err == 0)
            return true;
        poll(NULL, 0, ADOPT_WAIT_MS);
    }
}

/* Opens a record and hands it to the worker that will own the call. False when that cannot be. */
static bool bring_back(struct edge_keeper *keeper, const char *node, struct edge_view field,
                       struct edge_view sealed, bool may_move)
{
    struct edge_view plain = {(const char *)keeper->plain, 0};
    enum edge_state_kind kind;
    struct edge_view call_id;
    char name[EDGE_STATE_FIELD];
    bool is_sent;
    int err = EDGE_ESYNTAX;

    if (sealed.len <= EDGE_STATE_MAX + EDGE_SEAL_GROWTH)
        err = edge_seal_unlock(keeper->seal, field, sealed, keeper->plain, &plain.len);
    if (err == EDGE_ENOENT) {
        edge_keeper_count(&keeper->node->state_stats.foreign);
        return false;
    }
    if (err == 0)
        err = edge_state_read_head(plain, &kind, &call_id);
    if (err == 0)
        edge_state_field(call_id, name);
    if (err != 0 || !edge_view_is_equal(edge_view_of(name), field)) {
        edge_keeper_count(&keeper->node->state_stats.damaged);
        explicit_bzero(keeper->plain, plain.len);
        return false;
    }
    atomic_fetch_add(&keeper->n_adopting, 1);
    is_sent = post(keeper, call_id, EDGE_MAIL_ADOPT, plain, node, may_move);
    if (!is_sent)
        atomic_fetch_sub(&keeper->n_adopting, 1);
    explicit_bzero(keeper->plain, plain.len);
    return is_sent;
}

struct reading {
    struct edge_keeper *keeper;
    const char *node; /* empty: our own */
    uint64_t n;
};

static bool take_record(void *context, struct fg_view field, struct fg_view value)
{
    struct reading *reading = context;

    if (bring_back(reading->keeper, reading->node, (struct edge_view){field.ptr, field.len},
                   (struct edge_view){value.ptr, value.len}, false))
        reading->n++;
    return !reading->keeper->is_stopping;
}

/* Our own calls of before. False when Redis is away. */
bool edge_keeper_restore(struct edge_keeper *keeper)
{
    struct reading reading = {keeper, "", 0};

    if (fg_redis_edge_each(keeper->writer, &keeper->self, take_record, &reading) != FG_OK)
        return false;
    keeper->is_restored = true;
    if (reading.n > 0)
        edge_log(EDGE_LOG_NOTICE, "%" PRIu64 " records of calls read from Redis", reading.n);
    return true;
}

/* All calls of a relay that is gone. */
static void take_over(struct edge_keeper *keeper, const char *node)
{
    const struct fg_redis_edge other = {keeper->self.space, node};
    struct reading reading = {keeper, node, 0};

    if (fg_redis_edge_each(keeper->writer, &other, take_record, &reading) != FG_OK)
        return;
    if (reading.n > 0)
        edge_log(EDGE_LOG_NOTICE, "taking over %" PRIu64 " records of %s", reading.n, node);
}

/* An address that was moved here can be bound to. */
static bool has_addresses(const struct edge_node *node)
{
    for (unsigned i = 0; i < node->n_interfaces; i++) {
        if (!edge_interface_is_local(node->interfaces[i]))
            return false;
    }
    return true;
}

void edge_keeper_stand_in(struct edge_keeper *keeper)
{
    const struct edge_config *config = keeper->node->config;
    bool is_told = atomic_exchange(&keeper->wants_take_over, false);

    if (config->n_stand_in_for == 0 ||
        (!is_told && edge_keeper_now_ms() - keeper->stood_in_ms < STAND_IN_MS) ||
        atomic_load(&keeper->n_adopting) > 0)
        return;
    keeper->stood_in_ms = edge_keeper_now_ms();
    for (unsigned i = 0; i < config->n_stand_in_for; i++) {
        const struct fg_redis_edge other = {keeper->self.space, config->stand_in_for[i]};
        bool is_leased = true;

        if (fg_redis_edge_is_leased(keeper->writer, &other, &is_leased) != FG_OK)
            return;
        if (is_told || (!is_leased && has_addresses(keeper->node)))
            take_over(keeper, config->stand_in_for[i]);
    }
}

static bool take_node(void *context, struct fg_view node)
{
    struct edge_keeper *keeper = context;

    if (node.len == strlen(keeper->self.node) && memcmp(node.ptr, keeper->self.node, node.len) == 0)
        return true;
    memcpy(keeper->nodes[keeper->n_nodes_read], node.ptr, node.len);
    keeper->nodes[keeper->n_nodes_read++][node.len] = '\0';
    return keeper->n_nodes_read < EDGE_KEEPER_NODES;
}

void edge_keeper_read_nodes(struct edge_keeper *keeper)
{
    uint64_t now = edge_keeper_now_ms();

    if (keeper->nodes_ms != 0 && now - keeper->nodes_ms < NODES_EVERY_MS)
        return;
    keeper->nodes_ms = now;
    keeper->n_nodes_read = 0;
    if (fg_redis_edge_nodes(keeper->writer, keeper->self.space,
                            (int64_t)(edge_clock_unix_us() / 1000), NODES_KEEP_MS, take_node,
                            keeper) == FG_OK)
        atomic_store(&keeper->n_nodes, keeper->n_nodes_read);
    else
        keeper->nodes_ms = 0;
}

static void look_at(struct edge_keeper *keeper, const struct edge_job *job, const char *node)
{
    const struct fg_redis_edge other = {keeper->self.space, node};
    bool is_leased = true;
    char *value = NULL;
    size_t length = 0;

    int rc = fg_redis_edge_find(keeper->reader, &other, job->field, &value, &length, &is_leased);

    /* Who asks has no time: after a failure the others get no for an answer for a while. */
    if (rc != FG_OK && rc != FG_ENOTFOUND)
        keeper->look_up_at_ms = edge_keeper_now_ms() + LOOK_UP_PAUSE_MS;
    if (rc != FG_OK)
        return;
    if (job->is_moving || !is_leased)
        (void)bring_back(keeper, node, edge_view_of(job->field), (struct edge_view){value, length},
                         job->is_moving);
    free(value);
}

/* The call, where there is one, then the request that asked for it, go the same way. */
static void look_up(struct edge_keeper *keeper, struct edge_job *job)
{
    for (unsigned i = 0; i < keeper->n_nodes && edge_keeper_now_ms() >= keeper->look_up_at_ms; i++)
        look_at(keeper, job, keeper->nodes[i]);
    pthread_mutex_lock(&keeper->mailing);
    if (!keeper->is_quiet) {
        struct edge_mail *mail = job->mail;

        job->mail = NULL;
        if (edge_worker_post(job->worker, mail) != 0)
            edge_keeper_count(&keeper->node->state_stats.refused);
    }
    pthread_mutex_unlock(&keeper->mailing);
}

void edge_keeper_serve_look_ups(struct edge_keeper *keeper)
{
    struct edge_job *job = edge_job_queue_take_look_ups(keeper->queue);

    while (job) {
        struct edge_job *next = job->next;

        look_up(keeper, job);
        edge_job_free(job);
        job = next;
    }
}
