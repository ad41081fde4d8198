// SPDX-License-Identifier: GPL-2.0-or-later
// Results of calls whose fate is known on one side only, by the order of their rows.
#pragma once

#include "fg/compare.h"

struct waiting {
    uint64_t sequence;
    enum fg_compare_side side;
    struct fg_replay_result result; // its call_id and label are not kept
    struct fg_replay_reason *reasons;
    uint32_t room, next; // next: of the free ones
};

struct pairing {
    struct waiting *items;
    uint32_t *slots; // open addressing: index + 1 of an item, 0 empty
    uint32_t n, room, free, n_slots;
};

FG_MUST_CHECK int pairing_init(struct pairing *pairing); // FG_ENOMEM
void pairing_fini(struct pairing *pairing);
// The item of a call; NULL when neither side's fate is known. Valid until the next call.
struct waiting *pairing_find(const struct pairing *pairing, uint64_t sequence);
// Keeps a copy. FG_ENOMEM.
FG_MUST_CHECK int pairing_keep(struct pairing *pairing, enum fg_compare_side side,
                               const struct fg_replay_result *result);
// Removes a call that is there.
void pairing_drop(struct pairing *pairing, uint64_t sequence);
