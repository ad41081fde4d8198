// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "io.h"
#include "node.h"

/**
 * Picks how datagrams are moved, as --io says or as the machine permits, and logs which and why.
 * Sets node->io_ops and node->fan_in; the interfaces must be open. Returns 0; a negative errno
 * value when what --io asks for is not to be had.
 */
int edge_io_choose(struct edge_node *node);

/** Frees what was chosen; the workers must be gone. */
void edge_io_unchoose(struct edge_node *node);
