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
    struct fgm_rule_slots slots;
};

struct shared {
    _Atomic(struct published *) current;
    _Atomic uint64_t generation;
    _Atomic int64_t loaded_ms;
    atomic_bool last_ok;
    gen_lock_t lock; // of what follows
    bool loading;
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
    fgm_policy_reclaim();
}

static void log_lines(char *text)
{
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        fgm_error("%s", line);
}

// Diagnostics as text: a summary line each for the caller, the whole with source lines to the log.
static void report(const struct fg_diags *diags, int error, char *text, size_t size)
{
    size_t used_bytes = 0;
    for (uint32_t i = 0; i < fg_diags_total(diags) && used_bytes + 1 < size; i++) {
        const struct fg_diag *diag = fg_diags_at(diags, i);
        if (!diag || diag->severity != FG_ERROR)
            continue;
        const char *slash = strrchr(diag->file ? diag->file : "", '/');
        int n = snprintf(text + used_bytes, size - used_bytes, "%s:%u:%u: %s\n",
                         slash ? slash + 1 : diag->file, diag->line, diag->column, diag->message);
        used_bytes += n > 0 ? (size_t)n : 0;
    }
    if (!used_bytes)
        snprintf(text, size, "%s\n", fg_strerror(error));

    char *whole = NULL;
    size_t len = 0;
    FILE *memory = open_memstream(&whole, &len);
    if (!memory)
        return;
    fg_diags_print(diags, FG_DIAG_HUMAN, memory);
    fclose(memory);
    log_lines(whole);
    free(whole);
}

static int publish(struct fg_policy_bundle *bundle)
{
    const struct fg_heap *heap = fgm_memory_heap();
    struct published *published = heap->alloc(heap->ctx, sizeof *published);
    if (!published)
        return FG_ENOMEM;
    published->bundle = bundle;
    fgm_rule_hits_assign(fgm_rule_hits, fg_policy_of(bundle)->ruleset, &published->slots);
    struct published *old = atomic_exchange(&shared->current, published);
    atomic_fetch_add(&shared->generation, 1);
    atomic_store(&shared->loaded_ms, fgm_now_ms());
    retire(old);
    return FG_OK;
}

static int load(char *text, size_t size)
{
    struct fg_diags *diags = fg_diags_new();
    struct fg_policy_bundle *bundle = NULL;
    if (!diags)
        return FG_ENOMEM;
    struct fg_policy_paths paths = fgm_config.paths;
    paths.now_ms = fgm_now_ms();
    int error = fg_policy_load(&paths, fgm_memory_heap(), &fgm_config.hash_key, diags, &bundle);
    if (error < 0) {
        report(diags, error, text, size);
    } else {
        // Read first: once published, it may be gone at any time.
        snprintf(text, size, "%s %s", fg_policy_of(bundle)->ruleset->pack,
                 fg_policy_of(bundle)->ruleset->version);
        error = publish(bundle);
        if (error < 0) {
            fg_policy_bundle_free(bundle);
            snprintf(text, size, "%s\n", fg_strerror(error));
        }
    }
    fg_diags_free(diags);
    return error;
}

int fgm_policy_load(char *text, size_t size)
{
    text[0] = '\0';
    lock_get(&shared->lock);
    bool busy = shared->loading;
    shared->loading = true;
    lock_release(&shared->lock);
    if (busy) {
        snprintf(text, size, "another load is under way");
        return FG_ELIMIT;
    }
    int error = load(text, size);
    atomic_store(&shared->last_ok, error >= 0);
    if (error < 0)
        FGM_COUNT(reload_failures);
    else
        FGM_COUNT(reloads);
    lock_get(&shared->lock);
    shared->loading = false;
    lock_release(&shared->lock);
    return error;
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
    return atomic_load(&shared->last_ok);
}
