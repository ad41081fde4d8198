// SPDX-License-Identifier: GPL-2.0-or-later
// A lock in memory shared by forked processes that survives its holder: robust pthread mutexes, so
// the kernel itself hands the lock of a killed process to the next one, and no process id is ever
// guessed at. Uncontended it is one atomic instruction each way.
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "fg/err.h"

// How long a waiter puts up with a holder that was stopped or preempted [ms]; critical sections
// themselves take microseconds.
#define FG_LOCK_WAIT_MS 5

struct fg_lock {
    pthread_mutex_t mutex;
};

// FG_OK or FG_EIO.
FG_MUST_CHECK int fg_lock_init(struct fg_lock *lock);
// FG_OK with the lock held, FG_ETIMEOUT after FG_LOCK_WAIT_MS. *died: the last holder died inside,
// so what the lock guards may be half written and must be checked before use.
FG_MUST_CHECK int fg_lock_acquire(struct fg_lock *lock, bool *died);
void fg_lock_release(struct fg_lock *lock);
