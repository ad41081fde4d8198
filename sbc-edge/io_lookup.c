// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One socket for all ports of an address (see fan_in.h), and one raw socket for all that leaves by
 * IPv4: a call into the kernel moves what came for, or goes by, many ports. What a raw socket
 * cannot send (IPv6, an interface without an address of its own, long datagrams) leaves by the
 * port's own.
 */
#include "clock.h"
#include "fan_in.h"
#include "interface.h"
#include "io.h"
#include "raw_udp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Receive calls between two waits: the caller's other duties come no later than that. */
#define CALLS_PER_WAIT 8
/* Waits in a row at whose end there was more: somebody sends faster than we can look at it. */
#define WAITS_UNDER_PRESSURE 4
/* Then a port may bring so many datagrams in a window of 17 ms, half as many each time that it does
 * not help: from 3800 a second down to 240, which is twice what a call sends. */
#define LIMIT_FIRST   64u
#define LIMIT_LEAST   4u
#define PRESSURE_NS   50000000u
#define CONTROL_BYTES 64

struct edge_io {
    struct edge_fan_in *fan_in;
    unsigned worker;
    int epoll_fd;
    int raw_fd;          /* the fan-in's; -1: not permitted */
    uint32_t ready;      /* groups with datagrams, a bit each */
    unsigned calls_left; /* of this wait */
    unsigned n_full_waits;
    uint32_t limit; /* 0: none */
    uint64_t limited_until_ns;
    uint32_t shed_before;
    void **owners[EDGE_INTERFACES_MAX]; /* of groups, by port */
    struct mmsghdr headers[EDGE_IO_BATCH];
    struct iovec vectors[EDGE_IO_BATCH][2];
    _Alignas(8) uint8_t control[EDGE_IO_BATCH][CONTROL_BYTES];
    uint8_t raw_headers[EDGE_IO_BATCH][EDGE_RAW_UDP_HEADER];
};

_Static_assert(EDGE_INTERFACES_MAX <= 32, "a bit for each group");

#define WAKE EDGE_INTERFACES_MAX

static int watch(const struct edge_io *io, int fd, uint32_t what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = what};

    return epoll_ctl(io->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

static void lookup_close(struct edge_io *io)
{
    if (!io)
        return;
    if (io->epoll_fd >= 0)
        close(io->epoll_fd);
    for (unsigned g = 0; g < EDGE_INTERFACES_MAX; g++)
        free((void *)io->owners[g]);
    free(io);
}

static int open_group(struct edge_io *io, unsigned group)
{
    const struct edge_fan_in_range range = edge_fan_in_range(io->fan_in);
    size_t n_ports = (size_t)range.port_max - range.port_min + 1;

    io->owners[group] = calloc(n_ports, sizeof(*io->owners[group]));
    if (!io->owners[group])
        return -ENOMEM;
    return watch(io, edge_fan_in_socket(io->fan_in, group, io->worker), group);
}

static int lookup_open(const struct edge_io_setup *setup, struct edge_io **out)
{
    struct edge_io *io = calloc(1, sizeof(*io));
    int err;

    if (!io)
        return -ENOMEM;
    io->fan_in = setup->fan_in;
    io->worker = setup->worker;
    io->raw_fd = edge_fan_in_raw(io->fan_in, io->worker);
    io->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    err = io->epoll_fd < 0 ? -errno : watch(io, setup->wake_fd, WAKE);
    for (unsigned g = 0; g < edge_fan_in_groups(io->fan_in) && err == 0; g++)
        err = open_group(io, g);
    if (err != 0) {
        lookup_close(io);
        return err;
    }
    *out = io;
    return 0;
}

static void **owner_of(const struct edge_io *io, unsigned group, uint16_t number)
{
    const struct edge_fan_in_range range = edge_fan_in_range(io->fan_in);

    if (number < range.port_min || number > range.port_max)
        return NULL;
    return &io->owners[group][number - range.port_min];
}

static int lookup_add(struct edge_io *io, const struct edge_io_port *port, void *owner)
{
    unsigned group = edge_fan_in_group_of(io->fan_in, port->interface);
    void **place = owner_of(io, group, port->number);

    if (!place)
        return -EINVAL;
    *place = owner;
    edge_fan_in_enter(io->fan_in, group, port->number, io->worker);
    return 0;
}

static void lookup_remove(struct edge_io *io, const struct edge_io_port *port, const void *owner)
{
    unsigned group = edge_fan_in_group_of(io->fan_in, port->interface);
    void **place = owner_of(io, group, port->number);

    if (!place || *place != owner)
        return;
    edge_fan_in_clear(io->fan_in, group, port->number);
    *place = NULL;
}

static void tighten(struct edge_io *io)
{
    if (io->limit == 0)
        io->limit = LIMIT_FIRST;
    else if (io->limit > LIMIT_LEAST)
        io->limit /= 2;
    edge_fan_in_limit(io->fan_in, io->worker, io->limit);
    io->n_full_waits = 0;
}

/* Sets and lifts the limit a port has. */
static void weigh(struct edge_io *io, bool is_full)
{
    uint64_t now_ns;

    io->n_full_waits = is_full ? io->n_full_waits + 1 : 0;
    if (io->n_full_waits < WAITS_UNDER_PRESSURE && io->limit == 0)
        return;
    now_ns = edge_clock_now_ns();
    if (io->n_full_waits >= WAITS_UNDER_PRESSURE) {
        tighten(io);
        io->limited_until_ns = now_ns + PRESSURE_NS;
    } else if (now_ns >= io->limited_until_ns) {
        edge_fan_in_limit(io->fan_in, io->worker, UINT32_MAX);
        io->limit = 0;
    }
}

static int lookup_wait(struct edge_io *io, int timeout_ms)
{
    struct epoll_event events[EDGE_INTERFACES_MAX + 1];
    bool is_full = io->ready != 0 && io->calls_left == 0;
    int n;

    weigh(io, is_full);
    io->calls_left = CALLS_PER_WAIT;
    n = epoll_wait(io->epoll_fd, events, EDGE_INTERFACES_MAX + 1, is_full ? 0 : timeout_ms);
    for (int i = 0; i < n; i++) {
        if (events[i].data.u32 != WAKE)
            io->ready |= 1u << events[i].data.u32;
    }
    return n < 0 && errno != EINTR ? -errno : 0;
}

/* The port a datagram was sent to; 0: the kernel did not say. */
static uint16_t port_of(struct msghdr *header)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part; part = CMSG_NXTHDR(header, part)) {
        if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_ORIGDSTADDR) {
            struct sockaddr_in address;

            memcpy(&address, CMSG_DATA(part), sizeof(address));
            return ntohs(address.sin_port);
        }
        if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_ORIGDSTADDR) {
            struct sockaddr_in6 address;

            memcpy(&address, CMSG_DATA(part), sizeof(address));
            return ntohs(address.sin6_port);
        }
    }
    return 0;
}

static unsigned receive_group(struct edge_io *io, unsigned group, struct edge_datagram *datagrams)
{
    int got;

    for (unsigned i = 0; i < EDGE_IO_BATCH; i++) {
        struct msghdr *header = &io->headers[i].msg_hdr;

        io->vectors[i][0] = (struct iovec){datagrams[i].bytes, datagrams[i].capacity};
        *header = (struct msghdr){.msg_name = &datagrams[i].address,
                                  .msg_namelen = sizeof(datagrams[i].address),
                                  .msg_iov = io->vectors[i],
                                  .msg_iovlen = 1,
                                  .msg_control = io->control[i],
                                  .msg_controllen = CONTROL_BYTES};
    }
    got = recvmmsg(edge_fan_in_socket(io->fan_in, group, io->worker), io->headers, EDGE_IO_BATCH,
                   MSG_DONTWAIT, NULL);
    for (int i = 0; i < got; i++) {
        void **owner = owner_of(io, group, port_of(&io->headers[i].msg_hdr));

        datagrams[i].length = io->headers[i].msg_len;
        datagrams[i].owner = owner ? *owner : NULL;
    }
    if (got < EDGE_IO_BATCH)
        io->ready &= ~(1u << group);
    return got < 0 ? 0 : (unsigned)got;
}

static unsigned lookup_receive(struct edge_io *io, struct edge_datagram *datagrams)
{
    while (io->ready != 0 && io->calls_left > 0) {
        unsigned n = receive_group(io, (unsigned)__builtin_ctz(io->ready), datagrams);

        io->calls_left--;
        if (n > 0)
            return n;
    }
    return 0;
}

static bool may_be_raw(const struct edge_io *io, const struct edge_datagram *datagram)
{
    const union edge_address *local =
        edge_fan_in_address(io->fan_in, edge_fan_in_group_of(io->fan_in, datagram->from.interface));

    return io->raw_fd >= 0 && datagram->address.any.sa_family == AF_INET &&
           local->any.sa_family == AF_INET && local->v4.sin_addr.s_addr != htonl(INADDR_ANY) &&
           datagram->length <= EDGE_RAW_UDP_PAYLOAD_MAX;
}

static void send_raw(struct edge_io *io, struct edge_datagram *const *datagrams, unsigned n)
{
    unsigned done = 0;

    for (unsigned i = 0; i < n; i++) {
        struct edge_datagram *datagram = datagrams[i];
        struct sockaddr_in from =
            edge_fan_in_address(io->fan_in,
                                edge_fan_in_group_of(io->fan_in, datagram->from.interface))
                ->v4;

        from.sin_port = htons(datagram->from.number);
        edge_raw_udp_write(&from, &datagram->address.v4, datagram->from.tos, datagram->bytes,
                           datagram->length, io->raw_headers[i]);
        io->vectors[i][0] = (struct iovec){io->raw_headers[i], EDGE_RAW_UDP_HEADER};
        io->vectors[i][1] = (struct iovec){datagram->bytes, datagram->length};
        io->headers[i].msg_hdr = (struct msghdr){.msg_name = &datagram->address,
                                                 .msg_namelen = sizeof(datagram->address.v4),
                                                 .msg_iov = io->vectors[i],
                                                 .msg_iovlen = 2};
    }
    while (done < n) {
        int sent = sendmmsg(io->raw_fd, io->headers + done, n - done, MSG_DONTWAIT);

        if (sent > 0) {
            for (int i = 0; i < sent; i++)
                datagrams[done++]->was_sent = true;
        } else if (errno != EINTR) {
            done++; /* late media is worth nothing: it is lost */
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

static void lookup_send(struct edge_io *io, struct edge_datagram *const *datagrams, unsigned n)
{
    unsigned first = 0;

    for (unsigned i = 0; i < n; i++)
        datagrams[i]->was_sent = false;
    while (first < n) {
        unsigned end = first;

        while (end < n && may_be_raw(io, datagrams[end]))
            end++;
        if (end > first)
            send_raw(io, datagrams + first, end - first);
        else
            send_one(datagrams[end++]);
        first = end;
    }
}

static uint64_t lookup_shed(struct edge_io *io)
{
    uint32_t now = edge_fan_in_shed(io->fan_in, io->worker);
    uint32_t n = now - io->shed_before;

    io->shed_before = now;
    return n;
}

const struct edge_io_ops edge_io_lookup = {
    .name = "lookup",
    .open = lookup_open,
    .close = lookup_close,
    .add = lookup_add,
    .remove = lookup_remove,
    .wait = lookup_wait,
    .receive = lookup_receive,
    .send = lookup_send,
    .shed = lookup_shed,
};
