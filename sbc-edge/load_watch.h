// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "node.h"

/** Says when the machine is too busy for new calls (`--max-cpu`, `--max-load`). */

struct edge_load_watch {
    uint64_t sampled_ns;
    uint64_t busy; /* of all processors, since boot, in the kernel's ticks */
    uint64_t total;
};

/**
 * Looks at the machine about twice a second and sets node->refusal; a drain comes before it. For
 * one thread.
 */
void edge_load_watch_turn(struct edge_load_watch *watch, struct edge_node *node, uint64_t now_ns);

/**
 * The first line of /proc/stat: ticks spent busy and in all. False when it is none. Pure.
 */
bool edge_load_read_stat(const char *line, uint64_t *busy, uint64_t *total);

/** What is told of a refusal; static. */
const char *edge_refusal_text(enum edge_refusal refusal);
