// SPDX-License-Identifier: GPL-2.0-or-later
// Money in USD, the engine's only currency.
#pragma once

#include "fg/err.h"
#include "fg/units.h"
#include "fg/view.h"

#define FG_CURRENCIES_MAX 40

// USD [micro] of one unit of an ISO 4217 currency. The rates are rounded long-term ones: a daily
// limit is a bound on damage, not an invoice. FG_ENOTFOUND.
FG_MUST_CHECK int fg_currency_usd(struct fg_view code, fg_micro *out);
// The codes, for suggestions. Returns how many there are.
size_t fg_currency_codes(const char *out[FG_CURRENCIES_MAX]);
