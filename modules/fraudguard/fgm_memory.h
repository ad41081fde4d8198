// SPDX-License-Identifier: GPL-2.0-or-later
// Memory that all Kamailio processes share. Tables of fixed size are mapped by us before the fork,
// so that they need no larger -m; what changes at run time (rule sets) comes from Kamailio's pool.
#pragma once

#include <stddef.h>

#include "fg/heap.h"

// size_bytes zeroed, page-aligned bytes at the same address in every process forked later; never
// unmapped. NULL when out of memory. Only before the fork.
void *fgm_memory_map(size_t size_bytes);
// Kamailio's shared memory as a heap of the engine. Any process.
const struct fg_heap *fgm_memory_heap(void);
