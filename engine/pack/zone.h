// SPDX-License-Identifier: GPL-2.0-or-later
// IANA time zones by a time-zone library, as tables that the engine reads without one.
#pragma once

#include "fg/err.h"
#include "fg/heap.h"
#include "fg/timezone.h"
#include "fg/view.h"

// Tables made so far, one a zone, in memory of one arena.
struct fg_zone_cache;

// NULL when out of memory. arena must outlive the zones, not the cache.
struct fg_zone_cache *fg_zone_cache_new(struct fg_arena *arena);
void fg_zone_cache_free(struct fg_zone_cache *cache);
// The zone of an IANA name ("Europe/London", "UTC"), the same pointer for the same name. Offsets
// are exact from 1990 to 2045. FG_ENOTFOUND for other names, FG_ENOMEM.
FG_MUST_CHECK int fg_zone_find(struct fg_zone_cache *cache, struct fg_view name,
                               const struct fg_zone **out);
// The known zone name that is nearest to a wrong one, copied to out; empty when none is near.
void fg_zone_suggest(struct fg_view name, char *out, size_t size);
