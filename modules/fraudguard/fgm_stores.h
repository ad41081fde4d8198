// SPDX-License-Identifier: GPL-2.0-or-later
// The counter stores: the local one, the breaker and the backlog shared by the node, and each
// process's own connection behind them.
#pragma once

#include <stdint.h>

#include "fg/store.h"

// Lays out the shared parts. Before the fork.
int fgm_stores_init(void);
// Makes this process's guarded store and connection (which opens at first use). After the fork.
int fgm_stores_child_init(void);
// This process's store; made on demand in processes whose child_init did not run. ops is NULL when
// out of memory.
struct fg_store fgm_store(void);
// One round of maintenance (fg_guarded_maintain); by the writer process alone.
int fgm_stores_maintain(void);
struct fg_local *fgm_local(void);
const struct fg_breaker *fgm_breaker(void);
struct fg_backlog *fgm_backlog(void);
