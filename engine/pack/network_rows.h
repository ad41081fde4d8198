// SPDX-License-Identifier: GPL-2.0-or-later
// Networks as they are read, before their table is built.
#pragma once

#include "fg/network.h"

struct fg_network_rows {
    struct fg_network *items; // malloc'd
    uint32_t n, room;
    int64_t built_ms; // as in struct fg_networks
};

// An empty row at the end, or NULL where there is no memory.
struct fg_network *fg_network_rows_add(struct fg_network_rows *rows);
void fg_network_rows_fini(struct fg_network_rows *rows);
