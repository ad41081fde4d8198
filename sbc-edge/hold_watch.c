// SPDX-License-Identifier: GPL-2.0-or-later
#include "hold_watch.h"

#include "clock.h"
#include "fg/redis_link.h"
#include "hold_message.h"
#include "log.h"
#include "worker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES     (64u * 1024)
#define DEADLINE_MS     1000
#define POLL_MS         500
#define RESYNC_AFTER_MS 30000u
#define RETRY_MIN_MS    100u
#define RETRY_MAX_MS    4000u

struct edge_hold_watch {
    struct edge_node *node;
    pthread_t thread;
    atomic_bool is_stopping;
    struct fg_redis_channel *channel;
    struct fg_redis *reader;
    bool is_lost;       /* the channel, noticed while holds were read */
    bool is_complete;   /* every hold read so far could be understood */
    uint64_t synced_ms; /* monotonic */
    struct edge_ng_arena arena;
    unsigned char memory[ARENA_BYTES];
};

static uint64_t now_ms(void)
{
    return edge_clock_now_ns() / 1000000;
}

static void tell_all(struct edge_hold_watch *watch, enum edge_mail_kind kind, struct edge_view text,
                     uint64_t until_ms, bool is_cut)
{
    uint64_t heard_us = edge_clock_unix_us();

    for (unsigned i = 0; i < watch->node->n_workers; i++) {
        struct edge_mail *mail = edge_mail_new(kind, text.ptr, text.len);

        if (!mail) {
            edge_log(EDGE_LOG_ERROR, "out of memory: a hold could not be passed on");
            return;
        }
        mail->heard_us = heard_us;
        mail->until_ms = until_ms;
        mail->is_cut = is_cut;
        edge_worker_post(watch->node->workers[i], mail);
    }
}

/* Only holds of a whole customer concern media that flows; the narrower ones refuse new calls. */
static void pass_on(struct edge_hold_watch *watch, const struct edge_hold_message *message)
{
    bool is_ours = edge_view_is_equal(message->scope, EDGE_VIEW("customer"));

    switch (message->op) {
    case EDGE_HOLD_PLACE:
        if (is_ours)
            tell_all(watch, EDGE_MAIL_HOLD, message->customer, message->until_ms, message->cut);
        break;
    case EDGE_HOLD_RELEASE:
        if (is_ours)
            tell_all(watch, EDGE_MAIL_RELEASE, message->customer, 0, false);
        break;
    case EDGE_HOLD_KILL:
        tell_all(watch, EDGE_MAIL_KILL, message->call_id, message->until_ms, true);
        break;
    case EDGE_HOLD_OTHER:
        break;
    }
}

static void note_unreadable(struct edge_hold_watch *watch)
{
    atomic_fetch_add_explicit(&watch->node->link_stats.unreadable, 1, memory_order_relaxed);
    edge_log(EDGE_LOG_WARNING, "a message about holds could not be read");
}

static struct edge_view view_of(struct fg_view text)
{
    return (struct edge_view){text.ptr, text.len};
}

static void take_message(void *context, struct fg_view text)
{
    struct edge_hold_watch *watch = context;
    struct edge_hold_message message;

    atomic_fetch_add_explicit(&watch->node->link_stats.messages, 1, memory_order_relaxed);
    if (edge_hold_message_parse(view_of(text), &watch->arena, &message) == 0)
        pass_on(watch, &message);
    else
        note_unreadable(watch);
}

/*
 * Reads what the channel has. False when it was lost, or is new: then something may have been
 * missed, and holds have to be read from the beginning.
 */
static bool drain(struct edge_hold_watch *watch)
{
    bool is_new = false;

    watch->is_lost =
        fg_redis_channel_poll(watch->channel, 0, &is_new, take_message, watch) != FG_OK || is_new;
    return !watch->is_lost;
}

static bool take_hold(void *context, struct fg_view json)
{
    struct edge_hold_watch *watch = context;
    struct edge_hold_message message;

    if (edge_hold_record_parse(view_of(json), &watch->arena, &message) == 0 &&
        edge_hold_customer_is_valid(message.customer)) {
        pass_on(watch, &message);
    } else {
        /* What cannot be read is no release: the holds known so far stay in force. */
        note_unreadable(watch);
        watch->is_complete = false;
    }
    /* A long list of holds must not keep a kill waiting. */
    return drain(watch);
}

static bool take_kill(void *context, struct fg_view call_id, int64_t until_ms)
{
    tell_all(context, EDGE_MAIL_KILL, view_of(call_id), (uint64_t)until_ms, true);
    return true;
}

/*
 * Reads everything that is in force. What is not named any more is forgotten only after a reading
 * that was complete. False when Redis does not answer, or the channel was lost meanwhile.
 */
static bool sync_all(struct edge_hold_watch *watch)
{
    const struct edge_view none = {NULL, 0};
    int64_t unix_ms = (int64_t)(edge_clock_unix_us() / 1000);
    bool is_read;

    watch->is_complete = true;
    watch->is_lost = false;
    tell_all(watch, EDGE_MAIL_SYNC_BEGIN, none, 0, false);
    is_read = fg_redis_holds_each(watch->reader, unix_ms, take_hold, watch) == FG_OK &&
              !watch->is_lost &&
              fg_redis_kills_each(watch->reader, unix_ms, take_kill, watch) == FG_OK;
    if (is_read && watch->is_complete)
        tell_all(watch, EDGE_MAIL_SYNC_END, none, 0, false);
    watch->synced_ms = now_ms();
    return is_read;
}

static void note_link(struct edge_hold_watch *watch, bool is_up)
{
    bool was_up = atomic_exchange(&watch->node->link_stats.is_up, is_up);

    if (is_up && !was_up) {
        atomic_fetch_add(&watch->node->link_stats.connects, 1);
        edge_log(EDGE_LOG_NOTICE, "listening to Redis for holds and kills");
    }
    if (!is_up && was_up)
        edge_log(EDGE_LOG_WARNING, "lost Redis (%s); going on with the holds known so far",
                 fg_redis_last_error(watch->reader));
}

/* One message, or the end of a wait. False when Redis is away. */
static bool step(struct edge_hold_watch *watch)
{
    bool is_new = false;

    if (fg_redis_channel_poll(watch->channel, POLL_MS, &is_new, take_message, watch) != FG_OK)
        return false;
    /* Subscribed first and read second, so that nothing falls between the two. */
    if (is_new || now_ms() - watch->synced_ms > RESYNC_AFTER_MS) {
        if (!sync_all(watch))
            return false;
        note_link(watch, true);
    }
    return true;
}

static void wait_before_retry(struct edge_hold_watch *watch, unsigned *retry_ms)
{
    for (unsigned waited = 0; waited < *retry_ms && !watch->is_stopping; waited += 50)
        poll(NULL, 0, 50);
    *retry_ms = *retry_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : *retry_ms * 2;
}

static void *run(void *context)
{
    struct edge_hold_watch *watch = context;
    unsigned retry_ms = RETRY_MIN_MS;

    while (!watch->is_stopping) {
        if (step(watch)) {
            retry_ms = RETRY_MIN_MS;
            continue;
        }
        note_link(watch, false);
        /* What was read before the loss is read again once the channel is back. */
        watch->synced_ms = 0;
        wait_before_retry(watch, &retry_ms);
    }
    return NULL;
}

static void free_watch(struct edge_hold_watch *watch)
{
    fg_redis_channel_free(watch->channel);
    fg_redis_free(watch->reader);
    free(watch);
}

static int open_links(struct edge_hold_watch *watch, const struct edge_config *config)
{
    char storage[2 * EDGE_REDIS_TEXT_MAX];
    struct fg_redis_config redis;
    int rc = fg_redis_config_parse(config->redis_url, &redis, storage, sizeof(storage));

    if (rc != FG_OK)
        return -EINVAL;
    if (config->redis_db != 0)
        redis.database = config->redis_db;
    redis.deadline_ms = DEADLINE_MS;
    watch->channel = fg_redis_channel_new(&redis);
    watch->reader = fg_redis_new(&redis);
    explicit_bzero(storage, sizeof(storage));
    return watch->channel && watch->reader ? 0 : -ENOMEM;
}

int edge_hold_watch_start(struct edge_node *node, struct edge_hold_watch **out)
{
    struct edge_hold_watch *watch = calloc(1, sizeof(*watch));
    int err;

    if (!watch)
        return -ENOMEM;
    watch->node = node;
    edge_ng_arena_init(&watch->arena, watch->memory, sizeof(watch->memory));
    err = open_links(watch, node->config);
    if (err == 0)
        err = -pthread_create(&watch->thread, NULL, run, watch);
    if (err != 0) {
        free_watch(watch);
        return err;
    }
    *out = watch;
    return 0;
}

void edge_hold_watch_stop(struct edge_hold_watch *watch)
{
    if (!watch)
        return;
    watch->is_stopping = true;
    pthread_join(watch->thread, NULL);
    free_watch(watch);
}
