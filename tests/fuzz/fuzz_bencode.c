// SPDX-License-Identifier: GPL-2.0-or-later
// What parses is written back byte by byte the same, since every value has one spelling only.
#include "bencode.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char mem[1 << 16];
    static char written[1 << 16];
    struct edge_ng_arena arena;
    struct edge_ng_value *value = NULL;
    size_t len = 0;

    edge_ng_arena_init(&arena, mem, sizeof(mem));
    if (edge_bencode_parse((struct edge_view){(const char *)data, size}, &arena, &value) != 0)
        return 0;
    if (size > sizeof(written))
        return 0;
    if (edge_bencode_format(value, written, sizeof(written), &len) != 0)
        abort();
    if (len != size || memcmp(written, data, size) != 0)
        abort();
    return 0;
}
