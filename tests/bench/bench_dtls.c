// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a DTLS handshake costs each end in processor time and memory, datagram by datagram, and what
 * a ClientHello costs that leads to none:
 *     bench_dtls [HANDSHAKES]
 */
#include "dtls_link.h"

#include <malloc.h>
#include <stdio.h>
#include <time.h>

#define HELLOS 100000

uint64_t dtls_link_now_ns = 1000000000u;

struct tally {
    uint64_t sum_ns;
    uint64_t worst_ns; /* of one datagram */
    unsigned datagrams;
};

static uint64_t cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void note(struct tally *tally, uint64_t since_ns)
{
    uint64_t took_ns = cpu_ns() - since_ns;

    tally->sum_ns += took_ns;
    if (took_ns > tally->worst_ns)
        tally->worst_ns = took_ns;
    tally->datagrams++;
}

/* One handshake without loss; what each datagram cost the end that got it. */
static void shake(struct dtls_link *link, struct tally tally[2])
{
    uint64_t since_ns = cpu_ns();

    dtls_link_open(&link->end[0], EDGE_DTLS_ACTIVE);
    edge_dtls_start(link->end[0].dtls, dtls_link_now_ns);
    note(&tally[0], since_ns);
    while (link->end[0].sent.n > 0 || link->end[1].sent.n > 0) {
        for (unsigned from = 0; from < 2; from++) {
            static struct dtls_link_queue batch;

            batch = link->end[from].sent;
            link->end[from].sent.n = 0;
            for (unsigned i = 0; i < batch.n; i++) {
                since_ns = cpu_ns();
                dtls_link_deliver(link, 1 - from, batch.datagrams[i].bytes,
                                  batch.datagrams[i].length);
                note(&tally[1 - from], since_ns);
            }
        }
    }
    for (unsigned i = 0; i < 2; i++) {
        if (edge_dtls_get_state(link->end[i].dtls) != EDGE_DTLS_ESTABLISHED)
            abort();
    }
}

static void measure_handshakes(struct dtls_link *link, unsigned n)
{
    static const char *const names[2] = {"active", "passive"};
    struct edge_dtls **kept = calloc((size_t)n * 2, sizeof(struct edge_dtls *));
    struct tally tally[2] = {{0}};
    struct mallinfo2 before = mallinfo2();
    struct mallinfo2 after;

    if (!kept)
        abort();
    for (unsigned k = 0; k < n; k++) {
        shake(link, tally);
        for (unsigned i = 0; i < 2; i++) {
            kept[k * 2 + i] = link->end[i].dtls;
            link->end[i].dtls = NULL;
        }
    }
    after = mallinfo2();
    for (unsigned i = 0; i < 2; i++)
        printf("%-8s %7.1f us a handshake, %u datagrams, worst %7.1f us\n", names[i],
               (double)tally[i].sum_ns / n / 1000, tally[i].datagrams / n,
               (double)tally[i].worst_ns / 1000);
    printf("memory   %7.1f KB an established association\n",
           (double)(after.uordblks - before.uordblks) / (n * 2.0) / 1024);
    for (unsigned k = 0; k < n * 2; k++)
        edge_dtls_free(kept[k]);
    free(kept);
}

static void measure_hellos(struct dtls_link *link)
{
    struct dtls_link_datagram hello;
    uint64_t since_ns;

    dtls_link_open(&link->end[0], EDGE_DTLS_ACTIVE);
    edge_dtls_start(link->end[0].dtls, dtls_link_now_ns);
    hello = link->end[0].sent.datagrams[0];
    since_ns = cpu_ns();
    for (unsigned i = 0; i < HELLOS; i++) {
        link->end[1].sent.n = 0;
        dtls_link_greet(link, hello.bytes, hello.length);
    }
    printf("hello    %7.2f us without a cookie\n", (double)(cpu_ns() - since_ns) / HELLOS / 1000);
}

int main(int argc, char **argv)
{
    unsigned n = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 200;
    static struct dtls_link link;
    uint64_t since_ns = cpu_ns();

    dtls_link_init(&link);
    printf("identity %7.1f us\n", (double)(cpu_ns() - since_ns) / 2000);
    measure_handshakes(&link, n > 0 ? n : 1);
    measure_hellos(&link);
    dtls_link_fini(&link);
    return 0;
}
