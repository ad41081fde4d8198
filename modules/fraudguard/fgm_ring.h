// SPDX-License-Identifier: GPL-2.0-or-later
// What SIP workers hand to the writer process: bounded rings of records in shared memory. A full
// ring drops the new record and counts it; nobody ever waits.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/allowance.h"
#include "fg/customer.h"
#include "fg/meter.h"
#include "fg/view.h"

enum fgm_item_kind {
    FGM_ITEM_EVENT,        // texts: event JSON, Call-ID; fixed: struct fgm_item_event
    FGM_ITEM_HOLD,         // texts: rule ids, each ended by '\n'; fixed: struct fgm_item_hold
    FGM_ITEM_HOLD_RELEASE, // fixed: struct fgm_item_hold
    FGM_ITEM_LEASES,       // fixed: struct fgm_item_leases
    FGM_ITEM_ALLOW,        // fixed: struct fgm_item_allowance
    FGM_ITEM_DISALLOW,     // fixed: struct fgm_item_allowance
    FGM_ITEM_KILL,         // texts: Call-ID, reason; fixed: struct fgm_item_kill
    FGM_ITEM_ATTACK        // text: event JSON
};

struct fgm_item_event {
    bool keep_record; // also the latest decision record of its call
};
struct fgm_item_hold {
    char customer[FG_CUSTOMER_ID_MAX + 1];
    struct fg_hold hold; // of a release: scope, value, reason, by
    bool grows;          // by span: the rules set it
    struct fg_hold_span span;
};
struct fgm_item_leases {
    char customer[FG_CUSTOMER_ID_MAX + 1];
    struct fg_store_request request; // its customer pointer is set by the reader
};
struct fgm_item_allowance {
    char customer[FG_CUSTOMER_ID_MAX + 1];
    struct fg_allowance allowance; // of a removal: its reason and by
    int64_t now_ms;
};
struct fgm_item_kill {
    char customer[FG_CUSTOMER_ID_MAX + 1];
    int64_t until_ms;
    char by[64];
};

#define FGM_ITEM_MAX ((size_t)65536) // bytes of one record with its texts

// A record as read: fixed and texts point into memory of the reader.
struct fgm_item {
    enum fgm_item_kind kind;
    const void *fixed;
    size_t fixed_len;
    struct fg_view text[2];
};

// Two of them, so that what must happen at once never waits behind what is only told.
struct fgm_ring;
extern struct fgm_ring *fgm_records; // FGM_ITEM_EVENT
extern struct fgm_ring *fgm_orders;  // everything else

int fgm_rings_init(size_t records_bytes, size_t orders_bytes); // before the fork
// Copies a record in. False when it does not fit.
bool fgm_ring_push(struct fgm_ring *ring, const struct fgm_item *item);
// Takes the oldest record into buffer (at least FGM_ITEM_MAX bytes, aligned for any type). False
// when there is none.
bool fgm_ring_pop(struct fgm_ring *ring, void *buffer, struct fgm_item *item);
// To be called once for each record taken, when it has been dealt with for good.
void fgm_ring_settle(struct fgm_ring *ring);
// Records pushed and not settled yet.
uint32_t fgm_ring_unsettled(const struct fgm_ring *ring);
size_t fgm_ring_used_bytes(struct fgm_ring *ring);
size_t fgm_ring_size_bytes(const struct fgm_ring *ring);
