// SPDX-License-Identifier: GPL-2.0-or-later
// What both stores demand of a request before they touch anything.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/err.h"
#include "fg/meter.h"

// Kinds of registers (fg/meter.h); the numbers are those of docs/redis-schema.md.
enum fg_register {
    FG_REGISTER_NONE,
    FG_REGISTER_SEEN,
    FG_REGISTER_RUN,
    FG_REGISTER_RATE,
    FG_REGISTER_BASELINE,
    FG_REGISTER_PEERS,
    FG_REGISTER_KNOWN,
    FG_REGISTER_EXPOSURE
};
enum fg_register fg_register_of(enum fg_op_kind kind); // NONE: a window or a set

// Counts, money and times stay within what a double holds exactly, since Lua numbers are doubles.
#define FG_AMOUNT_MAX (INT64_C(1) << 52)
// What is longer is remembered for this long.
#define FG_TTL_MAX_S (INT64_C(400) * 86400)

// A time to live in whole seconds, rounded up, at most FG_TTL_MAX_S.
int64_t fg_store_ttl_s(int64_t ttl_ms);

// True for 1 to 64 characters of [a-z0-9._-]. NULL is not.
bool fg_store_customer_valid(const char *customer);
// FG_OK, FG_EINVAL (customer, kinds, cells, amounts or times out of range) or FG_ELIMIT (too many
// ops).
FG_MUST_CHECK int fg_store_request_check(const struct fg_store_request *request);
