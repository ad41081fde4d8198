// SPDX-License-Identifier: GPL-2.0-or-later
// Holds that people set: into Redis, told to the nodes, kept in the audit.
#pragma once

#include "fg/redis_link.h"
#include "scope.h"

// Sets a hold on what scope says, from now on for so many seconds, in the name of who runs this.
// *hold: what was set. FG_OK or an error of Redis.
int hold_write(struct fg_redis *redis, const struct scope *scope, const char *reason,
               int64_t seconds, bool cut, struct fg_hold *hold);
