// SPDX-License-Identifier: GPL-2.0-or-later
// Second half of an evaluation: readings to verdict, reasons and effects. Pure, allocates nothing.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/plan.h"

// Where more reasons hit, the points of the further ones join an earlier reason of the same sort
// (enforced or shadow), so that the sums stay exact.
#define FG_REASONS_MAX 48
#define FG_HOLD_POINTS                                                                             \
    100 // points of an active hold and of a refused identity: above every sensible block threshold

enum fg_reason_kind {
    FG_REASON_RULE,      // index: rule
    FG_REASON_COMPOSITE, // index: composite
    FG_REASON_CAP,       // index: group; negative points down to the group's cap. Index UINT16_MAX:
                         // the floor, points that lift a sum below 0 to 0
    FG_REASON_HOLD,      // an active hold
    FG_REASON_IDENTITY,  // refused identity
    FG_REASON_UNREADABLE, // the called number cannot be read
    FG_REASON_EMERGENCY,  // emergency call: always allowed, 0 points
    FG_REASON_DEGRADED,   // the store is away: cap on risky calls, or the customer's policy
    FG_REASON_EXCEPTION,  // index: rule that would have hit, detail: its exception; 0 points
    FG_REASON_OVERRIDE,   // index: rule that an override changed, or would have hit without it;
                          // detail: override; 0 points
    FG_REASON_DIALOG,     // enum fg_dialog_fault: nobody could watch the call
    FG_REASON_ALLOWANCE   // detail: fg_allowance_state; hits of of: calls; value of base: money.
                          // Where it applies, its points take off what it sets aside; else 0
};
enum fg_allowance_state {
    FG_ALLOWANCE_APPLIES,
    FG_ALLOWANCE_EXPIRED,
    FG_ALLOWANCE_NO_CALLS, // all have been made
    FG_ALLOWANCE_NO_MONEY,
    FG_ALLOWANCE_NOT_FOR, // what the call is refused for is not set aside by anybody's word
    FG_ALLOWANCE_UNKNOWN  // no store could say what is left
};
// Which of a reason's numbers are what a meter starts with, or what is usual for the customer's
// peers, since what is usual for the customer is not known yet.
enum fg_reason_start {
    FG_START_VALUE = 1,
    FG_START_BASE = 2,
    FG_START_TESTED = 4 // << i: tested[i]
};
struct fg_reason {
    enum fg_reason_kind kind;
    uint16_t index;
    int32_t points;
    bool shadow; // counted in shadow_score only
    bool measured;
    bool unavailable; // points of on_unavailable
    uint16_t meter;   // unavailable: the meter that could not be read
    fg_micro value;   // measured: the value, relative where the rule says so
    int64_t hits, of; // measured, a ratio: its calls
    fg_micro base;    // measured, relative to a meter: what the value was divided by
    fg_micro tested[FG_METER_TESTS_MAX]; // what the meters that the rule tests read
    fg_micro threshold;
    uint8_t step;
    uint8_t starts;  // fg_reason_start bits
    uint8_t peered;  // those of them that the customer's peers say
    uint8_t peers;   // how many these are, at least; 0: none
    uint16_t detail; // see the kind
    enum fg_action action_at_least;
    enum fg_notify notify;
};
// Whether a reason only tells what was left out or changed, and has no part in the verdict.
static inline bool fg_reason_is_note(const struct fg_reason *reason)
{
    return reason->kind == FG_REASON_EXCEPTION || reason->kind == FG_REASON_OVERRIDE ||
           (reason->kind == FG_REASON_ALLOWANCE && reason->detail != FG_ALLOWANCE_APPLIES);
}

struct fg_hold_effect {
    bool wanted;
    enum fg_hold_scope scope;
    uint64_t value; // as of struct fg_hold
    struct fg_hold_span span;
    int64_t until_ms; // of a first one [Unix ms]; who sets it may write how long it became
    uint32_t reason;  // the reason that it is set for: index into reasons; UINT32_MAX: none
};

struct fg_decision {
    enum fg_action action, shadow_action; // shadow_action: had the shadow rules counted too
    int32_t score, shadow_score; // sums of the reasons' points without and with shadow reasons
    bool degraded;
    bool allowed;        // an allowance let it go on
    bool repeated;       // a retransmission, fork or retry: judged again, counted once
    struct fg_hold hold; // active hold that decided
    struct fg_hold_effect set_hold;
    bool drop_media, cut_call; // cut_call: on answer and minute events
    // With cut_call: it is for rules that end the customer's dearest call that the limit is about;
    // this one goes on where another is dearer, fg_cut_before() tells which goes first.
    bool cut_dearest;
    struct fg_reply reply;
    bool release; // the store should run release_request when convenient: a refused call gives back
                  // its leases, and what is usual is not learned while calls are refused or cut;
                  // one that goes on tells the customer's peers of an hour that is over
    uint32_t n_reasons; // the enforced ones add up to score exactly
    // The big ones, last: what they hold beyond n_reasons and n_ops is anything.
    struct fg_reason reasons[FG_REASONS_MAX];
    struct fg_store_request release_request;
};

// Decides. plan from fg_plan(); reply of the store for plan->request (NULL when plan->store_needed
// is false, or when no store could answer: meters then count as unavailable and the verdict is
// degraded). risky_degraded_count: risky calls of this customer in the last minute on this node,
// this one included; looked at only when degraded. Never fails.
void fg_decide(const struct fg_plan *plan, const struct fg_store_reply *reply,
               int32_t risky_degraded_count, struct fg_decision *out);

// What a call in progress is compared by when the customer's dearest one is to end.
struct fg_cut_candidate {
    fg_micro usd_per_minute;
    int64_t answered_ms;
};
// Whether a is to end before b: it costs more, or as much and is younger.
bool fg_cut_before(const struct fg_cut_candidate *a, const struct fg_cut_candidate *b);

// Writes the request that gives back the leases which plan's attempt takes, as decision.release
// does of one that is refused; for attempts that go on and of which no call comes. False when there
// are none. *out points to the plan's customer.
bool fg_decide_release(const struct fg_plan *plan, struct fg_store_request *out);
