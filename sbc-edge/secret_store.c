// SPDX-License-Identifier: GPL-2.0-or-later
#include "secret_store.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define REGION_BYTES 65536u

union slot {
    union slot *next_free;
    uint8_t bytes[EDGE_SECRET_BYTES];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static union slot *free_slots;

static int add_region(void)
{
    union slot *slots =
        mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (slots == MAP_FAILED)
        return -ENOMEM;
    /* RLIMIT_MEMLOCK may be small; then the keys are still kept out of core dumps. */
    (void)mlock(slots, REGION_BYTES);
    (void)madvise(slots, REGION_BYTES, MADV_DONTDUMP);
    for (size_t i = 0; i < REGION_BYTES / sizeof(*slots); i++) {
        slots[i].next_free = free_slots;
        free_slots = &slots[i];
    }
    return 0;
}

uint8_t *edge_secret_take(void)
{
    union slot *slot = NULL;

    pthread_mutex_lock(&lock);
    if (free_slots || add_region() == 0) {
        slot = free_slots;
        free_slots = slot->next_free;
    }
    pthread_mutex_unlock(&lock);
    if (!slot)
        return NULL;
    memset(slot, 0, sizeof(*slot));
    return slot->bytes;
}

void edge_secret_return(uint8_t *secret)
{
    union slot *slot = (union slot *)(void *)secret;

    if (!slot)
        return;
    explicit_bzero(slot, sizeof(*slot));
    pthread_mutex_lock(&lock);
    slot->next_free = free_slots;
    free_slots = slot;
    pthread_mutex_unlock(&lock);
}

int edge_secret_protect_process(void)
{
    struct rlimit limit;

    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return -errno;
    /* The SRTP library keeps its session keys on the ordinary heap: keep that out of swap too. Not
     * under a limit, which would turn later allocations into failures. */
    if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY)
        (void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
    return 0;
}
