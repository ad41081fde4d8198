// SPDX-License-Identifier: GPL-2.0-or-later
#include "customer_written.h"

#include <stdlib.h>

// NULL: no memory.
static struct fg_written *add(struct fg_written_list *list, uint32_t customer,
                              const struct fg_yaml_node *node)
{
    if (list->n == list->room) {
        uint32_t room = list->room == 0 ? 64 : list->room * 2;
        struct fg_written *items = realloc(list->items, room * sizeof(*items));
        if (items == NULL) {
            return NULL;
        }
        list->items = items;
        list->room = room;
    }
    struct fg_written *item = &list->items[list->n++];
    *item = (struct fg_written){.customer = customer,
                                .place = {.line = node->line,
                                          .column = node->column,
                                          .length = node->length,
                                          .offset = node->offset}};
    return item;
}

int fg_written_add_range(struct fg_written_list *list, uint32_t customer,
                         const struct fg_number_range *range, const struct fg_yaml_node *node)
{
    struct fg_written *item = add(list, customer, node);
    if (item == NULL) {
        return FG_ENOMEM;
    }
    item->range = *range;
    return FG_OK;
}

int fg_written_add_network(struct fg_written_list *list, uint32_t customer,
                           const struct fg_ip_range *network, const struct fg_yaml_node *node)
{
    struct fg_written *item = add(list, customer, node);
    if (item == NULL) {
        return FG_ENOMEM;
    }
    item->network = *network;
    return FG_OK;
}

void fg_written_fini(struct fg_written_list *list)
{
    free(list->items);
    *list = (struct fg_written_list){0};
}
