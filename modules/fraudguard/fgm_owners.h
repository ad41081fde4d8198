// SPDX-License-Identifier: GPL-2.0-or-later
// Who has a Call-ID and From tag: a bounded table in shared memory. Kamailio's dialog module knows
// one dialog for the two, so a second INVITE with both would go on unwatched; while a call has
// them, no other outbound one gets them. What ended is remembered for a while, so that a retry
// takes the place of what it repeats.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/hash.h"

enum fgm_owner_result {
    FGM_OWNER_NEW,  // nobody had them
    FGM_OWNER_SAME, // the same transaction has them: a retransmission
    FGM_OWNER_BUSY, // another one has them
    FGM_OWNER_LOST  // nobody is known to have them, and there is no room to remember who has
};

struct fgm_owner {
    struct fg_hash128 dialog; // of Call-ID and From tag
    uint64_t transaction;     // of branch, sent-by and CSeq
    uint64_t lease;
};

int fgm_owners_init(uint32_t n); // before the fork; n calls at once
// NEW: owner has them now; *before is the lease of an earlier attempt, now over, that may still
// hold its place, or 0.
enum fgm_owner_result fgm_owners_take(const struct fgm_owner *owner, int64_t now_ms,
                                      uint64_t *before);
// The owner is a call until fgm_owners_end(), no longer only an INVITE in the script.
void fgm_owners_keep(const struct fgm_owner *owner);
// The owner gives them up. replaceable: whether a retry may take the lease's place.
void fgm_owners_end(struct fg_hash128 dialog, uint64_t lease, bool replaceable);
