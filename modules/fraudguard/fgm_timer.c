// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_timer.h"

#include <unistd.h>

#include "core/cfg/cfg_struct.h"
#include "fg/explain.h"
#include "fgm_allowances.h"
#include "fgm_calls.h"
#include "fgm_clock.h"
#include "fgm_counters.h"
#include "fgm_cut.h"
#include "fgm_evaluate.h"
#include "fgm_floods.h"
#include "fgm_holds.h"
#include "fgm_params.h"
#include "fgm_policy.h"

#define TICK_US        100000
#define CUT_RETRY_MS   2000
#define RINGING_MAX_MS (10 * FG_MS_PER_MIN) // no dialog rings longer; its callbacks were missed

struct tick {
    const struct fg_policy *policy; // NULL: no rules are loaded
    int64_t now_ms;
};

static bool watch(void *arg, struct fgm_call_ref ref, struct fgm_call *call);

// A call that is to end.
struct condemned {
    const struct tick *tick;
    char reason[FG_HOLD_REASON_MAX];
};

static void find_reason(const struct fgm_evaluation *evaluation, struct condemned *out)
{
    const struct fg_decision *decision = &evaluation->decision;
    uint32_t first = 0;
    while (first < decision->n_reasons && fg_reason_is_note(&decision->reasons[first]))
        first++;
    if (first < decision->n_reasons)
        fg_reason_id(&evaluation->plan, &decision->reasons[first], out->reason, sizeof out->reason);
}

static bool cut_now(void *arg, struct fgm_call_ref ref, struct fgm_call *call)
{
    const struct condemned *condemned = arg;
    fgm_kill_media(call, condemned->reason, "rules");
    fgm_calls_want_cut(ref);
    call->cut_wanted = true;
    call->cut_at_ms = condemned->tick->now_ms;
    fgm_cut(call);
    return true;
}

// Its end is judged at once, so that the next call's verdict knows of it.
static void condemn(const struct tick *tick, const struct fgm_evaluation *evaluation,
                    struct fgm_call_ref ref, const struct fgm_call *call)
{
    struct condemned condemned = {.tick = tick, .reason = "rules"};
    struct fgm_call_ref dearest;
    find_reason(evaluation, &condemned);
    if (evaluation->decision.cut_dearest && fgm_calls_dearest(call->customer, &dearest) &&
        dearest.slot != ref.slot) {
        fgm_calls_look(dearest, cut_now, &condemned);
        fgm_calls_look(dearest, watch, (void *)(uintptr_t)tick);
        return;
    }
    fgm_kill_media(call, condemned.reason, "rules");
    fgm_calls_want_cut(ref);
}

// Judges one event of a call.
static void judge(const struct tick *tick, struct fgm_call_ref ref, struct fgm_call *call,
                  enum fg_event_kind kind)
{
    static struct fg_allowances allowances;
    static struct fgm_evaluation evaluation;
    struct fg_event event;
    if (!tick->policy)
        return;
    fgm_call_event(call, kind, &event);
    event.customer = fg_customers_by_id(tick->policy->customers, fg_view_of(call->customer));
    if (!event.customer)
        return; // no longer a customer: nothing to count for
    event.minute = kind == FG_EVENT_MINUTE ? call->minutes : 0;
    event.answered = call->answered_ms != 0;
    if (call->answered_ms) {
        int64_t until_ms = kind == FG_EVENT_END ? call->ended_ms : tick->now_ms;
        event.duration_s = (int32_t)((until_ms - call->answered_ms) / FG_MS_PER_S);
    }
    if (kind == FG_EVENT_MINUTE || kind == FG_EVENT_END)
        event.media = fgm_call_media(call, kind == FG_EVENT_END ? call->ended_ms : tick->now_ms);
    if (fgm_allowances_of(event.customer->id, &allowances))
        event.allowances = &allowances;
    fgm_evaluate(tick->policy, &event, &evaluation);
    if (evaluation.decision.allowed)
        call->allowance = evaluation.plan.allowance->id;
    fgm_effects(&evaluation, fg_view_of(call->call_id));
    if (evaluation.decision.cut_call && kind != FG_EVENT_END && !fgm_config.shadow)
        condemn(tick, &evaluation, ref, call);
}

static void tell_answer(const struct tick *tick, struct fgm_call_ref ref, struct fgm_call *call)
{
    if (!call->answered_ms || call->answer_told)
        return;
    call->answer_told = true;
    FGM_COUNT(answer_events);
    judge(tick, ref, call, FG_EVENT_ANSWER);
}

// Started minutes since the answer: the first one begins with it.
static void tell_minutes(const struct tick *tick, struct fgm_call_ref ref, struct fgm_call *call,
                         int64_t until_ms)
{
    if (!call->answered_ms)
        return;
    int64_t due = 1 + (until_ms - call->answered_ms) / FG_MS_PER_MIN;
    while (call->minutes < due) {
        call->minutes++;
        FGM_COUNT(minute_events);
        judge(tick, ref, call, FG_EVENT_MINUTE);
    }
}

static void watch_live(const struct tick *tick, struct fgm_call_ref ref, struct fgm_call *call)
{
    tell_answer(tick, ref, call);
    tell_minutes(tick, ref, call, tick->now_ms);
    if (call->cut_wanted && tick->now_ms - call->cut_at_ms >= CUT_RETRY_MS) {
        call->cut_at_ms = tick->now_ms;
        fgm_cut(call);
    }
}

// When a call that is up is looked at again: at its next minute, or to end it once more.
static int64_t next_look(const struct fgm_call *call)
{
    int64_t due_ms = call->answered_ms + call->minutes * FG_MS_PER_MIN;
    int64_t cut_ms = call->cut_at_ms + CUT_RETRY_MS;
    return call->cut_wanted && cut_ms < due_ms ? cut_ms : due_ms;
}

static bool watch(void *arg, struct fgm_call_ref ref, struct fgm_call *call)
{
    const struct tick *tick = arg;
    if (call->state == FGM_CALL_RINGING) {
        call->due_ms = call->created_ms + RINGING_MAX_MS;
        if (tick->now_ms >= call->due_ms)
            fgm_calls_ended(ref, tick->now_ms);
        return true;
    }
    if (call->state == FGM_CALL_UP) {
        watch_live(tick, ref, call);
        call->due_ms = next_look(call);
        return true;
    }
    tell_answer(tick, ref, call);
    tell_minutes(tick, ref, call, call->ended_ms);
    FGM_COUNT(end_events);
    judge(tick, ref, call, FG_EVENT_END);
    fgm_calls_remove(ref);
    return false;
}

void fgm_timer_run(void)
{
    for (;;) {
        uint64_t generation;
        struct tick tick = {.policy = fgm_policy_enter(&generation), .now_ms = fgm_now_ms()};
        fgm_calls_due(tick.now_ms, watch, &tick);
        fgm_policy_leave();
        fgm_policy_go_back_when_due();
        fgm_floods_tick(tick.now_ms);
        cfg_update();
        usleep(TICK_US);
    }
}
