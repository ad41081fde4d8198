// SPDX-License-Identifier: GPL-2.0-or-later
#include "local_layout.h"

#include <string.h>

#include "fg/ruleset.h"
#include "request.h"

static bool slot_is(const struct local_hold *slot, const struct local_key *customer, uint8_t scope,
                    uint64_t value)
{
    return slot->used && slot->customer_lo == customer->customer_lo &&
           slot->customer_hi == customer->customer_hi && slot->hold.scope == scope &&
           slot->hold.value == value;
}

static atomic_ushort *group_of(struct local_holds *holds, uint64_t customer_hi)
{
    return &holds->groups[customer_hi % LOCAL_HOLD_GROUPS];
}

static void slot_free(struct local_holds *holds, struct local_hold *slot)
{
    slot->used = false;
    atomic_fetch_sub(&holds->count, 1);
    atomic_fetch_sub(group_of(holds, slot->customer_hi), 1);
}

static struct local_hold *slot_at(struct local_holds *holds, const struct local_key *customer,
                                  uint32_t probe)
{
    return &holds->slots[(local_mix(customer->customer_lo) + probe) & (holds->n_slots - 1)];
}

static void texts_end(struct fg_hold *hold)
{
    hold->of[sizeof(hold->of) - 1] = '\0';
    hold->rule[sizeof(hold->rule) - 1] = '\0';
    hold->reason[sizeof(hold->reason) - 1] = '\0';
    hold->by[sizeof(hold->by) - 1] = '\0';
}

static void holds_repair(struct local_holds *holds)
{
    unsigned count = 0;
    for (size_t i = 0; i < LOCAL_HOLD_GROUPS; i++)
        atomic_store(&holds->groups[i], 0);
    for (uint32_t i = 0; i < holds->n_slots; i++) {
        struct local_hold *slot = &holds->slots[i];
        slot->customer[sizeof(slot->customer) - 1] = '\0';
        texts_end(&slot->hold);
        if (slot->hold.scope >= FG_HOLD_SCOPES || !fg_store_customer_valid(slot->customer))
            slot->used = false;
        if (!slot->used)
            continue;
        count++;
        atomic_fetch_add(group_of(holds, slot->customer_hi), 1);
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

static bool matters_more(const struct fg_hold *a, const struct fg_hold *b)
{
    const bool a_of_rules = fg_hold_is_of_rules(a), b_of_rules = fg_hold_is_of_rules(b);
    return a_of_rules != b_of_rules ? b_of_rules : a->scope < b->scope;
}

int local_holds_find(struct fg_local *local, const struct local_key *customer,
                     const struct fg_store_request *request, struct fg_hold *out)
{
    struct local_holds *holds = &local->holds;
    memset(out, 0, sizeof(*out));
    if (request->holds.scopes == 0)
        return FG_OK;
    if (atomic_load_explicit(group_of(holds, customer->customer_hi), memory_order_acquire) == 0)
        return FG_OK;
    const int rc = holds_lock(holds);
    if (rc != FG_OK)
        return rc;
    const struct local_hold *best = NULL;
    for (uint32_t i = 0; i < LOCAL_HOLD_PROBES; i++) {
        const struct local_hold *slot = slot_at(holds, customer, i);
        if (slot->used && slot->customer_lo == customer->customer_lo &&
            slot->customer_hi == customer->customer_hi && slot->hold.until_ms > request->now_ms &&
            fg_hold_asked(&request->holds, slot->hold.scope, slot->hold.value) &&
            (best == NULL || matters_more(&slot->hold, &best->hold)))
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
                                      uint8_t scope, uint64_t value)
{
    struct local_hold *chosen = NULL;
    for (uint32_t i = 0; i < LOCAL_HOLD_PROBES; i++) {
        struct local_hold *slot = slot_at(holds, customer, i);
        if (slot_is(slot, customer, scope, value))
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
    slot_free(holds, victim);
    return victim->hold.until_ms > now_ms ? FG_ELIMIT : FG_OK;
}

// How a hold is put: as the caller says, or after what is known of it.
struct hold_put {
    bool renews;
    const struct fg_hold_span *span;
};

static int hold_put(struct fg_local *local, const char *customer, const struct hold_put *how,
                    struct fg_hold *hold)
{
    if (!fg_store_customer_valid(customer) || hold->scope >= FG_HOLD_SCOPES)
        return FG_EINVAL;
    struct local_holds *holds = &local->holds;
    struct local_key key;
    local_customer_key(customer, &key);
    int rc = holds_lock(holds);
    if (rc != FG_OK)
        return rc;
    struct local_hold *slot = slot_choose(holds, &key, hold->scope, hold->value);
    const bool known = slot_is(slot, &key, hold->scope, hold->value);
    if (how->renews)
        fg_hold_renew(known ? &slot->hold : NULL, how->span, hold);
    hold->active = true;
    texts_end(hold);
    if (!known) {
        rc = room_make(holds, slot, hold->since_ms);
        atomic_fetch_add(&holds->count, 1);
        atomic_fetch_add(group_of(holds, key.customer_hi), 1);
    }
    memset(slot, 0, sizeof(*slot));
    slot->customer_lo = key.customer_lo;
    slot->customer_hi = key.customer_hi;
    slot->used = true;
    slot->hold = *hold;
    memcpy(slot->customer, customer, strlen(customer));
    fg_lock_release(&holds->lock);
    return rc;
}

int fg_local_hold_set(struct fg_local *local, const char *customer, const struct fg_hold *hold)
{
    struct fg_hold copy = *hold;
    return hold_put(local, customer, &(struct hold_put){.renews = false}, &copy);
}

int fg_local_hold_renew(struct fg_local *local, const char *customer,
                        const struct fg_hold_span *span, struct fg_hold *hold)
{
    return hold_put(local, customer, &(struct hold_put){.renews = true, .span = span}, hold);
}

int fg_local_hold_release(struct fg_local *local, const char *customer, uint8_t scope,
                          uint64_t value)
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
        if (slot_is(slot, &key, scope, value)) {
            slot_free(holds, slot);
            rc = FG_OK;
        }
    }
    fg_lock_release(&holds->lock);
    return rc;
}

void fg_local_holds_each(struct fg_local *local, int64_t now_ms,
                         void (*fn)(void *arg, const char *customer, const struct fg_hold *hold),
                         void *arg)
{
    struct local_holds *holds = &local->holds;
    if (atomic_load(&holds->count) == 0 || holds_lock(holds) != FG_OK)
        return;
    for (uint32_t i = 0; i < holds->n_slots; i++) {
        const struct local_hold *slot = &holds->slots[i];
        if (slot->used && slot->hold.until_ms > now_ms)
            fn(arg, slot->customer, &slot->hold);
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
    for (size_t i = 0; i < LOCAL_HOLD_GROUPS; i++)
        atomic_store(&holds->groups[i], 0);
    atomic_store(&holds->count, 0);
    fg_lock_release(&holds->lock);
}
