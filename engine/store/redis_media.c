// SPDX-License-Identifier: GPL-2.0-or-later
// What the relay tells of the media of calls.
#include <stdlib.h>
#include <string.h>

#include "fg/redis_link.h"
#include "redis_commands.h"

#define MESSAGES_MAX 512

int fg_redis_media_publish(struct fg_redis *redis, const struct fg_view *messages, size_t n)
{
    struct resp *replies[MESSAGES_MAX];
    int rc = FG_OK;
    if (n > MESSAGES_MAX)
        return FG_ELIMIT;
    for (size_t i = 0; i < n && rc == FG_OK; i++) {
        rc = redis_append(redis,
                          ARGS(fg_view_of("PUBLISH"), fg_view_of(FG_MEDIA_CHANNEL), messages[i]));
    }
    if (rc == FG_OK && n > 0)
        rc = redis_round_trip(redis, replies, n);
    if (rc == FG_OK && n > 0)
        redis_replies_free(replies, n);
    return rc;
}

static int proof_key(const char *hash_hex, char key[KEY_SIZE])
{
    if (strlen(hash_hex) != 32 || strspn(hash_hex, "0123456789abcdef") != 32)
        return FG_EINVAL;
    snprintf(key, KEY_SIZE, "fg:proof:%s", hash_hex);
    return FG_OK;
}

int fg_redis_proof_put(struct fg_redis *redis, const char *hash_hex, struct fg_view json,
                       int64_t ttl_s)
{
    char key[KEY_SIZE];
    char ttl[24];
    struct resp *reply;
    if (ttl_s <= 0 || proof_key(hash_hex, key) != FG_OK)
        return FG_EINVAL;
    int rc = redis_append(redis, ARGS(fg_view_of("SET"), fg_view_of(key), json, fg_view_of("EX"),
                                      number_text(ttl, ttl_s)));
    if (rc == FG_OK)
        rc = redis_round_trip(redis, &reply, 1);
    if (rc == FG_OK)
        resp_free(reply);
    return rc;
}

int fg_redis_proof_get(struct fg_redis *redis, const char *hash_hex, char **json, size_t *len)
{
    char key[KEY_SIZE];
    struct resp *reply;
    int rc = proof_key(hash_hex, key);
    if (rc == FG_OK)
        rc = redis_append(redis, ARGS(fg_view_of("GET"), fg_view_of(key)));
    if (rc == FG_OK)
        rc = redis_round_trip(redis, &reply, 1);
    if (rc != FG_OK)
        return rc;
    if (reply->type != RESP_STRING) {
        rc = FG_ENOTFOUND;
    } else {
        *json = malloc(reply->text.len + 1);
        rc = *json != NULL ? FG_OK : FG_ENOMEM;
    }
    if (rc == FG_OK) {
        memcpy(*json, reply->text.ptr, reply->text.len + 1);
        *len = reply->text.len;
    }
    resp_free(reply);
    return rc;
}
