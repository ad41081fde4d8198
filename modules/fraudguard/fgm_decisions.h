// SPDX-License-Identifier: GPL-2.0-or-later
// The node's latest decisions as JSON, for `fraudguard.explain`: a bounded ring in shared memory.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "fg/view.h"

int fgm_decisions_init(size_t size_bytes); // before the fork
void fgm_decisions_add(struct fg_view call_id, struct fg_view json);
// malloc'd, NUL-terminated copy of the latest record of a call, or NULL.
char *fgm_decisions_find(struct fg_view call_id);
