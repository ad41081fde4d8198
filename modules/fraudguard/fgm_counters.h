// SPDX-License-Identifier: GPL-2.0-or-later
// What the module counts, in memory that all processes share. Names are stable: they become
// metrics.
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "fgm_metrics.h"
#include "fgm_rule_hits.h"

#define FGM_COUNTERS(X)                                                                            \
    X(attempts, "initial INVITEs judged")                                                          \
    X(in_dialog, "requests passed without judging: in a dialog, or not INVITE")                    \
    X(allow, "attempts allowed")                                                                   \
    X(alert, "attempts allowed with an alert")                                                     \
    X(throttle, "attempts throttled")                                                              \
    X(challenge, "attempts challenged")                                                            \
    X(block, "attempts blocked")                                                                   \
    X(shadowed, "attempts that went on only because of mode shadow")                               \
    X(degraded, "verdicts made without Redis")                                                     \
    X(repeated, "retransmissions, forks and retries that were counted once")                       \
    X(retransmitted, "INVITEs passed over because their own transaction is dealt with already")    \
    X(unreadable, "messages that could not be read")                                               \
    X(identity_refused, "attempts refused because nobody or the wrong one was identified")         \
    X(no_policy, "attempts refused because no rules are loaded")                                   \
    X(answer_events, "calls answered")                                                             \
    X(minute_events, "minutes judged")                                                             \
    X(end_events, "calls ended")                                                                   \
    X(calls_cut, "calls ended by a verdict, a hold or a kill")                                     \
    X(cut_failures, "calls that could not be ended")                                               \
    X(byes_repaired, "calls ended whose second BYE the dialog module left out")                    \
    X(calls_untracked, "calls not tracked because the table of live calls was full")               \
    X(calls_resumed, "calls of before a restart that are watched again")                           \
    X(calls_orphaned, "calls of before a restart that ended with it: their dialog was gone")       \
    X(holds_set, "holds set by this node")                                                         \
    X(holds_heard, "holds and releases heard from Redis")                                          \
    X(media_heard, "messages about the media of calls of this node")                               \
    X(messages_unreadable, "channel messages that could not be read")                              \
    X(ring_dropped, "records dropped because the ring to the writer was full")                     \
    X(events_written, "events written to Redis")                                                   \
    X(write_failures, "writes to Redis that failed")                                               \
    X(writes_refused, "events and orders that Redis refused for good: given up")                   \
    X(spooled, "records put on disk while Redis was away")                                         \
    X(spool_replayed, "records on disk that were dealt with")                                      \
    X(spool_dropped, "records that the disk did not take: they wait in memory, or are lost")       \
    X(backlog_merged, "requests merged into Redis after it came back")                             \
    X(tls_cache_hits, "TLS identities taken from the cache")                                       \
    X(tls_cache_misses, "TLS identities read from the certificate")                                \
    X(media_refused,                                                                               \
      "calls refused since they offer no encrypted media, which the customer needs")               \
    X(targets_refused, "requests within calls that would have gone elsewhere than to the call's "  \
                       "other side")                                                               \
    X(flood_refused, "requests answered with 503 since their source, connection or certificate "   \
                     "sends too many")                                                             \
    X(flood_dropped, "requests left without an answer for the same reason")                        \
    X(challenges_passed, "challenged calls that were let through since their callers passed")      \
    X(attacks, "beginnings and ends of attacks told")                                              \
    X(reloads, "rule sets loaded")                                                                 \
    X(reload_failures, "rule sets refused")                                                        \
    X(reloads_taken_back, "rule sets that were not confirmed in time")

struct fgm_counters {
#define FGM_COUNTER_FIELD(name, doc) _Atomic uint64_t name;
    FGM_COUNTERS(FGM_COUNTER_FIELD)
#undef FGM_COUNTER_FIELD
};

// In shared memory; set before the fork.
extern struct fgm_counters *fgm_counters;
extern struct fgm_metrics *fgm_metrics;
extern struct fgm_rule_hits *fgm_rule_hits;

#define FGM_COUNT(name) atomic_fetch_add_explicit(&fgm_counters->name, 1, memory_order_relaxed)

#define FGM_COUNT_N(name, n)                                                                       \
    atomic_fetch_add_explicit(&fgm_counters->name, (n), memory_order_relaxed)

// Allocates them. 0 or a negative error.
int fgm_counters_init(void);
// Calls fn with each counter in the order of the table.
void fgm_counters_each(void (*fn)(void *arg, const char *name, const char *doc, uint64_t value),
                       void *arg);
