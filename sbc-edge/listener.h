// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "node.h"

/**
 * Receives ng datagrams, answers what concerns no single call (ping, list, statistics) and hands
 * the rest to the worker that owns the call, which answers the sender itself.
 */

struct edge_listener;

#define EDGE_LISTENER_NAME 160

/** Opens the ng sockets. 0 and `*out`, or a negative errno value; `failed` names the address that
 * could not be had, and is empty for other failures. */
int edge_listener_new(struct edge_node *node, struct edge_listener **out,
                      char failed[EDGE_LISTENER_NAME]);

/** Closes them; the workers must have ended, since they answer on these sockets. NULL is fine. */
void edge_listener_free(struct edge_listener *listener);

/** Runs until `is_over`, which is asked at least four times a second. */
void edge_listener_run(struct edge_listener *listener, bool (*is_over)(void *context),
                       void *context);
