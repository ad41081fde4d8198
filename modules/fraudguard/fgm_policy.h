// SPDX-License-Identifier: GPL-2.0-or-later
// The rules in force, shared by all processes: published as one pointer, replaced as a whole, and
// the old ones freed once no process looks at them (one hazard slot a process).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/err.h"
#include "fg/pack.h"
#include "fg/ruleset.h"
#include "fgm_revoked.h"
#include "fgm_rule_hits.h"

// Lays out the shared part. processes: how many process numbers there can be. Before the fork.
int fgm_policy_init(int processes);

// Only one process at a time makes or changes what is in force: between these two. False while
// another one does.
bool fgm_policy_begin(void);
void fgm_policy_end(void);
// Puts bundle, and what is revoked (NULL: nothing), in force; they are the policy's from then on.
// confirm_ms > 0: only for this long, unless fgm_policy_confirm() comes; then the set before it
// returns. While one waits for that, a further set does too: the one to go back to stays the same,
// and a new confirm_ms counts from now. Between fgm_policy_begin() and fgm_policy_end(). FG_ENOMEM:
// nothing has changed.
FG_MUST_CHECK int fgm_policy_publish(struct fg_policy_bundle *bundle, struct fgm_revoked *revoked,
                                     int64_t confirm_ms);
// Keeps the set in force for good. False when there is nothing to confirm. Any process.
bool fgm_policy_confirm(void);
// Goes back where no confirmation came in time. Every tick of one process that is not between
// fgm_policy_enter() and fgm_policy_leave().
void fgm_policy_go_back_when_due(void);
// The set to go back to, and when [ms from now].
struct fgm_unconfirmed {
    int64_t left_ms;
    char pack[65], version[65], digest[65];
};
// False when there is nothing to confirm.
bool fgm_policy_unconfirmed(struct fgm_unconfirmed *out);
// How the last load ended; counts it.
void fgm_policy_told(bool loaded);

// The rules in force, valid in this process until fgm_policy_leave(). NULL when none are loaded.
// *generation: grows with each publication. Not re-entrant.
const struct fg_policy *fgm_policy_enter(uint64_t *generation);
// Where the hits of its rules are counted; between fgm_policy_enter() and fgm_policy_leave() only.
// NULL when none are loaded.
const struct fgm_rule_slots *fgm_policy_rule_slots(void);
// The certificates that are revoked; likewise. NULL: no lists are configured.
const struct fgm_revoked *fgm_policy_revoked(void);
void fgm_policy_leave(void);

// Frees what nobody uses any more. Any process, now and then.
void fgm_policy_reclaim(void);
uint64_t fgm_policy_generation(void);
int64_t fgm_policy_loaded_ms(void); // Unix [ms], 0: never
bool fgm_policy_last_load_ok(void);
const char *fgm_policy_last_load(void); // "ok", "refused", "taken back"
