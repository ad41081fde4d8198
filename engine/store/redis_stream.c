// SPDX-License-Identifier: GPL-2.0-or-later
// Reading the streams of events, of what people did, and of attacks.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fg/redis_link.h"
#include "redis_commands.h"

// The last n entries of a stream, newest first.
static int stream_last(struct fg_redis *redis, const char *key, size_t n,
                       bool (*fn)(void *arg, struct fg_view json), void *arg)
{
    char count[24];
    struct resp *reply;
    const int rc =
        redis_ask_once(redis,
                       ARGS(fg_view_of("XREVRANGE"), fg_view_of(key), fg_view_of("+"),
                            fg_view_of("-"), fg_view_of("COUNT"), number_text(count, (int64_t)n)),
                       &reply);
    if (rc != FG_OK)
        return rc;
    for (size_t i = 0; i < reply->n_elements; i++) {
        // [id, [field, value, ...]]
        const struct resp *fields = resp_at(resp_at(reply, i), 1);
        if (!fn(arg, resp_text(resp_at(fields, 1))))
            break;
    }
    resp_free(reply);
    return FG_OK;
}

int fg_redis_events_last(struct fg_redis *redis, size_t n,
                         bool (*fn)(void *arg, struct fg_view json), void *arg)
{
    return stream_last(redis, "fg:events", n, fn, arg);
}

int fg_redis_audit_last(struct fg_redis *redis, size_t n,
                        bool (*fn)(void *arg, struct fg_view json), void *arg)
{
    return stream_last(redis, "fg:audit", n, fn, arg);
}

int fg_redis_attacks_last(struct fg_redis *redis, size_t n,
                          bool (*fn)(void *arg, struct fg_view json), void *arg)
{
    return stream_last(redis, "fg:attacks", n, fn, arg);
}

void fg_stream_place_at(struct fg_stream_place *place, int64_t time_ms)
{
    (void)snprintf(place->id, sizeof(place->id), "%" PRId64 "-0", time_ms < 0 ? 0 : time_ms);
    place->taken = false;
}

static void place_take(struct fg_stream_place *place, struct fg_view id)
{
    memcpy(place->id, id.ptr, id.len);
    place->id[id.len] = '\0';
}

int fg_redis_events_back(struct fg_redis *redis, size_t n, struct fg_stream_place *place)
{
    char count[24];
    struct resp *reply;
    const int rc =
        redis_ask_once(redis,
                       ARGS(fg_view_of("XREVRANGE"), fg_view_of("fg:events"), fg_view_of("+"),
                            fg_view_of("-"), fg_view_of("COUNT"), number_text(count, (int64_t)n)),
                       &reply);
    if (rc != FG_OK)
        return rc;
    fg_stream_place_at(place, 0);
    if (reply->n_elements > 0) {
        const struct fg_view id = resp_text(resp_at(resp_at(reply, reply->n_elements - 1), 0));
        if (id.len > 0 && id.len < sizeof(place->id))
            place_take(place, id);
    }
    resp_free(reply);
    return FG_OK;
}

int fg_redis_events_after(struct fg_redis *redis, struct fg_stream_place *place, size_t n,
                          bool (*fn)(void *arg, struct fg_view json), void *arg)
{
    char from[sizeof(place->id) + 1], count[24];
    struct resp *reply;
    // "(" leaves out the entry itself.
    (void)snprintf(from, sizeof(from), "%s%s", place->taken ? "(" : "", place->id);
    const int rc =
        redis_ask_once(redis,
                       ARGS(fg_view_of("XRANGE"), fg_view_of("fg:events"), fg_view_of(from),
                            fg_view_of("+"), fg_view_of("COUNT"), number_text(count, (int64_t)n)),
                       &reply);
    if (rc != FG_OK)
        return rc;
    for (size_t i = 0; i < reply->n_elements; i++) {
        const struct resp *entry = resp_at(reply, i);
        const struct fg_view id = resp_text(resp_at(entry, 0));
        if (id.len == 0 || id.len >= sizeof(place->id))
            break;
        place_take(place, id);
        place->taken = true;
        if (!fn(arg, resp_text(resp_at(resp_at(entry, 1), 1))))
            break;
    }
    resp_free(reply);
    return FG_OK;
}
