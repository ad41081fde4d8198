// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sends RTP through a relay at a fixed rate, counts what arrives and measures how long it took:
 * from before the send call until the kernel had it for the sink. Driven by tests/bench/relay:
 *     relay_load PACKETS_PER_SECOND SECONDS [FLOOD_PER_SECOND FLOODED_CALLS] < calls
 * A line of `calls`: SOURCE_PORT RELAY_PORT SINK_PORT and "-" or the value of an a=crypto line
 * whose key to send with. Prints
 *     sent received p50 p99 p999 [us]
 * and with a flood (from the end of the first second on, for 2 s, on the first calls):
 *     flood-packets, sent and received of the other calls, slowest return of a flooded call [ms]
 */
#include "clock.h"
#include "packet.h"
#include "srtp_context.h"

#include <arpa/inet.h>
#include <pthread.h>
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
#define DELAYS_MAX 4000000u
#define FLOOD_NS   (2 * (uint64_t)SECOND_NS)

struct call {
    struct sockaddr_in relay;
    uint64_t back_ns; /* first packet sent after the flood that arrived */
    int source_fd;
    int sink_fd;
    struct edge_srtp *sender;
    uint16_t seq;
    uint32_t ssrc;
};

static struct call calls[CALLS_MAX];
static unsigned n_calls;
static uint32_t delays_us[DELAYS_MAX];
static unsigned long n_delays;
static unsigned long flood_rate, flooded_calls, n_flood;
static unsigned long others_sent, others_received;
static uint64_t flood_end_ns; /* Unix time; 0: not over, or none */

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
    const int yes = 1;
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
    call->relay = relay;
    (void)setsockopt(call->sink_fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof(yes));
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

static uint64_t unix_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* The RTP timestamp, which no relay changes, says when it was sent [us]. */
static unsigned send_one(struct call *call)
{
    _Alignas(16) uint8_t packet[RTP_BYTES + EDGE_SRTP_GROWTH] = {0x80, 8};
    size_t length = RTP_BYTES;
    uint32_t now_us;

    edge_packet_rtp_set_seq(packet, ++call->seq);
    memcpy(packet + 8, &call->ssrc, sizeof(call->ssrc));
    memset(packet + EDGE_RTP_HEADER, 0xd5, RTP_BYTES - EDGE_RTP_HEADER);
    now_us = (uint32_t)(unix_ns() / 1000);
    memcpy(packet + 4, &now_us, sizeof(now_us));
    if (call->sender &&
        edge_srtp_protect(call->sender, false, packet, &length, sizeof(packet)) != EDGE_SRTP_OK)
        exit(1);
    if ((unsigned long)(call - calls) >= flooded_calls)
        others_sent++;
    return send(call->source_fd, packet, length, 0) == (ssize_t)length;
}

static void note(struct call *call, struct msghdr *header, const uint8_t *packet)
{
    const struct cmsghdr *part = CMSG_FIRSTHDR(header);
    struct timespec when;
    uint32_t sent_us;
    uint32_t delay_us;
    uint64_t now_ns;

    if (!part || part->cmsg_type != SCM_TIMESTAMPNS)
        return;
    memcpy(&when, CMSG_DATA(part), sizeof(when));
    memcpy(&sent_us, packet + 4, sizeof(sent_us));
    now_ns = (uint64_t)when.tv_sec * SECOND_NS + (uint64_t)when.tv_nsec;
    delay_us = (uint32_t)(now_ns / 1000) - sent_us;
    if ((unsigned long)(call - calls) >= flooded_calls) {
        others_received++;
        if (n_delays < DELAYS_MAX)
            delays_us[n_delays++] = delay_us < INT32_MAX ? delay_us : 0;
    } else if (flood_end_ns != 0 && call->back_ns == 0 &&
               now_ns - (uint64_t)delay_us * 1000 >= flood_end_ns) {
        call->back_ns = now_ns;
    }
}

static unsigned long receive_all(int epoll_fd, int timeout_ms)
{
    struct epoll_event events[64];
    unsigned long n = 0;
    uint8_t packet[2048];
    uint8_t control[64];
    int ready;

    while ((ready = epoll_wait(epoll_fd, events, 64, timeout_ms)) > 0) {
        for (int i = 0; i < ready; i++) {
            struct call *call = &calls[events[i].data.u32];
            struct iovec vector = {packet, sizeof(packet)};
            struct msghdr header = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control};

            header.msg_controllen = sizeof(control);
            while (recvmsg(call->sink_fd, &header, 0) > 0) {
                n++;
                note(call, &header, packet);
                header.msg_controllen = sizeof(control);
            }
        }
    }
    return n;
}

/* Datagrams that look like the calls' own and are not. */
static void *flood(void *unused)
{
    _Alignas(16) uint8_t packet[RTP_BYTES + 10] = {0x80, 8};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    uint64_t start_ns = edge_clock_now_ns() + SECOND_NS;
    struct timespec first = {.tv_sec = 1};

    (void)unused;
    nanosleep(&first, NULL);
    for (;;) {
        uint64_t now_ns = edge_clock_now_ns();
        uint64_t passed_ns = now_ns > start_ns ? now_ns - start_ns : 0;

        if (passed_ns >= FLOOD_NS)
            break;
        for (; n_flood < passed_ns / 1000 * flood_rate / 1000000; n_flood++) {
            const struct sockaddr_in *to = &calls[n_flood % flooded_calls].relay;

            edge_packet_rtp_set_seq(packet, (uint16_t)n_flood);
            (void)sendto(fd, packet, sizeof(packet), 0, (const struct sockaddr *)to, sizeof(*to));
            if (edge_clock_now_ns() - start_ns >= FLOOD_NS)
                break;
        }
    }
    flood_end_ns = unix_ns();
    close(fd);
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;

    return (left > right) - (left < right);
}

static unsigned delay_at(double share)
{
    return n_delays == 0 ? 0 : delays_us[(unsigned long)((double)(n_delays - 1) * share)];
}

static void report_flood(void)
{
    double slowest_ms = 0;

    for (unsigned long i = 0; i < flooded_calls; i++) {
        double ms = calls[i].back_ns == 0
                        ? 99999
                        : (double)(int64_t)(calls[i].back_ns - flood_end_ns) / 1e6;

        if (ms > slowest_ms)
            slowest_ms = ms;
    }
    printf("%lu %lu %lu %.1f\n", n_flood, others_sent, others_received, slowest_ms);
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
    pthread_t flooder;
    uint64_t start_ns;

    (void)setrlimit(RLIMIT_NOFILE, &files);
    if (rate == 0 || seconds == 0 || epoll_fd < 0 || edge_srtp_library_open() != 0)
        return 1;
    while (fgets(line, sizeof(line), stdin))
        add_call(line, epoll_fd);
    if (n_calls == 0)
        return 1;
    flood_rate = argc > 4 ? strtoul(argv[3], NULL, 10) : 0;
    flooded_calls = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
    if (flooded_calls > n_calls ||
        (flooded_calls > 0 && pthread_create(&flooder, NULL, flood, NULL) != 0))
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
    if (flooded_calls > 0)
        pthread_join(flooder, NULL);
    qsort(delays_us, n_delays, sizeof(delays_us[0]), by_size);
    printf("%lu %lu %u %u %u\n", sent, received, delay_at(0.5), delay_at(0.99), delay_at(0.999));
    if (flooded_calls > 0)
        report_flood();
    return 0;
}
