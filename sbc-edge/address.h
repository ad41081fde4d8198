// SPDX-License-Identifier: GPL-2.0-or-later
/* IPv4 and IPv6 transport addresses in the form the kernel wants them. Pure. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* family is AF_UNSPEC (0) where no address is known. */
union edge_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

#define EDGE_ADDRESS_TEXT 64

/*
 * Reads a numeric address (no names, no brackets) of length bytes and joins it with port
 * (0 to 65535). Returns 0, or -EINVAL. *out is written only on success.
 */
int edge_address_parse(const char *text, size_t length, uint16_t port, union edge_address *out);

/* Writes the address without its port; "-" where none is known. Returns text. */
const char *edge_address_format(const union edge_address *address, char text[EDGE_ADDRESS_TEXT]);

/* Port in host order; 0 where none is known. */
uint16_t edge_address_port(const union edge_address *address);

/* Sets the port (host order); no-op for an unknown address. */
void edge_address_set_port(union edge_address *address, uint16_t port);

/* Bytes of the address for the socket calls. */
socklen_t edge_address_length(const union edge_address *address);

/* True for a known address that is neither unspecified (0.0.0.0, ::) nor port 0. */
bool edge_address_is_usable(const union edge_address *address);

/* Same family and same IP address, whatever the port. */
bool edge_address_same_ip(const union edge_address *a, const union edge_address *b);

/* Same family, IP address and port. */
bool edge_address_equal(const union edge_address *a, const union edge_address *b);
