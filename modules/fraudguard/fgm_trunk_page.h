// SPDX-License-Identifier: GPL-2.0-or-later
// What the trunk page shows of this node, as JSON. In the exporter's process only.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// The trunks of all customers whose id or name contain search (len bytes; 0: all), those with
// something wrong first, then those that were seen. problems: only the first. malloc'd JSON, NULL
// when out of memory.
char *fgm_trunk_page_list(const char *search, size_t len, bool problems);
// The trunk of a customer. malloc'd JSON; NULL with *known false when there is no such customer,
// else when out of memory.
char *fgm_trunk_page_one(const char *id, bool *known);
