// SPDX-License-Identifier: GPL-2.0-or-later
// Where addresses are: a table from networks to country and autonomous system. Immutable once
// built; look-ups are safe from any process and thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/country.h"
#include "fg/customer.h"
#include "fg/err.h"
#include "fg/heap.h"

// What is known of one network.
struct fg_network {
    struct fg_ip_range range; // IPv4 as ::ffff:a.b.c.d, so a /24 has 120 bits
    fg_country country;       // FG_COUNTRY_NONE: not known
    uint32_t asn;             // number of the autonomous system (RFC 6793); 0: not known
    uint32_t line;            // where it was written, for people
};

struct fg_networks {
    const struct fg_network_span *spans; // disjoint, rising
    uint32_t n;
    int64_t built_ms; // when what it was built from was made [Unix ms]; 0: not known
};

// Builds the table from n networks, which may lie within one another: the longest prefix wins.
// networks is sorted in place; *again, where two are the same, is the later one. FG_EDUPLICATE,
// FG_EINVAL for more than 128 bits or bits set behind them, FG_ENOMEM; *out is written only on
// success and lives in arena.
FG_MUST_CHECK int fg_networks_build(struct fg_network *networks, uint32_t n, struct fg_arena *arena,
                                    const struct fg_network **again, struct fg_networks *out);

// One table of two: what first says, and where it knows no country or no number, what second does.
// built_ms is the older one's, as far as known. FG_ENOMEM; *out lives in arena.
FG_MUST_CHECK int fg_networks_overlay(const struct fg_networks *first,
                                      const struct fg_networks *second, struct fg_arena *arena,
                                      struct fg_networks *out);

// The network that holds ip: its country and number. False when none does; networks may be NULL.
bool fg_networks_find(const struct fg_networks *networks, const struct fg_ip *ip,
                      fg_country *country, uint32_t *asn);
