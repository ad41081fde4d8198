// SPDX-License-Identifier: GPL-2.0-or-later
// ISO 3166-1 alpha-2 countries as small integers, and sets of them. "001" (non-geographic E.164
// codes such as +882) is FG_COUNTRY_WORLD.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/view.h"

typedef uint16_t
    fg_country; // 0: unknown; else 1 + (first letter * 26 + second letter); FG_COUNTRY_WORLD
#define FG_COUNTRY_NONE  ((fg_country)0)
#define FG_COUNTRY_WORLD ((fg_country)677)
#define FG_COUNTRY_COUNT 678

struct fg_country_set {
    uint64_t bits[(FG_COUNTRY_COUNT + 63) / 64];
};

// Two upper-case letters, or "001". Anything else gives FG_COUNTRY_NONE.
fg_country fg_country_parse(struct fg_view text);
// Two letters, "001", or "??"; NUL-terminated.
void fg_country_format(fg_country country, char out[4]);
// Whether country is assigned in ISO 3166-1 (or AC, TA, XK), or "001".
bool fg_country_is_assigned(fg_country country);
// The code that is meant where people write another one ("UK": "GB"), in any case; NULL when there
// is none. Static storage.
const char *fg_country_meant(struct fg_view text);
void fg_country_set_add(struct fg_country_set *set, fg_country country);
bool fg_country_set_has(const struct fg_country_set *set, fg_country country);
