// SPDX-License-Identifier: GPL-2.0-or-later
// Decisions in words. Pure; everything from the network is masked or escaped here, once.
#pragma once

#include <stddef.h>

#include "fg/decide.h"

// Id of a reason: the rule's or composite's id, "GROUP_CAP:velocity", "SCORE_FLOOR", "HOLD",
// "IDENTITY:unknown_name", "EMERGENCY", "DEGRADED", "UNREADABLE_NUMBER", "EXCEPTION:DEST_IRSF",
// "OVERRIDE:VEL_CPM". NUL-terminated, cut to size.
void fg_reason_id(const struct fg_plan *plan, const struct fg_reason *reason, char *out,
                  size_t size);
// Why, in one line: "+96077***45 matches +9607 (Maldives mobile)", "31 calls in 1 min, over 20",
// "Sat 02:10 Europe/London; open Mon-Fri 08:00-18:00". Uses the rule's explain template where there
// is one ("{dest.masked}", "{match.key}", "{match.note}", "{value}", "{threshold}").
void fg_reason_text(const struct fg_plan *plan, const struct fg_decision *decision,
                    const struct fg_reason *reason, char *out, size_t size);
// Printable ASCII/UTF-8 copy: control bytes, quotes and backslashes escaped as \xNN.
// NUL-terminated, cut to size.
void fg_text_escape(struct fg_view text, char *out, size_t size);
