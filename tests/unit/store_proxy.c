// SPDX-License-Identifier: GPL-2.0-or-later
#include "store_proxy.h"

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 65536

struct proxy_shared {
    _Atomic int mode;
    char error[128];
};

static void sleep_ms(int ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000L}, NULL);
}

static int unix_socket(const char *path, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(address->sun_path, sizeof(address->sun_path), "%s", path);
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void bytes_send(int fd, const char *bytes, size_t len)
{
    if (send(fd, bytes, len, MSG_NOSIGNAL) != (ssize_t)len)
        _exit(0);
}

// Gives one answer of the server to the client in the way of mode; before: the answer before it.
static void answer_give(const struct proxy_shared *shared, int client, const char *bytes,
                        size_t len, const char *before, size_t before_len)
{
    static const char garbage[] = "\x16\x03\x01 hello \r\n\r\n";
    static const char huge[] = "$536870912\r\nabc";
    static const char many[] = "*1000000000\r\n";
    switch ((enum proxy_mode)atomic_load(&shared->mode)) {
    case PROXY_SLOW:
        sleep_ms(50);
        bytes_send(client, bytes, len);
        break;
    case PROXY_DRIP:
        for (size_t i = 0; i < len; i++) {
            bytes_send(client, bytes + i, 1);
            sleep_ms(10);
        }
        break;
    case PROXY_GARBAGE:
        bytes_send(client, garbage, sizeof(garbage) - 1);
        break;
    case PROXY_HUGE:
        bytes_send(client, huge, sizeof(huge) - 1);
        break;
    case PROXY_MANY:
        bytes_send(client, many, sizeof(many) - 1);
        break;
    case PROXY_CUT:
        bytes_send(client, bytes, len / 2);
        _exit(0);
    case PROXY_TWICE:
        bytes_send(client, bytes, len);
        bytes_send(client, bytes, len);
        break;
    case PROXY_STALE:
        if (before_len > 0)
            bytes_send(client, before, before_len);
        break;
    case PROXY_ERROR:
        bytes_send(client, shared->error, strlen(shared->error));
        break;
    case PROXY_PASS:
    case PROXY_MODES:
        bytes_send(client, bytes, len);
        break;
    }
}

static void connection_serve(const struct proxy_shared *shared, const char *server_path, int client)
{
    static char bytes[CHUNK], before[CHUNK];
    size_t before_len = 0;
    struct sockaddr_un address;
    const int server = unix_socket(server_path, &address);
    if (connect(server, (const struct sockaddr *)&address, sizeof(address)) != 0)
        _exit(0);
    for (;;) {
        struct pollfd fds[] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0)
            _exit(0);
        if (fds[0].revents != 0) {
            const ssize_t n = recv(client, bytes, sizeof(bytes), 0);
            if (n <= 0)
                _exit(0);
            bytes_send(server, bytes, (size_t)n);
        }
        if (fds[1].revents != 0) {
            const ssize_t n = recv(server, bytes, sizeof(bytes), 0);
            if (n <= 0)
                _exit(0);
            answer_give(shared, client, bytes, (size_t)n, before, before_len);
            memcpy(before, bytes, (size_t)n);
            before_len = (size_t)n;
        }
    }
}

static void accept_loop(const struct proxy_shared *shared, const char *server_path, int listener)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        const int client = accept(listener, NULL, NULL);
        if (client < 0)
            continue;
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            close(listener);
            connection_serve(shared, server_path, client);
        }
        close(client);
    }
}

void store_proxy_start(struct store_proxy *proxy, const struct store_server *server)
{
    struct sockaddr_un address;
    snprintf(proxy->socket, sizeof(proxy->socket), "%s/p", server->directory);
    proxy->shared = mmap(NULL, sizeof(*proxy->shared), PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const int listener = unix_socket(proxy->socket, &address);
    if (proxy->shared == MAP_FAILED ||
        bind(listener, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(listener, 64) != 0)
        exit(1);
    proxy->pid = fork();
    if (proxy->pid == 0)
        accept_loop(proxy->shared, server->socket, listener);
    close(listener);
}

void store_proxy_set(struct store_proxy *proxy, enum proxy_mode mode, const char *error)
{
    if (error != NULL)
        snprintf(proxy->shared->error, sizeof(proxy->shared->error), "-%s\r\n", error);
    atomic_store(&proxy->shared->mode, mode);
}

void store_proxy_stop(struct store_proxy *proxy)
{
    kill(proxy->pid, SIGKILL);
    waitpid(proxy->pid, NULL, 0);
    munmap(proxy->shared, sizeof(*proxy->shared));
    unlink(proxy->socket);
}

struct fg_redis_config store_proxy_config(const struct store_proxy *proxy, int32_t deadline_ms)
{
    return (struct fg_redis_config){.unix_path = proxy->socket, .deadline_ms = deadline_ms};
}
