// SPDX-License-Identifier: GPL-2.0-or-later
/* Two DTLS endpoints and the network between them, in memory and with a time of its own. */
#pragma once

#include "dtls.h"
#include "dtls_cookie.h"

#include <stdlib.h>
#include <sys/time.h>

#define LINK_QUEUE 256u

struct dtls_link_datagram {
    size_t length;
    uint8_t bytes[EDGE_DTLS_DATAGRAM_MAX + 64];
};

/* What one end has sent and the other has not got. */
struct dtls_link_queue {
    unsigned n;
    unsigned total; /* ever sent */
    struct dtls_link_datagram datagrams[LINK_QUEUE];
};

struct dtls_link_end {
    struct edge_dtls *dtls;
    struct edge_dtls_identity *identity;
    struct edge_fingerprint expects;
    uint32_t suites_never;
    struct dtls_link_queue sent;
};

/* end[0] is active; end[1] is passive and made when a good cookie has come. */
struct dtls_link {
    struct dtls_link_end end[2];
    uint8_t secret[EDGE_DTLS_SECRET_BYTES];
    union edge_address source;
    uint32_t random;       /* of the network; 0: nothing is lost */
    unsigned lost_percent; /* as many are doubled, and as many overtake others */
};

/* The library's timers look here, so that no test waits: see gettimeofday in the test. */
extern uint64_t dtls_link_now_ns;

static inline void dtls_link_send(void *context, const uint8_t *bytes, size_t length)
{
    struct dtls_link_queue *queue = context;
    struct dtls_link_datagram *datagram = &queue->datagrams[queue->n];

    if (length > sizeof(datagram->bytes) || queue->n == LINK_QUEUE)
        abort();
    memcpy(datagram->bytes, bytes, length);
    datagram->length = length;
    queue->n++;
    queue->total++;
}

static inline void dtls_link_open(struct dtls_link_end *end, enum edge_dtls_role role)
{
    const struct edge_dtls_plan plan = {
        .identity = end->identity,
        .role = role,
        .expected = end->expects,
        .suites_never = end->suites_never,
        .out = {dtls_link_send, &end->sent},
    };

    if (edge_dtls_new(&plan, dtls_link_now_ns, &end->dtls) != 0)
        abort();
}

static inline void dtls_link_init(struct dtls_link *link)
{
    memset(link, 0, sizeof(*link));
    for (unsigned i = 0; i < 2; i++) {
        if (edge_dtls_identity_new(dtls_link_now_ns / 1000000000u, &link->end[i].identity) != 0)
            abort();
    }
    edge_dtls_identity_print(link->end[0].identity, EDGE_HASH_SHA256, &link->end[1].expects);
    edge_dtls_identity_print(link->end[1].identity, EDGE_HASH_SHA512, &link->end[0].expects);
    if (edge_address_parse("192.0.2.1", 9, 4000, &link->source) != 0)
        abort();
}

static inline void dtls_link_fini(struct dtls_link *link)
{
    for (unsigned i = 0; i < 2; i++) {
        edge_dtls_free(link->end[i].dtls);
        edge_dtls_identity_drop(link->end[i].identity);
    }
}

/* The passive end before there is one: asks for a cookie, or is made. */
static inline void dtls_link_greet(struct dtls_link *link, const uint8_t *bytes, size_t length)
{
    uint8_t cookie[EDGE_DTLS_COOKIE_BYTES];
    uint8_t request[EDGE_DTLS_VERIFY_BYTES];
    struct edge_dtls_hello hello;

    if (!edge_dtls_read_hello(bytes, length, &hello))
        return;
    if (edge_dtls_cookie_is_good(link->secret, &link->source, 5000, dtls_link_now_ns, hello.cookie,
                                 hello.cookie_length)) {
        dtls_link_open(&link->end[1], EDGE_DTLS_PASSIVE);
        edge_dtls_receive(link->end[1].dtls, bytes, length, dtls_link_now_ns);
        return;
    }
    if (edge_dtls_cookie_make(link->secret, &link->source, 5000, dtls_link_now_ns, cookie) != 0)
        abort();
    edge_dtls_write_verify(&hello, cookie, request);
    dtls_link_send(&link->end[1].sent, request, sizeof(request));
}

static inline void dtls_link_deliver(struct dtls_link *link, unsigned to, const uint8_t *bytes,
                                     size_t length)
{
    if (link->end[to].dtls)
        edge_dtls_receive(link->end[to].dtls, bytes, length, dtls_link_now_ns);
    else if (to == 1)
        dtls_link_greet(link, bytes, length);
}

static inline bool dtls_link_chance(struct dtls_link *link)
{
    link->random = link->random * 1664525u + 1013904223u;
    return link->random != 0 && (link->random >> 8) % 100 < link->lost_percent;
}

/* Carries over all that `from` has sent; true when there was anything. */
static inline bool dtls_link_carry(struct dtls_link *link, unsigned from)
{
    struct dtls_link_queue *queue = &link->end[from].sent;
    static struct dtls_link_datagram batch[LINK_QUEUE];
    unsigned n = queue->n;

    memcpy(batch, queue->datagrams, n * sizeof(batch[0]));
    queue->n = 0;
    for (unsigned i = 0; i + 1 < n; i++) {
        if (dtls_link_chance(link)) {
            struct dtls_link_datagram first = batch[i];

            batch[i] = batch[i + 1];
            batch[i + 1] = first;
        }
    }
    for (unsigned i = 0; i < n; i++) {
        if (!dtls_link_chance(link))
            dtls_link_deliver(link, 1 - from, batch[i].bytes, batch[i].length);
        if (dtls_link_chance(link))
            dtls_link_deliver(link, 1 - from, batch[i].bytes, batch[i].length);
    }
    return n > 0;
}

/* True while a handshake still runs at either end. */
static inline bool dtls_link_runs(const struct dtls_link *link)
{
    for (unsigned i = 0; i < 2; i++) {
        if (link->end[i].dtls && edge_dtls_get_state(link->end[i].dtls) == EDGE_DTLS_HANDSHAKE_RUNS)
            return true;
    }
    return false;
}

/* The next moment at which an end wants to be woken; 0: none. */
static inline uint64_t dtls_link_next_ns(const struct dtls_link *link)
{
    uint64_t next_ns = 0;

    for (unsigned i = 0; i < 2; i++) {
        uint64_t deadline_ns = link->end[i].dtls ? edge_dtls_deadline_ns(link->end[i].dtls) : 0;

        if (deadline_ns != 0 && (next_ns == 0 || deadline_ns < next_ns))
            next_ns = deadline_ns;
    }
    return next_ns;
}

/* Until nothing runs any more. */
static inline void dtls_link_run(struct dtls_link *link)
{
    if (!link->end[0].dtls) {
        dtls_link_open(&link->end[0], EDGE_DTLS_ACTIVE);
        edge_dtls_start(link->end[0].dtls, dtls_link_now_ns);
    }
    for (;;) {
        uint64_t next_ns;
        bool was_any = dtls_link_carry(link, 0);

        was_any = dtls_link_carry(link, 1) || was_any;
        if (was_any)
            continue;
        next_ns = dtls_link_next_ns(link);
        if (!dtls_link_runs(link) || next_ns == 0)
            return;
        if (next_ns > dtls_link_now_ns)
            dtls_link_now_ns = next_ns;
        for (unsigned i = 0; i < 2; i++) {
            if (link->end[i].dtls && edge_dtls_deadline_ns(link->end[i].dtls) != 0 &&
                edge_dtls_deadline_ns(link->end[i].dtls) <= dtls_link_now_ns)
                edge_dtls_tick(link->end[i].dtls, dtls_link_now_ns);
        }
    }
}
