// SPDX-License-Identifier: GPL-2.0-or-later
#include "hold_message.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char memory[65536];
    struct edge_ng_arena arena;
    struct edge_hold_message message;
    struct edge_view bytes = {(const char *)data, size};

    edge_ng_arena_init(&arena, memory, sizeof(memory));
    if (edge_hold_message_parse(bytes, &arena, &message) == 0 && message.op != EDGE_HOLD_KILL &&
        message.op != EDGE_HOLD_OTHER && !edge_hold_customer_is_valid(message.customer))
        abort();
    if (edge_hold_record_parse(bytes, &arena, &message) == 0 && message.until_ms == 0)
        abort();
    return 0;
}
