// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What must stay silent although its offer may not have come yet: blocks by ng on calls that are
 * not known, kills of calls, holds of customers. Every entry expires; the numbers are bounded.
 * Pure; not thread-safe (each worker has its own).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct edge_blocks;

#define EDGE_BLOCK_MEDIA        0x1u /* block media or silence media */
#define EDGE_BLOCK_DROP_TRAFFIC 0x2u /* drop-traffic */
#define EDGE_BLOCK_ALLOWED      0x4u /* no block: default-deny does not silence the call */
#define EDGE_BLOCK_ALL          0x7u

#define EDGE_BLOCK_EARLY_MS 120000u /* how long those flags wait for their call */

struct edge_hold {
    uint64_t until_ms; /* Unix [ms] */
    bool cut;          /* calls in progress end too */
};

/* Writes a new, empty set to *out; 0 or -ENOMEM. */
int edge_blocks_new(uint64_t seed, struct edge_blocks **out);

/* NULL is fine. */
void edge_blocks_free(struct edge_blocks *blocks);

/*
 * Remembers EDGE_BLOCK_* flags for a call that is not known. They last at least 60 s.
 * Returns 0, -ENOSPC or -ENOMEM.
 */
int edge_blocks_add_early(struct edge_blocks *blocks, const char *call_id, size_t call_id_length,
                          unsigned flags, uint64_t now_ms);

/* Takes flags of a call back (unblock before the offer). */
void edge_blocks_clear_early(struct edge_blocks *blocks, const char *call_id, size_t call_id_length,
                             unsigned flags);

/* EDGE_BLOCK_* flags waiting for the call; 0 for none. */
unsigned edge_blocks_early(const struct edge_blocks *blocks, const char *call_id,
                           size_t call_id_length, uint64_t now_ms);

/* A kill of a call until a Unix time [ms]. Returns 0, -ENOSPC or -ENOMEM. */
int edge_blocks_kill(struct edge_blocks *blocks, const char *call_id, size_t call_id_length,
                     uint64_t until_ms);

/* Until when the call is under a kill, Unix [ms]; 0: it is not. */
uint64_t edge_blocks_kill_until(const struct edge_blocks *blocks, const char *call_id,
                                size_t call_id_length, uint64_t now_ms);

/* True while the call is under a kill. */
bool edge_blocks_is_killed(const struct edge_blocks *blocks, const char *call_id,
                           size_t call_id_length, uint64_t now_ms);

/* Places or renews a customer's hold. Returns 0, -ENOSPC or -ENOMEM. */
int edge_blocks_hold(struct edge_blocks *blocks, const char *customer, size_t customer_length,
                     const struct edge_hold *hold);

/* Releases a customer's hold, if there is one. */
void edge_blocks_release(struct edge_blocks *blocks, const char *customer, size_t customer_length);

/* The customer's hold into *out and true, or false. */
bool edge_blocks_find_hold(const struct edge_blocks *blocks, const char *customer,
                           size_t customer_length, uint64_t now_ms, struct edge_hold *out);

/*
 * A full reading of the holds is about to come: holds not placed again between begin and end are
 * gone. Kills are only ever added; they expire.
 */
void edge_blocks_sync_begin(struct edge_blocks *blocks);
void edge_blocks_sync_end(struct edge_blocks *blocks);

/* Called with the Call-ID of early flags that have expired; at most one, set once. */
void edge_blocks_on_early_end(struct edge_blocks *blocks,
                              void (*fn)(void *context, const char *call_id, size_t length),
                              void *context);

/* Forgets what has expired. */
void edge_blocks_expire(struct edge_blocks *blocks, uint64_t now_ms);

/* Live holds, kills and early blocks, for metrics. */
size_t edge_blocks_count(const struct edge_blocks *blocks);
