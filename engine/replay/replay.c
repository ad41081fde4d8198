// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/replay.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "call_read.h"
#include "fg/explain.h"
#include "replay_priv.h"

#define HUGE_PAGE       ((size_t)1 << 21)
#define LEAST_WINDOWS   (UINT32_C(1) << 20)
#define LEAST_SETS      (UINT32_C(1) << 18)
#define LEAST_REGISTERS (UINT32_C(1) << 19)

// The power of two that holds n, from least on.
static uint32_t room_for(uint64_t n, uint32_t least)
{
    const uint32_t most = UINT32_C(1) << 22;
    uint32_t room = least;
    while (room < n && room < most) {
        room *= 2;
    }
    return room;
}

// A sixteenth of the registers can hold what is usual.
static uint64_t registers_for_typical(const struct fg_policy *policy)
{
    uint64_t registers = 0;
    for (uint32_t i = 0; i < policy->ruleset->n_meters; i++) {
        const struct fg_meter *meter = &policy->ruleset->meters[i];
        if (meter->kind == FG_METER_TYPICAL) {
            const bool apart = (meter->per & ~(uint32_t)FG_KEY_CUSTOMER) != 0;
            registers += UINT64_C(16) * (apart ? 8 : 2) * policy->customers->n;
        }
    }
    return registers;
}

// Memory that begins with a large page; NULL: there is none.
static unsigned char *take_pages(struct fg_replay *replay, size_t size)
{
    size_t all = size + HUGE_PAGE;
    void *pages = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) {
        return NULL;
    }
    replay->pages = pages;
    replay->pages_bytes = all;
    (void)madvise(pages, all, MADV_HUGEPAGE); // a wish: fewer page tables to walk
    return (unsigned char *)pages + (HUGE_PAGE - (uintptr_t)pages % HUGE_PAGE) % HUGE_PAGE;
}

// Room for every customer's meters, and three times as much for those that are kept by called
// number and the like; the least is what weeks of some fifty customers take (pages that nothing
// touches cost nothing). A table that is too small forgets what the store of a provider remembers.
static int open_store(struct fg_replay *replay)
{
    const struct fg_policy *policy = replay->config.policy;
    uint64_t meters = (uint64_t)policy->customers->n * policy->ruleset->n_meters;
    struct fg_local_config config;
    fg_local_config_default(&config);
    config.windows = room_for(4 * meters, LEAST_WINDOWS);
    config.sets = room_for(2 * meters, LEAST_SETS);
    config.registers = room_for(2 * meters + registers_for_typical(policy), LEAST_REGISTERS);
    config.holds = room_for(4 * (uint64_t)policy->customers->n, config.holds);
    size_t size = fg_local_size_bytes(&config);
    unsigned char *memory = size == 0 ? NULL : take_pages(replay, size);
    replay->local = memory == NULL ? NULL : fg_local_init_zeroed(memory, &config);
    if (replay->local == NULL) {
        return FG_ENOMEM;
    }
    replay->store = fg_local_store(replay->local);
    return FG_OK;
}

struct fg_replay *fg_replay_new(const struct fg_replay_config *config)
{
    struct fg_replay *replay = calloc(1, sizeof(*replay));
    if (replay == NULL) {
        return NULL;
    }
    replay->config = *config;
    replay->rule_hits = calloc((size_t)config->policy->ruleset->n_rules + 1, sizeof(uint64_t));
    if (replay->rule_hits == NULL || open_store(replay) != FG_OK ||
        start_queue_init(&replay->starts, FG_REPLAY_REORDER_ROWS + 1) != FG_OK ||
        call_table_init(&replay->calls, config->policy->customers->n) != FG_OK) {
        fg_replay_free(replay);
        return NULL;
    }
    return replay;
}

void fg_replay_free(struct fg_replay *replay)
{
    if (replay == NULL) {
        return;
    }
    start_queue_fini(&replay->starts);
    event_queue_fini(&replay->queue);
    call_table_fini(&replay->calls);
    labels_fini(&replay->labels);
    if (replay->pages != NULL) {
        (void)munmap(replay->pages, replay->pages_bytes);
    }
    free(replay->rule_hits);
    free(replay);
}

int fg_replay_add(struct fg_replay *replay, const struct fg_call_row *row)
{
    uint32_t slot = NO_CALL;
    uint32_t label = 0;
    if (row->start_ms < replay->played_ms) {
        return FG_EINVAL;
    }
    int rc = labels_find(&replay->labels, row->label, &label);
    if (rc == FG_OK) {
        rc = call_table_take(&replay->calls, &slot);
    }
    if (rc != FG_OK) {
        return rc;
    }
    struct replay_call *call = call_at(&replay->calls, slot);
    call->label = label;
    call->sequence = replay->sequence++;
    if (call_read(call, row, replay->config.policy)) {
        replay->stats.other_customer++;
    }
    start_queue_add(&replay->starts, replay_queued(call, slot, STEP_ATTEMPT, call->start_ms));
    replay->stats.calls++;
    while (rc == FG_OK && replay->starts.n > FG_REPLAY_REORDER_ROWS) {
        rc = replay_play_first(replay);
    }
    return rc;
}

int fg_replay_finish(struct fg_replay *replay)
{
    int rc = FG_OK;
    while (rc == FG_OK) {
        rc = replay_play_first(replay);
    }
    return rc == FG_ENOTFOUND ? FG_OK : rc;
}

void fg_replay_stats(const struct fg_replay *replay, struct fg_replay_stats *out)
{
    *out = replay->stats;
    out->live = replay->calls.n;
    out->live_most = replay->calls.most;
}

const uint64_t *fg_replay_rule_hits(const struct fg_replay *replay)
{
    return replay->rule_hits;
}

void fg_replay_reason_id(const struct fg_policy *policy, const struct fg_replay_result *result,
                         const struct fg_replay_reason *reason, char out[FG_REPLAY_ID_MAX])
{
    const struct fg_event event = {.identity = result->identity};
    struct fg_plan plan; // big: only what names a reason is filled in
    plan.policy = policy;
    plan.event = &event;
    const struct fg_reason named = {
        .kind = reason->kind, .index = reason->index, .points = reason->points};
    fg_reason_id(&plan, &named, out, FG_REPLAY_ID_MAX);
}

const char *fg_replay_hold_rule(const struct fg_policy *policy, const struct fg_replay_hold *hold)
{
    if (hold->rule == FG_REPLAY_NO_RULE) {
        return "";
    }
    return hold->is_composite ? policy->ruleset->composites[hold->rule].id
                              : policy->ruleset->rules[hold->rule].id;
}
