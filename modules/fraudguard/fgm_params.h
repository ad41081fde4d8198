// SPDX-License-Identifier: GPL-2.0-or-later
// Module parameters: what the configuration says, and what it means once checked.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/sr_module.h"
#include "fg/customer.h"
#include "fg/hash.h"
#include "fg/pack.h"
#include "fg/store.h"

#define FGM_CARRIERS_MAX 64

// As written; set by Kamailio before mod_init. Strings are NUL-terminated, NULL or empty: unset.
struct fgm_params {
    char *rules_dir, *customers_file, *data_dir, *rates_file, *networks_file;
    char *crl_file, *crl_ca_file;
    char *redis; // empty: local only
    int redis_deadline_ms;
    char *node;
    char *hash_key_file;
    char *mode; // "enforce", "shadow"
    char *carrier_sources;
    char *stir_urls;    // of the certificates that calls are verified with; empty: of any
    char *reload_tests; // "yes", "no"
    int unmask;
    int max_windows, max_sets, max_counted_calls, max_holds; // local store
    int max_calls, max_customers, decisions_kib, ring_kib, backlog;
    char *state_dir; // of files that outlive the process; empty: none
    int spool_mib;
    int allowed_record; // how long decision records of allowed calls are kept [s]
    char *metrics;      // address of the exporter; empty: none
    char *echo_number;  // what the trunk page says to dial for a test; empty: none
    int customer_label_limit;
    int flood_source, flood_connection, flood_certificate; // requests a second; 0: any number
    char *flood_policy;                                    // "reply", "drop"
    char *challenge_target;                                // SIP URI; empty: none
    int challenge_ttl, challenge_known;                    // [s]
    int challenge_rate;   // diverted calls a second and customer; 0: any number
    int challenge_passes; // calls a minute of a caller who is known; 0: any number
    int flood_entries;    // a power of two
};
extern struct fgm_params fgm_params;
extern param_export_t fgm_param_exports[];

// Checked and read.
struct fgm_config {
    bool shadow, has_redis, has_metrics, reload_tests, flood_drops;
    struct fg_hash_key hash_key;
    struct fg_policy_paths paths;
    const char *state_dir;              // NULL: nothing outlives the process
    const char *crl_file, *crl_ca_file; // both or none (NULL)
    struct fg_redis_config redis;
    char redis_storage[512];
    struct fg_local_config local;
    struct fg_ip_range carriers[FGM_CARRIERS_MAX];
    uint32_t n_carriers;
    char node[64];
};
extern struct fgm_config fgm_config; // read-only after mod_init

// Checks the parameters and fills fgm_config; every mistake is logged. 0 or -1. Before the fork.
int fgm_params_check(void);
bool fgm_is_carrier(const struct fg_ip *source);
