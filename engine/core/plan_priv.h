// SPDX-License-Identifier: GPL-2.0-or-later
// What plan, decide and explain share beside their public interface.
#pragma once

#include "fg/plan.h"

// Fills plan->request and plan->op_of_meter: those meters that count this event, and those of
// needed that it only reads.
void fg_plan_meters(struct fg_plan *plan, const struct fg_meter_set *counted,
                    const struct fg_meter_set *needed, struct fg_call_facts *facts);
// What a meter is kept for: op's scope. False when the event lacks a part of it: such a meter is
// neither written nor read.
bool fg_plan_scope(const struct fg_plan *plan, uint32_t index, struct fg_call_facts *facts,
                   struct fg_meter_op *op);
// Whether a predicate with this number holds, and the condition of a ratio's hits. What facts know
// is not asked again.
bool fg_plan_predicate(const struct fg_plan *plan, const struct fg_predicate *predicate,
                       uint16_t id, struct fg_call_facts *facts);
bool fg_plan_meter_hit(const struct fg_plan *plan, uint32_t meter, struct fg_call_facts *facts);
// Forgets what may be another thing at the next event.
void fg_plan_forget(const struct fg_ruleset *ruleset, struct fg_call_facts *facts);
// Fills predicate_ids and what goes with it. FG_ENOMEM.
FG_MUST_CHECK int fg_ruleset_number_predicates(struct fg_ruleset *ruleset, struct fg_arena *arena);
// Fills asked_by_event and what goes with it, after the predicates' numbers, by_event and
// changed_by_event. FG_ENOMEM.
FG_MUST_CHECK int fg_ruleset_index(struct fg_ruleset *ruleset, struct fg_arena *arena);
// Fills in what the operations on a meter have in common, whatever the call; reading it.
void fg_meter_read(const struct fg_meter *meter, struct fg_meter_op *op);
// Whether a meter is kept for the customer itself.
bool fg_meter_of_customer(const struct fg_meter *meter);
// Whether two meters are always kept for the same thing.
bool fg_meter_same_scope(const struct fg_meter *a, const struct fg_meter *b);
// What a meter tells apart, hashed; false when the event lacks it.
bool fg_plan_member(const struct fg_plan *plan, const struct fg_meter *meter, uint64_t *member);
// The block and the tag of whom a filter is asked for, beside the rest of its scope; and when.
// False: the event has no such value.
bool fg_plan_known(const struct fg_plan *plan, const struct fg_meter *meter,
                   struct fg_meter_op *op);
// Whether events of this kind can change a meter of their direction; the same with the direction.
bool fg_meter_may_change(const struct fg_meter *meter, enum fg_event_kind kind);
bool fg_meter_is_changed(const struct fg_meter *meter, enum fg_direction direction,
                         enum fg_event_kind kind);
// A rule that is off is looked at where an override may switch it on.
bool fg_rule_is_ever_on(const struct fg_ruleset *ruleset, uint32_t rule);
// The meters that a rule reads.
struct fg_meter_set fg_rule_meters(const struct fg_rule *rule);
// Looks up the called number and the caller, where facts do not hold them yet.
void fg_plan_numbers(struct fg_plan *plan, struct fg_call_facts *facts);
// How long what is usual outlives the last call: beyond holidays and seasons of quiet.
#define FG_TYPICAL_TTL_MS (70 * FG_MS_PER_DAY)
// The read of a typical meter, or of its trend; start 0: there is none. Then its addition by this
// event, false where there is nothing to add.
void fg_plan_typical(const struct fg_plan *plan, const struct fg_meter *meter,
                     struct fg_meter_op *op);
bool fg_plan_typical_add(const struct fg_plan *plan, const struct fg_meter *meter,
                         struct fg_meter_op *op);
// After the op of a typical meter that learns from peers, which is the last one: asks them, where
// the meter is needed, and what an addition closes, in the op before its own.
void fg_plan_peers(struct fg_plan *plan, uint32_t index, bool needed);
// What the customer's peers are to be told of this meter. False: nothing.
bool fg_plan_peers_put(const struct fg_plan *plan, uint32_t index,
                       const struct fg_store_reply *reply, struct fg_meter_op *op);

// A media.* signal of which the relay tells.
void fg_plan_media_signal(const struct fg_event *event, enum fg_signal signal,
                          struct fg_value *out);

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

// Finds the overrides that apply; those that match the customer, whatever the time, once a call.
void fg_plan_overrides(struct fg_plan *plan, const struct fg_call_facts *facts);
uint64_t fg_plan_shared_overrides(const struct fg_plan *plan);
// Whether value is in a list, or in what overrides add to it for this customer. *by, where it is
// not NULL: index of the override that made it so, -1 when the list itself did.
bool fg_plan_in_list(const struct fg_plan *plan, uint16_t list, enum fg_signal_type type,
                     const struct fg_value *value, int32_t *by);
// The override that alone makes a condition hold, by what it adds to a list; -1 when none does.
int32_t fg_plan_condition_override(const struct fg_plan *plan,
                                   const struct fg_condition *condition);

// What a rule's measure is divided by, in millionths; 0 when the customer has none.
fg_micro fg_plan_relative_base(const struct fg_plan *plan, const struct fg_rule *rule);

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
