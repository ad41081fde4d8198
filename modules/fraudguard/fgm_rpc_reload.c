// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_rpc_reload.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "fg/err.h"
#include "fg/units.h"
#include "fgm_clock.h"
#include "fgm_load.h"
#include "fgm_log.h"
#include "fgm_params.h"
#include "fgm_policy.h"
#include "fgm_str.h"

#define CONFIRM       "confirm="
#define CONFIRM_MAX_S INT64_C(86400)

// "90s", "10m", "2h": 1 s to a day.
static bool read_duration(struct fg_view text, int64_t *out_ms)
{
    static const char units[] = {'s', 'm', 'h'};
    static const int32_t unit_s[] = {1, 60, 3600};
    int64_t n = 0;
    size_t i = 0, unit = 0;
    for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9' && n <= CONFIRM_MAX_S; i++)
        n = n * 10 + (text.ptr[i] - '0');
    if (i == 0 || i + 1 != text.len)
        return false;
    while (unit < sizeof units && units[unit] != text.ptr[i])
        unit++;
    if (unit == sizeof units || n < 1 || n * unit_s[unit] > CONFIRM_MAX_S)
        return false;
    *out_ms = n * unit_s[unit] * FG_MS_PER_S;
    return true;
}

// [confirm=DURATION]
static bool read_order(rpc_t *rpc, void *ctx, struct fgm_load_order *order)
{
    static const size_t name_len = sizeof CONFIRM - 1;
    str text = {0};
    if (rpc->scan(ctx, "*.S", &text) < 1 || !text.s || text.len <= 0)
        return true;
    struct fg_view view = fgm_view(text);
    if (view.len < name_len || memcmp(view.ptr, CONFIRM, name_len) != 0)
        return false;
    return read_duration((struct fg_view){view.ptr + name_len, view.len - name_len},
                         &order->confirm_ms);
}

static void told_loaded(rpc_t *rpc, void *ctx, const char *loaded)
{
    struct fgm_unconfirmed back;
    char until[FGM_TIME_SIZE];
    if (!fgm_policy_unconfirmed(&back)) {
        rpc->rpl_printf(ctx, "%s", loaded);
        return;
    }
    fgm_time_format(fgm_now_ms() + back.left_ms, until);
    fgm_notice("rules loaded: %s; back to %s %s unless fraudguard.confirm comes until %s", loaded,
               back.pack, back.version, until);
    rpc->rpl_printf(ctx, "%s; back to %s %s unless fraudguard.confirm comes until %s", loaded,
                    back.pack, back.version, until);
}

void fgm_rpc_reload(rpc_t *rpc, void *ctx)
{
    static char text[8192];
    struct fgm_load_order order = {.tested = fgm_config.reload_tests};
    if (!read_order(rpc, ctx, &order)) {
        rpc->fault(ctx, 400, "usage: fraudguard.reload [confirm=DURATION], 1s to 24h");
        return;
    }
    int error = fgm_load_rules(&order, text, sizeof text);
    text[strcspn(text, "\n")] = '\0'; // a fault is one short line; the log has it all
    if (error == FG_ELIMIT)
        rpc->fault(ctx, 409, "%s", text);
    else if (error < 0)
        rpc->fault(ctx, 500, "%s", text);
    else
        told_loaded(rpc, ctx, text);
}

void fgm_rpc_confirm(rpc_t *rpc, void *ctx)
{
    if (!fgm_policy_confirm()) {
        rpc->fault(ctx, 404, "no reload waits for a confirmation");
        return;
    }
    fgm_notice("the new rules are confirmed");
    rpc->rpl_printf(ctx, "confirmed");
}
