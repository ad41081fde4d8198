// SPDX-License-Identifier: GPL-2.0-or-later
// The breaker as the guarded store drives it. All functions are lock free and safe in any process;
// times are monotonic [ms].
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/store.h"

// Servers of a Cluster fail one by one: each has a lane of its own, with a state of its own. Lane 0
// is that of a single server, and of a Cluster as a whole.
#define BREAKER_LANES (FG_MASTERS_MAX - 1)

// The lane of a server, by an id that is not 0; a new one when it has none. 0 when there are too
// many.
uint32_t breaker_lane(struct fg_breaker *breaker, uint64_t id);
// Forgets all servers but these.
void breaker_lanes_keep(struct fg_breaker *breaker, const uint64_t *ids, size_t n);

// The address of the lane's server, for people.
void breaker_name(struct fg_breaker *breaker, uint32_t lane, const char *text);

// Whether an evaluation may go to the server; counts it as tried or skipped.
bool breaker_allows(struct fg_breaker *breaker, uint32_t lane);
void breaker_succeeded(struct fg_breaker *breaker, uint32_t lane, int64_t now_ms);
void breaker_failed(struct fg_breaker *breaker, uint32_t lane, enum fg_redis_error kind,
                    int64_t now_ms);
bool breaker_is_open(const struct fg_breaker *breaker, uint32_t lane);
// A probe reached a working server: calls are let through on trial. The first failure opens again,
// a few successes close.
void breaker_probed(struct fg_breaker *breaker, uint32_t lane, int64_t now_ms);
// Notes a failed probe by its kind.
void breaker_probe_failed(struct fg_breaker *breaker, enum fg_redis_error kind);
