// SPDX-License-Identifier: GPL-2.0-or-later
// Counts made while Redis was away: a bounded ring in shared memory; when it is full the oldest
// goes. Safe in any process.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/customer.h"
#include "fg/store.h"

struct backlog_entry {
    uint64_t sequence; // given by the ring
    char customer[FG_CUSTOMER_ID_MAX + 1];
    bool has_key;
    struct fg_hash128 key; // what makes sure that it counts once
    int64_t now_ms;
    uint32_t n_ops;
    struct fg_meter_op ops[FG_OPS_MAX];
};

// Keeps what request changes: sets, what was first seen and freezes always; windows, runs and
// baselines unless it repeats a call; rates never, since their time has passed. key as in
// redis_evaluate(), for "once" requests their call key.
void backlog_add(struct fg_backlog *backlog, const struct fg_store_request *request, bool repeated,
                 const struct fg_hash128 *key);
// Copies the oldest; false when there is none.
bool backlog_oldest(struct fg_backlog *backlog, struct backlog_entry *out);
// Takes the oldest away if it is still the one with this sequence.
void backlog_remove(struct fg_backlog *backlog, uint64_t sequence, bool merged);
// Puts the oldest behind all others if it is still the one with this sequence.
void backlog_defer(struct fg_backlog *backlog, uint64_t sequence);
