// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan_priv.h"

static const struct fg_allowance *find_by_id(const struct fg_allowances *allowances, uint64_t id)
{
    for (uint32_t i = 0; i < allowances->n; i++) {
        if (allowances->items[i].id == id) {
            return &allowances->items[i];
        }
    }
    return NULL;
}

static int8_t add_op(struct fg_plan *plan, const struct fg_meter_op *op)
{
    plan->request.ops[plan->request.n_ops] = *op;
    return (int8_t)plan->request.n_ops++;
}

// A call is taken at once: whether it is needed shows when the answer is there, and what is not
// needed is given back.
static void take_call(struct fg_plan *plan)
{
    const struct fg_event *event = plan->event;
    // What another event of the call gives back must not be this one's.
    const uint64_t member =
        fg_plan_lease(event) + ((uint64_t)event->kind << 32) + (uint64_t)event->minute;
    struct fg_meter_op op = fg_allowance_calls_op(plan->allowance, member, plan->now_ms);
    if (event->lease_before != 0) {
        struct fg_meter_op before = op;
        before.kind = FG_OP_SET_DELETE;
        before.member = event->lease_before;
        before.expiry_ms = 0;
        (void)add_op(plan, &before);
    }
    plan->allowance_calls_op = add_op(plan, &op);
}

void fg_plan_allowance(struct fg_plan *plan)
{
    const struct fg_event *event = plan->event;
    plan->allowance_calls_op = plan->allowance_usd_op = -1;
    if (event->allowances == NULL || event->direction != FG_OUTBOUND || plan->unreadable ||
        event->dialog_fault != FG_DIALOG_FINE || event->kind == FG_EVENT_END) {
        return;
    }
    // A call that is up may come under an allowance later than its attempt.
    const bool takes = event->allowance == 0;
    plan->allowance =
        takes ? fg_allowance_find(event->allowances, &plan->dest.number, plan->dest.country)
              : find_by_id(event->allowances, event->allowance);
    if (plan->allowance == NULL || plan->allowance->until_ms <= plan->now_ms) {
        return;
    }
    if (takes) {
        take_call(plan);
    }
    const bool pays = !takes && event->kind == FG_EVENT_MINUTE;
    const struct fg_meter_op op =
        fg_allowance_usd_op(plan->allowance, pays ? plan->dest.usd_per_minute : 0, plan->now_ms);
    plan->allowance_usd_op = add_op(plan, &op);
}
