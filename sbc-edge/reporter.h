// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "call_report.h"
#include "node.h"

/**
 * Tells others of calls through Redis, in a thread of its own: the media of each call at intervals
 * (a message for whoever listens now), and what its verdicts did (an event and a record, tried
 * until Redis takes them). Workers only put reports into a box.
 */

struct edge_reporter;

/** Starts the thread. 0 and `*out`, or a negative errno value. */
int edge_reporter_start(struct edge_node *node, struct edge_reporter **out);

/** Ends it (within about two seconds), after a last try to write what is left. NULL is fine. */
void edge_reporter_stop(struct edge_reporter *reporter);

/** Any thread, also with NULL: has a copy of the report told. What finds the box full is lost. */
void edge_reporter_tell(struct edge_reporter *reporter, const struct edge_call_report *report);

/** Messages told, verdicts' records written, and both kinds lost; for metrics. */
struct edge_reporter_stats {
    _Atomic uint64_t told;
    _Atomic uint64_t proofs;
    _Atomic uint64_t lost;
};
const struct edge_reporter_stats *edge_reporter_get_stats(const struct edge_reporter *reporter);
