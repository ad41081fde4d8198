// SPDX-License-Identifier: GPL-2.0-or-later
// Which holds a call may meet, and which one it would set.
#include "plan_priv.h"

// The bytes that a scope's value is made of; empty when the event lacks them. source: room.
static struct fg_view held_bytes(const struct fg_plan *plan, enum fg_hold_scope scope,
                                 struct fg_ip *source)
{
    const struct fg_event *event = plan->event;
    const struct fg_number *called = &plan->dest.number;
    const struct fg_view none = {.ptr = "", .len = 0};
    switch (scope) {
    case FG_HOLD_NUMBER:
        return (struct fg_view){.ptr = called->digits, .len = called->len};
    case FG_HOLD_RANGE:
        return plan->dest.type == FG_TYPE_SHORT_CODE ? none : fg_hold_range(called);
    case FG_HOLD_CALLER:
        return (struct fg_view){.ptr = event->caller.digits, .len = event->caller.len};
    case FG_HOLD_SOURCE:
        fg_hold_source(&event->source, source);
        return (struct fg_view){.ptr = (const char *)source->bytes, .len = sizeof(source->bytes)};
    case FG_HOLD_CERTIFICATE:
        return fg_plan_fingerprint(event->tls);
    default:
        return none;
    }
}

bool fg_plan_hold_value(const struct fg_plan *plan, enum fg_hold_scope scope, uint64_t *value)
{
    struct fg_ip source;
    *value = 0;
    switch (scope) {
    case FG_HOLD_CUSTOMER:
        return true;
    case FG_HOLD_RISKY:
        return !plan->dest_ordinary;
    case FG_HOLD_COUNTRY:
        *value = plan->dest.country;
        return plan->dest.country != FG_COUNTRY_NONE;
    case FG_HOLD_TYPE:
        // At home ordinary numbers stay open: most of the calls there are wanted.
        *value = (uint64_t)plan->dest.type;
        return !plan->dest_ordinary && plan->dest.number.len > 0;
    default:
        break;
    }
    const struct fg_view bytes = held_bytes(plan, scope, &source);
    if (bytes.len == 0) {
        return false;
    }
    *value = fg_hold_value(&plan->policy->hash_key, scope, bytes);
    return true;
}

void fg_plan_hold_of(const struct fg_plan *plan, enum fg_hold_scope scope, char out[FG_HOLD_OF_MAX])
{
    const struct fg_event *event = plan->event;
    out[0] = '\0';
    switch (scope) {
    case FG_HOLD_NUMBER:
    case FG_HOLD_RANGE:
        fg_hold_of_number(&plan->dest.number, scope == FG_HOLD_RANGE, out);
        break;
    case FG_HOLD_CALLER:
        fg_hold_of_number(&event->caller, false, out);
        break;
    case FG_HOLD_SOURCE:
        fg_hold_of_source(&event->source, out);
        break;
    case FG_HOLD_CERTIFICATE:
        if (event->tls != NULL) {
            fg_hold_of_certificate(event->tls->fingerprint, out);
        }
        break;
    default:
        break;
    }
}

void fg_plan_holds(struct fg_plan *plan)
{
    const struct fg_event *event = plan->event;
    if (event->kind != FG_EVENT_ATTEMPT || event->direction != FG_OUTBOUND) {
        return;
    }
    for (unsigned i = 0; i < FG_HOLD_SCOPES; i++) {
        uint64_t value;
        if (fg_plan_hold_value(plan, (enum fg_hold_scope)i, &value)) {
            fg_hold_ask(&plan->request.holds, (enum fg_hold_scope)i, value);
        }
    }
    plan->store_needed = true;
}
