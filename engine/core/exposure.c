// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/exposure.h"

#include <stdbool.h>
#include <stddef.h>

int64_t fg_exposure_read(const struct fg_exposure *exposure, int64_t now_ms)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < exposure->n; i++) {
        const struct fg_exposure_lease *lease = &exposure->leases[i];
        if (lease->expiry_ms > now_ms) {
            sum += lease->amount;
            sum = sum < FG_EXPOSURE_AMOUNT_MAX ? sum : FG_EXPOSURE_AMOUNT_MAX;
        }
    }
    return sum;
}

// Drops what has expired, and the lease drop where it is not NULL.
static void prune(struct fg_exposure *exposure, int64_t now_ms, const uint64_t *drop)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < exposure->n; i++) {
        const struct fg_exposure_lease lease = exposure->leases[i];
        if (lease.expiry_ms > now_ms && (drop == NULL || lease.id != *drop)) {
            exposure->leases[kept++] = lease;
        }
    }
    exposure->n = kept;
}

static bool is_less(const struct fg_exposure_lease *a, const struct fg_exposure_lease *b)
{
    return a->amount != b->amount ? a->amount < b->amount : a->id < b->id;
}

static void insert(struct fg_exposure *exposure, const struct fg_exposure_lease *lease)
{
    if (exposure->n < FG_EXPOSURE_LEASES) {
        exposure->leases[exposure->n++] = *lease;
        return;
    }
    struct fg_exposure_lease *least = &exposure->leases[0];
    for (uint32_t i = 1; i < exposure->n; i++) {
        if (is_less(&exposure->leases[i], least)) {
            least = &exposure->leases[i];
        }
    }
    if (is_less(least, lease)) {
        *least = *lease;
    }
}

int64_t fg_exposure_put(struct fg_exposure *exposure, const struct fg_exposure_lease *lease,
                        int64_t now_ms)
{
    prune(exposure, now_ms, NULL);
    for (uint32_t i = 0; i < exposure->n; i++) {
        struct fg_exposure_lease *own = &exposure->leases[i];
        if (own->id == lease->id) {
            own->expiry_ms = own->expiry_ms < lease->expiry_ms ? lease->expiry_ms : own->expiry_ms;
            own->amount = own->amount < lease->amount ? lease->amount : own->amount;
            return fg_exposure_read(exposure, now_ms);
        }
    }
    if (lease->expiry_ms > now_ms) {
        insert(exposure, lease);
    }
    return fg_exposure_read(exposure, now_ms);
}

int64_t fg_exposure_delete(struct fg_exposure *exposure, uint64_t id, int64_t now_ms)
{
    prune(exposure, now_ms, &id);
    return fg_exposure_read(exposure, now_ms);
}
