// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict.h"

#include <stdlib.h>
#include <string.h>

#include "call_read.h"

void replay_judge(struct fg_replay *replay, struct replay_call *call, enum fg_event_kind kind,
                  int64_t now_ms)
{
    const struct fg_store_reply *reply = NULL;
    call_event(call, kind, &replay->peer, &replay->event);
    replay->event.answered = kind != FG_EVENT_ATTEMPT && call->answered;
    if (kind != FG_EVENT_ATTEMPT && call->answered && now_ms > call->answer_ms) {
        replay->event.duration_s = (int32_t)((now_ms - call->answer_ms) / FG_MS_PER_S);
    }
    replay->event.minute = kind == FG_EVENT_MINUTE ? call->minutes : 0;
    replay->stats.events++;
    fg_plan_call(replay->config.policy, &replay->event, now_ms, &call->facts, &replay->plan);
    if (replay->plan.store_needed) {
        if (replay->store.ops->evaluate(replay->store.impl, &replay->plan.request,
                                        &replay->reply) == FG_OK) {
            reply = &replay->reply;
        } else {
            replay->stats.unavailable++;
        }
    }
    fg_decide(&replay->plan, reply, 0, &replay->decision);
}

static int make_room(struct replay_call *call, uint32_t n)
{
    if (n <= call->room) {
        return FG_OK;
    }
    struct fg_replay_reason *reasons = reallocarray(call->reasons, n, sizeof(*reasons));
    if (reasons == NULL) {
        return FG_ENOMEM;
    }
    call->reasons = reasons;
    call->room = (uint16_t)n;
    return FG_OK;
}

static int keep_reasons(struct replay_call *call, const struct fg_decision *decision)
{
    int rc = make_room(call, decision->n_reasons);
    if (rc != FG_OK) {
        return rc;
    }
    call->n_reasons = (uint16_t)decision->n_reasons;
    for (uint32_t i = 0; i < decision->n_reasons; i++) {
        const struct fg_reason *reason = &decision->reasons[i];
        call->reasons[i] = (struct fg_replay_reason){.kind = reason->kind,
                                                     .index = reason->index,
                                                     .shadow = reason->shadow,
                                                     .points = reason->points};
    }
    return FG_OK;
}

void replay_note_hold(const struct fg_replay *replay, const struct fg_hold *hold,
                      struct fg_replay_hold *out)
{
    const struct fg_ruleset *ruleset = replay->config.policy->ruleset;
    *out = (struct fg_replay_hold){
        .scope = (enum fg_hold_scope)hold->scope, .value = hold->value, .rule = FG_REPLAY_NO_RULE};
    memcpy(out->of, hold->of, sizeof(out->of));
    for (uint32_t i = 0; hold->rule[0] != '\0' && i < ruleset->n_rules; i++) {
        if (strcmp(ruleset->rules[i].id, hold->rule) == 0) {
            out->rule = (uint16_t)i;
            return;
        }
    }
    for (uint32_t i = 0; hold->rule[0] != '\0' && i < ruleset->n_composites; i++) {
        if (strcmp(ruleset->composites[i].id, hold->rule) == 0) {
            out->is_composite = true;
            out->rule = (uint16_t)i;
            return;
        }
    }
}

int replay_keep_verdict(struct fg_replay *replay, struct replay_call *call, bool stops,
                        int64_t now_ms)
{
    const struct fg_decision *decision = &replay->decision;
    for (uint32_t i = 0; i < decision->n_reasons; i++) {
        if (decision->reasons[i].kind == FG_REASON_RULE) {
            replay->rule_hits[decision->reasons[i].index]++;
        }
    }
    if (call->judged && !stops && decision->action <= call->action) {
        return FG_OK;
    }
    call->judged = true;
    call->action = decision->action;
    call->score = decision->score;
    call->shadow_score = decision->shadow_score;
    call->at = replay->event.kind;
    call->decided_ms = now_ms;
    call->held = decision->hold.active;
    if (call->held) {
        replay_note_hold(replay, &decision->hold, &call->hold);
    }
    return keep_reasons(call, decision);
}

int replay_keep_hold(struct replay_call *call, int64_t now_ms)
{
    int rc = make_room(call, 1);
    if (rc != FG_OK) {
        return rc;
    }
    call->action = FG_BLOCK;
    call->score = call->shadow_score = FG_HOLD_POINTS;
    call->at = FG_EVENT_MINUTE;
    call->decided_ms = now_ms;
    call->held = true;
    call->hold = call->cut_by;
    call->n_reasons = 1;
    call->reasons[0] = (struct fg_replay_reason){.kind = FG_REASON_HOLD, .points = FG_HOLD_POINTS};
    return FG_OK;
}
