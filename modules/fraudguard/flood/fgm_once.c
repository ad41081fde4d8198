// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_once.h"

#include <stddef.h>

#define MS_PER_S 1000

bool fgm_once_take(struct fgm_once *once, uint64_t hash, int64_t until_ms, int64_t now_ms)
{
    _Atomic uint64_t *set = once->used[hash % FGM_ONCE_SETS];
    uint64_t mine = (hash >> 32) << 32 | (uint32_t)(until_ms / MS_PER_S + 1);
    for (;;) {
        _Atomic uint64_t *room = NULL;
        uint64_t old = 0;
        for (uint32_t i = 0; i < FGM_ONCE_WAYS; i++) {
            uint64_t entry = atomic_load(&set[i]);
            bool over = (int64_t)(uint32_t)entry <= now_ms / MS_PER_S;
            if (!over && entry >> 32 == hash >> 32)
                return false;
            if (over && !room) {
                room = &set[i];
                old = entry;
            }
        }
        if (!room)
            return false;
        // Where another process was faster, what it took may be this one.
        if (atomic_compare_exchange_strong(room, &old, mine))
            return true;
    }
}
