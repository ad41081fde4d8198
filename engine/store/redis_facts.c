// SPDX-License-Identifier: GPL-2.0-or-later
// What a Redis server says of itself.
#include <stdlib.h>
#include <string.h>

#include "fg/redis_link.h"
#include "redis_commands.h"

// The value of `name:` at the beginning of a line of INFO; empty where there is none.
static struct fg_view info_value(struct fg_view text, const char *name)
{
    const size_t len = strlen(name);
    for (size_t at = 0; at + len < text.len;) {
        const char *line = text.ptr + at;
        const char *end = memchr(line, '\n', text.len - at);
        size_t size = end == NULL ? text.len - at : (size_t)(end - line);
        at += size + 1;
        if (size > 0 && line[size - 1] == '\r')
            size--;
        if (size > len && memcmp(line, name, len) == 0 && line[len] == ':')
            return (struct fg_view){line + len + 1, size - len - 1};
    }
    return (struct fg_view){NULL, 0};
}

static int64_t info_number(struct fg_view text, const char *name)
{
    const struct fg_view value = info_value(text, name);
    int64_t number = 0;
    for (size_t i = 0; i < value.len && value.ptr[i] >= '0' && value.ptr[i] <= '9'; i++) {
        if (number > INT64_MAX / 10 - 9)
            return INT64_MAX;
        number = number * 10 + (value.ptr[i] - '0');
    }
    return number;
}

static void copy_value(struct fg_view text, const char *name, char *out, size_t size)
{
    const struct fg_view value = info_value(text, name);
    const size_t len = value.len < size ? value.len : size - 1;
    if (len > 0)
        memcpy(out, value.ptr, len);
    out[len] = '\0';
}

static void read_info(struct fg_view text, struct fg_redis_facts *out)
{
    copy_value(text, "redis_version", out->version, sizeof(out->version));
    copy_value(text, "maxmemory_policy", out->maxmemory_policy, sizeof(out->maxmemory_policy));
    copy_value(text, "role", out->role, sizeof(out->role));
    out->appends = info_number(text, "aof_enabled") == 1;
    out->used_bytes = info_number(text, "used_memory");
    out->maxmemory_bytes = info_number(text, "maxmemory");
    out->evicted = info_number(text, "evicted_keys");
}

int fg_redis_facts(struct fg_redis *redis, struct fg_redis_facts *out)
{
    struct resp *reply;
    memset(out, 0, sizeof(*out));
    int rc = redis_ask_once(redis, ARGS(fg_view_of("INFO")), &reply);
    if (rc != FG_OK)
        return rc;
    read_info(resp_text(reply), out);
    resp_free(reply);
    rc = redis_ask_once(redis, ARGS(fg_view_of("TIME")), &reply);
    if (rc != FG_OK)
        return rc;
    char text[24] = "";
    const struct fg_view seconds = resp_text(resp_at(reply, 0));
    if (seconds.len < sizeof(text) && seconds.len > 0)
        memcpy(text, seconds.ptr, seconds.len);
    out->time_s = strtoll(text, NULL, 10);
    resp_free(reply);
    return FG_OK;
}

int fg_redis_alerts_status(struct fg_redis *redis, char **json)
{
    struct resp *reply;
    const int rc =
        redis_ask_once(redis, ARGS(fg_view_of("GET"), fg_view_of("fg:{alerts}:status")), &reply);
    if (rc != FG_OK)
        return rc;
    const struct fg_view text = resp_text(reply);
    *json = text.len > 0 ? strndup(text.ptr, text.len) : NULL;
    resp_free(reply);
    return *json != NULL ? FG_OK : FG_ENOTFOUND;
}
