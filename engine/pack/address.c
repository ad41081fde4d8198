// SPDX-License-Identifier: GPL-2.0-or-later
#include "address.h"

#include <string.h>

#define WIDEST_V4 (96 + 8)
#define WIDEST_V6 19

bool fg_address_parse(struct fg_view text, struct fg_ip_range *out)
{
    const char *slash = memchr(text.ptr, '/', text.len);
    struct fg_view address = {text.ptr, slash == NULL ? text.len : (size_t)(slash - text.ptr)};
    bool v4 = memchr(address.ptr, ':', address.len) == NULL;
    if (!fg_ip_parse(address, &out->base)) {
        return false;
    }
    unsigned bits = v4 ? 32 : 128;
    if (slash != NULL) {
        struct fg_view mask = {slash + 1, text.len - address.len - 1};
        unsigned value = 0;
        for (size_t i = 0; i < mask.len; i++) {
            if (mask.ptr[i] < '0' || mask.ptr[i] > '9' || value > 128) {
                return false;
            }
            value = value * 10 + (unsigned)(mask.ptr[i] - '0');
        }
        if (mask.len == 0 || value > bits) {
            return false;
        }
        bits = value;
    }
    out->bits = (uint8_t)(v4 ? bits + 96 : bits);
    return true;
}

bool fg_address_has_host_bits(const struct fg_ip_range *range)
{
    for (unsigned bit = range->bits; bit < 128; bit++) {
        if ((range->base.bytes[bit / 8] & (0x80U >> (bit % 8))) != 0) {
            return true;
        }
    }
    return false;
}

bool fg_address_is_too_wide(const struct fg_ip_range *range)
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    const unsigned bits = range->bits < 96 ? range->bits : 96;
    bool holds_v4 = true;
    for (unsigned bit = 0; bit < bits && holds_v4; bit++) {
        const unsigned differ = (unsigned)(range->base.bytes[bit / 8] ^ mapped[bit / 8]);
        holds_v4 = (differ & (0x80U >> (bit % 8))) == 0;
    }
    return range->bits < (holds_v4 ? WIDEST_V4 : WIDEST_V6);
}
