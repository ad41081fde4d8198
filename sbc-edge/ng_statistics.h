// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "node.h"

/** ng: statistics, with rtpengine's names for what both have. */

/** What was told last, for rates: of the time since then, if that is a second or more. */
struct edge_ng_rates {
    uint64_t at_us; /**< 0: not yet; rates are then those since the start */
    uint64_t packets;
    uint64_t bytes;
    uint64_t dropped;
    uint64_t packets_a_second;
    uint64_t bytes_a_second;
    uint64_t dropped_a_second;
};

/** Adds `statistics` to a reply. Any thread that has `rates` for itself. */
void edge_ng_tell_statistics(const struct edge_node *node, struct edge_ng_rates *rates,
                             struct edge_ng_arena *arena, struct edge_ng_value *reply);
