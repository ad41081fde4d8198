// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mailbox.h"
#include "node.h"
#include "view.h"

/**
 * Keeps the state of calls in Redis, so that it outlives this process: a thread of its own takes
 * what the workers hand it, seals and writes it, and brings back what is there at the start, or
 * what a relay left that is gone. Workers never wait for it. While Redis is away what they hand it
 * is dropped; when it is back they are asked for everything again.
 */

struct edge_keeper;

/**
 * Makes it with the configuration's Redis, key file and names. 0 and `*out`; or a negative errno
 * value with a line of English in `error`.
 */
int edge_keeper_new(struct edge_node *node, struct edge_keeper **out, char *error, size_t size);

/** Starts its thread, when the workers run. 0 or a negative errno value. */
int edge_keeper_begin(struct edge_keeper *keeper);

/** Waits until what was in Redis is restored, or Redis turned out to be away, or `timeout_ms`. */
void edge_keeper_wait(struct edge_keeper *keeper, unsigned timeout_ms);

/** From its return on no mail goes to the workers any more. NULL is fine. */
void edge_keeper_quiesce(struct edge_keeper *keeper);

/** Writes what is left, gives up the lease, ends the thread, frees. NULL is fine. */
void edge_keeper_stop(struct edge_keeper *keeper);

enum edge_put {
    EDGE_PUT_USUAL,  /**< within a moment, with others */
    EDGE_PUT_SOON,   /**< at once */
    EDGE_PUT_NEEDED, /**< at once, and kept while Redis is away: nobody will hand it over again */
};

/**
 * Any worker: a record, copied. 0, or -ENOSPC when the queue is full: the caller tries again later.
 */
int edge_keeper_put(struct edge_keeper *keeper, struct edge_view call_id, struct edge_view record,
                    enum edge_put put);

/** Any worker: the call is over. */
void edge_keeper_drop(struct edge_keeper *keeper, struct edge_view call_id);

/** Any worker: a record of the relay `node` was taken over and is ours from now on. */
void edge_keeper_drop_of(struct edge_keeper *keeper, const char *node, struct edge_view call_id);

/** Any worker: a record that was brought back has been dealt with. */
void edge_keeper_note_adopted(struct edge_keeper *keeper);

/**
 * The listener: a request about a call that no worker knows; maybe another relay did. `is_moving`:
 * the proxy wants the call to be here from now on, also when its relay still lives. True: the mail
 * will come to its worker, behind the call where there is one. False, and the mail stays the
 * caller's, when there is nobody to ask.
 */
bool edge_keeper_look_up(struct edge_keeper *keeper, struct edge_view call_id, bool is_moving,
                         struct edge_mail *mail);

/** Any thread, signal handlers too: take over the calls of the relays we stand in for now. */
void edge_keeper_take_over(struct edge_keeper *keeper);
