// SPDX-License-Identifier: GPL-2.0-or-later
// Which addresses a customer's webhook may lead to: public ones, so that nobody who may name a URL
// can reach the provider's own network through this daemon. Pure.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/customer.h"
#include "fg/view.h"

struct sockaddr;

// "192.0.2.0/24", "2001:db8::/32" or an address; false for anything else.
bool fga_address_range_parse(struct fg_view text, struct fg_ip_range *out);

// Whether ip is globally reachable unicast (IANA special-purpose registries, RFC 6890 and its
// updates), or in one of the n allowed ranges. Addresses that carry an IPv4 address inside
// (IPv4-mapped) count as it; translated and tunnelled ones (NAT64, 6to4, Teredo) are refused.
bool fga_address_is_permitted(const struct fg_ip *ip, const struct fg_ip_range *allowed,
                              uint32_t n_allowed);

// The same for a socket address that a connection is about to use; false for other families.
bool fga_address_permits_socket(const struct sockaddr *address, const struct fg_ip_range *allowed,
                                uint32_t n_allowed);

// Whether text can be a webhook's URL: https, a host, no user information, printable ASCII.
bool fga_address_url_valid(struct fg_view text);
