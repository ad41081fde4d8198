// SPDX-License-Identifier: GPL-2.0-or-later
// Entries of the stream fg:events, as far as customers are told of them (docs/events.md). Pure.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/customer.h"
#include "fg/err.h"
#include "fg/hold.h"
#include "fg/units.h"
#include "fg/view.h"

#define FGA_REASONS_MAX 4
#define FGA_NUMBER_MAX  24
#define FGA_SCOPE_MAX   FG_HOLD_SCOPE_TEXT_MAX
#define FGA_DEAD_ID_MAX 42
#define FGA_TEXT_MAX    160

enum fga_event_kind {
    FGA_EVENT_OTHER,    // no concern of alerts
    FGA_EVENT_REFUSED,  // a call was refused before it connected
    FGA_EVENT_CUT,      // a call in progress was ended
    FGA_EVENT_HELD,     // a hold was set by somebody
    FGA_EVENT_RELEASED, // a hold was released
    FGA_EVENT_TEST,     // somebody wants to see that alerts arrive
    FGA_EVENT_FLOODED,  // a flood of calls to one of the customer's numbers began or ended
    FGA_EVENT_RESEND,   // somebody wants a dead letter to be tried again
};

struct fga_reason {
    char rule[64];
    char text[FGA_TEXT_MAX]; // what the rule is about; no points, no limits
};

struct fga_event {
    enum fga_event_kind kind;
    char customer[FG_CUSTOMER_ID_MAX + 1];
    bool inbound;
    int64_t time_ms;
    char number[FGA_NUMBER_MAX]; // as it arrived: masked, unless the installation says otherwise
    char country[4];
    fg_micro usd_per_minute;   // 0: unknown
    int64_t duration_s;        // of a cut call
    char scope[FGA_SCOPE_MAX]; // of the hold in force or beginning; empty: none
    char of[FG_HOLD_OF_MAX];   // what that hold is about where the scope is a hash; masked
    int64_t hold_until_ms;
    char hold_reason[FGA_TEXT_MAX], hold_by[64];
    struct fga_reason reasons[FGA_REASONS_MAX];
    uint32_t n_reasons;
    bool is_unique;                // one that comes again to the byte is the same
    int64_t callers, peak_per_min; // of a flood
    char dead_id[FGA_DEAD_ID_MAX]; // of the dead letter: digits, "-", digits
    char why[FGA_TEXT_MAX];        // the weightiest reason with its values: for the NOC only
};

// Reads one event. FG_ESYNTAX for what is no event of version 1 or names no valid customer where
// one is needed; events that are no concern of alerts are FG_OK with FGA_EVENT_OTHER. *out is
// written only on success.
FG_MUST_CHECK int fga_event_parse(struct fg_view json, struct fga_event *out);

// Copies text to out, made plain (fg/text.h) and cut at a character's end; NULL gives "".
void fga_text_copy(char *out, size_t size, const char *text);
