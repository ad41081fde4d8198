// SPDX-License-Identifier: GPL-2.0-or-later
#include "decimal.h"

#include "parse_error.h"

int edge_decimal_parse(struct edge_view text, uint64_t max, uint64_t *out)
{
    uint64_t number = 0;

    if (text.len == 0)
        return EDGE_ESYNTAX;
    for (size_t i = 0; i < text.len; i++) {
        if (!edge_is_digit(text.ptr[i]))
            return EDGE_ESYNTAX;
        const uint64_t digit = (uint64_t)(text.ptr[i] - '0');
        if (number > (UINT64_MAX - digit) / 10)
            return EDGE_ESYNTAX;
        number = number * 10 + digit;
    }
    if (number > max)
        return EDGE_ESYNTAX;
    *out = number;
    return 0;
}

int edge_decimal_parse_signed(struct edge_view text, int64_t *out)
{
    const bool is_negative = text.len > 0 && text.ptr[0] == '-';
    const uint64_t max = is_negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    uint64_t magnitude = 0;

    if (is_negative) {
        text.ptr++;
        text.len--;
    }
    const int rc = edge_decimal_parse(text, max, &magnitude);
    if (rc != 0)
        return rc;
    if (!is_negative)
        *out = (int64_t)magnitude;
    else
        *out = magnitude == 0 ? 0 : -(int64_t)(magnitude - 1) - 1;
    return 0;
}
