// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "address.h"
#include "connection.h"

#include <stdatomic.h>

/**
 * How other threads hand work to the worker that owns a call: a bounded queue and an eventfd that
 * wakes the owner. Senders never wait for the work to be done. Verdicts overtake ng messages, and
 * the owner takes these a few at a time, so that neither waits for a flood of them.
 */

#define EDGE_MAIL_NODE_TEXT 33

enum edge_mail_kind {
    EDGE_MAIL_NG,      /**< bytes: an ng message; connection, or peer and socket: whom to answer */
    EDGE_MAIL_HOLD,    /**< bytes: customer; until_ms, is_cut */
    EDGE_MAIL_RELEASE, /**< bytes: customer */
    EDGE_MAIL_KILL,    /**< bytes: Call-ID; until_ms */
    EDGE_MAIL_SYNC_BEGIN, /**< a full reading of holds follows */
    EDGE_MAIL_SYNC_END,
    EDGE_MAIL_STOP,
    EDGE_MAIL_MEDIA, /**< bytes: a struct edge_call_report; bounded as ng messages are */
    EDGE_MAIL_PROOF, /**< the same, with verdicts */
    EDGE_MAIL_ADOPT, /**< bytes: a call's record in clear; node, is_moving; bounded as ng messages
                        are */
    EDGE_MAIL_STATE_AGAIN, /**< all calls are to be written again */
};

struct edge_mail {
    struct edge_mail *next;
    enum edge_mail_kind kind;
    uint64_t heard_us; /**< when the relay received it, Unix [us] */
    uint64_t until_ms; /**< Unix [ms] */
    bool is_cut;
    int socket;
    union edge_address peer;
    struct edge_connection *connection; /**< a reference of the mail's; NULL for datagrams */
    char node[EDGE_MAIL_NODE_TEXT];     /**< whose record it was; empty: our own */
    bool is_moving;                     /**< its ports and address may be others here */
    bool has_cookie;                    /**< always true of datagrams */
    size_t length;
    char bytes[];
};

struct edge_mailbox;

/** 0 and `*out`, or a negative errno value. */
int edge_mailbox_new(struct edge_mailbox **out);

/** Frees the box and what is left in it. NULL is fine. */
void edge_mailbox_free(struct edge_mailbox *box);

/** The descriptor that becomes readable when there is mail. */
int edge_mailbox_fd(const struct edge_mailbox *box);

/** Mail of `length` bytes copied from `bytes`; NULL when memory is short. Free with _discard. */
struct edge_mail *edge_mail_new(enum edge_mail_kind kind, const char *bytes, size_t length);

/** Wipes (it may have carried keys) and frees; NULL is fine. */
void edge_mail_discard(struct edge_mail *mail);

/**
 * Any thread: puts the mail in and owns it from then on. Returns 0, or -ENOSPC when an ng message
 * finds the box full (it is discarded; whoever sent it asks again). Other mail is always taken.
 */
int edge_mailbox_put(struct edge_mailbox *box, struct edge_mail *mail);

/** Owner: true when there may be mail; cheap enough for every batch of packets. */
bool edge_mailbox_has_mail(const struct edge_mailbox *box);

/** Owner: the same, of mail that is no ng message. */
bool edge_mailbox_has_urgent(const struct edge_mailbox *box);

/**
 * Owner: all mail but ng messages, then up to `max_requests` of those, each in order of arrival,
 * linked by next; NULL for none. Ng messages that are left do not make the descriptor readable
 * again: ask edge_mailbox_has_mail before waiting for it.
 */
struct edge_mail *edge_mailbox_take(struct edge_mailbox *box, unsigned max_requests);
