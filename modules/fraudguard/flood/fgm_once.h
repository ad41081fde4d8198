// SPDX-License-Identifier: GPL-2.0-or-later
// What may be used once: a table of fixed size in memory that processes share, without locks. Pure:
// time is an argument.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define FGM_ONCE_SETS 4096
#define FGM_ONCE_WAYS 4

// Zeroed: empty.
struct fgm_once {
    _Atomic uint64_t used[FGM_ONCE_SETS][FGM_ONCE_WAYS]; // half of a hash, and until when [Unix s]
};

// Whether this is the first use of what has this keyed hash, and is good until until_ms [Unix ms].
// False also where there is no room to remember it: what cannot be told from a second use is one.
bool fgm_once_take(struct fgm_once *once, uint64_t hash, int64_t until_ms, int64_t now_ms);
