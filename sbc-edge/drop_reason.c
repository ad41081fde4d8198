// SPDX-License-Identifier: GPL-2.0-or-later
#include "drop_reason.h"

const char *edge_drop_name(enum edge_drop reason)
{
    static const char *const names[EDGE_DROP_COUNT] = {
#define EDGE_DROP_NAME(name, text) text,
        EDGE_DROP_REASONS(EDGE_DROP_NAME)
#undef EDGE_DROP_NAME
    };
    return reason < EDGE_DROP_COUNT ? names[reason] : "unknown";
}
