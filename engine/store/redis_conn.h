// SPDX-License-Identifier: GPL-2.0-or-later
// One connection to a Redis server on a non-blocking socket, with our own deadline over connect,
// login, write and read together. Whatever goes wrong on the way closes the connection: no later
// call can ever read an earlier call's reply.
//
// This is the one place that decides which server a command goes to: Sentinels are asked for the
// master before each connect. Cluster (a slot map with one conn a node, chosen by the tag of the
// first key; MOVED and ASK) belongs in here and in redis_store's one call of conn_exchange().
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "fg/store.h"
#include "fg/view.h"
#include "redis_error.h"
#include "redis_sentinel.h"
#include "resp.h"

struct redis_conn {
    char unix_path[108], host[256], username[128], password[256];
    bool has_username, has_password;
    uint16_t port;
    int database;

    struct sockaddr_storage address;
    socklen_t address_len;             // 0: not resolved yet
    struct redis_sentinels *sentinels; // NULL: the address is the server's own

    int fd;      // -1: closed
    pid_t owner; // the process that opened it
    bool stale;  // the server said that it is not the master
    struct resp_reader *reader;
    char *out; // commands to be sent
    size_t out_len, out_size;
    uint32_t pending; // replies that those commands will bring

    char error[160]; // text of the last failure
    enum fg_redis_error kind;
    uint64_t counts[FG_REDIS_ERRORS];
};

// Copies config. Names are looked up here, which may block; an unknown name is tried again by
// conn_resolve(). FG_EINVAL when a string is too long.
FG_MUST_CHECK int conn_init(struct redis_conn *conn, const struct fg_redis_config *config);
FG_MUST_CHECK int conn_resolve(struct redis_conn *conn);
// The address of host, a name or with AI_NUMERICHOST in flags an address only. Its length, 0 when
// it is not known. Names may block.
socklen_t address_look_up(const char *host, uint16_t port, int flags, struct sockaddr_storage *out);
void conn_fini(struct redis_conn *conn);
void conn_close(struct redis_conn *conn);

// Queues a command. FG_ENOMEM, FG_ELIMIT.
FG_MUST_CHECK int conn_append(struct redis_conn *conn, const struct fg_view *args, size_t n_args);
// Connects where needed, sends what is queued and reads one reply a command into replies (n of
// them, as many as commands; each resp_free). All before deadline_ns on the monotonic clock, or
// FG_ETIMEOUT, FG_EUNAVAILABLE, FG_EPROTOCOL and no reply at all. Error replies are replies.
FG_MUST_CHECK int conn_exchange(struct redis_conn *conn, int64_t deadline_ns, struct resp **replies,
                                size_t n);
// For subscriptions: connects and logs in; sends what is queued; one value pushed by the server
// (NULL when the deadline passes first: then FG_OK and the connection stays).
FG_MUST_CHECK int conn_open(struct redis_conn *conn, int64_t deadline_ns);
FG_MUST_CHECK int conn_flush(struct redis_conn *conn, int64_t deadline_ns);
FG_MUST_CHECK int conn_receive(struct redis_conn *conn, int64_t deadline_ns, struct resp **out);

// Notes a failure under its kind, with text for logs; returns code.
int conn_fail(struct redis_conn *conn, enum fg_redis_error kind, const char *text, int code);
// Notes an error reply under its kind. FG_EUNAVAILABLE.
int conn_refused(struct redis_conn *conn, const struct resp *reply);
