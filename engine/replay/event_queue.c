// SPDX-License-Identifier: GPL-2.0-or-later
#include "event_queue.h"

#include <stdlib.h>

#define CHILDREN 4 // flatter than a binary heap: fewer cache lines on the way

// Puts event at i or below, where the entry at i is free.
static void sink(struct event_queue *queue, uint32_t i, struct queued_event event)
{
    for (;;) {
        uint32_t child = CHILDREN * i + 1;
        if (child >= queue->n) {
            break;
        }
        uint32_t last = child + CHILDREN < queue->n ? child + CHILDREN : queue->n;
        uint32_t least = child;
        for (child++; child < last; child++) {
            if (queued_before(&queue->heap[child], &queue->heap[least])) {
                least = child;
            }
        }
        if (!queued_before(&queue->heap[least], &event)) {
            break;
        }
        queue->heap[i] = queue->heap[least];
        i = least;
    }
    queue->heap[i] = event;
}

int event_queue_add(struct event_queue *queue, struct queued_event event)
{
    if (queue->n == queue->room) {
        uint32_t room = queue->room == 0 ? 1024 : queue->room * 2;
        struct queued_event *heap =
            room > queue->room ? reallocarray(queue->heap, room, sizeof(*heap)) : NULL;
        if (heap == NULL) {
            return FG_ENOMEM;
        }
        queue->heap = heap;
        queue->room = room;
    }
    uint32_t i = queue->n++;
    while (i > 0 && queued_before(&event, &queue->heap[(i - 1) / CHILDREN])) {
        queue->heap[i] = queue->heap[(i - 1) / CHILDREN];
        i = (i - 1) / CHILDREN;
    }
    queue->heap[i] = event;
    return FG_OK;
}

const struct queued_event *event_queue_first(const struct event_queue *queue)
{
    return queue->n > 0 ? &queue->heap[0] : NULL;
}

void event_queue_drop_first(struct event_queue *queue)
{
    queue->n--;
    if (queue->n > 0) {
        sink(queue, 0, queue->heap[queue->n]);
    }
}

void event_queue_replace_first(struct event_queue *queue, struct queued_event event)
{
    sink(queue, 0, event);
}

void event_queue_fini(struct event_queue *queue)
{
    free(queue->heap);
    *queue = (struct event_queue){0};
}
