// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_collect.h"

#include <stdlib.h>
#include <string.h>

#include "fg/err.h"
#include "fgm_calls.h"
#include "fgm_clock.h"
#include "fgm_counters.h"
#include "fgm_params.h"
#include "fgm_policy.h"
#include "fgm_ring.h"
#include "fgm_stores.h"
#include "fgm_trunks.h"

#define COUNTERS_MAX 64

static struct fgm_snapshot snapshot;
static struct fgm_rule_sample rules[FGM_RULES_MAX];
static struct fgm_counter_sample counters[COUNTERS_MAX];
static struct fgm_customer_sample *customers;
static char (*customer_ids)[FG_CUSTOMER_ID_MAX + 1];

int fgm_collect_init(void)
{
    size_t n = (size_t)fgm_params.customer_label_limit;
    customers = calloc(n + 1, sizeof *customers);
    customer_ids = calloc(n + 1, sizeof *customer_ids);
    if (!customers || !customer_ids)
        return FG_ENOMEM;
    snapshot.module_version = FG_VERSION;
    snapshot.node = fgm_config.node;
    snapshot.shadow = fgm_config.shadow;
    snapshot.started_ms = fgm_now_ms();
    snapshot.max_calls = (uint64_t)fgm_params.max_calls;
    snapshot.rules = rules;
    snapshot.counters = counters;
    snapshot.customers = customers;
    return FG_OK;
}

void fgm_collect_health(struct fgm_health *out)
{
    *out = (struct fgm_health){
        .rules_loaded = fgm_policy_loaded_ms() != 0,
        .last_load_ok = fgm_policy_last_load_ok(),
        .has_redis = fgm_config.has_redis,
        .store = fg_breaker_state(fgm_breaker()),
    };
}

static void collect_rules(const struct fg_policy *policy)
{
    const struct fgm_rule_slots *slots = fgm_policy_rule_slots();
    snapshot.loaded_ms = fgm_policy_loaded_ms();
    snapshot.rules_n = snapshot.customers_n = 0;
    snapshot.networks_built_ms = 0;
    snapshot.n_rules = 0;
    snapshot.n_lists = 0;
    snapshot.now_ms = fgm_now_ms();
    snapshot.health.rules_loaded = policy != NULL;
    if (!policy)
        return;
    snapshot.health.pack = policy->ruleset->pack;
    snapshot.health.version = policy->ruleset->version;
    snapshot.digest = policy->ruleset->digest;
    snapshot.lists = policy->ruleset->lists;
    snapshot.n_lists = policy->ruleset->n_lists;
    snapshot.rules_n = policy->ruleset->n_rules + policy->ruleset->n_composites;
    snapshot.customers_n = policy->customers->n;
    const struct fgm_revoked *revoked = fgm_policy_revoked();
    snapshot.has_crl = revoked != NULL;
    snapshot.revoked_n = revoked ? revoked->n : 0;
    snapshot.crl_next_update_ms = revoked ? revoked->next_update_s * FG_MS_PER_S : 0;
    if (policy->networks)
        snapshot.networks_built_ms = policy->networks->built_ms;
    if (slots)
        snapshot.n_rules = fgm_rule_hits_read(fgm_rule_hits, policy->ruleset, slots, rules);
}

static void copy_counters(uint64_t *out, const _Atomic uint64_t *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = atomic_load_explicit(&from[i], memory_order_relaxed);
}

static void collect_verdicts(void)
{
    copy_counters(snapshot.calls[0], fgm_metrics->calls[0], FG_ACTION_COUNT);
    copy_counters(snapshot.calls[1], fgm_metrics->calls[1], FG_ACTION_COUNT);
    copy_counters(snapshot.shadow_calls[0], fgm_metrics->shadow_calls[0], FG_ACTION_COUNT);
    copy_counters(snapshot.shadow_calls[1], fgm_metrics->shadow_calls[1], FG_ACTION_COUNT);
    copy_counters(snapshot.reasons, fgm_metrics->reasons, FGM_REASON_KINDS);
    fgm_histogram_read(&fgm_metrics->score, &snapshot.score);
    fgm_histogram_read(&fgm_metrics->shadow_score, &snapshot.shadow_score);
    fgm_histogram_read(&fgm_metrics->decision, &snapshot.decision);
    for (int op = 0; op < FGM_REDIS_OPS; op++)
        fgm_histogram_read(&fgm_metrics->redis[op], &snapshot.redis[op]);
    snapshot.degraded_verdicts = atomic_load(&fgm_counters->degraded);
    snapshot.live_calls = fgm_calls_live();
}

static void count_hold(void *arg, const char *customer, const struct fg_hold *hold)
{
    (void)arg, (void)customer;
    if (hold->scope < FG_HOLD_SCOPES)
        snapshot.holds[hold->scope]++;
}

static void collect_store(void)
{
    fg_breaker_stats(fgm_breaker(), &snapshot.breaker);
    snapshot.n_masters = fg_breaker_masters(fgm_breaker(), snapshot.masters);
    fg_backlog_stats(fgm_backlog(), &snapshot.backlog);
    fg_local_stats(fgm_local(), &snapshot.local);
    copy_counters(snapshot.writer_errors, fgm_metrics->writer_errors, FG_REDIS_ERRORS);
    memset(snapshot.holds, 0, sizeof snapshot.holds);
    fg_local_holds_each(fgm_local(), fgm_now_ms(), count_hold, NULL);
    snapshot.rings[0] = (struct fgm_ring_sample){"records", fgm_ring_used_bytes(fgm_records),
                                                 fgm_ring_size_bytes(fgm_records)};
    snapshot.rings[1] = (struct fgm_ring_sample){"orders", fgm_ring_used_bytes(fgm_orders),
                                                 fgm_ring_size_bytes(fgm_orders)};
}

// The worst of all those without a label, so that an alarm about them is not lost.
static void join_others(const struct fgm_customer_sample *sample)
{
    struct fgm_customer_sample *others = &snapshot.others;
    if (!sample->seen)
        return;
    others->tls = sample->tls && (others->tls || !others->seen);
    others->srtp = sample->srtp && (others->srtp || !others->seen);
    others->seen = true;
    if (sample->cert_expiry_s &&
        (!others->cert_expiry_s || sample->cert_expiry_s < others->cert_expiry_s))
        others->cert_expiry_s = sample->cert_expiry_s;
}

static void take_trunk(void *arg, const struct fgm_trunk *trunk)
{
    const struct fg_customers *known = arg;
    struct fgm_customer_sample sample = {
        .seen = trunk->source[0] != '\0',
        .tls = trunk->has_tls,
        .srtp = trunk->srtp_last,
        .cert_expiry_s = trunk->has_tls ? trunk->tls.not_after_s : 0,
    };
    bool configured = known && fg_customers_by_id(known, fg_view_of(trunk->customer)) != NULL;
    memcpy(sample.calls, trunk->by_action, sizeof sample.calls);
    if (trunk->labelled && configured &&
        snapshot.n_customers < (size_t)fgm_params.customer_label_limit) {
        char *id = customer_ids[snapshot.n_customers];
        memcpy(id, trunk->customer, sizeof *customer_ids);
        sample.customer = id;
        customers[snapshot.n_customers++] = sample;
    }
    if (trunk->labelled)
        return;
    // Their calls go on counting also after they went: a sum must not fall.
    snapshot.n_others++;
    for (unsigned i = 0; i < FG_ACTION_COUNT; i++)
        snapshot.others.calls[i] += sample.calls[i];
    if (configured)
        join_others(&sample);
}

static void collect_trunks(const struct fg_policy *policy)
{
    const struct fg_customers *known = policy ? policy->customers : NULL;
    snapshot.n_customers = 0;
    snapshot.n_others = 0;
    snapshot.others = (struct fgm_customer_sample){0};
    fgm_trunks_beyond(snapshot.others.calls);
    for (unsigned i = 0; i < FG_ACTION_COUNT && !snapshot.n_others; i++)
        snapshot.n_others = snapshot.others.calls[i] > 0;
    fgm_trunks_each(false, take_trunk, (void *)(uintptr_t)known);
}

// What is told under a name of its own elsewhere.
static bool is_told(const char *name)
{
    static const char *const names[] = {"attempts",  "allow", "alert",   "throttle",
                                        "challenge", "block", "degraded"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

static void take_counter(void *arg, const char *name, const char *doc, uint64_t value)
{
    (void)arg;
    if (!is_told(name) && snapshot.n_counters < COUNTERS_MAX)
        counters[snapshot.n_counters++] = (struct fgm_counter_sample){name, doc, value};
}

const struct fgm_snapshot *fgm_collect(void)
{
    uint64_t generation;
    const struct fg_policy *policy = fgm_policy_enter(&generation);
    fgm_collect_health(&snapshot.health);
    collect_rules(policy);
    collect_verdicts();
    collect_store();
    collect_trunks(policy);
    snapshot.n_counters = 0;
    fgm_counters_each(take_counter, NULL);
    return &snapshot;
}

void fgm_collect_done(void)
{
    fgm_policy_leave();
}
