// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "parse_error.h"
#include "view.h"

#include <stdint.h>

/**
 * Replies by cookie, so that a request sent again is answered with the same bytes and changes
 * nothing a second time. Two generations: a reply is found for at least one and at most two
 * generation times. Bounded in entries and bytes; when a generation is full it is closed early, so
 * the newest replies stay and the oldest go.
 *
 * Memory is taken once in edge_cookie_cache_new. One thread at a time.
 */

/** How long a generation lasts [ms]. */
#define EDGE_COOKIE_GENERATION_MS 30000
/** Longest cookie and longest peer address accepted [bytes]. */
#define EDGE_COOKIE_MAX      255
#define EDGE_COOKIE_PEER_MAX 128

struct edge_cookie_cache;

/**
 * `max_entries` (1..1048576) and `max_bytes` (256..2^30, peers, cookies and replies together) are
 * per generation; `seed` is any random number (it keeps table positions from being guessed).
 * Returns 0 and writes `*out`; EDGE_EINVALID; EDGE_ENOMEM. Freed by edge_cookie_cache_free.
 */
int edge_cookie_cache_new(uint32_t max_entries, uint32_t max_bytes, uint64_t seed,
                          struct edge_cookie_cache **out);

/** Wipes and frees; NULL is fine. */
void edge_cookie_cache_free(struct edge_cookie_cache *cache);

/**
 * Looks up the reply stored for this peer (its address and port as bytes, so that two peers with
 * one cookie do not meet) and cookie. `now_ms` is monotonic. Returns true and writes `*out_reply`,
 * a view that stands until the next call with this cache.
 */
bool edge_cookie_cache_get(struct edge_cookie_cache *cache, struct edge_view peer,
                           struct edge_view cookie, uint64_t now_ms, struct edge_view *out_reply);

/**
 * Stores a copy of `reply`; a later one for the same peer and cookie takes its place. Returns 0;
 * EDGE_ELIMIT when peer, cookie or reply are too large to be kept (nothing is stored then).
 */
int edge_cookie_cache_put(struct edge_cookie_cache *cache, struct edge_view peer,
                          struct edge_view cookie, uint64_t now_ms, struct edge_view reply);
