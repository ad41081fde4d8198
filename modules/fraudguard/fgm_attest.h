// SPDX-License-Identifier: GPL-2.0-or-later
// STIR/SHAKEN: what the script's verification of an Identity header means for the caller's
// attestation, and the level to sign a call with.
#pragma once

#include "core/parser/msg_parser.h"
#include "fg/plan.h"

// What fraudguard_attest() returns.
enum fgm_attest_result {
    FGM_ATTEST_LEVEL = 1,    // the attribute `attest` is A, B or C
    FGM_ATTEST_OTHER = 2,    // signed for another called number that To names: the attribute stays
    FGM_ATTEST_NOT_HELD = 3, // signed with a certificate that is none of stir_urls: likewise
    FGM_ATTEST_NONE = -1,    // no Identity header was given, or the request is no carrier's
    FGM_ATTEST_FAILED = -2,  // the attribute is `failed`
};

// Takes the value of an Identity header and whether its signature and age were found to be good. A
// good one counts only for the numbers that it was made for (RFC 8224 6.2).
enum fgm_attest_result fgm_attest_take(struct sip_msg *msg, struct fg_view identity, bool verified);

// The level that can be said of the call's caller (RFC 8588 4): A the customer may use the number,
// B the customer is known, C neither.
const char *fgm_attest_level(const struct fg_plan *plan);
