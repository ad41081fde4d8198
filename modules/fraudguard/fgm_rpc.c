// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_rpc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fg/explain.h"
#include "fg/record.h"
#include "fg/ruleset.h"
#include "fgm_calls.h"
#include "fgm_clock.h"
#include "fgm_counters.h"
#include "fgm_decisions.h"
#include "fgm_floods.h"
#include "fgm_holds.h"
#include "fgm_params.h"
#include "fgm_policy.h"
#include "fgm_ring.h"
#include "fgm_rpc_allow.h"
#include "fgm_rpc_reload.h"
#include "fgm_status.h"
#include "fgm_stores.h"
#include "fgm_str.h"
#include "fgm_trunks.h"

#define HOLD_DEFAULT_S 900
#define HOLD_MAX_S     (30 * 86400)
// A list's rows: transports bound the size of a reply. fgctl shows the whole of it.
#define ROWS_MAX 100

// The next parameter where there is one; *out stays as it was otherwise. "*": may be missing, ".":
// a number is text as well.
static bool next_text(rpc_t *rpc, void *ctx, str *out)
{
    str text = {0};
    if (rpc->scan(ctx, "*.S", &text) < 1 || !text.s || text.len <= 0)
        return false;
    *out = text;
    return true;
}

// --- explain
static void print_explanation(rpc_t *rpc, void *ctx, const char *json)
{
    char *text = fg_record_explain(fg_view_of(json));
    char *save = NULL;
    if (!text) {
        rpc->fault(ctx, 500, "the record cannot be read");
        return;
    }
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        rpc->add(ctx, "s", line);
    free(text);
}

static void rpc_explain(rpc_t *rpc, void *ctx)
{
    str call_id, form;
    if (rpc->scan(ctx, ".S", &call_id) < 1) {
        rpc->fault(ctx, 400, "usage: fraudguard.explain CALL-ID [json]");
        return;
    }
    bool as_json = next_text(rpc, ctx, &form) && fg_view_equal(fgm_view(form), fg_view_of("json"));
    char *json = fgm_decisions_find(fgm_view(call_id));
    if (!json) {
        rpc->fault(ctx, 404, "no recent decision on this call here");
        return;
    }
    if (as_json)
        rpc->add(ctx, "s", json);
    else
        print_explanation(rpc, ctx, json);
    free(json);
}

// --- holds
// The customer (who must exist) and the scope of a command. 0, or -1 after a fault.
static int read_target(rpc_t *rpc, void *ctx, const str *customer, const str *scope_text,
                       char id[FG_CUSTOMER_ID_MAX + 1], struct fg_hold *hold)
{
    uint64_t generation;
    const struct fg_policy *policy = fgm_policy_enter(&generation);
    const struct fg_customer *known =
        policy ? fg_customers_by_id(policy->customers, fgm_view(*customer)) : NULL;
    int error = FG_OK;
    if (known) {
        snprintf(id, FG_CUSTOMER_ID_MAX + 1, "%s", known->id);
        error = fg_hold_scope_read(&policy->hash_key, fgm_view(*scope_text), hold);
    }
    fgm_policy_leave();
    if (!known) {
        rpc->fault(ctx, 404, "no such customer");
        return -1;
    }
    if (error < 0) {
        rpc->fault(ctx, 400, "scope must be one of " FG_HOLD_SCOPE_FORMS);
        return -1;
    }
    return 0;
}

static void sign(struct fg_hold *hold, const str *reason)
{
    hold->since_ms = fgm_now_ms();
    fg_text_escape(fgm_view(*reason), hold->reason, sizeof hold->reason);
    snprintf(hold->by, sizeof hold->by, "rpc:%.*s", (int)sizeof hold->by - 5, fgm_config.node);
}

static void rpc_hold(rpc_t *rpc, void *ctx)
{
    str customer, scope_text = fgm_str("customer"), reason = fgm_str("by operator"), cut;
    int seconds = HOLD_DEFAULT_S;
    char id[FG_CUSTOMER_ID_MAX + 1];
    struct fg_hold hold = {.active = true};
    if (rpc->scan(ctx, ".S", &customer) < 1) {
        rpc->fault(ctx, 400,
                   "usage: fraudguard.hold CUSTOMER [SCOPE [SECONDS [REASON [cut|keep]]]]");
        return;
    }
    if (next_text(rpc, ctx, &scope_text) && rpc->scan(ctx, "*d", &seconds) > 0 &&
        (seconds < 1 || seconds > HOLD_MAX_S)) {
        rpc->fault(ctx, 400, "seconds must be 1 to %d", HOLD_MAX_S);
        return;
    }
    next_text(rpc, ctx, &reason);
    hold.cut = !(next_text(rpc, ctx, &cut) && fg_view_equal(fgm_view(cut), fg_view_of("keep")));
    if (read_target(rpc, ctx, &customer, &scope_text, id, &hold) < 0)
        return;
    sign(&hold, &reason);
    hold.until_ms = hold.since_ms + seconds * FG_MS_PER_S;
    fgm_holds_set(id, &hold, NULL, (struct fg_view){0});
    rpc->rpl_printf(ctx, "%s is held for %d s", id, seconds);
}

static void rpc_release(rpc_t *rpc, void *ctx)
{
    str customer, scope_text = fgm_str("customer"), reason = fgm_str("by operator");
    char id[FG_CUSTOMER_ID_MAX + 1];
    struct fg_hold hold = {0};
    if (rpc->scan(ctx, ".S", &customer) < 1) {
        rpc->fault(ctx, 400, "usage: fraudguard.release CUSTOMER [SCOPE [REASON]]");
        return;
    }
    next_text(rpc, ctx, &scope_text);
    next_text(rpc, ctx, &reason);
    if (read_target(rpc, ctx, &customer, &scope_text, id, &hold) < 0)
        return;
    sign(&hold, &reason);
    if (fgm_holds_release(id, &hold) == FG_ENOTFOUND)
        rpc->fault(ctx, 404, "no such hold here; the release was told to all nodes");
    else
        rpc->rpl_printf(ctx, "%s is released", id);
}

// --- lists. RPC transports must not be called under a lock: what is under one is copied first.
struct hold_line {
    char customer[FG_CUSTOMER_ID_MAX + 1];
    struct fg_hold hold;
};
struct hold_lines {
    size_t n, size;
    struct hold_line *items;
};

static void count_hold(void *arg, const char *customer, const struct fg_hold *hold)
{
    (void)customer, (void)hold;
    ((struct hold_lines *)arg)->size++;
}

static void copy_hold(void *arg, const char *customer, const struct fg_hold *hold)
{
    struct hold_lines *lines = arg;
    if (lines->n == lines->size)
        return;
    struct hold_line *line = &lines->items[lines->n++];
    *line = (struct hold_line){.hold = *hold};
    snprintf(line->customer, sizeof line->customer, "%s", customer);
}

static void rpc_holds(rpc_t *rpc, void *ctx)
{
    struct hold_lines lines = {0};
    int64_t now_ms = fgm_now_ms();
    fg_local_holds_each(fgm_local(), now_ms, count_hold, &lines);
    lines.items = calloc(lines.size + 1, sizeof *lines.items);
    if (!lines.items) {
        rpc->fault(ctx, 500, "out of memory");
        return;
    }
    fg_local_holds_each(fgm_local(), now_ms, copy_hold, &lines);
    for (size_t i = 0; i < lines.n && i < ROWS_MAX; i++) {
        struct hold_line *line = &lines.items[i];
        char scope[FG_HOLD_SCOPE_TEXT_MAX];
        void *row;
        fg_hold_scope_format(line->hold.scope, line->hold.value, scope);
        if (rpc->add(ctx, "{", &row) < 0)
            break;
        rpc->struct_add(row, "sssdssssd", "customer", line->customer, "scope", scope, "of",
                        line->hold.of, "seconds_left",
                        (int)((line->hold.until_ms - now_ms) / FG_MS_PER_S), "reason",
                        line->hold.reason, "by", line->hold.by, "rule", line->hold.rule, "cut",
                        line->hold.cut ? "yes" : "no", "times", (int)line->hold.times);
    }
    free(lines.items);
}

struct reply {
    rpc_t *rpc;
    void *ctx;
    int64_t now_ms;
    uint32_t rows;
};

// A new row, or NULL when there are enough.
static void *new_row(struct reply *reply)
{
    void *row = NULL;
    if (reply->rows == ROWS_MAX || reply->rpc->add(reply->ctx, "{", &row) < 0)
        return NULL;
    reply->rows++;
    return row;
}

static void trunk_line(void *arg, const struct fgm_trunk *trunk)
{
    struct reply *reply = arg;
    void *row = new_row(reply);
    if (!row)
        return;
    reply->rpc->struct_add(row, "sssssd", "customer", trunk->customer, "identity",
                           fg_identity_name(trunk->identity), "source", trunk->source, "cipher",
                           trunk->has_tls ? trunk->tls.cipher : "none", "certificate",
                           trunk->has_tls ? trunk->tls.name : "", "seconds_ago",
                           (int)((reply->now_ms - trunk->seen_ms) / FG_MS_PER_S));
    reply->rpc->struct_printf(row, "calls", "%" PRIu64, trunk->calls);
    reply->rpc->struct_printf(row, "srtp_calls", "%" PRIu64, trunk->srtp_calls);
    reply->rpc->struct_printf(row, "blocked", "%" PRIu64, trunk->blocked);
    reply->rpc->struct_printf(row, "live", "%" PRIu32, trunk->live);
}

static void rpc_trunks(rpc_t *rpc, void *ctx)
{
    struct reply reply = {rpc, ctx, fgm_now_ms(), 0};
    fgm_trunks_each(false, trunk_line, &reply);
}

static bool call_line(void *arg, struct fgm_call_ref ref, struct fgm_call *call)
{
    (void)ref;
    struct reply *reply = arg;
    void *row = call->state == FGM_CALL_ENDED ? NULL : new_row(reply);
    if (!row)
        return false;
    char call_id[FGM_CALL_ID_MAX + 1], country[4];
    fg_text_escape(fg_view_of(call->call_id), call_id, sizeof call_id);
    fg_country_format(call->country, country);
    reply->rpc->struct_add(
        row, "ssssssd", "call_id", call_id, "customer", call->customer, "direction",
        fg_direction_name(call->direction), "called", call->masked, "country", country, "state",
        call->state == FGM_CALL_UP ? "up" : "ringing", "seconds",
        call->answered_ms ? (int)((reply->now_ms - call->answered_ms) / FG_MS_PER_S) : 0);
    return false;
}

static void rpc_calls(rpc_t *rpc, void *ctx)
{
    struct reply reply = {rpc, ctx, fgm_now_ms(), 0};
    fgm_calls_each(call_line, &reply);
}

static void rpc_attacks(rpc_t *rpc, void *ctx)
{
    struct reply reply = {rpc, ctx, fgm_now_ms(), 0};
    struct fg_attack attacks[FGM_ATTACKS_MAX];
    uint32_t n = fgm_floods_list(attacks);
    for (uint32_t i = 0; i < n; i++) {
        const struct fg_attack *attack = &attacks[i];
        void *row = new_row(&reply);
        if (!row)
            return;
        rpc->struct_add(row, "sssdd", "kind", fg_attack_kind_name(attack->kind), "of",
                        attack->subject, "customer", attack->customer, "seconds",
                        (int)((reply.now_ms - attack->since_ms) / FG_MS_PER_S), "callers",
                        (int)attack->callers);
        rpc->struct_printf(row, "calls", "%" PRIu64, attack->calls);
        rpc->struct_printf(row, "refused", "%" PRIu64, attack->refused);
        rpc->struct_printf(row, "dropped", "%" PRIu64, attack->dropped);
        rpc->struct_printf(row, "peak_per_minute", "%" PRIu64, attack->peak_per_minute);
    }
}

#define DOC(name, text) static const char *doc_##name[] = {text, NULL}
DOC(reload, "Load and test rules, customers and numbering data again; the old ones stay on any "
            "mistake. Parameters: [confirm=DURATION].");
DOC(confirm, "Keep what was reloaded with confirm=DURATION.");
DOC(status, "Rules in force, state of the store, counters.");
DOC(explain, "Why a recent call was judged as it was. Parameters: CALL-ID [json].");
DOC(hold, "Hold a customer's calls. Parameters: CUSTOMER [SCOPE [SECONDS [REASON [cut|keep]]]].");
DOC(release, "End a hold. Parameters: CUSTOMER [SCOPE [REASON]].");
DOC(holds, "Holds in force.");
DOC(allow,
    "It was them: let some of a customer's calls go on. Parameters: CUSTOMER +PREFIX|COUNTRY "
    "CALLS USD SECONDS REASON.");
DOC(disallow, "Take an allowance back. Parameters: CUSTOMER ID [REASON].");
DOC(allowances, "Allowances in force, and what is left of them.");
DOC(trunks, "What was observed of each customer's trunk.");
DOC(calls, "Calls in progress.");
DOC(attacks, "Floods that go on, as this node sees them.");

rpc_export_t fgm_rpc_exports[] = {
    {"fraudguard.reload", fgm_rpc_reload, doc_reload, 0},
    {"fraudguard.confirm", fgm_rpc_confirm, doc_confirm, 0},
    {"fraudguard.status", fgm_rpc_status, doc_status, 0},
    {"fraudguard.explain", rpc_explain, doc_explain, RET_ARRAY},
    {"fraudguard.hold", rpc_hold, doc_hold, 0},
    {"fraudguard.release", rpc_release, doc_release, 0},
    {"fraudguard.holds", rpc_holds, doc_holds, RET_ARRAY},
    {"fraudguard.allow", fgm_rpc_allow, doc_allow, 0},
    {"fraudguard.disallow", fgm_rpc_disallow, doc_disallow, 0},
    {"fraudguard.allowances", fgm_rpc_allowances, doc_allowances, RET_ARRAY},
    {"fraudguard.trunks", rpc_trunks, doc_trunks, RET_ARRAY},
    {"fraudguard.calls", rpc_calls, doc_calls, RET_ARRAY},
    {"fraudguard.attacks", rpc_attacks, doc_attacks, RET_ARRAY},
    {0, 0, 0, 0},
};
