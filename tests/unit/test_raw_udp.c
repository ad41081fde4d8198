// SPDX-License-Identifier: GPL-2.0-or-later
/* IPv4 and UDP headers written by hand, against sums worked out by hand and the kernel's reading.
 */
#include "raw_udp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct sockaddr_in place(const char *text, uint16_t port)
{
    union edge_address address;

    assert_int_equal(edge_address_parse(text, strlen(text), port, &address), 0);
    return address.v4;
}

/* RFC 1071 over big-endian words, as the receiver does it: 0xffff when the checksum is right. */
static unsigned add_up(const uint8_t *bytes, size_t n, unsigned sum)
{
    for (size_t i = 0; i < n; i++)
        sum += (unsigned)bytes[i] << (i % 2 == 0 ? 8 : 0);
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static void test_a_known_datagram(void **state)
{
    struct sockaddr_in from = place("192.0.2.1", 30000);
    struct sockaddr_in to = place("198.51.100.7", 4000);
    static const uint8_t expected[EDGE_RAW_UDP_HEADER] = {
        0x45,
        184,
        0,
        31,
        0,
        0,
        0,
        0,
        64,
        17,
        0,
        0,
        192,
        0,
        2,
        1,
        198,
        51,
        100,
        7,
        /* sum of 2ed8 words: c000 0201 c633 6407 0011 000b 7530 0fa0 000b 6162 6300 */
        0x75,
        0x30,
        0x0f,
        0xa0,
        0,
        11,
        0xca,
        0x68,
    };
    uint8_t header[EDGE_RAW_UDP_HEADER];

    (void)state;
    edge_raw_udp_write(&from, &to, 184, (const uint8_t *)"abc", 3, header);
    assert_memory_equal(header, expected, sizeof(expected));
}

static void test_every_length_sums_up(void **state)
{
    struct sockaddr_in from = place("10.255.3.4", 65535);
    struct sockaddr_in to = place("203.0.113.255", 1);
    uint8_t payload[EDGE_RAW_UDP_PAYLOAD_MAX];
    uint8_t header[EDGE_RAW_UDP_HEADER];

    (void)state;
    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (uint8_t)(i * 7 + 200);
    for (size_t n = 0; n <= sizeof(payload); n++) {
        const uint8_t pseudo[] = {0, 17, (uint8_t)((n + 8) >> 8), (uint8_t)(n + 8)};
        unsigned sum;

        edge_raw_udp_write(&from, &to, 0, payload, n, header);
        sum = add_up(header + 12, 16, add_up(pseudo, sizeof(pseudo), 0));
        assert_int_equal(add_up(payload, n, sum), 0xffff);
        assert_int_equal(header[2] << 8 | header[3], 28 + n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_known_datagram),
        cmocka_unit_test(test_every_length_sums_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
