// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "node.h"

/** ng: statistics, with rtpengine's names for what both have. Any thread. */

/** Adds `statistics` to a reply. */
void edge_ng_tell_statistics(const struct edge_node *node, struct edge_ng_arena *arena,
                             struct edge_ng_value *reply);
