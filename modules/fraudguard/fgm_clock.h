// SPDX-License-Identifier: GPL-2.0-or-later
// The only place of the module that reads clocks.
#pragma once

#include <stdint.h>
#include <time.h>

// Wall clock, Unix [ms].
static inline int64_t fgm_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Monotonic [us], for durations only.
static inline int64_t fgm_mono_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
