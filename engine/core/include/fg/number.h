// SPDX-License-Identifier: GPL-2.0-or-later
// Telephone numbers: from what a SIP URI says to E.164 digits (ITU-T E.164, RFC 3966, RFC
// 3261 19.1.6).
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/err.h"
#include "fg/view.h"

#define FG_NUMBER_DIGITS_MAX 15 // ITU-T E.164 6.1

// An E.164 number without the plus. len 0: none.
struct fg_number {
    char digits[FG_NUMBER_DIGITS_MAX + 1]; // NUL-terminated
    uint8_t len;
};

#define FG_DIALLED_KEPT_MAX 24 // digits of what was dialled

#define FG_INTERNATIONAL_MAX        16 // prefixes of one plan
#define FG_INTERNATIONAL_DIGITS_MAX 8  // of one prefix: Australia's 14110011

// How a customer dials. All strings are digits, NUL-terminated, empty when unset.
struct fg_dial_plan {
    // Prefixes that mean "international follows", such as "00", "011"; an x stands for any digit.
    // The longest one that fits counts.
    char international[FG_INTERNATIONAL_MAX][FG_INTERNATIONAL_DIGITS_MAX + 1];
    char trunk[8];            // national prefix to strip, such as "0"
    char country_code[4];     // E.164 country code that national numbers get, such as "44"
    uint8_t national_min_len; // shorter digit strings are short codes, never national numbers; 0: 6
    uint8_t national_max_len; // digits of the longest national number; 0: not known
};

enum fg_number_status {
    FG_NUMBER_OK,         // E.164 digits known
    FG_NUMBER_SHORT_CODE, // a short code (emergency or service): digits as dialled, no country code
    FG_NUMBER_UNREADABLE  // nothing a carrier could route on: letters, NUL, too long, empty
};

// The readings of one dialled string. Where two exist ("0044…" national or international), both are
// given: the caller rates the riskier one.
struct fg_number_readings {
    enum fg_number_status status;
    uint8_t n;                      // 1 or 2 when status is FG_NUMBER_OK or FG_NUMBER_SHORT_CODE
    struct fg_number reading[2];    // reading[0] is the likelier one
    bool international_prefix_seen; // "+" or a prefix of the plan
    // The digits as dialled, before any reading; of more than these the last ones. Without "+".
    char dialled[FG_DIALLED_KEPT_MAX];
    uint8_t n_dialled;
};

// Reads the user part of a SIP URI, or a tel: URI's number: undoes %-escapes once, cuts parameters
// (";…") and passwords (":…"), visual separators, then applies plan (may be NULL: only "+" and "00"
// are international and nothing is national). phone_context: value of a phone-context parameter or
// empty. Pure; never fails: what cannot be read is FG_NUMBER_UNREADABLE.
void fg_number_read(struct fg_view user, struct fg_view phone_context,
                    const struct fg_dial_plan *plan, struct fg_number_readings *out);

// Parses "+" and 1 to 15 digits, nothing else. FG_ESYNTAX otherwise; *out is written only on
// success.
FG_MUST_CHECK int fg_number_parse_e164(struct fg_view text, struct fg_number *out);

// "+96077***45": plus, the first 5 digits at most, stars, the last 2. NUL-terminated. Used wherever
// a number is shown.
#define FG_NUMBER_MASKED_MAX 24
void fg_number_mask(const struct fg_number *number, char out[FG_NUMBER_MASKED_MAX]);
