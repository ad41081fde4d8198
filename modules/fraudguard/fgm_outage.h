// SPDX-License-Identifier: GPL-2.0-or-later
// What is for Redis while Redis is away, on disk: STATE_DIR/spool, of bounded size, so that events,
// holds and what people did outlive a restart in an outage. Written and read by the writer process,
// never by what judges calls. Without a state directory all of it does nothing.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "fgm_item.h"

// Opens the file; what it holds of holds and allowances is in force here again at once. 0 or -1.
// Before the fork, when the local store is there.
int fgm_outage_open(void);
// Whether there is a file to keep items in.
bool fgm_outage_keeps(void);
// Whether items wait in it: what is newer has to go there, too.
bool fgm_outage_waits(void);
size_t fgm_outage_waiting_bytes(void); // any process
// Keeps an item. False: it is full, or the disk fails.
bool fgm_outage_put(const struct fgm_item *item);
// The oldest item that was not read, in buffer (FGM_ITEM_MAX bytes, aligned for any type) or good
// until the next call. False: none.
bool fgm_outage_next(void *buffer, struct fgm_item *item);
void fgm_outage_settle(void);          // all that was read has been dealt with
void fgm_outage_settle_but_last(void); // all but what fgm_outage_next() gave last
void fgm_outage_rewind(void);          // all that was read and not settled comes again
// Keeps what is left in the rings. When all other processes are gone.
void fgm_outage_keep_rings(void);
