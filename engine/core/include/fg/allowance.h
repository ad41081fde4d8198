// SPDX-License-Identifier: GPL-2.0-or-later
// Allowances, "it was us": somebody answers for a customer's calls to a destination, so many, for
// so much money, until then. What rules make of the destination, the time, the pace and the
// spending is set aside for them; who the caller is, and what people hold, is not. Pure.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/country.h"
#include "fg/err.h"
#include "fg/hold.h"
#include "fg/meter.h"
#include "fg/number.h"
#include "fg/units.h"
#include "fg/view.h"

#define FG_ALLOWANCE_ID_MAX      UINT64_C(0x7ffffffe)
#define FG_ALLOWANCES_MAX        8   // of a customer, those that are over but remembered included
#define FG_ALLOWANCE_CALLS_MAX   500 // of one allowance: fewer than a set has members
#define FG_ALLOWANCE_USD_MAX     (INT64_C(100000) * FG_MICRO)
#define FG_ALLOWANCE_LONGEST_MS  (31 * FG_MS_PER_DAY)
#define FG_ALLOWANCE_MEMORY_MS   FG_MS_PER_DAY // after its end, so that its end can be told
#define FG_ALLOWANCE_TO_TEXT_MAX 20

struct fg_allowance {
    uint64_t id;         // random, 1 to FG_ALLOWANCE_ID_MAX
    struct fg_number to; // first digits of the called number; len 0: all of country
    fg_country country;
    int32_t calls; // at most, 1 to FG_ALLOWANCE_CALLS_MAX
    fg_micro usd;  // at most, more than 0 to FG_ALLOWANCE_USD_MAX
    int64_t since_ms, until_ms;
    char reason[FG_HOLD_REASON_MAX], by[FG_HOLD_BY_MAX]; // NUL-terminated, printable UTF-8
};
struct fg_allowances {
    uint32_t n;
    struct fg_allowance items[FG_ALLOWANCES_MAX];
};

// Reads "+960" or "MV" into to and country of *out. FG_ESYNTAX for other text.
FG_MUST_CHECK int fg_allowance_to_parse(struct fg_view text, struct fg_allowance *out);
// The reverse. NUL-terminated.
void fg_allowance_to_format(const struct fg_allowance *allowance,
                            char out[FG_ALLOWANCE_TO_TEXT_MAX]);
// Whether all of it is within its limits.
bool fg_allowance_valid(const struct fg_allowance *allowance);
// The one for calls to number in country: of several the one that was given last. NULL: none.
const struct fg_allowance *fg_allowance_find(const struct fg_allowances *allowances,
                                             const struct fg_number *number, fg_country country);

// What an event asks of the store about an allowance: which calls it let through, and what they
// have cost.
struct fg_meter_op fg_allowance_calls_op(const struct fg_allowance *allowance, uint64_t lease,
                                         int64_t now_ms);
struct fg_meter_op fg_allowance_usd_op(const struct fg_allowance *allowance, fg_micro usd,
                                       int64_t now_ms);
