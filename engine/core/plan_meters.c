// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan_priv.h"

#include <string.h>

#define RANGE_DIGITS 4 // what a range leaves out at the end
#define BLOCK_DIGITS 2
#define TAIL_DIGITS  8

// A local day has 25 hours when the clocks go back.
#define DAY_TTL_MS (FG_MS_PER_DAY + INT64_C(120) * FG_MS_PER_MIN)

// What a meter tells apart, as bytes; empty when the event lacks it.
struct value {
    struct fg_view bytes;
    uint8_t country[2];
};

// The parts of a meter's key as bytes that outlive the hashing.
struct key_parts {
    struct fg_view views[24]; // two for each key but the customer, and for what was seen
    size_t n;
    uint8_t country[2];
    struct value value;
};

static void add_part(struct key_parts *parts, const char *tag, const void *bytes, size_t len)
{
    parts->views[parts->n++] = (struct fg_view){.ptr = tag, .len = 1};
    parts->views[parts->n++] = (struct fg_view){.ptr = bytes, .len = len};
}

// The digits of a number but the last ones; empty where there are no more.
static struct fg_view range_of(const struct fg_number *number, size_t without)
{
    size_t len = number->len > without ? number->len - without : 0;
    return (struct fg_view){.ptr = number->digits, .len = len};
}

// The called number's range; a short code has none.
static struct fg_view dest_range(const struct fg_plan *plan, size_t without)
{
    struct fg_view range = range_of(&plan->dest.number, without);
    if (plan->dest.type == FG_TYPE_SHORT_CODE) {
        range.len = 0;
    }
    return range;
}

static struct fg_view dialled_tail(const struct fg_plan *plan)
{
    const struct fg_number_readings *called = &plan->event->called;
    size_t n = called->n_dialled < TAIL_DIGITS ? called->n_dialled : TAIL_DIGITS;
    return (struct fg_view){.ptr = called->dialled + called->n_dialled - n, .len = n};
}

// The /24 of an IPv4 address or the /48 of an IPv6 one.
static struct fg_view network_of(const struct fg_ip *ip)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    bool ipv4 = memcmp(ip->bytes, mapped, sizeof(mapped)) == 0;
    return (struct fg_view){.ptr = (const char *)ip->bytes + (ipv4 ? sizeof(mapped) : 0),
                            .len = ipv4 ? 3 : 6};
}

// Adds the parts of a key that are about the called number. False when the event lacks one.
static bool add_dest_parts(const struct fg_plan *plan, uint32_t per, struct key_parts *parts)
{
    const struct fg_number *number = &plan->dest.number;
    const struct {
        enum fg_meter_key key;
        const char *tag;
        struct fg_view part;
    } keys[] = {
        {FG_KEY_DEST_NUMBER, "d", range_of(number, 0)},
        {FG_KEY_DEST_RANGE, "r", dest_range(plan, RANGE_DIGITS)},
        {FG_KEY_DEST_BLOCK, "b", dest_range(plan, BLOCK_DIGITS)},
        {FG_KEY_DEST_TYPE, "t", fg_view_of(fg_number_type_name(plan->dest.type))},
        {FG_KEY_DEST_TAIL, "e", dialled_tail(plan)},
    };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if ((per & (uint32_t)keys[i].key) == 0) {
            continue;
        }
        if (keys[i].part.len == 0 || number->len == 0) {
            return false;
        }
        add_part(parts, keys[i].tag, keys[i].part.ptr, keys[i].part.len);
    }
    return true;
}

static void put_country(fg_country country, uint8_t out[2])
{
    out[0] = (uint8_t)(country & 0xff);
    out[1] = (uint8_t)(country >> 8);
}

static void set_country(fg_country country, struct value *out)
{
    put_country(country, out->country);
    out->bytes = (struct fg_view){.ptr = (const char *)out->country,
                                  .len = country == FG_COUNTRY_NONE ? 0 : sizeof(out->country)};
}

struct fg_view fg_plan_fingerprint(const struct fg_tls_peer *tls)
{
    if (tls == NULL || !tls->tls || !tls->cert_present) {
        return (struct fg_view){.ptr = "", .len = 0};
    }
    return (struct fg_view){.ptr = (const char *)tls->fingerprint, .len = sizeof(tls->fingerprint)};
}

static void set_source_country(const struct fg_plan *plan, struct value *out)
{
    struct fg_value country;
    fg_plan_signal(plan, FG_SIG_SRC_COUNTRY, NULL, &country);
    set_country(country.present ? country.country : FG_COUNTRY_NONE, out);
}

static struct fg_view customer_of(const struct fg_event *event)
{
    return fg_view_of(event->customer == NULL ? "" : event->customer->id);
}

static void find_value(const struct fg_plan *plan, const struct fg_meter *meter, struct value *out)
{
    const struct fg_event *event = plan->event;
    const struct fg_number_readings *called = &event->called;
    out->bytes = (struct fg_view){.ptr = "", .len = 0};
    switch (meter->source) {
    case FG_SOURCE_DEST_NUMBER:
        out->bytes = range_of(&plan->dest.number, 0);
        return;
    case FG_SOURCE_CALLER_NUMBER:
        out->bytes = range_of(&event->caller, 0);
        return;
    case FG_SOURCE_DEST_RANGE:
        out->bytes = dest_range(plan, RANGE_DIGITS);
        return;
    case FG_SOURCE_DEST_BLOCK:
        out->bytes = dest_range(plan, BLOCK_DIGITS);
        return;
    case FG_SOURCE_DEST_DIALLED:
        out->bytes = (struct fg_view){.ptr = called->dialled, .len = called->n_dialled};
        return;
    case FG_SOURCE_NETWORK:
        out->bytes = network_of(&event->source);
        return;
    case FG_SOURCE_CALLER_RANGE:
        out->bytes = range_of(&event->caller, RANGE_DIGITS);
        return;
    case FG_SOURCE_CERT:
        out->bytes = fg_plan_fingerprint(event->tls);
        return;
    case FG_SOURCE_DEST_COUNTRY:
        set_country(plan->dest.country, out);
        return;
    case FG_SOURCE_SRC_COUNTRY:
        set_source_country(plan, out);
        return;
    case FG_SOURCE_CUSTOMER:
        out->bytes = customer_of(event);
        return;
    case FG_SOURCE_CALLS:
    case FG_SOURCE_ANSWERS:
    case FG_SOURCE_ENDS:
    case FG_SOURCE_COST:
    case FG_SOURCE_MINUTES:
        return;
    }
}

static bool is_seen(const struct fg_meter *meter)
{
    return meter->kind == FG_METER_FIRST_SEEN || meter->kind == FG_METER_SEEN;
}

// False when the event lacks a part: such a meter is neither written nor read.
static bool find_scope(const struct fg_plan *plan, const struct fg_meter *meter,
                       struct fg_meter_op *op)
{
    const struct fg_event *event = plan->event;
    struct key_parts parts = {.n = 0};
    op->shared = meter->shared;
    if ((meter->per & ~(uint32_t)FG_KEY_CUSTOMER) == 0 && !is_seen(meter)) {
        op->scope_is_customer = true;
        return true;
    }
    if (!add_dest_parts(plan, meter->per, &parts)) {
        return false;
    }
    if ((meter->per & FG_KEY_CALLER_NUMBER) != 0) {
        // Withheld callers share one key: nothing tells them apart.
        add_part(&parts, "c", event->caller.digits, event->caller.len);
    }
    if ((meter->per & FG_KEY_CALLER_RANGE) != 0) {
        struct fg_view range = range_of(&event->caller, RANGE_DIGITS);
        add_part(&parts, "f", range.ptr, range.len);
    }
    if ((meter->per & FG_KEY_NETWORK) != 0) {
        struct fg_view network = network_of(&event->source);
        add_part(&parts, "w", network.ptr, network.len);
    }
    if ((meter->per & FG_KEY_SOURCE_IP) != 0) {
        add_part(&parts, "s", event->source.bytes, sizeof(event->source.bytes));
    }
    if ((meter->per & FG_KEY_DEST_COUNTRY) != 0) {
        put_country(plan->dest.country, parts.country);
        add_part(&parts, "n", parts.country, sizeof(parts.country));
    }
    if ((meter->per & FG_KEY_CERT) != 0) {
        struct fg_view fingerprint = fg_plan_fingerprint(event->tls);
        if (fingerprint.len == 0) {
            return false;
        }
        add_part(&parts, "p", fingerprint.ptr, fingerprint.len);
    }
    if (is_seen(meter)) { // each value has a register of its own
        find_value(plan, meter, &parts.value);
        if (parts.value.bytes.len == 0) {
            return false;
        }
        add_part(&parts, "v", parts.value.bytes.ptr, parts.value.bytes.len);
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
    struct value value;
    find_value(plan, meter, &value);
    if (value.bytes.len == 0) {
        return false;
    }
    *member = fg_hash64(&plan->policy->hash_key, value.bytes.ptr, value.bytes.len);
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

// Asking takes: a rate is planned only for rules whose condition holds.
static void fill_rate(const struct fg_meter *meter, struct fg_meter_op *op)
{
    op->kind = FG_OP_RATE_TAKE;
    op->interval_us = (meter->rate_s * INT64_C(1000000) + meter->rate - 1) / meter->rate;
    op->burst = meter->burst;
    op->ttl_ms = op->interval_us * op->burst / 1000 + FG_MS_PER_S;
}

static void fill_read(const struct fg_plan *plan, const struct fg_meter *meter,
                      struct fg_meter_op *op)
{
    switch (meter->kind) {
    case FG_METER_DISTINCT:
    case FG_METER_GAUGE:
        fill_set(plan, meter, op);
        return;
    case FG_METER_FIRST_SEEN:
    case FG_METER_SEEN:
        op->kind = FG_OP_SEEN_READ;
        op->ttl_ms = meter->over_ms;
        return;
    case FG_METER_RUN:
        op->kind = FG_OP_RUN_READ;
        op->ttl_ms = meter->over_ms;
        return;
    case FG_METER_RATE:
        fill_rate(meter, op);
        return;
    case FG_METER_TYPICAL:
    case FG_METER_TREND:
        fg_plan_typical(plan, meter, op);
        return;
    case FG_METER_COUNT:
    case FG_METER_SUM:
    case FG_METER_RATIO:
        fill_window(plan, meter, op);
        return;
    }
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
        if (kind != FG_EVENT_ATTEMPT || !find_member(plan, meter, &op->member)) {
            return false;
        }
        op->kind = FG_OP_SET_PUT;
        op->expiry_ms = plan->now_ms + op->ttl_ms;
        return true;
    case FG_METER_GAUGE:
        if (plan->event->dialog_fault != FG_DIALOG_FINE) {
            return false;
        }
        op->member = fg_plan_lease(plan->event);
        op->kind = kind == FG_EVENT_END ? FG_OP_SET_DELETE : FG_OP_SET_PUT;
        op->expiry_ms = kind == FG_EVENT_END ? 0 : plan->now_ms + FG_LEASE_MS;
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

// A lease is given back whatever the clock says by then; everything else counts only what the
// meter is about.
static bool is_counted(const struct fg_plan *plan, const struct fg_meter *meter)
{
    bool gives_back = meter->kind == FG_METER_GAUGE && plan->event->kind == FG_EVENT_END;
    return meter->direction == plan->event->direction &&
           fg_meter_may_change(meter, plan->event->kind) &&
           (gives_back || fg_plan_condition(plan, &meter->when));
}

static int8_t add_op(struct fg_plan *plan, const struct fg_meter_op *op)
{
    plan->request.ops[plan->request.n_ops] = *op;
    return (int8_t)plan->request.n_ops++;
}

// A ratio's second window: the counted events that meet its condition.
static void plan_hits(struct fg_plan *plan, uint32_t index, bool counted, bool needed,
                      struct fg_meter_op op)
{
    const struct fg_meter *meter = &plan->policy->ruleset->meters[index];
    op.meter_id = meter->hit_id;
    bool writes = counted && fg_plan_condition(plan, &meter->hit) && make_write(plan, meter, &op);
    if (writes || needed) {
        plan->hit_op_of_meter[index] = add_op(plan, &op);
    }
}

// An attempt takes the place of an earlier one of the same call.
static void give_back_before(struct fg_plan *plan, struct fg_meter_op op)
{
    op.kind = FG_OP_SET_DELETE;
    op.member = plan->event->lease_before;
    op.expiry_ms = 0;
    (void)add_op(plan, &op);
}

static void plan_meter(struct fg_plan *plan, uint32_t index, bool needed)
{
    const struct fg_meter *meter = &plan->policy->ruleset->meters[index];
    bool counted = is_counted(plan, meter);
    struct fg_meter_op op = {.meter_id = meter->id};
    const bool moves = meter->kind == FG_METER_GAUGE && counted && plan->event->lease_before != 0;
    uint32_t room = meter->kind == FG_METER_RATIO || moves ? 2 : 1;
    if ((!counted && !needed) || plan->request.n_ops + room > FG_OPS_MAX ||
        !find_scope(plan, meter, &op)) {
        return;
    }
    fill_read(plan, meter, &op);
    struct fg_meter_op write = op;
    bool writes = counted && make_write(plan, meter, &write);
    if (!writes && !needed) {
        return;
    }
    if (writes && moves) {
        give_back_before(plan, write);
    }
    plan->op_of_meter[index] = add_op(plan, writes ? &write : &op);
    if (meter->kind == FG_METER_RATIO) {
        plan_hits(plan, index, counted, needed, op);
    }
}

bool fg_plan_sighting(const struct fg_plan *plan, const struct fg_meter *meter,
                      struct fg_meter_op *op)
{
    *op = (struct fg_meter_op){
        .kind = FG_OP_SEEN_PUT, .meter_id = meter->id, .ttl_ms = meter->over_ms};
    return is_seen(meter) && find_scope(plan, meter, op);
}

void fg_plan_meters(struct fg_plan *plan, uint64_t needed)
{
    for (uint32_t i = 0; i < plan->policy->ruleset->n_meters; i++) {
        plan_meter(plan, i, (needed & (UINT64_C(1) << i)) != 0);
    }
}
