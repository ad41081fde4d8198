// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_policy.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/locking.h"
#include "core/pt.h"
#include "fg/pack.h"
#include "fgm_clock.h"
#include "fgm_counters.h"
#include "fgm_log.h"
#include "fgm_memory.h"
#include "fgm_params.h"

#define RETIRED_MAX 16

struct published {
    struct fg_policy_bundle *bundle;
    struct fgm_revoked *revoked;
    int64_t loaded_ms;
    struct fgm_rule_slots slots;
};

enum last { LAST_REFUSED, LAST_OK, LAST_TAKEN_BACK };

struct shared {
    _Atomic(struct published *) current;
    _Atomic uint64_t generation;
    _Atomic int64_t loaded_ms;
    _Atomic int64_t confirm_by_us; // fgm_mono_us(); 0: nothing to confirm
    _Atomic enum last last;
    gen_lock_t lock;               // of what follows
    bool busy;                     // a load or going back is under way
    struct published *unconfirmed; // the set to go back to
    struct published *retired[RETIRED_MAX];
    int slots;
    _Atomic(struct published *) in_use[]; // by process number
};
static struct shared *shared;

int fgm_policy_init(int processes)
{
    size_t slots = (size_t)processes + 1;
    shared = fgm_memory_map(sizeof *shared + slots * sizeof shared->in_use[0]);
    if (!shared)
        return FG_ENOMEM;
    shared->slots = (int)slots;
    return lock_init(&shared->lock) ? FG_OK : FG_ENOMEM;
}

static int slot(void)
{
    return process_no >= 0 && process_no < shared->slots ? process_no : shared->slots - 1;
}

const struct fg_policy *fgm_policy_enter(uint64_t *generation)
{
    _Atomic(struct published *) *mine = &shared->in_use[slot()];
    struct published *published;
    // Announce, then look again: whoever retires a policy publishes first and reads slots second.
    do {
        published = atomic_load(&shared->current);
        atomic_store(mine, published);
        *generation = atomic_load(&shared->generation);
    } while (published != atomic_load(&shared->current));
    return published ? fg_policy_of(published->bundle) : NULL;
}

const struct fgm_rule_slots *fgm_policy_rule_slots(void)
{
    const struct published *published = atomic_load(&shared->in_use[slot()]);
    return published ? &published->slots : NULL;
}

const struct fgm_revoked *fgm_policy_revoked(void)
{
    const struct published *published = atomic_load(&shared->in_use[slot()]);
    return published ? published->revoked : NULL;
}

void fgm_policy_leave(void)
{
    atomic_store(&shared->in_use[slot()], NULL);
}

static void free_published(struct published *published)
{
    const struct fg_heap *heap = fgm_memory_heap();
    if (!published)
        return;
    fg_policy_bundle_free(published->bundle);
    fgm_revoked_free(heap, published->revoked);
    heap->free(heap->ctx, published);
}

static bool used(const struct published *published)
{
    for (int i = 0; i < shared->slots; i++) {
        if (atomic_load(&shared->in_use[i]) == published)
            return true;
    }
    return false;
}

void fgm_policy_reclaim(void)
{
    for (int i = 0; i < RETIRED_MAX; i++) {
        struct published *victim = NULL;
        lock_get(&shared->lock);
        if (shared->retired[i] && !used(shared->retired[i])) {
            victim = shared->retired[i];
            shared->retired[i] = NULL;
        }
        lock_release(&shared->lock);
        free_published(victim);
    }
}

static void retire(struct published *published)
{
    bool kept = !published;
    lock_get(&shared->lock);
    for (int i = 0; !kept && i < RETIRED_MAX; i++) {
        if (!shared->retired[i]) {
            shared->retired[i] = published;
            kept = true;
        }
    }
    lock_release(&shared->lock);
    // Sixteen rule sets still in use at once: leaking one is better than freeing it under a reader.
    if (!kept)
        fgm_warn("old rules are still in use and stay in memory");
}

bool fgm_policy_begin(void)
{
    lock_get(&shared->lock);
    bool busy = shared->busy;
    shared->busy = true;
    lock_release(&shared->lock);
    return !busy;
}

void fgm_policy_end(void)
{
    lock_get(&shared->lock);
    shared->busy = false;
    lock_release(&shared->lock);
}

static struct published *put_in_force(struct published *published)
{
    struct published *old = atomic_exchange(&shared->current, published);
    atomic_fetch_add(&shared->generation, 1);
    atomic_store(&shared->loaded_ms, published->loaded_ms);
    return old;
}

int fgm_policy_publish(struct fg_policy_bundle *bundle, struct fgm_revoked *revoked,
                       int64_t confirm_ms)
{
    const struct fg_heap *heap = fgm_memory_heap();
    struct published *published = heap->alloc(heap->ctx, sizeof *published);
    if (!published)
        return FG_ENOMEM;
    published->bundle = bundle;
    published->revoked = revoked;
    published->loaded_ms = fgm_now_ms();
    fgm_rule_hits_assign(fgm_rule_hits, fg_policy_of(bundle)->ruleset, &published->slots);
    struct published *old = put_in_force(published);
    lock_get(&shared->lock);
    if (confirm_ms > 0 && old && !shared->unconfirmed) {
        shared->unconfirmed = old;
        old = NULL;
    }
    if (confirm_ms > 0 && shared->unconfirmed)
        atomic_store(&shared->confirm_by_us, fgm_mono_us() + confirm_ms * 1000);
    lock_release(&shared->lock);
    retire(old);
    fgm_policy_reclaim();
    return FG_OK;
}

// Takes the set to go back to out of the shared part; the caller's from then on. NULL: there is
// none, or not now.
static struct published *take_unconfirmed(bool only_unused)
{
    lock_get(&shared->lock);
    struct published *kept = shared->unconfirmed;
    if (kept && only_unused && used(kept))
        kept = NULL;
    if (kept) {
        shared->unconfirmed = NULL;
        atomic_store(&shared->confirm_by_us, 0);
    }
    lock_release(&shared->lock);
    return kept;
}

bool fgm_policy_confirm(void)
{
    struct published *kept = take_unconfirmed(false);
    retire(kept);
    fgm_policy_reclaim();
    return kept != NULL;
}

static void go_back(struct published *kept)
{
    const struct fg_ruleset *ruleset = fg_policy_of(kept->bundle)->ruleset;
    // Reloads since may have given its counters to other rules.
    fgm_rule_hits_assign(fgm_rule_hits, ruleset, &kept->slots);
    fgm_warn("the new rules were not confirmed in time: back to %s %s (digest %.12s)",
             ruleset->pack, ruleset->version, ruleset->digest);
    struct published *dropped = put_in_force(kept);
    atomic_store(&shared->last, LAST_TAKEN_BACK);
    FGM_COUNT(reloads_taken_back);
    retire(dropped);
}

void fgm_policy_go_back_when_due(void)
{
    int64_t by_us = atomic_load(&shared->confirm_by_us);
    // While a load is under way it is asked again at the next tick.
    if (by_us == 0 || fgm_mono_us() < by_us || !fgm_policy_begin())
        return;
    // Looked at again: a reload that ended just now may have given more time.
    by_us = atomic_load(&shared->confirm_by_us);
    struct published *kept = by_us != 0 && fgm_mono_us() >= by_us ? take_unconfirmed(true) : NULL;
    if (kept)
        go_back(kept);
    fgm_policy_end();
}

bool fgm_policy_unconfirmed(struct fgm_unconfirmed *out)
{
    lock_get(&shared->lock);
    const struct published *kept = shared->unconfirmed;
    if (kept) {
        const struct fg_ruleset *ruleset = fg_policy_of(kept->bundle)->ruleset;
        int64_t left_us = atomic_load(&shared->confirm_by_us) - fgm_mono_us();
        out->left_ms = left_us > 0 ? left_us / 1000 : 0;
        snprintf(out->pack, sizeof out->pack, "%s", ruleset->pack);
        snprintf(out->version, sizeof out->version, "%s", ruleset->version);
        snprintf(out->digest, sizeof out->digest, "%s", ruleset->digest);
    }
    lock_release(&shared->lock);
    return kept != NULL;
}

void fgm_policy_told(bool loaded)
{
    atomic_store(&shared->last, loaded ? LAST_OK : LAST_REFUSED);
    if (loaded)
        FGM_COUNT(reloads);
    else
        FGM_COUNT(reload_failures);
}

uint64_t fgm_policy_generation(void)
{
    return atomic_load(&shared->generation);
}

int64_t fgm_policy_loaded_ms(void)
{
    return atomic_load(&shared->loaded_ms);
}

bool fgm_policy_last_load_ok(void)
{
    return atomic_load(&shared->last) == LAST_OK;
}

const char *fgm_policy_last_load(void)
{
    static const char *const names[] = {"refused", "ok", "taken back"};
    return names[atomic_load(&shared->last)];
}
