// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/country.h"

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

fg_country fg_country_parse(struct fg_view text)
{
    if (fg_view_equal(text, fg_view_of("001"))) {
        return FG_COUNTRY_WORLD;
    }
    if (text.len != 2 || !is_upper(text.ptr[0]) || !is_upper(text.ptr[1])) {
        return FG_COUNTRY_NONE;
    }
    return (fg_country)(1 + (text.ptr[0] - 'A') * 26 + (text.ptr[1] - 'A'));
}

void fg_country_format(fg_country country, char out[4])
{
    out[0] = out[1] = '?';
    out[2] = out[3] = '\0';
    if (country == FG_COUNTRY_WORLD) {
        out[0] = out[1] = '0';
        out[2] = '1';
    } else if (country != FG_COUNTRY_NONE && country < FG_COUNTRY_WORLD) {
        out[0] = (char)('A' + (country - 1) / 26);
        out[1] = (char)('A' + (country - 1) % 26);
    }
}

void fg_country_set_add(struct fg_country_set *set, fg_country country)
{
    if (country < FG_COUNTRY_COUNT) {
        set->bits[country / 64] |= UINT64_C(1) << (country % 64);
    }
}

bool fg_country_set_has(const struct fg_country_set *set, fg_country country)
{
    return country < FG_COUNTRY_COUNT &&
           (set->bits[country / 64] & (UINT64_C(1) << (country % 64))) != 0;
}
