// SPDX-License-Identifier: GPL-2.0-or-later
#include "request.h"

#include <stddef.h>

#include "fg/customer.h"
#include "fg/exposure.h"
#include "fg/known.h"
#include "fg/peers.h"
#include "fg/rate.h"

// The alphabet of customers' ids.
static const bool is_of_id[256] = {
    ['.'] = true, ['_'] = true, ['-'] = true, ['0'] = true, ['1'] = true, ['2'] = true,
    ['3'] = true, ['4'] = true, ['5'] = true, ['6'] = true, ['7'] = true, ['8'] = true,
    ['9'] = true, ['a'] = true, ['b'] = true, ['c'] = true, ['d'] = true, ['e'] = true,
    ['f'] = true, ['g'] = true, ['h'] = true, ['i'] = true, ['j'] = true, ['k'] = true,
    ['l'] = true, ['m'] = true, ['n'] = true, ['o'] = true, ['p'] = true, ['q'] = true,
    ['r'] = true, ['s'] = true, ['t'] = true, ['u'] = true, ['v'] = true, ['w'] = true,
    ['x'] = true, ['y'] = true, ['z'] = true};

bool fg_store_customer_valid(const char *customer)
{
    if (customer == NULL)
        return false;
    size_t n = 0;
    while (n <= FG_CUSTOMER_ID_MAX && is_of_id[(unsigned char)customer[n]])
        n++;
    return n > 0 && n <= FG_CUSTOMER_ID_MAX && customer[n] == '\0';
}

enum fg_register fg_register_of(enum fg_op_kind kind)
{
    switch (kind) {
    case FG_OP_SEEN_PUT:
    case FG_OP_SEEN_READ:
        return FG_REGISTER_SEEN;
    case FG_OP_RUN_PUT:
    case FG_OP_RUN_READ:
        return FG_REGISTER_RUN;
    case FG_OP_RATE_TAKE:
        return FG_REGISTER_RATE;
    case FG_OP_BASELINE_ADD:
    case FG_OP_BASELINE_READ:
    case FG_OP_BASELINE_FREEZE:
    case FG_OP_BASELINE_CLOSES:
        return FG_REGISTER_BASELINE;
    case FG_OP_PEERS_READ:
    case FG_OP_PEERS_PUT:
        return FG_REGISTER_PEERS;
    case FG_OP_KNOWN_PUT:
    case FG_OP_KNOWN_READ:
        return FG_REGISTER_KNOWN;
    case FG_OP_EXPOSURE_PUT:
    case FG_OP_EXPOSURE_READ:
    case FG_OP_EXPOSURE_DELETE:
        return FG_REGISTER_EXPOSURE;
    default:
        return FG_REGISTER_NONE;
    }
}

int64_t fg_store_ttl_s(int64_t ttl_ms)
{
    const int64_t s = (ttl_ms + FG_MS_PER_S - 1) / FG_MS_PER_S;
    return s > FG_TTL_MAX_S ? FG_TTL_MAX_S : s;
}

static bool time_fits(int64_t value)
{
    return value >= 0 && value <= FG_AMOUNT_MAX;
}

static bool bucket_fits(const struct fg_meter_op *op)
{
    return op->bucket >= -FG_AMOUNT_MAX && op->bucket <= FG_AMOUNT_MAX;
}

static bool window_fits(const struct fg_meter_op *op)
{
    return (op->cells == 1 || op->cells == FG_WINDOW_CELLS) && bucket_fits(op);
}

static bool amount_fits(int64_t amount)
{
    return amount >= 0 && amount <= FG_AMOUNT_MAX;
}

// Rates count in microseconds, which must stay within FG_AMOUNT_MAX too (until the year 2112).
static bool rate_fits(const struct fg_meter_op *op, int64_t now_ms)
{
    return op->interval_us >= 1 && op->interval_us <= FG_RATE_INTERVAL_MAX_US && op->burst >= 1 &&
           op->burst <= FG_RATE_BURST_MAX && now_ms <= FG_AMOUNT_MAX / 1000;
}

static bool exposure_fits(const struct fg_meter_op *op)
{
    return op->member <= FG_EXPOSURE_LEASE_MAX && op->amount >= 1 &&
           op->amount <= FG_EXPOSURE_AMOUNT_MAX && time_fits(op->expiry_ms) &&
           time_fits(op->ttl_ms);
}

static bool op_fits(const struct fg_meter_op *op, int64_t now_ms)
{
    if (op->shared && op->scope_is_customer)
        return false;
    switch (op->kind) {
    case FG_OP_WINDOW_ADD:
        return window_fits(op) && op->amount > 0 && op->amount <= FG_AMOUNT_MAX &&
               time_fits(op->ttl_ms);
    case FG_OP_WINDOW_READ:
        return window_fits(op);
    case FG_OP_SET_PUT:
        return time_fits(op->expiry_ms) && time_fits(op->ttl_ms);
    case FG_OP_SET_READ:
    case FG_OP_SET_DELETE:
    case FG_OP_SEEN_READ:
    case FG_OP_RUN_READ:
        return true;
    case FG_OP_SEEN_PUT:
        return time_fits(op->ttl_ms);
    case FG_OP_RUN_PUT:
        return amount_fits(op->amount) && time_fits(op->ttl_ms);
    case FG_OP_RATE_TAKE:
        return rate_fits(op, now_ms);
    case FG_OP_BASELINE_READ:
    case FG_OP_BASELINE_CLOSES:
    case FG_OP_PEERS_READ:
        return bucket_fits(op);
    case FG_OP_PEERS_PUT:
        return bucket_fits(op) && op->member <= FG_PEERS_MEMBER_MAX && op->amount >= 0 &&
               op->amount < INT64_C(256) * FG_BASELINE_HOURS &&
               op->amount % 256 <= FG_PEERS_LEVEL_MAX && time_fits(op->ttl_ms);
    case FG_OP_BASELINE_ADD:
        return bucket_fits(op) && amount_fits(op->amount) && amount_fits(op->start) &&
               time_fits(op->ttl_ms);
    case FG_OP_BASELINE_FREEZE:
        return bucket_fits(op) && time_fits(op->ttl_ms);
    case FG_OP_KNOWN_PUT:
        return bucket_fits(op) && op->member <= UINT16_MAX && time_fits(op->ttl_ms);
    case FG_OP_KNOWN_READ:
        return bucket_fits(op) && op->member <= UINT16_MAX;
    case FG_OP_EXPOSURE_PUT:
        return exposure_fits(op);
    case FG_OP_EXPOSURE_READ:
        return true;
    case FG_OP_EXPOSURE_DELETE:
        return op->member <= FG_EXPOSURE_LEASE_MAX;
    }
    return false;
}

int fg_store_request_check(const struct fg_store_request *request)
{
    if (!fg_store_customer_valid(request->customer) || !time_fits(request->now_ms) ||
        request->holds.scopes >= 1U << FG_HOLD_SCOPES)
        return FG_EINVAL;
    if (request->n_ops > FG_OPS_MAX)
        return FG_ELIMIT;
    for (uint32_t i = 0; i < request->n_ops; i++) {
        if (!op_fits(&request->ops[i], request->now_ms))
            return FG_EINVAL;
    }
    return FG_OK;
}
