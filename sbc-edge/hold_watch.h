// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "node.h"

/**
 * Listens to Redis for holds and kills (docs/redis-schema.md) in a thread of its own and mails them
 * to the workers. While Redis is away the relay goes on with what it knows.
 */

struct edge_hold_watch;

/** Starts the thread. 0 and `*out`, or a negative errno value. */
int edge_hold_watch_start(struct edge_node *node, struct edge_hold_watch **out);

/** Ends it (within about a second). NULL is fine. */
void edge_hold_watch_stop(struct edge_hold_watch *watch);
