// SPDX-License-Identifier: GPL-2.0-or-later
#include "state_keeper.h"

#include "clock.h"
#include "fg/redis_edge.h"
#include "log.h"
#include "random.h"
#include "state_queue.h"
#include "state_record.h"
#include "state_seal.h"
#include "worker.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH          64u
#define TURN_MS        100u
#define WRITE_MS       1000
#define LOOK_UP_MS     150
#define LEASE_MS       2000
#define RENEW_MS       500u
#define STAND_IN_MS    500u
#define KEEP_MS        3600000
#define RETRY_MIN_MS   100u
#define RETRY_MAX_MS   2000u
#define NODES_MAX      16u
#define NODES_EVERY_MS 2000u
#define NODES_KEEP_MS  86400000
#define ADOPT_WAIT_MS  2u
#define BEHIND_LOG_MS  10000u
#define LAST_WRITE_MS  3000u

_Static_assert(BATCH <= FG_REDIS_EDGE_CHANGES_MAX, "a batch fits one write");

struct edge_keeper {
    struct edge_node *node;
    pthread_t thread;
    atomic_bool is_stopping;
    atomic_bool wants_take_over;
    atomic_bool has_tried; /* to restore: it worked, or Redis is away */
    atomic_bool is_up;
    _Atomic uint32_t n_adopting; /* records at the workers */
    pthread_mutex_t mailing;     /* held while mail is posted */
    bool is_quiet;               /* under `mailing`: the workers are gone */
    struct edge_job_queue *queue;
    struct edge_seal *seal;
    struct fg_redis *writer;
    struct fg_redis *reader; /* for look-ups: a short deadline */
    struct fg_redis_edge self;
    char instance[17];

    bool is_running;
    bool is_restored;
    bool was_down; /* since the last write that worked */
    uint64_t renewed_ms;
    uint64_t retry_at_ms;
    unsigned retry_ms;
    uint64_t stood_in_ms;
    uint64_t nodes_ms;
    uint64_t behind_told_ms;
    unsigned n_nodes;
    char nodes[NODES_MAX][EDGE_STATE_NODE_TEXT];

    struct fg_redis_edge_change changes[BATCH];
    uint8_t *sealed[BATCH];
    uint8_t *plain; /* EDGE_STATE_MAX + EDGE_SEAL_GROWTH */
};

static uint64_t now_ms(void)
{
    return edge_clock_now_ns() / 1000000;
}

static struct edge_state_stats *stats_of(struct edge_keeper *keeper)
{
    return &keeper->node->state_stats;
}

static void count(_Atomic uint64_t *figure)
{
    atomic_fetch_add_explicit(figure, 1, memory_order_relaxed);
}

/* --- what workers and the listener call */

int edge_keeper_put(struct edge_keeper *keeper, struct edge_view call_id, struct edge_view record,
                    enum edge_put put)
{
    struct edge_job *job = NULL;
    int err = -ENOSPC;

    /* What cannot be written is not worth a copy; once Redis is back all is asked for again. */
    if (put != EDGE_PUT_NEEDED && !atomic_load(&keeper->is_up))
        return 0;
    job = edge_job_new(EDGE_JOB_PUT, call_id, record);
    if (job) {
        job->is_needed = put == EDGE_PUT_NEEDED;
        job->is_urgent = put != EDGE_PUT_USUAL;
        err = edge_job_queue_put(keeper->queue, job);
    }
    if (err == 0)
        return 0;
    edge_job_free(job);
    count(&stats_of(keeper)->refused);
    return err;
}

static void drop(struct edge_keeper *keeper, const char *node, struct edge_view call_id)
{
    const struct edge_view none = {NULL, 0};
    struct edge_job *job = edge_job_new(EDGE_JOB_DROP, call_id, none);

    if (job) {
        job->is_needed = true;
        snprintf(job->node, sizeof(job->node), "%s", node);
        if (edge_job_queue_put(keeper->queue, job) == 0)
            return;
    }
    edge_job_free(job);
    count(&stats_of(keeper)->refused);
}

void edge_keeper_drop(struct edge_keeper *keeper, struct edge_view call_id)
{
    drop(keeper, "", call_id);
}

void edge_keeper_drop_of(struct edge_keeper *keeper, const char *node, struct edge_view call_id)
{
    drop(keeper, node, call_id);
}

void edge_keeper_note_adopted(struct edge_keeper *keeper)
{
    atomic_fetch_sub(&keeper->n_adopting, 1);
}

bool edge_keeper_look_up(struct edge_keeper *keeper, struct edge_view call_id, bool is_moving,
                         struct edge_mail *mail)
{
    const struct edge_view none = {NULL, 0};
    struct edge_job *job;

    if (!atomic_load(&keeper->is_up))
        return false;
    job = edge_job_new(EDGE_JOB_LOOK_UP, call_id, none);
    if (!job)
        return false;
    job->is_moving = is_moving;
    job->mail = mail;
    job->worker = edge_worker_of_call(keeper->node, call_id);
    if (edge_job_queue_put(keeper->queue, job) == 0)
        return true;
    job->mail = NULL;
    edge_job_free(job);
    return false;
}

void edge_keeper_take_over(struct edge_keeper *keeper)
{
    atomic_store(&keeper->wants_take_over, true);
}

/* --- bringing records back */

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
        count(&stats_of(keeper)->foreign);
        return false;
    }
    if (err == 0)
        err = edge_state_read_head(plain, &kind, &call_id);
    if (err == 0)
        edge_state_field(call_id, name);
    if (err != 0 || !edge_view_is_equal(edge_view_of(name), field)) {
        count(&stats_of(keeper)->damaged);
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
static bool restore(struct edge_keeper *keeper)
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

static void stand_in(struct edge_keeper *keeper)
{
    const struct edge_config *config = keeper->node->config;
    bool is_told = atomic_exchange(&keeper->wants_take_over, false);

    if (config->n_stand_in_for == 0 || (!is_told && now_ms() - keeper->stood_in_ms < STAND_IN_MS) ||
        atomic_load(&keeper->n_adopting) > 0)
        return;
    keeper->stood_in_ms = now_ms();
    for (unsigned i = 0; i < config->n_stand_in_for; i++) {
        const struct fg_redis_edge other = {keeper->self.space, config->stand_in_for[i]};
        bool is_leased = true;

        if (fg_redis_edge_is_leased(keeper->writer, &other, &is_leased) != FG_OK)
            return;
        if (is_told || (!is_leased && has_addresses(keeper->node)))
            take_over(keeper, config->stand_in_for[i]);
    }
}

/* --- look-ups */

static bool take_node(void *context, struct fg_view node)
{
    struct edge_keeper *keeper = context;

    if (node.len == strlen(keeper->self.node) && memcmp(node.ptr, keeper->self.node, node.len) == 0)
        return true;
    memcpy(keeper->nodes[keeper->n_nodes], node.ptr, node.len);
    keeper->nodes[keeper->n_nodes++][node.len] = '\0';
    return keeper->n_nodes < NODES_MAX;
}

static void read_nodes(struct edge_keeper *keeper)
{
    uint64_t now = now_ms();

    if (keeper->nodes_ms != 0 && now - keeper->nodes_ms < NODES_EVERY_MS)
        return;
    keeper->nodes_ms = now;
    keeper->n_nodes = 0;
    if (fg_redis_edge_nodes(keeper->writer, keeper->self.space,
                            (int64_t)(edge_clock_unix_us() / 1000), NODES_KEEP_MS, take_node,
                            keeper) != FG_OK)
        keeper->nodes_ms = 0;
}

static void look_at(struct edge_keeper *keeper, const struct edge_job *job, const char *node)
{
    const struct fg_redis_edge other = {keeper->self.space, node};
    bool is_leased = true;
    char *value = NULL;
    size_t length = 0;

    if (fg_redis_edge_find(keeper->reader, &other, job->field, &value, &length, &is_leased) !=
        FG_OK)
        return;
    if (job->is_moving || !is_leased)
        (void)bring_back(keeper, node, edge_view_of(job->field), (struct edge_view){value, length},
                         job->is_moving);
    free(value);
}

/* The call, where there is one, then the request that asked for it, go the same way. */
static void look_up(struct edge_keeper *keeper, struct edge_job *job)
{
    for (unsigned i = 0; atomic_load(&keeper->is_up) && i < keeper->n_nodes; i++)
        look_at(keeper, job, keeper->nodes[i]);
    pthread_mutex_lock(&keeper->mailing);
    if (!keeper->is_quiet) {
        struct edge_mail *mail = job->mail;

        job->mail = NULL;
        if (edge_worker_post(job->worker, mail) != 0)
            count(&stats_of(keeper)->refused);
    }
    pthread_mutex_unlock(&keeper->mailing);
}

static void serve_look_ups(struct edge_keeper *keeper)
{
    struct edge_job *job = edge_job_queue_take_look_ups(keeper->queue);

    while (job) {
        struct edge_job *next = job->next;

        look_up(keeper, job);
        edge_job_free(job);
        job = next;
    }
}

/* --- writing */

static void note_link(struct edge_keeper *keeper, bool is_up)
{
    bool was_up = atomic_exchange(&keeper->is_up, is_up);

    atomic_store(&stats_of(keeper)->is_up, is_up);
    if (is_up) {
        keeper->retry_ms = RETRY_MIN_MS;
        if (!was_up)
            edge_log(EDGE_LOG_NOTICE, "keeping the state of calls in Redis as %s of %s",
                     keeper->self.node, keeper->self.space);
        return;
    }
    keeper->was_down = true;
    keeper->retry_at_ms = now_ms() + keeper->retry_ms;
    keeper->retry_ms = keeper->retry_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : keeper->retry_ms * 2;
    if (was_up)
        edge_log(EDGE_LOG_WARNING, "the state of calls is not kept: lost Redis (%s)",
                 fg_redis_last_error(keeper->writer));
}

/* Every call is to be written again: nobody knows what Redis has. */
static void ask_for_all(struct edge_keeper *keeper)
{
    pthread_mutex_lock(&keeper->mailing);
    for (unsigned i = 0; !keeper->is_quiet && i < keeper->node->n_workers; i++) {
        struct edge_mail *mail = edge_mail_new(EDGE_MAIL_STATE_AGAIN, NULL, 0);

        if (mail)
            (void)edge_worker_post(keeper->node->workers[i], mail);
    }
    pthread_mutex_unlock(&keeper->mailing);
}

/* Turns jobs into changes; those of other relays are carried out at once. */
static size_t make_changes(struct edge_keeper *keeper, const struct edge_job *job)
{
    size_t n = 0;

    for (; job; job = job->next) {
        struct fg_redis_edge_change *change = &keeper->changes[n];
        const struct edge_view plain = {(const char *)job->bytes, job->length};
        size_t length = 0;

        memcpy(change->field, job->field, sizeof(change->field));
        change->value = (struct fg_view){NULL, 0};
        if (job->node[0] != '\0') {
            const struct fg_redis_edge other = {keeper->self.space, job->node};

            if (fg_redis_edge_remove(keeper->writer, &other, job->field) == FG_OK)
                count(&stats_of(keeper)->taken_over);
            continue;
        }
        if (job->kind == EDGE_JOB_PUT) {
            uint8_t *sealed = realloc(keeper->sealed[n], job->length + EDGE_SEAL_GROWTH);

            if (!sealed)
                continue;
            keeper->sealed[n] = sealed;
            if (edge_seal_lock(keeper->seal, edge_view_of(job->field), plain, sealed, &length) != 0)
                continue;
            change->value = (struct fg_view){(const char *)sealed, length};
        }
        n++;
    }
    return n;
}

static void free_jobs(struct edge_job *job)
{
    while (job) {
        struct edge_job *next = job->next;

        edge_job_free(job);
        job = next;
    }
}

/* Of a batch that could not be written: what has to be written all the same goes back. */
static void return_needed(struct edge_keeper *keeper, struct edge_job *job)
{
    struct edge_job *kept = NULL;
    struct edge_job **end = &kept;

    while (job) {
        struct edge_job *next = job->next;

        if (job->is_needed) {
            *end = job;
            end = &job->next;
            *end = NULL;
        } else {
            edge_job_free(job);
        }
        job = next;
    }
    edge_job_queue_return(keeper->queue, kept);
}

/* Writes a batch and renews the lease. False when Redis is away. */
static bool write_batch(struct edge_keeper *keeper, struct edge_job *jobs)
{
    size_t n = make_changes(keeper, jobs);
    int rc = fg_redis_edge_write(keeper->writer, &keeper->self, keeper->changes, n,
                                 keeper->instance, LEASE_MS, KEEP_MS);

    if (rc != FG_OK) {
        return_needed(keeper, jobs);
        return false;
    }
    atomic_fetch_add_explicit(&stats_of(keeper)->written, n, memory_order_relaxed);
    free_jobs(jobs);
    keeper->renewed_ms = now_ms();
    return true;
}

static void tell_when_behind(struct edge_keeper *keeper)
{
    size_t waiting = edge_job_queue_count(keeper->queue);

    atomic_store(&stats_of(keeper)->waiting, waiting);
    if (waiting < (size_t)BATCH * 64 || now_ms() - keeper->behind_told_ms < BEHIND_LOG_MS)
        return;
    keeper->behind_told_ms = now_ms();
    edge_log(EDGE_LOG_WARNING, "Redis takes the state of calls too slowly: %zu records wait",
             waiting);
}

/* Everything that waits. False when Redis is away. */
static bool write_all(struct edge_keeper *keeper)
{
    do {
        struct edge_job *jobs = edge_job_queue_take(keeper->queue, BATCH, 0);

        if (!jobs && now_ms() - keeper->renewed_ms < RENEW_MS)
            return true;
        if (!write_batch(keeper, jobs))
            return false;
        serve_look_ups(keeper);
        tell_when_behind(keeper);
    } while (edge_job_queue_count(keeper->queue) > 0);
    return true;
}

/* What is queued and would only be old when Redis is back. */
static void forget_records(struct edge_keeper *keeper)
{
    struct edge_job *jobs = edge_job_queue_take(keeper->queue, SIZE_MAX, 0);

    return_needed(keeper, jobs);
}

static bool turn(struct edge_keeper *keeper)
{
    if (!keeper->is_restored && !restore(keeper))
        return false;
    if (!write_all(keeper))
        return false;
    if (keeper->was_down) {
        keeper->was_down = false;
        ask_for_all(keeper);
    }
    note_link(keeper, true);
    read_nodes(keeper);
    stand_in(keeper);
    return true;
}

static void *run(void *context)
{
    struct edge_keeper *keeper = context;

    while (!atomic_load(&keeper->is_stopping)) {
        serve_look_ups(keeper);
        if (now_ms() >= keeper->retry_at_ms && !turn(keeper)) {
            note_link(keeper, false);
            forget_records(keeper);
        }
        atomic_store(&keeper->has_tried, true);
        /* Waits, or is woken; the jobs go back to where they were. */
        edge_job_queue_return(keeper->queue, edge_job_queue_take(keeper->queue, 0, TURN_MS));
    }
    return NULL;
}

/* --- start and end */

static struct fg_redis *open_redis(const struct edge_config *config, int deadline_ms)
{
    char storage[2 * EDGE_REDIS_TEXT_MAX];
    struct fg_redis_config redis;
    struct fg_redis *link = NULL;

    if (fg_redis_config_parse(config->redis_url, &redis, storage, sizeof(storage)) == FG_OK) {
        if (config->redis_db != 0)
            redis.database = config->redis_db;
        redis.deadline_ms = deadline_ms;
        link = fg_redis_new(&redis);
    }
    explicit_bzero(storage, sizeof(storage));
    return link;
}

static void free_keeper(struct edge_keeper *keeper)
{
    edge_job_queue_free(keeper->queue);
    edge_seal_close(keeper->seal);
    fg_redis_free(keeper->writer);
    fg_redis_free(keeper->reader);
    for (size_t i = 0; i < BATCH; i++)
        free(keeper->sealed[i]);
    free(keeper->plain);
    pthread_mutex_destroy(&keeper->mailing);
    free(keeper);
}

int edge_keeper_new(struct edge_node *node, struct edge_keeper **out, char *error, size_t size)
{
    const struct edge_config *config = node->config;
    struct edge_keeper *keeper = calloc(1, sizeof(*keeper));
    int err;

    snprintf(error, size, "out of memory");
    if (!keeper)
        return -ENOMEM;
    pthread_mutex_init(&keeper->mailing, NULL);
    keeper->node = node;
    keeper->self = (struct fg_redis_edge){config->state_space, config->state_node};
    keeper->retry_ms = RETRY_MIN_MS;
    keeper->was_down = true;
    snprintf(keeper->instance, sizeof(keeper->instance), "%016" PRIx64, edge_random_u64());
    keeper->queue = edge_job_queue_new();
    keeper->plain = malloc(EDGE_STATE_MAX + EDGE_SEAL_GROWTH);
    keeper->writer = open_redis(config, WRITE_MS);
    keeper->reader = open_redis(config, LOOK_UP_MS);
    err = keeper->queue && keeper->plain && keeper->writer && keeper->reader ? 0 : -ENOMEM;
    if (err == 0)
        err = edge_seal_open(config->state_key_file, &keeper->seal, error, size);
    if (err != 0) {
        free_keeper(keeper);
        return err;
    }
    *out = keeper;
    return 0;
}

int edge_keeper_begin(struct edge_keeper *keeper)
{
    int err = pthread_create(&keeper->thread, NULL, run, keeper);

    keeper->is_running = err == 0;
    return -err;
}

void edge_keeper_wait(struct edge_keeper *keeper, unsigned timeout_ms)
{
    uint64_t end_ms = now_ms() + timeout_ms;

    while ((!atomic_load(&keeper->has_tried) || atomic_load(&keeper->n_adopting) > 0) &&
           now_ms() < end_ms)
        poll(NULL, 0, 2);
}

void edge_keeper_quiesce(struct edge_keeper *keeper)
{
    if (!keeper)
        return;
    pthread_mutex_lock(&keeper->mailing);
    keeper->is_quiet = true;
    pthread_mutex_unlock(&keeper->mailing);
}

void edge_keeper_stop(struct edge_keeper *keeper)
{
    uint64_t end_ms = now_ms() + LAST_WRITE_MS;

    if (!keeper)
        return;
    atomic_store(&keeper->is_stopping, true);
    edge_job_queue_wake(keeper->queue);
    if (keeper->is_running)
        pthread_join(keeper->thread, NULL);
    /* The workers' last word on each call. */
    while (edge_job_queue_count(keeper->queue) > 0 && now_ms() < end_ms) {
        if (!write_batch(keeper, edge_job_queue_take(keeper->queue, BATCH, 0)))
            break;
    }
    if (atomic_load(&keeper->is_up) && fg_redis_edge_leave(keeper->writer, &keeper->self) != FG_OK)
        edge_log(EDGE_LOG_NOTICE, "the lease could not be given up");
    free_keeper(keeper);
}
