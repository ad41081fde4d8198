// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/customer.h"

#include "customer_index.h"

#include <stdio.h>
#include <string.h>

#define IPV4_OFFSET 12 // of the address in ::ffff:a.b.c.d
#define IPV6_GROUPS 8

// Four decimal octets without leading zeros.
static bool parse_ipv4(struct fg_view text, uint8_t out[4])
{
    size_t at = 0;
    for (int octet = 0; octet < 4; octet++) {
        if (octet > 0 && (at == text.len || text.ptr[at++] != '.')) {
            return false;
        }
        size_t start = at;
        unsigned value = 0;
        while (at < text.len && at - start < 3 && text.ptr[at] >= '0' && text.ptr[at] <= '9') {
            value = value * 10 + (unsigned)(text.ptr[at++] - '0');
        }
        bool leading_zero = at - start > 1 && text.ptr[start] == '0';
        if (at == start || value > 255 || leading_zero) {
            return false;
        }
        out[octet] = (uint8_t)value;
    }
    return at == text.len;
}

struct ipv6 {
    uint16_t groups[IPV6_GROUPS];
    int n;
    int gap; // where "::" stands, -1 none
};

// One group, or the IPv4 tail, at *at. False when it is neither.
static bool parse_group(struct fg_view text, size_t *at, struct ipv6 *out)
{
    size_t start = *at;
    unsigned value = 0;
    while (*at < text.len && *at - start < 4 && fg_hex_digit(text.ptr[*at]) >= 0) {
        value = value * 16 + (unsigned)fg_hex_digit(text.ptr[(*at)++]);
    }
    if (*at < text.len && text.ptr[*at] == '.') {
        uint8_t tail[4];
        struct fg_view rest = {.ptr = text.ptr + start, .len = text.len - start};
        if (out->n > IPV6_GROUPS - 2 || !parse_ipv4(rest, tail)) {
            return false;
        }
        out->groups[out->n++] = (uint16_t)(tail[0] << 8 | tail[1]);
        out->groups[out->n++] = (uint16_t)(tail[2] << 8 | tail[3]);
        *at = text.len;
        return true;
    }
    if (*at == start || out->n == IPV6_GROUPS) {
        return false;
    }
    out->groups[out->n++] = (uint16_t)value;
    return true;
}

static bool parse_groups(struct fg_view text, struct ipv6 *out)
{
    size_t at = 0;
    if (text.len >= 2 && text.ptr[0] == ':' && text.ptr[1] == ':') {
        out->gap = 0;
        at = 2;
    }
    while (at < text.len) {
        if (!parse_group(text, &at, out)) {
            return false;
        }
        if (at == text.len) {
            break;
        }
        if (text.ptr[at++] != ':' || at == text.len) {
            return false;
        }
        if (text.ptr[at] == ':') {
            if (out->gap >= 0) {
                return false;
            }
            out->gap = out->n;
            at++;
        }
    }
    return out->gap >= 0 ? out->n < IPV6_GROUPS : out->n == IPV6_GROUPS;
}

bool fg_ip_parse(struct fg_view text, struct fg_ip *out)
{
    struct fg_ip ip = {.bytes = {0}};
    if (parse_ipv4(text, ip.bytes + IPV4_OFFSET)) {
        ip.bytes[10] = ip.bytes[11] = 0xff;
        *out = ip;
        return true;
    }
    if (text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']') {
        text.ptr++;
        text.len -= 2;
    }
    struct ipv6 parsed = {.gap = -1};
    if (!parse_groups(text, &parsed)) {
        return false;
    }
    memset(ip.bytes, 0, sizeof(ip.bytes));
    for (int i = 0; i < parsed.n; i++) {
        bool after_gap = parsed.gap >= 0 && i >= parsed.gap;
        size_t group = (size_t)(after_gap ? IPV6_GROUPS - parsed.n + i : i);
        ip.bytes[2 * group] = (uint8_t)(parsed.groups[i] >> 8);
        ip.bytes[2 * group + 1] = (uint8_t)(parsed.groups[i] & 0xff);
    }
    *out = ip;
    return true;
}

void fg_ip_format(const struct fg_ip *ip, char out[FG_IP_TEXT_MAX])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    const uint8_t *b = ip->bytes;
    if (memcmp(b, mapped, sizeof(mapped)) == 0) {
        (void)snprintf(out, FG_IP_TEXT_MAX, "%d.%d.%d.%d", b[12], b[13], b[14], b[15]);
        return;
    }
    size_t used = 0;
    for (size_t i = 0; i < 8; i++) {
        const unsigned group = (unsigned)b[2 * i] << 8 | b[2 * i + 1];
        used += (size_t)snprintf(out + used, FG_IP_TEXT_MAX - used, i > 0 ? ":%x" : "%x", group);
    }
}

void fg_ip_range_clear_host(struct fg_ip_range *range)
{
    for (unsigned i = 0; i < sizeof(range->base.bytes); i++) {
        unsigned kept = range->bits > 8 * i ? range->bits - 8 * i : 0;
        if (kept < 8) {
            range->base.bytes[i] &= (uint8_t)(0xff00U >> kept);
        }
    }
}

bool fg_ip_in_range(const struct fg_ip *ip, const struct fg_ip_range *range)
{
    struct fg_ip_range of_ip = {.base = *ip, .bits = range->bits};
    struct fg_ip_range cleared = *range;
    fg_ip_range_clear_host(&of_ip);
    fg_ip_range_clear_host(&cleared);
    return range->bits <= 128 &&
           memcmp(of_ip.base.bytes, cleared.base.bytes, sizeof(cleared.base.bytes)) == 0;
}

uint32_t fg_source_hash(const struct fg_hash_key *key, const struct fg_ip_range *range)
{
    uint8_t bytes[sizeof(range->base.bytes) + 1];
    memcpy(bytes, range->base.bytes, sizeof(range->base.bytes));
    bytes[sizeof(range->base.bytes)] = range->bits;
    return (uint32_t)fg_hash64(key, bytes, sizeof(bytes));
}
