// SPDX-License-Identifier: GPL-2.0-or-later
// What Redis takes no time to come back from: a key of another type, a missing permission. What is
// refused so is given up, for what comes after it must not wait. For the writer process.
#pragma once

#include <stdbool.h>

#include "fg/store.h"
#include "fgm_item.h"

// To be told of each try to write an item of a kind, with its outcome and, where that is
// FG_EUNAVAILABLE, the kind of the trouble and its text. True: it is not to be tried again, and
// that was counted and logged (n items; one line a minute at most).
bool fgm_refusals_note(enum fgm_item_kind kind, int outcome, enum fg_redis_error trouble,
                       const char *text, size_t n);
