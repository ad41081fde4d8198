// SPDX-License-Identifier: GPL-2.0-or-later
// The breaker as the guarded store drives it. All functions are lock free and safe in any process;
// times are monotonic [ms].
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/store.h"

// Whether an evaluation may go to Redis; counts it as tried or skipped.
bool breaker_allows(struct fg_breaker *breaker);
void breaker_succeeded(struct fg_breaker *breaker, int64_t now_ms);
void breaker_failed(struct fg_breaker *breaker, enum fg_redis_error kind, int64_t now_ms);
bool breaker_is_open(const struct fg_breaker *breaker);
// A probe reached a working server: calls are let through on trial. The first failure opens again,
// a few successes close.
void breaker_probed(struct fg_breaker *breaker, int64_t now_ms);
// Notes a failed probe by its kind.
void breaker_probe_failed(struct fg_breaker *breaker, enum fg_redis_error kind);
