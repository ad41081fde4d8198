// SPDX-License-Identifier: GPL-2.0-or-later
#include "raw_udp.h"

#include <string.h>

#define IP_HEADER  20u
#define UDP_HEADER 8u
#define TTL        64

/* RFC 1071: sums of 16-bit words in any byte order, so four bytes at a time do. */
static uint64_t add_bytes(uint64_t sum, const uint8_t *bytes, size_t length)
{
    uint8_t rest[4] = {0};
    uint32_t word;

    for (; length >= sizeof(word); length -= sizeof(word), bytes += sizeof(word)) {
        memcpy(&word, bytes, sizeof(word));
        sum += word;
    }
    memcpy(rest, bytes, length);
    memcpy(&word, rest, sizeof(word));
    return sum + word;
}

static uint16_t fold(uint64_t sum)
{
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

void edge_raw_udp_write(const struct sockaddr_in *from, const struct sockaddr_in *to, uint8_t tos,
                        const uint8_t *payload, size_t length, uint8_t header[EDGE_RAW_UDP_HEADER])
{
    const uint16_t udp_length = htons((uint16_t)(UDP_HEADER + length));
    const uint16_t ip_length = htons((uint16_t)(IP_HEADER + UDP_HEADER + length));
    const uint8_t pseudo[4] = {0, IPPROTO_UDP};
    uint8_t *udp = header + IP_HEADER;
    uint16_t checksum;
    uint64_t sum;

    memset(header, 0, EDGE_RAW_UDP_HEADER);
    header[0] = 0x45;
    header[1] = tos;
    memcpy(header + 2, &ip_length, 2);
    header[8] = TTL;
    header[9] = IPPROTO_UDP;
    memcpy(header + 12, &from->sin_addr, 4);
    memcpy(header + 16, &to->sin_addr, 4);
    memcpy(udp, &from->sin_port, 2);
    memcpy(udp + 2, &to->sin_port, 2);
    memcpy(udp + 4, &udp_length, 2);
    /* RFC 768: the addresses, protocol and length count, too. */
    sum = add_bytes(0, pseudo, sizeof(pseudo));
    sum = add_bytes(sum, header + 12, 8);
    sum = add_bytes(sum, udp + 4, 2);
    sum = add_bytes(sum, udp, UDP_HEADER);
    checksum = fold(add_bytes(sum, payload, length));
    if (checksum == 0)
        checksum = 0xffff;
    memcpy(udp + 6, &checksum, 2);
}
