// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The least a relay can do: a socket for each call, epoll, one receive and one send for each
 * packet. What tests/bench/relay compares with as the limit. Lines of RELAY_PORT SINK_PORT on
 * standard input, then "ready" on standard output.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define CALLS_MAX 4096
#define EVENTS    64

static struct sockaddr_in sinks[CALLS_MAX];
static int sockets[CALLS_MAX];

static struct sockaddr_in on_loopback(unsigned long port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void add(int epoll_fd, unsigned call, const char *line)
{
    char *rest;
    const struct sockaddr_in own = on_loopback(strtoul(line, &rest, 10));
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = call};

    sinks[call] = on_loopback(strtoul(rest, NULL, 10));
    sockets[call] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (sockets[call] < 0 || bind(sockets[call], (const struct sockaddr *)&own, sizeof(own)) != 0 ||
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, sockets[call], &event) != 0) {
        perror("socket");
        exit(1);
    }
}

static void pass_on(unsigned call)
{
    char packet[2048];
    ssize_t length = recv(sockets[call], packet, sizeof(packet), 0);

    if (length > 0)
        (void)sendto(sockets[call], packet, (size_t)length, 0,
                     (const struct sockaddr *)&sinks[call], sizeof(sinks[call]));
}

int main(void)
{
    struct rlimit files = {CALLS_MAX + 64, CALLS_MAX + 64};
    struct epoll_event events[EVENTS];
    int epoll_fd = epoll_create1(0);
    unsigned n_calls = 0;
    char line[64];

    (void)setrlimit(RLIMIT_NOFILE, &files);
    while (n_calls < CALLS_MAX && fgets(line, sizeof(line), stdin))
        add(epoll_fd, n_calls++, line);
    puts("ready");
    (void)fflush(stdout);
    for (;;) {
        int n = epoll_wait(epoll_fd, events, EVENTS, -1);

        for (int i = 0; i < n; i++)
            pass_on(events[i].data.u32);
    }
}
