// SPDX-License-Identifier: GPL-2.0-or-later
// Who is known: a bounded membership filter of short tags, each with the age of its first and its
// last sighting. A filter is made of blocks of fixed size, of which one hash names the block and
// the tag. Time is counted in units, of which a memory has FG_KNOWN_UNITS; what was not seen for
// longer is forgotten. Pure; both stores have this arithmetic.
//
// A stranger is taken for a known one with a probability of at most FG_KNOWN_MEMBERS / 2^16 (one in
// a thousand), that of a full block. Nobody is forgotten before his time while his block has room.
#pragma once

#include <stdint.h>

#include "fg/units.h"

#define FG_KNOWN_MEMBERS    64  // of a block
#define FG_KNOWN_UNITS      240 // of a memory
#define FG_KNOWN_AGE_MAX    255 // older sightings are of this age
#define FG_KNOWN_BLOCKS_MAX 1024
// Of a full block those who were seen within one unit only keep at most this many places, so that
// a crowd of new ones does not drive out those who come again and again.
#define FG_KNOWN_ONCE_MAX (FG_KNOWN_MEMBERS / 2)

struct fg_known_member {
    uint16_t tag;
    uint8_t first, last; // units before the block's bucket
};

// All zero: nobody.
struct fg_known {
    int64_t bucket; // of the newest change
    uint32_t n;
    struct fg_known_member members[FG_KNOWN_MEMBERS];
};

// The unit that now_ms is in, for a memory of over_ms (at least FG_KNOWN_UNITS [ms]).
int64_t fg_known_bucket(int64_t now_ms, int64_t over_ms);
// What units come to in seconds, at least 1.
int64_t fg_known_seconds(int64_t units, int64_t over_ms);
// Units since the first sighting, as of bucket; -1: not known.
int64_t fg_known_read(const struct fg_known *known, int64_t bucket, uint16_t tag);
// Notes a sighting; returns what a read would have before. Sightings that come late count as what
// they were. Where the block is full the one goes that was seen longest ago, of those seen once
// where these have more than their places.
int64_t fg_known_put(struct fg_known *known, int64_t bucket, uint16_t tag);
