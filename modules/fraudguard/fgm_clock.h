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

#define FGM_TIME_SIZE 24
// "2026-11-22T06:12:00Z"
static inline void fgm_time_format(int64_t unix_ms, char out[FGM_TIME_SIZE])
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    if (strftime(out, FGM_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        out[0] = '\0';
}
