// SPDX-License-Identifier: GPL-2.0-or-later
#include "listener.h"

#include "clock.h"
#include "cookie_cache.h"
#include "log.h"
#include "worker.h"

#include <errno.h>
#include <poll.h>
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
    struct pollfd sockets[EDGE_LISTEN_NG_MAX];
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

int edge_listener_new(struct edge_node *node, struct edge_listener **out,
                      const union edge_address **failed)
{
    struct edge_listener *listener = calloc(1, sizeof(*listener));
    int err = listener
                  ? edge_cookie_cache_new(COOKIES, COOKIE_BYTES, node->seed, &listener->cookies)
                  : -ENOMEM;

    *failed = NULL;
    if (err != 0) {
        free(listener);
        return -ENOMEM;
    }
    listener->node = node;
    edge_ng_arena_init(&listener->arena, listener->memory, sizeof(listener->memory));
    for (unsigned i = 0; i < node->config->n_listen_ng; i++) {
        err = open_socket(&node->config->listen_ng[i], &listener->sockets[i].fd);
        if (err != 0) {
            *failed = &node->config->listen_ng[i];
            edge_listener_free(listener);
            return err;
        }
        listener->sockets[i].events = POLLIN;
        listener->n_sockets++;
    }
    *out = listener;
    return 0;
}

void edge_listener_free(struct edge_listener *listener)
{
    if (!listener)
        return;
    for (unsigned i = 0; i < listener->n_sockets; i++)
        close(listener->sockets[i].fd);
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

static void tell_statistics(struct edge_listener *listener, struct edge_ng_value *reply)
{
    struct edge_ng_arena *arena = &listener->arena;
    struct edge_node *node = listener->node;
    struct edge_ng_value *root = edge_ng_add_dict(arena, reply, EDGE_VIEW("statistics"));
    struct edge_ng_value *now = edge_ng_add_dict(arena, root, EDGE_VIEW("currentstatistics"));
    struct edge_ng_value *total = edge_ng_add_dict(arena, root, EDGE_VIEW("totalstatistics"));
    struct edge_ng_value *drops = edge_ng_add_dict(arena, root, EDGE_VIEW("drops"));
    uint64_t sessions = 0;
    uint64_t packets = 0;
    uint64_t after = 0;

    for (unsigned i = 0; i < node->n_workers; i++) {
        const struct edge_stats *stats = edge_worker_stats(node->workers[i]);

        sessions += edge_stats_get(&stats->sessions_total);
        packets += edge_stats_get(&stats->packets_out);
        after += edge_stats_get(&stats->forwarded_after_verdict);
    }
    edge_ng_add_int(arena, now, EDGE_VIEW("sessionsown"), atomic_load(&node->n_sessions));
    edge_ng_add_int(arena, now, EDGE_VIEW("sessionstotal"), atomic_load(&node->n_sessions));
    edge_ng_add_int(arena, total, EDGE_VIEW("uptime"),
                    (int64_t)((edge_clock_unix_us() - node->started_us) / 1000000));
    edge_ng_add_int(arena, total, EDGE_VIEW("managedsessions"), (int64_t)sessions);
    edge_ng_add_int(arena, total, EDGE_VIEW("relayedpackets"), (int64_t)packets);
    edge_ng_add_int(arena, total, EDGE_VIEW("forwarded_after_verdict"), (int64_t)after);
    for (int d = 0; d < EDGE_DROP_COUNT; d++) {
        uint64_t dropped = 0;

        for (unsigned i = 0; i < node->n_workers; i++)
            dropped += edge_stats_get(&edge_worker_stats(node->workers[i])->drops[d]);
        edge_ng_add_int(arena, drops, edge_view_of(edge_drop_name((enum edge_drop)d)),
                        (int64_t)dropped);
    }
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
        tell_statistics(listener, reply);
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

static void send_reply(int fd, const union edge_address *peer, struct edge_view reply)
{
    if (reply.len > 0 &&
        sendto(fd, reply.ptr, reply.len, MSG_DONTWAIT, &peer->any, edge_address_length(peer)) < 0)
        edge_log(EDGE_LOG_WARNING, "an ng reply could not be sent: %s", strerror(errno));
}

static void hand_over(struct edge_listener *listener, int fd, const union edge_address *peer,
                      struct edge_view datagram, struct edge_view call_id)
{
    struct edge_mail *mail = edge_mail_new(EDGE_MAIL_NG, datagram.ptr, datagram.len);

    if (!mail) {
        edge_log(EDGE_LOG_ERROR, "out of memory: an ng request is lost");
        return;
    }
    mail->heard_us = edge_clock_unix_us();
    mail->socket = fd;
    mail->peer = *peer;
    if (edge_worker_post(edge_worker_of_call(listener->node, call_id), mail) != 0)
        edge_stats_add(&listener->node->listener_stats.requests_lost, 1);
}

static void take_datagram(struct edge_listener *listener, int fd, const union edge_address *peer,
                          struct edge_view datagram)
{
    const struct edge_view from = {(const char *)peer, edge_address_length(peer)};
    uint64_t now_ms = edge_clock_now_ns() / 1000000;
    struct edge_ng_request request;
    struct edge_view reply;
    size_t length = 0;
    int err = edge_ng_request_parse(datagram, &listener->arena, &request);

    if (err == EDGE_ENOCOOKIE) {
        edge_log(EDGE_LOG_NOTICE, "an ng datagram without a cookie");
        return;
    }
    if (edge_cookie_cache_get(listener->cookies, from, request.cookie, now_ms, &reply)) {
        edge_stats_add(&listener->node->listener_stats.requests_repeated, 1);
        send_reply(fd, peer, reply);
        return;
    }
    if (err != 0) {
        edge_stats_add(&listener->node->listener_stats.request_errors, 1);
        if (edge_ng_reply_error(&request, edge_ng_decode_error(request.format), listener->reply,
                                REPLY_MAX, &length) != 0)
            length = 0;
    } else if (!answer_here(listener, &request, &length)) {
        hand_over(listener, fd, peer, datagram, request.call_id);
        return;
    }
    reply = (struct edge_view){listener->reply, length};
    if (length > 0)
        (void)edge_cookie_cache_put(listener->cookies, from, request.cookie, now_ms, reply);
    send_reply(fd, peer, reply);
}

static void read_socket(struct edge_listener *listener, int fd)
{
    for (int i = 0; i < BATCH; i++) {
        union edge_address peer = {0};
        socklen_t peer_length = sizeof(peer);
        ssize_t length = recvfrom(fd, listener->datagram, sizeof(listener->datagram), MSG_DONTWAIT,
                                  &peer.any, &peer_length);

        if (length < 0)
            return;
        take_datagram(listener, fd, &peer, (struct edge_view){listener->datagram, (size_t)length});
        edge_ng_arena_wipe(&listener->arena);
        explicit_bzero(listener->datagram, (size_t)length);
    }
}

void edge_listener_run(struct edge_listener *listener, const atomic_bool *is_stopping)
{
    while (!atomic_load(is_stopping)) {
        if (poll(listener->sockets, listener->n_sockets, POLL_MS) <= 0)
            continue;
        for (unsigned i = 0; i < listener->n_sockets; i++) {
            if (listener->sockets[i].revents != 0)
                read_socket(listener, listener->sockets[i].fd);
        }
    }
}
