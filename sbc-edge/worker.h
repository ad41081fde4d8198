// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mailbox.h"
#include "node.h"
#include "session_table.h"

/**
 * A thread that owns a share of the calls: it alone reads and writes their sockets and their state,
 * so a packet takes no lock. Others reach it by mail.
 */

struct edge_worker;

/** Makes the worker; it does not run yet. 0 and `*out`, or a negative error. */
int edge_worker_new(struct edge_node *node, struct edge_worker **out);

/** Starts its thread. 0 or a negative errno value. */
int edge_worker_start(struct edge_worker *worker);

/** Sends it EDGE_MAIL_STOP and waits for its end. */
void edge_worker_stop(struct edge_worker *worker);

/** Ends its sessions and frees it; it must not be running. NULL is fine. */
void edge_worker_free(struct edge_worker *worker);

/** Any thread: puts mail into its box (see edge_mailbox_put). */
int edge_worker_post(struct edge_worker *worker, struct edge_mail *mail);

/** Any thread: its figures, and its calls for list and count. */
const struct edge_stats *edge_worker_stats(const struct edge_worker *worker);
struct edge_session_table *edge_worker_table(const struct edge_worker *worker);

/** The worker that owns a call. */
struct edge_worker *edge_worker_of_call(const struct edge_node *node, struct edge_view call_id);
