// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_stores.h"

#include "core/dprint.h"
#include "core/pt.h"
#include "fgm_memory.h"
#include "fgm_params.h"

static struct fg_local *local;
static struct fg_breaker *breaker;
static struct fg_backlog *backlog;

// Of this process; owner tells a copy inherited through a fork, whose socket is not ours to use.
static struct {
    int owner;
    struct fg_redis *redis;
    struct fg_guarded *guarded;
} own;

int fgm_stores_init(void)
{
    void *memory = fgm_memory_map(fg_local_size_bytes(&fgm_config.local));
    void *breaker_memory = fgm_memory_map(fg_breaker_size_bytes());
    void *backlog_memory = fgm_memory_map(fg_backlog_size_bytes((uint32_t)fgm_params.backlog));
    if (!memory || !breaker_memory || !backlog_memory)
        return FG_ENOMEM;
    local = fg_local_init(memory, &fgm_config.local);
    breaker = fg_breaker_init(breaker_memory);
    backlog = fg_backlog_init(backlog_memory, (uint32_t)fgm_params.backlog);
    return local && breaker && backlog ? FG_OK : FG_ENOMEM;
}

int fgm_stores_child_init(void)
{
    if (own.owner == my_pid())
        return FG_OK;
    own.owner = my_pid();
    own.guarded = NULL;
    own.redis = fgm_config.has_redis ? fg_redis_new(&fgm_config.redis) : NULL;
    if (fgm_config.has_redis && !own.redis)
        return FG_ENOMEM;
    own.guarded = fg_guarded_new(local, own.redis, breaker, backlog);
    return own.guarded ? FG_OK : FG_ENOMEM;
}

struct fg_store fgm_store(void)
{
    if (fgm_stores_child_init() < 0 || !own.guarded)
        return (struct fg_store){0};
    return fg_guarded_store(own.guarded);
}

int fgm_stores_maintain(void)
{
    if (fgm_stores_child_init() < 0 || !own.guarded)
        return FG_ENOMEM;
    return fg_guarded_maintain(own.guarded);
}

struct fg_local *fgm_local(void)
{
    return local;
}

const struct fg_breaker *fgm_breaker(void)
{
    return breaker;
}

struct fg_backlog *fgm_backlog(void)
{
    return backlog;
}
