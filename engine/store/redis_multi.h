// SPDX-License-Identifier: GPL-2.0-or-later
// Exchanges on several connections at once, all within one deadline.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "redis_conn.h"

#define REDIS_MULTI_MAX 65

struct redis_multi {
    struct redis_conn *conn; // with commands queued
    struct resp **replies;   // room for as many
    size_t n;                // how many commands
    // Afterwards:
    size_t got; // replies that came; the caller frees them
    int rc;     // FG_OK: all of them; else what conn says, and the connection is closed
};
// Sends what is queued on each (connecting where needed) and reads the replies. One that fails or
// is late costs the others nothing. n is at most REDIS_MULTI_MAX.
void redis_multi_exchange(struct redis_multi *multi, size_t n, int64_t deadline_ns);
