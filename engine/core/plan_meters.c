// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan_priv.h"

// A local day has 25 hours when the clocks go back.
#define DAY_TTL_MS (FG_MS_PER_DAY + INT64_C(120) * FG_MS_PER_MIN)

// The parts of a meter's key as bytes that outlive the hashing.
struct key_parts {
    struct fg_view views[9];
    size_t n;
    uint8_t country[2];
};

static void add_part(struct key_parts *parts, const char *tag, const void *bytes, size_t len)
{
    parts->views[parts->n++] = (struct fg_view){.ptr = tag, .len = 1};
    parts->views[parts->n++] = (struct fg_view){.ptr = bytes, .len = len};
}

// False when the event lacks a part: such a meter is neither written nor read.
static bool find_scope(const struct fg_plan *plan, const struct fg_meter *meter,
                       struct fg_meter_op *op)
{
    const struct fg_event *event = plan->event;
    struct key_parts parts = {.n = 0};
    if ((meter->per & ~(uint32_t)FG_KEY_CUSTOMER) == 0) {
        op->scope_is_customer = true;
        return true;
    }
    if ((meter->per & FG_KEY_DEST_NUMBER) != 0) {
        if (plan->dest.number.len == 0) {
            return false;
        }
        add_part(&parts, "d", plan->dest.number.digits, plan->dest.number.len);
    }
    if ((meter->per & FG_KEY_CALLER_NUMBER) != 0) {
        // Withheld callers share one key: nothing tells them apart.
        add_part(&parts, "c", event->caller.digits, event->caller.len);
    }
    if ((meter->per & FG_KEY_SOURCE_IP) != 0) {
        add_part(&parts, "s", event->source.bytes, sizeof(event->source.bytes));
    }
    if ((meter->per & FG_KEY_DEST_COUNTRY) != 0) {
        parts.country[0] = (uint8_t)(plan->dest.country & 0xff);
        parts.country[1] = (uint8_t)(plan->dest.country >> 8);
        add_part(&parts, "n", parts.country, sizeof(parts.country));
    }
    op->scope = fg_hash128_parts(&plan->policy->hash_key, parts.views, parts.n).lo;
    return true;
}

// Time from now to the end of the customer's local day, a minute more where in doubt.
static int64_t rest_of_day_ms(const struct fg_plan *plan)
{
    return (1440 - (int64_t)plan->local.minute) * FG_MS_PER_MIN;
}

static bool find_member(const struct fg_plan *plan, const struct fg_meter *meter, uint64_t *member)
{
    const struct fg_number *number = NULL;
    uint8_t country[2] = {(uint8_t)(plan->dest.country & 0xff), (uint8_t)(plan->dest.country >> 8)};
    switch (meter->source) {
    case FG_SOURCE_DEST_NUMBER:
        number = &plan->dest.number;
        break;
    case FG_SOURCE_CALLER_NUMBER:
        number = &plan->event->caller;
        break;
    case FG_SOURCE_DEST_COUNTRY:
        *member = fg_hash64(&plan->policy->hash_key, country, sizeof(country));
        return plan->dest.country != FG_COUNTRY_NONE;
    case FG_SOURCE_CALLS:
    case FG_SOURCE_COST:
    case FG_SOURCE_MINUTES:
        *member = plan->event->call_key.lo;
        return true;
    }
    if (number == NULL || number->len == 0) {
        return false;
    }
    *member = fg_hash64(&plan->policy->hash_key, number->digits, number->len);
    return true;
}

static int64_t sum_amount(const struct fg_plan *plan, const struct fg_meter *meter)
{
    return meter->source == FG_SOURCE_COST ? plan->dest.usd_per_minute : 1;
}

static void fill_window(const struct fg_plan *plan, const struct fg_meter *meter,
                        struct fg_meter_op *op)
{
    op->kind = FG_OP_WINDOW_READ;
    if (meter->calendar_day) {
        op->bucket = plan->local.day;
        op->cells = 1;
        op->ttl_ms = DAY_TTL_MS;
        return;
    }
    op->bucket = fg_window_bucket(plan->now_ms, meter->over_ms);
    op->cells = FG_WINDOW_CELLS;
    op->ttl_ms = meter->over_ms + meter->over_ms / FG_WINDOW_PARTS;
    if (meter->over_ms % FG_WINDOW_PARTS > 0) {
        op->ttl_ms += FG_WINDOW_CELLS; // its cells are rounded up
    }
}

static void fill_set(const struct fg_plan *plan, const struct fg_meter *meter,
                     struct fg_meter_op *op)
{
    op->kind = FG_OP_SET_READ;
    op->ttl_ms = meter->over_ms;
    if (meter->kind == FG_METER_GAUGE) {
        op->ttl_ms = FG_LEASE_MS;
    } else if (meter->calendar_day) {
        op->ttl_ms = rest_of_day_ms(plan);
    }
}

// Turns a read into the write that this event makes, if it makes one. True when it does.
static bool make_write(const struct fg_plan *plan, const struct fg_meter *meter,
                       struct fg_meter_op *op)
{
    enum fg_event_kind kind = plan->event->kind;
    switch (meter->kind) {
    case FG_METER_COUNT:
        op->amount = 1;
        op->kind = kind == FG_EVENT_ATTEMPT ? FG_OP_WINDOW_ADD : op->kind;
        return kind == FG_EVENT_ATTEMPT;
    case FG_METER_SUM:
        op->amount = sum_amount(plan, meter);
        if (kind != FG_EVENT_MINUTE || op->amount <= 0) {
            return false;
        }
        op->kind = FG_OP_WINDOW_ADD;
        return true;
    case FG_METER_DISTINCT:
        if (kind != FG_EVENT_ATTEMPT || !find_member(plan, meter, &op->member)) {
            return false;
        }
        op->kind = FG_OP_SET_PUT;
        op->expiry_ms = plan->now_ms + op->ttl_ms;
        return true;
    case FG_METER_GAUGE:
        op->member = plan->event->call_key.lo;
        op->kind = kind == FG_EVENT_END ? FG_OP_SET_DELETE : FG_OP_SET_PUT;
        op->expiry_ms = kind == FG_EVENT_END ? 0 : plan->now_ms + FG_LEASE_MS;
        return true;
    }
    return false;
}

// Whether events of this kind can change meters of this kind: asked first, because it costs
// nothing.
static bool may_change(enum fg_event_kind kind, enum fg_meter_kind meter)
{
    switch (meter) {
    case FG_METER_COUNT:
    case FG_METER_DISTINCT:
        return kind == FG_EVENT_ATTEMPT;
    case FG_METER_SUM:
        return kind == FG_EVENT_MINUTE;
    case FG_METER_GAUGE:
        return true;
    }
    return false;
}

// A lease is given back whatever the clock says by then; everything else counts only what the
// meter is about.
static bool is_counted(const struct fg_plan *plan, const struct fg_meter *meter)
{
    bool gives_back = meter->kind == FG_METER_GAUGE && plan->event->kind == FG_EVENT_END;
    return meter->direction == plan->event->direction &&
           may_change(plan->event->kind, meter->kind) &&
           (gives_back || fg_plan_condition(plan, &meter->when));
}

void fg_plan_meters(struct fg_plan *plan, uint32_t needed)
{
    const struct fg_ruleset *ruleset = plan->policy->ruleset;
    for (uint32_t i = 0; i < ruleset->n_meters; i++) {
        const struct fg_meter *meter = &ruleset->meters[i];
        bool counted = is_counted(plan, meter);
        if (!counted && (needed & (UINT32_C(1) << i)) == 0) {
            continue;
        }
        struct fg_meter_op op = {.meter_id = meter->id};
        if (plan->request.n_ops == FG_OPS_MAX || !find_scope(plan, meter, &op)) {
            continue;
        }
        if (meter->kind == FG_METER_COUNT || meter->kind == FG_METER_SUM) {
            fill_window(plan, meter, &op);
        } else {
            fill_set(plan, meter, &op);
        }
        struct fg_meter_op write = op;
        bool writes = counted && make_write(plan, meter, &write);
        if (!writes && (needed & (UINT32_C(1) << i)) == 0) {
            continue;
        }
        plan->op_of_meter[i] = (int8_t)plan->request.n_ops;
        plan->request.ops[plan->request.n_ops++] = writes ? write : op;
    }
}
