// SPDX-License-Identifier: GPL-2.0-or-later
// Which two letters are a country.
#pragma once

#include "fg/country.h"

// Whether country is assigned in ISO 3166-1 (with AC, TA and XK, which have numbers of their own),
// or "001".
bool fg_country_is_assigned(fg_country country);
// The code that is meant where people write another one ("UK": "GB"); NULL when there is none.
const char *fg_country_meant(struct fg_view text);
