// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_rpc_allow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "fg/explain.h"
#include "fgm_allowances.h"
#include "fgm_clock.h"
#include "fgm_params.h"
#include "fgm_policy.h"
#include "fgm_ring.h"
#include "fgm_stores.h"
#include "fgm_str.h"

// The customer, who must exist. False after a fault.
static bool read_customer(rpc_t *rpc, void *ctx, const str *text, char id[FG_CUSTOMER_ID_MAX + 1])
{
    uint64_t generation;
    const struct fg_policy *policy = fgm_policy_enter(&generation);
    const struct fg_customer *known =
        policy ? fg_customers_by_id(policy->customers, fgm_view(*text)) : NULL;
    if (known)
        snprintf(id, FG_CUSTOMER_ID_MAX + 1, "%s", known->id);
    fgm_policy_leave();
    if (!known)
        rpc->fault(ctx, 404, "no such customer");
    return known != NULL;
}

static void sign(struct fg_allowance *allowance, const str *reason)
{
    fg_text_escape(fgm_view(*reason), allowance->reason, sizeof allowance->reason);
    snprintf(allowance->by, sizeof allowance->by, "rpc:%.*s", (int)sizeof allowance->by - 5,
             fgm_config.node);
}

static void send_order(enum fgm_item_kind kind, const char *customer,
                       const struct fg_allowance *allowance, int64_t now_ms)
{
    struct fgm_item_allowance item = {.allowance = *allowance, .now_ms = now_ms};
    snprintf(item.customer, sizeof item.customer, "%s", customer);
    fgm_ring_push(fgm_orders,
                  &(struct fgm_item){.kind = kind, .fixed = &item, .fixed_len = sizeof item});
}

void fgm_rpc_allow(rpc_t *rpc, void *ctx)
{
    str customer, to, reason;
    int calls, usd, seconds;
    char id[FG_CUSTOMER_ID_MAX + 1];
    struct fg_allowance allowance = {0};
    if (rpc->scan(ctx, ".S.SdddS", &customer, &to, &calls, &usd, &seconds, &reason) < 6) {
        rpc->fault(ctx, 400,
                   "usage: fraudguard.allow CUSTOMER +PREFIX|COUNTRY CALLS USD SECONDS "
                   "REASON");
        return;
    }
    if (!read_customer(rpc, ctx, &customer, id))
        return;
    // kamcmd makes a number of +960, and not always the same one: it is told to let it be.
    if (fg_allowance_to_parse(fgm_view(to), &allowance) < 0) {
        rpc->fault(ctx, 400,
                   "to must be a prefix such as +960 (kamcmd: s:+960) or a country such as MV");
        return;
    }
    const int64_t now_ms = fgm_now_ms();
    allowance.calls = calls;
    allowance.usd = usd * FG_MICRO;
    allowance.since_ms = now_ms;
    allowance.until_ms = now_ms + seconds * FG_MS_PER_S;
    sign(&allowance, &reason);
    if (getrandom(&allowance.id, sizeof allowance.id, 0) != (ssize_t)sizeof allowance.id) {
        rpc->fault(ctx, 500, "no random bytes");
        return;
    }
    allowance.id = allowance.id % FG_ALLOWANCE_ID_MAX + 1;
    int error = fgm_allowances_set(id, &allowance, now_ms);
    if (error == FG_ELIMIT) {
        rpc->fault(ctx, 409, "%d allowances are in force for the customer: take one back first",
                   FG_ALLOWANCES_MAX);
        return;
    }
    if (error < 0) {
        rpc->fault(ctx, 400, "calls must be 1 to %d, USD 1 to %d, seconds 1 to %d",
                   FG_ALLOWANCE_CALLS_MAX, (int)(FG_ALLOWANCE_USD_MAX / FG_MICRO),
                   (int)(FG_ALLOWANCE_LONGEST_MS / FG_MS_PER_S));
        return;
    }
    send_order(FGM_ITEM_ALLOW, id, &allowance, now_ms);
    rpc->rpl_printf(ctx, "%" PRIu64, allowance.id);
}

void fgm_rpc_disallow(rpc_t *rpc, void *ctx)
{
    str customer, number, reason = fgm_str("by operator");
    char id[FG_CUSTOMER_ID_MAX + 1], text[24], *end = NULL;
    uint64_t wanted;
    struct fg_allowance allowance;
    if (rpc->scan(ctx, ".S.S", &customer, &number) < 2) {
        rpc->fault(ctx, 400, "usage: fraudguard.disallow CUSTOMER ID [REASON]");
        return;
    }
    (void)rpc->scan(ctx, "*S", &reason);
    if (!read_customer(rpc, ctx, &customer, id))
        return;
    snprintf(text, sizeof text, "%.*s", number.len, number.s);
    wanted = strtoull(text, &end, 10);
    if (*end || fgm_allowances_remove(id, wanted, &allowance) < 0) {
        rpc->fault(ctx, 404, "no such allowance");
        return;
    }
    sign(&allowance, &reason);
    send_order(FGM_ITEM_DISALLOW, id, &allowance, fgm_now_ms());
    rpc->rpl_printf(ctx, "taken back");
}

// What is left, as this node's stores know it.
static bool read_use(const struct fgm_allowance_row *row, int64_t now_ms, int64_t *calls,
                     fg_micro *usd)
{
    static struct fg_store_reply reply;
    struct fg_store store = fgm_store();
    struct fg_store_request request = {.customer = row->customer, .now_ms = now_ms, .n_ops = 2};
    request.ops[0] = fg_allowance_calls_op(&row->allowance, 1, now_ms);
    request.ops[0].kind = FG_OP_SET_READ;
    request.ops[1] = fg_allowance_usd_op(&row->allowance, 0, now_ms);
    if (!store.ops || store.ops->evaluate(store.impl, &request, &reply) < 0 ||
        reply.unavailable[0] || reply.unavailable[1])
        return false;
    *calls = row->allowance.calls - reply.values[0];
    *usd = row->allowance.usd - reply.values[1];
    return true;
}

static void add_row(rpc_t *rpc, void *row, const struct fgm_allowance_row *item, int64_t now_ms)
{
    const struct fg_allowance *allowance = &item->allowance;
    char to[FG_ALLOWANCE_TO_TEXT_MAX];
    int64_t calls = 0;
    fg_micro usd = 0;
    fg_allowance_to_format(allowance, to);
    rpc->struct_printf(row, "id", "%" PRIu64, allowance->id);
    rpc->struct_add(row, "ssddss", "customer", item->customer, "to", to, "calls", allowance->calls,
                    "seconds_left", (int)((allowance->until_ms - now_ms) / FG_MS_PER_S), "reason",
                    allowance->reason, "by", allowance->by);
    rpc->struct_printf(row, "usd", "%" PRId64, allowance->usd / FG_MICRO);
    if (!read_use(item, now_ms, &calls, &usd))
        return;
    rpc->struct_add(row, "d", "calls_left", calls > 0 ? (int)calls : 0);
    rpc->struct_printf(row, "usd_left", "%.2f", usd > 0 ? (double)usd / FG_MICRO : 0.0);
}

void fgm_rpc_allowances(rpc_t *rpc, void *ctx)
{
    size_t n;
    const int64_t now_ms = fgm_now_ms();
    struct fgm_allowance_row *rows = fgm_allowances_copy(&n);
    if (!rows) {
        rpc->fault(ctx, 500, "out of memory");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        void *row;
        if (rows[i].allowance.until_ms <= now_ms)
            continue;
        if (rpc->add(ctx, "{", &row) < 0)
            break;
        add_row(rpc, row, &rows[i], now_ms);
    }
    free(rows);
}
