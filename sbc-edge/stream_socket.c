// SPDX-License-Identifier: GPL-2.0-or-later
#include "stream_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKLOG    1024
#define SEND_BYTES (256 * 1024) /* a whole reply, at once */

/* True when the file is a socket that nobody listens on. */
static bool is_left_over(const struct sockaddr_un *name)
{
    struct stat status;
    bool is_refused;
    int fd;

    if (lstat(name->sun_path, &status) != 0 || !S_ISSOCK(status.st_mode))
        return false;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    is_refused =
        connect(fd, (const struct sockaddr *)name, sizeof(*name)) != 0 && errno == ECONNREFUSED;
    close(fd);
    return is_refused;
}

static int bind_unix(int fd, const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};

    memcpy(name.sun_path, path, sizeof(name.sun_path));
    if (bind(fd, (const struct sockaddr *)&name, sizeof(name)) != 0) {
        if (errno != EADDRINUSE || !is_left_over(&name))
            return -1;
        if (unlink(path) != 0 || bind(fd, (const struct sockaddr *)&name, sizeof(name)) != 0)
            return -1;
    }
    /* Before listen(): until then nobody can connect. */
    return chmod(path, S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP);
}

static int bind_tcp(int fd, const union edge_address *address)
{
    const int one = 1;

    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    return bind(fd, &address->any, edge_address_length(address));
}

int edge_stream_listen(const struct edge_stream_address *address)
{
    const bool is_unix = address->path[0] != '\0';
    int fd = socket(is_unix ? AF_UNIX : address->tcp.any.sa_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int err;

    if (fd < 0)
        return -errno;
    err = is_unix ? bind_unix(fd, address->path) : bind_tcp(fd, &address->tcp);
    if (err != 0 || listen(fd, BACKLOG) != 0) {
        err = -errno;
        close(fd);
        return err;
    }
    return fd;
}

int edge_stream_accept(int fd)
{
    const int send_bytes = SEND_BYTES;
    struct sockaddr_storage peer;
    socklen_t length = sizeof(peer);
    int taken = accept4(fd, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (taken < 0)
        return -errno;
    (void)setsockopt(taken, SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof(send_bytes));
    return taken;
}
