// SPDX-License-Identifier: GPL-2.0-or-later
// A rate of admission: the generic cell rate algorithm (ITU-T I.371), whose whole state is the
// theoretical arrival time of the next call. Pure; both stores have this arithmetic.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define FG_RATE_INTERVAL_MAX_US INT64_C(3600000000)
#define FG_RATE_BURST_MAX       UINT32_C(100000)

// Whether a call at now_us (Unix [us], 0 to 2^52) is admitted, and takes it. *arrival_us: the
// state, 0 at first. interval_us: time that one call takes, 1 to FG_RATE_INTERVAL_MAX_US; burst:
// calls that may come at once, 1 to FG_RATE_BURST_MAX. In any time at most burst + time /
// interval_us calls are admitted. A state further ahead than any call can have put it, since the
// clock went back or the rate was changed, is brought back to what a full burst leaves.
bool fg_rate_take(int64_t *arrival_us, int64_t now_us, int64_t interval_us, uint32_t burst);
