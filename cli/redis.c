// SPDX-License-Identifier: GPL-2.0-or-later
#include "redis.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fg/text.h"

// An operator can wait longer than a call.
#define DEADLINE_MS 2000

struct fg_redis *redis_open(const struct invocation *call, enum exit_code *code)
{
    char storage[1024];
    struct fg_redis_config config = {0};
    struct fg_redis *redis = NULL;

    if (fg_redis_config_parse(call->redis_url, &config, storage, sizeof(storage)) != FG_OK) {
        // The URL may hold a password: it is not repeated.
        complain("the Redis URL cannot be read; expected unix:PATH, "
                 "redis://[USER:PASSWORD@]HOST[:PORT][/DB], HOST:PORT, "
                 "sentinel://[USER:PASSWORD@]HOST[:PORT],.../MASTER[/DB] or "
                 "cluster://[USER:PASSWORD@]HOST[:PORT],...");
        *code = EXIT_USAGE;
        return NULL;
    }
    config.deadline_ms = DEADLINE_MS;
    redis = fg_redis_new(&config);
    if (redis == NULL) {
        complain("out of memory");
        *code = EXIT_FAILED;
    }
    return redis;
}

enum exit_code redis_failed(const struct invocation *call, const struct fg_redis *redis, int rc)
{
    if (rc == FG_EUNAVAILABLE || rc == FG_ETIMEOUT) {
        const bool is_path = strncmp(call->redis_url, "unix:", 5) == 0;
        complain("Redis does not answer%s%s: %s", is_path ? " at " : "",
                 is_path ? call->redis_url : "", fg_redis_last_error(redis));
        return EXIT_DOWN;
    }
    complain("Redis: %s (%s)", fg_strerror(rc), fg_redis_last_error(redis));
    return EXIT_FAILED;
}

int64_t now_ms(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void by_format(char out[BY_MAX])
{
    // sudo keeps who asked; the name is text for people and grants nothing.
    const char *name = getuid() == 0 ? getenv("SUDO_USER") : NULL;
    struct passwd user;
    struct passwd *found = NULL;
    char storage[4096];

    if ((name == NULL || name[0] == '\0') &&
        getpwuid_r(getuid(), &user, storage, sizeof(storage), &found) == 0 && found != NULL) {
        name = user.pw_name;
    }
    if (name == NULL || name[0] == '\0' || !fg_text_is_plain(fg_view_of(name)) ||
        strlen(name) > BY_MAX - sizeof("fgctl:")) {
        (void)snprintf(out, BY_MAX, "fgctl:uid-%lu", (unsigned long)getuid());
        return;
    }
    (void)snprintf(out, BY_MAX, "fgctl:%s", name);
}
