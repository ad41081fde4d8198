// SPDX-License-Identifier: GPL-2.0-or-later
#include "hold_watch.h"

#include "clock.h"
#include "hold_message.h"
#include "log.h"
#include "parse_error.h"
#include "worker.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define CHANNEL         "fg:holds:ch"
#define INDEX_KEY       "fg:holds"
#define KILLS_KEY       "fg:kills"
#define ARENA_BYTES     (64u * 1024)
#define POLL_MS         500
#define PING_AFTER_MS   5000u
#define DEAD_AFTER_MS   15000u
#define RESYNC_AFTER_MS 30000u
#define RETRY_MAX_MS    4000u

struct edge_hold_watch {
    struct edge_node *node;
    pthread_t thread;
    atomic_bool is_stopping;
    redisContext *channel; /* subscribed; polled, never waited on */
    redisContext *reader;  /* commands, with a time limit */
    uint64_t heard_ms;     /* monotonic: last bytes from the channel */
    uint64_t pinged_ms;
    uint64_t synced_ms;
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

static struct edge_view view_of_reply(const redisReply *reply)
{
    if (!reply || reply->type != REDIS_REPLY_STRING)
        return (struct edge_view){NULL, 0};
    return (struct edge_view){reply->str, reply->len};
}

static void take_reply(struct edge_hold_watch *watch, const redisReply *reply)
{
    struct edge_hold_message message;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3 ||
        !edge_view_is_equal(view_of_reply(reply->element[0]), EDGE_VIEW("message")))
        return;
    atomic_fetch_add_explicit(&watch->node->link_stats.messages, 1, memory_order_relaxed);
    if (edge_hold_message_parse(view_of_reply(reply->element[2]), &watch->arena, &message) == 0)
        pass_on(watch, &message);
    else
        note_unreadable(watch);
}

/* Reads what the channel has. False when the connection is lost. */
static bool read_channel(struct edge_hold_watch *watch)
{
    void *reply = NULL;

    if (redisBufferRead(watch->channel) != REDIS_OK)
        return false;
    watch->heard_ms = now_ms();
    for (;;) {
        if (redisGetReplyFromReader(watch->channel, &reply) != REDIS_OK)
            return false;
        if (!reply)
            return true;
        take_reply(watch, reply);
        freeReplyObject(reply);
        reply = NULL;
    }
}

/* Waits up to `timeout_ms` for messages and reads them. False when the connection is lost. */
static bool read_if_ready(struct edge_hold_watch *watch, int timeout_ms)
{
    struct pollfd ready = {.fd = watch->channel->fd, .events = POLLIN};
    int n = poll(&ready, 1, timeout_ms);

    if (n < 0)
        return errno == EINTR;
    return n == 0 || read_channel(watch);
}

static redisReply *command(struct edge_hold_watch *watch, int argc, const char **argv,
                           const size_t *lengths)
{
    return redisCommandArgv(watch->reader, argc, argv, lengths);
}

/* Members of a sorted set whose score is now or later. */
static redisReply *read_index(struct edge_hold_watch *watch, const char *key,
                              const char *with_scores)
{
    char from[24];
    const char *argv[] = {"ZRANGEBYSCORE", key, from, "+inf", "LIMIT", "0", "100000", with_scores};
    int n = snprintf(from, sizeof(from), "%" PRIu64, edge_clock_unix_us() / 1000);
    redisReply *reply;

    if (n < 0)
        return NULL;
    reply = command(watch, with_scores ? 8 : 7, argv, NULL);
    if (reply && reply->type == REDIS_REPLY_ARRAY)
        return reply;
    if (reply)
        freeReplyObject(reply);
    return NULL;
}

/*
 * One entry "CUST SCOPE" of the index: reads the hold it names. Clears `*is_complete` when there is
 * one that cannot be read. False when the connection is lost.
 */
static bool sync_hold(struct edge_hold_watch *watch, struct edge_view entry, bool *is_complete)
{
    static const char scope[] = " customer";
    const size_t scope_length = sizeof(scope) - 1;
    struct edge_hold_message message;
    struct edge_view customer = entry;
    char key[96];
    const char *argv[] = {"HGET", key, "customer"};
    redisReply *reply;
    bool is_read;
    int n;

    if (entry.len <= scope_length ||
        memcmp(entry.ptr + entry.len - scope_length, scope, scope_length) != 0)
        return true;
    customer.len -= scope_length;
    if (!edge_hold_customer_is_valid(customer))
        return true;
    n = snprintf(key, sizeof(key), "fg:{%.*s}:h", (int)customer.len, customer.ptr);
    if (n < 0)
        return true;
    reply = command(watch, 3, argv, NULL);
    if (!reply)
        return false;
    is_read = reply->type == REDIS_REPLY_NIL; /* released, and the index is behind */
    if (reply->type == REDIS_REPLY_STRING) {
        is_read = edge_hold_record_parse(view_of_reply(reply), &watch->arena, &message) == 0 &&
                  edge_view_is_equal(message.customer, customer);
        if (is_read)
            pass_on(watch, &message);
        else
            note_unreadable(watch);
    }
    freeReplyObject(reply);
    /* What cannot be read is no release: the holds known so far stay in force. */
    *is_complete = *is_complete && is_read;
    return true;
}

static bool sync_kills(struct edge_hold_watch *watch)
{
    redisReply *reply = read_index(watch, KILLS_KEY, "WITHSCORES");

    if (!reply)
        return false;
    for (size_t i = 0; i + 1 < reply->elements; i += 2) {
        struct edge_view call_id = view_of_reply(reply->element[i]);
        struct edge_view score = view_of_reply(reply->element[i + 1]);
        double until_ms = score.len > 0 ? strtod(score.ptr, NULL) : 0.0;

        if (call_id.len > 0 && until_ms > 0.0 && until_ms < 9e15)
            tell_all(watch, EDGE_MAIL_KILL, call_id, (uint64_t)until_ms, true);
    }
    freeReplyObject(reply);
    return true;
}

/*
 * Reads everything that is in force. What is not named any more is forgotten only after a reading
 * that was complete. False when the connection is lost.
 */
static bool sync_all(struct edge_hold_watch *watch)
{
    const struct edge_view none = {NULL, 0};
    redisReply *reply = read_index(watch, INDEX_KEY, NULL);
    bool is_connected = reply != NULL;
    bool is_complete = true;

    tell_all(watch, EDGE_MAIL_SYNC_BEGIN, none, 0, false);
    for (size_t i = 0; is_connected && i < reply->elements; i++) {
        is_connected = sync_hold(watch, view_of_reply(reply->element[i]), &is_complete);
        /* A long list of holds must not keep a kill waiting. */
        if (is_connected && i % 16 == 0)
            is_connected = read_if_ready(watch, 0);
    }
    if (reply)
        freeReplyObject(reply);
    is_connected = is_connected && sync_kills(watch);
    if (is_connected && is_complete)
        tell_all(watch, EDGE_MAIL_SYNC_END, none, 0, false);
    watch->synced_ms = now_ms();
    return is_connected;
}

static redisContext *connect_once(const struct edge_config *config)
{
    const struct timeval limit = {.tv_sec = 1};
    redisContext *context =
        config->redis_path[0] != '\0'
            ? redisConnectUnixWithTimeout(config->redis_path, limit)
            : redisConnectWithTimeout(config->redis_host, config->redis_port, limit);

    if (!context)
        return NULL;
    if (context->err == 0 && redisSetTimeout(context, limit) == REDIS_OK) {
        redisReply *reply;

        if (config->redis_db == 0)
            return context;
        reply = redisCommand(context, "SELECT %d", (int)config->redis_db);
        if (reply && reply->type != REDIS_REPLY_ERROR) {
            freeReplyObject(reply);
            return context;
        }
        if (reply)
            freeReplyObject(reply);
    }
    redisFree(context);
    return NULL;
}

static void disconnect(struct edge_hold_watch *watch)
{
    if (watch->channel)
        redisFree(watch->channel);
    if (watch->reader)
        redisFree(watch->reader);
    watch->channel = NULL;
    watch->reader = NULL;
    atomic_store(&watch->node->link_stats.is_up, false);
}

/* Subscribes first and reads second, so that nothing falls between the two. */
static bool connect_and_sync(struct edge_hold_watch *watch)
{
    redisReply *reply;
    bool is_subscribed;

    watch->channel = connect_once(watch->node->config);
    watch->reader = watch->channel ? connect_once(watch->node->config) : NULL;
    if (!watch->reader)
        return false;
    reply = redisCommand(watch->channel, "SUBSCRIBE %s", CHANNEL);
    is_subscribed = reply && reply->type == REDIS_REPLY_ARRAY;
    if (reply && reply->type == REDIS_REPLY_ERROR)
        edge_log(EDGE_LOG_ERROR, "Redis refuses the subscription: %s", reply->str);
    if (reply)
        freeReplyObject(reply);
    if (!is_subscribed)
        return false;
    watch->heard_ms = now_ms();
    watch->pinged_ms = watch->heard_ms;
    if (!sync_all(watch))
        return false;
    atomic_fetch_add(&watch->node->link_stats.connects, 1);
    atomic_store(&watch->node->link_stats.is_up, true);
    edge_log(EDGE_LOG_NOTICE, "listening to Redis for holds and kills");
    return true;
}

/* Keeps the connection honest: a peer that is silent after a ping is gone. */
static bool check_alive(struct edge_hold_watch *watch)
{
    uint64_t now = now_ms();
    int is_done = 0;

    if (now - watch->heard_ms > DEAD_AFTER_MS)
        return false;
    if (now - watch->synced_ms > RESYNC_AFTER_MS)
        return sync_all(watch);
    if (now - watch->pinged_ms < PING_AFTER_MS)
        return true;
    watch->pinged_ms = now;
    if (redisAppendCommand(watch->channel, "PING") != REDIS_OK)
        return false;
    while (!is_done) {
        if (redisBufferWrite(watch->channel, &is_done) != REDIS_OK)
            return false;
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
    unsigned retry_ms = 100;

    while (!watch->is_stopping) {
        if (connect_and_sync(watch)) {
            retry_ms = 100;
            while (!watch->is_stopping && read_if_ready(watch, POLL_MS) && check_alive(watch))
                ;
            if (!watch->is_stopping)
                edge_log(EDGE_LOG_WARNING, "lost Redis; going on with the holds known so far");
        }
        disconnect(watch);
        wait_before_retry(watch, &retry_ms);
    }
    return NULL;
}

int edge_hold_watch_start(struct edge_node *node, struct edge_hold_watch **out)
{
    struct edge_hold_watch *watch = calloc(1, sizeof(*watch));
    int err;

    if (!watch)
        return -ENOMEM;
    watch->node = node;
    edge_ng_arena_init(&watch->arena, watch->memory, sizeof(watch->memory));
    err = pthread_create(&watch->thread, NULL, run, watch);
    if (err != 0) {
        free(watch);
        return -err;
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
    disconnect(watch);
    free(watch);
}
