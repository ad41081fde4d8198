// SPDX-License-Identifier: GPL-2.0-or-later
#include "log.h"
#include "random.h"
#include "state_keeper_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURN_MS       100u
#define WRITE_MS      400
#define LOOK_UP_MS    150
#define LEASE_MS      2000
#define RENEW_MS      500u
#define KEEP_MS       3600000
#define RETRY_MIN_MS  100u
#define RETRY_MAX_MS  2000u
#define BEHIND_LOG_MS 10000u
#define LAST_WRITE_MS 3000u

_Static_assert(EDGE_KEEPER_BATCH <= FG_REDIS_EDGE_CHANGES_MAX, "a batch fits one write");

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
    edge_keeper_count(&keeper->node->state_stats.refused);
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
    edge_keeper_count(&keeper->node->state_stats.refused);
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

    if (!atomic_load(&keeper->is_up) || atomic_load(&keeper->n_nodes) == 0)
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

/* --- writing */

static void note_link(struct edge_keeper *keeper, bool is_up)
{
    bool was_up = atomic_exchange(&keeper->is_up, is_up);

    atomic_store(&keeper->node->state_stats.is_up, is_up);
    if (is_up) {
        keeper->retry_ms = RETRY_MIN_MS;
        if (!was_up)
            edge_log(EDGE_LOG_NOTICE, "keeping the state of calls in Redis as %s of %s",
                     keeper->self.node, keeper->self.space);
        return;
    }
    keeper->was_down = true;
    keeper->retry_at_ms = edge_keeper_now_ms() + keeper->retry_ms;
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

/* Takes a record of another relay out: one that stays comes back when its call has ended here. Once
 * more, should the link have been lost; if that fails, too, so does the batch with the job. */
static bool remove_record_of(struct edge_keeper *keeper, const struct edge_job *job)
{
    const struct fg_redis_edge other = {keeper->self.space, job->node};
    int rc = fg_redis_edge_remove(keeper->writer, &other, job->field);

    if (rc != FG_OK)
        rc = fg_redis_edge_remove(keeper->writer, &other, job->field);
    return rc == FG_OK;
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
            if (remove_record_of(keeper, job))
                edge_keeper_count(&keeper->node->state_stats.taken_over);
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
    atomic_fetch_add_explicit(&keeper->node->state_stats.written, n, memory_order_relaxed);
    free_jobs(jobs);
    keeper->renewed_ms = edge_keeper_now_ms();
    return true;
}

static void tell_when_behind(struct edge_keeper *keeper)
{
    size_t waiting = edge_job_queue_count(keeper->queue);

    atomic_store(&keeper->node->state_stats.waiting, waiting);
    if (waiting < (size_t)EDGE_KEEPER_BATCH * 64 ||
        edge_keeper_now_ms() - keeper->behind_told_ms < BEHIND_LOG_MS)
        return;
    keeper->behind_told_ms = edge_keeper_now_ms();
    edge_log(EDGE_LOG_WARNING, "Redis takes the state of calls too slowly: %zu records wait",
             waiting);
}

/* Everything that waits. False when Redis is away. */
static bool write_all(struct edge_keeper *keeper)
{
    do {
        struct edge_job *jobs = edge_job_queue_take(keeper->queue, EDGE_KEEPER_BATCH, 0);

        if (!jobs && edge_keeper_now_ms() - keeper->renewed_ms < RENEW_MS)
            return true;
        if (!write_batch(keeper, jobs))
            return false;
        edge_keeper_serve_look_ups(keeper);
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
    if (!keeper->is_restored && !edge_keeper_restore(keeper))
        return false;
    if (!write_all(keeper))
        return false;
    /* In this order: what workers hand over while the link counts as down is dropped. */
    note_link(keeper, true);
    if (keeper->was_down) {
        keeper->was_down = false;
        ask_for_all(keeper);
    }
    edge_keeper_read_nodes(keeper);
    edge_keeper_stand_in(keeper);
    return true;
}

static void *run(void *context)
{
    struct edge_keeper *keeper = context;

    while (!atomic_load(&keeper->is_stopping)) {
        edge_keeper_serve_look_ups(keeper);
        if (edge_keeper_now_ms() >= keeper->retry_at_ms && !turn(keeper)) {
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
    for (size_t i = 0; i < EDGE_KEEPER_BATCH; i++)
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
    uint64_t end_ms = edge_keeper_now_ms() + timeout_ms;

    while ((!atomic_load(&keeper->has_tried) || atomic_load(&keeper->n_adopting) > 0) &&
           edge_keeper_now_ms() < end_ms)
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
    uint64_t end_ms = edge_keeper_now_ms() + LAST_WRITE_MS;

    if (!keeper)
        return;
    atomic_store(&keeper->is_stopping, true);
    edge_job_queue_wake(keeper->queue);
    if (keeper->is_running)
        pthread_join(keeper->thread, NULL);
    /* The workers' last word on each call. */
    while (edge_job_queue_count(keeper->queue) > 0 && edge_keeper_now_ms() < end_ms) {
        if (!write_batch(keeper, edge_job_queue_take(keeper->queue, EDGE_KEEPER_BATCH, 0)))
            break;
    }
    if (atomic_load(&keeper->is_up) && fg_redis_edge_leave(keeper->writer, &keeper->self) != FG_OK)
        edge_log(EDGE_LOG_NOTICE, "the lease could not be given up");
    free_keeper(keeper);
}
