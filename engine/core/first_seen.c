// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/first_seen.h"

#include "fg/meter.h"
#include "fg/units.h"

int64_t fg_first_seen_read(const struct fg_first_seen *seen, int64_t now_s)
{
    if (seen->expiry_s <= now_s) {
        return -1;
    }
    return now_s > seen->first_s ? now_s - seen->first_s : 0;
}

int64_t fg_first_seen_put(struct fg_first_seen *seen, int64_t now_s, int64_t ttl_s, bool repeated)
{
    const int64_t age_s = fg_first_seen_read(seen, now_s);
    // Earlier than what is known: counts that come late, after an outage.
    if (age_s < 0 || now_s < seen->first_s) {
        seen->first_s = now_s;
    }
    if (seen->expiry_s < now_s + ttl_s) {
        seen->expiry_s = now_s + ttl_s;
    }
    return repeated && age_s <= FG_REPEAT_MS / FG_MS_PER_S ? -1 : age_s;
}
