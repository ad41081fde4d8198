// SPDX-License-Identifier: GPL-2.0-or-later
// What both stores demand of a request before they touch anything.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/err.h"
#include "fg/meter.h"

// Counts, money and times stay within what a double holds exactly, since Lua numbers are doubles.
#define FG_AMOUNT_MAX (INT64_C(1) << 52)

// True for 1 to 64 characters of [a-z0-9._-]. NULL is not.
bool fg_store_customer_valid(const char *customer);
// FG_OK, FG_EINVAL (customer, kinds, cells, amounts or times out of range) or FG_ELIMIT (too many
// ops).
FG_MUST_CHECK int fg_store_request_check(const struct fg_store_request *request);
