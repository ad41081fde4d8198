// SPDX-License-Identifier: GPL-2.0-or-later
// The clock of deadlines, the only one this folder reads.
#pragma once

#include <stdint.h>
#include <time.h>

#define FG_NS_PER_MS INT64_C(1000000)

static inline int64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 * FG_NS_PER_MS + now.tv_nsec;
}

static inline int64_t monotonic_ms(void)
{
    return monotonic_ns() / FG_NS_PER_MS;
}
