// SPDX-License-Identifier: GPL-2.0-or-later
#include "bound_attack.h"

#include "fg/decide.h"
#include "fg/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LIVE_MAX   700
#define CHARGES    400000
#define RING_MS    INT64_C(178000)
#define TICK_MS    INT64_C(1000)
#define NOT_YET_MS INT64_MAX

uint32_t below(struct source *source, uint32_t n)
{
    source->state = source->state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(source->state >> 33) % n;
}

struct call {
    bool live;
    struct fg_event event;
    int64_t answer_ms, answered_ms, end_ms; // answered_ms: NOT_YET_MS while it rings
};
struct charge {
    int64_t at_ms;
    fg_micro usd;
};
// How an attacker goes about it.
struct manner {
    uint32_t tries_per_tick; // attempts a second, at most
    uint32_t live_wanted;    // calls at once that it wants
    int64_t talk_ms;
    int64_t ring_ms;        // before they answer
    int64_t answer_at_ms;   // all at once, when not 0
    uint32_t pause_percent; // of seconds without attempts
    uint32_t fixed_user;    // UINT32_MAX: any
    uint32_t reuse_percent; // of attempts that bear the names of the last one
};
struct play {
    const struct attack *attack;
    struct source source;
    struct manner manner;
    struct fg_store store;
    void *memory;
    struct call calls[LIVE_MAX];
    uint32_t n_live;
    uint64_t next_key, next_lease;
    struct charge *charges;
    uint32_t n_charges;
};

static void choose_manner(struct play *p)
{
    static const uint32_t tries[] = {1, 2, 4, 8};
    static const uint32_t wanted[] = {1, 2, 4, 30, 61, 120, 600};
    static const int64_t talks[] = {500, 500, 61000, 3600000, INT64_C(86400000)};
    static const int64_t rings[] = {0, 0, 5000, 100000, RING_MS};
    struct source *s = &p->source;
    const uint32_t n_users = p->attack->n_users;
    p->manner = (struct manner){.tries_per_tick = tries[below(s, 4)],
                                .live_wanted = wanted[below(s, 7)],
                                .talk_ms = talks[below(s, 5)],
                                .ring_ms = rings[below(s, 5)],
                                .pause_percent = below(s, 3) == 0 ? 90 : 0,
                                .fixed_user = below(s, 2) == 0 ? below(s, n_users) : UINT32_MAX,
                                .reuse_percent = below(s, 2) == 0 ? 80 : 0};
    if (below(s, 3) == 0) {
        p->manner.answer_at_ms = p->attack->start_ms + RING_MS;
    }
}

// One event on the engine and the store; true when the call may go on.
static bool judge(struct play *p, const struct fg_event *event, int64_t now_ms, fg_micro *rate)
{
    static struct fg_plan plan;
    static struct fg_decision decision;
    struct fg_store_reply reply;
    fg_plan(p->attack->policy, event, now_ms, &plan);
    const struct fg_store_reply *read = NULL;
    if (plan.store_needed) {
        memset(&reply, 0, sizeof(reply));
        assert_int_equal(p->store.ops->evaluate(p->store.impl, &plan.request, &reply), FG_OK);
        read = &reply;
    }
    fg_decide(&plan, read, 0, &decision);
    if (decision.release) {
        assert_int_equal(p->store.ops->evaluate(p->store.impl, &decision.release_request, &reply),
                         FG_OK);
    }
    *rate = plan.dest.usd_per_minute;
    return event->kind == FG_EVENT_ATTEMPT ? decision.action < FG_THROTTLE : !decision.cut_call;
}

static void charge(struct play *p, int64_t now_ms, fg_micro usd)
{
    if (usd > 0 && p->n_charges < CHARGES) {
        p->charges[p->n_charges++] = (struct charge){now_ms, usd};
    }
}

static void hang_up(struct play *p, struct call *call, int64_t now_ms)
{
    fg_micro rate = 0;
    call->event.kind = FG_EVENT_END;
    (void)judge(p, &call->event, now_ms, &rate);
    call->live = false;
    p->n_live--;
}

static void try_call(struct play *p, int64_t now_ms)
{
    const struct attack *attack = p->attack;
    struct call *call = p->calls;
    while (call->live) {
        call++;
    }
    uint32_t user = p->manner.fixed_user;
    if (user == UINT32_MAX) {
        user = below(&p->source, attack->n_users);
    }
    if (below(&p->source, 100) >= p->manner.reuse_percent) {
        p->next_key++;
    }
    *call = (struct call){.answered_ms = NOT_YET_MS};
    call->event = (struct fg_event){.kind = FG_EVENT_ATTEMPT,
                                    .direction = FG_OUTBOUND,
                                    .identity = FG_IDENTITY_CERTIFICATE,
                                    .customer = attack->customer,
                                    .transport = FG_TRANSPORT_TLS,
                                    .call_key = {.lo = p->next_key, .hi = attack->seed},
                                    .lease = ++p->next_lease};
    fg_number_read(fg_view_of(attack->users[user]), fg_view_of(""), &attack->customer->dial_plan,
                   &call->event.called);
    fg_micro rate = 0;
    if (!judge(p, &call->event, now_ms, &rate)) {
        return;
    }
    call->live = true;
    p->n_live++;
    call->answer_ms = now_ms + p->manner.ring_ms;
    if (p->manner.answer_at_ms > now_ms && p->manner.answer_at_ms - now_ms <= RING_MS) {
        call->answer_ms = p->manner.answer_at_ms;
    }
}

static void go_on(struct play *p, struct call *call, int64_t now_ms)
{
    fg_micro rate = 0;
    if (call->answered_ms == NOT_YET_MS) {
        if (now_ms < call->answer_ms) {
            return;
        }
        call->answered_ms = now_ms;
        call->end_ms = now_ms + p->manner.talk_ms;
        call->event.kind = FG_EVENT_ANSWER;
        (void)judge(p, &call->event, now_ms, &rate);
    }
    int64_t talked_ms = now_ms - call->answered_ms;
    if (now_ms > call->answered_ms && now_ms >= call->end_ms) {
        hang_up(p, call, now_ms);
    } else if (talked_ms % FG_MS_PER_MIN == 0) {
        call->event.kind = FG_EVENT_MINUTE;
        call->event.minute = (int32_t)(talked_ms / FG_MS_PER_MIN) + 1;
        call->event.duration_s = (int32_t)(talked_ms / FG_MS_PER_S);
        bool goes_on = judge(p, &call->event, now_ms, &rate);
        charge(p, now_ms, rate); // the minute has begun
        if (!goes_on) {
            hang_up(p, call, now_ms);
        }
    }
}

static void tick(struct play *p, int64_t now_ms)
{
    for (uint32_t i = 0, left = p->n_live; left > 0; i++) {
        if (p->calls[i].live) {
            left--;
            go_on(p, &p->calls[i], now_ms);
        }
    }
    if (below(&p->source, 100) < p->manner.pause_percent) {
        return;
    }
    for (uint32_t i = 0; i < p->manner.tries_per_tick && p->n_live < p->manner.live_wanted; i++) {
        try_call(p, now_ms);
    }
}

static fg_micro most_within(const struct play *p, int64_t window_ms)
{
    fg_micro most = 0;
    fg_micro sum = 0;
    uint32_t first = 0;
    for (uint32_t i = 0; i < p->n_charges; i++) {
        sum += p->charges[i].usd;
        while (p->charges[i].at_ms - p->charges[first].at_ms >= window_ms) {
            sum -= p->charges[first++].usd;
        }
        most = sum > most ? sum : most;
    }
    return most;
}

fg_micro attack_play(const struct attack *attack, int64_t window_ms)
{
    struct fg_local_config config = {
        .windows = 1024, .sets = 1024, .calls = 65536, .holds = 64, .registers = 1024};
    struct play *p = calloc(1, sizeof(*p));
    assert_non_null(p);
    const size_t size = (fg_local_size_bytes(&config) + 63) / 64 * 64;
    assert_true(size > 0);
    p->attack = attack;
    p->source.state = attack->seed;
    p->memory = aligned_alloc(64, size);
    assert_non_null(p->memory);
    memset(p->memory, 0, size);
    struct fg_local *local = fg_local_init(p->memory, &config);
    assert_non_null(local);
    p->store = fg_local_store(local);
    p->charges = calloc(CHARGES, sizeof(*p->charges));
    assert_non_null(p->charges);
    choose_manner(p);
    for (int64_t t = 0; t < attack->length_ms; t += TICK_MS) {
        tick(p, attack->start_ms + t);
    }
    fg_micro most = most_within(p, window_ms);
    free(p->charges);
    free(p->memory);
    free(p);
    return most;
}
