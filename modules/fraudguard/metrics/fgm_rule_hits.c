// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_rule_hits.h"

#include <stdbool.h>
#include <string.h>

#define ID_SIZE 65 // ids have at most 64 bytes
#define NO_SLOT UINT16_MAX
// Three rule sets at once: the one to come, the one in force, and the one before it.
#define SLOTS ((size_t)3 * FGM_RULES_MAX)
_Static_assert(SLOTS < NO_SLOT, "slots are numbered in 16 bits");

struct slot {
    char id[ID_SIZE];    // empty: free
    uint64_t generation; // of the last rule set that has it
    _Atomic uint64_t enforced, shadow;
};
struct fgm_rule_hits {
    uint64_t generation;
    struct slot slots[SLOTS];
};

size_t fgm_rule_hits_size_bytes(void)
{
    return sizeof(struct fgm_rule_hits);
}

struct fgm_rule_hits *fgm_rule_hits_init(void *memory)
{
    struct fgm_rule_hits *hits = memory;
    hits->generation = 2; // a free slot's 0 is older than any that is kept
    return hits;
}

// Only for rule sets that are neither the next, the present nor the last one.
static bool is_free(const struct fgm_rule_hits *hits, const struct slot *slot)
{
    return slot->generation + 2 < hits->generation;
}

static uint16_t take_slot(struct fgm_rule_hits *hits, const char *id)
{
    size_t chosen = SLOTS;
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *slot = &hits->slots[i];
        if (strcmp(slot->id, id) == 0) {
            slot->generation = hits->generation;
            return (uint16_t)i;
        }
        // An empty one before a forgotten one: a rule that comes back finds its count again.
        bool better = chosen == SLOTS || (hits->slots[chosen].id[0] && !slot->id[0]);
        if (is_free(hits, slot) && better)
            chosen = i;
    }
    if (chosen == SLOTS)
        return NO_SLOT;
    struct slot *slot = &hits->slots[chosen];
    strncpy(slot->id, id, ID_SIZE - 1);
    slot->id[ID_SIZE - 1] = '\0';
    slot->generation = hits->generation;
    atomic_store(&slot->enforced, 0);
    atomic_store(&slot->shadow, 0);
    return (uint16_t)chosen;
}

void fgm_rule_hits_assign(struct fgm_rule_hits *hits, const struct fg_ruleset *ruleset,
                          struct fgm_rule_slots *out)
{
    hits->generation++;
    out->n_rules = ruleset->n_rules < FG_RULES_MAX ? ruleset->n_rules : FG_RULES_MAX;
    out->n_composites =
        ruleset->n_composites < FG_COMPOSITES_MAX ? ruleset->n_composites : FG_COMPOSITES_MAX;
    for (uint32_t i = 0; i < out->n_rules; i++)
        out->slot[i] = take_slot(hits, ruleset->rules[i].id);
    for (uint32_t i = 0; i < out->n_composites; i++)
        out->slot[out->n_rules + i] = take_slot(hits, ruleset->composites[i].id);
}

static struct slot *slot_at(struct fgm_rule_hits *hits, const struct fgm_rule_slots *slots,
                            uint32_t index)
{
    bool known = index < slots->n_rules + slots->n_composites && slots->slot[index] < SLOTS;
    return known ? &hits->slots[slots->slot[index]] : NULL;
}

void fgm_rule_hits_count(struct fgm_rule_hits *hits, const struct fgm_rule_slots *slots,
                         const struct fg_decision *decision)
{
    for (uint32_t i = 0; i < decision->n_reasons; i++) {
        const struct fg_reason *reason = &decision->reasons[i];
        if (reason->kind != FG_REASON_RULE && reason->kind != FG_REASON_COMPOSITE)
            continue;
        uint32_t index =
            reason->kind == FG_REASON_RULE ? reason->index : slots->n_rules + reason->index;
        struct slot *slot = slot_at(hits, slots, index);
        if (slot)
            atomic_fetch_add_explicit(reason->shadow ? &slot->shadow : &slot->enforced, 1,
                                      memory_order_relaxed);
    }
}

size_t fgm_rule_hits_read(const struct fgm_rule_hits *hits, const struct fg_ruleset *ruleset,
                          const struct fgm_rule_slots *slots, struct fgm_rule_sample *out)
{
    size_t n = 0;
    for (uint32_t i = 0; i < slots->n_rules + slots->n_composites; i++) {
        bool is_rule = i < slots->n_rules;
        if (slots->slot[i] >= SLOTS)
            continue;
        const struct slot *slot = &hits->slots[slots->slot[i]];
        out[n++] = (struct fgm_rule_sample){
            .id = is_rule ? ruleset->rules[i].id : ruleset->composites[i - slots->n_rules].id,
            .mode = is_rule ? ruleset->rules[i].mode : ruleset->composites[i - slots->n_rules].mode,
            .enforced = atomic_load_explicit(&slot->enforced, memory_order_relaxed),
            .shadow = atomic_load_explicit(&slot->shadow, memory_order_relaxed),
        };
    }
    return n;
}
