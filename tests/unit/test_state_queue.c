// SPDX-License-Identifier: GPL-2.0-or-later
#include "state_queue.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct edge_job *make(enum edge_job_kind kind, unsigned number)
{
    char text[16];
    int n = snprintf(text, sizeof(text), "call-%u", number);
    struct edge_job *job = edge_job_new(kind, (struct edge_view){text, (size_t)n},
                                        (struct edge_view){(const char *)&number, sizeof(number)});

    assert_non_null(job);
    return job;
}

static unsigned number_of(const struct edge_job *job)
{
    unsigned number;

    memcpy(&number, job->bytes, sizeof(number));
    return number;
}

static void test_jobs_come_in_order_also_those_that_were_returned(void **state)
{
    struct edge_job_queue *queue = edge_job_queue_new();
    struct edge_job *taken;

    (void)state;
    assert_null(edge_job_queue_take(queue, 8, 1));
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(edge_job_queue_put(queue, make(EDGE_JOB_PUT, i)), 0);
    taken = edge_job_queue_take(queue, 3, 0);
    assert_int_equal(number_of(taken), 0);
    assert_int_equal(number_of(taken->next->next), 2);
    assert_null(taken->next->next->next);
    assert_int_equal(edge_job_queue_count(queue), 2);
    edge_job_queue_return(queue, taken);
    assert_int_equal(edge_job_queue_count(queue), 5);
    taken = edge_job_queue_take(queue, SIZE_MAX, 0);
    for (unsigned i = 0; i < 5; i++) {
        struct edge_job *next = taken->next;

        assert_int_equal(number_of(taken), i);
        edge_job_free(taken);
        taken = next;
    }
    assert_null(taken);
    edge_job_queue_free(queue);
}

static void test_it_is_bounded_and_ends_of_calls_still_fit(void **state)
{
    struct edge_job_queue *queue = edge_job_queue_new();
    struct edge_job *job;
    unsigned n = 0;

    (void)state;
    for (;;) {
        job = make(EDGE_JOB_PUT, n);
        if (edge_job_queue_put(queue, job) != 0)
            break;
        n++;
        assert_in_range(n, 1, 100000);
    }
    edge_job_free(job);
    job = make(EDGE_JOB_DROP, n);
    job->is_needed = true;
    assert_int_equal(edge_job_queue_put(queue, job), 0);
    edge_job_queue_free(queue);
}

static void test_look_ups_overtake(void **state)
{
    struct edge_job_queue *queue = edge_job_queue_new();
    struct edge_job *job;

    (void)state;
    assert_int_equal(edge_job_queue_put(queue, make(EDGE_JOB_PUT, 1)), 0);
    job = make(EDGE_JOB_LOOK_UP, 2);
    job->mail = edge_mail_new(EDGE_MAIL_NG, "x", 1);
    assert_int_equal(edge_job_queue_put(queue, job), 0);
    job = edge_job_queue_take_look_ups(queue);
    assert_int_equal(number_of(job), 2);
    assert_null(job->next);
    edge_job_free(job); /* with its mail */
    assert_null(edge_job_queue_take_look_ups(queue));
    assert_int_equal(edge_job_queue_count(queue), 1);
    edge_job_queue_free(queue);
}

static void test_a_record_is_named_by_a_hash_of_its_call(void **state)
{
    char field[EDGE_STATE_FIELD];
    char again[EDGE_STATE_FIELD];

    (void)state;
    edge_state_field(EDGE_VIEW("a84b4c76e66710@cust1.example"), field);
    edge_state_field(EDGE_VIEW("a84b4c76e66710@cust1.example"), again);
    assert_int_equal(strlen(field), 32);
    assert_string_equal(field, again);
    edge_state_field(EDGE_VIEW("b84b4c76e66710@cust1.example"), again);
    assert_string_not_equal(field, again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jobs_come_in_order_also_those_that_were_returned),
        cmocka_unit_test(test_it_is_bounded_and_ends_of_calls_still_fit),
        cmocka_unit_test(test_look_ups_overtake),
        cmocka_unit_test(test_a_record_is_named_by_a_hash_of_its_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
