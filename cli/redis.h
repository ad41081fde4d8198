// SPDX-License-Identifier: GPL-2.0-or-later
// fgctl's connection to Redis.
#pragma once

#include "fg/redis_link.h"
#include "fgctl.h"

// A connection for call's URL; nothing is sent yet. NULL after a complaint, *code then tells which
// exit code. Free with fg_redis_free().
struct fg_redis *redis_open(const struct invocation *call, enum exit_code *code);
// Complains about rc of a Redis call and gives the exit code that fits.
enum exit_code redis_failed(const struct invocation *call, const struct fg_redis *redis, int rc);
// Unix time [ms].
int64_t now_ms(void);
// "fgctl:alice": who runs this, for the audit.
#define BY_MAX 64
void by_format(char out[BY_MAX]);
