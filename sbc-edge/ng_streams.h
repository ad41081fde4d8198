// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "connection.h"
#include "ng_frame.h"
#include "stream_socket.h"

#include <poll.h>

/**
 * The stream side of the ng listener: sockets that take connections, and the connections with what
 * has come of their next message. One thread.
 */

#define EDGE_STREAM_SOCKETS_MAX     4
#define EDGE_STREAM_CONNECTIONS_MAX 256
#define EDGE_STREAM_POLL_MAX        (EDGE_STREAM_SOCKETS_MAX + EDGE_STREAM_CONNECTIONS_MAX)

struct edge_ng_streams;

/** A message: bytes stand until the callback returns. `has_cookie`: they begin with `cookie SP`. */
typedef void edge_ng_stream_fn(void *context, struct edge_connection *connection,
                               struct edge_view bytes, bool has_cookie);

/** Opens the sockets. 0 and `*out`, or a negative errno value and the index that failed. */
int edge_ng_streams_new(const struct edge_stream_address *addresses, unsigned n,
                        struct edge_ng_streams **out, unsigned *failed);

/** Closes all, and removes the files of UNIX sockets. NULL is fine. */
void edge_ng_streams_free(struct edge_ng_streams *streams);

/** Writes what to poll; the number of entries, at most EDGE_STREAM_POLL_MAX. */
unsigned edge_ng_streams_poll(struct edge_ng_streams *streams, struct pollfd *out);

/** Serves what poll() found, in the entries that _poll wrote. */
void edge_ng_streams_serve(struct edge_ng_streams *streams, const struct pollfd *polled,
                           unsigned n_polled, edge_ng_stream_fn *take, void *context);
