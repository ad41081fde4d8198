// SPDX-License-Identifier: GPL-2.0-or-later
// Which kind of trouble an error reply means.
#pragma once

#include "fg/store.h"
#include "fg/view.h"

// The kind by the first word of the text, FG_REDIS_ERROR_REPLY for words that are not known.
enum fg_redis_error redis_error_classify(struct fg_view text);
