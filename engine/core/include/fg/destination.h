// SPDX-License-Identifier: GPL-2.0-or-later
// What is known of called numbers: country, type, rate, emergency codes. Immutable once built.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/country.h"
#include "fg/number.h"
#include "fg/prefix.h"
#include "fg/units.h"

#define FG_NUMBER_TYPES(X)                                                                         \
    X(UNKNOWN, "unknown", "no numbering data for this country code")                               \
    X(FIXED, "fixed", "geographic number")                                                         \
    X(MOBILE, "mobile", "mobile number")                                                           \
    X(FIXED_OR_MOBILE, "fixed_or_mobile", "cannot be told apart (NANP)")                           \
    X(TOLL_FREE, "toll_free", "free for the caller")                                               \
    X(PREMIUM, "premium", "premium rate")                                                          \
    X(SHARED_COST, "shared_cost", "shared cost")                                                   \
    X(PERSONAL, "personal", "personal number, often dear")                                         \
    X(VOIP, "voip", "voice over IP")                                                               \
    X(PAGER, "pager", "pager")                                                                     \
    X(UAN, "uan", "universal access number")                                                       \
    X(SATELLITE, "satellite", "satellite or global network (+870, +881, +882, +883)")              \
    X(SHORT_CODE, "short_code", "short code, dialled as is")                                       \
    X(UNALLOCATED, "unallocated", "no operator holds a range that matches")

enum fg_number_type {
#define FG_NUMBER_TYPE_ENUM(name, text, doc) FG_TYPE_##name,
    FG_NUMBER_TYPES(FG_NUMBER_TYPE_ENUM)
#undef FG_NUMBER_TYPE_ENUM
        FG_TYPE_COUNT
};
// "premium"; static storage, never NULL.
const char *fg_number_type_name(enum fg_number_type type);
// FG_ENOTFOUND for another word.
FG_MUST_CHECK int fg_number_type_parse(struct fg_view text, enum fg_number_type *out);

// Packing of (country, type) into a trie's value.
uint32_t fg_destination_pack(fg_country country, enum fg_number_type type);
// The same with how many digits its numbers have, the country code's included: 1 to 15 each, or 0
// for not known.
uint32_t fg_destination_pack_digits(uint32_t packed, uint8_t least, uint8_t most);

struct fg_destinations {
    const struct fg_prefix_trie *numbering; // value: fg_destination_pack(), with digits or without
    const struct fg_prefix_trie
        *rates; // value: micro-USD per minute, at most UINT32_MAX (4294 USD)
    const struct fg_prefix_trie *emergency; // key: country calling code digits + code ("44999"),
                                            // value 1; and codes for all countries under "" ("112")
    char digest[65];                        // SHA-256 of what it was built from, hex
};

struct fg_destination {
    struct fg_number number;
    fg_country country;
    enum fg_number_type type;
    fg_micro usd_per_minute; // 0 when no rate is known
    bool rated;              // a rate was found
    bool emergency;
    uint8_t digits_least, digits_most; // of the numbers of its range; 0: not known
};

// Whether the number has as many digits as the numbers of its range; true where that is not known.
bool fg_destination_is_whole(const struct fg_destination *dest);

// Rates one reading. Pure. Numbers whose country code is known but which match no range are
// FG_TYPE_UNALLOCATED (numbering then holds the country code itself with type UNALLOCATED); country
// codes that do not exist are UNALLOCATED with FG_COUNTRY_NONE. emergency: the whole number is a
// key, or a short code is one behind the plan's country code, or by itself with at most 3 digits;
// of a short code the digit for an outside line (0 or 9), the trunk prefix or an international
// one may stand before a code of at least 3 digits.
void fg_destination_lookup(const struct fg_destinations *known, const struct fg_number *number,
                           enum fg_number_status status, const struct fg_dial_plan *plan,
                           struct fg_destination *out);

// The riskier of two: unallocated, premium and satellite before others, then the dearer, then the
// foreign one. Returns a or b.
const struct fg_destination *fg_destination_riskier(const struct fg_destination *a,
                                                    const struct fg_destination *b);

// "Ordinary" for holds of scope risky: fixed, mobile, fixed_or_mobile, toll_free or short code in
// one of home.
bool fg_destination_is_ordinary(const struct fg_destination *dest,
                                const struct fg_country_set *home);
