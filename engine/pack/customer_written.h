// SPDX-License-Identifier: GPL-2.0-or-later
// What customers have (ranges of numbers, source networks) as it was written, to find what two of
// them share.
#pragma once

#include "fg/customer.h"
#include "yaml.h"

struct fg_written {
    union {
        struct fg_number_range range;
        struct fg_ip_range network;
    };
    uint32_t customer; // index
    struct fg_text_place place;
};
// Of one sort of thing. Zeroed is empty.
struct fg_written_list {
    struct fg_written *items;
    uint32_t n, room;
};

// Notes that the customer with this index has range or network, written at node. FG_ENOMEM.
FG_MUST_CHECK int fg_written_add_range(struct fg_written_list *list, uint32_t customer,
                                       const struct fg_number_range *range,
                                       const struct fg_yaml_node *node);
FG_MUST_CHECK int fg_written_add_network(struct fg_written_list *list, uint32_t customer,
                                         const struct fg_ip_range *network,
                                         const struct fg_yaml_node *node);
void fg_written_fini(struct fg_written_list *list);
