// SPDX-License-Identifier: GPL-2.0-or-later
// Weekly opening hours with holidays, read in a customer's local time.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/timezone.h"

// One span of opening hours. to_min may be 1440 (midnight). A span over midnight is two spans.
struct fg_hours {
    uint8_t days;      // bit 0 Monday … bit 6 Sunday
    uint16_t from_min; // minute of day, inclusive
    uint16_t to_min;   // minute of day, exclusive
};

enum fg_calendar_state { FG_CALENDAR_CLOSED, FG_CALENDAR_OPEN };

// State at a local time. A local date in holidays (sorted yyyymmdd) is closed all day. No hours at
// all: always open.
enum fg_calendar_state fg_calendar_state(const struct fg_hours *hours, uint32_t n_hours,
                                         const int32_t *holidays, uint32_t n_holidays,
                                         struct fg_local_time local);
