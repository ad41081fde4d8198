// SPDX-License-Identifier: GPL-2.0-or-later
// What is usual for the customers of a profile, for those of whom nothing is known yet: a sample of
// customers, and of each one what is usual for it at each hour of the week. The median of them
// counts, so that a customer has one voice, however loud. Pure; both stores have this arithmetic.
#pragma once

#include <stdint.h>

#include "fg/baseline.h"
#include "fg/units.h"

#define FG_PEERS_MAX         16 // customers that are remembered
#define FG_PEERS_LEAST       5  // that must be known before what they say counts
#define FG_PEERS_FRESH_HOURS (INT64_C(8) * FG_BASELINE_HOURS) // later nobody asks what they said
#define FG_PEERS_MEMBER_MAX  ((UINT64_C(1) << 52) - 1)
// Amounts as a byte, eight levels for each power of two, within a tenth of the amount.
#define FG_PEERS_LEVEL_MAX 248
#define FG_PEERS_UNKNOWN   255

struct fg_peer {
    uint64_t member;                   // who: a keyed hash, at most FG_PEERS_MEMBER_MAX
    int64_t hour;                      // local one of the latest voice
    uint8_t levels[FG_BASELINE_HOURS]; // by hour modulo 168; FG_PEERS_UNKNOWN: nothing said
};

// All zero: nobody.
struct fg_peers {
    uint32_t n;
    struct fg_peer peers[FG_PEERS_MAX];
};

// What a customer says when an hour is over.
struct fg_peers_vote {
    uint64_t member;
    int64_t hour;  // the one that is over
    uint8_t level; // what is usual for it then
    uint8_t since; // so many hours before it, at most 167, are known to have been empty but for
                   // those that it has spoken of
};

// The level of an amount [fg_micro]; what is less than 2^13 is 0, what is more than 2^44 the last.
uint8_t fg_peers_level(fg_micro amount);
// The amount in the middle of a level.
fg_micro fg_peers_amount(uint8_t level);
// Takes a voice in, once for each hour; in hours since the customer's last one its level falls by
// a sixth. Of more than FG_PEERS_MAX customers those with the least members stay, which nobody can
// choose, and who is silent for FG_PEERS_FRESH_HOURS goes.
void fg_peers_put(struct fg_peers *peers, const struct fg_peers_vote *vote);
// The lower median level of those who have said something of this hour of the week, and 256 times
// how many these are; -1: nobody.
int64_t fg_peers_read(const struct fg_peers *peers, int64_t hour);
