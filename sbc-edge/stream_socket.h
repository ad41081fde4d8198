// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "address.h"

#include <sys/un.h>

/** Where stream connections are taken: a UNIX socket, or TCP. */
struct edge_stream_address {
    char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)]; /**< empty: TCP at `tcp` */
    union edge_address tcp;
};

/**
 * Opens a listening socket, non-blocking. A socket file that nobody listens on any more is
 * replaced; any other file in its place is an error. Only the owner and the group may connect to a
 * UNIX socket. Returns the descriptor, or a negative errno value.
 */
int edge_stream_listen(const struct edge_stream_address *address);

/** Takes a waiting connection, non-blocking; its descriptor or a negative errno value. */
int edge_stream_accept(int fd);
