// SPDX-License-Identifier: GPL-2.0-or-later
#include "store_server.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGS_MAX 40

static void exec_server(const struct store_server *server)
{
    const char *args[ARGS_MAX] = {"redis-server",
                                  "--port",
                                  "0",
                                  "--unixsocket",
                                  server->socket,
                                  "--save",
                                  "",
                                  "--appendonly",
                                  "no",
                                  "--dir",
                                  server->directory,
                                  "--logfile",
                                  server->log,
                                  "--loglevel",
                                  "warning"};
    size_t n = 15;
    for (size_t i = 0; server->options != NULL && server->options[i] != NULL && n < ARGS_MAX - 1;)
        args[n++] = server->options[i++];
    char *argv[ARGS_MAX];
    memcpy(argv, args, sizeof(argv));
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execvp(argv[0], argv);
    _exit(127);
}

static int accepts(const struct store_server *server)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", server->socket);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int rc = connect(fd, (const struct sockaddr *)&address, sizeof(address));
    close(fd);
    return rc == 0;
}

void store_server_restart(struct store_server *server)
{
    unlink(server->socket);
    server->pid = fork();
    if (server->pid == 0)
        exec_server(server);
    for (int i = 0; i < 1000; i++) {
        if (accepts(server))
            return;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    fprintf(stderr, "redis-server does not start; see %s\n", server->log);
    exit(1);
}

void store_server_start(struct store_server *server, const char *const *options)
{
    *server = (struct store_server){.options = options};
    strcpy(server->directory, "/tmp/fg-store-XXXXXX");
    if (mkdtemp(server->directory) == NULL)
        exit(1);
    snprintf(server->socket, sizeof(server->socket), "%s/s", server->directory);
    snprintf(server->log, sizeof(server->log), "%s/log", server->directory);
    store_server_restart(server);
}

void store_server_kill(struct store_server *server)
{
    if (server->pid <= 0)
        return;
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    server->pid = 0;
}

void store_server_stop(struct store_server *server)
{
    store_server_kill(server);
    unlink(server->socket);
    unlink(server->log);
    rmdir(server->directory);
}

struct fg_redis_config store_server_config(const struct store_server *server, int32_t deadline_ms)
{
    return (struct fg_redis_config){.unix_path = server->socket, .deadline_ms = deadline_ms};
}
