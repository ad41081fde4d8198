// SPDX-License-Identifier: GPL-2.0-or-later
// Histograms in memory that all processes share: fixed bounds, one atomic add a bucket and one for
// the sum.
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define FGM_BUCKETS_MAX 12 // the last one in use has no bound

// What falls into which bucket: values up to and including a bound.
struct fgm_bounds {
    size_t n;                              // bounds; rising
    uint32_t value[FGM_BUCKETS_MAX - 1];   // in the unit that is counted
    const char *text[FGM_BUCKETS_MAX - 1]; // as shown
    uint32_t unit;                         // what is counted, per unit that is shown
};
extern const struct fgm_bounds fgm_score_bounds;    // points
extern const struct fgm_bounds fgm_duration_bounds; // counted in us, shown in s

struct fgm_histogram {
    _Atomic uint64_t buckets[FGM_BUCKETS_MAX];
    _Atomic uint64_t sum;
};
struct fgm_histogram_copy {
    uint64_t buckets[FGM_BUCKETS_MAX]; // not cumulative
    uint64_t sum;
};

// Counts a value; below 0 counts as 0. Any process, any time.
void fgm_histogram_add(struct fgm_histogram *histogram, const struct fgm_bounds *bounds,
                       int64_t value);
void fgm_histogram_read(const struct fgm_histogram *histogram, struct fgm_histogram_copy *out);
