// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "session.h"

/**
 * The calls of one worker by Call-ID. Changes come from that worker only; the lock inside exists
 * for `list` and the metrics, which other threads ask for, and is never taken for a packet.
 */

struct edge_session_table;

/** `seed` random; `max_sessions` bounds the table. 0 and `*out`; EDGE_ENOMEM. */
int edge_session_table_new(uint64_t seed, size_t max_sessions, struct edge_session_table **out);

/** Frees the table, not its sessions. NULL is fine. */
void edge_session_table_free(struct edge_session_table *table);

/** The session, or NULL. For the owner. */
struct edge_session *edge_session_table_find(const struct edge_session_table *table,
                                             struct edge_view call_id);

/** 0; EDGE_ELIMIT when full; EDGE_ENOMEM. For the owner. */
int edge_session_table_add(struct edge_session_table *table, struct edge_session *session);

/** For the owner. */
void edge_session_table_remove(struct edge_session_table *table,
                               const struct edge_session *session);

/** Called for each session; returning false takes it out of the table (it is the callee's). */
typedef bool edge_session_visit_fn(void *context, struct edge_session *session);

/** For the owner; the callback must not change the table. */
void edge_session_table_visit(struct edge_session_table *table, edge_session_visit_fn *visit,
                              void *context);

/** Any thread: whether there is such a call. */
bool edge_session_table_has(struct edge_session_table *table, struct edge_view call_id);

/** Any thread. */
size_t edge_session_table_count(struct edge_session_table *table);

/** Called with Call-IDs; false ends the walk. */
typedef bool edge_call_id_fn(void *context, struct edge_view call_id);

/** Any thread: walks the Call-IDs under the lock, so the callback must be quick. */
void edge_session_table_list(struct edge_session_table *table, edge_call_id_fn *visit,
                             void *context);
