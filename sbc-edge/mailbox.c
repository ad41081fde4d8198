// SPDX-License-Identifier: GPL-2.0-or-later
#include "mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MAX_WAITING 4096u

struct edge_mailbox {
    pthread_mutex_t lock;
    struct edge_mail *first;
    struct edge_mail *last;
    size_t count;
    int event_fd;
    atomic_bool has_mail;
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

void edge_mailbox_free(struct edge_mailbox *box)
{
    if (!box)
        return;
    while (box->first) {
        struct edge_mail *mail = box->first;

        box->first = mail->next;
        edge_mail_discard(mail);
    }
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
    explicit_bzero(mail->bytes, mail->length);
    free(mail);
}

int edge_mailbox_put(struct edge_mailbox *box, struct edge_mail *mail)
{
    const uint64_t one = 1;
    bool is_full;

    mail->next = NULL;
    pthread_mutex_lock(&box->lock);
    is_full = mail->kind == EDGE_MAIL_NG && box->count >= MAX_WAITING;
    if (!is_full) {
        if (box->last)
            box->last->next = mail;
        else
            box->first = mail;
        box->last = mail;
        box->count++;
        atomic_store_explicit(&box->has_mail, true, memory_order_release);
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

bool edge_mailbox_has_mail(const struct edge_mailbox *box)
{
    return atomic_load_explicit(&box->has_mail, memory_order_acquire);
}

struct edge_mail *edge_mailbox_take(struct edge_mailbox *box)
{
    struct edge_mail *first;
    uint64_t count;

    if (read(box->event_fd, &count, sizeof(count)) < 0)
        count = 0; /* nothing new: what is queued is taken all the same */
    pthread_mutex_lock(&box->lock);
    first = box->first;
    box->first = NULL;
    box->last = NULL;
    box->count = 0;
    atomic_store_explicit(&box->has_mail, false, memory_order_release);
    pthread_mutex_unlock(&box->lock);
    return first;
}
