// SPDX-License-Identifier: GPL-2.0-or-later
#include "connection.h"

#include "log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct edge_connection {
    atomic_uint references;
    pthread_mutex_t sending; /* replies of several workers must not mix */
    int fd;
};

struct edge_connection *edge_connection_new(int fd)
{
    struct edge_connection *connection = calloc(1, sizeof(*connection));

    if (!connection) {
        close(fd);
        return NULL;
    }
    atomic_init(&connection->references, 1);
    pthread_mutex_init(&connection->sending, NULL);
    connection->fd = fd;
    return connection;
}

struct edge_connection *edge_connection_hold(struct edge_connection *connection)
{
    atomic_fetch_add_explicit(&connection->references, 1, memory_order_relaxed);
    return connection;
}

void edge_connection_release(struct edge_connection *connection)
{
    if (!connection ||
        atomic_fetch_sub_explicit(&connection->references, 1, memory_order_acq_rel) != 1)
        return;
    close(connection->fd);
    pthread_mutex_destroy(&connection->sending);
    free(connection);
}

int edge_connection_fd(const struct edge_connection *connection)
{
    return connection->fd;
}

void edge_connection_send(struct edge_connection *connection, struct edge_view reply)
{
    ssize_t sent;
    bool is_sent;

    if (reply.len == 0)
        return;
    pthread_mutex_lock(&connection->sending);
    sent = send(connection->fd, reply.ptr, reply.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    is_sent = sent >= 0 && (size_t)sent == reply.len;
    if (!is_sent) /* before another reply follows a part of this one */
        edge_connection_end(connection);
    pthread_mutex_unlock(&connection->sending);
    if (!is_sent)
        edge_log(EDGE_LOG_WARNING, "an ng reply could not be sent on its connection, which ends");
}

void edge_connection_end(struct edge_connection *connection)
{
    (void)shutdown(connection->fd, SHUT_RDWR);
}
