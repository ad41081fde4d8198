// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/rate.h"

bool fg_rate_take(int64_t *arrival_us, int64_t now_us, int64_t interval_us, uint32_t burst)
{
    const int64_t most_us = now_us + interval_us * (int64_t)burst;
    int64_t next_us = *arrival_us > now_us ? *arrival_us : now_us;
    if (next_us > most_us) {
        next_us = most_us;
    }
    const bool admitted = next_us + interval_us <= most_us;
    *arrival_us = admitted ? next_us + interval_us : next_us;
    return admitted;
}
