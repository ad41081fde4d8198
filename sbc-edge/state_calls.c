// SPDX-License-Identifier: GPL-2.0-or-later
#include "state_calls.h"

#include "clock.h"
#include "control_commands.h"
#include "leg_sockets.h"
#include "log.h"
#include "state_keeper.h"
#include "state_record.h"

#include <errno.h>

/* With a worker's longest wait and the time to be written, counters in Redis are at most a second
 * old. */
#define INTERVAL_NS 550000000u
/* When turns are few and long, more are written in each, up to about half a millisecond's. */
#define LATE_NS  100000000u
#define LATE_MAX 256u
/* What does not change is written all the same, should Redis have lost it. */
#define REFRESH_NS 60000000000u

static void unlist(struct edge_control *control, struct edge_session *session)
{
    struct edge_state_link *link = &session->state;

    if (!link->is_listed)
        return;
    if (link->previous)
        link->previous->state.next = link->next;
    else
        control->state_first = link->next;
    if (link->next)
        link->next->state.previous = link->previous;
    else
        control->state_last = link->previous;
    link->next = link->previous = NULL;
    link->is_listed = false;
}

static void list_first(struct edge_control *control, struct edge_session *session)
{
    struct edge_state_link *link = &session->state;

    link->previous = NULL;
    link->next = control->state_first;
    if (link->next)
        link->next->state.previous = session;
    else
        control->state_last = session;
    control->state_first = session;
    link->is_listed = true;
}

static void list_last(struct edge_control *control, struct edge_session *session)
{
    struct edge_state_link *link = &session->state;

    link->next = NULL;
    link->previous = control->state_last;
    if (link->previous)
        link->previous->state.next = session;
    else
        control->state_first = session;
    control->state_last = session;
    link->is_listed = true;
}

void edge_state_touch(struct edge_control *control, struct edge_session *session)
{
    if (!control->node->keeper)
        return;
    session->state.is_changed = true;
    session->state.due_ns = 0;
    if (control->state_first == session)
        return;
    unlist(control, session);
    list_first(control, session);
}

void edge_state_forget(struct edge_control *control, struct edge_session *session)
{
    if (!control->node->keeper)
        return;
    unlist(control, session);
    edge_keeper_drop(control->node->keeper, session->call_id);
}

void edge_state_touch_all(struct edge_control *control)
{
    for (struct edge_session *session = control->state_first; session;
         session = session->state.next) {
        session->state.is_changed = true;
        session->state.due_ns = control->now_ns;
    }
}

static uint64_t packets_taken(const struct edge_session *session)
{
    uint64_t packets = 0;

    for (unsigned l = 0; l < session->n_legs; l++) {
        const struct edge_leg *leg = session->legs[l];

        for (unsigned m = 0; m < leg->n_media; m++)
            packets += leg->media[m]->flow[EDGE_RTP].in.packets +
                       leg->media[m]->flow[EDGE_RTCP].in.packets;
    }
    return packets;
}

/* The interfaces' names and addresses, as records have them. */
struct places {
    const char *names[EDGE_INTERFACES_MAX];
    union edge_address addresses[EDGE_INTERFACES_MAX];
};

static void fill_places(const struct edge_node *node, struct places *out)
{
    for (unsigned i = 0; i < node->n_interfaces; i++) {
        const struct edge_interface_config *config = edge_interface_get_config(node->interfaces[i]);

        out->names[i] = config->name;
        out->addresses[i] = config->local;
    }
}

/* 0; -ENOSPC when the keeper is behind: the session stays due. */
static int write_session(struct edge_control *control, struct edge_session *session,
                         uint64_t now_ns, enum edge_put put)
{
    const struct edge_view customer = edge_view_of(session->customer);
    struct places places;
    struct edge_state_extra extra = {
        .saved_us = control->now_us,
        .now_ns = now_ns,
        .kill_until_ms = edge_blocks_kill_until(control->blocks, session->call_id.ptr,
                                                session->call_id.len, control->now_us / 1000),
        .interface_names = places.names,
        .interface_addresses = places.addresses,
    };
    size_t length = 0;
    int err;

    fill_places(control->node, &places);
    if (customer.len > 0)
        (void)edge_blocks_find_hold(control->blocks, customer.ptr, customer.len,
                                    control->now_us / 1000, &extra.hold);
    if (edge_state_write_call(session, &extra, control->state_memory, EDGE_STATE_MAX, &length) !=
        0) {
        atomic_fetch_add_explicit(&control->node->state_stats.too_large, 1, memory_order_relaxed);
        /* What is kept of before has indices that are used again if it is taken up. */
        if (session->state.is_kept)
            edge_keeper_drop(control->node->keeper, session->call_id);
        session->state.is_kept = false;
        return 0;
    }
    err = edge_keeper_put(control->node->keeper, session->call_id,
                          (struct edge_view){(const char *)control->state_memory, length}, put);
    explicit_bzero(control->state_memory, length);
    session->state.is_kept = session->state.is_kept || err == 0;
    return err;
}

void edge_state_park(struct edge_control *control, struct edge_session *session)
{
    if (!control->node->keeper)
        return;
    unlist(control, session);
    (void)write_session(control, session, edge_clock_now_ns(), EDGE_PUT_NEEDED);
}

/* False when the keeper takes no more for now. */
static bool turn_session(struct edge_control *control, struct edge_session *session,
                         uint64_t now_ns)
{
    struct edge_state_link *link = &session->state;
    uint64_t packets = packets_taken(session);

    if (link->is_changed || packets != link->packets_written ||
        now_ns - link->written_ns >= REFRESH_NS) {
        if (write_session(control, session, now_ns,
                          link->is_changed ? EDGE_PUT_SOON : EDGE_PUT_USUAL) != 0)
            return false;
        link->packets_written = packets;
        link->written_ns = now_ns;
        link->is_changed = false;
    }
    link->due_ns = now_ns + INTERVAL_NS;
    unlist(control, session);
    list_last(control, session);
    return true;
}

void edge_state_turn(struct edge_control *control, uint64_t now_ns, unsigned max)
{
    if (!control->node->keeper)
        return;
    for (unsigned i = 0; i < LATE_MAX; i++) {
        struct edge_session *session = control->state_first;

        if (!session || session->state.due_ns > now_ns)
            return;
        if (i >= max && (session->state.due_ns == 0 || now_ns - session->state.due_ns < LATE_NS))
            return;
        if (!turn_session(control, session, now_ns))
            return;
    }
}

void edge_state_note_early(struct edge_control *control, struct edge_view call_id, unsigned flags)
{
    const struct edge_state_early early = {
        .call_id = call_id,
        .flags = flags,
        .until_ms = control->now_us / 1000 + EDGE_BLOCK_EARLY_MS,
    };
    size_t length = 0;

    if (!control->node->keeper)
        return;
    if (flags == 0) {
        /* The call's own record has the same name. */
        if (!edge_session_table_find(control->table, call_id))
            edge_keeper_drop(control->node->keeper, call_id);
        return;
    }
    if (edge_state_write_early(&early, control->state_memory, EDGE_STATE_MAX, &length) == 0)
        (void)edge_keeper_put(control->node->keeper, call_id,
                              (struct edge_view){(const char *)control->state_memory, length},
                              EDGE_PUT_NEEDED);
}

/* --- what comes back */

/* The interface a leg was on; EDGE_INTERFACES_MAX where there is none. */
static unsigned find_interface(const struct edge_node *node, const struct edge_state_place *place,
                               bool may_move)
{
    unsigned by_address = EDGE_INTERFACES_MAX;
    unsigned by_name = EDGE_INTERFACES_MAX;

    for (unsigned i = 0; i < node->n_interfaces; i++) {
        const struct edge_interface_config *config = edge_interface_get_config(node->interfaces[i]);
        bool has_name = strcmp(config->name, place->name) == 0;

        if (edge_address_same_ip(&config->local, &place->local)) {
            if (has_name)
                return i;
            by_address = i;
        } else if (has_name && config->local.any.sa_family == place->local.any.sa_family) {
            by_name = i;
        }
    }
    if (by_address != EDGE_INTERFACES_MAX || !may_move)
        return by_address;
    return by_name;
}

/* Opens a stream where it was; where that cannot be, and a new description will say so, anywhere.
 */
static int reopen(struct edge_control *control, struct edge_media *media, uint16_t port,
                  bool is_same_address, bool may_move)
{
    uint8_t tos = control->node->config->tos;
    int err = is_same_address ? edge_media_open_sockets_at(control, media, tos, port) : -EADDRINUSE;

    if (err != 0 && may_move)
        err = edge_media_open_sockets(control, media, tos);
    return err;
}

static int reopen_leg(struct edge_control *control, struct edge_leg *leg,
                      const struct edge_state_place *place, bool may_move)
{
    unsigned interface = find_interface(control->node, place, may_move);
    bool is_same_address;

    if (interface == EDGE_INTERFACES_MAX)
        return -EADDRNOTAVAIL;
    leg->interface = interface;
    is_same_address = edge_address_same_ip(
        &edge_interface_get_config(control->node->interfaces[interface])->local, &place->local);
    for (unsigned m = 0; m < leg->n_media; m++) {
        bool was_active = leg->media[m]->is_active;
        int err = 0;

        if (place->ports[m] != 0)
            err = reopen(control, leg->media[m], place->ports[m], is_same_address, may_move);
        if (err != 0)
            return err;
        leg->media[m]->is_active = was_active;
    }
    return 0;
}

/* Verdicts of before hold until Redis has been read, which takes over from there. */
static void remember_blocks(struct edge_control *control, const struct edge_state_call *call)
{
    const struct edge_session *session = call->session;
    uint64_t now_ms = control->now_us / 1000;
    struct edge_view customer = edge_view_of(session->customer);
    struct edge_hold known;

    if (call->extra.kill_until_ms > now_ms)
        (void)edge_blocks_kill(control->blocks, session->call_id.ptr, session->call_id.len,
                               call->extra.kill_until_ms);
    if (customer.len > 0 && call->extra.hold.until_ms > now_ms &&
        !edge_blocks_find_hold(control->blocks, customer.ptr, customer.len, now_ms, &known))
        (void)edge_blocks_hold(control->blocks, customer.ptr, customer.len, &call->extra.hold);
}

static int adopt_call(struct edge_control *control, struct edge_state_call *call, bool may_move)
{
    struct edge_session *session = call->session;
    int err = 0;

    for (unsigned l = 0; err == 0 && l < session->n_legs; l++)
        err = reopen_leg(control, session->legs[l], &call->places[l], may_move);
    if (err == 0 && edge_session_table_add(control->table, session) != 0)
        err = -ENOMEM;
    if (err != 0) {
        for (unsigned l = 0; l < session->n_legs; l++)
            edge_leg_close_sockets(control, session->legs[l]);
        return err;
    }
    if (call->delete_in_ns != 0)
        session->delete_at_ns = control->now_ns + call->delete_in_ns;
    edge_stats_add(&control->stats->sessions_total, 1);
    atomic_fetch_add(&control->node->n_sessions, 1);
    remember_blocks(control, call);
    edge_control_judge(control, session);
    return 0;
}

/* A record that will never be taken up does not stay to be read again and again. */
static void drop_record(struct edge_control *control, struct edge_view call_id,
                        const struct edge_mail *mail)
{
    if (mail->node[0] == '\0')
        edge_keeper_drop(control->node->keeper, call_id);
    else
        edge_keeper_drop_of(control->node->keeper, mail->node, call_id);
}

static void take_call(struct edge_control *control, struct edge_view record,
                      const struct edge_mail *mail)
{
    struct edge_state_stats *stats = &control->node->state_stats;
    struct edge_state_call call;
    int err = edge_state_read_call(record, control->now_ns, &call);

    if (err != 0) {
        atomic_fetch_add_explicit(&stats->damaged, 1, memory_order_relaxed);
        return;
    }
    if (edge_state_is_too_old(call.extra.saved_us, control->now_us)) {
        edge_log(EDGE_LOG_WARNING, "call %.*s is not taken up again: its record is too old",
                 (int)call.session->call_id.len, call.session->call_id.ptr);
        atomic_fetch_add_explicit(&stats->too_old, 1, memory_order_relaxed);
        drop_record(control, call.session->call_id, mail);
        edge_session_free(call.session);
        return;
    }
    err = adopt_call(control, &call, mail->is_moving);
    if (err != 0) {
        atomic_fetch_add_explicit(&stats->not_restored, 1, memory_order_relaxed);
        edge_log(EDGE_LOG_WARNING, "call %.*s could not be taken up again: %s",
                 (int)call.session->call_id.len, call.session->call_id.ptr, strerror(-err));
        edge_session_free(call.session);
        return;
    }
    atomic_fetch_add_explicit(&stats->restored, 1, memory_order_relaxed);
    edge_log(EDGE_LOG_INFO, "call %.*s goes on here", (int)call.session->call_id.len,
             call.session->call_id.ptr);
    edge_state_touch(control, call.session);
    if (mail->node[0] != '\0')
        edge_keeper_drop_of(control->node->keeper, mail->node, call.session->call_id);
}

static void take_early(struct edge_control *control, struct edge_view record,
                       const struct edge_mail *mail)
{
    struct edge_state_early early;
    uint64_t now_ms = control->now_us / 1000;

    if (edge_state_read_early(record, &early) != 0)
        return;
    if (early.until_ms > now_ms &&
        edge_blocks_add_early(control->blocks, early.call_id.ptr, early.call_id.len, early.flags,
                              now_ms) == 0)
        edge_state_note_early(control, early.call_id, early.flags);
    else if (mail->node[0] == '\0')
        edge_keeper_drop(control->node->keeper, early.call_id);
    if (mail->node[0] != '\0')
        edge_keeper_drop_of(control->node->keeper, mail->node, early.call_id);
}

void edge_state_adopt(struct edge_control *control, const struct edge_mail *mail)
{
    const struct edge_view record = {mail->bytes, mail->length};
    enum edge_state_kind kind;
    struct edge_view call_id;

    if (edge_state_read_head(record, &kind, &call_id) == 0) {
        if (kind == EDGE_STATE_EARLY)
            take_early(control, record, mail);
        else if (!edge_session_table_find(control->table, call_id))
            take_call(control, record, mail);
    }
    edge_keeper_note_adopted(control->node->keeper);
}
