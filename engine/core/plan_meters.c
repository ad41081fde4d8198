// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/exposure.h"
#include "plan_priv.h"

// A local day has 25 hours when the clocks go back.
#define DAY_TTL_MS (FG_MS_PER_DAY + INT64_C(120) * FG_MS_PER_MIN)

// Time from now to the end of the customer's local day, a minute more where in doubt.
static int64_t rest_of_day_ms(const struct fg_plan *plan)
{
    return (1440 - (int64_t)plan->local.minute) * FG_MS_PER_MIN;
}

static int64_t sum_amount(const struct fg_plan *plan, const struct fg_meter *meter)
{
    return meter->source == FG_SOURCE_COST ? plan->dest.usd_per_minute : 1;
}

// The number dialled; false where there is none.
static bool find_run(const struct fg_plan *plan, int64_t *out)
{
    const struct fg_number *number = &plan->dest.number;
    int64_t value = 0;
    for (uint8_t i = 0; i < number->len; i++) {
        value = value * 10 + (number->digits[i] - '0');
    }
    *out = value;
    return number->len > 0;
}

static void read_window(const struct fg_meter *meter, struct fg_meter_op *op)
{
    op->kind = FG_OP_WINDOW_READ;
    if (meter->calendar_day) {
        op->cells = 1;
        op->ttl_ms = DAY_TTL_MS;
        return;
    }
    op->cells = FG_WINDOW_CELLS;
    op->ttl_ms = meter->over_ms + meter->over_ms / FG_WINDOW_PARTS;
    if (meter->over_ms % FG_WINDOW_PARTS > 0) {
        op->ttl_ms += FG_WINDOW_CELLS; // its cells are rounded up
    }
}

// Asking takes: a rate is planned only for rules whose condition holds.
static void read_rate(const struct fg_meter *meter, struct fg_meter_op *op)
{
    op->kind = FG_OP_RATE_TAKE;
    op->interval_us = (meter->rate_s * INT64_C(1000000) + meter->rate - 1) / meter->rate;
    op->burst = meter->burst;
    op->ttl_ms = op->interval_us * op->burst / 1000 + FG_MS_PER_S;
}

void fg_meter_read(const struct fg_meter *meter, struct fg_meter_op *op)
{
    *op = (struct fg_meter_op){.meter_id = meter->id,
                               .shared = meter->shared,
                               .scope_is_customer = fg_meter_of_customer(meter),
                               .ttl_ms = meter->over_ms};
    switch (meter->kind) {
    case FG_METER_DISTINCT:
        op->kind = FG_OP_SET_READ;
        return;
    case FG_METER_GAUGE:
        op->kind = meter->source == FG_SOURCE_COST ? FG_OP_EXPOSURE_READ : FG_OP_SET_READ;
        op->ttl_ms = FG_LEASE_MS;
        return;
    case FG_METER_FIRST_SEEN:
    case FG_METER_SEEN:
        op->kind = FG_OP_SEEN_READ;
        return;
    case FG_METER_KNOWN:
        op->kind = FG_OP_KNOWN_READ;
        return;
    case FG_METER_RUN:
        op->kind = FG_OP_RUN_READ;
        return;
    case FG_METER_RATE:
        read_rate(meter, op);
        return;
    case FG_METER_TYPICAL:
    case FG_METER_TREND:
        op->kind = FG_OP_BASELINE_READ;
        op->trend = meter->kind == FG_METER_TREND;
        op->ttl_ms = FG_TYPICAL_TTL_MS;
        return;
    case FG_METER_COUNT:
    case FG_METER_SUM:
    case FG_METER_RATIO:
        read_window(meter, op);
        return;
    }
}

// What the read of a meter takes from this event. False: the event lacks it.
static bool fill_read(const struct fg_plan *plan, const struct fg_meter *meter,
                      struct fg_meter_op *op)
{
    switch (op->kind) {
    case FG_OP_WINDOW_READ:
        op->bucket =
            meter->calendar_day ? plan->local.day : fg_window_bucket(plan->now_ms, meter->over_ms);
        return true;
    case FG_OP_SET_READ:
        if (meter->calendar_day && meter->kind == FG_METER_DISTINCT) {
            op->ttl_ms = rest_of_day_ms(plan);
        }
        return true;
    case FG_OP_BASELINE_READ:
        fg_plan_typical(plan, meter, op);
        return true;
    case FG_OP_KNOWN_READ:
        return fg_plan_known(plan, meter, op);
    default:
        return true;
    }
}

// A call's lease: renewed by each event, given back by its end.
static void make_lease(const struct fg_plan *plan, struct fg_meter_op *op)
{
    const bool over = plan->event->kind == FG_EVENT_END;
    op->member = fg_plan_lease(plan->event);
    op->kind = over ? FG_OP_SET_DELETE : FG_OP_SET_PUT;
    op->expiry_ms = over ? 0 : plan->now_ms + FG_LEASE_MS;
}

// The same with what the call has come to. A minute is paid for as it starts, so the first one is
// counted from the attempt on. False for a call that costs nothing.
static bool make_exposure(const struct fg_plan *plan, struct fg_meter_op *op)
{
    const struct fg_event *event = plan->event;
    const int64_t minutes = event->minute > 1 ? event->minute : 1;
    const int64_t rate = plan->dest.usd_per_minute;
    const int64_t most = FG_EXPOSURE_AMOUNT_MAX / minutes;
    op->member = fg_plan_lease(event) & FG_EXPOSURE_LEASE_MAX;
    if (event->kind == FG_EVENT_END) {
        op->kind = FG_OP_EXPOSURE_DELETE;
        return true;
    }
    op->kind = FG_OP_EXPOSURE_PUT;
    op->expiry_ms = plan->now_ms + FG_LEASE_MS;
    op->amount = (rate < most ? rate : most) * minutes;
    return rate > 0;
}

// Turns a read into the write that this event makes, if it makes one. True when it does.
static bool make_write(const struct fg_plan *plan, const struct fg_meter *meter,
                       struct fg_meter_op *op)
{
    enum fg_event_kind kind = plan->event->kind;
    switch (meter->kind) {
    case FG_METER_COUNT:
    case FG_METER_RATIO:
        op->amount = 1;
        op->kind = FG_OP_WINDOW_ADD;
        return true;
    case FG_METER_SUM:
        op->amount = sum_amount(plan, meter);
        if (kind != FG_EVENT_MINUTE || op->amount <= 0) {
            return false;
        }
        op->kind = FG_OP_WINDOW_ADD;
        return true;
    case FG_METER_DISTINCT:
        if (kind != FG_EVENT_ATTEMPT || !fg_plan_member(plan, meter, &op->member)) {
            return false;
        }
        op->kind = FG_OP_SET_PUT;
        op->expiry_ms = plan->now_ms + op->ttl_ms;
        return true;
    case FG_METER_GAUGE:
        if (plan->event->dialog_fault != FG_DIALOG_FINE) {
            return false;
        }
        if (meter->source == FG_SOURCE_COST) {
            return make_exposure(plan, op);
        }
        make_lease(plan, op);
        return true;
    case FG_METER_KNOWN:
        op->kind = FG_OP_KNOWN_PUT;
        return true;
    case FG_METER_FIRST_SEEN:
    case FG_METER_SEEN:
        op->kind = FG_OP_SEEN_PUT;
        return true;
    case FG_METER_RUN:
        op->kind = FG_OP_RUN_PUT;
        return find_run(plan, &op->amount);
    case FG_METER_TYPICAL:
        return fg_plan_typical_add(plan, meter, op);
    case FG_METER_RATE:
    case FG_METER_TREND:
        return false;
    }
    return false;
}

static enum fg_event_kind counted_event(const struct fg_meter *meter)
{
    switch (meter->source) {
    case FG_SOURCE_COST:
    case FG_SOURCE_MINUTES:
        return FG_EVENT_MINUTE;
    case FG_SOURCE_ANSWERS:
        return FG_EVENT_ANSWER;
    case FG_SOURCE_ENDS:
        return FG_EVENT_END;
    default:
        return FG_EVENT_ATTEMPT;
    }
}

bool fg_meter_may_change(const struct fg_meter *meter, enum fg_event_kind kind)
{
    switch (meter->kind) {
    case FG_METER_COUNT:
    case FG_METER_RATIO:
    case FG_METER_TYPICAL:
        return kind == counted_event(meter);
    case FG_METER_DISTINCT:
    case FG_METER_RUN:
        return kind == FG_EVENT_ATTEMPT;
    case FG_METER_FIRST_SEEN:
    case FG_METER_SEEN:
    case FG_METER_KNOWN:
        return kind == meter->on;
    case FG_METER_RATE:
    case FG_METER_TREND:
        return false;
    case FG_METER_SUM:
        return kind == FG_EVENT_MINUTE;
    case FG_METER_GAUGE:
        return true;
    }
    return false;
}

// make_write() for an op that stays the read that it is where there is nothing to write.
static bool turn_to_write(const struct fg_plan *plan, const struct fg_meter *meter,
                          struct fg_meter_op *op)
{
    enum fg_op_kind read = op->kind;
    bool writes = make_write(plan, meter, op);
    if (!writes) {
        op->kind = read;
        op->amount = 0;
    }
    return writes;
}

// A ratio's second window: the counted events that meet its condition.
static void plan_hits(struct fg_plan *plan, uint32_t index, bool counted, bool needed,
                      struct fg_call_facts *facts)
{
    const struct fg_meter *meter = &plan->policy->ruleset->meters[index];
    struct fg_meter_op *op = &plan->request.ops[plan->request.n_ops];
    *op = op[-1];
    op->kind = FG_OP_WINDOW_READ;
    op->amount = 0;
    op->meter_id = meter->hit_id;
    bool hit = counted && fg_plan_meter_hit(plan, index, facts);
    if ((hit && turn_to_write(plan, meter, op)) || needed) {
        plan->hit_op_of_meter[index] = (int8_t)plan->request.n_ops++;
    }
}

// An attempt takes the place of an earlier one of the same call, given back by an op before its
// own.
static void give_back_before(struct fg_plan *plan)
{
    struct fg_meter_op *op = &plan->request.ops[plan->request.n_ops++];
    op[1] = op[0];
    const bool set = op->kind == FG_OP_SET_PUT;
    op->kind = set ? FG_OP_SET_DELETE : FG_OP_EXPOSURE_DELETE;
    op->member = plan->event->lease_before & (set ? UINT64_MAX : FG_EXPOSURE_LEASE_MAX);
    op->amount = 0;
    op->expiry_ms = 0;
}

static void plan_meter(struct fg_plan *plan, uint32_t index, bool counted, bool needed,
                       struct fg_call_facts *facts)
{
    const struct fg_meter *meter = &plan->policy->ruleset->meters[index];
    bool moves = meter->kind == FG_METER_GAUGE && counted && plan->event->lease_before != 0;
    uint32_t room = meter->kind == FG_METER_RATIO || moves ? 2 : 1;
    if (plan->request.n_ops + room > FG_OPS_MAX) {
        return;
    }
    struct fg_meter_op *op = &plan->request.ops[plan->request.n_ops];
    *op = plan->policy->ruleset->read_of_meter[index];
    if (!fg_plan_scope(plan, index, facts, op)) {
        return;
    }
    if (!fill_read(plan, meter, op)) {
        return;
    }
    bool writes = counted && turn_to_write(plan, meter, op);
    if (!writes && !needed) {
        return;
    }
    if (writes && moves) {
        give_back_before(plan);
    }
    plan->op_of_meter[index] = (int8_t)plan->request.n_ops++;
    if (meter->kind == FG_METER_RATIO) {
        plan_hits(plan, index, counted, needed, facts);
    } else if (meter->peers) {
        fg_plan_peers(plan, index, needed);
    }
}

void fg_plan_meters(struct fg_plan *plan, const struct fg_meter_set *counted,
                    const struct fg_meter_set *needed, struct fg_call_facts *facts)
{
    for (uint32_t i = 0; i < FG_METER_SET_WORDS; i++) {
        const uint64_t counts = counted->words[i], needs = needed->words[i];
        for (uint64_t left = counts | needs; left != 0; left &= left - 1) {
            const uint64_t bit = left & (~left + 1);
            plan_meter(plan, 64 * i + (uint32_t)__builtin_ctzll(left), (counts & bit) != 0,
                       (needs & bit) != 0, facts);
        }
    }
}
