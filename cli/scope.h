// SPDX-License-Identifier: GPL-2.0-or-later
// What block and unblock act on, and for how long.
#pragma once

#include <stdint.h>

#include "fg/record.h"
#include "fgctl.h"

struct scope {
    char customer[FG_CUSTOMER_ID_MAX + 1];
    struct fg_hold held; // its scope, value and of
    char text[FG_HOLD_SCOPE_TEXT_MAX];
};

// Reads "CUSTOMER", "CUSTOMER/risky", "CUSTOMER/country.XX", "CUSTOMER/number.+96077712345" and,
// where call has a customers file, looks the customer up. EXIT_USAGE, EXIT_NOT_FOUND or EXIT_RULES
// after a complaint.
enum exit_code scope_read(const struct invocation *call, const char *text, struct scope *out);
// EXIT_USAGE after a complaint where a hold of this scope would stop no call: its country is none.
enum exit_code scope_stops_something(const struct scope *scope);
// "90s", "15m", "2h", "3d" to seconds. False for anything else and for 0.
bool duration_read(const char *text, int64_t *seconds);
// The option --reason: given, not empty, plain text that fits a hold. EXIT_USAGE after a complaint.
enum exit_code reason_read(const struct invocation *call, const char **out);
