// SPDX-License-Identifier: GPL-2.0-or-later
// What the daemon keeps in Redis (docs/redis-schema.md): incidents, deliveries, dead letters, how
// far events were read. One daemon leads at a time; every change is one transaction that only the
// leader gets through. After any failure the memory of what is kept is void and must be loaded
// again. Functions return FG_OK or what fga_redis_exchange() returns.
#pragma once

#include "incidents.h"
#include "outbox.h"
#include "redis.h"

#define FGA_STREAM_ID_MAX 48

struct fga_state;
// NULL when url cannot be read or memory is out.
struct fga_state *fga_state_new(const char *url);
void fga_state_free(struct fga_state *state);
const char *fga_state_error(const struct fga_state *state);

// Takes or renews the lead; *leads says whether it is ours for the next seconds.
FG_MUST_CHECK int fga_state_lead(struct fga_state *state, bool *leads);
// Gives the lead back, so that another need not wait for it to run out.
void fga_state_resign(struct fga_state *state);

// Reads what is kept into empty tables; what cannot be read is reported by unreadable(arg, what)
// and left alone.
FG_MUST_CHECK int fga_state_load(struct fga_state *state, struct fga_incidents *incidents,
                                 struct fga_outbox *outbox,
                                 void (*unreadable)(void *arg, const char *what), void *arg);

// Gives fn the newest events that were taken in already, at most 4096.
typedef void fga_state_event_fn(void *arg, const char *id, struct fg_view json);
FG_MUST_CHECK int fga_state_taken_in(struct fga_state *state, fga_state_event_fn *fn, void *arg);

// Reads at most 256 events: those that a former leader has read and not acknowledged (pending), or
// new ones. fn is called in order, not for pending ones that are counted already. *n: how many were
// read. Acknowledge them with fga_state_acknowledge() after the commit.
FG_MUST_CHECK int fga_state_read(struct fga_state *state, bool pending, fga_state_event_fn *fn,
                                 void *arg, size_t *n);
FG_MUST_CHECK int fga_state_acknowledge(struct fga_state *state);

// A transaction: begin, any number of changes, commit. FG_EUNAVAILABLE when the lead was lost.
void fga_state_begin(struct fga_state *state);
void fga_state_put_incident(struct fga_state *state, const struct fga_incident *incident);
void fga_state_drop_incident(struct fga_state *state, const struct fga_incident *incident);
void fga_state_put_delivery(struct fga_state *state, const struct fga_delivery *delivery);
void fga_state_drop_delivery(struct fga_state *state, const struct fga_delivery *delivery);
// To the dead letters.
void fga_state_bury_delivery(struct fga_state *state, const struct fga_delivery *delivery);
void fga_state_disable(struct fga_state *state, const char *endpoint, const char *url);
// Counts the events read so far as taken in.
void fga_state_advance(struct fga_state *state);
// Something is missing in the transaction: the commit fails, and nothing of it happens.
void fga_state_spoil(struct fga_state *state);
FG_MUST_CHECK int fga_state_commit(struct fga_state *state);

// A dead letter; *out (free) is NULL when there is none that can be read. Not within a transaction.
FG_MUST_CHECK int fga_state_find_dead(struct fga_state *state, const char *id,
                                      struct fga_delivery **out);
// Takes it out of the dead letters; part of a transaction.
void fga_state_exhume(struct fga_state *state, const char *id);

// Whether the receiver at url wants no more at this endpoint.
FG_MUST_CHECK int fga_state_is_disabled(struct fga_state *state, const char *endpoint,
                                        const char *url, bool *disabled);
// What others may see of the daemon, as JSON; forgotten when it is not renewed.
FG_MUST_CHECK int fga_state_tell_status(struct fga_state *state, struct fg_view json);
