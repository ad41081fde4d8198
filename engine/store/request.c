// SPDX-License-Identifier: GPL-2.0-or-later
#include "request.h"

#include <stddef.h>

#include "fg/country.h"
#include "fg/customer.h"

bool fg_store_customer_valid(const char *customer)
{
    if (customer == NULL)
        return false;
    size_t n = 0;
    for (; customer[n] != '\0'; n++) {
        const char c = customer[n];
        const bool fits =
            (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
        if (!fits || n >= FG_CUSTOMER_ID_MAX)
            return false;
    }
    return n > 0;
}

static bool time_fits(int64_t value)
{
    return value >= 0 && value <= FG_AMOUNT_MAX;
}

static bool window_fits(const struct fg_meter_op *op)
{
    return (op->cells == 1 || op->cells == FG_WINDOW_CELLS) && op->bucket >= -FG_AMOUNT_MAX &&
           op->bucket <= FG_AMOUNT_MAX;
}

static bool op_fits(const struct fg_meter_op *op)
{
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
        return true;
    }
    return false;
}

int fg_store_request_check(const struct fg_store_request *request)
{
    if (!fg_store_customer_valid(request->customer) || !time_fits(request->now_ms) ||
        request->holds.country >= FG_COUNTRY_COUNT)
        return FG_EINVAL;
    if (request->n_ops > FG_OPS_MAX)
        return FG_ELIMIT;
    for (uint32_t i = 0; i < request->n_ops; i++) {
        if (!op_fits(&request->ops[i]))
            return FG_EINVAL;
    }
    return FG_OK;
}
