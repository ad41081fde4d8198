// SPDX-License-Identifier: GPL-2.0-or-later
// The summary of a replay: a page for people, or one JSON object.
#pragma once

#include "fg/replay_summary.h"
#include "output.h"

struct replay_facts {
    struct fg_replay_summary *summary;
    struct fg_replay_stats stats;
    uint64_t skipped; // bad rows and rows that came too late
};

// Prints it to stdout. False when memory or the output failed.
bool replay_report(const struct output *output, const struct replay_facts *facts);
