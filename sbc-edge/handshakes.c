// SPDX-License-Identifier: GPL-2.0-or-later
#include "handshakes.h"

#include "leg_dtls.h"
#include "random.h"

#include <stdlib.h>

struct waiting {
    struct waiting *next;
    struct edge_leg_dtls *dtls;
    struct edge_flow *flow;
    union edge_address source;
    size_t length;
    uint8_t bytes[];
};

struct edge_handshakes {
    struct edge_handshakes_rim rim;
    uint8_t secret[EDGE_DTLS_SECRET_BYTES];
    struct edge_dtls_identity *identity;
    uint64_t identity_until_s;
    struct waiting *first;
    struct waiting *last;
    unsigned n_waiting;
    struct edge_leg_dtls *listed; /* those with a deadline */
    uint64_t due_ns;              /* no deadline of theirs is earlier; 0: none has one */
};

int edge_handshakes_new(const struct edge_handshakes_rim *rim, struct edge_handshakes **out)
{
    struct edge_handshakes *handshakes = calloc(1, sizeof(*handshakes));

    if (!handshakes)
        return EDGE_ENOMEM;
    handshakes->rim = *rim;
    if (edge_random_bytes(handshakes->secret, sizeof(handshakes->secret)) != 0) {
        free(handshakes);
        return EDGE_ENOMEM;
    }
    *out = handshakes;
    return 0;
}

void edge_handshakes_free(struct edge_handshakes *handshakes)
{
    if (!handshakes)
        return;
    while (handshakes->first) {
        struct waiting *next = handshakes->first->next;

        free(handshakes->first);
        handshakes->first = next;
    }
    edge_dtls_identity_drop(handshakes->identity);
    explicit_bzero(handshakes, sizeof(*handshakes));
    free(handshakes);
}

struct edge_dtls_identity *edge_handshakes_identity(struct edge_handshakes *handshakes,
                                                    uint64_t now_s)
{
    struct edge_dtls_identity *fresh;

    if (!handshakes->identity || now_s >= handshakes->identity_until_s) {
        if (edge_dtls_identity_new(now_s, &fresh) != 0)
            return NULL;
        edge_dtls_identity_drop(handshakes->identity);
        handshakes->identity = fresh;
        handshakes->identity_until_s = now_s + EDGE_HANDSHAKES_IDENTITY_S;
    }
    return edge_dtls_identity_hold(handshakes->identity);
}

const uint8_t *edge_handshakes_secret(const struct edge_handshakes *handshakes)
{
    return handshakes->secret;
}

const struct edge_handshakes_rim *edge_handshakes_rim(const struct edge_handshakes *handshakes)
{
    return &handshakes->rim;
}

bool edge_handshakes_queue(struct edge_handshakes *handshakes, struct edge_leg_dtls *dtls,
                           struct edge_flow *flow, const union edge_address *source,
                           const uint8_t *bytes, size_t length)
{
    struct waiting *waiting;

    if (handshakes->n_waiting == EDGE_HANDSHAKES_QUEUE ||
        dtls->n_queued == EDGE_HANDSHAKES_QUEUE_LEG)
        return false;
    waiting = malloc(sizeof(*waiting) + length);
    if (!waiting)
        return false;
    *waiting = (struct waiting){.dtls = dtls, .flow = flow, .source = *source, .length = length};
    memcpy(waiting->bytes, bytes, length);
    if (handshakes->last)
        handshakes->last->next = waiting;
    else
        handshakes->first = waiting;
    handshakes->last = waiting;
    handshakes->n_waiting++;
    dtls->n_queued++;
    return true;
}

static struct waiting *take_first(struct edge_handshakes *handshakes)
{
    struct waiting *waiting = handshakes->first;

    if (!waiting)
        return NULL;
    handshakes->first = waiting->next;
    if (!handshakes->first)
        handshakes->last = NULL;
    handshakes->n_waiting--;
    waiting->dtls->n_queued--;
    return waiting;
}

void edge_handshakes_list(struct edge_handshakes *handshakes, struct edge_leg_dtls *dtls,
                          uint64_t due_ns)
{
    if (due_ns == 0)
        return; /* taken out when its time would have come */
    if (!dtls->is_listed) {
        dtls->is_listed = true;
        dtls->previous = NULL;
        dtls->next = handshakes->listed;
        if (dtls->next)
            dtls->next->previous = dtls;
        handshakes->listed = dtls;
    }
    if (handshakes->due_ns == 0 || due_ns < handshakes->due_ns)
        handshakes->due_ns = due_ns;
}

static void unlist(struct edge_handshakes *handshakes, struct edge_leg_dtls *dtls)
{
    if (!dtls->is_listed)
        return;
    if (dtls->next)
        dtls->next->previous = dtls->previous;
    if (dtls->previous)
        dtls->previous->next = dtls->next;
    else
        handshakes->listed = dtls->next;
    dtls->is_listed = false;
    if (!handshakes->listed)
        handshakes->due_ns = 0;
}

void edge_handshakes_forget(struct edge_handshakes *handshakes, struct edge_leg_dtls *dtls)
{
    struct waiting **at = &handshakes->first;

    unlist(handshakes, dtls);
    handshakes->last = NULL;
    while (*at) {
        struct waiting *waiting = *at;

        if (waiting->dtls == dtls) {
            *at = waiting->next;
            handshakes->n_waiting--;
            free(waiting);
        } else {
            handshakes->last = waiting;
            at = &waiting->next;
        }
    }
    dtls->n_queued = 0;
}

/* Looks at the streams whose time has come, at most `left` of them. */
static void tick(struct edge_handshakes *handshakes, uint64_t now_ns, unsigned left)
{
    struct edge_leg_dtls *dtls = handshakes->listed;
    uint64_t due_ns = 0;

    while (dtls) {
        struct edge_leg_dtls *next = dtls->next;
        uint64_t then_ns = edge_leg_dtls_deadline_ns(dtls);

        if (then_ns != 0 && then_ns <= now_ns && left > 0) {
            left--;
            edge_leg_dtls_tick(dtls, now_ns);
            then_ns = edge_leg_dtls_deadline_ns(dtls);
        }
        if (then_ns == 0)
            unlist(handshakes, dtls);
        else if (due_ns == 0 || then_ns < due_ns)
            due_ns = then_ns;
        dtls = next;
    }
    handshakes->due_ns = due_ns;
}

void edge_handshakes_turn(struct edge_handshakes *handshakes, uint64_t now_ns)
{
    unsigned left = EDGE_HANDSHAKES_PER_TURN;
    struct waiting *waiting;

    while (left > 0 && (waiting = take_first(handshakes)) != NULL) {
        left--;
        edge_leg_dtls_receive(waiting->dtls, waiting->flow, &waiting->source, waiting->bytes,
                              waiting->length, now_ns);
        free(waiting);
    }
    if (handshakes->due_ns != 0 && now_ns >= handshakes->due_ns)
        tick(handshakes, now_ns, left > 0 ? left : 1);
}

uint64_t edge_handshakes_due_ns(const struct edge_handshakes *handshakes)
{
    return handshakes->first ? 1 : handshakes->due_ns;
}
