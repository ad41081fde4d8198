// SPDX-License-Identifier: GPL-2.0-or-later
#include "ip.h"

#include "parse_error.h"

#include <arpa/inet.h>

int edge_ip_parse(struct edge_view text, struct edge_ip *out)
{
    char buf[EDGE_IP_TEXT_MAX];
    struct edge_ip ip = {0};

    if (text.len == 0 || text.len >= sizeof(buf) || memchr(text.ptr, '\0', text.len))
        return EDGE_ESYNTAX;
    memcpy(buf, text.ptr, text.len);
    buf[text.len] = '\0';

    if (inet_pton(AF_INET, buf, ip.bytes) == 1)
        ip.family = EDGE_IP4;
    else if (inet_pton(AF_INET6, buf, ip.bytes) == 1)
        ip.family = EDGE_IP6;
    else
        return EDGE_ESYNTAX;
    *out = ip;
    return 0;
}

size_t edge_ip_format(const struct edge_ip *ip, char buf[EDGE_IP_TEXT_MAX])
{
    buf[0] = '\0';
    if (ip->family == EDGE_IP_NONE)
        return 0;
    if (!inet_ntop(ip->family == EDGE_IP4 ? AF_INET : AF_INET6, ip->bytes, buf, EDGE_IP_TEXT_MAX))
        return 0;
    return strlen(buf);
}

static size_t address_bytes(const struct edge_ip *ip)
{
    return ip->family == EDGE_IP4 ? 4 : 16;
}

bool edge_ip_is_null(const struct edge_ip *ip)
{
    static const uint8_t zero[16];

    return ip->family != EDGE_IP_NONE && memcmp(ip->bytes, zero, address_bytes(ip)) == 0;
}

bool edge_ip_is_equal(const struct edge_ip *a, const struct edge_ip *b)
{
    if (a->family != b->family)
        return false;
    return a->family == EDGE_IP_NONE || memcmp(a->bytes, b->bytes, address_bytes(a)) == 0;
}
