// SPDX-License-Identifier: GPL-2.0-or-later
#include "io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS_PER_WAIT 64
/* One port may cost the others no more than this each turn. */
#define RECEIVE_MAX 32

/* An event carries a descriptor; this is where its owner is found. */
struct edge_io {
    int epoll_fd;
    int wake_fd;
    int n_events;
    int next_event;
    size_t n_owners;
    void **owners; /* by descriptor; NULL: not ours, or no longer */
    struct epoll_event events[EVENTS_PER_WAIT];
    struct mmsghdr headers[EDGE_IO_BATCH];
    struct iovec vectors[EDGE_IO_BATCH];
};

static int watch(struct edge_io *io, int fd)
{
    /* Level-triggered: what a bounded read leaves behind is reported again, after the others. */
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    return epoll_ctl(io->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

static void epoll_close(struct edge_io *io)
{
    if (!io)
        return;
    if (io->epoll_fd >= 0)
        close(io->epoll_fd);
    free(io->owners);
    free(io);
}

static int epoll_open(const struct edge_io_setup *setup, struct edge_io **out)
{
    struct edge_io *io = calloc(1, sizeof(*io));
    int err = 0;

    if (!io)
        return -ENOMEM;
    io->wake_fd = setup->wake_fd;
    io->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    err = io->epoll_fd < 0 ? -errno : watch(io, setup->wake_fd);
    if (err != 0) {
        epoll_close(io);
        return err;
    }
    for (unsigned i = 0; i < EDGE_IO_BATCH; i++) {
        io->headers[i].msg_hdr.msg_iov = &io->vectors[i];
        io->headers[i].msg_hdr.msg_iovlen = 1;
    }
    *out = io;
    return 0;
}

static int make_room(struct edge_io *io, size_t n)
{
    size_t room = io->n_owners == 0 ? 64 : io->n_owners;
    void **grown;

    if (n <= io->n_owners)
        return 0;
    while (room < n)
        room *= 2;
    grown = realloc(io->owners, room * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    memset(grown + io->n_owners, 0, (room - io->n_owners) * sizeof(*grown));
    io->owners = grown;
    io->n_owners = room;
    return 0;
}

static int epoll_add(struct edge_io *io, const struct edge_io_port *port, void *owner)
{
    int err = make_room(io, (size_t)port->fd + 1);

    if (err == 0)
        err = watch(io, port->fd);
    if (err == 0)
        io->owners[port->fd] = owner;
    return err;
}

static void epoll_remove(struct edge_io *io, const struct edge_io_port *port, const void *owner)
{
    size_t fd = (size_t)port->fd;

    if (fd >= io->n_owners || io->owners[fd] != owner)
        return;
    epoll_ctl(io->epoll_fd, EPOLL_CTL_DEL, port->fd, NULL);
    io->owners[fd] = NULL;
    /* Another port may get the same descriptor before the rest of these are read. */
    for (int i = io->next_event; i < io->n_events; i++) {
        if (io->events[i].data.fd == port->fd)
            io->events[i].data.fd = io->wake_fd;
    }
}

static int epoll_wait_ready(struct edge_io *io, int timeout_ms)
{
    int n = epoll_wait(io->epoll_fd, io->events, EVENTS_PER_WAIT, timeout_ms);

    io->next_event = 0;
    io->n_events = n < 0 ? 0 : n;
    return n < 0 && errno != EINTR ? -errno : 0;
}

static unsigned receive_on(struct edge_io *io, int fd, struct edge_datagram *datagrams)
{
    int got;

    for (unsigned i = 0; i < RECEIVE_MAX; i++) {
        struct msghdr *header = &io->headers[i].msg_hdr;

        io->vectors[i].iov_base = datagrams[i].bytes;
        io->vectors[i].iov_len = datagrams[i].capacity;
        header->msg_name = &datagrams[i].address;
        header->msg_namelen = sizeof(datagrams[i].address);
        header->msg_flags = 0;
    }
    got = recvmmsg(fd, io->headers, RECEIVE_MAX, MSG_DONTWAIT, NULL);
    for (int i = 0; i < got; i++) {
        datagrams[i].length = io->headers[i].msg_len;
        datagrams[i].owner = io->owners[fd];
    }
    return got < 0 ? 0 : (unsigned)got;
}

static unsigned epoll_receive(struct edge_io *io, struct edge_datagram *datagrams)
{
    while (io->next_event < io->n_events) {
        int fd = io->events[io->next_event++].data.fd;
        unsigned n = fd == io->wake_fd ? 0 : receive_on(io, fd, datagrams);

        if (n > 0)
            return n;
    }
    return 0;
}

/* Sends what leaves by one socket. Late media is worth nothing: what fails is lost. */
static void send_run(struct edge_io *io, struct edge_datagram *const *datagrams, unsigned n)
{
    unsigned done = 0;

    for (unsigned i = 0; i < n; i++) {
        struct msghdr *header = &io->headers[i].msg_hdr;

        io->vectors[i].iov_base = datagrams[i]->bytes;
        io->vectors[i].iov_len = datagrams[i]->length;
        header->msg_name = &datagrams[i]->address;
        header->msg_namelen = edge_address_length(&datagrams[i]->address);
        header->msg_flags = 0;
    }
    while (done < n) {
        int sent = sendmmsg(datagrams[0]->from.fd, io->headers + done, n - done, MSG_DONTWAIT);

        if (sent > 0) {
            for (int i = 0; i < sent; i++)
                datagrams[done++]->was_sent = true;
        } else if (errno != EINTR) {
            done++;
        }
    }
}

static void send_one(struct edge_datagram *datagram)
{
    ssize_t sent;

    do {
        sent = sendto(datagram->from.fd, datagram->bytes, datagram->length, MSG_DONTWAIT,
                      &datagram->address.any, edge_address_length(&datagram->address));
    } while (sent < 0 && errno == EINTR);
    datagram->was_sent = sent >= 0;
}

static void epoll_send(struct edge_io *io, struct edge_datagram *const *datagrams, unsigned n)
{
    unsigned first = 0;

    for (unsigned i = 0; i < n; i++)
        datagrams[i]->was_sent = false;
    while (first < n) {
        unsigned end = first + 1;

        while (end < n && datagrams[end]->from.fd == datagrams[first]->from.fd)
            end++;
        if (end - first == 1)
            send_one(datagrams[first]);
        else
            send_run(io, datagrams + first, end - first);
        first = end;
    }
}

const struct edge_io_ops edge_io_epoll = {
    .name = "epoll",
    .open = epoll_open,
    .close = epoll_close,
    .add = epoll_add,
    .remove = epoll_remove,
    .wait = epoll_wait_ready,
    .receive = epoll_receive,
    .send = epoll_send,
};
