// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses and networks as people write them.
#pragma once

#include "fg/customer.h"

// "192.0.2.0/24", "2001:db8::1"; without a length the one address. False for anything else.
bool fg_address_parse(struct fg_view text, struct fg_ip_range *out);
// Whether bits are set behind the network's length: most often a slip.
bool fg_address_has_host_bits(const struct fg_ip_range *range);
// Whether range is wider than what one network of a registry is: /8, for IPv6 /19. Those that hold
// all of IPv4 mapped into IPv6 (RFC 4291 2.5.5.2) are.
bool fg_address_is_too_wide(const struct fg_ip_range *range);
