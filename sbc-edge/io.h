// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "address.h"

/**
 * Moves batches of datagrams between sockets and memory, and says which sockets have some. One
 * instance belongs to one worker thread. Behind a table so that another way of asking the kernel
 * can take its place.
 */

/** Most datagrams one receive or send call moves. This is also what one socket may cost a turn. */
#define EDGE_IO_BATCH 32

struct edge_datagram {
    uint8_t *bytes;
    size_t capacity;            /**< receive: room in `bytes` */
    size_t length;              /**< receive: set; send: to be sent */
    union edge_address address; /**< receive: source; send: destination */
    bool was_sent;              /**< send: the kernel took it */
};

struct edge_io;

struct edge_io_ops {
    const char *name;

    /** 0 and `*out`, or a negative errno value. */
    int (*open)(struct edge_io **out);
    void (*close)(struct edge_io *io);

    /** Watches a non-blocking socket; `owner` (not NULL) is what next() returns for it. */
    int (*add)(struct edge_io *io, int fd, void *owner);

    /** Ends that; next() will not return `owner` any more, not even from a wait that is over. */
    void (*remove)(struct edge_io *io, int fd, const void *owner);

    /** Waits up to `timeout_ms` for sockets with datagrams. 0 or a negative errno value. */
    int (*wait)(struct edge_io *io, int timeout_ms);

    /** The next owner with something to read of the last wait; NULL at its end. */
    void *(*next)(struct edge_io *io);

    /** Reads up to `n` (<= EDGE_IO_BATCH) datagrams without waiting; returns how many. */
    unsigned (*receive)(struct edge_io *io, int fd, struct edge_datagram *datagrams, unsigned n);

    /** Sends up to EDGE_IO_BATCH datagrams without waiting; sets was_sent in each. */
    void (*send)(struct edge_io *io, int fd, struct edge_datagram *const *datagrams, unsigned n);
};

/** epoll, recvmmsg and sendmmsg. */
extern const struct edge_io_ops edge_io_epoll;
