// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_refusals.h"

#include "fg/err.h"
#include "fgm_clock.h"
#include "fgm_counters.h"
#include "fgm_log.h"

#define TRIES_MAX 5 // of what somebody may be about to put right
#define LOG_US    INT64_C(60000000)

// In a row, by kind of item: once a kind is known to be refused, each of its items has one try.
static unsigned tries[FGM_ITEM_PASSED + 1];

static bool is_final(enum fgm_item_kind kind, enum fg_redis_error trouble)
{
    switch (trouble) {
    case FG_REDIS_ERROR_WRONGTYPE:
    case FG_REDIS_ERROR_CROSSSLOT:
        return true;
    case FG_REDIS_ERROR_NOPERM:
    case FG_REDIS_ERROR_REPLY:
        if (tries[kind] < TRIES_MAX)
            tries[kind]++;
        return tries[kind] == TRIES_MAX;
    default:
        return false;
    }
}

bool fgm_refusals_note(enum fgm_item_kind kind, int outcome, enum fg_redis_error trouble,
                       const char *text, size_t n)
{
    static const char *const names[] = {
        [FGM_ITEM_EVENT] = "an event",
        [FGM_ITEM_HOLD] = "a hold",
        [FGM_ITEM_HOLD_RELEASE] = "a release",
        [FGM_ITEM_LEASES] = "a lease",
        [FGM_ITEM_ALLOW] = "an allowance",
        [FGM_ITEM_DISALLOW] = "an allowance's end",
        [FGM_ITEM_KILL] = "the end of a call",
        [FGM_ITEM_ATTACK] = "an attack",
        [FGM_ITEM_PASSED] = "a caller who passed a challenge",
    };
    static int64_t logged_us;
    if (outcome == FG_OK)
        tries[kind] = 0;
    if (outcome != FG_EUNAVAILABLE || !is_final(kind, trouble))
        return false;
    FGM_COUNT_N(writes_refused, n);
    int64_t now_us = fgm_mono_us();
    if (logged_us == 0 || now_us - logged_us >= LOG_US) {
        logged_us = now_us;
        fgm_error("Redis refuses %s for good: %s; it is given up, other nodes do not learn of it",
                  names[kind], text);
    }
    return true;
}
