// SPDX-License-Identifier: GPL-2.0-or-later
#include "base64.h"

#include "parse_error.h"

/** 0xff when lo <= c <= hi, else 0, without a branch; all are below 256. */
static unsigned in_range(unsigned c, unsigned lo, unsigned hi)
{
    return (((lo - 1 - c) & (c - hi - 1)) >> 8) & 0xff;
}

/** The six bits of a character, or 0x80 for any other byte. */
static unsigned bits_of(unsigned char c)
{
    const unsigned upper = in_range(c, 'A', 'Z');
    const unsigned lower = in_range(c, 'a', 'z');
    const unsigned digit = in_range(c, '0', '9');
    const unsigned plus = in_range(c, '+', '+');
    const unsigned slash = in_range(c, '/', '/');
    const unsigned other = ~(upper | lower | digit | plus | slash) & 0xff;
    const unsigned value = (c - 'A') & upper;

    return (value | ((c - 'a' + 26u) & lower) | ((c - '0' + 52u) & digit) | (62u & plus) |
            (63u & slash) | (0x80u & other)) &
           0xff;
}

static unsigned char char_of(unsigned bits)
{
    const unsigned c = (in_range(bits + 1, 1, 26) & (bits + 'A')) |
                       (in_range(bits + 1, 27, 52) & (bits - 26 + 'a')) |
                       (in_range(bits + 1, 53, 62) & (bits - 52 + '0')) |
                       (in_range(bits + 1, 63, 63) & '+') | (in_range(bits + 1, 64, 64) & '/');

    return (unsigned char)c;
}

/** Takes the padding off a text that is to stand for `len` bytes. */
static int strip_padding(struct edge_view *text, size_t len)
{
    const size_t padded = EDGE_BASE64_LEN(len);
    const size_t unpadded = (len * 8 + 5) / 6;

    if (text->len != padded && text->len != unpadded)
        return EDGE_EKEYLEN;
    for (size_t i = unpadded; i < text->len; i++) {
        if (text->ptr[i] != '=')
            return EDGE_EKEYLEN;
    }
    text->len = unpadded;
    return 0;
}

int edge_base64_decode(struct edge_view text, uint8_t *out, size_t len)
{
    unsigned held = 0;
    unsigned held_bits = 0;
    unsigned bad = 0;
    size_t at = 0;

    if (strip_padding(&text, len) != 0) {
        explicit_bzero(out, len);
        return EDGE_EKEYLEN;
    }
    for (size_t i = 0; i < text.len; i++) {
        const unsigned bits = bits_of((unsigned char)text.ptr[i]);

        bad |= bits & 0x80;
        held = held << 6 | (bits & 0x3f);
        held_bits += 6;
        if (held_bits >= 8) {
            held_bits -= 8;
            out[at++] = (uint8_t)(held >> held_bits);
            held &= (1u << held_bits) - 1;
        }
    }
    const bool is_good = bad == 0 && at == len;
    explicit_bzero(&held, sizeof(held));
    if (!is_good) {
        explicit_bzero(out, len);
        return EDGE_EKEYLEN;
    }
    return 0;
}

void edge_base64_encode(const uint8_t *bytes, size_t len, char *out)
{
    size_t at = 0;

    for (size_t i = 0; i < len; i += 3) {
        const size_t left = len - i;
        const unsigned second = left > 1 ? bytes[i + 1] : 0;
        const unsigned third = left > 2 ? bytes[i + 2] : 0;
        const unsigned group = (unsigned)bytes[i] << 16 | second << 8 | third;

        out[at++] = (char)char_of(group >> 18);
        out[at++] = (char)char_of(group >> 12 & 0x3f);
        out[at++] = left > 1 ? (char)char_of(group >> 6 & 0x3f) : '=';
        out[at++] = left > 2 ? (char)char_of(group & 0x3f) : '=';
    }
}
