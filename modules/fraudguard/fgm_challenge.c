// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_challenge.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "fgm_clock.h"
#include "fgm_counters.h"
#include "fgm_limiter.h"
#include "fgm_memory.h"
#include "fgm_once.h"
#include "fgm_params.h"
#include "fgm_ring.h"
#include "fgm_str.h"

#define KNOWN_SETS 4096
#define WAYS       4
#define LIMITED    8192 // customers and callers whose pace is known at a time; a power of two

// Who passed: a keyed hash of customer and caller, and until when it counts [Unix s]. In one word,
// so that no reader sees half of it.
static struct known {
    _Atomic uint64_t who[KNOWN_SETS][WAYS]; // 32 bits each
} * known;

static struct fgm_once *tokens;          // those that were used
static struct fgm_limiter *diverted;     // by customer
static struct fgm_limiter *known_passes; // by customer and caller; its clock is 60 times as slow

int fgm_challenge_init(void)
{
    void *memory[2] = {fgm_memory_map(fgm_limiter_size_bytes(LIMITED)),
                       fgm_memory_map(fgm_limiter_size_bytes(LIMITED))};
    known = fgm_memory_map(sizeof *known);
    tokens = fgm_memory_map(sizeof *tokens);
    if (!known || !tokens || !memory[0] || !memory[1])
        return FG_ENOMEM;
    diverted = fgm_limiter_init(memory[0], LIMITED);
    known_passes = fgm_limiter_init(memory[1], LIMITED);
    return FG_OK;
}

static bool call_of(const struct fgm_evaluation *evaluation, struct fgm_token_call *out)
{
    const struct fg_event *event = evaluation->plan.event;
    const struct fg_number *called = &evaluation->plan.dest.number;
    if (event->direction != FG_INBOUND || !event->customer || called->len == 0 ||
        event->caller.len == 0)
        return false;
    *out = (struct fgm_token_call){
        .customer = fg_view_of(event->customer->id),
        .called = {called->digits, called->len},
        .caller = {event->caller.digits, event->caller.len},
    };
    return true;
}

static uint64_t hash_of(const struct fgm_token_call *call)
{
    const struct fg_view parts[] = {fg_view_of("challenged"), call->customer, call->caller};
    return fg_hash128_parts(&fgm_config.hash_key, parts, 3).lo;
}

static void remember(uint64_t hash, int64_t until_ms)
{
    uint64_t until_s = (uint64_t)(until_ms / FG_MS_PER_S);
    _Atomic uint64_t *set = known->who[hash % KNOWN_SETS];
    uint32_t oldest = 0;
    for (uint32_t i = 0; i < WAYS; i++) {
        if (set[i] >> 32 == hash >> 32) {
            oldest = i;
            break;
        }
        if ((uint32_t)set[i] < (uint32_t)set[oldest])
            oldest = i;
    }
    set[oldest] = (hash >> 32) << 32 | (uint32_t)until_s;
}

static uint64_t hash_of_token(struct fg_view token)
{
    const struct fg_view parts[] = {fg_view_of("used"), token};
    return fg_hash128_parts(&fgm_config.hash_key, parts, 2).lo;
}

// Also on the other nodes: the caller's next call may come there.
static void tell_others(const struct fgm_token_call *call, struct fg_view token, int64_t until_ms)
{
    struct fgm_item_passed passed = {
        .who = hash_of(call), .token = hash_of_token(token), .until_ms = until_ms};
    snprintf(passed.customer, sizeof passed.customer, "%.*s", (int)call->customer.len,
             call->customer.ptr);
    fgm_ring_push(
        fgm_orders,
        &(struct fgm_item){.kind = FGM_ITEM_PASSED, .fixed = &passed, .fixed_len = sizeof passed});
}

void fgm_challenge_heard(uint64_t who, int64_t until_ms)
{
    const int64_t longest_ms = fgm_now_ms() + fgm_params.challenge_known * FG_MS_PER_S;
    remember(who, until_ms < longest_ms ? until_ms : longest_ms);
}

void fgm_challenge_heard_token(uint64_t token)
{
    const int64_t now_ms = fgm_now_ms();
    (void)fgm_once_take(tokens, token, now_ms + fgm_params.challenge_ttl * FG_MS_PER_S, now_ms);
}

static bool is_known(const struct fgm_token_call *call, int64_t now_ms)
{
    uint64_t hash = hash_of(call);
    _Atomic uint64_t *set = known->who[hash % KNOWN_SETS];
    for (uint32_t i = 0; i < WAYS; i++) {
        uint64_t entry = set[i];
        if (entry >> 32 == hash >> 32 && (int64_t)(uint32_t)entry > now_ms / FG_MS_PER_S)
            return true;
    }
    return false;
}

// A caller who is known reaches all numbers of the customer: not as fast as he likes.
static bool may_pass_again(const struct fgm_token_call *call)
{
    uint64_t key = hash_of(call);
    return fgm_params.challenge_passes == 0 ||
           fgm_limiter_take(known_passes, key ? key : 1, (uint32_t)fgm_params.challenge_passes,
                            fgm_mono_us() / 60) == FGM_LIMIT_PASS;
}

static bool may_divert(const struct fgm_token_call *call)
{
    const struct fg_view parts[] = {fg_view_of("diverted"), call->customer};
    uint64_t key = fg_hash128_parts(&fgm_config.hash_key, parts, 2).lo;
    return fgm_params.challenge_rate == 0 ||
           fgm_limiter_take(diverted, key ? key : 1, (uint32_t)fgm_params.challenge_rate,
                            fgm_mono_us()) == FGM_LIMIT_PASS;
}

// A good token that was not used before: here, or on a node that has told so.
static bool takes_token(const struct fgm_token_call *call, struct fg_view token, int64_t now_ms)
{
    return fgm_token_check(&fgm_config.hash_key, call, token, now_ms) &&
           fgm_once_take(tokens, hash_of_token(token),
                         now_ms + fgm_params.challenge_ttl * FG_MS_PER_S, now_ms);
}

static struct fg_view token_in(const struct sip_msg *msg)
{
    for (const struct hdr_field *header = msg->headers; header; header = header->next) {
        if (fg_view_equal_nocase(fgm_view(header->name), fg_view_of(FGM_CHALLENGE_HEADER)))
            return fgm_view(header->body);
    }
    return (struct fg_view){"", 0};
}

void fgm_challenge_passed(struct sip_msg *msg, struct fgm_evaluation *evaluation)
{
    struct fg_decision *decision = &evaluation->decision;
    struct fgm_token_call call;
    if (decision->action != FG_CHALLENGE || !call_of(evaluation, &call))
        return;
    if (takes_token(&call, token_in(msg), evaluation->now_ms)) {
        const int64_t until_ms = evaluation->now_ms + fgm_params.challenge_known * FG_MS_PER_S;
        remember(hash_of(&call), until_ms);
        tell_others(&call, token_in(msg), until_ms);
    } else if (!is_known(&call, evaluation->now_ms) || !may_pass_again(&call)) {
        return;
    }
    FGM_COUNT(challenges_passed);
    decision->action = FG_ALERT;
    decision->release = false; // the call keeps its place
}

void fgm_challenge_target(const struct fgm_evaluation *evaluation, char out[FGM_CHALLENGE_MAX])
{
    const struct fg_customer *customer = evaluation->plan.event->customer;
    const char *target =
        customer && customer->pbx.challenge ? customer->pbx.challenge : fgm_params.challenge_target;
    struct fgm_token_call call;
    char token[FGM_TOKEN_SIZE];
    out[0] = '\0';
    if (evaluation->decision.action != FG_CHALLENGE || !target || !*target ||
        !call_of(evaluation, &call) || !may_divert(&call))
        return;
    fgm_token_make(&fgm_config.hash_key, &call,
                   evaluation->now_ms + fgm_params.challenge_ttl * FG_MS_PER_S, token);
    snprintf(out, FGM_CHALLENGE_MAX, "%s;fg-token=%s", target, token);
}
