// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "view.h"

/**
 * A stream connection on which ng requests come. The listener reads it; the worker that owns the
 * call answers on it; it is closed when neither needs it any more.
 */

struct edge_connection;

/** Takes over the descriptor, with one reference for the caller; NULL (and the descriptor is
 * closed) when memory is short. */
struct edge_connection *edge_connection_new(int fd);

/** One more reference. Any thread. */
struct edge_connection *edge_connection_hold(struct edge_connection *connection);

/** One reference less; the last one closes. Any thread; NULL is fine. */
void edge_connection_release(struct edge_connection *connection);

/** For the listener, which polls and reads it. */
int edge_connection_fd(const struct edge_connection *connection);

/**
 * Sends a whole reply without waiting. A peer that leaves its replies unread loses the connection:
 * the rest of a reply would make no sense to it. Any thread.
 */
void edge_connection_send(struct edge_connection *connection, struct edge_view reply);

/** Ends it for the peer; the descriptor stays until the last reference goes. */
void edge_connection_end(struct edge_connection *connection);
