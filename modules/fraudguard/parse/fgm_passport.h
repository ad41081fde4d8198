// SPDX-License-Identifier: GPL-2.0-or-later
// What a signed call says of its caller: the PASSporT in an Identity header (RFC 8225, with the
// SHAKEN claims of RFC 8588). Reading it checks no signature. Pure.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/number.h"
#include "fg/view.h"

#define FGM_PASSPORT_BYTES_MAX 8192 // of a header's value; longer ones are not looked at
#define FGM_PASSPORT_DESTS_MAX 8    // numbers called; of more the first ones

struct fgm_passport {
    char attest; // 'A', 'B', 'C'
    struct fg_number orig;
    uint8_t n_dests;
    struct fg_number dests[FGM_PASSPORT_DESTS_MAX];
};

// Whether the certificate that it was signed with, by the header that is signed (x5u, RFC
// 8225 4.3.1), is one of these URLs, between which are commas or blanks.
bool fgm_passport_signed_with(struct fg_view identity, const char *urls);
// Reads the value of an Identity header (RFC 8224 4): a SHAKEN PASSporT with a telephone number as
// its origin and at least one as its destination. False for anything else; *out is written only on
// success.
bool fgm_passport_read(struct fg_view identity, struct fgm_passport *out);
