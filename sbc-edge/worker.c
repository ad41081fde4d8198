// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker.h"

#include "clock.h"
#include "control.h"
#include "leg_dtls.h"
#include "leg_sockets.h"
#include "log.h"
#include "packet.h"
#include "relay.h"
#include "state_calls.h"
#include "string_map.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#define TICK_NS         500000000u
#define WAIT_MS         250
#define PACKET_STRIDE   ((EDGE_PACKET_CAPACITY + 15u) & ~15u)
#define NG_SEND_RETRIES 3
/* Requests between two turns of all sockets that have packets: about a millisecond. */
#define REQUESTS_PER_TURN 8
/* Records of calls that are made in a turn, at about two microseconds each. */
#define STATES_BUSY 8
#define STATES_IDLE 256

struct edge_worker {
    struct edge_node *node;
    unsigned index;
    const struct edge_io_ops *io_ops;
    struct edge_io *io;
    struct edge_mailbox *mailbox;
    struct edge_control *control;
    struct edge_stats stats;
    pthread_t thread;
    bool is_running;
    bool is_stopping;
    unsigned requests_left; /* of this turn */
    uint64_t next_tick_ns;
    struct edge_datagram datagrams[EDGE_IO_BATCH];
    struct edge_flow *ways_out[EDGE_IO_BATCH];
    _Alignas(16) uint8_t packets[EDGE_IO_BATCH][PACKET_STRIDE];
};

int edge_worker_new(struct edge_node *node, struct edge_worker **out)
{
    struct edge_worker *worker = aligned_alloc(64, (sizeof(*worker) + 63u) & ~(size_t)63u);
    int err;

    if (!worker)
        return EDGE_ENOMEM;
    memset(worker, 0, sizeof(*worker));
    worker->node = node;
    worker->index = node->n_workers;
    worker->io_ops = node->io_ops;
    err = edge_mailbox_new(&worker->mailbox);
    if (err == 0) {
        const struct edge_io_setup setup = {.wake_fd = edge_mailbox_fd(worker->mailbox),
                                            .worker = worker->index,
                                            .fan_in = node->fan_in};

        err = worker->io_ops->open(&setup, &worker->io);
    }
    if (err == 0)
        err = edge_control_new(node, &worker->stats, worker->io_ops, worker->io, &worker->control);
    if (err != 0) {
        edge_worker_free(worker);
        return err;
    }
    for (unsigned i = 0; i < EDGE_IO_BATCH; i++) {
        worker->datagrams[i].bytes = worker->packets[i];
        /* One byte more than is relayed, so that what does not fit is seen and not cut. */
        worker->datagrams[i].capacity = EDGE_PACKET_MAX + 1;
    }
    *out = worker;
    return 0;
}

void edge_worker_free(struct edge_worker *worker)
{
    if (!worker)
        return;
    edge_control_free(worker->control);
    worker->io_ops->close(worker->io);
    edge_mailbox_free(worker->mailbox);
    free(worker);
}

static void set_control_time(struct edge_worker *worker, uint64_t heard_us)
{
    edge_control_set_time(worker->control, edge_clock_now_ns(), edge_clock_unix_us(), heard_us);
}

static void answer_ng(struct edge_worker *worker, const struct edge_mail *mail)
{
    const struct edge_view message = {mail->bytes, mail->length};
    struct edge_view reply;

    if (mail->connection) {
        reply = edge_control_run_stream(worker->control, message, mail->has_cookie);
        edge_connection_send(mail->connection, reply);
        return;
    }
    reply = edge_control_run(worker->control, message, &mail->peer);
    if (reply.len == 0)
        return;
    for (int i = 0; i < NG_SEND_RETRIES; i++) {
        if (sendto(mail->socket, reply.ptr, reply.len, MSG_DONTWAIT, &mail->peer.any,
                   edge_address_length(&mail->peer)) >= 0)
            return;
    }
    edge_log(EDGE_LOG_WARNING, "an ng reply could not be sent");
}

/* Before each batch of packets: a verdict must not wait for the packets of others. */
static void read_mail(struct edge_worker *worker)
{
    struct edge_mail *mail;

    if (worker->requests_left > 0 ? !edge_mailbox_has_mail(worker->mailbox)
                                  : !edge_mailbox_has_urgent(worker->mailbox))
        return;
    mail = edge_mailbox_take(worker->mailbox, worker->requests_left);

    while (mail) {
        struct edge_mail *next = mail->next;

        set_control_time(worker, mail->heard_us);
        if (mail->kind == EDGE_MAIL_NG) {
            worker->requests_left--;
            answer_ng(worker, mail);
        } else if (mail->kind == EDGE_MAIL_ADOPT) {
            worker->requests_left--;
            edge_control_obey(worker->control, mail);
        } else if (mail->kind == EDGE_MAIL_STOP) {
            worker->is_stopping = true;
        } else {
            edge_control_obey(worker->control, mail);
        }
        edge_mail_discard(mail);
        mail = next;
    }
}

/* Sends what is to be forwarded of a batch, and notes what became of it. */
static void send_batch(struct edge_worker *worker, struct edge_datagram *const *batch, unsigned n)
{
    struct edge_stats *stats = &worker->stats;
    uint64_t sent_packets = 0;
    uint64_t sent_bytes = 0;
    uint64_t after_verdict = 0;
    uint64_t now_ns;

    worker->io_ops->send(worker->io, batch, n);
    now_ns = edge_clock_now_ns();
    for (unsigned i = 0; i < n; i++) {
        struct edge_flow *in = batch[i]->owner;
        const struct edge_verdict *verdict = &in->media->leg->verdict;
        uint64_t before = verdict->forwarded_after;

        edge_relay_sent(in, worker->ways_out[i], batch[i]->length, batch[i]->was_sent, now_ns);
        after_verdict += verdict->forwarded_after - before;
        if (!batch[i]->was_sent)
            continue;
        sent_packets++;
        sent_bytes += batch[i]->length;
    }
    edge_stats_add(&stats->packets_out, sent_packets);
    edge_stats_add(&stats->bytes_out, sent_bytes);
    edge_stats_add(&stats->drops[EDGE_DROP_SEND_FAILED], n - sent_packets);
    edge_stats_add(&stats->forwarded_after_verdict, after_verdict);
}

/* True for a datagram of a DTLS association, or of one that may become one: it is taken away. */
static bool take_dtls(struct edge_flow *in, const struct edge_datagram *datagram, uint64_t now_ns)
{
    return in->media->dtls &&
           edge_packet_classify(datagram->bytes, datagram->length) == EDGE_PACKET_DTLS &&
           edge_leg_dtls_take(in->media->dtls, in, &datagram->address, datagram->bytes,
                              datagram->length, now_ns);
}

/* One bounded batch. False: there is nothing left of what the last wait saw. */
static bool relay_batch(struct edge_worker *worker)
{
    struct edge_datagram *forward[EDGE_IO_BATCH];
    unsigned n = worker->io_ops->receive(worker->io, worker->datagrams);
    uint64_t now_ns = edge_clock_now_ns();
    unsigned n_forward = 0;

    if (n == 0)
        return false;
    edge_stats_add(&worker->stats.packets_in, n);
    for (unsigned i = 0; i < n; i++) {
        struct edge_datagram *datagram = &worker->datagrams[i];
        struct edge_relay_packet packet = {datagram->bytes, datagram->length, &datagram->address};
        struct edge_relay_outcome outcome;

        if (!datagram->owner) /* its port was closed meanwhile */
            continue;
        if (take_dtls(datagram->owner, datagram, now_ns))
            continue;
        outcome = edge_relay_step(datagram->owner, &packet, now_ns);
        if (!outcome.out) {
            edge_stats_add(&worker->stats.drops[outcome.reason], 1);
            continue;
        }
        datagram->length = packet.length;
        datagram->address = outcome.out->remote;
        datagram->from = edge_flow_port(outcome.out);
        worker->ways_out[n_forward] = outcome.out;
        forward[n_forward++] = datagram;
    }
    if (n_forward > 0)
        send_batch(worker, forward, n_forward);
    return true;
}

static void tick(struct edge_worker *worker, uint64_t now_ns)
{
    if (now_ns < worker->next_tick_ns)
        return;
    worker->next_tick_ns = now_ns + TICK_NS;
    set_control_time(worker, edge_clock_unix_us());
    edge_control_tick(worker->control);
    if (worker->io_ops->shed)
        edge_stats_add(&worker->stats.drops[EDGE_DROP_FLOOD], worker->io_ops->shed(worker->io));
}

/* How long to wait for packets [ms]. */
static int wait_ms(const struct edge_worker *worker)
{
    uint64_t due_ns = edge_handshakes_due_ns(worker->control->handshakes);
    uint64_t now_ns;
    uint64_t left_ms;

    if (edge_mailbox_has_mail(worker->mailbox))
        return 0;
    if (due_ns == 0)
        return WAIT_MS;
    now_ns = edge_clock_now_ns();
    left_ms = due_ns > now_ns ? (due_ns - now_ns + 999999) / 1000000 : 0;
    return left_ms < WAIT_MS ? (int)left_ms : WAIT_MS;
}

static void *run(void *context)
{
    struct edge_worker *worker = context;
    bool goes_on = true;

    while (!worker->is_stopping) {
        bool was_busy = false;
        uint64_t now_ns;

        if (worker->io_ops->wait(worker->io, wait_ms(worker)) != 0) {
            edge_log(EDGE_LOG_ERROR, "a worker cannot wait for packets and ends");
            break;
        }
        worker->requests_left = REQUESTS_PER_TURN;
        do {
            read_mail(worker);
            goes_on = relay_batch(worker);
            was_busy |= goes_on;
        } while (goes_on && !worker->is_stopping);
        now_ns = edge_clock_now_ns();
        edge_handshakes_turn(worker->control->handshakes, now_ns);
        /* A few at a time while there are packets, so that these do not wait. */
        edge_state_turn(worker->control, now_ns, was_busy ? STATES_BUSY : STATES_IDLE);
        tick(worker, now_ns);
    }
    return NULL;
}

/* A worker for each processor stays on its own: its calls' state is in that one's caches. */
static void pin(const struct edge_worker *worker)
{
    cpu_set_t allowed;
    cpu_set_t mine;
    unsigned left = worker->index;

    if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0 ||
        (unsigned)CPU_COUNT(&allowed) != worker->node->config->n_threads)
        return;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed) || left-- > 0)
            continue;
        CPU_ZERO(&mine);
        CPU_SET(cpu, &mine);
        (void)pthread_setaffinity_np(worker->thread, sizeof(mine), &mine);
        return;
    }
}

int edge_worker_start(struct edge_worker *worker)
{
    int err = pthread_create(&worker->thread, NULL, run, worker);

    worker->is_running = err == 0;
    if (err == 0)
        pin(worker);
    return -err;
}

void edge_worker_stop(struct edge_worker *worker)
{
    struct edge_mail *mail;

    if (!worker->is_running)
        return;
    mail = edge_mail_new(EDGE_MAIL_STOP, NULL, 0);
    if (!mail)
        return; /* the process is about to end anyway */
    edge_mailbox_put(worker->mailbox, mail);
    pthread_join(worker->thread, NULL);
    worker->is_running = false;
}

int edge_worker_post(struct edge_worker *worker, struct edge_mail *mail)
{
    return edge_mailbox_put(worker->mailbox, mail);
}

const struct edge_stats *edge_worker_stats(const struct edge_worker *worker)
{
    return &worker->stats;
}

struct edge_session_table *edge_worker_table(const struct edge_worker *worker)
{
    return worker->control->table;
}

struct edge_worker *edge_worker_of_call(const struct edge_node *node, struct edge_view call_id)
{
    return node->workers[edge_string_hash(node->seed, call_id.ptr, call_id.len) % node->n_workers];
}
