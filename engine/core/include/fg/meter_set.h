// SPDX-License-Identifier: GPL-2.0-or-later
// Some of a ruleset's meters: a bit for each, by its index.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define FG_METERS_MAX      128
#define FG_METER_SET_WORDS (FG_METERS_MAX / 64)

// Meter i is bit i % 64 of word i / 64; all zero: none.
struct fg_meter_set {
    uint64_t words[FG_METER_SET_WORDS];
};

// meter: below FG_METERS_MAX, in all of them.
static inline void fg_meter_set_add(struct fg_meter_set *set, uint32_t meter)
{
    set->words[meter / 64] |= UINT64_C(1) << (meter % 64);
}

static inline bool fg_meter_set_has(const struct fg_meter_set *set, uint32_t meter)
{
    return (set->words[meter / 64] >> (meter % 64) & 1) != 0;
}

// Those of other, too.
static inline void fg_meter_set_join(struct fg_meter_set *set, const struct fg_meter_set *other)
{
    for (uint32_t i = 0; i < FG_METER_SET_WORDS; i++) {
        set->words[i] |= other->words[i];
    }
}

// All but those of other.
static inline void fg_meter_set_leave(struct fg_meter_set *set, const struct fg_meter_set *other)
{
    for (uint32_t i = 0; i < FG_METER_SET_WORDS; i++) {
        set->words[i] &= ~other->words[i];
    }
}

// Whether there is a meter in both; 0: none.
static inline uint64_t fg_meter_set_meets(const struct fg_meter_set *a,
                                          const struct fg_meter_set *b)
{
    uint64_t any = 0;
    for (uint32_t i = 0; i < FG_METER_SET_WORDS; i++) {
        any |= a->words[i] & b->words[i];
    }
    return any;
}
