// SPDX-License-Identifier: GPL-2.0-or-later
#include "redis.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "fg/store.h"

#define DEADLINE_MS 2000
#define ARGS_MAX    16

struct fga_redis {
    struct fg_redis_config config;
    char storage[1024];
    redisContext *context; // NULL: not connected
    size_t queued;
    bool broken; // a command could not be queued
    char error[160];
};

struct fga_redis *fga_redis_new(const char *url, const char *key)
{
    struct fga_redis *redis = calloc(1, sizeof(*redis));
    if (redis != NULL && fg_redis_config_parse(url, &redis->config, redis->storage,
                                               sizeof(redis->storage)) != FG_OK) {
        free(redis);
        return NULL;
    }
    if (redis != NULL)
        redis->config.cluster_key = key;
    return redis;
}

void fga_redis_close(struct fga_redis *redis)
{
    if (redis->context != NULL)
        redisFree(redis->context);
    redis->context = NULL;
    redis->queued = 0;
    redis->broken = false;
}

void fga_redis_free(struct fga_redis *redis)
{
    if (redis == NULL)
        return;
    fga_redis_close(redis);
    explicit_bzero(redis->storage, sizeof(redis->storage));
    free(redis);
}

const char *fga_redis_error(const struct fga_redis *redis)
{
    return redis->error;
}

static int64_t monotonic_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int failed(struct fga_redis *redis, int code, const char *what)
{
    (void)snprintf(redis->error, sizeof(redis->error), "%s", what);
    fga_redis_close(redis);
    return code;
}

static int wait_for(struct fga_redis *redis, short events, int64_t deadline_ms)
{
    for (;;) {
        const int64_t left_ms = deadline_ms - monotonic_ms();
        struct pollfd one = {.fd = redis->context->fd, .events = events};
        if (left_ms <= 0)
            return failed(redis, FG_ETIMEOUT, "no answer before the deadline");
        const int n = poll(&one, 1, (int)left_ms);
        if (n > 0)
            return FG_OK;
        if (n < 0 && errno != EINTR)
            return failed(redis, FG_EUNAVAILABLE, strerror(errno));
    }
}

static int write_all(struct fga_redis *redis, int64_t deadline_ms)
{
    int done = 0;
    for (;;) {
        if (redisBufferWrite(redis->context, &done) != REDIS_OK)
            return failed(redis, FG_EUNAVAILABLE, redis->context->errstr);
        if (done)
            return FG_OK;
        const int rc = wait_for(redis, POLLOUT, deadline_ms);
        if (rc != FG_OK)
            return rc;
    }
}

static int read_one(struct fga_redis *redis, int64_t deadline_ms, redisReply **out)
{
    void *reply = NULL;
    for (;;) {
        if (redisGetReplyFromReader(redis->context, &reply) != REDIS_OK)
            return failed(redis, FG_EPROTOCOL, redis->context->errstr);
        if (reply != NULL)
            break;
        const int rc = wait_for(redis, POLLIN, deadline_ms);
        if (rc != FG_OK)
            return rc;
        if (redisBufferRead(redis->context) != REDIS_OK)
            return failed(redis, FG_EUNAVAILABLE, redis->context->errstr);
    }
    *out = reply;
    return FG_OK;
}

// Reads n replies that must not be errors.
static int read_plain(struct fga_redis *redis, int64_t deadline_ms, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        redisReply *reply = NULL;
        int rc = read_one(redis, deadline_ms, &reply);
        if (rc == FG_OK && reply->type == REDIS_REPLY_ERROR)
            rc = failed(redis, FG_EPROTOCOL, reply->str);
        if (reply != NULL)
            freeReplyObject(reply);
        if (rc != FG_OK)
            return rc;
    }
    return FG_OK;
}

static int login(struct fga_redis *redis, int64_t deadline_ms)
{
    const struct fg_redis_config *config = &redis->config;
    const char *auth[] = {"AUTH", config->username, config->password};
    const char *plain_auth[] = {"AUTH", config->password};
    char database[16];
    const char *select[] = {"SELECT", database};
    size_t n = 0;
    (void)snprintf(database, sizeof(database), "%d", config->database);
    if (config->password != NULL) {
        const bool named = config->username != NULL;
        if (redisAppendCommandArgv(redis->context, named ? 3 : 2, named ? auth : plain_auth,
                                   NULL) != REDIS_OK)
            return failed(redis, FG_ENOMEM, "out of memory");
        n++;
    }
    if (config->database != 0) {
        if (redisAppendCommandArgv(redis->context, 2, select, NULL) != REDIS_OK)
            return failed(redis, FG_ENOMEM, "out of memory");
        n++;
    }
    const int rc = n == 0 ? FG_OK : write_all(redis, deadline_ms);
    return rc == FG_OK ? read_plain(redis, deadline_ms, n) : rc;
}

// Begins to connect: to the server, or to the one that the Sentinels or the Cluster call the master
// now.
static int connect_begin(struct fga_redis *redis)
{
    const char *host = redis->config.host;
    uint16_t port = redis->config.port;
    char master[64];
    char error[160] = "the master is not known";
    if (redis->config.n_sentinels + redis->config.n_nodes > 0) {
        const int rc = fg_redis_find_master(&redis->config, DEADLINE_MS / 2, master, &port, error);
        if (rc != FG_OK)
            return failed(redis, rc, error);
        host = master;
    }
    redis->context = redis->config.unix_path != NULL
                         ? redisConnectUnixNonBlock(redis->config.unix_path)
                         : redisConnectNonBlock(host, port);
    return redis->context == NULL ? failed(redis, FG_ENOMEM, "out of memory") : FG_OK;
}

static int connect_now(struct fga_redis *redis, int64_t deadline_ms)
{
    int failure = 0;
    socklen_t len = sizeof(failure);
    const int begun = connect_begin(redis);
    if (begun != FG_OK)
        return begun;
    if (redis->context->err != 0)
        return failed(redis, FG_EUNAVAILABLE, redis->context->errstr);
    const int rc = wait_for(redis, POLLOUT, deadline_ms);
    if (rc != FG_OK)
        return rc;
    if (getsockopt(redis->context->fd, SOL_SOCKET, SO_ERROR, &failure, &len) != 0 || failure != 0)
        return failed(redis, FG_EUNAVAILABLE, strerror(failure));
    return login(redis, deadline_ms);
}

void fga_redis_queue(struct fga_redis *redis, const struct fg_view *args, size_t n_args)
{
    const char *argv[ARGS_MAX];
    size_t lengths[ARGS_MAX];
    if (redis->context == NULL && !redis->broken)
        redis->broken = connect_now(redis, monotonic_ms() + DEADLINE_MS) != FG_OK;
    if (redis->broken || n_args > ARGS_MAX) {
        redis->broken = true;
        return;
    }
    for (size_t i = 0; i < n_args; i++) {
        argv[i] = args[i].len == 0 ? "" : args[i].ptr;
        lengths[i] = args[i].len;
    }
    if (redisAppendCommandArgv(redis->context, (int)n_args, argv, lengths) != REDIS_OK)
        redis->broken = true;
    else
        redis->queued++;
}

// A server that is not the master any more, or not of this slot, stays reachable: whoever knows
// must be asked again.
static bool is_elsewhere(const struct fga_redis *redis, const redisReply *reply)
{
    static const char *const words[] = {"READONLY ", "MOVED ", "ASK ", "TRYAGAIN ", "CLUSTERDOWN "};
    if (redis->config.n_sentinels + redis->config.n_nodes == 0 || reply->type != REDIS_REPLY_ERROR)
        return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strncmp(reply->str, words[i], strlen(words[i])) == 0)
            return true;
    }
    return false;
}

int fga_redis_exchange(struct fga_redis *redis, struct fga_reply **replies, size_t n)
{
    const int64_t deadline_ms = monotonic_ms() + DEADLINE_MS;
    const size_t queued = redis->queued;
    if (redis->broken || redis->context == NULL || queued < n) {
        if (redis->context != NULL)
            return failed(redis, FG_ENOMEM, "a command could not be queued");
        redis->broken = false;
        return FG_EUNAVAILABLE;
    }
    redis->queued = 0;
    int rc = write_all(redis, deadline_ms);
    if (rc == FG_OK)
        rc = read_plain(redis, deadline_ms, queued - n);
    for (size_t i = 0; i < n && rc == FG_OK; i++) {
        redisReply *reply = NULL;
        rc = read_one(redis, deadline_ms, &reply);
        if (rc == FG_OK && is_elsewhere(redis, reply)) {
            freeReplyObject(reply);
            reply = NULL;
            rc = failed(redis, FG_EUNAVAILABLE, "the server is not the one to ask");
        }
        replies[i] = (struct fga_reply *)reply;
        for (size_t k = 0; k < i && rc != FG_OK; k++)
            fga_reply_free(replies[k]);
    }
    return rc;
}

static const redisReply *reply_of(const struct fga_reply *reply)
{
    return (const redisReply *)reply;
}

void fga_reply_free(struct fga_reply *reply)
{
    if (reply != NULL)
        freeReplyObject(reply);
}

bool fga_reply_is_error(const struct fga_reply *reply)
{
    return reply_of(reply)->type == REDIS_REPLY_ERROR;
}

bool fga_reply_is_nil(const struct fga_reply *reply)
{
    return reply_of(reply)->type == REDIS_REPLY_NIL;
}

struct fg_view fga_reply_text(const struct fga_reply *reply)
{
    const redisReply *r = reply_of(reply);
    if (r == NULL || (r->type != REDIS_REPLY_STRING && r->type != REDIS_REPLY_STATUS &&
                      r->type != REDIS_REPLY_ERROR))
        return (struct fg_view){"", 0};
    return (struct fg_view){r->str, r->len};
}

size_t fga_reply_count(const struct fga_reply *reply)
{
    return reply == NULL || reply_of(reply)->type != REDIS_REPLY_ARRAY ? 0
                                                                       : reply_of(reply)->elements;
}

const struct fga_reply *fga_reply_at(const struct fga_reply *reply, size_t i)
{
    return i < fga_reply_count(reply) ? (const struct fga_reply *)reply_of(reply)->element[i]
                                      : NULL;
}
