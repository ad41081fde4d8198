// SPDX-License-Identifier: GPL-2.0-or-later
#include "leg_dtls.h"

#include "leg_keys.h"
#include "log.h"
#include "random.h"

#include <stdlib.h>

#define SECOND_NS 1000000000u
/* A running handshake makes room for another one from elsewhere after this. */
#define ROOM_AFTER_NS (3 * (uint64_t)SECOND_NS)
/* Handshakes that may begin on one stream at once, and in a second; requests for a cookie. */
#define GREETINGS_MAX   8.0
#define GREETINGS_PER_S 1.0
#define REQUESTS_MAX    20.0
#define REQUESTS_PER_S  100.0
#define STARTS_MAX      3u
#define START_AGAIN_NS  SECOND_NS

struct edge_dtls_association {
    struct edge_leg_dtls *leg;
    struct edge_flow *flow;
    union edge_address address;
    uint8_t random[EDGE_DTLS_RANDOM_BYTES]; /* passive: of the ClientHello that began it */
    struct edge_fingerprint print;          /* the peer's */
    uint64_t begun_ns;
    struct edge_dtls *dtls;
};

static void count(const struct edge_leg_dtls *dtls, enum edge_dtls_result result)
{
    edge_stats_add(&edge_handshakes_rim(dtls->handshakes)->stats->dtls_handshakes[result], 1);
}

static void send_out(void *context, const uint8_t *bytes, size_t length)
{
    const struct edge_dtls_association *association = context;
    const struct edge_handshakes_rim *rim = edge_handshakes_rim(association->leg->handshakes);

    rim->send(rim->context, association->flow, &association->address, bytes, length);
}

static void end(struct edge_dtls_association **slot)
{
    if (!*slot)
        return;
    if (edge_dtls_get_state((*slot)->dtls) == EDGE_DTLS_HANDSHAKE_RUNS)
        count((*slot)->leg, EDGE_DTLS_REPLACED);
    edge_dtls_free((*slot)->dtls);
    free(*slot);
    *slot = NULL;
}

static void end_running(struct edge_dtls_port *port)
{
    for (unsigned i = 0; i < EDGE_LEG_DTLS_HANDSHAKES; i++)
        end(&port->running[i]);
}

int edge_leg_dtls_get(struct edge_handshakes *handshakes, struct edge_media *media, uint64_t now_s,
                      struct edge_leg_dtls **out)
{
    struct edge_leg_dtls *dtls = media->dtls;

    if (!dtls) {
        dtls = calloc(1, sizeof(*dtls));
        if (!dtls)
            return EDGE_ENOMEM;
        dtls->identity = edge_handshakes_identity(handshakes, now_s);
        if (!dtls->identity) {
            free(dtls);
            return EDGE_ENOMEM;
        }
        dtls->handshakes = handshakes;
        dtls->media = media;
        dtls->hash = EDGE_HASH_SHA256;
        for (int c = EDGE_RTP; c < EDGE_COMPONENTS; c++)
            dtls->port[c].flow = &media->flow[c];
        media->dtls = dtls;
    }
    *out = dtls;
    return 0;
}

void edge_leg_dtls_free(struct edge_leg_dtls *dtls)
{
    if (!dtls)
        return;
    edge_handshakes_forget(dtls->handshakes, dtls);
    for (int c = EDGE_RTP; c < EDGE_COMPONENTS; c++) {
        end_running(&dtls->port[c]);
        end(&dtls->port[c].current);
    }
    edge_dtls_identity_drop(dtls->identity);
    free(dtls);
}

void edge_leg_dtls_close(struct edge_leg_dtls *dtls)
{
    for (int c = EDGE_RTP; dtls && c < EDGE_COMPONENTS; c++) {
        if (dtls->port[c].current)
            edge_dtls_close(dtls->port[c].current->dtls);
    }
}

/* RTCP has an association of its own where it has a port of its own. */
static bool is_in_use(const struct edge_leg_dtls *dtls, enum edge_component component)
{
    return component == EDGE_RTP || !dtls->media->has_rtcp_mux;
}

static bool is_same(const struct edge_leg_dtls *dtls, const struct edge_dtls_terms *terms,
                    enum edge_dtls_role role)
{
    return dtls->is_settled && dtls->role == role && dtls->terms.tls_id == terms->tls_id &&
           edge_fingerprint_is_equal(&dtls->terms.print, &terms->print);
}

static void make_tls_id(struct edge_leg_dtls *dtls)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[EDGE_DTLS_TLS_ID / 2];

    memset(dtls->own_tls_id, 0, sizeof(dtls->own_tls_id));
    if (edge_random_bytes(bytes, sizeof(bytes)) != 0)
        return; /* then none is written */
    for (size_t i = 0; i < sizeof(bytes); i++) {
        dtls->own_tls_id[i * 2] = digits[bytes[i] >> 4];
        dtls->own_tls_id[i * 2 + 1] = digits[bytes[i] & 0x0f];
    }
}

void edge_leg_dtls_settle(struct edge_leg_dtls *dtls, const struct edge_dtls_terms *terms,
                          enum edge_dtls_role role, uint64_t now_ns)
{
    bool is_new = !is_same(dtls, terms, role);
    bool is_any = false;

    dtls->terms = *terms;
    dtls->role = role;
    dtls->is_settled = true;
    if (is_new) {
        make_tls_id(dtls);
        dtls->has_result = false;
        dtls->is_closed = false;
        dtls->greetings_left = GREETINGS_MAX;
    }
    for (int c = EDGE_RTP; c < EDGE_COMPONENTS; c++) {
        struct edge_dtls_port *port = &dtls->port[c];
        bool has_moved = !edge_address_equal(&port->signalled, &port->flow->signalled);
        bool is_wanted = is_new || has_moved || (!port->current && !port->running[0]);

        if (is_new || !is_in_use(dtls, (enum edge_component)c))
            end_running(port);
        if (!is_wanted || !is_in_use(dtls, (enum edge_component)c))
            continue;
        /* RFC 5763 5: the same certificate at another place is another association, or the same
         * one moved: the old one stays good until the other end has begun a new one. */
        port->is_outdated = port->current != NULL;
        port->signalled = port->flow->signalled;
        port->n_starts = 0;
        port->start_at_ns = role == EDGE_DTLS_ACTIVE ? now_ns : 0;
        is_any = true;
    }
    if (is_any && role == EDGE_DTLS_ACTIVE)
        edge_handshakes_list(dtls->handshakes, dtls, now_ns);
}

static struct edge_dtls_association *begin(struct edge_leg_dtls *dtls, struct edge_dtls_port *port,
                                           const union edge_address *address, uint64_t now_ns)
{
    struct edge_dtls_association *association = calloc(1, sizeof(*association));
    struct edge_dtls_plan plan = {
        .identity = dtls->identity,
        .role = dtls->role,
        .expected = dtls->terms.print,
        .suites_never = dtls->suites_never,
        .out = {send_out, association},
    };

    if (!association)
        return NULL;
    association->leg = dtls;
    association->flow = port->flow;
    association->address = *address;
    association->print = dtls->terms.print;
    association->begun_ns = now_ns;
    if (edge_dtls_new(&plan, now_ns, &association->dtls) != 0) {
        free(association);
        return NULL;
    }
    return association;
}

/* The peer has shown to hold the signalled certificate there: its media may go there. */
static void learn(struct edge_flow *flow, const union edge_address *address, uint64_t now_ns)
{
    enum edge_learning learning = flow->media->learning;

    if (flow->is_pinned || learning == EDGE_LEARN_OFF || learning == EDGE_LEARN_ASYMMETRIC)
        return;
    flow->remote = *address;
    flow->is_pinned = true;
    flow->pinned_seen_ns = now_ns;
}

static int put_in_force(struct edge_leg_dtls *dtls, enum edge_component component,
                        struct edge_dtls *established)
{
    struct edge_sdes_line receive;
    struct edge_sdes_line send;
    int err = edge_dtls_export(established, &receive, &send);

    if (err == 0 && component == EDGE_RTCP)
        err = edge_leg_keys_set_rtcp(dtls->media, &receive, &send);
    else if (err == 0)
        err = edge_leg_keys_set(dtls->media, &receive, &send, dtls->rekey_grace_ns);
    edge_sdes_wipe(&receive);
    edge_sdes_wipe(&send);
    return err;
}

static void note_result(struct edge_leg_dtls *dtls, enum edge_dtls_result result)
{
    const struct edge_view call_id = dtls->media->leg->session->call_id;

    dtls->has_result = true;
    dtls->result = result;
    count(dtls, result);
    if (result != EDGE_DTLS_OK)
        edge_log(EDGE_LOG_NOTICE, "DTLS handshake of %.*s: %s", (int)call_id.len, call_id.ptr,
                 edge_dtls_result_name(result));
}

static enum edge_component component_of(const struct edge_dtls_port *port)
{
    return port->flow->component;
}

static void establish(struct edge_leg_dtls *dtls, struct edge_dtls_port *port, unsigned slot,
                      uint64_t now_ns)
{
    struct edge_dtls_association *association = port->running[slot];

    if (put_in_force(dtls, component_of(port), association->dtls) != 0) {
        note_result(dtls, EDGE_DTLS_PROTOCOL);
        end(&port->running[slot]);
        return;
    }
    port->running[slot] = NULL;
    end_running(port);
    end(&port->current);
    port->current = association;
    port->is_outdated = false;
    port->start_at_ns = 0;
    dtls->is_closed = false;
    learn(port->flow, &association->address, now_ns);
    note_result(dtls, EDGE_DTLS_OK);
}

static void fail(struct edge_leg_dtls *dtls, struct edge_dtls_port *port, unsigned slot,
                 uint64_t now_ns)
{
    enum edge_dtls_result result = edge_dtls_get_result(port->running[slot]->dtls);

    note_result(dtls, result);
    end(&port->running[slot]);
    /* Messages in clear can be forged by whoever forges an address: that must not be the end. */
    if (dtls->role == EDGE_DTLS_ACTIVE && result == EDGE_DTLS_PROTOCOL &&
        port->n_starts < STARTS_MAX)
        port->start_at_ns = now_ns + START_AGAIN_NS;
}

/* Takes note of what a datagram or the time has led to. */
static void look(struct edge_leg_dtls *dtls, struct edge_dtls_port *port, uint64_t now_ns)
{
    for (unsigned i = 0; i < EDGE_LEG_DTLS_HANDSHAKES; i++) {
        if (!port->running[i])
            continue;
        switch (edge_dtls_get_state(port->running[i]->dtls)) {
        case EDGE_DTLS_HANDSHAKE_RUNS:
            break;
        case EDGE_DTLS_ESTABLISHED:
            establish(dtls, port, i, now_ns);
            break;
        case EDGE_DTLS_CLOSED:
        case EDGE_DTLS_FAILED:
            fail(dtls, port, i, now_ns);
            break;
        }
    }
    if (port->current && edge_dtls_get_state(port->current->dtls) == EDGE_DTLS_CLOSED) {
        end(&port->current);
        dtls->is_closed = true;
        edge_leg_keys_unset(dtls->media, component_of(port) == EDGE_RTCP);
    }
    edge_handshakes_list(dtls->handshakes, dtls, edge_leg_dtls_deadline_ns(dtls));
}

static void refill(struct edge_leg_dtls *dtls, uint64_t now_ns)
{
    double seconds = (double)(now_ns - dtls->refilled_ns) / SECOND_NS;

    dtls->refilled_ns = now_ns;
    dtls->greetings_left += seconds * GREETINGS_PER_S;
    if (dtls->greetings_left > GREETINGS_MAX)
        dtls->greetings_left = GREETINGS_MAX;
    dtls->requests_left += seconds * REQUESTS_PER_S;
    if (dtls->requests_left > REQUESTS_MAX)
        dtls->requests_left = REQUESTS_MAX;
}

static bool is_signalled_place(const struct edge_flow *flow, const union edge_address *source)
{
    return edge_address_equal(source, &flow->signalled) ||
           (flow->is_pinned && edge_address_equal(source, &flow->remote));
}

/* True when a handshake may be begun from there. */
static bool may_greet(const struct edge_leg_dtls *dtls, const struct edge_dtls_port *port,
                      const union edge_address *source)
{
    const struct edge_flow *flow = port->flow;

    if (!dtls->is_settled || dtls->role != EDGE_DTLS_PASSIVE || !is_in_use(dtls, flow->component) ||
        !edge_address_is_usable(source))
        return false;
    if (is_signalled_place(flow, source))
        return true;
    /* Who is there already needs no other. */
    if (port->current && !port->is_outdated)
        return edge_address_equal(source, &port->current->address);
    switch (dtls->media->learning) {
    case EDGE_LEARN_PORT:
    case EDGE_LEARN_ASYMMETRIC:
        return edge_address_same_ip(source, &flow->signalled);
    case EDGE_LEARN_ANY:
        return source->any.sa_family == flow->signalled.any.sa_family;
    case EDGE_LEARN_OFF:
        break;
    }
    return false;
}

static bool is_from(const struct edge_dtls_association *association,
                    const union edge_address *source)
{
    return association && edge_address_equal(&association->address, source);
}

static bool has_begun(const struct edge_dtls_association *association,
                      const union edge_address *source, const struct edge_dtls_hello *hello)
{
    return is_from(association, source) &&
           memcmp(association->random, hello->random, EDGE_DTLS_RANDOM_BYTES) == 0;
}

/* True for a ClientHello that no association of the port has begun with. */
static bool is_greeting(const struct edge_dtls_port *port, const union edge_address *source,
                        const uint8_t *bytes, size_t length, struct edge_dtls_hello *hello)
{
    if (!edge_dtls_read_hello(bytes, length, hello) || has_begun(port->current, source, hello))
        return false;
    for (unsigned i = 0; i < EDGE_LEG_DTLS_HANDSHAKES; i++) {
        if (has_begun(port->running[i], source, hello))
            return false;
    }
    return true;
}

static bool has_good_cookie(const struct edge_leg_dtls *dtls, const union edge_address *source,
                            const struct edge_dtls_hello *hello, uint64_t now_ns)
{
    return edge_dtls_cookie_is_good(edge_handshakes_secret(dtls->handshakes), source,
                                    dtls->media->port, now_ns, hello->cookie, hello->cookie_length);
}

/* Answers with fewer bytes than came, and keeps nothing. */
static bool ask_for_cookie(struct edge_leg_dtls *dtls, const struct edge_dtls_port *port,
                           const union edge_address *source, const struct edge_dtls_hello *hello,
                           uint64_t now_ns)
{
    const struct edge_handshakes_rim *rim = edge_handshakes_rim(dtls->handshakes);
    uint8_t cookie[EDGE_DTLS_COOKIE_BYTES];
    uint8_t request[EDGE_DTLS_VERIFY_BYTES];

    refill(dtls, now_ns);
    if (dtls->requests_left < 1 ||
        edge_dtls_cookie_make(edge_handshakes_secret(dtls->handshakes), source, dtls->media->port,
                              now_ns, cookie) != 0)
        return false;
    dtls->requests_left -= 1;
    edge_dtls_write_verify(hello, cookie, request);
    rim->send(rim->context, port->flow, source, request, sizeof(request));
    return true;
}

bool edge_leg_dtls_take(struct edge_leg_dtls *dtls, struct edge_flow *flow,
                        const union edge_address *source, const uint8_t *bytes, size_t length,
                        uint64_t now_ns)
{
    struct edge_dtls_port *port = &dtls->port[flow->component];
    struct edge_dtls_record record;
    struct edge_dtls_hello hello;
    bool is_known = is_from(port->current, source);

    if (!edge_dtls_read_record(bytes, length, &record))
        return false;
    for (unsigned i = 0; i < EDGE_LEG_DTLS_HANDSHAKES; i++)
        is_known = is_known || is_from(port->running[i], source);
    if (is_greeting(port, source, bytes, length, &hello)) {
        if (!may_greet(dtls, port, source)) {
            edge_stats_add(&edge_handshakes_rim(dtls->handshakes)->stats->dtls_refused, 1);
            return false;
        }
        if (!has_good_cookie(dtls, source, &hello, now_ns))
            return ask_for_cookie(dtls, port, source, &hello, now_ns);
    } else if (!is_known) {
        return false;
    }
    return edge_handshakes_queue(dtls->handshakes, dtls, flow, source, bytes, length);
}

/* A new handshake of a passive stream, whose sender has shown a good cookie. */
static void greet(struct edge_leg_dtls *dtls, struct edge_dtls_port *port,
                  const union edge_address *source, const struct edge_dtls_hello *hello,
                  uint64_t now_ns)
{
    unsigned slot = is_signalled_place(port->flow, source) ? 0 : 1;
    struct edge_dtls_association *running = port->running[slot];

    refill(dtls, now_ns);
    if (dtls->greetings_left < 1)
        return;
    if (running && !is_from(running, source) && now_ns - running->begun_ns < ROOM_AFTER_NS)
        return;
    dtls->greetings_left -= 1;
    end(&port->running[slot]);
    port->running[slot] = begin(dtls, port, source, now_ns);
    if (port->running[slot])
        memcpy(port->running[slot]->random, hello->random, EDGE_DTLS_RANDOM_BYTES);
}

/* A handshake's datagrams and those of the association before it may come from one place. */
static void feed(struct edge_dtls_association *association, const union edge_address *source,
                 const struct edge_dtls_hello *hello, const uint8_t *bytes, size_t length,
                 uint64_t now_ns)
{
    if (is_from(association, source) && (!hello || has_begun(association, source, hello)))
        edge_dtls_receive(association->dtls, bytes, length, now_ns);
}

void edge_leg_dtls_receive(struct edge_leg_dtls *dtls, struct edge_flow *flow,
                           const union edge_address *source, const uint8_t *bytes, size_t length,
                           uint64_t now_ns)
{
    struct edge_dtls_port *port = &dtls->port[flow->component];
    struct edge_dtls_hello hello;
    bool is_hello = edge_dtls_read_hello(bytes, length, &hello);

    if (is_greeting(port, source, bytes, length, &hello)) {
        if (!may_greet(dtls, port, source) || !has_good_cookie(dtls, source, &hello, now_ns))
            return;
        greet(dtls, port, source, &hello, now_ns);
    }
    for (unsigned i = 0; i < EDGE_LEG_DTLS_HANDSHAKES; i++)
        feed(port->running[i], source, is_hello ? &hello : NULL, bytes, length, now_ns);
    feed(port->current, source, is_hello ? &hello : NULL, bytes, length, now_ns);
    look(dtls, port, now_ns);
}

static void start(struct edge_leg_dtls *dtls, struct edge_dtls_port *port, uint64_t now_ns)
{
    port->start_at_ns = 0;
    if (!edge_address_is_usable(&port->flow->remote) || port->flow->fd < 0)
        return;
    end(&port->running[0]);
    port->n_starts++;
    port->running[0] = begin(dtls, port, &port->flow->remote, now_ns);
    if (port->running[0])
        edge_dtls_start(port->running[0]->dtls, now_ns);
}

void edge_leg_dtls_tick(struct edge_leg_dtls *dtls, uint64_t now_ns)
{
    for (int c = EDGE_RTP; c < EDGE_COMPONENTS; c++) {
        struct edge_dtls_port *port = &dtls->port[c];

        if (port->start_at_ns != 0 && now_ns >= port->start_at_ns)
            start(dtls, port, now_ns);
        for (unsigned i = 0; i < EDGE_LEG_DTLS_HANDSHAKES; i++) {
            if (port->running[i] && now_ns >= edge_dtls_deadline_ns(port->running[i]->dtls))
                edge_dtls_tick(port->running[i]->dtls, now_ns);
        }
        look(dtls, port, now_ns);
    }
}

uint64_t edge_leg_dtls_deadline_ns(const struct edge_leg_dtls *dtls)
{
    uint64_t next_ns = 0;

    for (int c = EDGE_RTP; c < EDGE_COMPONENTS; c++) {
        const struct edge_dtls_port *port = &dtls->port[c];
        uint64_t due[1 + EDGE_LEG_DTLS_HANDSHAKES] = {port->start_at_ns};

        for (unsigned i = 0; i < EDGE_LEG_DTLS_HANDSHAKES; i++)
            due[1 + i] = port->running[i] ? edge_dtls_deadline_ns(port->running[i]->dtls) : 0;
        for (unsigned i = 0; i < 1 + EDGE_LEG_DTLS_HANDSHAKES; i++) {
            if (due[i] != 0 && (next_ns == 0 || due[i] < next_ns))
                next_ns = due[i];
        }
    }
    return next_ns;
}

const char *edge_leg_dtls_state(const struct edge_leg_dtls *dtls, enum edge_component component)
{
    const struct edge_dtls_port *port = &dtls->port[component];

    if (!is_in_use(dtls, component))
        return NULL;
    /* At another place than the signalled one it may be the same association, moved. */
    if (port->current && edge_fingerprint_is_equal(&port->current->print, &dtls->terms.print))
        return "established";
    if (port->running[0] || port->running[1] || port->start_at_ns != 0)
        return "handshake";
    if (dtls->is_closed)
        return "closed";
    if (dtls->has_result && dtls->result != EDGE_DTLS_OK)
        return "failed";
    return "waiting";
}
