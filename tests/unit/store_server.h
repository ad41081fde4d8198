// SPDX-License-Identifier: GPL-2.0-or-later
// A private redis-server on a unix socket in a directory of its own, for tests and benchmarks. It
// dies with the process that started it.
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "fg/store.h"

struct store_server {
    char directory[64], socket[96], log[96];
    pid_t pid;
    const char *const *options; // more "--name", "value" pairs, NULL-terminated; NULL: none
};

// Starts it and waits until it accepts connections; exits the test when that takes over 10 s.
void store_server_start(struct store_server *server, const char *const *options);
// SIGKILL; the directory stays, so that restart brings up an empty server at the same address.
void store_server_kill(struct store_server *server);
void store_server_restart(struct store_server *server);
void store_server_stop(struct store_server *server);
// Connection settings with this deadline [ms].
struct fg_redis_config store_server_config(const struct store_server *server, int32_t deadline_ms);
