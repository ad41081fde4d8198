// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * io_uring: one receive stands ready on each port, and takes a buffer of a common ring when a
 * datagram is there; sends and the next receives go down in one call. A port has one receive at a
 * time, so that each gets its turn however many datagrams wait on another, and none overtakes.
 */
#include "io.h"

#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RING_ENTRIES 2048u
/* Completions that are in the ring at a time: each port has at most one. */
#define COMPLETIONS  65536u
#define BUFFERS      512u /* a power of two */
#define BUFFER_BYTES 2048u
#define BUFFER_GROUP 0

#define BATCHES_PER_WAIT 8
#define SLOTS_PER_CHUNK  64

/* A port that is received on. Used again when its last receive has ended. */
struct slot {
    struct edge_io_port port;
    void *owner;       /* NULL: removed */
    struct slot *next; /* in the list it is in */
    bool is_armed;     /* the kernel has it: it is in no list */
    bool has_buffer;
    uint16_t buffer; /* of what was received */
    uint32_t length;
    struct msghdr header;
    union edge_address source;
};

struct chunk {
    struct chunk *next;
    struct slot slots[SLOTS_PER_CHUNK];
};

struct list {
    struct slot *first;
    struct slot *last;
};

struct edge_io {
    struct io_uring ring;
    bool has_ring;
    bool is_enabled;
    bool is_wake_armed;
    int wake_fd;
    struct io_uring_buf_ring *buffers;
    uint8_t *memory; /* of the buffers */
    struct iovec buffer_vector;
    struct list arrived; /* with a datagram in a buffer */
    struct list to_arm;
    struct list unused;
    struct chunk *chunks;
    struct slot **slots; /* by descriptor */
    size_t n_slots;
    unsigned batches_left; /* of this wait */
    bool is_failed;        /* the kernel may still read what a send of ours points to */
    unsigned n_sending;
    struct edge_datagram *const *sending; /* while a send lasts */
    struct msghdr headers[EDGE_IO_BATCH];
    struct iovec vectors[EDGE_IO_BATCH];
};

/* What a completion belongs to where it is not a slot's. */
#define OF_WAKE ((uint64_t)1)
#define OF_NONE ((uint64_t)2)
#define OF_SEND ((uint64_t)3) /* + index; below any address */

static void append(struct list *list, struct slot *slot)
{
    slot->next = NULL;
    if (list->last)
        list->last->next = slot;
    else
        list->first = slot;
    list->last = slot;
}

static struct slot *take(struct list *list)
{
    struct slot *slot = list->first;

    if (!slot)
        return NULL;
    list->first = slot->next;
    if (!list->first)
        list->last = NULL;
    return slot;
}

static void give_buffer(struct edge_io *io, unsigned buffer)
{
    io_uring_buf_ring_add(io->buffers, io->memory + (size_t)buffer * BUFFER_BYTES, BUFFER_BYTES,
                          (unsigned short)buffer, (int)(BUFFERS - 1), 0);
    io_uring_buf_ring_advance(io->buffers, 1);
}

static int open_buffers(struct edge_io *io)
{
    struct io_uring_buf_reg registration = {.ring_entries = BUFFERS, .bgid = BUFFER_GROUP};
    void *ring = NULL;
    int err;

    if (posix_memalign(&ring, 4096, BUFFERS * sizeof(struct io_uring_buf)) != 0)
        return -ENOMEM;
    io->buffers = ring;
    io->memory = malloc((size_t)BUFFERS * BUFFER_BYTES);
    if (!io->memory)
        return -ENOMEM;
    io_uring_buf_ring_init(io->buffers);
    registration.ring_addr = (uint64_t)(uintptr_t)ring;
    err = io_uring_register_buf_ring(&io->ring, &registration, 0);
    for (unsigned i = 0; i < BUFFERS && err == 0; i++)
        give_buffer(io, i);
    return err;
}

static void uring_close(struct edge_io *io)
{
    if (!io)
        return;
    if (io->has_ring)
        io_uring_queue_exit(&io->ring);
    while (io->chunks) {
        struct chunk *next = io->chunks->next;

        free(io->chunks);
        io->chunks = next;
    }
    free((void *)io->slots);
    free(io->buffers);
    free(io->memory);
    free(io);
}

static int uring_open(const struct edge_io_setup *setup, struct edge_io **out)
{
    /* The thread that works with it is not this one: it is enabled there. */
    struct io_uring_params parameters = {.flags = IORING_SETUP_R_DISABLED |
                                                  IORING_SETUP_SINGLE_ISSUER |
                                                  IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
                                         .cq_entries = COMPLETIONS};
    struct edge_io *io = calloc(1, sizeof(*io));
    int err;

    if (!io)
        return -ENOMEM;
    io->wake_fd = setup->wake_fd;
    io->buffer_vector.iov_len = BUFFER_BYTES;
    err = io_uring_queue_init_params(RING_ENTRIES, &io->ring, &parameters);
    io->has_ring = err == 0;
    if (err == 0)
        err = open_buffers(io);
    if (err != 0) {
        uring_close(io);
        return err;
    }
    *out = io;
    return 0;
}

/* Room for one more request; NULL when the kernel takes none. */
static struct io_uring_sqe *next_request(struct edge_io *io)
{
    struct io_uring_sqe *request = io_uring_get_sqe(&io->ring);

    if (request)
        return request;
    (void)io_uring_submit(&io->ring);
    return io_uring_get_sqe(&io->ring);
}

static void arm_all(struct edge_io *io)
{
    struct slot *slot;

    while ((slot = take(&io->to_arm))) {
        struct io_uring_sqe *request;

        if (!slot->owner) {
            append(&io->unused, slot);
            continue;
        }
        request = next_request(io);
        if (!request) {
            append(&io->to_arm, slot);
            return;
        }
        slot->header = (struct msghdr){.msg_name = &slot->source,
                                       .msg_namelen = sizeof(slot->source),
                                       .msg_iov = &io->buffer_vector,
                                       .msg_iovlen = 1};
        io_uring_prep_recvmsg(request, slot->port.fd, &slot->header, 0);
        io_uring_sqe_set_flags(request, IOSQE_BUFFER_SELECT);
        request->buf_group = BUFFER_GROUP;
        io_uring_sqe_set_data(request, slot);
        slot->is_armed = true;
    }
}

static void complete_receive(struct edge_io *io, struct slot *slot,
                             const struct io_uring_cqe *completion)
{
    slot->is_armed = false;
    slot->has_buffer = (completion->flags & IORING_CQE_F_BUFFER) != 0;
    if (slot->has_buffer)
        slot->buffer = (uint16_t)(completion->flags >> IORING_CQE_BUFFER_SHIFT);
    if (completion->res >= 0 && slot->has_buffer) {
        slot->length = (uint32_t)completion->res;
        append(&io->arrived, slot);
        return;
    }
    if (slot->has_buffer)
        give_buffer(io, slot->buffer);
    append(slot->owner ? &io->to_arm : &io->unused, slot);
}

static bool is_send(uint64_t what)
{
    return what >= OF_SEND && what < OF_SEND + EDGE_IO_BATCH;
}

/* Takes note of what has ended. */
static void drain(struct edge_io *io)
{
    struct io_uring_cqe *completion;
    unsigned head;
    unsigned n = 0;

    io_uring_for_each_cqe(&io->ring, head, completion)
    {
        uint64_t what = completion->user_data;

        n++;
        if (what == OF_WAKE) {
            io->is_wake_armed = false;
        } else if (is_send(what)) {
            if (io->sending)
                io->sending[what - OF_SEND]->was_sent = completion->res >= 0;
            io->n_sending--;
        } else if (what != OF_NONE) {
            complete_receive(io, io_uring_cqe_get_data(completion), completion);
        }
    }
    io_uring_cq_advance(&io->ring, n);
}

/* Makes requests that the kernel has not taken harmless: sends, or those of a slot. Whatever they
 * point to is another's as soon as this is over, and a later call would still hand them down. */
static void take_back(struct edge_io *io, const struct slot *slot)
{
    struct io_uring_sq *queue = &io->ring.sq;

    for (unsigned i = *queue->khead; i != queue->sqe_tail; i++) {
        struct io_uring_sqe *request = &queue->sqes[i & *queue->kring_mask];
        const uint64_t what = request->user_data;

        if (slot ? what != (uint64_t)(uintptr_t)slot : !is_send(what))
            continue;
        io_uring_prep_nop(request);
        /* A slot is free when its request has ended, also as one for nothing. */
        io_uring_sqe_set_data64(request, slot ? what : OF_NONE);
        if (!slot)
            io->n_sending--;
    }
}

static struct slot *new_slot(struct edge_io *io)
{
    struct slot *slot = take(&io->unused);
    struct chunk *chunk;

    if (slot)
        return slot;
    chunk = calloc(1, sizeof(*chunk));
    if (!chunk)
        return NULL;
    chunk->next = io->chunks;
    io->chunks = chunk;
    for (unsigned i = 0; i < SLOTS_PER_CHUNK; i++)
        append(&io->unused, &chunk->slots[i]);
    return take(&io->unused);
}

static int make_room(struct edge_io *io, size_t n)
{
    size_t room = io->n_slots == 0 ? 64 : io->n_slots;
    struct slot **grown;

    if (n <= io->n_slots)
        return 0;
    while (room < n)
        room *= 2;
    grown = (struct slot **)realloc((void *)io->slots, room * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    memset((void *)(grown + io->n_slots), 0, (room - io->n_slots) * sizeof(*grown));
    io->slots = grown;
    io->n_slots = room;
    return 0;
}

static int uring_add(struct edge_io *io, const struct edge_io_port *port, void *owner)
{
    struct slot *slot;

    if (make_room(io, (size_t)port->fd + 1) != 0)
        return -ENOMEM;
    slot = new_slot(io);
    if (!slot)
        return -ENOMEM;
    slot->port = *port;
    slot->owner = owner;
    append(&io->to_arm, slot);
    io->slots[port->fd] = slot;
    return 0;
}

static void uring_remove(struct edge_io *io, const struct edge_io_port *port, const void *owner)
{
    size_t fd = (size_t)port->fd;
    struct slot *slot = fd < io->n_slots ? io->slots[fd] : NULL;
    struct io_uring_sync_cancel_reg cancel = {.fd = -1, .timeout = {-1, -1}};

    if (!slot || slot->owner != owner)
        return;
    io->slots[fd] = NULL;
    slot->owner = NULL;
    if (!slot->is_armed)
        return;
    /* At once, since a receive that stands ready keeps the port taken. When the thread that worked
     * with the ring has ended this fails, and the end of the ring does it. */
    if (io_uring_submit(&io->ring) < 0)
        take_back(io, slot); /* its socket's number may soon be another's */
    cancel.addr = (uint64_t)(uintptr_t)slot;
    (void)io_uring_register_sync_cancel(&io->ring, &cancel);
}

static void arm_wake(struct edge_io *io)
{
    struct io_uring_sqe *request;

    if (io->is_wake_armed)
        return;
    request = next_request(io);
    if (!request)
        return;
    io_uring_prep_poll_add(request, io->wake_fd, POLLIN);
    io_uring_sqe_set_data64(request, OF_WAKE);
    io->is_wake_armed = true;
}

/* liburing 2.3 as Debian builds it does not export its own call for this. */
static int enable(struct edge_io *io)
{
    if (syscall(SYS_io_uring_register, io->ring.ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0) !=
        0)
        return -errno;
    io->is_enabled = true;
    return 0;
}

static int uring_wait(struct edge_io *io, int timeout_ms)
{
    int ms = io->arrived.first ? 0 : timeout_ms;
    struct __kernel_timespec timeout = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000LL};
    struct io_uring_cqe *first;
    int err = io->is_enabled ? 0 : enable(io);

    if (err != 0)
        return err;
    if (io->is_failed)
        return -EIO;
    arm_wake(io);
    arm_all(io);
    if (ms == 0)
        err = io_uring_submit_and_get_events(&io->ring);
    else
        err = io_uring_submit_and_wait_timeout(&io->ring, &first, 1, &timeout, NULL);
    drain(io);
    io->batches_left = BATCHES_PER_WAIT;
    return err >= 0 || err == -ETIME || err == -EINTR || err == -EBUSY || err == -EAGAIN ? 0 : err;
}

static unsigned uring_receive(struct edge_io *io, struct edge_datagram *datagrams)
{
    unsigned n = 0;

    if (io->batches_left == 0 || io->is_failed)
        return 0;
    io->batches_left--;
    while (n < EDGE_IO_BATCH && io->arrived.first) {
        struct slot *slot = take(&io->arrived);
        struct edge_datagram *datagram = &datagrams[n];

        if (slot->owner) {
            datagram->length =
                slot->length < datagram->capacity ? slot->length : datagram->capacity;
            memcpy(datagram->bytes, io->memory + (size_t)slot->buffer * BUFFER_BYTES,
                   datagram->length);
            datagram->address = slot->source;
            datagram->owner = slot->owner;
            n++;
        }
        give_buffer(io, slot->buffer);
        append(slot->owner ? &io->to_arm : &io->unused, slot);
    }
    return n;
}

/* Ends what the kernel has taken of them. */
static void cancel_sends(struct edge_io *io)
{
    struct io_uring_sync_cancel_reg cancel = {.fd = -1, .timeout = {-1, -1}};

    for (unsigned i = 0; i < EDGE_IO_BATCH; i++) {
        cancel.addr = OF_SEND + i;
        (void)io_uring_register_sync_cancel(&io->ring, &cancel);
    }
}

/* Nothing of the datagrams is in the kernel's hands when this returns, whatever fails. */
static void send_prepared(struct edge_io *io)
{
    int err = io_uring_submit_and_get_events(&io->ring);

    drain(io);
    while (io->n_sending > 0 && (err >= 0 || err == -EINTR || err == -EBUSY || err == -EAGAIN)) {
        err = io_uring_submit_and_wait(&io->ring, 1);
        drain(io);
    }
    if (io->n_sending == 0)
        return;
    take_back(io, NULL);
    if (io->n_sending == 0)
        return;
    cancel_sends(io);
    (void)io_uring_submit_and_get_events(&io->ring);
    drain(io);
    io->is_failed = io->n_sending > 0; /* then nothing is received over them, or sent */
}

static void uring_send(struct edge_io *io, struct edge_datagram *const *datagrams, unsigned n)
{
    io->sending = datagrams;
    for (unsigned i = 0; i < n; i++) {
        struct io_uring_sqe *request = io->is_failed ? NULL : next_request(io);

        datagrams[i]->was_sent = false;
        if (!request)
            continue;
        io->vectors[i] = (struct iovec){datagrams[i]->bytes, datagrams[i]->length};
        io->headers[i] = (struct msghdr){.msg_name = &datagrams[i]->address,
                                         .msg_namelen = edge_address_length(&datagrams[i]->address),
                                         .msg_iov = &io->vectors[i],
                                         .msg_iovlen = 1};
        /* Late media is worth nothing: what cannot leave now is lost. */
        io_uring_prep_sendmsg(request, datagrams[i]->from.fd, &io->headers[i], MSG_DONTWAIT);
        io_uring_sqe_set_data64(request, OF_SEND + i);
        io->n_sending++;
    }
    if (!io->is_failed) {
        arm_all(io);
        send_prepared(io);
    }
    io->sending = NULL;
}

const struct edge_io_ops edge_io_uring = {
    .name = "uring",
    .open = uring_open,
    .close = uring_close,
    .add = uring_add,
    .remove = uring_remove,
    .wait = uring_wait,
    .receive = uring_receive,
    .send = uring_send,
};
