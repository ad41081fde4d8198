// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_token.h"

#include <inttypes.h>
#include <stdio.h>

#define TIME_DIGITS 16

void fgm_token_make(const struct fg_hash_key *key, const struct fgm_token_call *call,
                    int64_t until_ms, char out[FGM_TOKEN_SIZE])
{
    char until[TIME_DIGITS + 1];
    snprintf(until, sizeof until, "%016" PRIx64, (uint64_t)until_ms);
    const struct fg_view parts[] = {
        fg_view_of("challenge"), call->customer, call->called, call->caller, {until, TIME_DIGITS},
    };
    struct fg_hash128 hash = fg_hash128_parts(key, parts, sizeof parts / sizeof *parts);
    snprintf(out, FGM_TOKEN_SIZE, "%s%016" PRIx64 "%016" PRIx64, until, hash.hi, hash.lo);
}

static bool read_time(const char *digits, int64_t *out)
{
    uint64_t value = 0;
    for (int i = 0; i < TIME_DIGITS; i++) {
        char c = digits[i];
        uint64_t digit;
        if (c >= '0' && c <= '9')
            digit = (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (uint64_t)(c - 'a') + 10;
        else
            return false;
        value = value << 4 | digit;
    }
    *out = (int64_t)value;
    return value <= (uint64_t)INT64_MAX;
}

bool fgm_token_check(const struct fg_hash_key *key, const struct fgm_token_call *call,
                     struct fg_view token, int64_t now_ms)
{
    char right[FGM_TOKEN_SIZE];
    int64_t until_ms;
    unsigned char difference = 0;
    if (token.len != FGM_TOKEN_SIZE - 1 || !read_time(token.ptr, &until_ms))
        return false;
    fgm_token_make(key, call, until_ms, right);
    for (size_t i = 0; i < FGM_TOKEN_SIZE - 1; i++)
        difference |= (unsigned char)(right[i] ^ token.ptr[i]);
    return difference == 0 && now_ms <= until_ms;
}
