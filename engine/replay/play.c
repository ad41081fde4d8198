// SPDX-License-Identifier: GPL-2.0-or-later
// A call's life, event by event, with what a verdict does to it and to the customer's other calls:
// the same as the module does.
#include <stdio.h>

#include "fg/explain.h"
#include "replay_priv.h"
#include "verdict.h"

#define OTHERS_LATER (UINT64_C(1) << 63) // a call that ends makes room for one that starts then

struct queued_event replay_queued(const struct replay_call *call, uint32_t slot,
                                  enum replay_step step, int64_t at_ms)
{
    return (struct queued_event){.at_ms = at_ms,
                                 .order = call->sequence | (step == STEP_END ? 0 : OTHERS_LATER),
                                 .call = slot,
                                 .step = step};
}

static int64_t started_minutes(int64_t duration_ms)
{
    return (duration_ms + FG_MS_PER_MIN - 1) / FG_MS_PER_MIN;
}

int replay_tell(struct fg_replay *replay, uint32_t slot)
{
    struct replay_call *call = call_at(&replay->calls, slot);
    const struct fg_replay_result result = {
        .sequence = call->sequence,
        .call_id = {call->call_id, call->call_id_len},
        .label = labels_text(&replay->labels, call->label),
        .customer = call->customer,
        .identity = call->identity,
        .direction = call->direction,
        .action = call->action,
        .score = call->score,
        .shadow_score = call->shadow_score,
        .at = call->at,
        .n_reasons = call->n_reasons,
        .reasons = call->reasons,
        .refused = call->refused,
        .cut = call->cut,
        .held = call->held,
        .hold = call->hold,
        .start_ms = call->start_ms,
        .decided_ms = call->decided_ms,
        .cut_after_ms = call->cut ? call->decided_ms - call->answer_ms : 0,
        .minutes_recorded = call->answered ? started_minutes(call->end_ms - call->answer_ms) : 0,
        .minutes_through = call->minutes,
        .usd_per_minute = call->direction == FG_OUTBOUND ? call->usd_per_minute : 0,
        .label_calls = call->label == 0 ? 0 : replay->labels.items[call->label].calls,
    };
    call_table_unlink(&replay->calls, slot);
    call->over = true;
    return replay->config.result(replay->config.arg, &result);
}

// --- cuts and holds

// Ends a call whose verdict is known: as the BYE does, its end gives back what it held.
static int cut(struct fg_replay *replay, uint32_t slot, int64_t now_ms)
{
    struct replay_call *call = call_at(&replay->calls, slot);
    call->cut = true;
    replay_judge(replay, call, FG_EVENT_END, now_ms);
    return replay_tell(replay, slot);
}

static int cut_for_hold(struct fg_replay *replay, uint32_t slot, int64_t now_ms)
{
    int rc = replay_keep_hold(call_at(&replay->calls, slot), now_ms);
    return rc == FG_OK ? cut(replay, slot, now_ms) : rc;
}

static bool concerns(const struct replay_call *call, const struct fg_hold *hold)
{
    if (call->emergency) {
        return false; // nothing ends an emergency call
    }
    return hold->scope == FG_HOLD_CUSTOMER ||
           (call->direction == FG_OUTBOUND &&
            fg_hold_asked(&call->holds, hold->scope, hold->value));
}

// Cuts the customer's other calls that a new hold names; the one it was set for has a verdict of
// its own. One that is ringing has nothing to end yet: it is cut as soon as it is answered.
static int cut_held(struct fg_replay *replay, const struct replay_call *own,
                    const struct fg_hold *hold, int64_t now_ms)
{
    int rc = FG_OK;
    uint32_t slot = replay->calls.live[own->customer->index];
    while (rc == FG_OK && slot != NO_CALL) {
        struct replay_call *call = call_at(&replay->calls, slot);
        uint32_t next = call->next;
        if (call != own && concerns(call, hold)) {
            call->cut_wanted = true;
            replay_note_hold(replay, hold, &call->cut_by);
            rc = call->up ? cut_for_hold(replay, slot, now_ms) : FG_OK;
        }
        slot = next;
    }
    return rc;
}

// What the module does with a verdict besides refusing or cutting the call: leases are given back,
// a hold is set, and the calls it names are cut.
static int apply(struct fg_replay *replay, const struct replay_call *call, int64_t now_ms)
{
    const struct fg_decision *decision = &replay->decision;
    const struct fg_hold_effect *effect = &decision->set_hold;
    if (decision->release) {
        (void)replay->store.ops->evaluate(replay->store.impl, &decision->release_request,
                                          &replay->reply);
    }
    if (!effect->wanted || call->customer == NULL) {
        return FG_OK;
    }
    struct fg_hold hold = {.active = true,
                           .scope = (uint8_t)effect->scope,
                           .value = effect->value,
                           .cut = decision->drop_media || decision->cut_call,
                           .since_ms = now_ms};
    (void)snprintf(hold.by, sizeof(hold.by), "rules");
    fg_plan_hold_of(&replay->plan, effect->scope, hold.of);
    if (effect->reason < decision->n_reasons) {
        fg_reason_id(&replay->plan, &decision->reasons[effect->reason], hold.rule,
                     sizeof(hold.rule));
    }
    (void)fg_local_hold_renew(replay->local, call->customer->id, &effect->span, &hold);
    return hold.cut ? cut_held(replay, call, &hold, now_ms) : FG_OK;
}

// --- the steps; each returns FG_OK, FG_ENOMEM or what result() returned

static int play_attempt(struct fg_replay *replay, uint32_t slot, int64_t now_ms)
{
    struct replay_call *call = call_at(&replay->calls, slot);
    if (call->label != 0) {
        replay->labels.items[call->label].calls++;
    }
    replay_judge(replay, call, FG_EVENT_ATTEMPT, now_ms);
    call->holds = replay->plan.request.holds;
    call->emergency = replay->plan.emergency;
    call->usd_per_minute = replay->plan.dest.usd_per_minute;
    // From throttle upwards an INVITE is refused.
    call->refused = replay->decision.action >= FG_THROTTLE;
    int rc = replay_keep_verdict(replay, call, call->refused, now_ms);
    if (rc == FG_OK) {
        rc = apply(replay, call, now_ms);
    }
    if (rc == FG_OK && call->refused) {
        return replay_tell(replay, slot);
    }
    call_table_link(&replay->calls, slot);
    return rc;
}

// The customer's call that ends first.
static uint32_t dearest_of(const struct fg_replay *replay, const struct replay_call *own)
{
    uint32_t found = NO_CALL;
    struct fg_cut_candidate first = {0};
    for (uint32_t slot = replay->calls.live[own->customer->index]; slot != NO_CALL;
         slot = call_at(&replay->calls, slot)->next) {
        const struct replay_call *call = call_at(&replay->calls, slot);
        const struct fg_cut_candidate candidate = {call->usd_per_minute, call->answer_ms};
        if (call->up && !call->emergency && call->direction == FG_OUTBOUND &&
            (found == NO_CALL || fg_cut_before(&candidate, &first))) {
            found = slot;
            first = candidate;
        }
    }
    return found;
}

// Judges an answer or a started minute. *stops: the call is to be cut.
static int play_live(struct fg_replay *replay, uint32_t slot, enum fg_event_kind kind,
                     int64_t now_ms, bool *stops)
{
    struct replay_call *call = call_at(&replay->calls, slot);
    replay_judge(replay, call, kind, now_ms);
    bool cuts = replay->decision.cut_call;
    uint32_t dearest = slot;
    if (replay->decision.cut_dearest && !*stops) {
        dearest = dearest_of(replay, call);
    }
    // The verdict is the one's that ends for it.
    const bool other = dearest != slot && dearest != NO_CALL;
    struct replay_call *ends = other ? call_at(&replay->calls, dearest) : call;
    int rc = *stops ? FG_OK : replay_keep_verdict(replay, ends, cuts, now_ms);
    *stops = *stops || (cuts && !other);
    if (rc == FG_OK) {
        rc = apply(replay, call, now_ms);
    }
    return rc == FG_OK && other && !ends->over ? cut(replay, dearest, now_ms) : rc;
}

static int play_minute(struct fg_replay *replay, uint32_t slot, int64_t now_ms, bool *stops)
{
    call_at(&replay->calls, slot)->minutes++;
    return play_live(replay, slot, FG_EVENT_MINUTE, now_ms, stops);
}

// The first minute begins with the answer, also that of a call that is cut then.
static int play_answer(struct fg_replay *replay, uint32_t slot, int64_t now_ms)
{
    struct replay_call *call = call_at(&replay->calls, slot);
    bool stops = false;
    call->up = true;
    int rc = play_live(replay, slot, FG_EVENT_ANSWER, now_ms, &stops);
    if (rc == FG_OK && call->end_ms > now_ms) {
        rc = play_minute(replay, slot, now_ms, &stops);
    }
    if (rc == FG_OK && !stops && call->cut_wanted) {
        return cut_for_hold(replay, slot, now_ms);
    }
    return rc == FG_OK && stops ? cut(replay, slot, now_ms) : rc;
}

static int play_end(struct fg_replay *replay, uint32_t slot, int64_t now_ms)
{
    struct replay_call *call = call_at(&replay->calls, slot);
    replay_judge(replay, call, FG_EVENT_END, now_ms);
    int rc = replay_keep_verdict(replay, call, false, now_ms);
    return rc == FG_OK ? replay_tell(replay, slot) : rc;
}

static int play(struct fg_replay *replay, const struct queued_event *event)
{
    bool stops = false;
    int rc = FG_OK;
    switch ((enum replay_step)event->step) {
    case STEP_ATTEMPT:
        return play_attempt(replay, event->call, event->at_ms);
    case STEP_ANSWER:
        return play_answer(replay, event->call, event->at_ms);
    case STEP_MINUTE:
        rc = play_minute(replay, event->call, event->at_ms, &stops);
        return rc == FG_OK && stops ? cut(replay, event->call, event->at_ms) : rc;
    case STEP_END:
        return play_end(replay, event->call, event->at_ms);
    }
    return FG_EINVAL;
}

// What comes after a step of a call that goes on.
static struct queued_event next_of(const struct replay_call *call, uint32_t slot,
                                   enum replay_step step)
{
    int64_t minute_ms = call->answer_ms + call->minutes * FG_MS_PER_MIN;
    if (step == STEP_ATTEMPT && call->answered) {
        return replay_queued(call, slot, STEP_ANSWER, call->answer_ms);
    }
    if (call->up && minute_ms < call->end_ms) {
        return replay_queued(call, slot, STEP_MINUTE, minute_ms);
    }
    return replay_queued(call, slot, STEP_END, call->end_ms);
}

static int play_start(struct fg_replay *replay, struct queued_event event)
{
    const struct replay_call *call = call_at(&replay->calls, event.call);
    start_queue_drop_first(&replay->starts);
    int rc = play(replay, &event);
    if (call->over) {
        call_table_give_back(&replay->calls, event.call);
        return rc;
    }
    int added = event_queue_add(&replay->queue, next_of(call, event.call, STEP_ATTEMPT));
    return rc == FG_OK ? added : rc;
}

int replay_play_first(struct fg_replay *replay)
{
    const struct queued_event *start = start_queue_first(&replay->starts);
    const struct queued_event *first = event_queue_first(&replay->queue);
    if (start == NULL && first == NULL) {
        return FG_ENOTFOUND;
    }
    if (first == NULL || (start != NULL && queued_before(start, first))) {
        replay->played_ms = start->at_ms;
        return play_start(replay, *start);
    }
    const struct queued_event event = *first;
    const struct replay_call *call = call_at(&replay->calls, event.call);
    int rc = FG_OK;
    if (!call->over) {
        replay->played_ms = event.at_ms;
        rc = play(replay, &event);
    }
    // Nothing that is played adds to the queue: the event is still its first.
    if (call->over) {
        event_queue_drop_first(&replay->queue);
        call_table_give_back(&replay->calls, event.call);
    } else {
        event_queue_replace_first(&replay->queue,
                                  next_of(call, event.call, (enum replay_step)event.step));
    }
    return rc;
}
