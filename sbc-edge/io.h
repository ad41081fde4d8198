// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "address.h"

/**
 * Moves batches of datagrams between media ports and memory. One instance belongs to one worker
 * thread. Behind a table so that another way of asking the kernel can take its place.
 */

/** Most datagrams that one receive or send call moves. */
#define EDGE_IO_BATCH 64

/** A local port: its socket is bound to it, and nothing else may come or go by this number. */
struct edge_io_port {
    int fd;
    uint16_t number;
    uint8_t tos;        /**< of what is sent; the socket has it, too */
    unsigned interface; /**< index into the node's interfaces */
};

struct edge_datagram {
    uint8_t *bytes;
    size_t capacity;            /**< receive: room in `bytes` */
    size_t length;              /**< receive: set; send: to be sent */
    union edge_address address; /**< receive: source; send: destination */
    void *owner;                /**< receive: whose port it came to */
    struct edge_io_port from;   /**< send: the port it leaves by */
    bool was_sent;              /**< send: the kernel took it */
};

struct edge_fan_in;
struct edge_io;

struct edge_io_setup {
    int wake_fd;                /**< ends a wait when it can be read; the caller reads it */
    unsigned worker;            /**< index of the thread */
    struct edge_fan_in *fan_in; /**< for edge_io_lookup */
};

struct edge_io_ops {
    const char *name;

    /** 0 and `*out`, or a negative errno value. */
    int (*open)(const struct edge_io_setup *setup, struct edge_io **out);
    void (*close)(struct edge_io *io);

    /** Receives on a port from here on; `owner` (not NULL) is what its datagrams are given. */
    int (*add)(struct edge_io *io, const struct edge_io_port *port, void *owner);

    /** Ends that; nothing is given to `owner` any more, not even of a wait that is over. */
    void (*remove)(struct edge_io *io, const struct edge_io_port *port, const void *owner);

    /** Waits up to `timeout_ms` for datagrams. 0 or a negative errno value. */
    int (*wait)(struct edge_io *io, int timeout_ms);

    /**
     * Up to EDGE_IO_BATCH datagrams of those that the last wait saw, those of one port in the order
     * in which they came; 0: it is time to wait again. `bytes` and `capacity` are given, the rest
     * is set.
     */
    unsigned (*receive)(struct edge_io *io, struct edge_datagram *datagrams);

    /** Sends up to EDGE_IO_BATCH datagrams in this order, without waiting; sets was_sent in each.
     */
    void (*send)(struct edge_io *io, struct edge_datagram *const *datagrams, unsigned n);

    /** Datagrams that were thrown away unseen because their port was flooded, since the last call;
     * NULL where there are none. */
    uint64_t (*shed)(struct edge_io *io);
};

/** epoll over a socket for each port; recvmmsg and sendmmsg. Always works. */
extern const struct edge_io_ops edge_io_epoll;

/** All ports of an address on one socket a worker, which a lookup program brings about. */
extern const struct edge_io_ops edge_io_lookup;

/** io_uring over a socket for each port. */
extern const struct edge_io_ops edge_io_uring;
