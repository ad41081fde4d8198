// SPDX-License-Identifier: GPL-2.0-or-later
#include "listener.h"

#include "clock.h"
#include "cookie_cache.h"
#include "log.h"
#include "ng_statistics.h"
#include "ng_streams.h"
#include "state_keeper.h"
#include "worker.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DATAGRAM_MAX  65536
#define REPLY_MAX     65507
#define ARENA_BYTES   (512u * 1024)
#define BATCH         64
#define POLL_MS       250
#define LIST_DEFAULT  32
#define RECEIVE_BYTES (4 * 1024 * 1024)
#define COOKIES       4096u
#define COOKIE_BYTES  (4u * 1024 * 1024)

struct edge_listener {
    struct edge_node *node;
    unsigned n_sockets;
    int sockets[EDGE_LISTEN_NG_MAX];
    struct edge_ng_streams *streams;
    struct edge_ng_rates rates;
    struct edge_cookie_cache *cookies;
    struct edge_ng_arena arena;
    unsigned char memory[ARENA_BYTES];
    char datagram[DATAGRAM_MAX];
    char reply[REPLY_MAX];
};

static int open_socket(const union edge_address *address, int *out)
{
    const int receive_bytes = RECEIVE_BYTES;
    int fd = socket(address->any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int err;

    if (fd < 0)
        return -errno;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
    if (bind(fd, &address->any, edge_address_length(address)) != 0) {
        err = -errno;
        close(fd);
        return err;
    }
    *out = fd;
    return 0;
}

static void name_address(const union edge_address *address, char out[EDGE_LISTENER_NAME])
{
    char text[EDGE_ADDRESS_TEXT];

    (void)snprintf(out, EDGE_LISTENER_NAME, "%s:%u", edge_address_format(address, text),
                   edge_address_port(address));
}

static void name_stream(const struct edge_stream_address *address, char out[EDGE_LISTENER_NAME])
{
    if (address->path[0] == '\0')
        name_address(&address->tcp, out);
    else
        (void)snprintf(out, EDGE_LISTENER_NAME, "unix:%s", address->path);
}

int edge_listener_new(struct edge_node *node, struct edge_listener **out,
                      char failed[EDGE_LISTENER_NAME])
{
    unsigned i_failed;
    struct edge_listener *listener = calloc(1, sizeof(*listener));
    int err = listener
                  ? edge_cookie_cache_new(COOKIES, COOKIE_BYTES, node->seed, &listener->cookies)
                  : -ENOMEM;

    failed[0] = '\0';
    if (err != 0) {
        free(listener);
        return -ENOMEM;
    }
    listener->node = node;
    edge_ng_arena_init(&listener->arena, listener->memory, sizeof(listener->memory));
    for (unsigned i = 0; i < node->config->n_listen_ng; i++) {
        err = open_socket(&node->config->listen_ng[i], &listener->sockets[i]);
        if (err != 0) {
            name_address(&node->config->listen_ng[i], failed);
            edge_listener_free(listener);
            return err;
        }
        listener->n_sockets++;
    }
    err = edge_ng_streams_new(node->config->listen_stream, node->config->n_listen_stream,
                              &listener->streams, &i_failed);
    if (err != 0) {
        name_stream(&node->config->listen_stream[i_failed], failed);
        edge_listener_free(listener);
        return err;
    }
    *out = listener;
    return 0;
}

void edge_listener_free(struct edge_listener *listener)
{
    if (!listener)
        return;
    for (unsigned i = 0; i < listener->n_sockets; i++)
        close(listener->sockets[i]);
    edge_ng_streams_free(listener->streams);
    edge_cookie_cache_free(listener->cookies);
    explicit_bzero(listener->datagram, sizeof(listener->datagram));
    free(listener);
}

struct listing {
    struct edge_ng_arena *arena;
    struct edge_ng_value *calls;
    uint32_t left;
};

static bool list_call(void *context, struct edge_view call_id)
{
    struct listing *listing = context;

    if (listing->left == 0)
        return false;
    listing->left--;
    edge_ng_add_str(listing->arena, listing->calls, (struct edge_view){0},
                    edge_ng_str_copy(listing->arena, call_id));
    return listing->left > 0;
}

static void list_calls(struct edge_listener *listener, const struct edge_ng_request *request,
                       struct edge_ng_value *reply)
{
    struct listing listing = {
        .arena = &listener->arena,
        .calls = edge_ng_add_list(&listener->arena, reply, EDGE_VIEW("calls")),
        .left = request->has_limit ? request->limit : LIST_DEFAULT,
    };

    for (unsigned i = 0; i < listener->node->n_workers && listing.left > 0; i++)
        edge_session_table_list(edge_worker_table(listener->node->workers[i]), list_call, &listing);
}

/* Commands about no call in particular. False when the request is for a worker. */
static bool answer_here(struct edge_listener *listener, const struct edge_ng_request *request,
                        size_t *length)
{
    struct edge_ng_value *reply = edge_ng_reply_new(&listener->arena);
    const char *error = edge_ng_request_missing(request);
    const char *result = "ok";
    int err;

    switch (request->command) {
    case EDGE_NG_PING:
        result = "pong";
        break;
    case EDGE_NG_LIST_CALLS:
        list_calls(listener, request, reply);
        break;
    case EDGE_NG_STATISTICS:
        edge_ng_tell_statistics(listener->node, &listener->rates, &listener->arena, reply);
        break;
    case EDGE_NG_UNKNOWN:
        error = EDGE_NG_TEXT_COMMAND;
        break;
    default:
        if (!error)
            return false;
        break;
    }
    edge_stats_add(&listener->node->listener_stats.requests[request->command], 1);
    if (error)
        edge_stats_add(&listener->node->listener_stats.request_errors, 1);
    err = error ? edge_ng_reply_error(request, error, listener->reply, REPLY_MAX, length)
                : edge_ng_reply_format(request, &listener->arena, reply, result, listener->reply,
                                       REPLY_MAX, length);
    if (err != 0)
        *length = 0;
    return true;
}

/** Whom to answer: a datagram's sender, or a connection. */
struct source {
    int fd;
    const union edge_address *peer; /* NULL: a connection */
    struct edge_connection *connection;
    bool has_cookie;
};

static void send_reply(const struct source *source, struct edge_view reply)
{
    if (reply.len == 0)
        return;
    if (source->connection)
        edge_connection_send(source->connection, reply);
    else if (source->peer && sendto(source->fd, reply.ptr, reply.len, MSG_DONTWAIT,
                                    &source->peer->any, edge_address_length(source->peer)) < 0)
        edge_log(EDGE_LOG_WARNING, "an ng reply could not be sent: %s", strerror(errno));
}

/* A request within a call that is not known here may be about one that another relay had. */
static bool may_be_elsewhere(const struct edge_node *node, const struct edge_ng_request *request,
                             bool *is_moving)
{
    bool is_within = request->to_tag.len > 0;

    if (!node->keeper || request->call_id.len == 0)
        return false;
    *is_moving =
        is_within && (request->command == EDGE_NG_OFFER || request->command == EDGE_NG_ANSWER);
    if (request->command == EDGE_NG_OFFER && !is_within)
        return false;
    return !edge_session_table_has(edge_worker_table(edge_worker_of_call(node, request->call_id)),
                                   request->call_id);
}

static void hand_over(struct edge_listener *listener, const struct source *source,
                      struct edge_view message, const struct edge_ng_request *request)
{
    bool is_moving = false;
    struct edge_mail *mail = edge_mail_new(EDGE_MAIL_NG, message.ptr, message.len);

    if (!mail) {
        edge_log(EDGE_LOG_ERROR, "out of memory: an ng request is lost");
        return;
    }
    mail->heard_us = edge_clock_unix_us();
    mail->socket = source->fd;
    mail->has_cookie = source->has_cookie;
    if (source->connection)
        mail->connection = edge_connection_hold(source->connection);
    else if (source->peer)
        mail->peer = *source->peer;
    if (may_be_elsewhere(listener->node, request, &is_moving) &&
        edge_keeper_look_up(listener->node->keeper, request->call_id, is_moving, mail))
        return;
    if (edge_worker_post(edge_worker_of_call(listener->node, request->call_id), mail) != 0)
        edge_stats_add(&listener->node->listener_stats.requests_lost, 1);
}

/* What came more than once is answered from memory; on a connection nothing does. */
static bool answer_again(struct edge_listener *listener, const struct source *source,
                         struct edge_view cookie, uint64_t now_ms)
{
    struct edge_view from;
    struct edge_view reply;

    if (!source->peer)
        return false;
    from = (struct edge_view){(const char *)source->peer, edge_address_length(source->peer)};
    if (!edge_cookie_cache_get(listener->cookies, from, cookie, now_ms, &reply))
        return false;
    edge_stats_add(&listener->node->listener_stats.requests_repeated, 1);
    send_reply(source, reply);
    return true;
}

static void remember(struct edge_listener *listener, const struct source *source,
                     struct edge_view cookie, uint64_t now_ms, struct edge_view reply)
{
    struct edge_view from;

    if (!source->peer || reply.len == 0)
        return;
    from = (struct edge_view){(const char *)source->peer, edge_address_length(source->peer)};
    (void)edge_cookie_cache_put(listener->cookies, from, cookie, now_ms, reply);
}

static void take_message(struct edge_listener *listener, const struct source *source,
                         struct edge_view message)
{
    uint64_t now_ms = edge_clock_now_ns() / 1000000;
    struct edge_ng_request request;
    size_t length = 0;
    int err = source->has_cookie ? edge_ng_request_parse(message, &listener->arena, &request)
                                 : edge_ng_request_parse_dict(message, &listener->arena, &request);

    if (err == EDGE_ENOCOOKIE) {
        edge_log(EDGE_LOG_NOTICE, "an ng datagram without a cookie");
        return;
    }
    if (answer_again(listener, source, request.cookie, now_ms))
        return;
    if (err != 0) {
        edge_stats_add(&listener->node->listener_stats.request_errors, 1);
        if (edge_ng_reply_error(&request, edge_ng_decode_error(request.format), listener->reply,
                                REPLY_MAX, &length) != 0)
            length = 0;
    } else if (!answer_here(listener, &request, &length)) {
        hand_over(listener, source, message, &request);
        return;
    }
    remember(listener, source, request.cookie, now_ms, (struct edge_view){listener->reply, length});
    send_reply(source, (struct edge_view){listener->reply, length});
}

static void take_from_stream(void *context, struct edge_connection *connection,
                             struct edge_view bytes, bool has_cookie)
{
    struct edge_listener *listener = context;
    const struct source source = {.fd = -1, .connection = connection, .has_cookie = has_cookie};

    take_message(listener, &source, bytes);
    edge_ng_arena_wipe(&listener->arena);
}

static void read_socket(struct edge_listener *listener, int fd)
{
    for (int i = 0; i < BATCH; i++) {
        union edge_address peer = {0};
        const struct source source = {.fd = fd, .peer = &peer, .has_cookie = true};
        socklen_t peer_length = sizeof(peer);
        ssize_t length = recvfrom(fd, listener->datagram, sizeof(listener->datagram), MSG_DONTWAIT,
                                  &peer.any, &peer_length);

        if (length < 0)
            return;
        take_message(listener, &source, (struct edge_view){listener->datagram, (size_t)length});
        edge_ng_arena_wipe(&listener->arena);
        explicit_bzero(listener->datagram, (size_t)length);
    }
}

void edge_listener_run(struct edge_listener *listener, bool (*is_over)(void *context),
                       void *context)
{
    struct pollfd polled[EDGE_LISTEN_NG_MAX + EDGE_STREAM_POLL_MAX];
    const unsigned n_sockets = listener->n_sockets;

    while (!is_over(context)) {
        unsigned n_streams;

        for (unsigned i = 0; i < n_sockets; i++)
            polled[i] = (struct pollfd){.fd = listener->sockets[i], .events = POLLIN};
        n_streams = edge_ng_streams_poll(listener->streams, polled + n_sockets);
        if (poll(polled, n_sockets + n_streams, POLL_MS) <= 0)
            continue;
        for (unsigned i = 0; i < n_sockets; i++) {
            if (polled[i].revents != 0)
                read_socket(listener, listener->sockets[i]);
        }
        edge_ng_streams_serve(listener->streams, polled + n_sockets, n_streams, take_from_stream,
                              listener);
    }
}
