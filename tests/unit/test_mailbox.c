// SPDX-License-Identifier: GPL-2.0-or-later
#include "mailbox.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void put(struct edge_mailbox *box, enum edge_mail_kind kind, const char *text)
{
    struct edge_mail *mail = edge_mail_new(kind, text, 1);

    assert_non_null(mail);
    assert_int_equal(edge_mailbox_put(box, mail), 0);
}

/* Takes up to `max_ng` and compares the first bytes, in order. */
static void expect(struct edge_mailbox *box, unsigned max_ng, const char *text)
{
    struct edge_mail *mail = edge_mailbox_take(box, max_ng);

    for (; *text != '\0'; text++) {
        struct edge_mail *next;

        assert_non_null(mail);
        assert_int_equal(mail->bytes[0], *text);
        next = mail->next;
        edge_mail_discard(mail);
        mail = next;
    }
    assert_null(mail);
}

static void test_verdicts_overtake_requests(void **state)
{
    struct edge_mailbox *box;

    (void)state;
    assert_int_equal(edge_mailbox_new(&box), 0);
    assert_false(edge_mailbox_has_mail(box));
    put(box, EDGE_MAIL_NG, "1");
    put(box, EDGE_MAIL_NG, "2");
    put(box, EDGE_MAIL_HOLD, "h");
    put(box, EDGE_MAIL_NG, "3");
    put(box, EDGE_MAIL_KILL, "k");
    assert_true(edge_mailbox_has_urgent(box));
    expect(box, 0, "hk");
    assert_false(edge_mailbox_has_urgent(box));
    assert_true(edge_mailbox_has_mail(box));
    expect(box, 2, "12");
    assert_true(edge_mailbox_has_mail(box));
    put(box, EDGE_MAIL_STOP, "s");
    expect(box, 2, "s3");
    assert_false(edge_mailbox_has_mail(box));
    expect(box, 2, "");
    edge_mailbox_free(box);
}

static void test_the_descriptor_wakes_and_rests(void **state)
{
    struct edge_mailbox *box;
    struct pollfd ready = {.events = POLLIN};

    (void)state;
    assert_int_equal(edge_mailbox_new(&box), 0);
    ready.fd = edge_mailbox_fd(box);
    assert_int_equal(poll(&ready, 1, 0), 0);
    put(box, EDGE_MAIL_NG, "1");
    assert_int_equal(poll(&ready, 1, 0), 1);
    expect(box, 8, "1");
    assert_int_equal(poll(&ready, 1, 0), 0);
    edge_mailbox_free(box);
}

static void test_requests_are_bounded_and_verdicts_are_not(void **state)
{
    struct edge_mailbox *box;
    unsigned n = 0;

    (void)state;
    assert_int_equal(edge_mailbox_new(&box), 0);
    while (n < 100000 && edge_mailbox_put(box, edge_mail_new(EDGE_MAIL_NG, "x", 1)) == 0)
        n++;
    assert_int_equal(n, 4096);
    put(box, EDGE_MAIL_KILL, "k");
    expect(box, 0, "k");
    edge_mailbox_free(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts_overtake_requests),
        cmocka_unit_test(test_the_descriptor_wakes_and_rests),
        cmocka_unit_test(test_requests_are_bounded_and_verdicts_are_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
