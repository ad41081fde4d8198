// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers dialled one after the other in rising order, as a scan of a number range does: several
// runs are followed at once, so that calls in between do not hide one. Pure; both stores have this
// arithmetic.
#pragma once

#include <stdint.h>

#define FG_RUNS           8 // followed at once
#define FG_RUN_STEP_MAX   2 // a run goes on with a number greater by at most this
#define FG_RUN_LENGTH_MAX 65535

struct fg_run {
    int64_t last;     // number
    int64_t expiry_s; // over from here on
    uint16_t length;  // numbers
};
// All zero: none.
struct fg_runs {
    struct fg_run runs[FG_RUNS];
};

// Length of the longest run that is not over; 0: none. Changes nothing.
int64_t fg_runs_longest(const struct fg_runs *runs, int64_t now_s);
// Takes number (0 to 2^52), dialled at now_s, into the run that it continues (the longest of
// several), else into a new one in place of the one that is over first; it then lasts for ttl_s
// (0 to 400 days). The last number of a run once more changes nothing. Returns
// fg_runs_longest().
int64_t fg_runs_put(struct fg_runs *runs, int64_t number, int64_t now_s, int64_t ttl_s);
