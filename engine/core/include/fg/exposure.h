// SPDX-License-Identifier: GPL-2.0-or-later
// What the calls in progress have come to: a lease for each, with an amount that only grows while
// the call lives. Pure; both stores have this arithmetic.
#pragma once

#include <stdint.h>

#define FG_EXPOSURE_LEASES     128 // where there are more, those of the least amounts go
#define FG_EXPOSURE_LEASE_MAX  ((UINT64_C(1) << 52) - 1)
#define FG_EXPOSURE_AMOUNT_MAX (INT64_C(1) << 49)

struct fg_exposure_lease {
    uint64_t id; // at most FG_EXPOSURE_LEASE_MAX
    int64_t expiry_ms;
    int64_t amount;
};

// All zero: nothing.
struct fg_exposure {
    uint32_t n;
    struct fg_exposure_lease leases[FG_EXPOSURE_LEASES];
};

// The sum of what has not expired, at most FG_EXPOSURE_AMOUNT_MAX.
int64_t fg_exposure_read(const struct fg_exposure *exposure, int64_t now_ms);
// Renews a lease: its end and its amount (1 to FG_EXPOSURE_AMOUNT_MAX) move only up, so that what
// comes twice or late changes nothing. Drops what has expired. Returns the sum then.
int64_t fg_exposure_put(struct fg_exposure *exposure, const struct fg_exposure_lease *lease,
                        int64_t now_ms);
// Gives a lease back. Returns the sum that is left.
int64_t fg_exposure_delete(struct fg_exposure *exposure, uint64_t id, int64_t now_ms);
