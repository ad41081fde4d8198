// SPDX-License-Identifier: GPL-2.0-or-later
#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

int edge_address_parse(const char *text, size_t length, uint16_t port, union edge_address *out)
{
    char copy[INET6_ADDRSTRLEN];
    union edge_address address;

    if (length == 0 || length >= sizeof(copy))
        return -EINVAL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    memset(&address, 0, sizeof(address));
    if (inet_pton(AF_INET, copy, &address.v4.sin_addr) == 1) {
        address.v4.sin_family = AF_INET;
        address.v4.sin_port = htons(port);
    } else if (inet_pton(AF_INET6, copy, &address.v6.sin6_addr) == 1) {
        address.v6.sin6_family = AF_INET6;
        address.v6.sin6_port = htons(port);
    } else {
        return -EINVAL;
    }
    *out = address;
    return 0;
}

const char *edge_address_format(const union edge_address *address, char text[EDGE_ADDRESS_TEXT])
{
    const void *ip = NULL;

    if (address->any.sa_family == AF_INET)
        ip = &address->v4.sin_addr;
    else if (address->any.sa_family == AF_INET6)
        ip = &address->v6.sin6_addr;
    if (!ip || !inet_ntop(address->any.sa_family, ip, text, EDGE_ADDRESS_TEXT))
        memcpy(text, "-", 2);
    return text;
}

uint16_t edge_address_port(const union edge_address *address)
{
    if (address->any.sa_family == AF_INET)
        return ntohs(address->v4.sin_port);
    if (address->any.sa_family == AF_INET6)
        return ntohs(address->v6.sin6_port);
    return 0;
}

void edge_address_set_port(union edge_address *address, uint16_t port)
{
    if (address->any.sa_family == AF_INET)
        address->v4.sin_port = htons(port);
    else if (address->any.sa_family == AF_INET6)
        address->v6.sin6_port = htons(port);
}

socklen_t edge_address_length(const union edge_address *address)
{
    return address->any.sa_family == AF_INET6 ? (socklen_t)sizeof(address->v6)
                                              : (socklen_t)sizeof(address->v4);
}

bool edge_address_is_usable(const union edge_address *address)
{
    if (edge_address_port(address) == 0)
        return false;
    if (address->any.sa_family == AF_INET)
        return address->v4.sin_addr.s_addr != htonl(INADDR_ANY);
    return !IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr);
}

bool edge_address_same_ip(const union edge_address *a, const union edge_address *b)
{
    if (a->any.sa_family != b->any.sa_family)
        return false;
    if (a->any.sa_family == AF_INET)
        return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
    if (a->any.sa_family == AF_INET6)
        return memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof(a->v6.sin6_addr)) == 0;
    return false;
}

bool edge_address_equal(const union edge_address *a, const union edge_address *b)
{
    return edge_address_same_ip(a, b) && edge_address_port(a) == edge_address_port(b);
}
