// SPDX-License-Identifier: GPL-2.0-or-later
// What else goes over Redis: holds, events, decision records, the holds channel. For the module's
// writer process, fgctl and tests; every round trip is bounded by the connection's deadline, but
// none is used on the path of a call. See docs/redis-schema.md. Unless said otherwise a function
// takes one round trip and returns FG_OK, FG_EINVAL (a name outside its alphabet), FG_ETIMEOUT,
// FG_EUNAVAILABLE, FG_EPROTOCOL or FG_ENOMEM. Views given to callbacks last as long as the
// callback.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/err.h"
#include "fg/store.h"
#include "fg/view.h"

// Sets a hold after what is known of this scope and value there, as fg_hold_renew() says, in one
// step that runs alone. scope_text: fg_hold_scope_format(). json: the hold as if nothing were known
// (fg_record_hold()). *stored: what it became, malloc'd (the caller frees). Nodes know of it once
// it has been told. Two round trips more where the function library has to be loaded.
FG_MUST_CHECK int fg_redis_hold_set(struct fg_redis *redis, const char *customer,
                                    const char *scope_text, const struct fg_hold_span *span,
                                    struct fg_view json, char **stored);
// Indexes a hold that was set, and publishes message.
FG_MUST_CHECK int fg_redis_hold_tell(struct fg_redis *redis, const char *customer,
                                     const char *scope_text, int64_t until_ms,
                                     struct fg_view message);
// FG_ENOTFOUND when there was none (the message is published all the same).
FG_MUST_CHECK int fg_redis_hold_delete(struct fg_redis *redis, const char *customer,
                                       const char *scope_text, struct fg_view message);
// Calls fn with the JSON of each hold that has not expired; prunes the index. Stops when fn returns
// false. One round trip for the index and one for each 64 holds.
FG_MUST_CHECK int fg_redis_holds_each(struct fg_redis *redis, int64_t now_ms,
                                      bool (*fn)(void *arg, struct fg_view json), void *arg);
// Publishes and remembers that a call's media must stay silent. call_id: 1 to 255 bytes. Removes
// what has expired by this node's wall clock.
FG_MUST_CHECK int fg_redis_kill_put(struct fg_redis *redis, struct fg_view call_id,
                                    int64_t until_ms, struct fg_view message);
// Calls fn with each call that must stay silent now, at most 100000. Stops when fn returns false.
FG_MUST_CHECK int
fg_redis_kills_each(struct fg_redis *redis, int64_t now_ms,
                    bool (*fn)(void *arg, struct fg_view call_id, int64_t until_ms), void *arg);
// Appends at most 512 events to the stream, in order (one round trip); FG_ELIMIT for more.
FG_MUST_CHECK int fg_redis_events_append(struct fg_redis *redis, const struct fg_view *events,
                                         size_t n);
// Appends an event to the stream and to the audit of what people did: two round trips. Given the
// same event again after a failure, it goes only where it is not yet; so with an attack's.
FG_MUST_CHECK int fg_redis_audit_append(struct fg_redis *redis, struct fg_view event);
// The last n entries of the audit (1 to 10000), newest first.
FG_MUST_CHECK int fg_redis_audit_last(struct fg_redis *redis, size_t n,
                                      bool (*fn)(void *arg, struct fg_view json), void *arg);
// Appends the beginning or end of an attack to the stream and to those of attacks alone; the last n
// of these (1 to 10000), newest first.
FG_MUST_CHECK int fg_redis_attack_append(struct fg_redis *redis, struct fg_view event);
FG_MUST_CHECK int fg_redis_attacks_last(struct fg_redis *redis, size_t n,
                                        bool (*fn)(void *arg, struct fg_view json), void *arg);
// An event, and whether and how long it is also the latest decision record of its call.
struct fg_redis_event {
    struct fg_view json;
    const char *record_hash; // 32 hex digits; NULL: only the event
    int64_t record_ttl_s;    // from 1, where there is a hash
};
// fg_redis_events_append() and the fg_redis_record_put()s of a batch in one round trip, at most 512
// events. The events decide what is returned: on an error none is known to be written and the batch
// may be sent again. *records_failed: records that the server refused though it took the events;
// written only on FG_OK. In a Cluster the records take a second round trip, and those whose server
// is away count as failed. FG_EINVAL, with nothing sent, for a hash that is none or a time below 1.
FG_MUST_CHECK int fg_redis_events_write(struct fg_redis *redis, const struct fg_redis_event *events,
                                        size_t n, size_t *records_failed);
// Latest decision record of a call; hash_hex: 32 hex digits.
FG_MUST_CHECK int fg_redis_record_put(struct fg_redis *redis, const char *hash_hex,
                                      struct fg_view json, int64_t ttl_s);
// malloc'd copy in *json (caller frees), or FG_ENOTFOUND.
FG_MUST_CHECK int fg_redis_record_get(struct fg_redis *redis, const char *hash_hex, char **json,
                                      size_t *len);
FG_MUST_CHECK int fg_redis_trunk_put(struct fg_redis *redis, const char *customer,
                                     struct fg_view json);
FG_MUST_CHECK int fg_redis_trunks_each(struct fg_redis *redis,
                                       bool (*fn)(void *arg, struct fg_view customer,
                                                  struct fg_view json),
                                       void *arg);
// Last n events, newest first.
FG_MUST_CHECK int fg_redis_events_last(struct fg_redis *redis, size_t n,
                                       bool (*fn)(void *arg, struct fg_view json), void *arg);
// A place in the stream of events: all before it has been read.
struct fg_stream_place {
    char id[48];
    bool taken; // the event of this id has been read, too
};
// The place before the first event that Redis took at time_ms [Unix ms] or later.
void fg_stream_place_at(struct fg_stream_place *place, int64_t time_ms);
// The place before the last n events (1 to 10000), or before all of them.
FG_MUST_CHECK int fg_redis_events_back(struct fg_redis *redis, size_t n,
                                       struct fg_stream_place *place);
// Calls fn with at most n events (1 to 10000) from place on, oldest first, and moves place behind
// each. Stops when fn returns false. Nothing more to read: place stays.
FG_MUST_CHECK int fg_redis_events_after(struct fg_redis *redis, struct fg_stream_place *place,
                                        size_t n, bool (*fn)(void *arg, struct fg_view json),
                                        void *arg);
// What fg-alertd has to deliver (in no order), and what it has given up (newest first, at most n, 1
// to 10000), as it keeps them (docs/redis-schema.md). id: of the dead letter.
FG_MUST_CHECK int fg_redis_alerts_each(struct fg_redis *redis,
                                       bool (*fn)(void *arg, struct fg_view json), void *arg);
FG_MUST_CHECK int
fg_redis_dead_alerts_each(struct fg_redis *redis, size_t n,
                          bool (*fn)(void *arg, struct fg_view id, struct fg_view json), void *arg);
FG_MUST_CHECK int fg_redis_ping(struct fg_redis *redis);
// What the server says of itself (INFO, TIME); in a Cluster one of them. Two round trips.
// FG_EUNAVAILABLE also where the user may not ask.
struct fg_redis_facts {
    char version[24], role[16], maxmemory_policy[24];
    bool appends;                        // appendonly is on
    int64_t used_bytes, maxmemory_bytes; // 0: no limit
    int64_t evicted;                     // keys thrown away for want of memory
    int64_t time_s;                      // its clock, Unix [s]
};
FG_MUST_CHECK int fg_redis_facts(struct fg_redis *redis, struct fg_redis_facts *out);
// What fg-alertd says of itself (docs/alerts.md): malloc'd copy (the caller frees), or FG_ENOTFOUND
// when none runs.
FG_MUST_CHECK int fg_redis_alerts_status(struct fg_redis *redis, char **json);

// Writes an allowance (json: docs/redis-schema.md, also the message that is published) and indexes
// it until forget_ms. ttl_ms: from now until then.
FG_MUST_CHECK int fg_redis_allowance_put(struct fg_redis *redis, const char *customer, uint64_t id,
                                         int64_t forget_ms, int64_t ttl_ms, struct fg_view json);
// FG_ENOTFOUND when there was none (the message is published all the same).
FG_MUST_CHECK int fg_redis_allowance_delete(struct fg_redis *redis, const char *customer,
                                            uint64_t id, struct fg_view message);
// As fg_redis_holds_each(); those that are over but remembered come, too.
FG_MUST_CHECK int fg_redis_allowances_each(struct fg_redis *redis, int64_t now_ms,
                                           bool (*fn)(void *arg, struct fg_view json), void *arg);
// How many calls an allowance let through so far, and what they cost.
struct fg_allowance;
FG_MUST_CHECK int fg_redis_allowance_use(struct fg_redis *redis, const char *customer,
                                         const struct fg_allowance *allowance, int64_t now_ms,
                                         int64_t *calls, fg_micro *usd);

// Who passed a challenge (a keyed hash), known until until_ms; of more than 16384 those that are
// known longest are kept. message is published.
FG_MUST_CHECK int fg_redis_passed_put(struct fg_redis *redis, uint64_t who, int64_t until_ms,
                                      int64_t now_ms, struct fg_view message);
FG_MUST_CHECK int fg_redis_passed_each(struct fg_redis *redis, int64_t now_ms,
                                       void (*fn)(void *arg, uint64_t who, int64_t until_ms),
                                       void *arg);

// Publishes what the relay tells of calls' media, at most 512 messages (one round trip).
#define FG_MEDIA_CHANNEL "fg:media:ch"
FG_MUST_CHECK int fg_redis_media_publish(struct fg_redis *redis, const struct fg_view *messages,
                                         size_t n);
// What became of a silenced call, under the hash of its decision record (32 hex digits). ttl_s:
// from 1. *json: malloc'd copy (the caller frees), or FG_ENOTFOUND.
FG_MUST_CHECK int fg_redis_proof_put(struct fg_redis *redis, const char *hash_hex,
                                     struct fg_view json, int64_t ttl_s);
FG_MUST_CHECK int fg_redis_proof_get(struct fg_redis *redis, const char *hash_hex, char **json,
                                     size_t *len);

// A subscription to fg:holds:ch on a connection of its own.
struct fg_redis_channel;
// A dead peer is noticed within 2 s: a quiet server is pinged, and must answer. NULL when out of
// memory or config is unusable. config's deadline bounds each connect.
struct fg_redis_channel *fg_redis_channel_new(const struct fg_redis_config *config);
// The same for FG_MEDIA_CHANNEL.
struct fg_redis_channel *fg_redis_media_channel_new(const struct fg_redis_config *config);
void fg_redis_channel_free(struct fg_redis_channel *channel);
// Waits up to timeout_ms for one message and gives it to fn. Connects when needed; *reconnected
// tells that messages may have been missed, so that holds must be read again (set on every call).
// FG_OK (message or nothing), FG_EUNAVAILABLE (at once when it cannot connect: the caller waits
// before it tries again). Messages over 4 KiB are dropped.
FG_MUST_CHECK int fg_redis_channel_poll(struct fg_redis_channel *channel, int32_t timeout_ms,
                                        bool *reconnected,
                                        void (*fn)(void *arg, struct fg_view message), void *arg);
