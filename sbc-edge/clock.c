// SPDX-License-Identifier: GPL-2.0-or-later
#include "clock.h"

#include <time.h>

static uint64_t read_ns(clockid_t id)
{
    struct timespec now = {0};

    clock_gettime(id, &now); /* cannot fail for the two clocks used here */
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t edge_clock_now_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

uint64_t edge_clock_unix_us(void)
{
    return read_ns(CLOCK_REALTIME) / 1000;
}
