// SPDX-License-Identifier: GPL-2.0-or-later
// What SIP workers hand to the writer process, and what of it is kept on disk while Redis is away.
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
    FGM_ITEM_ATTACK,       // texts: event JSON; fixed: struct fgm_item_event
    FGM_ITEM_PASSED        // fixed: struct fgm_item_passed; not kept on disk
};

#define FGM_RECORD_MAX_S 604800U // 7 days

struct fgm_item_event {
    uint32_t record_s; // how long it is also the latest decision record of its call; 0: not at all
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

struct fgm_item_passed {
    char customer[FG_CUSTOMER_ID_MAX + 1];
    uint64_t who, token; // keyed hashes
    int64_t until_ms;
};

#define FGM_ITEM_MAX ((size_t)65536) // bytes of one record with its texts

// A record as read: fixed and texts point into memory of the reader.
struct fgm_item {
    enum fgm_item_kind kind;
    const void *fixed;
    size_t fixed_len;
    struct fg_view text[2];
};

// What the bytes of an item mean changes with its structs: of these, and of what is stored of them.
#define FGM_ITEM_LAYOUT                                                                            \
    ((uint32_t)(2U << 24 | (sizeof(struct fgm_item_hold) + sizeof(struct fgm_item_allowance) +     \
                            sizeof(struct fgm_item_kill))))

// The bytes of an item for a file: lengths, fixed, texts. Their number; 0 when it has no place in
// size_bytes, or is of a kind that is not kept: leases lapse by themselves.
size_t fgm_item_pack(const struct fgm_item *item, unsigned char *out, size_t size_bytes);
// The reverse: fixed is copied to buffer (FGM_ITEM_MAX bytes, aligned for any type), texts point
// into bytes. False for anything that fgm_item_pack() does not make of an item of the kind.
bool fgm_item_unpack(uint32_t kind, struct fg_view bytes, void *buffer, struct fgm_item *out);
