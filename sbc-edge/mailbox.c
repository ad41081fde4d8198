// SPDX-License-Identifier: GPL-2.0-or-later
#include "mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MAX_WAITING 4096u

struct queue {
    struct edge_mail *first;
    struct edge_mail *last;
    size_t count;
};

struct edge_mailbox {
    pthread_mutex_t lock;
    struct queue urgent;   /* everything but ng */
    struct queue requests; /* ng, media facts */
    int event_fd;
    atomic_bool has_urgent;
    atomic_bool has_requests;
};

int edge_mailbox_new(struct edge_mailbox **out)
{
    struct edge_mailbox *box = calloc(1, sizeof(*box));
    int err;

    if (!box)
        return -ENOMEM;
    box->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (box->event_fd < 0) {
        err = -errno;
        free(box);
        return err;
    }
    pthread_mutex_init(&box->lock, NULL);
    *out = box;
    return 0;
}

static void discard_all(struct edge_mail *mail)
{
    while (mail) {
        struct edge_mail *next = mail->next;

        edge_mail_discard(mail);
        mail = next;
    }
}

void edge_mailbox_free(struct edge_mailbox *box)
{
    if (!box)
        return;
    discard_all(box->urgent.first);
    discard_all(box->requests.first);
    close(box->event_fd);
    pthread_mutex_destroy(&box->lock);
    free(box);
}

int edge_mailbox_fd(const struct edge_mailbox *box)
{
    return box->event_fd;
}

struct edge_mail *edge_mail_new(enum edge_mail_kind kind, const char *bytes, size_t length)
{
    struct edge_mail *mail = calloc(1, sizeof(*mail) + length);

    if (!mail)
        return NULL;
    mail->kind = kind;
    mail->length = length;
    if (length > 0)
        memcpy(mail->bytes, bytes, length);
    return mail;
}

void edge_mail_discard(struct edge_mail *mail)
{
    if (!mail)
        return;
    edge_connection_release(mail->connection);
    explicit_bzero(mail->bytes, mail->length);
    free(mail);
}

static void append(struct queue *queue, struct edge_mail *mail)
{
    mail->next = NULL;
    if (queue->last)
        queue->last->next = mail;
    else
        queue->first = mail;
    queue->last = mail;
    queue->count++;
}

/* Moves up to `max` from the front of one queue to the end of another. */
static void move(struct queue *from, size_t max, struct queue *to)
{
    while (from->first && max-- > 0) {
        struct edge_mail *mail = from->first;

        from->first = mail->next;
        from->count--;
        append(to, mail);
    }
    if (!from->first)
        from->last = NULL;
}

int edge_mailbox_put(struct edge_mailbox *box, struct edge_mail *mail)
{
    const uint64_t one = 1;
    bool is_request = mail->kind == EDGE_MAIL_NG || mail->kind == EDGE_MAIL_MEDIA ||
                      mail->kind == EDGE_MAIL_ADOPT;
    bool is_full;

    pthread_mutex_lock(&box->lock);
    is_full = is_request && box->requests.count >= MAX_WAITING;
    if (!is_full) {
        append(is_request ? &box->requests : &box->urgent, mail);
        atomic_store_explicit(is_request ? &box->has_requests : &box->has_urgent, true,
                              memory_order_release);
    }
    pthread_mutex_unlock(&box->lock);
    if (is_full) {
        edge_mail_discard(mail);
        return -ENOSPC;
    }
    /* Can only fail when the counter is at its limit, and then the owner is awake anyway. */
    if (write(box->event_fd, &one, sizeof(one)) < 0)
        return 0;
    return 0;
}

bool edge_mailbox_has_urgent(const struct edge_mailbox *box)
{
    return atomic_load_explicit(&box->has_urgent, memory_order_acquire);
}

bool edge_mailbox_has_mail(const struct edge_mailbox *box)
{
    return edge_mailbox_has_urgent(box) ||
           atomic_load_explicit(&box->has_requests, memory_order_acquire);
}

struct edge_mail *edge_mailbox_take(struct edge_mailbox *box, unsigned max_requests)
{
    struct queue taken = {0};
    uint64_t count;

    if (read(box->event_fd, &count, sizeof(count)) < 0)
        count = 0; /* nothing new: what is queued is taken all the same */
    pthread_mutex_lock(&box->lock);
    move(&box->urgent, SIZE_MAX, &taken);
    move(&box->requests, max_requests, &taken);
    atomic_store_explicit(&box->has_urgent, false, memory_order_release);
    atomic_store_explicit(&box->has_requests, box->requests.first != NULL, memory_order_release);
    pthread_mutex_unlock(&box->lock);
    return taken.first;
}
