// SPDX-License-Identifier: GPL-2.0-or-later
// A proxy on a unix socket that mistreats what a server answers. Runs in processes of its own.
#pragma once

#include <sys/types.h>

#include "fg/store.h"
#include "store_server.h"

enum proxy_mode {
    PROXY_PASS,
    PROXY_SLOW,    // answers 50 ms late
    PROXY_DRIP,    // one byte every 10 ms
    PROXY_GARBAGE, // bytes that are no reply
    PROXY_HUGE,    // announces half a gigabyte, then silence
    PROXY_MANY,    // announces an array of a billion elements
    PROXY_CUT,     // closes in the middle of an answer
    PROXY_TWICE,   // each answer twice: the second waits for the next request
    PROXY_STALE,   // the answer of the request before
    PROXY_ERROR,   // the error text that was set
    PROXY_MODES
};
struct store_proxy {
    char socket[96];
    pid_t pid;
    struct proxy_shared *shared;
};

void store_proxy_start(struct store_proxy *proxy, const struct store_server *server);
void store_proxy_set(struct store_proxy *proxy, enum proxy_mode mode, const char *error);
void store_proxy_stop(struct store_proxy *proxy);
struct fg_redis_config store_proxy_config(const struct store_proxy *proxy, int32_t deadline_ms);
