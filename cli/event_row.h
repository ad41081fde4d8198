// SPDX-License-Identifier: GPL-2.0-or-later
// An event as a row of a table, and which events are wanted.
#pragma once

#include "fg/ruleset.h"
#include "fgctl.h"

#define EVENT_COLUMNS 8
extern const char *const event_columns[EVENT_COLUMNS];

// Adds an event (docs/events.md). False when out of memory.
bool event_add(struct table *table, const struct fg_json *event);

struct event_filter {
    const char *customer;    // NULL: all
    enum fg_action at_least; // FG_ALLOW: all
    bool decisions_only;     // events that judge a call
};
// From the options --customer and --action. EXIT_USAGE after a complaint.
enum exit_code event_filter_read(const struct invocation *call, struct event_filter *out);
bool event_wanted(const struct event_filter *filter, const struct fg_json *event);
// The action of a decision, FG_ALLOW for what is none.
enum fg_action event_action(const struct fg_json *event);
