// SPDX-License-Identifier: GPL-2.0-or-later
// The rules in force, shared by all processes: published as one pointer, replaced as a whole, and
// the old ones freed once no process looks at them (one hazard slot a process).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/ruleset.h"
#include "fgm_rule_hits.h"

// Lays out the shared part. processes: how many process numbers there can be. Before the fork.
int fgm_policy_init(int processes);

// Loads the files of fgm_config.paths aside and publishes them. On failure the old rules stay;
// text (NUL-terminated, at most size bytes) says why, one diagnostic a line. Takes up to a second;
// never in a SIP worker. 0 or a negative error; FG_ELIMIT while another load is under way.
int fgm_policy_load(char *text, size_t size);

// The rules in force, valid in this process until fgm_policy_leave(). NULL when none are loaded.
// *generation: grows with each publication. Not re-entrant.
const struct fg_policy *fgm_policy_enter(uint64_t *generation);
// Where the hits of its rules are counted; between fgm_policy_enter() and fgm_policy_leave() only.
// NULL when none are loaded.
const struct fgm_rule_slots *fgm_policy_rule_slots(void);
void fgm_policy_leave(void);

// Frees what nobody uses any more. Any process, now and then.
void fgm_policy_reclaim(void);
uint64_t fgm_policy_generation(void);
int64_t fgm_policy_loaded_ms(void); // Unix [ms], 0: never
bool fgm_policy_last_load_ok(void);
