// SPDX-License-Identifier: GPL-2.0-or-later
// One connection to a Redis server on a non-blocking socket, with our own deadline over connect,
// login, write and read together. Whatever goes wrong on the way closes the connection: no later
// call can ever read an earlier call's reply.
//
// Sentinels, or a Cluster's servers, are asked for the master before each connect where conn is to
// go to one of theirs; redis_cluster.h has one conn for each master of a Cluster.
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
    struct redis_sentinels *sentinels; // whom to ask for it; NULL: the address is the server's own

    int fd;      // -1: closed
    pid_t owner; // the process that opened it
    bool stale;  // the server said that it is not the master
    struct resp_reader *reader;
    char *out; // commands to be sent
    size_t out_len, out_size;
    uint32_t pending; // replies that those commands will bring
    // Of an exchange in steps (conn_begin):
    bool connecting;
    size_t sent;         // of out
    uint32_t logins;     // replies that come before those of the commands
    uint64_t generation; // of connections, so that their users see that one is new

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
// The same for a command whose bytes are there already.
FG_MUST_CHECK int conn_append_formatted(struct redis_conn *conn, const char *bytes, size_t len);
// Connects where needed, sends what is queued and reads one reply a command into replies (n of
// them, as many as commands; each resp_free). All before deadline_ns on the monotonic clock, or
// FG_ETIMEOUT, FG_EUNAVAILABLE, FG_EPROTOCOL and no reply at all. Error replies are replies.
FG_MUST_CHECK int conn_exchange(struct redis_conn *conn, int64_t deadline_ns, struct resp **replies,
                                size_t n);
// An exchange in steps, so that several connections can be driven at once; none of these waits.
// conn_begin() takes the idle connection, or begins to connect and puts the login ahead of what is
// queued. conn_step_out() sends what the socket takes; conn_has_out() tells whether there is more,
// or a connect that is not done. conn_step_in() gives the next reply of the commands, NULL when
// there is none yet. What they return closes nothing: conn_end() forgets what is queued, and closes
// the connection unless all went well.
FG_MUST_CHECK int conn_begin(struct redis_conn *conn);
bool conn_has_out(const struct redis_conn *conn);
FG_MUST_CHECK int conn_step_out(struct redis_conn *conn);
FG_MUST_CHECK int conn_step_in(struct redis_conn *conn, struct resp **out);
void conn_end(struct redis_conn *conn, bool keep);
// For subscriptions: connects and logs in; sends what is queued; one value pushed by the server
// (NULL when the deadline passes first: then FG_OK and the connection stays).
FG_MUST_CHECK int conn_open(struct redis_conn *conn, int64_t deadline_ns);
FG_MUST_CHECK int conn_flush(struct redis_conn *conn, int64_t deadline_ns);
FG_MUST_CHECK int conn_receive(struct redis_conn *conn, int64_t deadline_ns, struct resp **out);

// Notes a failure under its kind, with text for logs; returns code.
int conn_fail(struct redis_conn *conn, enum fg_redis_error kind, const char *text, int code);
// Notes an error reply under its kind. FG_EUNAVAILABLE.
int conn_refused(struct redis_conn *conn, const struct resp *reply);
int conn_timed_out(struct redis_conn *conn, const char *where); // FG_ETIMEOUT
