// SPDX-License-Identifier: GPL-2.0-or-later
// Days, times of day and dates as people write them.
#pragma once

#include "fg/calendar.h"
#include "fg/err.h"
#include "fg/view.h"

// "mon", "Mon-Fri", "sat,sun", "daily" to a set of days (bit 0 Monday). FG_ESYNTAX.
FG_MUST_CHECK int fg_days_parse(struct fg_view text, uint8_t *out);
// "08:00" to minutes of the day, 0 to 1440 ("24:00"). FG_ESYNTAX.
FG_MUST_CHECK int fg_minute_parse(struct fg_view text, uint16_t *out);
// Opening hours from days and two times; a span over midnight gives two. *n is 1 or 2. FG_ESYNTAX
// when the span is empty.
FG_MUST_CHECK int fg_hours_make(uint8_t days, uint16_t from_min, uint16_t to_min,
                                struct fg_hours out[2], uint32_t *n);
// "Mon-Fri 07:30-19:00". FG_ESYNTAX.
FG_MUST_CHECK int fg_hours_parse(struct fg_view text, struct fg_hours out[2], uint32_t *n);
// "2026-12-25" to 20261225. FG_ESYNTAX for dates that do not exist.
FG_MUST_CHECK int fg_date_parse(struct fg_view text, int32_t *yyyymmdd);
// RFC 3339 with seconds, optional fraction and "Z" or an offset, to Unix time [ms]. FG_ESYNTAX.
FG_MUST_CHECK int fg_time_parse(struct fg_view text, int64_t *unix_ms);
