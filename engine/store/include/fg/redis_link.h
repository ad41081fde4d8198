// SPDX-License-Identifier: GPL-2.0-or-later
// What else goes over Redis: holds, events, decision records, the holds channel. For the module's
// writer process, fgctl and tests; every call is bounded by the connection's deadline, but never
// used on the path of a call. See docs/redis-schema.md.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/err.h"
#include "fg/store.h"
#include "fg/view.h"

// Writes a hold (json: docs/redis-schema.md), indexes it and publishes message. scope_text:
// "customer", "risky", "country.XX".
FG_MUST_CHECK int fg_redis_hold_put(struct fg_redis *redis, const char *customer,
                                    const char *scope_text, int64_t until_ms, int64_t ttl_ms,
                                    struct fg_view json, struct fg_view message);
// FG_ENOTFOUND when there was none (the message is published all the same).
FG_MUST_CHECK int fg_redis_hold_delete(struct fg_redis *redis, const char *customer,
                                       const char *scope_text, struct fg_view message);
// Calls fn with the JSON of each hold that has not expired; prunes the index. Stops when fn returns
// false.
FG_MUST_CHECK int fg_redis_holds_each(struct fg_redis *redis, int64_t now_ms,
                                      bool (*fn)(void *arg, struct fg_view json), void *arg);
// Publishes and remembers that a call's media must stay silent.
FG_MUST_CHECK int fg_redis_kill_put(struct fg_redis *redis, struct fg_view call_id,
                                    int64_t until_ms, struct fg_view message);
// Appends events to the stream (one round trip).
FG_MUST_CHECK int fg_redis_events_append(struct fg_redis *redis, const struct fg_view *events,
                                         size_t n);
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
FG_MUST_CHECK int fg_redis_ping(struct fg_redis *redis);

// A subscription to fg:holds:ch on a connection of its own.
struct fg_redis_channel;
struct fg_redis_channel *fg_redis_channel_new(const struct fg_redis_config *config);
void fg_redis_channel_free(struct fg_redis_channel *channel);
// Waits up to timeout_ms for one message and gives it to fn. Connects when needed; *reconnected
// tells that messages may have been missed, so that holds must be read again. FG_OK (message or
// nothing), FG_EUNAVAILABLE.
FG_MUST_CHECK int fg_redis_channel_poll(struct fg_redis_channel *channel, int32_t timeout_ms,
                                        bool *reconnected,
                                        void (*fn)(void *arg, struct fg_view message), void *arg);
