// SPDX-License-Identifier: GPL-2.0-or-later
#include "local_layout.h"

#include <string.h>

#include "fg/ruleset.h"
#include "request.h"

static bool slot_is(const struct local_hold *slot, const struct local_key *customer, uint8_t scope,
                    uint16_t country)
{
    return slot->used && slot->customer_lo == customer->customer_lo &&
           slot->customer_hi == customer->customer_hi && slot->hold.scope == scope &&
           slot->country == country;
}

static struct local_hold *slot_at(struct local_holds *holds, const struct local_key *customer,
                                  uint32_t probe)
{
    return &holds->slots[(local_mix(customer->customer_lo) + probe) & (holds->n_slots - 1)];
}

static void holds_repair(struct local_holds *holds)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < holds->n_slots; i++) {
        struct local_hold *slot = &holds->slots[i];
        slot->customer[sizeof(slot->customer) - 1] = '\0';
        slot->hold.reason[sizeof(slot->hold.reason) - 1] = '\0';
        slot->hold.by[sizeof(slot->hold.by) - 1] = '\0';
        if (slot->hold.scope >= FG_HOLD_SCOPES || !fg_store_customer_valid(slot->customer))
            slot->used = false;
        count += slot->used;
    }
    atomic_store(&holds->count, count);
}

static int holds_lock(struct local_holds *holds)
{
    bool died;
    const int rc = fg_lock_acquire(&holds->lock, &died);
    if (rc == FG_OK && died)
        holds_repair(holds);
    return rc;
}

static bool wanted(const struct fg_hold_query *query, const struct local_hold *slot)
{
    switch ((enum fg_hold_scope)slot->hold.scope) {
    case FG_HOLD_CUSTOMER:
        return query->customer;
    case FG_HOLD_RISKY:
        return query->risky;
    case FG_HOLD_COUNTRY:
        return query->country != 0 && query->country == slot->country;
    case FG_HOLD_SCOPES:
        break;
    }
    return false;
}

int local_holds_find(struct fg_local *local, const struct local_key *customer,
                     const struct fg_store_request *request, struct fg_hold *out)
{
    struct local_holds *holds = &local->holds;
    *out = (struct fg_hold){0};
    const struct fg_hold_query *query = &request->holds;
    if (!query->customer && !query->risky && query->country == 0)
        return FG_OK;
    if (atomic_load_explicit(&holds->count, memory_order_acquire) == 0)
        return FG_OK;
    const int rc = holds_lock(holds);
    if (rc != FG_OK)
        return rc;
    const struct local_hold *best = NULL;
    for (uint32_t i = 0; i < LOCAL_HOLD_PROBES; i++) {
        const struct local_hold *slot = slot_at(holds, customer, i);
        if (slot->used && slot->customer_lo == customer->customer_lo &&
            slot->customer_hi == customer->customer_hi && slot->hold.until_ms > request->now_ms &&
            wanted(&request->holds, slot) && (best == NULL || slot->hold.scope < best->hold.scope))
            best = slot;
    }
    if (best != NULL)
        *out = best->hold;
    fg_lock_release(&holds->lock);
    return FG_OK;
}

static struct local_hold *ends_first(struct local_holds *holds)
{
    struct local_hold *first = NULL;
    for (uint32_t i = 0; i < holds->n_slots; i++) {
        struct local_hold *slot = &holds->slots[i];
        if (slot->used && (first == NULL || slot->hold.until_ms < first->hold.until_ms))
            first = slot;
    }
    return first;
}

// The slot for a hold: its own, or a free one among its probes, or the one among them that ends
// first.
static struct local_hold *slot_choose(struct local_holds *holds, const struct local_key *customer,
                                      uint8_t scope, uint16_t country)
{
    struct local_hold *chosen = NULL;
    for (uint32_t i = 0; i < LOCAL_HOLD_PROBES; i++) {
        struct local_hold *slot = slot_at(holds, customer, i);
        if (slot_is(slot, customer, scope, country))
            return slot;
        if (chosen == NULL || (chosen->used && !slot->used) ||
            (chosen->used && slot->used && slot->hold.until_ms < chosen->hold.until_ms))
            chosen = slot;
    }
    return chosen;
}

// Lets the hold that ends first go when the table, or every slot that fits, is taken. FG_ELIMIT
// when that hold had not ended.
static int room_make(struct local_holds *holds, struct local_hold *slot, int64_t now_ms)
{
    struct local_hold *victim = NULL;
    if (slot->used)
        victim = slot;
    else if (atomic_load(&holds->count) >= holds->limit)
        victim = ends_first(holds);
    if (victim == NULL)
        return FG_OK;
    victim->used = false;
    atomic_fetch_sub(&holds->count, 1);
    return victim->hold.until_ms > now_ms ? FG_ELIMIT : FG_OK;
}

int fg_local_hold_set(struct fg_local *local, const char *customer, uint16_t country,
                      const struct fg_hold *hold)
{
    if (!fg_store_customer_valid(customer) || hold->scope >= FG_HOLD_SCOPES)
        return FG_EINVAL;
    struct local_holds *holds = &local->holds;
    const uint16_t of = hold->scope == FG_HOLD_COUNTRY ? country : 0;
    struct local_key key;
    local_customer_key(customer, &key);
    int rc = holds_lock(holds);
    if (rc != FG_OK)
        return rc;
    struct local_hold *slot = slot_choose(holds, &key, hold->scope, of);
    if (!slot_is(slot, &key, hold->scope, of))
        rc = room_make(holds, slot, hold->since_ms);
    if (!slot->used)
        atomic_fetch_add(&holds->count, 1);
    *slot = (struct local_hold){.customer_lo = key.customer_lo,
                                .customer_hi = key.customer_hi,
                                .used = true,
                                .country = of,
                                .hold = *hold};
    memcpy(slot->customer, customer, strlen(customer));
    slot->hold.active = true;
    slot->hold.reason[sizeof(slot->hold.reason) - 1] = '\0';
    slot->hold.by[sizeof(slot->hold.by) - 1] = '\0';
    fg_lock_release(&holds->lock);
    return rc;
}

int fg_local_hold_release(struct fg_local *local, const char *customer, uint8_t scope,
                          uint16_t country)
{
    if (!fg_store_customer_valid(customer) || scope >= FG_HOLD_SCOPES)
        return FG_EINVAL;
    struct local_holds *holds = &local->holds;
    struct local_key key;
    local_customer_key(customer, &key);
    int rc = holds_lock(holds);
    if (rc != FG_OK)
        return rc;
    rc = FG_ENOTFOUND;
    for (uint32_t i = 0; i < LOCAL_HOLD_PROBES && rc != FG_OK; i++) {
        struct local_hold *slot = slot_at(holds, &key, i);
        if (slot_is(slot, &key, scope, scope == FG_HOLD_COUNTRY ? country : 0)) {
            slot->used = false;
            atomic_fetch_sub(&holds->count, 1);
            rc = FG_OK;
        }
    }
    fg_lock_release(&holds->lock);
    return rc;
}

void fg_local_holds_each(struct fg_local *local, int64_t now_ms,
                         void (*fn)(void *arg, const char *customer, uint16_t country,
                                    const struct fg_hold *hold),
                         void *arg)
{
    struct local_holds *holds = &local->holds;
    if (atomic_load(&holds->count) == 0 || holds_lock(holds) != FG_OK)
        return;
    for (uint32_t i = 0; i < holds->n_slots; i++) {
        const struct local_hold *slot = &holds->slots[i];
        if (slot->used && slot->hold.until_ms > now_ms)
            fn(arg, slot->customer, slot->country, &slot->hold);
    }
    fg_lock_release(&holds->lock);
}

void fg_local_holds_clear(struct fg_local *local)
{
    struct local_holds *holds = &local->holds;
    if (holds_lock(holds) != FG_OK)
        return;
    for (uint32_t i = 0; i < holds->n_slots; i++)
        holds->slots[i].used = false;
    atomic_store(&holds->count, 0);
    fg_lock_release(&holds->lock);
}
