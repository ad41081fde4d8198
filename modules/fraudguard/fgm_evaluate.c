// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_evaluate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fg/explain.h"
#include "fg/record.h"
#include "fgm_clock.h"
#include "fgm_counters.h"
#include "fgm_decisions.h"
#include "fgm_floods.h"
#include "fgm_holds.h"
#include "fgm_params.h"
#include "fgm_policy.h"
#include "fgm_ring.h"
#include "fgm_stores.h"
#include "fgm_trunks.h"

// Risky calls of the last minute, this one included: what a degraded verdict caps.
static int32_t risky_count(const struct fgm_evaluation *evaluation,
                           const struct fg_store_reply *reply)
{
    const struct fg_event *event = evaluation->plan.event;
    if (!event->customer || evaluation->plan.dest_ordinary || evaluation->plan.skip_rules)
        return 0;
    // What comes in costs nothing: it must not use up what may go out.
    bool add = event->kind == FG_EVENT_ATTEMPT && event->direction == FG_OUTBOUND &&
               !(reply && reply->repeated);
    return fgm_trunks_risky(event->customer->id, add, evaluation->now_ms);
}

void fgm_evaluate(const struct fg_policy *policy, const struct fg_event *event,
                  struct fgm_evaluation *out)
{
    static struct fg_store_reply reply; // 4 KiB; processes are single threaded
    const struct fg_store_reply *answered = NULL;
    int64_t start_us = fgm_mono_us();

    out->now_ms = fgm_now_ms();
    out->store_us = 0;
    fg_plan(policy, event, out->now_ms, &out->plan);
    if (out->plan.store_needed) {
        struct fg_store store = fgm_store();
        bool asks_redis = fgm_config.has_redis && fg_breaker_state(fgm_breaker()) != FG_STORE_DOWN;
        int64_t store_start_us = fgm_mono_us();
        memset(&reply, 0, sizeof reply);
        if (store.ops && store.ops->evaluate(store.impl, &out->plan.request, &reply) == FG_OK)
            answered = &reply;
        out->store_us = fgm_mono_us() - store_start_us;
        if (asks_redis)
            fgm_metrics_redis(fgm_metrics, FGM_REDIS_EVALUATE, out->store_us);
    }
    fg_decide(&out->plan, answered, risky_count(out, answered), &out->decision);
    out->decided_us = fgm_mono_us() - start_us;
}

// The rules that are in force for this process are those that judged.
static void count_reasons(const struct fg_decision *decision)
{
    const struct fgm_rule_slots *slots = fgm_policy_rule_slots();
    if (decision->repeated)
        return;
    fgm_metrics_reasons(fgm_metrics, decision);
    if (slots)
        fgm_rule_hits_count(fgm_rule_hits, slots, decision);
}

static void count_attempt(const struct fgm_evaluation *evaluation)
{
    const struct fg_decision *decision = &evaluation->decision;
    enum fg_identity identity = evaluation->plan.event->identity;
    FGM_COUNT(attempts);
    fgm_metrics_attempt(fgm_metrics, evaluation->plan.event->direction, decision,
                        evaluation->decided_us);
    switch (decision->action) {
    case FG_ALLOW:
        FGM_COUNT(allow);
        break;
    case FG_ALERT:
        FGM_COUNT(alert);
        break;
    case FG_THROTTLE:
        FGM_COUNT(throttle);
        break;
    case FG_CHALLENGE:
        FGM_COUNT(challenge);
        break;
    default:
        FGM_COUNT(block);
    }
    if (identity == FG_IDENTITY_UNREADABLE)
        FGM_COUNT(unreadable);
    else if (!fg_identity_is_customer(identity))
        FGM_COUNT(identity_refused);
    if (decision->repeated)
        FGM_COUNT(repeated);
    if (fgm_config.shadow && decision->action >= FG_THROTTLE)
        FGM_COUNT(shadowed);
}

// The ids of the rules that made the points, each on a line.
static void list_rules(const struct fgm_evaluation *evaluation, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < evaluation->decision.n_reasons && used + 1 < size; i++) {
        const struct fg_reason *reason = &evaluation->decision.reasons[i];
        char id[96];
        if (reason->shadow || reason->kind == FG_REASON_CAP || fg_reason_is_note(reason))
            continue;
        fg_reason_id(&evaluation->plan, reason, id, sizeof id);
        int n = snprintf(out + used, size - used, "%s\n", id);
        used += n > 0 ? (size_t)n : 0;
    }
}

static void set_hold(struct fgm_evaluation *evaluation)
{
    struct fg_decision *decision = &evaluation->decision;
    const struct fg_policy *policy = evaluation->plan.policy;
    struct fg_hold_effect *effect = &decision->set_hold;
    char rules[512];
    struct fg_hold hold = {
        .active = true,
        .scope = (uint8_t)effect->scope,
        .value = effect->value,
        .cut = decision->drop_media || decision->cut_call,
        .since_ms = evaluation->now_ms,
        .until_ms = effect->until_ms,
    };
    fg_plan_hold_of(&evaluation->plan, effect->scope, hold.of);
    if (effect->reason < decision->n_reasons)
        fg_reason_id(&evaluation->plan, &decision->reasons[effect->reason], hold.rule,
                     sizeof hold.rule);
    list_rules(evaluation, rules, sizeof rules);
    size_t first = strcspn(rules, "\n");
    snprintf(hold.reason, sizeof hold.reason, "score %d: %.*s", decision->score,
             hold.rule[0] ? (int)sizeof hold.rule : (int)first, hold.rule[0] ? hold.rule : rules);
    snprintf(hold.by, sizeof hold.by, "rule:%s", policy->ruleset->pack);
    effect->until_ms = fgm_holds_set(evaluation->plan.event->customer->id, &hold, &effect->span,
                                     fg_view_of(rules));
}

void fgm_leases_give_back(const char *customer, const struct fg_store_request *request)
{
    struct fgm_item_leases leases = {.request = *request};
    snprintf(leases.customer, sizeof leases.customer, "%s", customer);
    leases.request.customer = NULL;
    fgm_ring_push(
        fgm_orders,
        &(struct fgm_item){.kind = FGM_ITEM_LEASES, .fixed = &leases, .fixed_len = sizeof leases});
}

// Minutes of calls that nothing is wrong with are not worth an event each.
static bool worth_recording(const struct fgm_evaluation *evaluation)
{
    return evaluation->plan.event->kind != FG_EVENT_MINUTE ||
           evaluation->decision.action > FG_ALLOW || evaluation->decision.cut_call;
}

// What explains a call is its INVITE's verdict, until a later event changes its fate. Most calls
// are allowed, and few of them are asked about later.
static uint32_t record_time_s(const struct fgm_evaluation *evaluation)
{
    const struct fg_decision *decision = &evaluation->decision;
    if (decision->action > FG_ALLOW)
        return FGM_RECORD_MAX_S;
    if (evaluation->plan.event->kind != FG_EVENT_ATTEMPT)
        return 0;
    return decision->shadow_action > FG_ALLOW ? FGM_RECORD_MAX_S
                                              : (uint32_t)fgm_params.allowed_record;
}

static void record(const struct fgm_evaluation *evaluation, struct fg_view call_id)
{
    struct fg_record_context context = {
        .call_id = call_id,
        .node = fgm_config.node,
        .decided_in_us = evaluation->decided_us,
        .store_us = evaluation->store_us,
        .unmask = fgm_params.unmask != 0,
    };
    char *json = fg_record_decision(&context, &evaluation->plan, &evaluation->decision);
    if (!json)
        return;
    struct fgm_item_event event = {.record_s = record_time_s(evaluation)};
    if (event.record_s)
        fgm_decisions_add(call_id, fg_view_of(json));
    if (fgm_config.has_redis)
        fgm_ring_push(fgm_records, &(struct fgm_item){.kind = FGM_ITEM_EVENT,
                                                      .fixed = &event,
                                                      .fixed_len = sizeof event,
                                                      .text = {fg_view_of(json), call_id}});
    free(json);
}

void fgm_effects(struct fgm_evaluation *evaluation, struct fg_view call_id)
{
    const struct fg_event *event = evaluation->plan.event;
    const struct fg_decision *decision = &evaluation->decision;
    if (decision->degraded)
        FGM_COUNT(degraded);
    count_reasons(decision);
    if (event->kind == FG_EVENT_ATTEMPT) {
        count_attempt(evaluation);
        fgm_floods_judged(evaluation);
        fgm_trunks_note(event, decision->action, decision->repeated, evaluation->now_ms);
    }
    // In shadow mode nothing happens to anybody: no hold, and a call that goes on keeps its leases.
    // What is usual is learned all the same.
    if (fgm_config.shadow && event->customer && decision->release && decision->action < FG_THROTTLE)
        fgm_leases_give_back(event->customer->id, &decision->release_request);
    if (!fgm_config.shadow && event->customer) {
        const struct fg_hold_effect *hold = &decision->set_hold;
        if (hold->wanted && fgm_trunks_may_hold(event->customer->id, (uint8_t)hold->scope,
                                                hold->value, evaluation->now_ms))
            set_hold(evaluation);
        if (decision->release)
            fgm_leases_give_back(event->customer->id, &decision->release_request);
    }
    if (worth_recording(evaluation))
        record(evaluation, call_id);
}
