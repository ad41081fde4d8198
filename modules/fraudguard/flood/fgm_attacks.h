// SPDX-License-Identifier: GPL-2.0-or-later
// Attacks in progress as this node sees them: who sends too much, and which called numbers are
// flooded. Each begins once, ends once, and has a size. A table of fixed size; the caller locks it.
// Pure: time is an argument.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/attack.h"

#define FGM_ATTACKS_MAX         64
#define FGM_ATTACK_BEGINS       20   // calls that were refused before one speaks of an attack
#define FGM_ATTACK_SOURCE_QUIET 5000 // after so long without a refusal it is over [ms]
#define FGM_ATTACK_NUMBER_QUIET 60000
#define FGM_ATTACK_CALLER_BITS  1024

struct fgm_attack {
    uint64_t key; // 0: free
    bool told;    // that it begins
    struct fg_attack facts;
    int64_t minute; // that `in_minute` counts
    uint64_t in_minute;
    uint8_t callers[FGM_ATTACK_CALLER_BITS / 8];
};
struct fgm_attacks {
    struct fgm_attack slots[FGM_ATTACKS_MAX];
};

enum fgm_outcome { FGM_PASSED, FGM_REFUSED, FGM_DROPPED };

struct fgm_attempt_facts {
    enum fg_attack_kind kind;
    uint64_t key;         // keyed hash of whom or what it is about, not 0
    const char *customer; // empty: nobody
    const char *subject;  // address, fingerprint or number, as it may be shown
    uint64_t caller;      // keyed hash; 0: not known
    enum fgm_outcome outcome;
};

// Counts a call or request. True when an attack begins by it: *out then has its facts. What passes
// counts only while an attack is on or may be.
bool fgm_attacks_note(struct fgm_attacks *attacks, const struct fgm_attempt_facts *facts,
                      int64_t now_ms, struct fg_attack *out);
// Whether one that was told has ended: then *out has its facts, and it is forgotten. Call it until
// it says no.
bool fgm_attacks_ended(struct fgm_attacks *attacks, int64_t now_ms, struct fg_attack *out);
// Forgets suspicions that have been quiet for as long as ends an attack. Whether the table is
// empty.
bool fgm_attacks_forget(struct fgm_attacks *attacks, int64_t now_ms);
// The attacks that were told and go on, into out; how many.
uint32_t fgm_attacks_list(const struct fgm_attacks *attacks, struct fg_attack out[FGM_ATTACKS_MAX]);
