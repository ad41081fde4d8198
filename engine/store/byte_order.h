// SPDX-License-Identifier: GPL-2.0-or-later
// Big-endian numbers of one to eight bytes.
#pragma once

#include <stddef.h>
#include <stdint.h>

static inline uint8_t *number_put(uint8_t *at, uint64_t value, unsigned bytes)
{
    for (unsigned i = bytes; i > 0; i--) {
        at[i - 1] = (uint8_t)value;
        value >>= 8;
    }
    return at + bytes;
}

static inline uint64_t number_get(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}
