// SPDX-License-Identifier: GPL-2.0-or-later
#include "ng_streams.h"

#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_MAX  65536
#define ACCEPT_BATCH 64

struct reading {
    struct edge_connection *connection;
    struct edge_ng_frame frame;
    size_t used;
    uint64_t turn; /* of the last bytes */
    char *bytes;
};

struct edge_ng_streams {
    unsigned n_sockets;
    int sockets[EDGE_STREAM_SOCKETS_MAX];
    struct edge_stream_address addresses[EDGE_STREAM_SOCKETS_MAX];
    unsigned n_readings;
    uint64_t turn;
    bool is_pausing; /* no connection can be taken: the sockets would only stay ready */
    struct reading readings[EDGE_STREAM_CONNECTIONS_MAX];
};

int edge_ng_streams_new(const struct edge_stream_address *addresses, unsigned n,
                        struct edge_ng_streams **out, unsigned *failed)
{
    struct edge_ng_streams *streams = calloc(1, sizeof(*streams));

    *failed = 0;
    if (!streams)
        return -ENOMEM;
    for (unsigned i = 0; i < n && i < EDGE_STREAM_SOCKETS_MAX; i++) {
        int fd = edge_stream_listen(&addresses[i]);

        if (fd < 0) {
            *failed = i;
            edge_ng_streams_free(streams);
            return fd;
        }
        streams->addresses[i] = addresses[i];
        streams->sockets[streams->n_sockets++] = fd;
    }
    *out = streams;
    return 0;
}

/* The connection goes; replies that are still being made hold it open for themselves. */
static void drop_reading(struct edge_ng_streams *streams, unsigned index)
{
    struct reading *reading = &streams->readings[index];

    edge_connection_release(reading->connection);
    explicit_bzero(reading->bytes, reading->used);
    free(reading->bytes);
    *reading = streams->readings[--streams->n_readings];
}

void edge_ng_streams_free(struct edge_ng_streams *streams)
{
    if (!streams)
        return;
    while (streams->n_readings > 0)
        drop_reading(streams, 0);
    for (unsigned i = 0; i < streams->n_sockets; i++) {
        close(streams->sockets[i]);
        if (streams->addresses[i].path[0] != '\0')
            (void)unlink(streams->addresses[i].path);
    }
    free(streams);
}

unsigned edge_ng_streams_poll(struct edge_ng_streams *streams, struct pollfd *out)
{
    unsigned n = 0;

    for (unsigned i = 0; i < streams->n_sockets; i++)
        out[n++] =
            (struct pollfd){.fd = streams->is_pausing ? -1 : streams->sockets[i], .events = POLLIN};
    streams->is_pausing = false;
    for (unsigned i = 0; i < streams->n_readings; i++)
        out[n++] = (struct pollfd){.fd = edge_connection_fd(streams->readings[i].connection),
                                   .events = POLLIN};
    return n;
}

static void end_quietest(struct edge_ng_streams *streams)
{
    unsigned oldest = 0;

    for (unsigned i = 1; i < streams->n_readings; i++) {
        if (streams->readings[i].turn < streams->readings[oldest].turn)
            oldest = i;
    }
    edge_connection_end(streams->readings[oldest].connection);
    drop_reading(streams, oldest);
}

/* Room for one more: the connection that has been quiet for longest makes it. */
static void make_room(struct edge_ng_streams *streams)
{
    if (streams->n_readings < EDGE_STREAM_CONNECTIONS_MAX)
        return;
    edge_log(EDGE_LOG_WARNING, "more than %d ng connections: the quietest one ends",
             EDGE_STREAM_CONNECTIONS_MAX);
    end_quietest(streams);
}

/* A connection that waits, or a negative errno value. Without descriptors one makes room, too. */
static int take_waiting(struct edge_ng_streams *streams, int listening_fd)
{
    struct pollfd waiting = {.fd = listening_fd, .events = POLLIN};
    int fd = edge_stream_accept(listening_fd);

    /* The kernel looks for a descriptor before it looks whether anybody waits. */
    if ((fd == -EMFILE || fd == -ENFILE) && poll(&waiting, 1, 0) == 0)
        return -EAGAIN;
    if ((fd == -EMFILE || fd == -ENFILE) && streams->n_readings > 0) {
        edge_log(EDGE_LOG_WARNING, "%s: the quietest ng connection ends", strerror(-fd));
        end_quietest(streams);
        fd = edge_stream_accept(listening_fd);
    }
    if (fd < 0 && fd != -EAGAIN && fd != -EINTR && fd != -ECONNABORTED) {
        edge_log(EDGE_LOG_ERROR, "an ng connection cannot be taken: %s", strerror(-fd));
        /* Who waits keeps the socket ready: that must not keep us busy. */
        streams->is_pausing = true;
    }
    return fd;
}

static void accept_waiting(struct edge_ng_streams *streams, int listening_fd)
{
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        struct reading reading = {.turn = ++streams->turn};
        int fd = take_waiting(streams, listening_fd);

        if (fd < 0)
            return;
        make_room(streams);
        reading.connection = edge_connection_new(fd);
        reading.bytes = reading.connection ? malloc(MESSAGE_MAX) : NULL;
        if (!reading.bytes) {
            edge_connection_release(reading.connection);
            edge_log(EDGE_LOG_ERROR, "out of memory: an ng connection is refused");
            return;
        }
        streams->readings[streams->n_readings++] = reading;
    }
}

/* Somebody typing into the socket ends messages with them. */
static void skip_line_ends(struct reading *reading)
{
    size_t n = 0;

    while (n < reading->used && (reading->bytes[n] == '\n' || reading->bytes[n] == '\r'))
        n++;
    memmove(reading->bytes, reading->bytes + n, reading->used - n);
    reading->used -= n;
}

/* Hands over the messages that are complete; false when the bytes are none. */
static bool take_messages(struct reading *reading, edge_ng_stream_fn *take, void *context)
{
    enum edge_ng_frame_status status;

    do {
        size_t length;

        if (reading->frame.at == 0)
            skip_line_ends(reading);
        status =
            edge_ng_frame_read(&reading->frame, (struct edge_view){reading->bytes, reading->used});
        if (status != EDGE_NG_FRAME_DONE)
            break;
        length = reading->frame.at;
        take(context, reading->connection, (struct edge_view){reading->bytes, length},
             reading->frame.body > 0);
        memmove(reading->bytes, reading->bytes + length, reading->used - length);
        explicit_bzero(reading->bytes + reading->used - length, length);
        reading->used -= length;
        reading->frame = (struct edge_ng_frame){0};
    } while (reading->used > 0);
    return status != EDGE_NG_FRAME_BAD && reading->used < MESSAGE_MAX;
}

/* False when the connection is over. */
static bool read_some(struct reading *reading, edge_ng_stream_fn *take, void *context)
{
    ssize_t n = recv(edge_connection_fd(reading->connection), reading->bytes + reading->used,
                     MESSAGE_MAX - reading->used, MSG_DONTWAIT);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        return false;
    reading->used += (size_t)n;
    if (take_messages(reading, take, context))
        return true;
    edge_log(EDGE_LOG_NOTICE, "what came on an ng connection is no ng message: it ends");
    edge_connection_end(reading->connection);
    return false;
}

void edge_ng_streams_serve(struct edge_ng_streams *streams, const struct pollfd *polled,
                           unsigned n_polled, edge_ng_stream_fn *take, void *context)
{
    /* From the end, so that what goes does not move what is still to be served; and new ones last,
     * since they have no entry. */
    for (unsigned i = n_polled; i-- > streams->n_sockets;) {
        const unsigned index = i - streams->n_sockets;

        if (polled[i].revents == 0)
            continue;
        streams->readings[index].turn = ++streams->turn;
        if (!read_some(&streams->readings[index], take, context))
            drop_reading(streams, index);
    }
    for (unsigned i = 0; i < streams->n_sockets; i++) {
        if (polled[i].revents != 0)
            accept_waiting(streams, streams->sockets[i]);
    }
}
