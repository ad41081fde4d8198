// SPDX-License-Identifier: GPL-2.0-or-later
#include "redis_conn.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "monotonic.h"

#define READ_CHUNK  16384
#define REPLIES_MAX (UINT32_C(64) << 20) // bytes of one exchange [bytes]; the reader buffers them

static int text_copy(char *out, size_t size, const char *text)
{
    const size_t len = text == NULL ? 0 : strlen(text);
    if (len >= size)
        return FG_EINVAL;
    memcpy(out, text == NULL ? "" : text, len + 1);
    return FG_OK;
}

int conn_fail(struct redis_conn *conn, enum fg_redis_error kind, const char *text, int code)
{
    conn->kind = kind;
    conn->counts[kind]++;
    snprintf(conn->error, sizeof(conn->error), "%s", text);
    return code;
}

int conn_refused(struct redis_conn *conn, const struct resp *reply)
{
    char text[sizeof(conn->error)];
    const size_t len = reply->text.len < sizeof(text) ? reply->text.len : sizeof(text) - 1;
    // What a server says is foreign text: only printable ASCII goes to logs.
    for (size_t i = 0; i < len; i++) {
        const char c = reply->text.ptr[i];
        text[i] = c >= ' ' && c <= '~' ? c : '.';
    }
    text[len] = '\0';
    const enum fg_redis_error kind = redis_error_classify(reply->text);
    // A master that became a replica stays reachable: ask for the new one before the next command.
    conn->stale = kind == FG_REDIS_ERROR_READONLY;
    return conn_fail(conn, kind, text, FG_EUNAVAILABLE);
}

static int failed_errno(struct redis_conn *conn, enum fg_redis_error kind, const char *what,
                        int number)
{
    char reason[64];
    char text[sizeof(conn->error)];
    snprintf(text, sizeof(text), "%s: %s", what, strerror_r(number, reason, sizeof(reason)));
    return conn_fail(conn, kind, text, FG_EUNAVAILABLE);
}

socklen_t address_look_up(const char *host, uint16_t port, int flags, struct sockaddr_storage *out)
{
    char service[8];
    snprintf(service, sizeof(service), "%u", port);
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | flags};
    struct addrinfo *found = NULL;
    if (getaddrinfo(host, service, &hints, &found) != 0 || found == NULL)
        return 0;
    const socklen_t len = found->ai_addrlen;
    memcpy(out, found->ai_addr, len);
    freeaddrinfo(found);
    return len;
}

int conn_resolve(struct redis_conn *conn)
{
    if (conn->sentinels != NULL) {
        if (sentinels_resolve(conn->sentinels) == FG_OK)
            return FG_OK;
        return conn_fail(conn, FG_REDIS_ERROR_RESOLVE,
                         "no Sentinel's or Cluster server's name is known", FG_EUNAVAILABLE);
    }
    if (conn->unix_path[0] != '\0') {
        struct sockaddr_un un = {.sun_family = AF_UNIX};
        memcpy(un.sun_path, conn->unix_path, strlen(conn->unix_path));
        memcpy(&conn->address, &un, sizeof(un));
        conn->address_len = sizeof(un);
        return FG_OK;
    }
    conn->address_len = address_look_up(conn->host, conn->port, 0, &conn->address);
    if (conn->address_len == 0)
        return conn_fail(conn, FG_REDIS_ERROR_RESOLVE, "the server's name is not known",
                         FG_EUNAVAILABLE);
    return FG_OK;
}

int conn_init(struct redis_conn *conn, const struct fg_redis_config *config)
{
    *conn = (struct redis_conn){.fd = -1, .port = config->port, .database = config->database};
    conn->has_username = config->username != NULL;
    conn->has_password = config->password != NULL;
    if (text_copy(conn->unix_path, sizeof(conn->unix_path), config->unix_path) != FG_OK ||
        text_copy(conn->host, sizeof(conn->host), config->host) != FG_OK ||
        text_copy(conn->username, sizeof(conn->username), config->username) != FG_OK ||
        text_copy(conn->password, sizeof(conn->password), config->password) != FG_OK)
        return FG_EINVAL;
    if (config->n_sentinels > 0 || config->n_nodes > 0) {
        conn->sentinels = sentinels_new(config);
        return conn->sentinels == NULL ? FG_EINVAL : FG_OK;
    }
    // Not resolved now is no reason to fail: the call path answers "unavailable" until it is.
    if (conn_resolve(conn) != FG_OK)
        conn->address_len = 0;
    return FG_OK;
}

void conn_close(struct redis_conn *conn)
{
    if (conn->fd >= 0)
        close(conn->fd);
    conn->fd = -1;
    resp_reader_free(conn->reader);
    conn->reader = NULL;
    conn->stale = false;
}

static void queue_clear(struct redis_conn *conn)
{
    conn->out_len = 0;
    conn->pending = 0;
}

void conn_fini(struct redis_conn *conn)
{
    conn_close(conn);
    free(conn->out);
    conn->out = NULL;
    free(conn->sentinels);
    conn->sentinels = NULL;
    explicit_bzero(conn->password, sizeof(conn->password));
}

int conn_append_formatted(struct redis_conn *conn, const char *bytes, size_t len)
{
    if (conn->out == NULL || conn->out_len + len > conn->out_size) {
        const size_t size = (conn->out_len + len) * 2;
        char *grown = realloc(conn->out, size);
        if (grown == NULL) {
            queue_clear(conn);
            return conn_fail(conn, FG_REDIS_ERROR_MEMORY, "out of memory", FG_ENOMEM);
        }
        conn->out = grown;
        conn->out_size = size;
    }
    memcpy(conn->out + conn->out_len, bytes, len);
    conn->out_len += len;
    conn->pending++;
    return FG_OK;
}

int conn_append(struct redis_conn *conn, const struct fg_view *args, size_t n_args)
{
    char *bytes;
    size_t len;
    int rc = resp_command_format(args, n_args, &bytes, &len);
    if (rc != FG_OK) {
        queue_clear(conn);
        return conn_fail(conn, FG_REDIS_ERROR_MEMORY, "a command cannot be formatted", rc);
    }
    rc = conn_append_formatted(conn, bytes, len);
    resp_command_free(bytes);
    return rc;
}

// FG_OK once the socket is ready for events; FG_ETIMEOUT at the deadline.
static int socket_wait(const struct redis_conn *conn, short events, int64_t deadline_ns)
{
    for (;;) {
        const int64_t left = deadline_ns - monotonic_ns();
        if (left <= 0)
            return FG_ETIMEOUT;
        const struct timespec wait = {.tv_sec = left / (1000 * FG_NS_PER_MS),
                                      .tv_nsec = left % (1000 * FG_NS_PER_MS)};
        struct pollfd one = {.fd = conn->fd, .events = events};
        const int n = ppoll(&one, 1, &wait, NULL);
        if (n > 0)
            return FG_OK;
        if (n < 0 && errno != EINTR)
            return FG_EIO;
    }
}

int conn_timed_out(struct redis_conn *conn, const char *where)
{
    return conn_fail(conn, FG_REDIS_ERROR_TIMEOUT, where, FG_ETIMEOUT);
}

int conn_flush(struct redis_conn *conn, int64_t deadline_ns)
{
    size_t sent = 0;
    while (sent < conn->out_len) {
        const ssize_t n =
            send(conn->fd, conn->out + sent, conn->out_len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0) {
            sent += (size_t)n;
        } else if (errno == EAGAIN) {
            if (socket_wait(conn, POLLOUT, deadline_ns) != FG_OK)
                return conn_timed_out(conn, "the server took no request before the deadline");
        } else if (errno != EINTR) {
            return failed_errno(conn, FG_REDIS_ERROR_IO, "send", errno);
        }
    }
    conn->out_len = 0;
    return FG_OK;
}

// Reads what there is into the reader: FG_OK with *n bytes, 0 when there is nothing now.
static int bytes_read(struct redis_conn *conn, size_t *n)
{
    char chunk[READ_CHUNK];
    *n = 0;
    const ssize_t got = recv(conn->fd, chunk, sizeof(chunk), MSG_DONTWAIT);
    if (got == 0)
        return conn_fail(conn, FG_REDIS_ERROR_CLOSED, "the server closed the connection",
                         FG_EUNAVAILABLE);
    if (got < 0) {
        if (errno == EAGAIN || errno == EINTR)
            return FG_OK;
        return failed_errno(conn, FG_REDIS_ERROR_IO, "recv", errno);
    }
    *n = (size_t)got;
    if (resp_reader_feed(conn->reader, chunk, (size_t)got) != FG_OK)
        return conn_fail(conn, FG_REDIS_ERROR_PROTOCOL, "bytes that are no reply", FG_EPROTOCOL);
    return FG_OK;
}

int conn_receive(struct redis_conn *conn, int64_t deadline_ns, struct resp **out)
{
    size_t total = 0;
    *out = NULL;
    for (;;) {
        if (resp_reader_next(conn->reader, out) != FG_OK)
            return conn_fail(conn, FG_REDIS_ERROR_PROTOCOL, "bytes that are no reply",
                             FG_EPROTOCOL);
        if (*out != NULL)
            return FG_OK;
        const int rc = socket_wait(conn, POLLIN, deadline_ns);
        if (rc == FG_ETIMEOUT)
            return FG_OK;
        if (rc != FG_OK)
            return failed_errno(conn, FG_REDIS_ERROR_IO, "poll", errno);
        size_t n;
        const int read = bytes_read(conn, &n);
        if (read != FG_OK)
            return read;
        total += n;
        if (total > REPLIES_MAX)
            return conn_fail(conn, FG_REDIS_ERROR_PROTOCOL, "a reply too long", FG_EPROTOCOL);
    }
}

static int replies_read(struct redis_conn *conn, int64_t deadline_ns, struct resp **replies,
                        size_t n)
{
    size_t have = 0;
    int rc = FG_OK;
    while (have < n && rc == FG_OK) {
        rc = conn_receive(conn, deadline_ns, &replies[have]);
        if (rc == FG_OK && replies[have] == NULL)
            rc = conn_timed_out(conn, "the server did not answer before the deadline");
        else if (rc == FG_OK)
            have++;
    }
    if (rc == FG_OK)
        return FG_OK;
    for (size_t i = 0; i < have; i++)
        resp_free(replies[i]);
    return rc;
}

// Begins to connect; conn->connecting tells whether that takes a while.
static int socket_begin(struct redis_conn *conn)
{
    const int family = conn->address.ss_family;
    conn->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (conn->fd < 0)
        return failed_errno(conn, FG_REDIS_ERROR_CONNECT, "socket", errno);
    conn->owner = getpid();
    conn->generation++;
    if (family != AF_UNIX) {
        const int on = 1;
        setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        setsockopt(conn->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    }
    conn->connecting = false;
    if (connect(conn->fd, (const struct sockaddr *)&conn->address, conn->address_len) == 0)
        return FG_OK;
    if (errno != EINPROGRESS)
        return failed_errno(conn, FG_REDIS_ERROR_CONNECT, "connect", errno);
    conn->connecting = true;
    return FG_OK;
}

// What came of it, once the socket can be written to.
static int socket_connected(struct redis_conn *conn)
{
    int failure = 0;
    socklen_t len = sizeof(failure);
    conn->connecting = false;
    if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &failure, &len) != 0 || failure != 0)
        return failed_errno(conn, FG_REDIS_ERROR_CONNECT, "connect", failure);
    return FG_OK;
}

static int socket_connect(struct redis_conn *conn, int64_t deadline_ns)
{
    const int rc = socket_begin(conn);
    if (rc != FG_OK || !conn->connecting)
        return rc;
    if (socket_wait(conn, POLLOUT, deadline_ns) != FG_OK)
        return conn_timed_out(conn, "no connection before the deadline");
    return socket_connected(conn);
}

static int login_append(struct redis_conn *conn)
{
    int rc = FG_OK;
    if (conn->has_password) {
        struct fg_view args[3] = {fg_view_of("AUTH")};
        size_t n = 1;
        if (conn->has_username)
            args[n++] = fg_view_of(conn->username);
        args[n++] = fg_view_of(conn->password);
        rc = conn_append(conn, args, n);
    }
    if (rc == FG_OK && conn->database != 0) {
        char number[16];
        snprintf(number, sizeof(number), "%d", conn->database);
        const struct fg_view args[] = {fg_view_of("SELECT"), fg_view_of(number)};
        rc = conn_append(conn, args, 2);
    }
    if (rc == FG_OK && conn->sentinels != NULL) {
        const struct fg_view role = fg_view_of("ROLE");
        rc = conn_append(conn, &role, 1);
    }
    return rc;
}

// What Sentinels and a Cluster's servers know may be a moment old: the server itself must say that
// it is the master.
static int role_check(struct redis_conn *conn, const struct resp *reply)
{
    if (fg_view_equal(resp_text(resp_at(reply, 0)), fg_view_of("master")))
        return FG_OK;
    return conn_fail(conn, FG_REDIS_ERROR_READONLY, "the server that was named is no master",
                     FG_EUNAVAILABLE);
}

// Nothing that was to follow has been tried, hence nothing of it was refused.
static int login_refused(struct redis_conn *conn, const struct resp *reply)
{
    const int rc = conn_refused(conn, reply);
    if (conn->kind == FG_REDIS_ERROR_REPLY || conn->kind == FG_REDIS_ERROR_NOPERM)
        conn->kind = FG_REDIS_ERROR_NOAUTH;
    return rc;
}

static int login(struct redis_conn *conn, int64_t deadline_ns)
{
    struct resp *replies[3] = {NULL, NULL, NULL};
    queue_clear(conn);
    int rc = login_append(conn);
    const uint32_t n = conn->pending;
    if (rc != FG_OK || n == 0)
        return rc;
    rc = conn_flush(conn, deadline_ns);
    if (rc == FG_OK)
        rc = replies_read(conn, deadline_ns, replies, n);
    if (rc != FG_OK)
        return rc;
    for (uint32_t i = 0; i < n; i++) {
        if (rc == FG_OK && replies[i]->type == RESP_ERROR)
            rc = login_refused(conn, replies[i]);
        if (rc == FG_OK && conn->sentinels != NULL && i == n - 1)
            rc = role_check(conn, replies[i]);
        resp_free(replies[i]);
    }
    return rc;
}

// Connects and logs in; the commands queued by the caller wait meanwhile.
int conn_open(struct redis_conn *conn, int64_t deadline_ns)
{
    if (conn->sentinels != NULL) {
        const int found = sentinels_find_master(conn, deadline_ns);
        if (found != FG_OK)
            return found;
    }
    if (conn->address_len == 0)
        return conn_fail(conn, FG_REDIS_ERROR_RESOLVE, "the server's name is not known",
                         FG_EUNAVAILABLE);
    char *queued = conn->out;
    const size_t queued_len = conn->out_len, queued_size = conn->out_size;
    const uint32_t pending = conn->pending;
    conn->out = NULL;
    conn->out_size = 0;
    conn->reader = resp_reader_new();
    int rc = conn->reader == NULL
                 ? conn_fail(conn, FG_REDIS_ERROR_MEMORY, "out of memory", FG_ENOMEM)
                 : socket_connect(conn, deadline_ns);
    if (rc == FG_OK)
        rc = login(conn, deadline_ns);
    if (conn->out != NULL)
        explicit_bzero(conn->out, conn->out_size); // it held the password
    free(conn->out);
    conn->out = queued;
    conn->out_len = queued_len;
    conn->out_size = queued_size;
    conn->pending = pending;
    if (rc != FG_OK)
        conn_close(conn);
    return rc;
}

// An idle connection that has anything to read was closed by the server or speaks out of turn;
// either way nothing has been asked yet, so a new one costs no uncertainty.
// A connection that came along with a fork belongs to the parent.
static bool idle_is_sound(const struct redis_conn *conn)
{
    char byte;
    return conn->fd >= 0 && !conn->stale && conn->owner == getpid() &&
           recv(conn->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EINTR);
}

int conn_exchange(struct redis_conn *conn, int64_t deadline_ns, struct resp **replies, size_t n)
{
    int rc = conn->pending == n ? FG_OK : FG_EINVAL;
    if (rc == FG_OK && !idle_is_sound(conn)) {
        conn_close(conn);
        rc = conn_open(conn, deadline_ns);
    }
    if (rc == FG_OK)
        rc = conn_flush(conn, deadline_ns);
    if (rc == FG_OK)
        rc = replies_read(conn, deadline_ns, replies, n);
    queue_clear(conn);
    if (rc != FG_OK)
        conn_close(conn);
    return rc;
}

// Puts the login ahead of what is queued.
static int login_first(struct redis_conn *conn)
{
    char *queued = conn->out;
    const size_t queued_len = conn->out_len;
    const uint32_t pending = conn->pending;
    conn->out = NULL;
    conn->out_size = conn->out_len = 0;
    conn->pending = 0;
    int rc = login_append(conn);
    conn->logins = conn->pending;
    conn->pending = pending;
    char *whole = rc == FG_OK ? malloc(conn->out_len + queued_len + 1) : NULL;
    if (rc == FG_OK && whole == NULL)
        rc = conn_fail(conn, FG_REDIS_ERROR_MEMORY, "out of memory", FG_ENOMEM);
    const size_t login_len = conn->out_len;
    if (rc == FG_OK) {
        if (login_len > 0)
            memcpy(whole, conn->out, login_len);
        if (queued_len > 0)
            memcpy(whole + login_len, queued, queued_len);
    }
    if (conn->out != NULL)
        explicit_bzero(conn->out, conn->out_size);
    free(conn->out);
    free(queued);
    conn->out = whole;
    conn->out_len = whole == NULL ? 0 : login_len + queued_len;
    conn->out_size = conn->out_len;
    return rc;
}

int conn_begin(struct redis_conn *conn)
{
    conn->sent = 0;
    conn->logins = 0;
    conn->connecting = false;
    if (idle_is_sound(conn))
        return FG_OK;
    conn_close(conn);
    if (conn->address_len == 0)
        return conn_fail(conn, FG_REDIS_ERROR_RESOLVE, "the server's address is not known",
                         FG_EUNAVAILABLE);
    conn->reader = resp_reader_new();
    if (conn->reader == NULL)
        return conn_fail(conn, FG_REDIS_ERROR_MEMORY, "out of memory", FG_ENOMEM);
    const int rc = login_first(conn);
    return rc == FG_OK ? socket_begin(conn) : rc;
}

bool conn_has_out(const struct redis_conn *conn)
{
    return conn->connecting || conn->sent < conn->out_len;
}

int conn_step_out(struct redis_conn *conn)
{
    if (conn->connecting) {
        struct pollfd one = {.fd = conn->fd, .events = POLLOUT};
        if (poll(&one, 1, 0) <= 0)
            return FG_OK;
        const int rc = socket_connected(conn);
        if (rc != FG_OK)
            return rc;
    }
    while (conn->sent < conn->out_len) {
        const ssize_t n = send(conn->fd, conn->out + conn->sent, conn->out_len - conn->sent,
                               MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0)
            conn->sent += (size_t)n;
        else if (errno == EAGAIN)
            return FG_OK;
        else if (errno != EINTR)
            return failed_errno(conn, FG_REDIS_ERROR_IO, "send", errno);
    }
    return FG_OK;
}

// The next reply from what was read before, of a login or a command.
static int reply_next(struct redis_conn *conn, struct resp **out)
{
    if (resp_reader_next(conn->reader, out) != FG_OK)
        return conn_fail(conn, FG_REDIS_ERROR_PROTOCOL, "bytes that are no reply", FG_EPROTOCOL);
    if (*out == NULL || conn->logins == 0)
        return FG_OK;
    const int rc = (*out)->type == RESP_ERROR ? login_refused(conn, *out) : FG_OK;
    resp_free(*out);
    *out = NULL;
    conn->logins--;
    return rc == FG_OK ? reply_next(conn, out) : rc; // at most two logins
}

int conn_step_in(struct redis_conn *conn, struct resp **out)
{
    size_t n = 0;
    int rc = reply_next(conn, out);
    if (rc != FG_OK || *out != NULL || conn->connecting)
        return rc;
    rc = bytes_read(conn, &n);
    return rc == FG_OK && n > 0 ? reply_next(conn, out) : rc;
}

void conn_end(struct redis_conn *conn, bool keep)
{
    if (conn->out != NULL)
        explicit_bzero(conn->out, conn->out_len); // there may have been a login in it
    queue_clear(conn);
    conn->sent = 0;
    if (!keep)
        conn_close(conn);
}
