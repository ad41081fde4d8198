// SPDX-License-Identifier: GPL-2.0-or-later
// Callers who passed a challenge, in Redis: keyed hashes, and until when they are known.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fg/redis_link.h"
#include "redis_commands.h"

#define KEY      "fg:passed"
#define KEPT_MAX 16384

int fg_redis_passed_put(struct fg_redis *redis, uint64_t who, int64_t until_ms, int64_t now_ms,
                        struct fg_view message)
{
    char member[17], now[24], until[24], ttl[24], last[24];
    struct resp *replies[6];
    if (until_ms <= now_ms)
        return FG_EINVAL;
    snprintf(member, sizeof member, "%016" PRIx64, who);
    const struct fg_view key = fg_view_of(KEY);
    int rc = redis_append(redis, ARGS(fg_view_of("ZREMRANGEBYSCORE"), key, fg_view_of("-inf"),
                                      number_text(now, now_ms)));
    if (rc == FG_OK)
        rc = redis_append(redis, ARGS(fg_view_of("ZADD"), key, fg_view_of("GT"),
                                      number_text(until, until_ms), fg_view_of(member)));
    // Those that are known longest stay.
    if (rc == FG_OK)
        rc = redis_append(redis, ARGS(fg_view_of("ZREMRANGEBYRANK"), key, fg_view_of("0"),
                                      number_text(last, -KEPT_MAX - 1)));
    // As long as the last one is known: nodes may differ in how long that is.
    for (size_t i = 0; rc == FG_OK && i < 2; i++)
        rc = redis_append(redis,
                          ARGS(fg_view_of("PEXPIRE"), key, number_text(ttl, until_ms - now_ms),
                               fg_view_of(i == 0 ? "NX" : "GT")));
    if (rc == FG_OK)
        rc = redis_append(redis, ARGS(fg_view_of("PUBLISH"), fg_view_of("fg:holds:ch"), message));
    if (rc == FG_OK)
        rc = redis_round_trip(redis, replies, 6);
    if (rc == FG_OK)
        redis_replies_free(replies, 6);
    return rc;
}

static bool read_member(struct fg_view member, uint64_t *who)
{
    char text[17];
    if (member.len != 16)
        return false;
    memcpy(text, member.ptr, 16);
    text[16] = '\0';
    *who = strtoull(text, NULL, 16);
    return strspn(text, "0123456789abcdef") == 16;
}

int fg_redis_passed_each(struct fg_redis *redis, int64_t now_ms,
                         void (*fn)(void *arg, uint64_t who, int64_t until_ms), void *arg)
{
    char now[24];
    struct resp *replies[2];
    int rc = redis_append(redis, ARGS(fg_view_of("ZREMRANGEBYSCORE"), fg_view_of(KEY),
                                      fg_view_of("-inf"), number_text(now, now_ms)));
    if (rc == FG_OK)
        rc = redis_append(redis, ARGS(fg_view_of("ZRANGE"), fg_view_of(KEY), fg_view_of("0"),
                                      fg_view_of("-1"), fg_view_of("WITHSCORES")));
    if (rc == FG_OK)
        rc = redis_round_trip(redis, replies, 2);
    if (rc != FG_OK)
        return rc;
    for (size_t i = 0; i + 1 < replies[1]->n_elements; i += 2) {
        uint64_t who;
        // A text or a number (RESP 2 or 3): digits and nothing else, or it is not ours.
        const struct fg_view score = resp_text(resp_at(replies[1], i + 1));
        char text[24] = "";
        if (score.len < sizeof text)
            memcpy(text, score.ptr, score.len);
        if (read_member(resp_text(resp_at(replies[1], i)), &who))
            fn(arg, who, strtoll(text, NULL, 10));
    }
    redis_replies_free(replies, 2);
    return FG_OK;
}
