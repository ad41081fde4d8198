// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mailbox.h"
#include "view.h"

#include <stddef.h>
#include <stdint.h>

/** What workers and the listener want of the keeper: bounded, in order, and wiped when done. */

#define EDGE_STATE_FIELD     33 /**< 32 hex digits and a NUL */
#define EDGE_STATE_NODE_TEXT 33 /**< name of a relay and a NUL */

enum edge_job_kind {
    EDGE_JOB_PUT,     /**< bytes: a record in clear */
    EDGE_JOB_DROP,    /**< node: whose record; empty: ours */
    EDGE_JOB_LOOK_UP, /**< mail; is_moving */
};

struct edge_worker;

struct edge_job {
    struct edge_job *next;
    enum edge_job_kind kind;
    char field[EDGE_STATE_FIELD];
    char node[EDGE_STATE_NODE_TEXT];
    struct edge_worker *worker; /**< who gets the mail */
    bool is_needed;             /**< lasts while Redis is away */
    bool is_urgent;             /**< the keeper is woken for it */
    bool is_moving;
    struct edge_mail *mail; /**< owned */
    size_t length;
    uint8_t bytes[];
};

/** NULL when memory is short. The bytes are copied. */
struct edge_job *edge_job_new(enum edge_job_kind kind, struct edge_view call_id,
                              struct edge_view bytes);

/** Wipes and frees, its mail too; NULL is fine. */
void edge_job_free(struct edge_job *job);

/** The name of a call's record: a hash of the Call-ID, as 32 hex digits. */
void edge_state_field(struct edge_view call_id, char field[EDGE_STATE_FIELD]);

struct edge_job_queue;

/** NULL when memory is short. */
struct edge_job_queue *edge_job_queue_new(void);

/** With what is left in it; NULL is fine. */
void edge_job_queue_free(struct edge_job_queue *queue);

/** Any thread. 0; -ENOSPC when full: the job stays the caller's. */
int edge_job_queue_put(struct edge_job_queue *queue, struct edge_job *job);

/** Puts jobs that were taken back to the front, in their order; never full. */
void edge_job_queue_return(struct edge_job_queue *queue, struct edge_job *jobs);

/** Takes up to `max` jobs in order, linked by next, waiting up to `wait_ms` for the first. */
struct edge_job *edge_job_queue_take(struct edge_job_queue *queue, size_t max, unsigned wait_ms);

/** Look-ups that wait, taken before everything else; NULL for none. */
struct edge_job *edge_job_queue_take_look_ups(struct edge_job_queue *queue);

/** Ends a wait. Any thread. */
void edge_job_queue_wake(struct edge_job_queue *queue);

/** Any thread: how many wait. */
size_t edge_job_queue_count(const struct edge_job_queue *queue);
