// SPDX-License-Identifier: GPL-2.0-or-later
// Source networks of different customers that overlap.
#pragma once

#include "customer_written.h"

// Warns at the network that comes later in doc where two customers' are equal or one holds the
// other. Each is reported once at most. Sorts: n log n. customers are those that the indexes point
// into.
void fg_sources_check(struct fg_written_list *sources, const struct fg_customer *customers,
                      const struct fg_yaml_doc *doc, struct fg_diags *diags);
