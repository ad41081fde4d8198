// SPDX-License-Identifier: GPL-2.0-or-later
// A time zone as a table of UTC offsets, prepared at load by a time-zone library
// (engine/pack/zone.c), so that the engine needs none.
#pragma once

#include <stdint.h>

struct fg_zone_span {
    int64_t from_s;   // Unix time [s] from which the offset holds
    int32_t offset_s; // local time minus UTC [s], DST included
};
struct fg_zone {
    const char *name; // IANA name, "Europe/London"
    uint32_t n_spans; // at least 1; the first also holds before its from_s, the last for ever after
    const struct fg_zone_span *spans; // rising from_s
};

// Offset of zone at now [ms Unix]; a NULL zone is UTC.
int32_t fg_zone_offset_s(const struct fg_zone *zone, int64_t now_ms);

struct fg_local_time {
    int32_t day;      // days since 1970-01-01 in local time
    uint8_t weekday;  // 0 Monday … 6 Sunday
    uint16_t minute;  // minute of the day, 0 to 1439
    int32_t yyyymmdd; // local date, 20261122
};
struct fg_local_time fg_local_time(const struct fg_zone *zone, int64_t now_ms);
