// SPDX-License-Identifier: GPL-2.0-or-later
// How fast somebody may send: a table of fixed size in memory that processes share, without locks.
// Each entry is two clocks (GCRA, ITU-T I.371): one of what passes, one of what is still answered.
// Where a set is full, who has sent least gives way, so that many quiet names never push out a loud
// one. Pure: time is an argument.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct fgm_limiter;

// Bytes of a table of n entries (a power of two, at least 8), and its making in zeroed memory.
size_t fgm_limiter_size_bytes(uint32_t n);
struct fgm_limiter *fgm_limiter_init(void *memory, uint32_t n);

enum fgm_limit {
    FGM_LIMIT_PASS,
    FGM_LIMIT_REFUSE, // too fast; refusals are as many as may pass
    FGM_LIMIT_DROP    // faster than that
};

// Takes one of per_s a second, of which a second's worth may come at once. key: a keyed hash of who
// sends, not 0. now_us: a clock that only goes on. Any process; concurrent calls never let more
// through than one after the other would.
enum fgm_limit fgm_limiter_take(struct fgm_limiter *limiter, uint64_t key, uint32_t per_s,
                                int64_t now_us);
