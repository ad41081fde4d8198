// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_histogram.h"

const struct fgm_bounds fgm_score_bounds = {
    .n = 8,
    .value = {0, 10, 20, 30, 50, 65, 80, 100},
    .text = {"0", "10", "20", "30", "50", "65", "80", "100"},
    .unit = 1,
};
const struct fgm_bounds fgm_duration_bounds = {
    .n = 10,
    .value = {100, 250, 500, 1000, 2500, 5000, 10000, 20000, 25000, 50000},
    .text = {"0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.02", "0.025",
             "0.05"},
    .unit = 1000000,
};

void fgm_histogram_add(struct fgm_histogram *histogram, const struct fgm_bounds *bounds,
                       int64_t value)
{
    uint64_t counted = value > 0 ? (uint64_t)value : 0;
    size_t i = 0;
    while (i < bounds->n && counted > bounds->value[i])
        i++;
    atomic_fetch_add_explicit(&histogram->buckets[i], 1, memory_order_relaxed);
    if (counted)
        atomic_fetch_add_explicit(&histogram->sum, counted, memory_order_relaxed);
}

void fgm_histogram_read(const struct fgm_histogram *histogram, struct fgm_histogram_copy *out)
{
    for (size_t i = 0; i < FGM_BUCKETS_MAX; i++)
        out->buckets[i] = atomic_load_explicit(&histogram->buckets[i], memory_order_relaxed);
    out->sum = atomic_load_explicit(&histogram->sum, memory_order_relaxed);
}
