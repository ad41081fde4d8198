// SPDX-License-Identifier: GPL-2.0-or-later
// Events to come, earliest first: a heap of small entries, one for each call that rings or is up.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/err.h"

struct queued_event {
    int64_t at_ms;
    uint64_t order; // among events of one time: the smaller one first
    uint32_t call;
    uint32_t step; // for the owner
};

static inline bool queued_before(const struct queued_event *a, const struct queued_event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

struct event_queue {
    struct queued_event *heap;
    uint32_t n, room;
};

// FG_ENOMEM.
FG_MUST_CHECK int event_queue_add(struct event_queue *queue, struct queued_event event);
// NULL when there is none.
const struct queued_event *event_queue_first(const struct event_queue *queue);
// Removes the first one. Not to be called on an empty queue.
void event_queue_drop_first(struct event_queue *queue);
// Replaces the first one: cheaper than dropping it and adding another.
void event_queue_replace_first(struct event_queue *queue, struct queued_event event);
void event_queue_fini(struct event_queue *queue);
