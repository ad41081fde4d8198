// SPDX-License-Identifier: GPL-2.0-or-later
// Whatever an Identity header holds: what is read is a level and whole numbers. Input that begins
// with "{" is made a header of, as the claims of a SHAKEN PASSporT.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fgm_passport.h"

#define HEADER "eyJwcHQiOiJzaGFrZW4ifQ." // {"ppt":"shaken"}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_number(const struct fg_number *number)
{
    if (number->len == 0 || number->len > FG_NUMBER_DIGITS_MAX ||
        strspn(number->digits, "0123456789") != number->len)
        abort();
}

static void read(struct fg_view text)
{
    struct fgm_passport passport;
    if (!fgm_passport_read(text, &passport))
        return;
    if (!memchr("ABC", passport.attest, 3) || passport.n_dests == 0 ||
        passport.n_dests > FGM_PASSPORT_DESTS_MAX)
        abort();
    must_be_number(&passport.orig);
    for (uint8_t i = 0; i < passport.n_dests; i++)
        must_be_number(&passport.dests[i]);
}

static void read_claims(const uint8_t *data, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char text[8192] = HEADER;
    size_t len = strlen(HEADER);
    for (size_t bit = 0; bit < size * 8 && len < sizeof text - 1; bit += 6) {
        size_t at = bit / 8;
        unsigned pair = (unsigned)data[at] << 8 | (at + 1 < size ? data[at + 1] : 0U);
        text[len++] = digits[pair >> (10 - bit % 8) & 63];
    }
    text[len++] = '.';
    read((struct fg_view){text, len});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read((struct fg_view){(const char *)data, size});
    if (size && data[0] == '{')
        read_claims(data, size);
    return 0;
}
