// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_params.h"
#include "fg/uri.h"
#include "fgm_hash_key.h"
#include "fgm_log.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fgm_params fgm_params = {
    .redis_deadline_ms = 20,
    .max_calls = 8192,
    .max_customers = 4096,
    .decisions_kib = 4096,
    .ring_kib = 8192,
    .backlog = 4096,
    .spool_mib = 64,
    .customer_label_limit = 500,
    .flood_source = 300,
    .flood_connection = 100,
    .flood_certificate = 100,
    .flood_entries = 65536,
    .allowed_record = 3600,
    .challenge_ttl = 180,
    .challenge_known = 86400,
    .challenge_rate = 10,
    .challenge_passes = 10,
};
struct fgm_config fgm_config;

param_export_t fgm_param_exports[] = {
    {"rules_dir", PARAM_STRING, &fgm_params.rules_dir},
    {"customers_file", PARAM_STRING, &fgm_params.customers_file},
    {"data_dir", PARAM_STRING, &fgm_params.data_dir},
    {"rates_file", PARAM_STRING, &fgm_params.rates_file},
    {"networks_file", PARAM_STRING, &fgm_params.networks_file},
    {"crl_file", PARAM_STRING, &fgm_params.crl_file},
    {"crl_ca_file", PARAM_STRING, &fgm_params.crl_ca_file},
    {"redis", PARAM_STRING, &fgm_params.redis},
    {"redis_deadline_ms", PARAM_INT, &fgm_params.redis_deadline_ms},
    {"node", PARAM_STRING, &fgm_params.node},
    {"hash_key_file", PARAM_STRING, &fgm_params.hash_key_file},
    {"mode", PARAM_STRING, &fgm_params.mode},
    {"carrier_sources", PARAM_STRING, &fgm_params.carrier_sources},
    {"reload_tests", PARAM_STRING, &fgm_params.reload_tests},
    {"unmask", PARAM_INT, &fgm_params.unmask},
    {"max_windows", PARAM_INT, &fgm_params.max_windows},
    {"max_sets", PARAM_INT, &fgm_params.max_sets},
    {"max_counted_calls", PARAM_INT, &fgm_params.max_counted_calls},
    {"max_holds", PARAM_INT, &fgm_params.max_holds},
    {"max_calls", PARAM_INT, &fgm_params.max_calls},
    {"max_customers", PARAM_INT, &fgm_params.max_customers},
    {"decisions_kib", PARAM_INT, &fgm_params.decisions_kib},
    {"ring_kib", PARAM_INT, &fgm_params.ring_kib},
    {"backlog", PARAM_INT, &fgm_params.backlog},
    {"state_dir", PARAM_STRING, &fgm_params.state_dir},
    {"spool_mib", PARAM_INT, &fgm_params.spool_mib},
    {"allowed_record", PARAM_INT, &fgm_params.allowed_record},
    {"metrics", PARAM_STRING, &fgm_params.metrics},
    {"echo_number", PARAM_STRING, &fgm_params.echo_number},
    {"customer_label_limit", PARAM_INT, &fgm_params.customer_label_limit},
    {"flood_source", PARAM_INT, &fgm_params.flood_source},
    {"flood_connection", PARAM_INT, &fgm_params.flood_connection},
    {"flood_certificate", PARAM_INT, &fgm_params.flood_certificate},
    {"stir_urls", PARAM_STRING, &fgm_params.stir_urls},
    {"flood_policy", PARAM_STRING, &fgm_params.flood_policy},
    {"flood_entries", PARAM_INT, &fgm_params.flood_entries},
    {"challenge_target", PARAM_STRING, &fgm_params.challenge_target},
    {"challenge_ttl", PARAM_INT, &fgm_params.challenge_ttl},
    {"challenge_known", PARAM_INT, &fgm_params.challenge_known},
    {"challenge_rate", PARAM_INT, &fgm_params.challenge_rate},
    {"challenge_passes", PARAM_INT, &fgm_params.challenge_passes},
    {0, 0, 0},
};

static bool is_set(const char *text)
{
    return text && *text;
}

static int add_carrier(struct fg_view text)
{
    if (fgm_config.n_carriers == FGM_CARRIERS_MAX) {
        fgm_error("carrier_sources names more than %d networks", FGM_CARRIERS_MAX);
        return -1;
    }
    struct fg_ip_range *range = &fgm_config.carriers[fgm_config.n_carriers];
    const char *slash = memchr(text.ptr, '/', text.len);
    struct fg_view address = {text.ptr, slash ? (size_t)(slash - text.ptr) : text.len};
    long bits = slash ? strtol(slash + 1, NULL, 10) : 128;
    bool v6 = memchr(address.ptr, ':', address.len) != NULL;
    if (slash && !v6)
        bits += 96;
    if (!fg_ip_parse(address, &range->base) || bits < (v6 ? 0 : 96) || bits > 128) {
        fgm_error("carrier_sources: '%.*s' is no address or network", (int)text.len, text.ptr);
        return -1;
    }
    range->bits = (uint8_t)bits;
    fgm_config.n_carriers++;
    return 0;
}

static int check_carriers(void)
{
    static const char separators[] = ", \t";
    const char *at = fgm_params.carrier_sources;
    while (at && *(at += strspn(at, separators))) {
        size_t len = strcspn(at, separators);
        if (add_carrier((struct fg_view){at, len}) < 0)
            return -1;
        at += len;
    }
    return 0;
}

static int check_mode(void)
{
    const char *mode = is_set(fgm_params.mode) ? fgm_params.mode : "enforce";
    fgm_config.shadow = strcmp(mode, "shadow") == 0;
    if (!fgm_config.shadow && strcmp(mode, "enforce") != 0) {
        fgm_error("mode is '%s'; it must be enforce or shadow", mode);
        return -1;
    }
    return 0;
}

static int check_reload_tests(void)
{
    const char *text = is_set(fgm_params.reload_tests) ? fgm_params.reload_tests : "yes";
    fgm_config.reload_tests = strcmp(text, "yes") == 0;
    if (!fgm_config.reload_tests && strcmp(text, "no") != 0) {
        fgm_error("reload_tests is '%s'; it must be yes or no", text);
        return -1;
    }
    return 0;
}

static int check_redis(void)
{
    fgm_config.has_redis = is_set(fgm_params.redis);
    if (!fgm_config.has_redis)
        return 0;
    if (fg_redis_config_parse(fgm_params.redis, &fgm_config.redis, fgm_config.redis_storage,
                              sizeof fgm_config.redis_storage) < 0) {
        // The URL may hold a password: it is not printed.
        fgm_error("redis is no unix:/PATH, redis://[USER:PASSWORD@]HOST[:PORT][/DB], HOST:PORT, "
                  "sentinel://[USER:PASSWORD@]HOST[:PORT],.../MASTER[/DB] or "
                  "cluster://[USER:PASSWORD@]HOST[:PORT],...");
        return -1;
    }
    if (fgm_params.redis_deadline_ms < 1 || fgm_params.redis_deadline_ms > 1000) {
        fgm_error("redis_deadline_ms is %d; it must be 1 to 1000", fgm_params.redis_deadline_ms);
        return -1;
    }
    fgm_config.redis.deadline_ms = fgm_params.redis_deadline_ms;
    return 0;
}

static int check_range(const char *name, int value, int min, int max)
{
    if (value >= min && value <= max)
        return 0;
    fgm_error("%s is %d; it must be %d to %d", name, value, min, max);
    return -1;
}

static void size_of(uint32_t *out, int value)
{
    if (value > 0)
        *out = (uint32_t)value;
}

static int check_sizes(void)
{
    fg_local_config_default(&fgm_config.local);
    size_of(&fgm_config.local.windows, fgm_params.max_windows);
    size_of(&fgm_config.local.sets, fgm_params.max_sets);
    size_of(&fgm_config.local.calls, fgm_params.max_counted_calls);
    size_of(&fgm_config.local.holds, fgm_params.max_holds);
    if (fg_local_size_bytes(&fgm_config.local) == 0) {
        fgm_error("max_windows, max_sets and max_counted_calls must be powers of two");
        return -1;
    }
    return check_range("max_calls", fgm_params.max_calls, 16, 1 << 20) |
           check_range("max_customers", fgm_params.max_customers, 16, 1 << 20) |
           check_range("decisions_kib", fgm_params.decisions_kib, 64, 1 << 20) |
           check_range("ring_kib", fgm_params.ring_kib, 64, 1 << 20) |
           check_range("spool_mib", fgm_params.spool_mib, 1, 65536) |
           check_range("allowed_record", fgm_params.allowed_record, 1, 604800) |
           check_range("backlog", fgm_params.backlog, 16, 1 << 20) |
           check_range("customer_label_limit", fgm_params.customer_label_limit, 0, 10000);
}

static int check_floods(void)
{
    const char *text = is_set(fgm_params.flood_policy) ? fgm_params.flood_policy : "reply";
    int entries = fgm_params.flood_entries;
    fgm_config.flood_drops = strcmp(text, "drop") == 0;
    if (!fgm_config.flood_drops && strcmp(text, "reply") != 0) {
        fgm_error("flood_policy is '%s'; it must be reply or drop", text);
        return -1;
    }
    if (entries < 64 || entries > 1 << 24 || (entries & (entries - 1))) {
        fgm_error("flood_entries is %d; it must be a power of two, 64 to %d", entries, 1 << 24);
        return -1;
    }
    return check_range("flood_source", fgm_params.flood_source, 0, 100000) |
           check_range("flood_connection", fgm_params.flood_connection, 0, 100000) |
           check_range("flood_certificate", fgm_params.flood_certificate, 0, 100000);
}

static int check_challenge(void)
{
    if (is_set(fgm_params.challenge_target) &&
        !fg_uri_is_target(fg_view_of(fgm_params.challenge_target))) {
        fgm_error("challenge_target is no SIP URI such as sip:test@192.0.2.9:5060");
        return -1;
    }
    return check_range("challenge_ttl", fgm_params.challenge_ttl, 10, 3600) |
           check_range("challenge_known", fgm_params.challenge_known, 0, 30 * 86400) |
           check_range("challenge_rate", fgm_params.challenge_rate, 0, 10000) |
           check_range("challenge_passes", fgm_params.challenge_passes, 0, 10000);
}

static int check_node(void)
{
    if (is_set(fgm_params.node))
        snprintf(fgm_config.node, sizeof fgm_config.node, "%s", fgm_params.node);
    else if (gethostname(fgm_config.node, sizeof fgm_config.node - 1) < 0)
        snprintf(fgm_config.node, sizeof fgm_config.node, "node");
    for (const char *at = fgm_config.node; *at; at++) {
        if (!isalnum((unsigned char)*at) && !strchr("._-", *at)) {
            fgm_error("node may hold letters, digits and ._- only");
            return -1;
        }
    }
    return 0;
}

static int check_crl(void)
{
    if (is_set(fgm_params.crl_file) != is_set(fgm_params.crl_ca_file)) {
        fgm_error("crl_file needs crl_ca_file, the certificates of those who sign the lists, and "
                  "the other way round");
        return -1;
    }
    if (is_set(fgm_params.crl_file)) {
        fgm_config.crl_file = fgm_params.crl_file;
        fgm_config.crl_ca_file = fgm_params.crl_ca_file;
    }
    return 0;
}

static int check_state(void)
{
    if (!is_set(fgm_params.state_dir))
        return 0;
    if (!is_set(fgm_params.hash_key_file)) {
        fgm_error("state_dir needs hash_key_file, whose key its files are checked with");
        return -1;
    }
    if (access(fgm_params.state_dir, R_OK | W_OK | X_OK) < 0) {
        fgm_error("state_dir %s is no directory that can be written", fgm_params.state_dir);
        return -1;
    }
    fgm_config.state_dir = fgm_params.state_dir;
    return 0;
}

int fgm_params_check(void)
{
    if (!is_set(fgm_params.rules_dir)) {
        fgm_error("rules_dir is not set");
        return -1;
    }
    fgm_config.paths = (struct fg_policy_paths){
        .rules_dir = fgm_params.rules_dir,
        .customers_file = is_set(fgm_params.customers_file) ? fgm_params.customers_file : NULL,
        .data_dir = is_set(fgm_params.data_dir) ? fgm_params.data_dir : NULL,
        .rates_file = is_set(fgm_params.rates_file) ? fgm_params.rates_file : NULL,
        .networks_file = is_set(fgm_params.networks_file) ? fgm_params.networks_file : NULL,
    };
    fgm_config.has_metrics = is_set(fgm_params.metrics);
    if (check_redis() < 0)
        return -1;
    return check_mode() | check_reload_tests() |
           fgm_hash_key_read(fgm_params.hash_key_file, fgm_config.has_redis, &fgm_config.hash_key) |
           check_state() | check_crl() | check_carriers() | check_sizes() | check_floods() |
           check_challenge() | check_node();
}

bool fgm_is_carrier(const struct fg_ip *source)
{
    for (uint32_t i = 0; i < fgm_config.n_carriers; i++) {
        if (fg_ip_in_range(source, &fgm_config.carriers[i]))
            return true;
    }
    return false;
}
