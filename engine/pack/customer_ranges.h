// SPDX-License-Identifier: GPL-2.0-or-later
// Ranges of numbers of different customers that overlap.
#pragma once

#include "customer_written.h"

// Reports overlaps at the range that comes later in doc. Each range is reported once at most, and
// equal ranges are not. Sorts: n log n. customers are those that the indexes point into.
void fg_ranges_check(struct fg_written_list *ranges, const struct fg_customer *customers,
                     const struct fg_yaml_doc *doc, struct fg_diags *diags);
