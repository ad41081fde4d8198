// SPDX-License-Identifier: GPL-2.0-or-later
// What explain shows of a decision's JSON. Private to engine/record.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "fg/json.h"
#include "fg/ruleset.h"

#define SHOWN_REASONS_MAX 256
#define SHOWN_POINTS_MAX  INT64_C(1000000000)
#define SHOWN_TIME_MS_MAX INT64_C(253402300799999) // the year 9999

struct fg_shown_reason {
    const struct fg_json *json;
    const char *id;
    int64_t points;
    bool shadow;
};

struct fg_shown {
    const struct fg_json *json;
    enum fg_action action;
    int64_t score, shadow_score, time_ms;
    struct fg_shown_reason reasons[SHOWN_REASONS_MAX]; // enforced before shadow, dearest first
    size_t n_reasons;
    int64_t sum; // of the enforced points
};

// Reads what must be there; false when json is not a decision. Borrows from json.
bool fg_shown_read(const struct fg_json *json, struct fg_shown *out);

// Text from a record may have come from anywhere: shown plain, and "?" when it is not there.
void fg_shown_put_text(FILE *out, const char *text);
// UTC, "2026-11-21 02:10:04Z" or without the date; "?" outside the years 1970 to 9999.
void fg_shown_put_time(FILE *out, int64_t time_ms, bool with_date);

// The lines below the table of reasons: notes, what was seen of the trunk, the hold, what was done,
// the call, how to undo it.
void fg_shown_put_lines(FILE *out, const struct fg_shown *decision);
