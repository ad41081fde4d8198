// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_status.h"

#include <inttypes.h>

#include "fg/ruleset.h"
#include "fgm_calls.h"
#include "fgm_clock.h"
#include "fgm_counters.h"
#include "fgm_outage.h"
#include "fgm_params.h"
#include "fgm_policy.h"
#include "fgm_ring.h"
#include "fgm_stores.h"

struct row {
    rpc_t *rpc;
    void *at;
};

static void number(const struct row *row, char *name, uint64_t value)
{
    row->rpc->struct_printf(row->at, name, "%" PRIu64, value);
}

// Nothing when no reload waits for its confirmation.
static void add_unconfirmed(const struct row *row)
{
    struct fgm_unconfirmed back;
    char until[FGM_TIME_SIZE];
    if (!fgm_policy_unconfirmed(&back))
        return;
    fgm_time_format(fgm_now_ms() + back.left_ms, until);
    row->rpc->struct_add(row->at, "s", "pending_confirm_until", until);
    row->rpc->struct_printf(row->at, "goes_back_to", "%s %s (digest %.12s)", back.pack,
                            back.version, back.digest);
}

static void add_revoked(const struct row *row, const struct fgm_revoked *revoked)
{
    char next[FGM_TIME_SIZE];
    if (!revoked)
        return;
    number(row, "revoked_certificates", revoked->n);
    number(row, "revocation_lists", revoked->lists);
    if (revoked->next_update_s != 0) {
        fgm_time_format(revoked->next_update_s * FG_MS_PER_S, next);
        row->rpc->struct_add(row->at, "s", "crl_next_update", next);
    }
}

static void add_networks(const struct row *row, const struct fg_networks *networks)
{
    char built[FGM_TIME_SIZE];
    if (!networks)
        return;
    number(row, "networks", networks->n);
    if (networks->built_ms != 0) {
        fgm_time_format(networks->built_ms, built);
        row->rpc->struct_add(row->at, "s", "networks_built", built);
    }
}

static void add_rules(const struct row *row)
{
    uint64_t generation;
    const struct fg_policy *policy = fgm_policy_enter(&generation);
    if (policy) {
        row->rpc->struct_add(row->at, "sss", "pack", policy->ruleset->pack, "version",
                             policy->ruleset->version, "digest", policy->ruleset->digest);
        number(row, "rules", policy->ruleset->n_rules);
        number(row, "meters", policy->ruleset->n_meters);
        number(row, "customers", policy->customers->n);
        add_networks(row, policy->networks);
        add_revoked(row, fgm_policy_revoked());
    }
    fgm_policy_leave();
    number(row, "generation", generation);
    number(row, "loaded_seconds_ago",
           (uint64_t)((fgm_now_ms() - fgm_policy_loaded_ms()) / FG_MS_PER_S));
    add_unconfirmed(row);
    row->rpc->struct_add(row->at, "s", "last_reload", (char *)(uintptr_t)fgm_policy_last_load());
}

static void add_store(const struct row *row)
{
    struct fg_breaker_stats stats;
    struct fg_backlog_stats backlog;
    fg_backlog_stats(fgm_backlog(), &backlog);
    fg_breaker_stats(fgm_breaker(), &stats);
    row->rpc->struct_add(row->at, "s", "store",
                         fgm_config.has_redis ? fg_store_state_name(fg_breaker_state(fgm_breaker()))
                                              : "local");
    number(row, "store_evaluations", stats.evaluations);
    number(row, "store_failures", stats.failures);
    number(row, "store_timeouts", stats.timeouts);
    number(row, "store_opened", stats.opened);
    number(row, "store_skipped", stats.skipped);
    number(row, "backlog", backlog.pending);
    number(row, "backlog_lost", backlog.overflowed + backlog.refused);
}

static void add_counter(void *arg, const char *name, const char *doc, uint64_t value)
{
    (void)doc;
    const struct row *row = arg;
    row->rpc->struct_printf(row->at, (char *)(uintptr_t)name, "%" PRIu64, value);
}

void fgm_rpc_status(rpc_t *rpc, void *ctx)
{
    struct row row = {.rpc = rpc};
    if (rpc->add(ctx, "{", &row.at) < 0)
        return;
    rpc->struct_add(row.at, "sss", "module", FG_VERSION, "node", fgm_config.node, "mode",
                    fgm_config.shadow ? "shadow" : "enforce");
    add_rules(&row);
    add_store(&row);
    number(&row, "live_calls", fgm_calls_live());
    number(&row, "records_waiting_bytes", fgm_ring_used_bytes(fgm_records));
    number(&row, "orders_waiting_bytes", fgm_ring_used_bytes(fgm_orders));
    number(&row, "spool_waiting_bytes", fgm_outage_waiting_bytes());
    fgm_counters_each(add_counter, &row);
}
