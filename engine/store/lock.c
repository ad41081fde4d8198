// SPDX-License-Identifier: GPL-2.0-or-later
#include "lock.h"

#include <errno.h>
#include <time.h>

int fg_lock_init(struct fg_lock *lock)
{
    pthread_mutexattr_t attr;
    if (pthread_mutexattr_init(&attr) != 0)
        return FG_EIO;
    int failed = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) != 0 ||
                 pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) != 0 ||
                 pthread_mutex_init(&lock->mutex, &attr) != 0;
    pthread_mutexattr_destroy(&attr);
    return failed ? FG_EIO : FG_OK;
}

static int lock_wait(struct fg_lock *lock)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += FG_LOCK_WAIT_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    return pthread_mutex_clocklock(&lock->mutex, CLOCK_MONOTONIC, &until);
}

int fg_lock_acquire(struct fg_lock *lock, bool *died)
{
    int rc = pthread_mutex_trylock(&lock->mutex);
    if (rc == EBUSY)
        rc = lock_wait(lock);
    *died = rc == EOWNERDEAD;
    if (*died)
        rc = pthread_mutex_consistent(&lock->mutex);
    return rc == 0 ? FG_OK : FG_ETIMEOUT;
}

void fg_lock_release(struct fg_lock *lock)
{
    pthread_mutex_unlock(&lock->mutex);
}
