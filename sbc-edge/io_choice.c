// SPDX-License-Identifier: GPL-2.0-or-later
#include "io_choice.h"

#include "fan_in.h"
#include "log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int open_fan_in(struct edge_node *node, char failed[EDGE_FAN_IN_TEXT])
{
    union edge_address locals[EDGE_INTERFACES_MAX];
    const struct edge_fan_in_range range = {
        .port_min = node->config->port_min,
        .port_max = node->config->port_max,
        .n_workers = node->config->n_threads,
    };

    for (unsigned i = 0; i < node->n_interfaces; i++)
        locals[i] = edge_interface_get_config(node->interfaces[i])->local;
    return edge_fan_in_new(locals, node->n_interfaces, &range, &node->fan_in, failed);
}

/* Made and thrown away: whether the kernel, or who contains us, permits it. */
static int try_uring(struct edge_node *node)
{
    const struct edge_io_setup setup = {.wake_fd = STDERR_FILENO};
    struct edge_io *io;
    int err = edge_io_uring.open(&setup, &io);

    if (err != 0) {
        edge_log(EDGE_LOG_ERROR, "--io=uring: %s", strerror(-err));
        return err;
    }
    edge_io_uring.close(io);
    node->io_ops = &edge_io_uring;
    edge_log(EDGE_LOG_NOTICE, "packets by uring: asked for");
    return 0;
}

int edge_io_choose(struct edge_node *node)
{
    const enum edge_io_kind wanted = node->config->io;
    char failed[EDGE_FAN_IN_TEXT] = "";
    int err;

    node->io_ops = &edge_io_epoll;
    if (wanted == EDGE_IO_EPOLL) {
        edge_log(EDGE_LOG_NOTICE, "packets by epoll: asked for");
        return 0;
    }
    if (wanted == EDGE_IO_URING)
        return try_uring(node);
    err = open_fan_in(node, failed);
    if (err == 0) {
        node->io_ops = &edge_io_lookup;
        edge_log(EDGE_LOG_NOTICE, "packets by lookup: %s",
                 wanted == EDGE_IO_LOOKUP ? "asked for" : "permitted here, and the fastest");
        return 0;
    }
    if (wanted == EDGE_IO_LOOKUP) {
        edge_log(EDGE_LOG_ERROR, "--io=lookup: %s", failed);
        return err;
    }
    edge_log(EDGE_LOG_NOTICE, "packets by epoll: lookup is not to be had: %s", failed);
    return 0;
}

void edge_io_unchoose(struct edge_node *node)
{
    edge_fan_in_free(node->fan_in);
    node->fan_in = NULL;
}
