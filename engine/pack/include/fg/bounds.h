// SPDX-License-Identifier: GPL-2.0-or-later
// What is asserted of the most that customers can lose (bounds.yaml), and the rows of a rate table.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "fg/diag.h"
#include "fg/err.h"
#include "fg/heap.h"
#include "fg/units.h"
#include "fg/view.h"

struct fg_asserted_bound {
    const char *profile;
    int32_t channels;
    fg_micro daily_limit_usd;
    fg_micro hour_usd, weekend_usd; // -1: not asserted
    uint32_t line;
};
struct fg_asserted_bounds {
    const struct fg_asserted_bound *items;
    uint32_t n;
};
// FG_OK and *out, whose memory is arena's; FG_ESYNTAX with diags, FG_ENOMEM.
FG_MUST_CHECK int fg_bounds_parse(const char *name, const char *bytes, size_t len,
                                  struct fg_arena *arena, struct fg_diags *diags,
                                  struct fg_asserted_bounds *out);

// Calls fn for each good row; the others are reported. False when there are others, or when fn
// returned false, which ends it.
typedef bool fg_rate_fn(void *ctx, struct fg_view prefix, fg_micro usd_per_minute);
bool fg_rates_each(const char *name, const char *bytes, size_t len, struct fg_diags *diags,
                   fg_rate_fn *fn, void *ctx);
