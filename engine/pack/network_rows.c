// SPDX-License-Identifier: GPL-2.0-or-later
#include "network_rows.h"

#include <stdlib.h>

struct fg_network *fg_network_rows_add(struct fg_network_rows *rows)
{
    if (rows->n == rows->room) {
        uint32_t room = rows->room == 0 ? 1024 : rows->room * 2;
        struct fg_network *items = reallocarray(rows->items, room, sizeof(*items));
        if (items == NULL) {
            return NULL;
        }
        rows->items = items;
        rows->room = room;
    }
    struct fg_network *row = &rows->items[rows->n++];
    *row = (struct fg_network){0};
    return row;
}

void fg_network_rows_fini(struct fg_network_rows *rows)
{
    free(rows->items);
    *rows = (struct fg_network_rows){0};
}
