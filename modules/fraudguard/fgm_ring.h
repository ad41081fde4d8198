// SPDX-License-Identifier: GPL-2.0-or-later
// What SIP workers hand to the writer process: bounded rings of records in shared memory. A full
// ring drops the new record and counts it; nobody ever waits.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fgm_item.h"

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
// What was popped is somewhere else now: its room is free. What is not, after the reader was
// killed, can be read again.
void fgm_ring_free(struct fgm_ring *ring);
// What was popped and not freed is popped again.
void fgm_ring_rewind(struct fgm_ring *ring);
// When all other processes are gone, whatever they were doing: pop then begins with what was not
// freed.
void fgm_ring_inherit(struct fgm_ring *ring);
// One record more to be settled, which is not in the ring.
void fgm_ring_owe(struct fgm_ring *ring);
// To be called once for each record taken, when it has been dealt with for good.
void fgm_ring_settle(struct fgm_ring *ring);
// Records pushed and not settled yet.
uint32_t fgm_ring_unsettled(const struct fgm_ring *ring);
size_t fgm_ring_used_bytes(struct fgm_ring *ring);
size_t fgm_ring_size_bytes(const struct fgm_ring *ring);
