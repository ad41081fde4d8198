// SPDX-License-Identifier: GPL-2.0-or-later
// The written form of a dialled number, before any dial plan: escapes, parameters and separators
// removed.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/view.h"

#define FG_DIALLED_DIGITS_MAX 32 // longer than any number behind any prefix

struct fg_dialled {
    char digits[FG_DIALLED_DIGITS_MAX];
    uint8_t n_digits;
    bool plus;          // began with at least one "+"
    bool optional_zero; // "(0)" was written: said to be left out after the country code
    uint8_t optional_zero_at;
    char context[FG_DIALLED_DIGITS_MAX]; // digits of a phone-context that is a global number
    uint8_t n_context;
};

// Reads the user part (or a tel: URI's number) with its parameters. A phone-context parameter
// inside it stands in for an empty phone_context. False when no carrier could route on it: letters,
// NUL, bad escapes, pauses, too long, empty, or a phone-context that is neither a number nor a
// domain. Pure.
bool fg_dialled_read(struct fg_view user, struct fg_view phone_context, struct fg_dialled *out);
