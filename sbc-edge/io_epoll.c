// SPDX-License-Identifier: GPL-2.0-or-later
#include "io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS_PER_WAIT 64

struct edge_io {
    int epoll_fd;
    int n_events;
    int next_event;
    struct epoll_event events[EVENTS_PER_WAIT];
    struct mmsghdr headers[EDGE_IO_BATCH];
    struct iovec vectors[EDGE_IO_BATCH];
};

static int epoll_open(struct edge_io **out)
{
    struct edge_io *io = calloc(1, sizeof(*io));
    int err;

    if (!io)
        return -ENOMEM;
    io->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (io->epoll_fd < 0) {
        err = -errno;
        free(io);
        return err;
    }
    for (unsigned i = 0; i < EDGE_IO_BATCH; i++) {
        io->headers[i].msg_hdr.msg_iov = &io->vectors[i];
        io->headers[i].msg_hdr.msg_iovlen = 1;
    }
    *out = io;
    return 0;
}

static void epoll_close(struct edge_io *io)
{
    if (!io)
        return;
    close(io->epoll_fd);
    free(io);
}

static int epoll_add(struct edge_io *io, int fd, void *owner)
{
    /* Level-triggered: what a bounded read leaves behind is reported again, after the others. */
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = owner};

    return epoll_ctl(io->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

static void epoll_remove(struct edge_io *io, int fd, const void *owner)
{
    epoll_ctl(io->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    for (int i = io->next_event; i < io->n_events; i++) {
        if (io->events[i].data.ptr == owner)
            io->events[i].data.ptr = NULL;
    }
}

static int epoll_wait_ready(struct edge_io *io, int timeout_ms)
{
    int n = epoll_wait(io->epoll_fd, io->events, EVENTS_PER_WAIT, timeout_ms);

    io->next_event = 0;
    io->n_events = n < 0 ? 0 : n;
    return n < 0 && errno != EINTR ? -errno : 0;
}

static void *epoll_next(struct edge_io *io)
{
    while (io->next_event < io->n_events) {
        void *owner = io->events[io->next_event++].data.ptr;

        if (owner)
            return owner;
    }
    return NULL;
}

static unsigned epoll_receive(struct edge_io *io, int fd, struct edge_datagram *datagrams,
                              unsigned n)
{
    int got;

    for (unsigned i = 0; i < n; i++) {
        struct msghdr *header = &io->headers[i].msg_hdr;

        io->vectors[i].iov_base = datagrams[i].bytes;
        io->vectors[i].iov_len = datagrams[i].capacity;
        header->msg_name = &datagrams[i].address;
        header->msg_namelen = sizeof(datagrams[i].address);
        header->msg_flags = 0;
    }
    got = recvmmsg(fd, io->headers, n, MSG_DONTWAIT, NULL);
    if (got <= 0)
        return 0;
    for (int i = 0; i < got; i++)
        datagrams[i].length = io->headers[i].msg_len;
    return (unsigned)got;
}

static void epoll_send(struct edge_io *io, int fd, struct edge_datagram *const *datagrams,
                       unsigned n)
{
    unsigned done = 0;

    for (unsigned i = 0; i < n; i++) {
        struct msghdr *header = &io->headers[i].msg_hdr;

        datagrams[i]->was_sent = false;
        io->vectors[i].iov_base = datagrams[i]->bytes;
        io->vectors[i].iov_len = datagrams[i]->length;
        header->msg_name = &datagrams[i]->address;
        header->msg_namelen = edge_address_length(&datagrams[i]->address);
        header->msg_flags = 0;
    }
    while (done < n) {
        int sent = sendmmsg(fd, io->headers + done, n - done, MSG_DONTWAIT);

        if (sent > 0) {
            for (int i = 0; i < sent; i++)
                datagrams[done++]->was_sent = true;
        } else if (errno != EINTR) {
            done++; /* late media is worth nothing: the packet is lost, the next one is tried */
        }
    }
}

const struct edge_io_ops edge_io_epoll = {
    .name = "epoll",
    .open = epoll_open,
    .close = epoll_close,
    .add = epoll_add,
    .remove = epoll_remove,
    .wait = epoll_wait_ready,
    .next = epoll_next,
    .receive = epoll_receive,
    .send = epoll_send,
};
