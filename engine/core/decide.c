// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/decide.h"

#include "decide_priv.h"

#include <stddef.h>
#include <string.h>

static enum fg_action severer(enum fg_action a, enum fg_action b)
{
    return a > b ? a : b;
}

enum fg_action fg_action_of(const struct fg_ruleset *ruleset, int32_t score)
{
    for (int action = FG_BLOCK; action > FG_ALLOW; action--) {
        if (score >= ruleset->thresholds[action]) {
            return (enum fg_action)action;
        }
    }
    return FG_ALLOW;
}

static void add_fact(struct fg_tally *tally, enum fg_reason_kind kind)
{
    struct fg_reason reason = {.kind = kind, .points = FG_HOLD_POINTS, .action_at_least = FG_BLOCK};
    fg_tally_add(tally, &reason);
}

static void decide_emergency(struct fg_decision *out)
{
    out->reasons[out->n_reasons++] = (struct fg_reason){.kind = FG_REASON_EMERGENCY};
}

// Keyed by the hash of the call: to the caller it looks like chance, and it is the same again
// wherever the call is judged again.
static struct fg_reply one_of(const struct fg_plan *plan, const struct fg_replies *replies)
{
    if (replies->n == 0) {
        return (struct fg_reply){.code = 0};
    }
    return replies->item[plan->event->call_key.hi % replies->n];
}

static struct fg_reply refusal_of(const struct fg_plan *plan)
{
    const enum fg_identity identity = fg_identity_is_customer(plan->event->identity)
                                          ? FG_IDENTITY_UNKNOWN
                                          : plan->event->identity;
    const struct fg_reply given = one_of(plan, &plan->policy->ruleset->refusals[identity]);
    if (given.code != 0) {
        return given;
    }
    switch (identity) {
    case FG_IDENTITY_SRTP_REQUIRED:
        return (struct fg_reply){.code = 488, .text = "SRTP Required"};
    case FG_IDENTITY_TLS_REQUIRED:
        return (struct fg_reply){.code = 403, .text = "TLS Required"};
    default:
        // Who is not known is not told what a customer would be told (RFC 3261 21.4.4).
        return (struct fg_reply){.code = 403, .text = "Forbidden"};
    }
}

static void decide_refused_identity(struct fg_tally *tally)
{
    struct fg_decision *out = tally->out;
    add_fact(tally, FG_REASON_IDENTITY);
    out->action = out->shadow_action = FG_BLOCK;
    out->cut_call =
        tally->plan->event->kind == FG_EVENT_ANSWER || tally->plan->event->kind == FG_EVENT_MINUTE;
    out->reply = refusal_of(tally->plan);
}

static bool is_outbound_attempt(const struct fg_plan *plan)
{
    return plan->event->kind == FG_EVENT_ATTEMPT && plan->event->direction == FG_OUTBOUND;
}

static bool hold_applies(const struct fg_tally *tally)
{
    const struct fg_plan *plan = tally->plan;
    if (tally->reply == NULL || !tally->reply->hold.active || !is_outbound_attempt(plan)) {
        return false;
    }
    const struct fg_hold *hold = &tally->reply->hold;
    return fg_hold_asked(&plan->request.holds, hold->scope, hold->value);
}

// What a risky call comes to while the shared counters are away: an attacker must gain nothing from
// taking the store down.
static bool degraded_refuses(const struct fg_plan *plan, int32_t risky_degraded_count)
{
    if (!is_outbound_attempt(plan) || plan->dest_ordinary) {
        return false;
    }
    switch (plan->event->customer->degraded) {
    case FG_DEGRADED_ALLOW:
        return false;
    case FG_DEGRADED_BLOCK:
        return true;
    case FG_DEGRADED_CAP:
        break;
    }
    return risky_degraded_count > plan->policy->ruleset->degraded_risky_per_min;
}

// Facts that refuse a call whatever the rules say. Returns their points.
static int32_t add_facts(struct fg_tally *tally, int32_t risky_degraded_count)
{
    struct fg_decision *out = tally->out;
    if (tally->plan->unreadable) {
        add_fact(tally, FG_REASON_UNREADABLE);
    }
    if (tally->plan->event->dialog_fault != FG_DIALOG_FINE) {
        add_fact(tally, FG_REASON_DIALOG);
    }
    if (hold_applies(tally)) {
        out->hold = tally->reply->hold;
        add_fact(tally, FG_REASON_HOLD);
    }
    if (out->degraded && degraded_refuses(tally->plan, risky_degraded_count)) {
        add_fact(tally, FG_REASON_DEGRADED);
    }
    return out->score;
}

static void add_rules(struct fg_tally *tally, int32_t fact_points)
{
    const struct fg_decision *out = tally->out;
    fg_tally_rules(tally);
    fg_tally_caps(tally);
    fg_tally_composites(tally);
    fg_tally_floor(tally, out->score - fact_points, out->shadow_score - fact_points);
}

// What undoes what this op did: an attempt gives back its lease. False: nothing does.
static bool undo_lease(const struct fg_plan *plan, struct fg_meter_op *op)
{
    const bool set = op->kind == FG_OP_SET_PUT;
    if ((!set && op->kind != FG_OP_EXPOSURE_PUT) || plan->event->kind != FG_EVENT_ATTEMPT) {
        return false;
    }
    op->kind = set ? FG_OP_SET_DELETE : FG_OP_EXPOSURE_DELETE;
    op->expiry_ms = 0;
    op->amount = 0;
    return true;
}

// Nobody learns from an hour with a refused event what is usual.
static bool freeze(struct fg_meter_op *op)
{
    if (op->kind != FG_OP_BASELINE_ADD && op->kind != FG_OP_BASELINE_READ) {
        return false;
    }
    op->kind = FG_OP_BASELINE_FREEZE;
    return true;
}

// False: there is nothing to undo.
static bool undo(const struct fg_plan *plan, bool leases, bool freezes,
                 struct fg_store_request *request)
{
    const struct fg_ruleset *ruleset = plan->policy->ruleset;
    request->n_ops = 0;
    if (plan->allowance != NULL && plan->allowance_calls_op >= 0) {
        struct fg_meter_op *op = &request->ops[request->n_ops++];
        *op = plan->request.ops[plan->allowance_calls_op];
        op->kind = FG_OP_SET_DELETE;
        op->expiry_ms = 0;
    }
    for (uint32_t i = 0; leases && i < ruleset->n_meters; i++) {
        const enum fg_meter_kind kind = ruleset->meters[i].kind;
        const int8_t at = plan->op_of_meter[i];
        const bool learns = kind == FG_METER_TYPICAL || kind == FG_METER_TREND;
        if (at < 0 || (kind != FG_METER_GAUGE && !learns)) {
            continue;
        }
        struct fg_meter_op *op = &request->ops[request->n_ops];
        *op = plan->request.ops[at];
        if (kind == FG_METER_GAUGE ? undo_lease(plan, op) : freezes && freeze(op)) {
            request->n_ops++;
        }
    }
    request->customer = plan->request.customer;
    request->now_ms = plan->now_ms;
    request->once = false;
    request->call_key = plan->request.call_key;
    memset(&request->holds, 0, sizeof(request->holds));
    return request->n_ops > 0;
}

bool fg_decide_release(const struct fg_plan *plan, struct fg_store_request *out)
{
    return undo(plan, true, false, out);
}

// The terms that a rule or composite brings along; NULL: none, or no part in the verdict.
static const struct fg_hold_terms *terms_of(const struct fg_ruleset *ruleset,
                                            const struct fg_reason *reason)
{
    const struct fg_hold_terms *terms = NULL;
    if (!reason->shadow && reason->kind == FG_REASON_RULE) {
        terms = &ruleset->rules[reason->index].hold;
    } else if (!reason->shadow && reason->kind == FG_REASON_COMPOSITE) {
        terms = &ruleset->composites[reason->index].hold;
    }
    return terms != NULL && terms->given ? terms : NULL;
}

// The terms that count, and in *cause the reason that has them; without any the ruleset's, and the
// reason with the most points.
static const struct fg_hold_terms *find_terms(const struct fg_ruleset *ruleset,
                                              const struct fg_decision *decision, uint32_t *cause)
{
    const struct fg_hold_terms *found = NULL;
    int32_t most = 0;
    *cause = UINT32_MAX;
    for (uint32_t i = 0; i < decision->n_reasons; i++) {
        const struct fg_reason *reason = &decision->reasons[i];
        const struct fg_hold_terms *terms = terms_of(ruleset, reason);
        const bool is_rule = reason->kind == FG_REASON_RULE || reason->kind == FG_REASON_COMPOSITE;
        const bool first = terms != NULL ? found == NULL : *cause == UINT32_MAX;
        if (reason->shadow || !is_rule || (terms == NULL && found != NULL) ||
            (!first && reason->points <= most)) {
            continue;
        }
        found = terms;
        most = reason->points;
        *cause = i;
    }
    return found != NULL ? found : &ruleset->hold;
}

// A block holds back the next calls. One while a call is up does where its rule says so.
static void set_hold(const struct fg_plan *plan, struct fg_decision *out)
{
    uint32_t cause;
    const struct fg_ruleset *ruleset = plan->policy->ruleset;
    const struct fg_hold_terms *terms = find_terms(ruleset, out, &cause);
    const bool given = terms != &ruleset->hold;
    enum fg_hold_scope scope = terms->scope;
    if (terms->duration_s == 0 || (plan->event->kind != FG_EVENT_ATTEMPT && !given)) {
        return;
    }
    // A call that lacks what is to be held, such as one to nowhere, is risky whatever else it is.
    // The customer's own country is never closed, also not by a number that can be read abroad,
    // too: most of the calls there are wanted.
    uint64_t value;
    if (!fg_plan_hold_value(plan, scope, &value) ||
        (scope == FG_HOLD_COUNTRY && fg_country_set_has(&plan->home, plan->dest.country))) {
        scope = FG_HOLD_RISKY;
        value = 0;
    }
    const int32_t max_s = terms->max_s > 0 ? terms->max_s : terms->duration_s;
    out->set_hold = (struct fg_hold_effect){
        .wanted = true,
        .scope = scope,
        .value = value,
        .span = {.duration_ms = terms->duration_s * FG_MS_PER_S,
                 .growth_milli =
                     terms->growth_milli > 0 ? terms->growth_milli : FG_HOLD_GROWTH_MIN_MILLI,
                 .max_ms = max_s * FG_MS_PER_S},
        .until_ms = plan->now_ms + terms->duration_s * FG_MS_PER_S,
        .reason = cause};
}

static struct fg_reply reply_of(const struct fg_plan *plan, enum fg_action action)
{
    return one_of(plan, &plan->policy->ruleset->replies[action]);
}

// Who goes on tells the peers what is usual, once for each hour that is over.
static void tell_peers(const struct fg_tally *tally)
{
    const struct fg_plan *plan = tally->plan;
    struct fg_decision *out = tally->out;
    struct fg_store_request *request = &out->release_request;
    for (uint32_t i = 0; i < FG_METER_SET_WORDS; i++) {
        uint64_t left = plan->policy->ruleset->peered.words[i];
        for (; left != 0; left &= left - 1) {
            const uint32_t index = 64 * i + (uint32_t)__builtin_ctzll(left);
            if (fg_plan_peers_put(plan, index, tally->reply, &request->ops[request->n_ops])) {
                request->n_ops++;
                out->release = true;
            }
        }
    }
}

// Whether this call is to end only for rules that are about all of the customer's calls: the others
// would let it go on.
static bool is_for_dearest(const struct fg_tally *tally)
{
    enum fg_action least = FG_ALLOW;
    const struct fg_decision *out = tally->out;
    const struct fg_ruleset *ruleset = tally->plan->policy->ruleset;
    int32_t score = out->score;
    bool any = false;
    for (uint32_t i = 0; i < out->n_reasons; i++) {
        const struct fg_reason *reason = &out->reasons[i];
        if (reason->shadow || fg_reason_is_note(reason)) {
            continue;
        }
        if (reason->kind == FG_REASON_RULE && ruleset->rules[reason->index].cut_dearest) {
            score -= reason->points;
            any = true;
        } else {
            least = severer(least, reason->action_at_least);
        }
    }
    return any && severer(least, fg_action_of(ruleset, score)) < FG_BLOCK;
}

bool fg_cut_before(const struct fg_cut_candidate *a, const struct fg_cut_candidate *b)
{
    if (a->usd_per_minute != b->usd_per_minute) {
        return a->usd_per_minute > b->usd_per_minute;
    }
    return a->answered_ms > b->answered_ms;
}

static void add_effects(const struct fg_tally *tally, enum fg_action rule_action)
{
    const struct fg_plan *plan = tally->plan;
    const struct fg_ruleset *ruleset = plan->policy->ruleset;
    struct fg_decision *out = tally->out;
    enum fg_event_kind kind = plan->event->kind;
    out->reply = reply_of(plan, out->action);
    if (out->action == FG_BLOCK && kind != FG_EVENT_END) {
        out->drop_media = ruleset->drop_media_on_block;
        out->cut_call = kind == FG_EVENT_ANSWER || kind == FG_EVENT_MINUTE;
        out->cut_dearest =
            out->cut_call && plan->event->direction == FG_OUTBOUND && is_for_dearest(tally);
    }
    if (plan->event->direction == FG_OUTBOUND && kind != FG_EVENT_END && rule_action == FG_BLOCK &&
        !out->hold.active) {
        set_hold(plan, out);
    }
    if (tally->reply != NULL && !out->allowed) {
        const bool refused = out->action >= FG_THROTTLE;
        out->release = undo(plan, refused, refused, &out->release_request);
        if (!refused) {
            tell_peers(tally);
        }
    }
}

// What the protocol asks for goes before what the rules say.
static struct fg_reply dialog_reply(enum fg_dialog_fault fault, struct fg_reply otherwise)
{
    switch (fault) {
    case FG_DIALOG_MERGED:
        return (struct fg_reply){.code = 482, .text = "Loop Detected"};
    case FG_DIALOG_MISSING:
        return (struct fg_reply){.code = 481, .text = "Call/Transaction Does Not Exist"};
    case FG_DIALOG_FINE:
        break;
    }
    return otherwise;
}

void fg_decide(const struct fg_plan *plan, const struct fg_store_reply *reply,
               int32_t risky_degraded_count, struct fg_decision *out)
{
    memset(out, 0, offsetof(struct fg_decision, reasons));
    memset(&out->release_request, 0, offsetof(struct fg_store_request, ops));
    struct fg_tally tally = {.plan = plan, .reply = reply, .out = out};
    if (plan->emergency) {
        decide_emergency(out);
        return;
    }
    if (plan->identity_refused) {
        decide_refused_identity(&tally);
        return;
    }
    const struct fg_ruleset *ruleset = plan->policy->ruleset;
    out->degraded = plan->store_needed && (reply == NULL || reply->degraded);
    out->repeated = reply != NULL && reply->repeated;
    int32_t fact_points = add_facts(&tally, risky_degraded_count);
    enum fg_action least = fact_points > 0 ? FG_BLOCK : FG_ALLOW;
    add_rules(&tally, fact_points);

    enum fg_action rule_action =
        severer(fg_action_of(ruleset, out->score - fact_points), tally.at_least);
    out->action = severer(severer(fg_action_of(ruleset, out->score), tally.at_least), least);
    out->shadow_action =
        severer(severer(fg_action_of(ruleset, out->shadow_score), tally.all_at_least), least);
    if (fg_decide_allowance(&tally)) {
        rule_action = out->action = FG_ALERT;
        out->shadow_action = severer(fg_action_of(ruleset, out->shadow_score), FG_ALERT);
    }
    add_effects(&tally, rule_action);
    out->reply = dialog_reply(plan->event->dialog_fault, out->reply);
}
