// SPDX-License-Identifier: GPL-2.0-or-later
/* The only readers of clocks; everything else is told the time. */
#pragma once

#include <stdint.h>

/* Monotonic time [ns]. */
uint64_t edge_clock_now_ns(void);

/* Unix time [us]. */
uint64_t edge_clock_unix_us(void);
