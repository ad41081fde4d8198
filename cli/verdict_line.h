// SPDX-License-Identifier: GPL-2.0-or-later
// One replayed call on one line. Written by hand: a JSON library would cost more than the verdict.
#pragma once

#include "fg/compare.h"
#include "output.h"

#define VERDICT_LINE_MAX 65536

// Formats result as human or jsonl, with a newline. The length, or 0 when it does not fit.
size_t verdict_line(const struct fg_policy *policy, const struct fg_replay_result *result,
                    enum output_format format, char out[VERDICT_LINE_MAX]);
// Formats a call that comes out differently as jsonl, with a newline. The length, or 0 when it does
// not fit.
size_t verdict_pair_line(const struct fg_policy *const policies[FG_COMPARE_SIDES],
                         const struct fg_compare_pair *pair, char out[VERDICT_LINE_MAX]);
