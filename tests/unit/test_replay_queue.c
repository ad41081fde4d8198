// SPDX-License-Identifier: GPL-2.0-or-later
// Both queues against a sorted array, on random times with many ties.
#include "event_queue.h"
#include "start_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define EVENTS 2000

static uint64_t random_state = 1;

static uint32_t random_below(uint32_t n)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % n;
}

static int compare(const void *a, const void *b)
{
    const struct queued_event *x = a;
    const struct queued_event *y = b;
    return queued_before(x, y) ? -1 : queued_before(y, x);
}

static struct queued_event event_of(uint32_t i, int64_t at_ms)
{
    return (struct queued_event){.at_ms = at_ms, .order = i, .call = i};
}

static void test_heap_gives_events_in_order(void **state)
{
    (void)state;
    static struct queued_event events[EVENTS];
    struct event_queue queue = {0};
    for (uint32_t i = 0; i < EVENTS; i++) {
        events[i] = event_of(i, random_below(300));
        assert_int_equal(event_queue_add(&queue, events[i]), FG_OK);
    }
    qsort(events, EVENTS, sizeof(events[0]), compare);
    for (uint32_t i = 0; i < EVENTS; i++) {
        assert_int_equal(event_queue_first(&queue)->call, events[i].call);
        event_queue_drop_first(&queue);
    }
    assert_null(event_queue_first(&queue));
    event_queue_fini(&queue);
}

static void test_heap_replaces_the_first(void **state)
{
    (void)state;
    struct event_queue queue = {0};
    for (uint32_t i = 0; i < 64; i++) {
        assert_int_equal(event_queue_add(&queue, event_of(i, random_below(50))), FG_OK);
    }
    int64_t before_ms = 0;
    for (uint32_t i = 0; i < EVENTS; i++) {
        struct queued_event event = *event_queue_first(&queue);
        assert_true(event.at_ms >= before_ms);
        before_ms = event.at_ms;
        event.at_ms += random_below(40);
        event.order = 64 + i;
        event_queue_replace_first(&queue, event);
    }
    assert_int_equal(queue.n, 64);
    event_queue_fini(&queue);
}

static void test_ring_sorts_what_comes_almost_sorted(void **state)
{
    (void)state;
    static struct queued_event events[EVENTS];
    struct start_queue queue;
    uint32_t dropped = 0;
    assert_int_equal(start_queue_init(&queue, 101), FG_OK);
    for (uint32_t i = 0; i < EVENTS; i++) {
        events[i] = event_of(i, (int64_t)i * 10 + random_below(500));
    }
    for (uint32_t i = 0; i < EVENTS; i++) {
        start_queue_add(&queue, events[i]);
        if (queue.n > 100) {
            events[dropped++] = *start_queue_first(&queue);
            start_queue_drop_first(&queue);
        }
    }
    while (start_queue_first(&queue) != NULL) {
        events[dropped++] = *start_queue_first(&queue);
        start_queue_drop_first(&queue);
    }
    assert_int_equal(dropped, EVENTS);
    for (uint32_t i = 1; i < EVENTS; i++) {
        assert_true(queued_before(&events[i - 1], &events[i]));
    }
    start_queue_fini(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heap_gives_events_in_order),
        cmocka_unit_test(test_heap_replaces_the_first),
        cmocka_unit_test(test_ring_sorts_what_comes_almost_sorted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
