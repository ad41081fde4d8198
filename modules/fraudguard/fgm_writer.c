// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_writer.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cfg/cfg_struct.h"
#include "fg/record.h"
#include "fg/redis_link.h"
#include "fgm_clock.h"
#include "fgm_counters.h"
#include "fgm_holds.h"
#include "fgm_log.h"
#include "fgm_outage.h"
#include "fgm_params.h"
#include "fgm_policy.h"
#include "fgm_refusals.h"
#include "fgm_ring.h"
#include "fgm_stores.h"
#include "fgm_trunks.h"

#define TICK_US           20000
#define MAINTAIN_MS       500
#define TRUNKS_MS         2000
#define RETRY_MS          1000
#define BATCH_MAX         64
#define REPLAY_MAX        2048 // records from the disk in a row
#define RETRIES_MAX       256
#define WRITE_DEADLINE_MS 500 // nobody waits for the writer

static struct fg_redis *redis;

// Events read from the ring and not yet written; kept while Redis is away.
static struct {
    size_t n;
    char *json[BATCH_MAX], *call_id[BATCH_MAX];
    uint32_t record_s[BATCH_MAX];
    int64_t retry_at_ms;
} batch;

// Holds and kills that Redis has not taken yet.
static struct retry {
    struct fgm_item item;
    void *memory;
} retries[RETRIES_MAX];
static size_t n_retries;
static int64_t replay_at_ms;  // when the disk's records are tried again
static int64_t full_until_ms; // the disk takes no more until then

static bool is_away(int error)
{
    return error == FG_EUNAVAILABLE || error == FG_ETIMEOUT;
}

static void note_failure(int error)
{
    FGM_COUNT(write_failures);
    if (is_away(error))
        fgm_metrics_writer_error(fgm_metrics, fg_redis_last_error_kind(redis));
}

// Whether to try again later: Redis is away, and did not refuse it for good.
static bool must_wait(enum fgm_item_kind kind, int error, size_t n)
{
    const bool refused = fgm_refusals_note(kind, error, fg_redis_last_error_kind(redis),
                                           fg_redis_last_error(redis), n);
    return is_away(error) && !refused;
}

static char *copy_text(struct fg_view text)
{
    char *copy = malloc(text.len + 1);
    if (copy) {
        if (text.len)
            memcpy(copy, text.ptr, text.len);
        copy[text.len] = '\0';
    }
    return copy;
}

// --- events
static void batch_add(const struct fgm_item *item)
{
    const struct fgm_item_event *event = item->fixed;
    char *json = copy_text(item->text[0]);
    char *call_id = copy_text(item->text[1]);
    if (!json || !call_id) {
        free(json);
        free(call_id);
        FGM_COUNT(ring_dropped);
        return;
    }
    batch.json[batch.n] = json;
    batch.call_id[batch.n] = call_id;
    batch.record_s[batch.n] = event->record_s;
    batch.n++;
}

static int batch_write(void)
{
    struct fg_redis_event events[BATCH_MAX];
    char hashes[BATCH_MAX][33];
    size_t records_failed = 0;
    for (size_t i = 0; i < batch.n; i++) {
        if (batch.record_s[i])
            fg_record_call_hash(fg_view_of(batch.call_id[i]), hashes[i]);
        events[i] = (struct fg_redis_event){.json = fg_view_of(batch.json[i]),
                                            .record_hash = batch.record_s[i] ? hashes[i] : NULL,
                                            .record_ttl_s = batch.record_s[i]};
    }
    int64_t start_us = fgm_mono_us();
    int error = fg_redis_events_write(redis, events, batch.n, &records_failed);
    fgm_metrics_redis(fgm_metrics, FGM_REDIS_WRITE, fgm_mono_us() - start_us);
    if (records_failed)
        note_failure(FG_EUNAVAILABLE);
    return error;
}

static void batch_clear(void)
{
    for (size_t i = 0; i < batch.n; i++) {
        free(batch.json[i]);
        free(batch.call_id[i]);
    }
    batch.n = 0;
}

static void batch_flush(int64_t now_ms)
{
    if (batch.n == 0 || now_ms < batch.retry_at_ms)
        return;
    int error = batch_write();
    if (error < 0)
        note_failure(error);
    else
        atomic_fetch_add_explicit(&fgm_counters->events_written, batch.n, memory_order_relaxed);
    if (must_wait(FGM_ITEM_EVENT, error, batch.n)) {
        batch.retry_at_ms = now_ms + RETRY_MS;
        return;
    }
    batch_clear();
}

// What could not be written, to the disk: in the order in which it came. False: it takes no more.
static bool batch_keep(void)
{
    for (size_t i = 0; i < batch.n; i++) {
        const struct fgm_item_event event = {.record_s = batch.record_s[i]};
        const struct fgm_item item = {
            .kind = FGM_ITEM_EVENT,
            .fixed = &event,
            .fixed_len = sizeof event,
            .text = {fg_view_of(batch.json[i]), fg_view_of(batch.call_id[i])},
        };
        if (!fgm_outage_put(&item))
            return false;
    }
    batch_clear();
    return true;
}

// Empties the batch: to Redis, or to the disk where Redis is away or older records lie there.
// False: there is no place for it.
static bool batch_deliver(int64_t now_ms)
{
    if (!fgm_outage_waits())
        batch_flush(now_ms);
    if (batch.n > 0 && fgm_outage_keeps() && !batch_keep()) {
        // It waits in the ring, so that the disk's own records can go first.
        batch_clear();
        fgm_ring_rewind(fgm_records);
        full_until_ms = now_ms + RETRY_MS;
        return false;
    }
    if (batch.n > 0)
        return false;
    fgm_ring_free(fgm_records);
    return true;
}

static void write_records(void *buffer, int64_t now_ms)
{
    struct fgm_item item;
    bool empty = now_ms >= full_until_ms && batch_deliver(now_ms); // what is left from before
    while (empty && fgm_ring_pop(fgm_records, buffer, &item)) {
        batch_add(&item);
        if (batch.n == BATCH_MAX)
            empty = batch_deliver(now_ms);
    }
    if (empty)
        batch_deliver(now_ms);
}

// --- orders
static size_t split_lines(char *text, const char **lines, size_t max)
{
    size_t n = 0;
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line && n < max;
         line = strtok_r(NULL, "\n", &save))
        lines[n++] = line;
    return n;
}

// Somebody's doing: for the event stream and the audit. The order stands without it.
static void tell_audit(char *event)
{
    int error = event ? fg_redis_audit_append(redis, fg_view_of(event)) : FG_ENOMEM;
    if (error < 0)
        note_failure(error);
    free(event);
}

// What became of a hold in Redis, to all nodes, this one included.
static int tell_hold(const struct fgm_item_hold *order, const char *scope, const char *stored)
{
    struct fg_message message;
    if (fg_record_parse_hold(fg_view_of(stored), &message) < 0)
        return FG_EPROTOCOL;
    char *text = fg_record_hold_message(order->customer, &message.hold);
    int error = text ? fg_redis_hold_tell(redis, order->customer, scope, message.hold.until_ms,
                                          fg_view_of(text))
                     : FG_ENOMEM;
    free(text);
    if (error == FG_OK && !order->grows)
        tell_audit(fg_record_hold_set_event(fgm_config.node, order->customer, &message.hold,
                                            order->hold.since_ms));
    return error;
}

static int write_hold(const struct fgm_item *item)
{
    const struct fgm_item_hold *order = item->fixed;
    const char *rules[16];
    char scope[FG_HOLD_SCOPE_TEXT_MAX];
    char *stored = NULL;
    if (order->hold.until_ms <= fgm_now_ms()) {
        if (!order->grows) // it is over, and yet somebody did it
            tell_audit(fg_record_hold_set_event(fgm_config.node, order->customer, &order->hold,
                                                order->hold.since_ms));
        return FG_OK;
    }
    char *text = copy_text(item->text[0]);
    size_t n_rules = text ? split_lines(text, rules, sizeof rules / sizeof *rules) : 0;
    char *json = fg_record_hold(order->customer, &order->hold, rules, n_rules);
    fg_hold_scope_format(order->hold.scope, order->hold.value, scope);
    int error =
        json ? fg_redis_hold_set(redis, order->customer, scope, order->grows ? &order->span : NULL,
                                 fg_view_of(json), &stored)
             : FG_ENOMEM;
    if (error == FG_OK)
        error = tell_hold(order, scope, stored);
    free(text);
    free(json);
    free(stored);
    return error;
}

static int write_release(const struct fgm_item *item)
{
    const struct fgm_item_hold *order = item->fixed;
    char scope[FG_HOLD_SCOPE_TEXT_MAX];
    char *message = fg_record_release_message(order->customer, order->hold.scope, order->hold.value,
                                              order->hold.by);
    fg_hold_scope_format(order->hold.scope, order->hold.value, scope);
    int error = message ? fg_redis_hold_delete(redis, order->customer, scope, fg_view_of(message))
                        : FG_ENOMEM;
    free(message);
    if (error == FG_OK)
        tell_audit(fg_record_hold_released_event(fgm_config.node, order->customer, &order->hold,
                                                 order->hold.since_ms));
    return error == FG_ENOTFOUND ? FG_OK : error;
}

static int write_kill(const struct fgm_item *item)
{
    const struct fgm_item_kill *order = item->fixed;
    if (order->until_ms <= fgm_now_ms())
        return FG_OK;
    char *reason = copy_text(item->text[1]);
    char *message = reason ? fg_record_kill_message(item->text[0], order->customer, order->until_ms,
                                                    reason, order->by)
                           : NULL;
    int error = message
                    ? fg_redis_kill_put(redis, item->text[0], order->until_ms, fg_view_of(message))
                    : FG_ENOMEM;
    free(message);
    free(reason);
    return error;
}

static int write_allow(const struct fgm_item *item)
{
    const struct fgm_item_allowance *order = item->fixed;
    const int64_t forget_ms = order->allowance.until_ms + FG_ALLOWANCE_MEMORY_MS;
    char *json = fg_record_allow_message(order->customer, &order->allowance);
    int error = json
                    ? fg_redis_allowance_put(redis, order->customer, order->allowance.id, forget_ms,
                                             forget_ms - order->now_ms, fg_view_of(json))
                    : FG_ENOMEM;
    free(json);
    if (error == FG_OK)
        tell_audit(fg_record_allowance_set_event(fgm_config.node, order->customer,
                                                 &order->allowance, order->now_ms));
    return error;
}

static int write_disallow(const struct fgm_item *item)
{
    const struct fgm_item_allowance *order = item->fixed;
    char *message =
        fg_record_disallow_message(order->customer, order->allowance.id, order->allowance.by);
    int error = message ? fg_redis_allowance_delete(redis, order->customer, order->allowance.id,
                                                    fg_view_of(message))
                        : FG_ENOMEM;
    free(message);
    if (error == FG_OK)
        tell_audit(fg_record_allowance_removed_event(fgm_config.node, order->customer,
                                                     &order->allowance, order->now_ms));
    return error == FG_ENOTFOUND ? FG_OK : error;
}

static int write_passed(const struct fgm_item *item)
{
    const struct fgm_item_passed *order = item->fixed;
    const int64_t now_ms = fgm_now_ms();
    if (order->until_ms <= now_ms)
        return FG_OK;
    char *message =
        fg_record_passed_message(order->customer, order->who, order->token, order->until_ms);
    int error = message ? fg_redis_passed_put(redis, order->who, order->until_ms, now_ms,
                                              fg_view_of(message))
                        : FG_ENOMEM;
    free(message);
    return error;
}

static int write_item(const struct fgm_item *item)
{
    switch (item->kind) {
    case FGM_ITEM_HOLD:
        return write_hold(item);
    case FGM_ITEM_HOLD_RELEASE:
        return write_release(item);
    case FGM_ITEM_ALLOW:
        return write_allow(item);
    case FGM_ITEM_DISALLOW:
        return write_disallow(item);
    case FGM_ITEM_KILL:
        return write_kill(item);
    case FGM_ITEM_ATTACK:
        return fg_redis_attack_append(redis, item->text[0]);
    case FGM_ITEM_PASSED:
        return write_passed(item);
    default:
        return FG_OK;
    }
}

// False: Redis is away, the order has to be written later.
static bool write_order(const struct fgm_item *item)
{
    if (!redis)
        return true;
    int error = write_item(item);
    if (error < 0)
        note_failure(error);
    return !must_wait(item->kind, error, 1);
}

// False: there is no room, and the order is lost for other nodes.
static bool keep_for_retry(const struct fgm_item *item)
{
    if (n_retries == 0 && fgm_outage_put(item))
        return true;
    size_t len = item->fixed_len + item->text[0].len + item->text[1].len;
    unsigned char *memory = n_retries < RETRIES_MAX ? malloc(len) : NULL;
    if (!memory) {
        FGM_COUNT(ring_dropped);
        return false;
    }
    char *text = (char *)memory + item->fixed_len;
    memcpy(memory, item->fixed, item->fixed_len);
    if (item->text[0].len)
        memcpy(text, item->text[0].ptr, item->text[0].len);
    if (item->text[1].len)
        memcpy(text + item->text[0].len, item->text[1].ptr, item->text[1].len);
    struct retry *retry = &retries[n_retries++];
    retry->memory = memory;
    retry->item = *item;
    retry->item.fixed = memory;
    retry->item.text[0].ptr = text;
    retry->item.text[1].ptr = text + item->text[0].len;
    return true;
}

// In order: a release must not overtake the hold it ends.
static void retry_orders(void)
{
    size_t done = 0;
    while (done < n_retries && write_order(&retries[done].item)) {
        free(retries[done++].memory);
        fgm_ring_settle(fgm_orders);
    }
    memmove(retries, retries + done, (n_retries - done) * sizeof *retries);
    n_retries -= done;
}

static void give_back(const struct fgm_item *item)
{
    struct fgm_item_leases leases;
    static struct fg_store_reply reply;
    struct fg_store store = fgm_store();
    memcpy(&leases, item->fixed, sizeof leases);
    leases.request.customer = leases.customer;
    if (store.ops)
        store.ops->evaluate(store.impl, &leases.request, &reply);
}

// False: Redis has to be told later.
static bool carry_out(const struct fgm_item *item)
{
    if (item->kind == FGM_ITEM_LEASES) {
        give_back(item);
        return true;
    }
    if (item->kind == FGM_ITEM_HOLD) {
        const struct fgm_item_hold *order = item->fixed;
        if (order->hold.cut)
            fgm_holds_cut(order->customer, &order->hold);
    }
    // What waits goes first: then nothing was tried, and nothing failed.
    bool waits = n_retries || fgm_outage_waits();
    return (!waits && write_order(item)) || !keep_for_retry(item);
}

// --- what the disk has kept
// False: Redis is away still.
static bool replay_batch(int64_t now_ms)
{
    size_t n = batch.n;
    batch.retry_at_ms = 0;
    batch_flush(now_ms);
    if (batch.n > 0)
        return false;
    FGM_COUNT_N(spool_replayed, n);
    return true;
}

static bool replay_order(const struct fgm_item *item, int64_t now_ms)
{
    if (!replay_batch(now_ms)) // what came before
        return false;
    fgm_outage_settle_but_last();
    if (!write_order(item))
        return false;
    FGM_COUNT(spool_replayed);
    fgm_ring_settle(fgm_orders);
    fgm_outage_settle();
    return true;
}

static bool replay_events(int64_t now_ms)
{
    if (!replay_batch(now_ms))
        return false;
    fgm_outage_settle();
    return true;
}

// Some of it, oldest first; newer records go behind it until it is empty. The batch is empty. What
// is read when Redis fails comes again, the same to the byte.
static void replay(void *buffer, int64_t now_ms)
{
    struct fgm_item item;
    bool done = true;
    for (size_t i = 0; done && i < REPLAY_MAX && fgm_outage_next(buffer, &item); i++) {
        if (item.kind != FGM_ITEM_EVENT) {
            done = replay_order(&item, now_ms);
            continue;
        }
        batch_add(&item);
        if (batch.n == BATCH_MAX)
            done = replay_events(now_ms);
    }
    if (done)
        done = replay_events(now_ms);
    if (!done) {
        fgm_outage_rewind();
        batch_clear();
        replay_at_ms = now_ms + RETRY_MS;
    }
}

// --- trunks
static void write_trunk(void *arg, const struct fgm_trunk *trunk)
{
    int *error = arg;
    if (*error < 0)
        return; // Redis is away: the next note of the trunk brings it here again
    struct fg_trunk_facts facts = fgm_trunk_facts(trunk);
    char *json = fg_record_trunk(&facts);
    if (json)
        *error = fg_redis_trunk_put(redis, trunk->customer, fg_view_of(json));
    free(json);
}

static void write_trunks(void)
{
    int error = FG_OK;
    fgm_trunks_each(true, write_trunk, &error);
    if (error < 0)
        note_failure(error);
}

static void maintain(void)
{
    int merged = fgm_stores_maintain();
    if (merged > 0)
        atomic_fetch_add_explicit(&fgm_counters->backlog_merged, (uint64_t)merged,
                                  memory_order_relaxed);
    fgm_policy_reclaim();
    if (n_retries && !fgm_outage_waits())
        retry_orders();
    cfg_update();
}

void fgm_writer_run(void)
{
    static alignas(max_align_t) unsigned char buffer[FGM_ITEM_MAX];
    int64_t maintained_ms = 0, trunks_ms = 0;
    if (fgm_config.has_redis) {
        struct fg_redis_config config = fgm_config.redis;
        config.deadline_ms = WRITE_DEADLINE_MS;
        redis = fg_redis_new(&config);
        if (!redis)
            fgm_error("out of memory: nothing is written to Redis");
    }
    for (;;) {
        struct fgm_item item;
        int64_t now_ms = fgm_now_ms();
        while (fgm_ring_pop(fgm_orders, buffer, &item)) {
            if (carry_out(&item))
                fgm_ring_settle(fgm_orders);
            fgm_ring_free(fgm_orders);
        }
        if (redis && batch.n == 0 && now_ms >= replay_at_ms && fgm_outage_waits())
            replay(buffer, now_ms);
        if (redis)
            write_records(buffer, now_ms);
        if (now_ms - maintained_ms >= MAINTAIN_MS) {
            maintained_ms = now_ms;
            maintain();
        }
        if (redis && now_ms - trunks_ms >= TRUNKS_MS) {
            trunks_ms = now_ms;
            write_trunks();
        }
        usleep(TICK_US);
    }
}
