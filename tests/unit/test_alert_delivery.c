// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "outbox.h"
#include "schedule.h"
#include "signature.h"

static void set_text(char *out, size_t size, const char *text)
{
    assert_true(strlen(text) < size);
    memcpy(out, text, strlen(text) + 1);
}

static void test_schedule(void **state)
{
    // Standard Webhooks 1.0: 0, 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
    static const int64_t waits_s[] = {0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400};
    const struct fga_attempt failed = {.answered = true, .status = 500};
    int64_t next_ms = -1;
    (void)state;
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(fga_schedule_wait_ms(i + 1), waits_s[i] * 1000);
    for (uint32_t attempts = 1; attempts < 10; attempts++) {
        assert_int_equal(fga_schedule_next(&failed, attempts, 0, 1, 1000, &next_ms), FGA_RETRY);
        assert_int_equal(next_ms, 1000 + waits_s[attempts] * 1000);
    }
    assert_int_equal(fga_schedule_next(&failed, 10, 0, 1, 1000, &next_ms), FGA_DEAD);
    assert_int_equal(fga_schedule_next(&failed, 1, 500, 1, 0, &next_ms), FGA_RETRY);
    assert_int_equal(next_ms, 5250);
    assert_int_equal(fga_schedule_next(&failed, 1, 0, 1000, 0, &next_ms), FGA_RETRY);
    assert_int_equal(next_ms, 5);
}

static void test_answers(void **state)
{
    static const struct {
        struct fga_attempt attempt;
        enum fga_outcome outcome;
        int64_t next_ms;
    } rows[] = {
        {{.answered = true, .status = 200}, FGA_DELIVERED, 0},
        {{.answered = true, .status = 204}, FGA_DELIVERED, 0},
        {{.answered = true, .status = 302}, FGA_RETRY, 5000},
        {{.answered = true, .status = 404}, FGA_RETRY, 5000},
        {{.answered = true, .status = 410}, FGA_DISABLE, 0},
        {{.answered = false, .status = 200}, FGA_RETRY, 5000},
        {{.answered = true, .status = 429, .retry_after_ms = 60000}, FGA_RETRY, 60000},
        {{.answered = true, .status = 503, .retry_after_ms = 1000}, FGA_RETRY, 5000},
        {{.answered = true, .status = 503, .retry_after_ms = INT64_C(1) << 40},
         FGA_RETRY,
         86400000},
        {{.answered = true, .status = 500, .retry_after_ms = 60000}, FGA_RETRY, 5000},
        {{.answered = true, .smtp = true, .status = 250}, FGA_DELIVERED, 0},
        {{.answered = true, .smtp = true, .status = 450}, FGA_RETRY, 5000},
        {{.answered = true, .smtp = true, .status = 550}, FGA_DEAD, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        int64_t next_ms = 0;
        assert_int_equal(fga_schedule_next(&rows[i].attempt, 1, 0, 1, 0, &next_ms),
                         rows[i].outcome);
        assert_int_equal(next_ms, rows[i].next_ms);
    }
}

// The example of the Standard Webhooks reference libraries.
static void test_signature(void **state)
{
    struct fga_secret secrets[2];
    char out[FGA_SIGNATURES_SIZE];
    (void)state;
    assert_int_equal(
        fga_secret_parse(fg_view_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), &secrets[0]), FG_OK);
    assert_int_equal(secrets[0].len, 24);
    assert_int_equal(fga_signature_format(secrets, 1, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                                          fg_view_of("{\"test\": 2432232314}"), out),
                     FG_OK);
    assert_string_equal(out, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    secrets[1] = secrets[0];
    assert_int_equal(fga_signature_format(secrets, 2, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                                          fg_view_of("{\"test\": 2432232314}"), out),
                     FG_OK);
    assert_string_equal(out, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= "
                             "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    assert_int_equal(fga_signature_format(secrets, 1, "a.b", 1, fg_view_of(""), out), FG_EINVAL);
    assert_int_equal(fga_signature_format(secrets, 0, "a", 1, fg_view_of(""), out), FG_EINVAL);
}

static void test_secrets_refused(void **state)
{
    static const char *const rows[] = {"",
                                       "whsec_",
                                       "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                                       "whsec_c2hvcnQ=",
                                       "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
                                       "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-w",
                                       "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La===w",
                                       "whsec_ MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
    struct fga_secret secret;
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        assert_int_equal(fga_secret_parse(fg_view_of(rows[i]), &secret), FG_ESYNTAX);
}

static struct fga_delivery *add(struct fga_outbox *outbox, const char *endpoint, const char *alert,
                                uint32_t sequence, enum fga_step step)
{
    struct fga_message message;
    memset(&message, 0, sizeof(message));
    message.step = step;
    message.time_ms = 1000;
    set_text(message.incident.customer, sizeof(message.incident.customer), "acme");
    set_text(message.incident.alert_id, sizeof(message.incident.alert_id), alert);
    message.incident.sequence = sequence;
    struct fga_delivery *delivery = fga_delivery_new(&message, endpoint, 1000);
    struct fga_delivery *replaced = NULL;
    assert_non_null(delivery);
    while ((replaced = fga_outbox_replaced_by(outbox, delivery)) != NULL)
        free(replaced);
    assert_int_equal(fga_outbox_add(outbox, delivery), FG_OK);
    return delivery;
}

static void test_outbox_keeps_order(void **state)
{
    struct fga_outbox *outbox = fga_outbox_new();
    (void)state;
    struct fga_delivery *first = add(outbox, "acme/hook", "al_1", 1, FGA_STEP_STARTED);
    struct fga_delivery *second = add(outbox, "acme/hook", "al_1", 2, FGA_STEP_ENDED);
    struct fga_delivery *mail = add(outbox, "acme/mail", "al_1", 1, FGA_STEP_STARTED);
    first->next_ms = 9000;
    assert_ptr_equal(fga_outbox_due(outbox, 1000), mail);
    mail->in_flight = true;
    assert_null(fga_outbox_due(outbox, 1000));
    assert_ptr_equal(fga_outbox_due(outbox, 9000), first);
    fga_outbox_take(outbox, first);
    free(first);
    assert_ptr_equal(fga_outbox_due(outbox, 1000), second);
    assert_int_equal(fga_outbox_count(outbox), 2);
    assert_int_equal(fga_outbox_oldest_ms(outbox), 1000);
    fga_outbox_free(outbox);
}

static void test_outbox_replaces_updates(void **state)
{
    struct fga_outbox *outbox = fga_outbox_new();
    (void)state;
    (void)add(outbox, "acme/hook", "al_1", 1, FGA_STEP_STARTED);
    for (uint32_t i = 2; i < 50; i++)
        (void)add(outbox, "acme/hook", "al_1", i, FGA_STEP_UPDATED);
    assert_int_equal(fga_outbox_count(outbox), 2);
    (void)add(outbox, "acme/hook", "al_1", 50, FGA_STEP_ENDED);
    assert_int_equal(fga_outbox_count(outbox), 2);
    struct fga_delivery *other = add(outbox, "acme/hook", "al_2", 1, FGA_STEP_UPDATED);
    other->in_flight = true; // begun: it stays
    (void)add(outbox, "acme/hook", "al_2", 2, FGA_STEP_UPDATED);
    assert_int_equal(fga_outbox_count(outbox), 4);
    assert_int_equal(fga_outbox_add(outbox, other), FG_EDUPLICATE);
    fga_outbox_free(outbox);
}

static void test_delivery_kept(void **state)
{
    struct fga_outbox *outbox = fga_outbox_new();
    struct fga_delivery *again = NULL;
    (void)state;
    struct fga_delivery *delivery = add(outbox, "acme/hook", "al_1", 3, FGA_STEP_UPDATED);
    delivery->attempts = 4;
    set_text(delivery->error, sizeof(delivery->error), "answered with status 500");
    char *json = fga_delivery_format(delivery);
    assert_int_equal(fga_delivery_parse(fg_view_of(json), &again), FG_OK);
    assert_memory_equal(again, delivery, sizeof(*again));
    assert_int_equal(fga_delivery_parse(fg_view_of("{\"v\":1}"), &again), FG_ESYNTAX);
    free(again);
    free(json);
    fga_outbox_free(outbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schedule),           cmocka_unit_test(test_answers),
        cmocka_unit_test(test_signature),          cmocka_unit_test(test_secrets_refused),
        cmocka_unit_test(test_outbox_keeps_order), cmocka_unit_test(test_outbox_replaces_updates),
        cmocka_unit_test(test_delivery_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
