// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/destination.h"

#include <string.h>

#define BARE_EMERGENCY_MAX 3 // 112, 911: codes known everywhere have three digits at most

static const char *const type_names[FG_TYPE_COUNT] = {
#define FG_NUMBER_TYPE_NAME(name, text, doc) [FG_TYPE_##name] = (text),
    FG_NUMBER_TYPES(FG_NUMBER_TYPE_NAME)
#undef FG_NUMBER_TYPE_NAME
};

const char *fg_number_type_name(enum fg_number_type type)
{
    return type_names[(unsigned)type < FG_TYPE_COUNT ? type : FG_TYPE_UNKNOWN];
}

int fg_number_type_parse(struct fg_view text, enum fg_number_type *out)
{
    for (unsigned i = 0; i < FG_TYPE_COUNT; i++) {
        if (fg_view_equal(text, fg_view_of(type_names[i]))) {
            *out = (enum fg_number_type)i;
            return FG_OK;
        }
    }
    return FG_ENOTFOUND;
}

uint32_t fg_destination_pack(fg_country country, enum fg_number_type type)
{
    return ((uint32_t)country << 8) | (uint32_t)type;
}

uint32_t fg_destination_pack_digits(uint32_t packed, uint8_t least, uint8_t most)
{
    return (packed & 0xffffff) | ((uint32_t)(most & 15) << 28) | ((uint32_t)(least & 15) << 24);
}

bool fg_destination_is_whole(const struct fg_destination *dest)
{
    return dest->digits_most == 0 ||
           (dest->number.len >= dest->digits_least && dest->number.len <= dest->digits_most);
}

static void unpack(uint32_t value, struct fg_destination *out)
{
    out->digits_least = (uint8_t)((value >> 24) & 15);
    out->digits_most = (uint8_t)(value >> 28);
    out->country = (fg_country)((value >> 8) & 0xffff);
    out->type = (enum fg_number_type)(value & 0xff);
    if (out->type >= FG_TYPE_COUNT) {
        out->type = FG_TYPE_UNKNOWN;
    }
}

static bool matches_whole(const struct fg_prefix_trie *trie, const char *digits, size_t len)
{
    struct fg_prefix_match match;
    return len > 0 && len <= FG_NUMBER_DIGITS_MAX &&
           fg_prefix_lookup(trie, digits, (uint8_t)len, &match) == FG_OK && match.len == len;
}

// A short code is tried behind the plan's country code ("44" "999"); without it only where it is
// too short to be another country's code and its emergency number.
static bool code_is_emergency(const struct fg_prefix_trie *emergency, struct fg_view code,
                              const struct fg_dial_plan *plan)
{
    if (plan != NULL && plan->country_code[0] != '\0') {
        char key[sizeof(plan->country_code) + FG_NUMBER_DIGITS_MAX];
        size_t code_len = strlen(plan->country_code);
        memcpy(key, plan->country_code, code_len);
        memcpy(key + code_len, code.ptr, code.len);
        if (matches_whole(emergency, key, code_len + code.len)) {
            return true;
        }
    }
    return code.len <= BARE_EMERGENCY_MAX && matches_whole(emergency, code.ptr, code.len);
}

// Behind prefix, which must leave a code of three digits: those of two are too many things.
static bool is_emergency_behind(const struct fg_prefix_trie *emergency, struct fg_view dialled,
                                const char *prefix, const struct fg_dial_plan *plan)
{
    size_t len = strlen(prefix);
    return len > 0 && dialled.len >= len + BARE_EMERGENCY_MAX &&
           memcmp(dialled.ptr, prefix, len) == 0 &&
           code_is_emergency(emergency, (struct fg_view){dialled.ptr + len, dialled.len - len},
                             plan);
}

// Nobody in need thinks of prefixes: the digit for an outside line, the trunk prefix and the
// international one may stand before the code.
static bool short_code_is_emergency(const struct fg_prefix_trie *emergency,
                                    const struct fg_number *number, const struct fg_dial_plan *plan)
{
    static const char *const outside[] = {"0", "9", "00"};
    struct fg_view dialled = {number->digits, number->len};
    bool found = code_is_emergency(emergency, dialled, plan);
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]) && !found; i++) {
        found = is_emergency_behind(emergency, dialled, outside[i], plan);
    }
    if (plan == NULL || found) {
        return found;
    }
    found = is_emergency_behind(emergency, dialled, plan->trunk, plan);
    for (size_t i = 0; i < FG_INTERNATIONAL_MAX && !found; i++) {
        found = is_emergency_behind(emergency, dialled, plan->international[i], plan);
    }
    return found;
}

static void look_up_short_code(const struct fg_destinations *known, const struct fg_dial_plan *plan,
                               struct fg_destination *out)
{
    out->type = FG_TYPE_SHORT_CODE;
    out->emergency = short_code_is_emergency(known->emergency, &out->number, plan);
    if (plan == NULL || plan->country_code[0] == '\0') {
        return;
    }
    struct fg_prefix_match match;
    struct fg_destination home;
    if (fg_prefix_lookup(known->numbering, plan->country_code, (uint8_t)strlen(plan->country_code),
                         &match) == FG_OK) {
        unpack(match.value, &home);
        out->country = home.country;
    }
}

void fg_destination_lookup(const struct fg_destinations *known, const struct fg_number *number,
                           enum fg_number_status status, const struct fg_dial_plan *plan,
                           struct fg_destination *out)
{
    *out = (struct fg_destination){.number = *number, .type = FG_TYPE_UNKNOWN};
    if (known == NULL || number->len == 0 || number->len > FG_NUMBER_DIGITS_MAX ||
        status == FG_NUMBER_UNREADABLE) {
        return;
    }
    if (status == FG_NUMBER_SHORT_CODE) {
        look_up_short_code(known, plan, out);
        return;
    }
    struct fg_prefix_match match;
    if (fg_prefix_lookup(known->numbering, number->digits, number->len, &match) == FG_OK) {
        unpack(match.value, out);
    } else if (known->numbering != NULL) {
        out->type = FG_TYPE_UNALLOCATED;
    }
    if (fg_prefix_lookup(known->rates, number->digits, number->len, &match) == FG_OK) {
        out->usd_per_minute = (fg_micro)match.value;
        out->rated = true;
    }
    out->emergency = matches_whole(known->emergency, number->digits, number->len);
}

static int danger(const struct fg_destination *dest)
{
    switch (dest->type) {
    case FG_TYPE_UNALLOCATED:
        return 3;
    case FG_TYPE_PREMIUM:
        return 2;
    case FG_TYPE_SATELLITE:
        return 1;
    default:
        return 0;
    }
}

const struct fg_destination *fg_destination_riskier(const struct fg_destination *a,
                                                    const struct fg_destination *b)
{
    if (danger(a) != danger(b)) {
        return danger(a) > danger(b) ? a : b;
    }
    if (a->usd_per_minute != b->usd_per_minute) {
        return a->usd_per_minute > b->usd_per_minute ? a : b;
    }
    // reading[0], the likelier one, is the national one where the two differ in this.
    return a->country == b->country ? a : b;
}

bool fg_destination_is_ordinary(const struct fg_destination *dest,
                                const struct fg_country_set *home)
{
    switch (dest->type) {
    case FG_TYPE_FIXED:
    case FG_TYPE_MOBILE:
    case FG_TYPE_FIXED_OR_MOBILE:
    case FG_TYPE_TOLL_FREE:
    case FG_TYPE_SHORT_CODE:
        return fg_country_set_has(home, dest->country);
    default:
        return false;
    }
}
