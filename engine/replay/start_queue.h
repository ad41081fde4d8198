// SPDX-License-Identifier: GPL-2.0-or-later
// Calls that wait for their start, in order: a sorted ring. Rows come almost sorted, so that a new
// one finds its place near the end at once, which a heap cannot make use of.
#pragma once

#include "event_queue.h"

struct start_queue {
    struct queued_event *ring;
    uint32_t first, n, size; // size: a power of two
};

// Room for at least so many. FG_ENOMEM.
FG_MUST_CHECK int start_queue_init(struct start_queue *queue, uint32_t room);
void start_queue_fini(struct start_queue *queue);
// Not to be called on a full queue.
void start_queue_add(struct start_queue *queue, struct queued_event event);
// NULL when there is none.
const struct queued_event *start_queue_first(const struct start_queue *queue);
// Removes the first one. Not to be called on an empty queue.
void start_queue_drop_first(struct start_queue *queue);
