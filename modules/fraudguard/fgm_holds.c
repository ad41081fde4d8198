// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_holds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cfg/cfg_struct.h"
#include "fg/record.h"
#include "fg/redis_link.h"
#include "fg/ruleset.h"
#include "fgm_allowances.h"
#include "fgm_calls.h"
#include "fgm_challenge.h"
#include "fgm_clock.h"
#include "fgm_counters.h"
#include "fgm_cut.h"
#include "fgm_log.h"
#include "fgm_params.h"
#include "fgm_ring.h"
#include "fgm_stores.h"

#define POLL_MS     500
#define HOLDS_MAX   65536
#define KILL_FOR_MS (2 * INT64_C(3600000)) // how long a killed call's media stays silent

static bool push_hold(enum fgm_item_kind kind, const struct fgm_item_hold *item,
                      struct fg_view rules)
{
    return fgm_ring_push(
        fgm_orders, &(struct fgm_item){
                        .kind = kind, .fixed = item, .fixed_len = sizeof *item, .text = {rules}});
}

int64_t fgm_holds_set(const char *customer, const struct fg_hold *hold,
                      const struct fg_hold_span *span, struct fg_view rules)
{
    // What goes to Redis is the hold as if nothing were known of it: more is known there.
    struct fgm_item_hold item = {.hold = *hold, .grows = span != NULL};
    struct fg_hold here = *hold;
    if (span)
        item.span = *span;
    snprintf(item.customer, sizeof item.customer, "%s", customer);
    fg_local_hold_renew(fgm_local(), customer, span, &here);
    FGM_COUNT(holds_set);
    push_hold(FGM_ITEM_HOLD, &item, rules);
    return here.until_ms;
}

int fgm_holds_release(const char *customer, const struct fg_hold *hold)
{
    struct fgm_item_hold item = {.hold = *hold};
    snprintf(item.customer, sizeof item.customer, "%s", customer);
    int error = fg_local_hold_release(fgm_local(), customer, hold->scope, hold->value);
    push_hold(FGM_ITEM_HOLD_RELEASE, &item, (struct fg_view){0});
    return error;
}

struct cut {
    const char *customer; // NULL: any
    const char *call_id;  // NULL: any
    const struct fg_hold *hold;
};

static bool concerns(const struct cut *cut, const struct fgm_call *call)
{
    if (call->state == FGM_CALL_ENDED ||
        (cut->customer && strcmp(cut->customer, call->customer) != 0))
        return false;
    if (cut->call_id)
        return strcmp(cut->call_id, call->call_id) == 0;
    if (call->emergency)
        return false; // who is held must still reach help
    return cut->hold->scope == FG_HOLD_CUSTOMER ||
           (call->direction == FG_OUTBOUND &&
            fg_hold_asked(&call->holds, cut->hold->scope, cut->hold->value));
}

void fgm_kill_media(const struct fgm_call *call, const char *reason, const char *by)
{
    struct fgm_item_kill kill = {.until_ms = fgm_now_ms() + KILL_FOR_MS};
    snprintf(kill.customer, sizeof kill.customer, "%s", call->customer);
    snprintf(kill.by, sizeof kill.by, "%s", by);
    fgm_ring_push(fgm_orders,
                  &(struct fgm_item){.kind = FGM_ITEM_KILL,
                                     .fixed = &kill,
                                     .fixed_len = sizeof kill,
                                     .text = {fg_view_of(call->call_id), fg_view_of(reason)}});
}

static bool cut_one(void *arg, struct fgm_call_ref ref, struct fgm_call *call)
{
    const struct cut *cut = arg;
    if (!concerns(cut, call))
        return false;
    // A ringing call has no dialog to end yet: the timer process ends it once it is answered.
    fgm_calls_want_cut(ref);
    // The relay knows a session's customer, not its destination: it is told call by call.
    if (!cut->call_id && cut->hold->scope != FG_HOLD_CUSTOMER)
        fgm_kill_media(call, cut->hold->reason, cut->hold->by);
    if (call->state != FGM_CALL_UP)
        return false;
    call->cut_at_ms = fgm_now_ms();
    fgm_cut(call);
    return true;
}

void fgm_holds_cut(const char *customer, const struct fg_hold *hold)
{
    struct cut cut = {.customer = customer, .hold = hold};
    fgm_calls_each(cut_one, &cut);
}

static void hear(void *arg, struct fg_view text)
{
    (void)arg;
    struct fg_message message;
    if (fg_record_parse_message(text, &message) < 0) {
        FGM_COUNT(messages_unreadable);
        return;
    }
    FGM_COUNT(holds_heard);
    switch (message.op) {
    case FG_MESSAGE_HOLD:
        message.hold.active = true;
        fg_local_hold_set(fgm_local(), message.customer, &message.hold);
        if (message.hold.cut)
            fgm_holds_cut(message.customer, &message.hold);
        break;
    case FG_MESSAGE_RELEASE:
        fg_local_hold_release(fgm_local(), message.customer, message.hold.scope,
                              message.hold.value);
        break;
    case FG_MESSAGE_KILL: {
        struct cut cut = {.call_id = message.call_id, .hold = &message.hold};
        fgm_calls_each(cut_one, &cut);
        break;
    }
    case FG_MESSAGE_ALLOW:
        fgm_allowances_set(message.customer, &message.allowance, fgm_now_ms());
        break;
    case FG_MESSAGE_DISALLOW:
        fgm_allowances_remove(message.customer, message.allowance.id, &message.allowance);
        break;
    case FG_MESSAGE_PASSED:
        fgm_challenge_heard(message.who, message.hold.until_ms);
        fgm_challenge_heard_token(message.token);
        break;
    }
}

// --- reading all holds again after messages may have been missed
struct known {
    char customer[FG_CUSTOMER_ID_MAX + 1];
    uint8_t scope;
    uint64_t value;
};
struct known_list {
    struct known *items;
    size_t n, size;
};

static void remember(struct known_list *list, const char *customer, const struct fg_hold *hold)
{
    if (list->n == list->size) {
        size_t size = list->size ? 2 * list->size : 64;
        struct known *items = size <= HOLDS_MAX ? realloc(list->items, size * sizeof *items) : NULL;
        if (!items)
            return;
        list->items = items;
        list->size = size;
    }
    struct known *known = &list->items[list->n++];
    *known = (struct known){.scope = hold->scope, .value = hold->value};
    snprintf(known->customer, sizeof known->customer, "%s", customer);
}

static bool listed(const struct known_list *list, const struct known *wanted)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct known *known = &list->items[i];
        if (known->scope == wanted->scope && known->value == wanted->value &&
            strcmp(known->customer, wanted->customer) == 0)
            return true;
    }
    return false;
}

static bool take_hold(void *arg, struct fg_view json)
{
    struct fg_message message;
    if (fg_record_parse_hold(json, &message) < 0) {
        FGM_COUNT(messages_unreadable);
        return true;
    }
    message.hold.active = true;
    remember(arg, message.customer, &message.hold);
    fg_local_hold_set(fgm_local(), message.customer, &message.hold);
    if (message.hold.cut)
        fgm_holds_cut(message.customer, &message.hold);
    return true;
}

static void take_local(void *arg, const char *customer, const struct fg_hold *hold)
{
    remember(arg, customer, hold);
}

static bool take_allowance(void *arg, struct fg_view json)
{
    struct fgm_allowance_row *rows = arg;
    struct fg_message message;
    if (fg_record_parse_message(json, &message) < 0 || message.op != FG_MESSAGE_ALLOW) {
        FGM_COUNT(messages_unreadable);
        return true;
    }
    fgm_allowances_set(message.customer, &message.allowance, fgm_now_ms());
    for (; rows->customer[0]; rows++) {
        if (rows->allowance.id == message.allowance.id)
            rows->allowance.id = 0; // it is there
    }
    return true;
}

// As with holds, below.
static int read_allowances_again(struct fg_redis *redis, int64_t now_ms, bool complete)
{
    size_t n;
    struct fgm_allowance_row *rows = fgm_allowances_copy(&n);
    if (!rows)
        return FG_ENOMEM;
    int error = fg_redis_allowances_each(redis, now_ms, take_allowance, rows);
    for (size_t i = 0; error >= 0 && complete && i < n; i++) {
        if (rows[i].allowance.id != 0)
            fgm_allowances_remove(rows[i].customer, rows[i].allowance.id, &rows[i].allowance);
    }
    free(rows);
    return error;
}

static void take_passed(void *arg, uint64_t who, int64_t until_ms)
{
    (void)arg;
    if (until_ms > 0)
        fgm_challenge_heard(who, until_ms);
}

// Takes over what Redis holds, and lets go what it no longer holds: that was released meanwhile.
// Only while orders of this node are on their way, what is missing there may not have arrived yet:
// FG_ELIMIT then, and everything missing stays for now.
static int read_again(struct fg_redis *redis)
{
    struct known_list there = {0}, here = {0};
    int64_t now_ms = fgm_now_ms();
    // In this order: what is set after the first look is not among those looked at.
    fg_local_holds_each(fgm_local(), now_ms, take_local, &here);
    bool complete = fgm_ring_unsettled(fgm_orders) == 0;
    int error = fg_redis_holds_each(redis, now_ms, take_hold, &there);
    for (size_t i = 0; error >= 0 && complete && i < here.n; i++) {
        const struct known *known = &here.items[i];
        if (!listed(&there, known))
            fg_local_hold_release(fgm_local(), known->customer, known->scope, known->value);
    }
    free(there.items);
    free(here.items);
    if (error >= 0)
        error = read_allowances_again(redis, now_ms, complete);
    if (error >= 0)
        error = fg_redis_passed_each(redis, now_ms, take_passed, NULL);
    if (error >= 0 && !complete)
        error = FG_ELIMIT;
    return error;
}

void fgm_holds_run(void)
{
    struct fg_redis_channel *channel = fg_redis_channel_new(&fgm_config.redis);
    struct fg_redis *redis = fg_redis_new(&fgm_config.redis);
    bool stale = true; // messages may have been missed
    int64_t read_ms = 0;
    if (!channel || !redis) {
        fgm_error("out of memory");
        return;
    }
    for (;;) {
        bool reconnected = false;
        int error = fg_redis_channel_poll(channel, POLL_MS, &reconnected, hear, NULL);
        cfg_update();
        if (error < 0) {
            stale = true;
            usleep(POLL_MS * 1000 / 2);
            continue;
        }
        stale |= reconnected;
        if (stale && (reconnected || fgm_now_ms() - read_ms >= POLL_MS)) {
            read_ms = fgm_now_ms();
            stale = read_again(redis) < 0;
        }
    }
}
