// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "node.h"

/** GET /metrics in Prometheus' text format, on a thread of its own. */

struct edge_metrics;

/** Starts the server on config->listen_http. 0 and `*out`, or -EADDRINUSE, -ENOMEM. */
int edge_metrics_start(struct edge_node *node, struct edge_metrics **out);

/** NULL is fine. */
void edge_metrics_stop(struct edge_metrics *metrics);
