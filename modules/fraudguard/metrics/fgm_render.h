// SPDX-License-Identifier: GPL-2.0-or-later
// The exporter's answers, as pure functions over a snapshot.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "fgm_prometheus.h"
#include "fgm_snapshot.h"

// All metrics into out. Returns how many bytes they are; where that is more than size, out holds
// nothing of use.
size_t fgm_render_metrics(const struct fgm_snapshot *snapshot, char *out, size_t size);

// Whether this node guards as it should: rules are loaded, and the store that all nodes share is
// there. out: in words, one line a fact, NUL-terminated, cut to size.
bool fgm_render_health(const struct fgm_health *health, char *out, size_t size);

// Part of fgm_render_metrics(): what is told by customer.
void fgm_render_customers(struct fgm_text *text, const struct fgm_snapshot *snapshot);
