// SPDX-License-Identifier: GPL-2.0-or-later
// Ranges of numbers as they were written, to find those of different customers that overlap.
#pragma once

#include "fg/customer.h"
#include "yaml.h"

struct fg_written_range;
struct fg_written_ranges {
    struct fg_written_range *items;
    uint32_t n, room;
};

// Notes that the customer with this index has range, written at node. FG_ENOMEM.
FG_MUST_CHECK int fg_written_ranges_add(struct fg_written_ranges *ranges, uint32_t customer,
                                        const struct fg_number_range *range,
                                        const struct fg_yaml_node *node);

// Reports overlaps at the range that comes later in doc. Each range is reported once at most, and
// equal ranges are not. Sorts: n log n. customers are those that the indexes point into.
void fg_written_ranges_check(struct fg_written_ranges *ranges, const struct fg_customer *customers,
                             const struct fg_yaml_doc *doc, struct fg_diags *diags);
void fg_written_ranges_fini(struct fg_written_ranges *ranges);
