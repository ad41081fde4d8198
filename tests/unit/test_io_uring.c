// SPDX-License-Identifier: GPL-2.0-or-later
/* What a refused submission leaves behind: nothing of it may be sent or written to later. */
#include "io.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define PAYLOAD 100u

struct lab {
    int wake_fd;
    struct edge_io_port port;
    int far_fd;
    union edge_address far;
    struct edge_io *io;
    struct edge_datagram datagrams[2];
    struct edge_datagram *batch[2];
    uint8_t bytes[2][PAYLOAD];
};

static int open_socket(union edge_address *address)
{
    socklen_t length = sizeof(address->v4);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(edge_address_parse("127.0.0.1", 9, 0, address), 0);
    assert_int_equal(bind(fd, &address->any, sizeof(address->v4)), 0);
    assert_int_equal(getsockname(fd, &address->any, &length), 0);
    return fd;
}

static void fill(struct lab *lab, uint8_t byte)
{
    for (int i = 0; i < 2; i++) {
        memset(lab->bytes[i], byte, PAYLOAD);
        lab->datagrams[i] = (struct edge_datagram){.bytes = lab->bytes[i],
                                                   .capacity = PAYLOAD,
                                                   .length = PAYLOAD,
                                                   .address = lab->far,
                                                   .from = lab->port};
        lab->batch[i] = &lab->datagrams[i];
    }
}

/* A ring that this thread works with, or NULL: the kernel permits none. */
static struct edge_io *set_up(struct lab *lab)
{
    union edge_address near;
    struct edge_io_setup setup;

    memset(lab, 0, sizeof(*lab));
    lab->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    lab->port.fd = open_socket(&near);
    lab->port.number = edge_address_port(&near);
    lab->far_fd = open_socket(&lab->far);
    setup = (struct edge_io_setup){.wake_fd = lab->wake_fd};
    if (edge_io_uring.open(&setup, &lab->io) != 0)
        return NULL;
    assert_int_equal(edge_io_uring.add(lab->io, &lab->port, lab), 0);
    assert_int_equal(edge_io_uring.wait(lab->io, 0), 0);
    return lab->io;
}

static void tear_down(struct lab *lab)
{
    if (lab->io)
        edge_io_uring.close(lab->io);
    close(lab->wake_fd);
    close(lab->port.fd);
    close(lab->far_fd);
}

static ssize_t arrived(const struct lab *lab, uint8_t *bytes)
{
    return recv(lab->far_fd, bytes, PAYLOAD, MSG_DONTWAIT);
}

/* Only the thread that enabled the ring may submit: here the kernel refuses all. */
static void *send_from_elsewhere(void *context)
{
    struct lab *lab = context;

    edge_io_uring.send(lab->io, lab->batch, 2);
    return NULL;
}

static void refuse_a_send(struct lab *lab)
{
    pthread_t thread;

    fill(lab, 0xa1);
    assert_int_equal(pthread_create(&thread, NULL, send_from_elsewhere, lab), 0);
    pthread_join(thread, NULL);
    assert_false(lab->datagrams[0].was_sent || lab->datagrams[1].was_sent);
}

static void test_what_was_refused_is_not_sent_later(void **state)
{
    struct lab lab;
    uint8_t bytes[PAYLOAD];

    (void)state;
    if (!set_up(&lab)) {
        tear_down(&lab);
        skip();
    }
    refuse_a_send(&lab);
    /* The batch is gone, and its memory holds something that is nobody else's to see. */
    fill(&lab, 0xb2);
    lab.batch[0] = NULL;
    lab.batch[1] = NULL;
    assert_int_equal(edge_io_uring.wait(lab.io, 0), 0);
    assert_int_equal(edge_io_uring.wait(lab.io, 10), 0);
    assert_true(arrived(&lab, bytes) < 0);
    assert_false(lab.datagrams[0].was_sent || lab.datagrams[1].was_sent);
    tear_down(&lab);
}

static void test_it_goes_on_after_a_refusal(void **state)
{
    struct lab lab;
    uint8_t bytes[PAYLOAD];

    (void)state;
    if (!set_up(&lab)) {
        tear_down(&lab);
        skip();
    }
    refuse_a_send(&lab);
    fill(&lab, 0xc3);
    edge_io_uring.send(lab.io, lab.batch, 2);
    for (int i = 0; i < 2; i++) {
        assert_true(lab.datagrams[i].was_sent);
        assert_int_equal(arrived(&lab, bytes), PAYLOAD);
        assert_int_equal(bytes[0], 0xc3);
    }
    assert_true(arrived(&lab, bytes) < 0);
    tear_down(&lab);
}

static void test_a_closed_port_takes_nothing_of_the_next_with_its_number(void **state)
{
    struct edge_datagram datagrams[EDGE_IO_BATCH] = {0};
    uint8_t room[EDGE_IO_BATCH][PAYLOAD];
    union edge_address near;
    struct lab lab;
    unsigned n = 0;
    int old;

    (void)state;
    if (!set_up(&lab)) {
        tear_down(&lab);
        skip();
    }
    old = lab.port.fd;
    edge_io_uring.remove(lab.io, &lab.port, &lab);
    close(old);
    lab.port.fd = open_socket(&near);
    assert_int_equal(lab.port.fd, old);
    assert_int_equal(edge_io_uring.add(lab.io, &lab.port, &lab), 0);
    assert_int_equal(edge_io_uring.wait(lab.io, 0), 0);
    assert_int_equal(sendto(lab.far_fd, "x", 1, 0, &near.any, edge_address_length(&near)), 1);
    for (int i = 0; i < EDGE_IO_BATCH; i++) {
        datagrams[i].bytes = room[i];
        datagrams[i].capacity = PAYLOAD;
    }
    for (int i = 0; i < 100 && n == 0; i++) {
        assert_int_equal(edge_io_uring.wait(lab.io, 100), 0);
        n = edge_io_uring.receive(lab.io, datagrams);
    }
    assert_int_equal(n, 1);
    assert_ptr_equal(datagrams[0].owner, &lab);
    tear_down(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_refused_is_not_sent_later),
        cmocka_unit_test(test_it_goes_on_after_a_refusal),
        cmocka_unit_test(test_a_closed_port_takes_nothing_of_the_next_with_its_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
