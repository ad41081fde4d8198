// SPDX-License-Identifier: GPL-2.0-or-later
#include "start_queue.h"

#include <stdlib.h>

int start_queue_init(struct start_queue *queue, uint32_t room)
{
    *queue = (struct start_queue){.size = 1};
    while (queue->size < room) {
        queue->size *= 2;
    }
    queue->ring = calloc(queue->size, sizeof(*queue->ring));
    return queue->ring == NULL ? FG_ENOMEM : FG_OK;
}

void start_queue_fini(struct start_queue *queue)
{
    free(queue->ring);
    *queue = (struct start_queue){0};
}

static struct queued_event *at(const struct start_queue *queue, uint32_t i)
{
    return &queue->ring[(queue->first + i) & (queue->size - 1)];
}

void start_queue_add(struct start_queue *queue, struct queued_event event)
{
    uint32_t i = queue->n++;
    while (i > 0 && queued_before(&event, at(queue, i - 1))) {
        *at(queue, i) = *at(queue, i - 1);
        i--;
    }
    *at(queue, i) = event;
}

const struct queued_event *start_queue_first(const struct start_queue *queue)
{
    return queue->n > 0 ? at(queue, 0) : NULL;
}

void start_queue_drop_first(struct start_queue *queue)
{
    queue->first = (queue->first + 1) & (queue->size - 1);
    queue->n--;
}
