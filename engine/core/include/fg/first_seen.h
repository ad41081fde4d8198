// SPDX-License-Identifier: GPL-2.0-or-later
// When something was first seen, remembered for a time after it was last seen. Pure; both stores
// have this arithmetic.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// All zero: never seen.
struct fg_first_seen {
    int64_t first_s;  // Unix [s]
    int64_t expiry_s; // forgotten from here on
};

// Seconds since it was first seen, 0 when the clock has gone back behind that; -1: never, or
// forgotten. Changes nothing.
int64_t fg_first_seen_read(const struct fg_first_seen *seen, int64_t now_s);
// The same as it was before this one, which is then remembered until now_s + ttl_s (0 to 400 days)
// at least. repeated: the same call was put before, at most FG_REPEAT_MS ago, so what was first
// seen within that time may be its own and counts as never.
int64_t fg_first_seen_put(struct fg_first_seen *seen, int64_t now_s, int64_t ttl_s, bool repeated);
