// SPDX-License-Identifier: GPL-2.0-or-later
#include "schedule.h"

#include <stdlib.h>

static bool is_before(const struct due *a, const struct due *b)
{
    if (a->at_ms != b->at_ms) {
        return a->at_ms < b->at_ms;
    }
    // A call that ends makes room for one that starts in the same moment.
    if ((a->kind == FG_EVENT_END) != (b->kind == FG_EVENT_END)) {
        return a->kind == FG_EVENT_END;
    }
    return a->sequence < b->sequence;
}

static void swap(struct due *a, struct due *b)
{
    struct due held = *a;
    *a = *b;
    *b = held;
}

static void sink(struct schedule *schedule, uint32_t i)
{
    for (;;) {
        uint32_t least = i;
        for (uint32_t child = 2 * i + 1; child <= 2 * i + 2 && child < schedule->n; child++) {
            if (is_before(&schedule->heap[child], &schedule->heap[least])) {
                least = child;
            }
        }
        if (least == i) {
            return;
        }
        swap(&schedule->heap[i], &schedule->heap[least]);
        i = least;
    }
}

int schedule_add(struct schedule *schedule, struct due due)
{
    if (schedule->n == schedule->room) {
        uint32_t room = schedule->room == 0 ? 64 : schedule->room * 2;
        struct due *heap = realloc(schedule->heap, room * sizeof(*heap));
        if (heap == NULL) {
            return FG_ENOMEM;
        }
        schedule->heap = heap;
        schedule->room = room;
    }
    due.sequence = schedule->sequence++;
    uint32_t i = schedule->n++;
    schedule->heap[i] = due;
    while (i > 0 && is_before(&schedule->heap[i], &schedule->heap[(i - 1) / 2])) {
        swap(&schedule->heap[i], &schedule->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    return FG_OK;
}

bool schedule_next(struct schedule *schedule, struct due *out)
{
    if (schedule->n == 0) {
        return false;
    }
    *out = schedule->heap[0];
    schedule->heap[0] = schedule->heap[--schedule->n];
    sink(schedule, 0);
    return true;
}

void schedule_drop(struct schedule *schedule, uint32_t call)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < schedule->n; i++) {
        if (schedule->heap[i].call != call) {
            schedule->heap[kept++] = schedule->heap[i];
        }
    }
    schedule->n = kept;
    for (uint32_t i = kept / 2; i-- > 0;) {
        sink(schedule, i);
    }
}

void schedule_fini(struct schedule *schedule)
{
    free(schedule->heap);
}
