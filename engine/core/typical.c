// SPDX-License-Identifier: GPL-2.0-or-later
// Meters of what is usual: the customer's hour, and what is taken for usual at first.
#include "fg/baseline.h"

#include "fg/customer.h"
#include "fg/peers.h"
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

static int64_t local_hour(const struct fg_plan *plan)
{
    return (int64_t)plan->local.day * 24 + plan->local.minute / 60;
}

void fg_plan_typical(const struct fg_plan *plan, const struct fg_meter *meter,
                     struct fg_meter_op *op)
{
    const struct fg_meter_start *start = fg_meter_start_for(meter, plan->event->customer);
    op->bucket = local_hour(plan);
    op->start = start != NULL ? start->amount : 0;
}

bool fg_plan_typical_add(const struct fg_plan *plan, const struct fg_meter *meter,
                         struct fg_meter_op *op)
{
    op->kind = FG_OP_BASELINE_ADD;
    op->amount = meter->source == FG_SOURCE_COST ? plan->dest.usd_per_minute : FG_MICRO;
    return op->amount > 0;
}

// The peers of a profile are one scope, shared by its customers.
void fg_plan_voice(const struct fg_plan *plan, const struct fg_meter *meter, struct fg_meter_op *op)
{
    const struct fg_customer *customer = plan->event->customer;
    const char *profile = customer->profile != NULL ? customer->profile : "default";
    const struct fg_view parts[] = {fg_view_of("o"), fg_view_of(profile)};
    *op = (struct fg_meter_op){.kind = FG_OP_PEERS_PUT,
                               .meter_id = meter->id,
                               .scope = fg_hash128_parts(&plan->policy->hash_key, parts, 2).lo,
                               .shared = true,
                               .bucket = local_hour(plan),
                               .ttl_ms = FG_TYPICAL_TTL_MS};
}

void fg_plan_peers(struct fg_plan *plan, uint32_t index, bool needed)
{
    struct fg_meter_op *ops = plan->request.ops;
    struct fg_meter_op *own = &ops[plan->op_of_meter[index]];
    if (own->kind == FG_OP_BASELINE_ADD && plan->request.n_ops < FG_OPS_MAX) {
        // Asked before the addition closes it.
        own[1] = own[0];
        own->kind = FG_OP_BASELINE_CLOSES;
        own->amount = 0;
        own++;
        plan->op_of_meter[index]++;
        plan->request.n_ops++;
    }
    if (needed && plan->request.n_ops < FG_OPS_MAX) {
        plan->hit_op_of_meter[index] = (int8_t)plan->request.n_ops;
        struct fg_meter_op *op = &ops[plan->request.n_ops++];
        fg_plan_voice(plan, &plan->policy->ruleset->meters[index], op);
        op->kind = FG_OP_PEERS_READ;
    }
}

bool fg_plan_peers_put(const struct fg_plan *plan, uint32_t index,
                       const struct fg_store_reply *reply, struct fg_meter_op *op)
{
    const int8_t own = plan->op_of_meter[index];
    const int8_t at = (int8_t)(own - 1);
    if (own < 1 || plan->request.ops[at].kind != FG_OP_BASELINE_CLOSES || reply->unavailable[at] ||
        reply->values[at] < 0) {
        return false;
    }
    const int64_t closes = reply->values[at];
    const char *id = plan->event->customer->id;
    fg_plan_voice(plan, &plan->policy->ruleset->meters[index], op);
    op->bucket -= closes / 65536;
    op->amount = closes % 65536;
    op->member = fg_hash64(&plan->policy->hash_key, id, strlen(id)) & FG_PEERS_MEMBER_MAX;
    return true;
}
