// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/calendar.h"

static bool is_holiday(const int32_t *holidays, uint32_t n_holidays, int32_t date)
{
    uint32_t low = 0;
    uint32_t high = n_holidays;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (holidays[middle] < date) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < n_holidays && holidays[low] == date;
}

enum fg_calendar_state fg_calendar_state(const struct fg_hours *hours, uint32_t n_hours,
                                         const int32_t *holidays, uint32_t n_holidays,
                                         struct fg_local_time local)
{
    if (is_holiday(holidays, n_holidays, local.yyyymmdd)) {
        return FG_CALENDAR_CLOSED;
    }
    if (n_hours == 0) {
        return FG_CALENDAR_OPEN;
    }
    for (uint32_t i = 0; i < n_hours; i++) {
        if ((hours[i].days & (1U << local.weekday)) != 0 && local.minute >= hours[i].from_min &&
            local.minute < hours[i].to_min) {
            return FG_CALENDAR_OPEN;
        }
    }
    return FG_CALENDAR_CLOSED;
}
