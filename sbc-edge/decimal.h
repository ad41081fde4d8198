// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "view.h"

#include <stdint.h>

/** Decimal numbers in text of a given length; no blanks, no locale. Pure. */

/** True for '0' to '9' only. */
static inline bool edge_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/**
 * Parses digits only, at least one, leading zeroes allowed. Returns 0 and writes `*out`, else
 * EDGE_ESYNTAX (other bytes, empty, or above `max`).
 */
int edge_decimal_parse(struct edge_view text, uint64_t max, uint64_t *out);

/** The same with an optional leading '-' and the range of int64_t. */
int edge_decimal_parse_signed(struct edge_view text, int64_t *out);
