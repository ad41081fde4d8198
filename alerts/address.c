// SPDX-License-Identifier: GPL-2.0-or-later
#include "address.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define URL_MAX_BYTES 2000

// Everything of IPv4 that is not globally reachable unicast.
static const char *const internal_v4[] = {
    "0.0.0.0/8",      "10.0.0.0/8",     "100.64.0.0/10",   "127.0.0.0/8",     "169.254.0.0/16",
    "172.16.0.0/12",  "192.0.0.0/24",   "192.0.2.0/24",    "192.31.196.0/24", "192.52.193.0/24",
    "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",   "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4"};
// IPv6 is refused outside 2000::/3, and these inside it.
static const char public_v6[] = "2000::/3";
static const char *const internal_v6[] = {"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
                                          "2620:4f:8000::/48"};

bool fga_address_range_parse(struct fg_view text, struct fg_ip_range *out)
{
    const char *slash = text.len > 0 ? memchr(text.ptr, '/', text.len) : NULL;
    struct fg_view address = text;
    struct fg_ip_range range;
    uint32_t bits = 0;
    if (slash != NULL)
        address.len = (size_t)(slash - text.ptr);
    if (!fg_ip_parse(address, &range.base))
        return false;
    const bool v6 = memchr(address.ptr, ':', address.len) != NULL;
    const uint32_t width = v6 ? 128 : 32;
    if (slash == NULL) {
        bits = width;
    } else {
        const size_t digits = text.len - address.len - 1;
        if (digits == 0 || digits > 3)
            return false;
        for (size_t i = 0; i < digits; i++) {
            const char c = slash[1 + i];
            if (c < '0' || c > '9')
                return false;
            bits = bits * 10 + (uint32_t)(c - '0');
        }
        if (bits > width)
            return false;
    }
    range.bits = (uint8_t)(bits + (v6 ? 0 : 96));
    *out = range;
    return true;
}

static bool is_in(const struct fg_ip *ip, const char *range_text)
{
    struct fg_ip_range range;
    return fga_address_range_parse(fg_view_of(range_text), &range) && fg_ip_in_range(ip, &range);
}

static bool is_global(const struct fg_ip *ip)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (memcmp(ip->bytes, mapped, sizeof(mapped)) == 0) {
        for (size_t i = 0; i < sizeof(internal_v4) / sizeof(*internal_v4); i++) {
            if (is_in(ip, internal_v4[i]))
                return false;
        }
        return true;
    }
    if (!is_in(ip, public_v6))
        return false;
    for (size_t i = 0; i < sizeof(internal_v6) / sizeof(*internal_v6); i++) {
        if (is_in(ip, internal_v6[i]))
            return false;
    }
    return true;
}

bool fga_address_is_permitted(const struct fg_ip *ip, const struct fg_ip_range *allowed,
                              uint32_t n_allowed)
{
    for (uint32_t i = 0; i < n_allowed; i++) {
        if (fg_ip_in_range(ip, &allowed[i]))
            return true;
    }
    return is_global(ip);
}

bool fga_address_permits_socket(const struct sockaddr *address, const struct fg_ip_range *allowed,
                                uint32_t n_allowed)
{
    struct fg_ip ip = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}};
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof(v4));
        memcpy(ip.bytes + 12, &v4.sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof(v6));
        memcpy(ip.bytes, &v6.sin6_addr, 16);
    } else {
        return false;
    }
    return fga_address_is_permitted(&ip, allowed, n_allowed);
}

bool fga_address_url_valid(struct fg_view text)
{
    static const char scheme[] = "https://";
    const size_t scheme_len = sizeof(scheme) - 1;
    if (text.len <= scheme_len || text.len > URL_MAX_BYTES ||
        memcmp(text.ptr, scheme, scheme_len) != 0)
        return false;
    size_t host_len = 0;
    bool in_host = true;
    for (size_t i = scheme_len; i < text.len; i++) {
        const char c = text.ptr[i];
        if (c <= ' ' || c > '~' || c == '"' || c == '<' || c == '>' || c == '\\')
            return false;
        in_host = in_host && c != '/' && c != '?' && c != '#';
        if (in_host && c == '@')
            return false;
        host_len += in_host ? 1 : 0;
    }
    return host_len > 0;
}
