// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_render.h"

#include <stdio.h>
#include <string.h>

static void single(struct fgm_text *text, const char *name, const char *type, const char *help,
                   uint64_t value)
{
    fgm_text_family(text, name, type, help);
    fgm_text_sample(text, NULL, 0, value);
}

static void instant(struct fgm_text *text, const char *name, const char *help, int64_t value_ms)
{
    fgm_text_family(text, name, "gauge", help);
    fgm_text_seconds(text, NULL, 0, value_ms);
}

static void render_configuration(struct fgm_text *text, const struct fgm_snapshot *snapshot)
{
    const struct fgm_health *health = &snapshot->health;
    const struct fgm_label build[] = {{"version", snapshot->module_version},
                                      {"node", snapshot->node},
                                      {"mode", snapshot->shadow ? "shadow" : "enforce"}};
    fgm_text_family(text, "fraudguard_build_info", "gauge", "The module that runs, and its mode");
    fgm_text_sample(text, build, 3, 1);
    instant(text, "fraudguard_start_time_seconds", "When the module was started",
            snapshot->started_ms);
    fgm_text_family(text, "fraudguard_pack_info", "gauge", "The rules in force");
    if (health->rules_loaded) {
        const struct fgm_label pack[] = {
            {"pack", health->pack}, {"version", health->version}, {"sha", snapshot->digest}};
        fgm_text_sample(text, pack, 3, 1);
    }
    single(text, "fraudguard_rules", "gauge", "Rules in force", snapshot->rules_n);
    single(text, "fraudguard_customers", "gauge", "Customers that are configured",
           snapshot->customers_n);
    single(text, "fraudguard_config_last_reload_successful", "gauge",
           "Whether the last load of rules and customers succeeded; the old ones stay if not",
           health->last_load_ok);
    instant(text, "fraudguard_config_last_reload_success_timestamp_seconds",
            "When the rules in force were loaded", snapshot->loaded_ms);
    fgm_text_family(text, "fraudguard_networks_built_timestamp_seconds", "gauge",
                    "When the oldest of the databases was made that tell where addresses are");
    if (snapshot->networks_built_ms != 0)
        fgm_text_seconds(text, NULL, 0, snapshot->networks_built_ms);
    fgm_text_family(text, "fraudguard_revoked_certificates", "gauge",
                    "Certificates that the revocation lists revoke");
    if (snapshot->has_crl)
        fgm_text_sample(text, NULL, 0, snapshot->revoked_n);
    fgm_text_family(text, "fraudguard_crl_next_update_timestamp_seconds", "gauge",
                    "When the first of the revocation lists should be replaced");
    if (snapshot->crl_next_update_ms != 0)
        fgm_text_seconds(text, NULL, 0, snapshot->crl_next_update_ms);
}

static void render_calls(struct fgm_text *text, const struct fgm_snapshot *snapshot)
{
    const char *mode = snapshot->shadow ? "shadow" : "enforce";
    fgm_text_family(text, "fraudguard_calls_total", "counter",
                    "Calls judged, each once, by verdict; in mode shadow none is enforced");
    for (unsigned i = 0; i < 2 * FG_ACTION_COUNT; i++) {
        unsigned direction = i / FG_ACTION_COUNT, action = i % FG_ACTION_COUNT;
        const struct fgm_label labels[] = {
            {"direction", fg_direction_name((enum fg_direction)direction)},
            {"action", fg_action_name((enum fg_action)action)},
            {"mode", mode}};
        fgm_text_sample(text, labels, 3, snapshot->calls[direction][action]);
    }
    fgm_text_family(text, "fraudguard_shadow_calls_total", "counter",
                    "The same calls, by what the verdict were if the shadow rules counted too");
    for (unsigned i = 0; i < 2 * FG_ACTION_COUNT; i++) {
        unsigned direction = i / FG_ACTION_COUNT, action = i % FG_ACTION_COUNT;
        const struct fgm_label labels[] = {
            {"direction", fg_direction_name((enum fg_direction)direction)},
            {"action", fg_action_name((enum fg_action)action)}};
        fgm_text_sample(text, labels, 2, snapshot->shadow_calls[direction][action]);
    }
    fgm_text_family(text, "fraudguard_score", "histogram", "Points of the enforced rules, a call");
    fgm_text_histogram(text, &fgm_score_bounds, NULL, &snapshot->score);
    fgm_text_family(text, "fraudguard_shadow_score", "histogram",
                    "Points of the enforced and the shadow rules, a call");
    fgm_text_histogram(text, &fgm_score_bounds, NULL, &snapshot->shadow_score);
    single(text, "fraudguard_live_calls", "gauge", "Calls in progress that are watched",
           snapshot->live_calls);
    single(text, "fraudguard_live_calls_limit", "gauge", "Calls in progress that can be watched",
           snapshot->max_calls);
}

static void rule_sample(struct fgm_text *text, const char *rule, const char *mode, uint64_t hits)
{
    const struct fgm_label labels[] = {{"rule", rule}, {"mode", mode}};
    fgm_text_sample(text, labels, 2, hits);
}

static void render_rules(struct fgm_text *text, const struct fgm_snapshot *snapshot)
{
    static const struct {
        enum fg_reason_kind kind;
        const char *name;
    } others[] = {{FG_REASON_HOLD, "hold"},
                  {FG_REASON_IDENTITY, "identity"},
                  {FG_REASON_UNREADABLE, "unreadable_number"},
                  {FG_REASON_EMERGENCY, "emergency"},
                  {FG_REASON_DEGRADED, "degraded"},
                  {FG_REASON_EXCEPTION, "exception"},
                  {FG_REASON_OVERRIDE, "override"},
                  {FG_REASON_DIALOG, "dialog"},
                  {FG_REASON_ALLOWANCE, "allowance"}};
    fgm_text_family(text, "fraudguard_rule_hits_total", "counter",
                    "Hits of each rule in force, by the mode that the rule had");
    for (size_t i = 0; i < snapshot->n_rules; i++) {
        const struct fgm_rule_sample *rule = &snapshot->rules[i];
        // The mode it has is always there, so that a rule that never hits shows as 0.
        if (rule->mode == FG_MODE_ENFORCE || rule->enforced)
            rule_sample(text, rule->id, "enforce", rule->enforced);
        if (rule->mode == FG_MODE_SHADOW || rule->shadow)
            rule_sample(text, rule->id, "shadow", rule->shadow);
    }
    fgm_text_family(text, "fraudguard_other_reasons_total", "counter",
                    "Reasons of verdicts that are no rules");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const struct fgm_label label = {"reason", others[i].name};
        fgm_text_sample(text, &label, 1, snapshot->reasons[others[i].kind]);
    }
    fgm_text_family(text, "fraudguard_holds", "gauge", "Holds in force, as this node knows them");
    for (unsigned scope = 0; scope < FG_HOLD_SCOPES; scope++) {
        const struct fgm_label label = {"scope", fg_hold_scope_name((enum fg_hold_scope)scope)};
        fgm_text_sample(text, &label, 1, snapshot->holds[scope]);
    }
}

static void render_durations(struct fgm_text *text, const struct fgm_snapshot *snapshot)
{
    fgm_text_family(text, "fraudguard_decision_duration_seconds", "histogram",
                    "Time to judge an INVITE, the store included");
    fgm_text_histogram(text, &fgm_duration_bounds, NULL, &snapshot->decision);
    if (!snapshot->health.has_redis)
        return;
    fgm_text_family(text, "fraudguard_redis_duration_seconds", "histogram",
                    "Time of one round trip to Redis, failed ones too");
    for (unsigned op = 0; op < FGM_REDIS_OPS; op++) {
        const struct fgm_label label = {"op", fgm_redis_op_name((enum fgm_redis_op)op)};
        fgm_text_histogram(text, &fgm_duration_bounds, &label, &snapshot->redis[op]);
    }
}

static void render_redis(struct fgm_text *text, const struct fgm_snapshot *snapshot)
{
    const struct fg_breaker_stats *breaker = &snapshot->breaker;
    fgm_text_family(text, "fraudguard_redis_errors_total", "counter",
                    "Failures of Redis, by kind: evaluations, probes and writes");
    for (unsigned kind = FG_REDIS_ERROR_NONE + 1; kind < FG_REDIS_ERRORS; kind++) {
        const struct fgm_label label = {"reason", fg_redis_error_name((enum fg_redis_error)kind)};
        fgm_text_sample(text, &label, 1, breaker->errors[kind] + snapshot->writer_errors[kind]);
    }
    fgm_text_family(text, "fraudguard_store_state", "gauge", "1 for the state Redis is in");
    for (unsigned state = FG_STORE_UP; state <= FG_STORE_DOWN; state++) {
        const struct fgm_label label = {"state", fg_store_state_name((enum fg_store_state)state)};
        fgm_text_sample(text, &label, 1, snapshot->health.store == (enum fg_store_state)state);
    }
    single(text, "fraudguard_store_evaluations_total", "counter",
           "Evaluations that Redis was asked for", breaker->evaluations);
    single(text, "fraudguard_store_skipped_total", "counter",
           "Evaluations that Redis was not asked for, since it is down", breaker->skipped);
    single(text, "fraudguard_store_opened_total", "counter",
           "How often Redis was given up until it answers again", breaker->opened);
    single(text, "fraudguard_backlog_requests", "gauge",
           "Requests counted without Redis that wait to be merged", snapshot->backlog.pending);
    fgm_text_family(text, "fraudguard_backlog_lost_total", "counter",
                    "Requests counted without Redis that are never merged");
    fgm_text_sample(text, &(struct fgm_label){"reason", "overflow"}, 1,
                    snapshot->backlog.overflowed);
    fgm_text_sample(text, &(struct fgm_label){"reason", "refused"}, 1, snapshot->backlog.refused);
}

// As many series as the Redis in use has masters.
static void render_masters(struct fgm_text *text, const struct fgm_snapshot *snapshot)
{
    static const char *const names[][3] = {
        {"fraudguard_redis_master_up", "gauge", "0 while this master is not asked: it fails"},
        {"fraudguard_redis_master_evaluations_total", "counter",
         "Evaluations that this master was asked for"},
        {"fraudguard_redis_master_failures_total", "counter",
         "Evaluations and probes that this master failed"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        fgm_text_family(text, names[i][0], names[i][1], names[i][2]);
        for (uint32_t k = 0; k < snapshot->n_masters; k++) {
            const struct fg_master_stats *master = &snapshot->masters[k];
            const uint64_t values[] = {master->state != FG_STORE_DOWN, master->evaluations,
                                       master->failures};
            fgm_text_sample(text, &(struct fgm_label){"master", master->name}, 1, values[i]);
        }
    }
    single(text, "fraudguard_redis_master_changes_total", "counter",
           "How often another server became the master, or one went", snapshot->breaker.changes);
}

static void render_store(struct fgm_text *text, const struct fgm_snapshot *snapshot)
{
    const struct fg_local_stats *local = &snapshot->local;
    single(text, "fraudguard_degraded", "gauge",
           "1 while verdicts are made without Redis, though one is configured",
           snapshot->health.has_redis && snapshot->health.store == FG_STORE_DOWN);
    single(text, "fraudguard_degraded_verdicts_total", "counter", "Verdicts made without Redis",
           snapshot->degraded_verdicts);
    if (snapshot->health.has_redis)
        render_redis(text, snapshot);
    if (snapshot->health.has_redis)
        render_masters(text, snapshot);
    fgm_text_family(text, "fraudguard_local_evicted_total", "counter",
                    "Counts that went because the local store is full");
    fgm_text_sample(text, &(struct fgm_label){"table", "windows"}, 1, local->evicted_windows);
    fgm_text_sample(text, &(struct fgm_label){"table", "sets"}, 1, local->evicted_sets);
    fgm_text_sample(text, &(struct fgm_label){"table", "calls"}, 1, local->evicted_calls);
    fgm_text_sample(text, &(struct fgm_label){"table", "registers"}, 1, local->evicted_registers);
    fgm_text_family(text, "fraudguard_ring_used_bytes", "gauge", "What waits for the writer");
    for (int i = 0; i < 2; i++)
        fgm_text_sample(text, &(struct fgm_label){"ring", snapshot->rings[i].name}, 1,
                        snapshot->rings[i].used_bytes);
    fgm_text_family(text, "fraudguard_ring_size_bytes", "gauge", "What can wait for the writer");
    for (int i = 0; i < 2; i++)
        fgm_text_sample(text, &(struct fgm_label){"ring", snapshot->rings[i].name}, 1,
                        snapshot->rings[i].size_bytes);
}

// Lists that are files; those that are not are as old as the rules.
static void render_lists(struct fgm_text *text, const struct fgm_snapshot *snapshot)
{
    fgm_text_family(text, "fraudguard_list_age_seconds", "gauge",
                    "Time since the file of a list was written");
    for (uint32_t i = 0; i < snapshot->n_lists; i++) {
        const struct fg_list *list = &snapshot->lists[i];
        const int64_t age_ms = snapshot->now_ms - list->file_ms;
        if (list->file_ms > 0)
            fgm_text_sample(text, &(struct fgm_label){"list", list->name}, 1,
                            age_ms > 0 ? (uint64_t)(age_ms / FG_MS_PER_S) : 0);
    }
    fgm_text_family(text, "fraudguard_list_max_age_seconds", "gauge",
                    "How old the file of a list may become");
    for (uint32_t i = 0; i < snapshot->n_lists; i++) {
        const struct fg_list *list = &snapshot->lists[i];
        if (list->file_ms > 0 && list->max_age_ms > 0)
            fgm_text_sample(text, &(struct fgm_label){"list", list->name}, 1,
                            (uint64_t)(list->max_age_ms / FG_MS_PER_S));
    }
}

static void render_counters(struct fgm_text *text, const struct fgm_snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->n_counters; i++) {
        char name[96];
        snprintf(name, sizeof name, "fraudguard_%s_total", snapshot->counters[i].name);
        single(text, name, "counter", snapshot->counters[i].help, snapshot->counters[i].value);
    }
}

size_t fgm_render_metrics(const struct fgm_snapshot *snapshot, char *out, size_t size)
{
    struct fgm_text text;
    fgm_text_begin(&text, out, size);
    render_configuration(&text, snapshot);
    render_lists(&text, snapshot);
    render_calls(&text, snapshot);
    render_rules(&text, snapshot);
    render_durations(&text, snapshot);
    render_store(&text, snapshot);
    fgm_render_customers(&text, snapshot);
    render_counters(&text, snapshot);
    return text.needed;
}

bool fgm_render_health(const struct fgm_health *health, char *out, size_t size)
{
    char rules[256];
    bool store_ok = !health->has_redis || health->store != FG_STORE_DOWN;
    if (!health->rules_loaded)
        snprintf(rules, sizeof rules, "rules: none are loaded");
    else
        snprintf(rules, sizeof rules, "rules: loaded%s",
                 health->last_load_ok ? "" : "; the last reload was refused");
    snprintf(out, size, "%s\n%s\nstore: %s\n", health->rules_loaded && store_ok ? "ok" : "not ok",
             rules,
             !health->has_redis ? "local"
             : store_ok         ? fg_store_state_name(health->store)
                                : "down; verdicts are made without Redis");
    return health->rules_loaded && store_ok;
}
