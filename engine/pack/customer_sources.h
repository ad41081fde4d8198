// SPDX-License-Identifier: GPL-2.0-or-later
// Source networks as they were written, to find those of different customers that overlap.
#pragma once

#include "fg/customer.h"
#include "yaml.h"

struct fg_written_source;
struct fg_written_sources {
    struct fg_written_source *items;
    uint32_t n, room;
};

// Notes that the customer with this index has network, written at node. FG_ENOMEM.
FG_MUST_CHECK int fg_written_sources_add(struct fg_written_sources *sources, uint32_t customer,
                                         const struct fg_ip_range *network,
                                         const struct fg_yaml_node *node);

// Warns at the network that comes later in doc where two customers' are equal or one holds the
// other. Each is reported once at most. Sorts: n log n. customers are those that the indexes point
// into.
void fg_written_sources_check(struct fg_written_sources *sources,
                              const struct fg_customer *customers, const struct fg_yaml_doc *doc,
                              struct fg_diags *diags);
void fg_written_sources_fini(struct fg_written_sources *sources);
