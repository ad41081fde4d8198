// SPDX-License-Identifier: GPL-2.0-or-later
// How often each rule hit: a table of counters in shared memory that outlives reloads. A rule keeps
// its counter from one rule set to the next by its id, and what a rule set no longer has makes room
// when room is needed.
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/decide.h"

#define FGM_RULES_MAX (FG_RULES_MAX + FG_COMPOSITES_MAX)

struct fgm_rule_hits; // in shared memory

// Which counter belongs to which rule of one rule set; kept beside the rule set.
struct fgm_rule_slots {
    uint32_t n_rules, n_composites;
    uint16_t slot[FGM_RULES_MAX]; // rules, then composites; UINT16_MAX: none
};

size_t fgm_rule_hits_size_bytes(void);
// memory is zeroed.
struct fgm_rule_hits *fgm_rule_hits_init(void *memory);
// Finds or makes a counter for each rule of ruleset, which is to be the one in force next.
// Counters of the rule set before it stay, since evaluations under it may still be on their way.
// One process at a time.
void fgm_rule_hits_assign(struct fgm_rule_hits *hits, const struct fg_ruleset *ruleset,
                          struct fgm_rule_slots *out);
// Counts the rules and composites among decision's reasons. slots: those of the rule set that
// decided. Any process.
void fgm_rule_hits_count(struct fgm_rule_hits *hits, const struct fgm_rule_slots *slots,
                         const struct fg_decision *decision);

struct fgm_rule_sample {
    const char *id; // the rule set's
    enum fg_mode mode;
    uint64_t enforced, shadow; // hits that counted, and that were only watched
};
// Fills out (at least FGM_RULES_MAX) with the rules of ruleset in order; returns how many.
size_t fgm_rule_hits_read(const struct fgm_rule_hits *hits, const struct fg_ruleset *ruleset,
                          const struct fgm_rule_slots *slots, struct fgm_rule_sample *out);
