// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sends RTP through a relay at a fixed rate and counts what arrives. Driven by tests/bench/relay:
 *     relay_load PACKETS_PER_SECOND SECONDS < calls
 * A line of `calls`: SOURCE_PORT RELAY_PORT SINK_PORT and "-" or the value of an a=crypto line
 * whose key to send with. Prints "sent received".
 */
#include "clock.h"
#include "packet.h"
#include "srtp_context.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CALLS_MAX  4096
#define TICK_NS    1000000u
#define SECOND_NS  1000000000u
#define RTP_BYTES  172
#define DRAIN_NS   500000000u
#define LINE_BYTES 512

struct call {
    int source_fd;
    int sink_fd;
    struct edge_srtp *sender;
    uint16_t seq;
    uint32_t ssrc;
};

static struct call calls[CALLS_MAX];
static unsigned n_calls;

static struct sockaddr_in on_loopback(unsigned long port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int open_socket(unsigned long port)
{
    const struct sockaddr_in address = on_loopback(port);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        perror("socket");
        exit(1);
    }
    return fd;
}

static void add_call(char *line, int epoll_fd)
{
    struct call *call = &calls[n_calls];
    struct epoll_event event = {.events = EPOLLIN};
    struct sockaddr_in relay;
    struct edge_sdes_line key;
    unsigned long ports[3];
    char *rest = line;

    if (n_calls == CALLS_MAX)
        exit(1);
    for (int i = 0; i < 3; i++)
        ports[i] = strtoul(rest, &rest, 10);
    rest += strspn(rest, " ");
    relay = on_loopback(ports[1]);
    call->source_fd = open_socket(ports[0]);
    call->sink_fd = open_socket(ports[2]);
    call->ssrc = 1000 + n_calls;
    event.data.u32 = n_calls++;
    if (connect(call->source_fd, (const struct sockaddr *)&relay, sizeof(relay)) != 0 ||
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, call->sink_fd, &event) != 0)
        exit(1);
    if (rest[0] == '-')
        return;
    if (edge_sdes_parse((struct edge_view){rest, strcspn(rest, "\n")}, &key) != 0 ||
        edge_srtp_open(&key, EDGE_SRTP_SEND, &call->sender) != 0)
        exit(1);
}

static unsigned send_one(struct call *call)
{
    _Alignas(16) uint8_t packet[RTP_BYTES + EDGE_SRTP_GROWTH] = {0x80, 8};
    size_t length = RTP_BYTES;

    edge_packet_rtp_set_seq(packet, ++call->seq);
    memcpy(packet + 8, &call->ssrc, sizeof(call->ssrc));
    memset(packet + EDGE_RTP_HEADER, 0xd5, RTP_BYTES - EDGE_RTP_HEADER);
    if (call->sender && edge_srtp_protect(call->sender, false, packet, &length,
                                                  sizeof(packet)) != EDGE_SRTP_OK)
        exit(1);
    return send(call->source_fd, packet, length, 0) == (ssize_t)length;
}

static unsigned long receive_all(int epoll_fd, int timeout_ms)
{
    struct epoll_event events[64];
    unsigned long n = 0;
    char packet[2048];
    int ready;

    while ((ready = epoll_wait(epoll_fd, events, 64, timeout_ms)) > 0) {
        for (int i = 0; i < ready; i++) {
            while (recv(calls[events[i].data.u32].sink_fd, packet, sizeof(packet), 0) > 0)
                n++;
        }
    }
    return n;
}

static void sleep_until(uint64_t ns)
{
    const struct timespec until = {.tv_sec = (time_t)(ns / SECOND_NS),
                                   .tv_nsec = (long)(ns % SECOND_NS)};

    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

int main(int argc, char **argv)
{
    unsigned long rate = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    unsigned long seconds = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    struct rlimit files = {2 * CALLS_MAX + 64, 2 * CALLS_MAX + 64};
    unsigned long sent = 0, received = 0, due = 0;
    int epoll_fd = epoll_create1(0);
    char line[LINE_BYTES];
    uint64_t start_ns;

    (void)setrlimit(RLIMIT_NOFILE, &files);
    if (rate == 0 || seconds == 0 || epoll_fd < 0 || edge_srtp_library_open() != 0)
        return 1;
    while (fgets(line, sizeof(line), stdin))
        add_call(line, epoll_fd);
    if (n_calls == 0)
        return 1;
    start_ns = edge_clock_now_ns();
    for (uint64_t tick = 1; tick <= seconds * 1000; tick++) {
        for (; due < rate * tick / 1000; due++)
            sent += send_one(&calls[due % n_calls]);
        received += receive_all(epoll_fd, 0);
        sleep_until(start_ns + tick * TICK_NS);
    }
    start_ns = edge_clock_now_ns();
    while (edge_clock_now_ns() - start_ns < DRAIN_NS)
        received += receive_all(epoll_fd, 10);
    printf("%lu %lu\n", sent, received);
    return 0;
}
