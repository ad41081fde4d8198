// SPDX-License-Identifier: GPL-2.0-or-later
#include "state_queue.h"

#include "fg/hash.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Records of about one KB: what a second of 16,000 calls brings. Those that must not be lost may be
 * many more, since they are small. */
#define MAX_WAITING  16384u
#define MAX_NEEDED   200000u
#define MAX_LOOK_UPS 256u
/* Who writes need not be woken for each: it looks by itself a few times a second. */
#define WAKE_AT 256u

struct list {
    struct edge_job *first;
    struct edge_job *last;
};

struct edge_job_queue {
    pthread_mutex_t lock;
    pthread_cond_t is_wanted;
    struct list jobs;
    struct list look_ups;
    size_t n_look_ups;
    bool is_woken;
    _Atomic size_t count;
};

void edge_state_field(struct edge_view call_id, char field[EDGE_STATE_FIELD])
{
    static const struct fg_hash_key key = {"fraudguard.call"};

    fg_hash128_hex(fg_hash128(&key, call_id.ptr, call_id.len), field);
}

struct edge_job *edge_job_new(enum edge_job_kind kind, struct edge_view call_id,
                              struct edge_view bytes)
{
    struct edge_job *job = malloc(sizeof(*job) + bytes.len);

    if (!job)
        return NULL;
    memset(job, 0, sizeof(*job));
    job->kind = kind;
    edge_state_field(call_id, job->field);
    job->length = bytes.len;
    if (bytes.len > 0)
        memcpy(job->bytes, bytes.ptr, bytes.len);
    return job;
}

void edge_job_free(struct edge_job *job)
{
    if (!job)
        return;
    edge_mail_discard(job->mail);
    explicit_bzero(job->bytes, job->length);
    free(job);
}

static void free_list(struct edge_job *job)
{
    while (job) {
        struct edge_job *next = job->next;

        edge_job_free(job);
        job = next;
    }
}

struct edge_job_queue *edge_job_queue_new(void)
{
    struct edge_job_queue *queue = calloc(1, sizeof(*queue));
    pthread_condattr_t attributes;

    if (!queue)
        return NULL;
    pthread_mutex_init(&queue->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->is_wanted, &attributes);
    pthread_condattr_destroy(&attributes);
    return queue;
}

void edge_job_queue_free(struct edge_job_queue *queue)
{
    if (!queue)
        return;
    free_list(queue->jobs.first);
    free_list(queue->look_ups.first);
    pthread_cond_destroy(&queue->is_wanted);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

static void append(struct list *list, struct edge_job *job)
{
    job->next = NULL;
    if (list->last)
        list->last->next = job;
    else
        list->first = job;
    list->last = job;
}

static bool is_full(const struct edge_job_queue *queue, const struct edge_job *job)
{
    if (job->kind == EDGE_JOB_LOOK_UP)
        return queue->n_look_ups >= MAX_LOOK_UPS;
    return atomic_load(&queue->count) >= (job->is_needed ? MAX_NEEDED : MAX_WAITING);
}

int edge_job_queue_put(struct edge_job_queue *queue, struct edge_job *job)
{
    bool is_wanted = false;
    bool is_refused;

    pthread_mutex_lock(&queue->lock);
    is_refused = is_full(queue, job);
    if (!is_refused && job->kind == EDGE_JOB_LOOK_UP) {
        append(&queue->look_ups, job);
        queue->n_look_ups++;
        is_wanted = true;
    } else if (!is_refused) {
        append(&queue->jobs, job);
        is_wanted = atomic_fetch_add(&queue->count, 1) + 1 == WAKE_AT || job->is_urgent;
    }
    queue->is_woken = queue->is_woken || is_wanted;
    if (is_wanted)
        pthread_cond_signal(&queue->is_wanted);
    pthread_mutex_unlock(&queue->lock);
    return is_refused ? -ENOSPC : 0;
}

void edge_job_queue_return(struct edge_job_queue *queue, struct edge_job *jobs)
{
    struct edge_job *last = jobs;
    size_t n = 1;

    if (!jobs)
        return;
    while (last->next) {
        last = last->next;
        n++;
    }
    pthread_mutex_lock(&queue->lock);
    last->next = queue->jobs.first;
    queue->jobs.first = jobs;
    if (!queue->jobs.last)
        queue->jobs.last = last;
    atomic_fetch_add(&queue->count, n);
    pthread_mutex_unlock(&queue->lock);
}

static struct timespec in_ms(unsigned ms)
{
    struct timespec end;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += ms / 1000;
    end.tv_nsec += (long)(ms % 1000) * 1000000;
    if (end.tv_nsec >= 1000000000) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000;
    }
    return end;
}

struct edge_job *edge_job_queue_take(struct edge_job_queue *queue, size_t max, unsigned wait_ms)
{
    const struct timespec end = in_ms(wait_ms);
    struct edge_job *first;
    struct edge_job *last = NULL;
    size_t n = 0;

    pthread_mutex_lock(&queue->lock);
    while (wait_ms > 0 && !queue->is_woken &&
           pthread_cond_timedwait(&queue->is_wanted, &queue->lock, &end) == 0)
        continue;
    queue->is_woken = false;
    first = queue->jobs.first;
    for (struct edge_job *job = first; job && n < max; job = job->next) {
        last = job;
        n++;
    }
    if (last) {
        queue->jobs.first = last->next;
        if (!queue->jobs.first)
            queue->jobs.last = NULL;
        last->next = NULL;
        atomic_fetch_sub(&queue->count, n);
    }
    pthread_mutex_unlock(&queue->lock);
    return last ? first : NULL;
}

struct edge_job *edge_job_queue_take_look_ups(struct edge_job_queue *queue)
{
    struct edge_job *first;

    pthread_mutex_lock(&queue->lock);
    first = queue->look_ups.first;
    queue->look_ups = (struct list){NULL, NULL};
    queue->n_look_ups = 0;
    pthread_mutex_unlock(&queue->lock);
    return first;
}

void edge_job_queue_wake(struct edge_job_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->is_woken = true;
    pthread_cond_signal(&queue->is_wanted);
    pthread_mutex_unlock(&queue->lock);
}

size_t edge_job_queue_count(const struct edge_job_queue *queue)
{
    return atomic_load_explicit(&queue->count, memory_order_relaxed);
}
