// SPDX-License-Identifier: GPL-2.0-or-later
// Meters of what is usual: the customer's hour, and what is taken for usual at first.
#include "fg/baseline.h"

#include "fg/customer.h"
#include "plan_priv.h"

#include <string.h>

const struct fg_meter_start *fg_meter_start_for(const struct fg_meter *meter,
                                                const struct fg_customer *customer)
{
    const struct fg_meter_start *fallback = NULL;
    const char *profile = customer != NULL ? customer->profile : NULL;
    for (uint8_t i = 0; i < meter->n_starts; i++) {
        const struct fg_meter_start *start = &meter->starts[i];
        if (profile != NULL && strcmp(start->profile, profile) == 0) {
            return start;
        }
        if (strcmp(start->profile, "default") == 0) {
            fallback = start;
        }
    }
    return fallback;
}

void fg_plan_typical(const struct fg_plan *plan, const struct fg_meter *meter,
                     struct fg_meter_op *op)
{
    const struct fg_meter_start *start = fg_meter_start_for(meter, plan->event->customer);
    op->bucket = (int64_t)plan->local.day * 24 + plan->local.minute / 60;
    op->start = start != NULL ? start->amount : 0;
}

bool fg_plan_typical_add(const struct fg_plan *plan, const struct fg_meter *meter,
                         struct fg_meter_op *op)
{
    op->kind = FG_OP_BASELINE_ADD;
    op->amount = meter->source == FG_SOURCE_COST ? plan->dest.usd_per_minute : FG_MICRO;
    return op->amount > 0;
}
