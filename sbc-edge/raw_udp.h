// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "address.h"

/**
 * IPv4 and UDP headers for a raw socket: so datagrams of many local ports leave by one call. Pure.
 */

#define EDGE_RAW_UDP_HEADER 28

/** Longer ones might need fragments, which a raw socket does not make. */
#define EDGE_RAW_UDP_PAYLOAD_MAX 1200

/** From and to IPv4 addresses that are usable; `length` up to EDGE_RAW_UDP_PAYLOAD_MAX. The kernel
 * fills in identification and checksum of the IPv4 header. */
void edge_raw_udp_write(const struct sockaddr_in *from, const struct sockaddr_in *to, uint8_t tos,
                        const uint8_t *payload, size_t length, uint8_t header[EDGE_RAW_UDP_HEADER]);
