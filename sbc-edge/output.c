// SPDX-License-Identifier: GPL-2.0-or-later
#include "output.h"

void edge_output_init(struct edge_output *output, char *buf, size_t size_bytes)
{
    *output = (struct edge_output){.buf = buf, .size_bytes = size_bytes};
}

void edge_output_add(struct edge_output *output, struct edge_view text)
{
    if (output->is_full || text.len > output->size_bytes - output->len) {
        output->is_full = true;
        return;
    }
    if (text.len > 0)
        memcpy(output->buf + output->len, text.ptr, text.len);
    output->len += text.len;
}

void edge_output_text(struct edge_output *output, const char *text)
{
    edge_output_add(output, edge_view_of(text));
}

void edge_output_number(struct edge_output *output, int64_t number)
{
    char digits[20];
    size_t at = sizeof(digits);
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        digits[--at] = '-';
    edge_output_add(output, (struct edge_view){digits + at, sizeof(digits) - at});
}
