// SPDX-License-Identifier: GPL-2.0-or-later
// What plan, decide and explain share beside their public interface.
#pragma once

#include "fg/plan.h"

// Fills plan->request and plan->op_of_meter: what this event writes, and those of needed (a bit a
// meter) that it only reads.
void fg_plan_meters(struct fg_plan *plan, uint64_t needed);
// Whether events of this kind can change a meter.
bool fg_meter_may_change(const struct fg_meter *meter, enum fg_event_kind kind);
// The meters that a rule reads, a bit each.
uint64_t fg_rule_meters(const struct fg_rule *rule);
// The read of a typical meter, or of its trend; start 0: there is none. Then its addition by this
// event, false where there is nothing to add.
void fg_plan_typical(const struct fg_plan *plan, const struct fg_meter *meter,
                     struct fg_meter_op *op);
bool fg_plan_typical_add(const struct fg_plan *plan, const struct fg_meter *meter,
                         struct fg_meter_op *op);
// Looks up the called number and the caller.
void fg_plan_numbers(struct fg_plan *plan);

// The call's place in gauges.
static inline uint64_t fg_plan_lease(const struct fg_event *event)
{
    return event->lease != 0 ? event->lease : event->call_key.lo;
}
// Finds the allowance for the call, and asks for what is left of it.
void fg_plan_allowance(struct fg_plan *plan);

// Asks for the holds that the call may meet.
void fg_plan_holds(struct fg_plan *plan);
// The fingerprint of the peer's certificate; empty where there is none.
struct fg_view fg_plan_fingerprint(const struct fg_tls_peer *tls);

// Finds the overrides that apply.
void fg_plan_overrides(struct fg_plan *plan);
// Whether value is in a list, or in what overrides add to it for this customer. *by, where it is
// not NULL: index of the override that made it so, -1 when the list itself did.
bool fg_plan_in_list(const struct fg_plan *plan, uint16_t list, enum fg_signal_type type,
                     const struct fg_value *value, int32_t *by);
// The override that alone makes a condition hold, by what it adds to a list; -1 when none does.
int32_t fg_plan_condition_override(const struct fg_plan *plan,
                                   const struct fg_condition *condition);

// What a rule's measure is divided by, in millionths; 0 when the customer has none.
fg_micro fg_plan_relative_base(const struct fg_plan *plan, enum fg_relative relative);

// The state of a calendar for this event.
enum fg_calendar_state fg_plan_calendar_state(const struct fg_plan *plan, uint16_t index);
// The hours that a calendar uses for this customer.
struct fg_hours_view {
    const struct fg_hours *hours;
    uint32_t n;
};
struct fg_hours_view fg_plan_calendar_hours(const struct fg_plan *plan, uint16_t index);
struct fg_local_time fg_plan_calendar_time(const struct fg_plan *plan, uint16_t index);

static inline bool fg_plan_hit(const struct fg_plan *plan, uint16_t rule)
{
    return (plan->static_hits[rule / 64] & (UINT64_C(1) << (rule % 64))) != 0;
}

static inline bool fg_plan_is_overridden(const struct fg_plan *plan, uint16_t rule)
{
    return (plan->overridden[rule / 64] & (UINT64_C(1) << (rule % 64))) != 0;
}
