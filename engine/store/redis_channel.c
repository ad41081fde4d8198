// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "fg/redis_link.h"
#include "monotonic.h"
#include "redis_conn.h"

#define MESSAGE_MAX 4096
// Together they bound how long a dead peer goes unnoticed.
#define QUIET_MS  700
#define ANSWER_MS 1000

struct fg_redis_channel {
    struct redis_conn conn;
    const char *name;
    int32_t deadline_ms;
    bool subscribed; // the server confirmed
    bool ping_sent;
    int64_t heard_ms, asked_ms; // monotonic: anything heard; ping or subscription sent
};

static struct fg_redis_channel *channel_new(const struct fg_redis_config *config, const char *name)
{
    struct fg_redis_channel *channel = calloc(1, sizeof(*channel));
    if (channel == NULL)
        return NULL;
    if (conn_init(&channel->conn, config) != FG_OK) {
        free(channel);
        return NULL;
    }
    channel->name = name;
    channel->deadline_ms = config->deadline_ms > 0 ? config->deadline_ms : ANSWER_MS;
    return channel;
}

struct fg_redis_channel *fg_redis_channel_new(const struct fg_redis_config *config)
{
    return channel_new(config, "fg:holds:ch");
}

struct fg_redis_channel *fg_redis_media_channel_new(const struct fg_redis_config *config)
{
    return channel_new(config, FG_MEDIA_CHANNEL);
}

void fg_redis_channel_free(struct fg_redis_channel *channel)
{
    if (channel == NULL)
        return;
    conn_fini(&channel->conn);
    free(channel);
}

static int channel_drop(struct fg_redis_channel *channel, int code)
{
    conn_close(&channel->conn);
    channel->subscribed = false;
    return code;
}

static int command_send(struct fg_redis_channel *channel, const struct fg_view *args, size_t n)
{
    const int64_t now_ns = monotonic_ns();
    int rc = conn_append(&channel->conn, args, n);
    if (rc == FG_OK)
        rc = conn_flush(&channel->conn, now_ns + channel->deadline_ms * FG_NS_PER_MS);
    channel->conn.pending = 0; // answers come as pushed values, among the messages
    channel->asked_ms = now_ns / FG_NS_PER_MS;
    return rc;
}

static int channel_connect(struct fg_redis_channel *channel)
{
    struct redis_conn *conn = &channel->conn;
    if (conn->address_len == 0 && conn_resolve(conn) != FG_OK)
        return FG_EUNAVAILABLE;
    conn->out_len = 0;
    int rc = conn_open(conn, monotonic_ns() + channel->deadline_ms * FG_NS_PER_MS);
    const struct fg_view args[] = {fg_view_of("SUBSCRIBE"), fg_view_of(channel->name)};
    if (rc == FG_OK)
        rc = command_send(channel, args, 2);
    channel->heard_ms = channel->asked_ms;
    channel->ping_sent = true; // the subscription has to be answered like a ping
    return rc;
}

// Pings a server that has been quiet; FG_EUNAVAILABLE when it did not answer the last one.
static int alive_check(struct fg_redis_channel *channel, int64_t now_ms)
{
    if (channel->ping_sent)
        return now_ms - channel->asked_ms < ANSWER_MS
                   ? FG_OK
                   : conn_fail(&channel->conn, FG_REDIS_ERROR_TIMEOUT,
                               "the server does not answer pings", FG_EUNAVAILABLE);
    if (now_ms - channel->heard_ms < QUIET_MS)
        return FG_OK;
    channel->ping_sent = true;
    const struct fg_view args[] = {fg_view_of("PING")};
    return command_send(channel, args, 1);
}

static bool text_is(const struct resp *value, const char *word)
{
    return fg_view_equal(resp_text(value), fg_view_of(word));
}

// True when value was a message and fn has had it.
static bool value_take(struct fg_redis_channel *channel, const struct resp *value,
                       bool *reconnected, void (*fn)(void *arg, struct fg_view message), void *arg)
{
    channel->ping_sent = false;
    if (text_is(resp_at(value, 0), "subscribe")) {
        channel->subscribed = true;
        *reconnected = true;
        return false;
    }
    const struct fg_view message = resp_text(resp_at(value, 2));
    if (!text_is(resp_at(value, 0), "message") || message.len == 0 || message.len > MESSAGE_MAX)
        return false;
    fn(arg, message);
    return true;
}

// When to look at the connection again: the caller's end, or when a ping or its answer is due.
static int64_t next_look_ns(const struct fg_redis_channel *channel, int64_t end_ns)
{
    const int64_t due_ms =
        channel->ping_sent ? channel->asked_ms + ANSWER_MS : channel->heard_ms + QUIET_MS;
    const int64_t due_ns = due_ms * FG_NS_PER_MS;
    return due_ns < end_ns ? due_ns : end_ns;
}

int fg_redis_channel_poll(struct fg_redis_channel *channel, int32_t timeout_ms, bool *reconnected,
                          void (*fn)(void *arg, struct fg_view message), void *arg)
{
    const int64_t end_ns = monotonic_ns() + timeout_ms * FG_NS_PER_MS;
    *reconnected = false;
    if (channel->conn.fd < 0 && channel_connect(channel) != FG_OK)
        return channel_drop(channel, FG_EUNAVAILABLE);
    for (;;) {
        struct resp *value = NULL;
        int rc = alive_check(channel, monotonic_ms());
        if (rc == FG_OK)
            rc = conn_receive(&channel->conn, next_look_ns(channel, end_ns), &value);
        if (rc == FG_OK && value != NULL && value->type == RESP_ERROR)
            rc = conn_refused(&channel->conn, value);
        bool taken = false;
        if (rc == FG_OK && value != NULL) {
            channel->heard_ms = monotonic_ms();
            taken = value_take(channel, value, reconnected, fn, arg);
        }
        resp_free(value);
        if (rc != FG_OK)
            return channel_drop(channel, FG_EUNAVAILABLE);
        if (taken || *reconnected || monotonic_ns() >= end_ns)
            return FG_OK;
    }
}
