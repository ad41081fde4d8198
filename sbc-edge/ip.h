// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "view.h"

#include <stdint.h>

/** Longest text of an address with its NUL, as INET6_ADDRSTRLEN. */
#define EDGE_IP_TEXT_MAX 46

enum edge_ip_family {
    EDGE_IP_NONE = 0, /**< no address, or a host name */
    EDGE_IP4 = 4,
    EDGE_IP6 = 6,
};

/** An IP address without a port; `bytes` in network order, the first 4 for IPv4. */
struct edge_ip {
    enum edge_ip_family family;
    uint8_t bytes[16];
};

/**
 * Parses a literal IPv4 or IPv6 address (no brackets, zone or prefix length). Returns 0 and writes
 * `*out`; EDGE_ESYNTAX.
 */
int edge_ip_parse(struct edge_view text, struct edge_ip *out);

/** Writes the address with a NUL; returns its length in bytes, 0 for EDGE_IP_NONE. */
size_t edge_ip_format(const struct edge_ip *ip, char buf[EDGE_IP_TEXT_MAX]);

/** True for 0.0.0.0 and ::, which in SDP mean "on hold" (RFC 3264 8.4). */
bool edge_ip_is_null(const struct edge_ip *ip);

/** True when family and address are equal. */
bool edge_ip_is_equal(const struct edge_ip *a, const struct edge_ip *b);
