// SPDX-License-Identifier: GPL-2.0-or-later
// Everything that one answer of the exporter tells, as plain values.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/ruleset.h"
#include "fg/store.h"
#include "fgm_metrics.h"
#include "fgm_rule_hits.h"

// What /healthz looks at.
struct fgm_health {
    bool rules_loaded, last_load_ok;
    const char *pack, *version; // of the rules in force; NULL: none
    bool has_redis;
    enum fg_store_state store; // with Redis only
};

struct fgm_counter_sample {
    const char *name, *help;
    uint64_t value;
};

#define FGM_OTHERS "_other" // a customer of this name has no label of its own

// A customer with series of its own, or all the others together.
struct fgm_customer_sample {
    const char *customer;
    uint64_t calls[FG_ACTION_COUNT];
    bool seen; // an outbound call, so that what follows is known
    bool tls, srtp;
    int64_t cert_expiry_s; // Unix [s]; 0: none is known
};

struct fgm_ring_sample {
    const char *name;
    uint64_t used_bytes, size_bytes;
};

struct fgm_snapshot {
    const char *module_version, *node;
    bool shadow; // nothing is enforced
    int64_t started_ms, loaded_ms;
    int64_t networks_built_ms; // 0: none, or not known
    bool has_crl;
    uint32_t revoked_n;
    int64_t crl_next_update_ms; // 0: none, or not told
    struct fgm_health health;
    const char *digest;
    uint32_t rules_n, customers_n;
    const struct fg_list *lists; // of the rules in force
    uint32_t n_lists;
    int64_t now_ms;

    uint64_t calls[2][FG_ACTION_COUNT], shadow_calls[2][FG_ACTION_COUNT];
    uint64_t reasons[FGM_REASON_KINDS];
    struct fgm_histogram_copy score, shadow_score, decision, redis[FGM_REDIS_OPS];
    uint64_t degraded_verdicts;

    const struct fgm_rule_sample *rules;
    size_t n_rules;

    struct fg_breaker_stats breaker;
    struct fg_master_stats masters[FG_MASTERS_MAX];
    uint32_t n_masters;
    uint64_t writer_errors[FG_REDIS_ERRORS];
    struct fg_backlog_stats backlog;
    struct fg_local_stats local;
    uint64_t holds[FG_HOLD_SCOPES];

    const struct fgm_customer_sample *customers; // with a label each
    size_t n_customers;
    struct fgm_customer_sample others; // the rest
    uint64_t n_others;

    struct fgm_ring_sample rings[2];
    uint64_t live_calls, max_calls;

    const struct fgm_counter_sample *counters;
    size_t n_counters;
};
