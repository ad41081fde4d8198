// SPDX-License-Identifier: GPL-2.0-or-later
#include "dtls_hello.h"

#include <string.h>

#define HANDSHAKE_HEADER     12u
#define CLIENT_HELLO         1
#define HELLO_VERIFY_REQUEST 3
#define VERSION_MAJOR        254 /* of DTLS 1.0 (254, 255) and 1.2 (254, 253) */
#define VERSION_MINOR_10     255

static size_t read_u16(const uint8_t *bytes)
{
    return (size_t)bytes[0] << 8 | bytes[1];
}

static size_t read_u24(const uint8_t *bytes)
{
    return (size_t)bytes[0] << 16 | (size_t)bytes[1] << 8 | bytes[2];
}

bool edge_dtls_read_record(const uint8_t *bytes, size_t length, struct edge_dtls_record *out)
{
    if (length < EDGE_DTLS_RECORD_HEADER || bytes[1] != VERSION_MAJOR ||
        (bytes[2] != VERSION_MINOR_10 && bytes[2] != 253) ||
        read_u16(bytes + 11) > length - EDGE_DTLS_RECORD_HEADER)
        return false;
    out->content = bytes[0];
    out->epoch = (uint16_t)read_u16(bytes + 3);
    return true;
}

bool edge_dtls_read_hello(const uint8_t *bytes, size_t length, struct edge_dtls_hello *out)
{
    struct edge_dtls_record record;
    const uint8_t *body;
    size_t left;
    size_t session;

    if (!edge_dtls_read_record(bytes, length, &record) || record.content != EDGE_DTLS_HANDSHAKE ||
        record.epoch != 0)
        return false;
    left = read_u16(bytes + 11);
    body = bytes + EDGE_DTLS_RECORD_HEADER;
    if (left < HANDSHAKE_HEADER || body[0] != CLIENT_HELLO)
        return false;
    left -= HANDSHAKE_HEADER;
    /* In one piece: its length is the fragment's, which begins at 0. */
    if (read_u24(body + 1) != left || read_u24(body + 6) != 0 || read_u24(body + 9) != left)
        return false;
    body += HANDSHAKE_HEADER;
    if (left < 2 + EDGE_DTLS_RANDOM_BYTES + 1)
        return false;
    out->random = body + 2;
    session = body[2 + EDGE_DTLS_RANDOM_BYTES];
    body += 2 + EDGE_DTLS_RANDOM_BYTES + 1;
    left -= 2 + EDGE_DTLS_RANDOM_BYTES + 1;
    if (left < session + 1)
        return false;
    body += session;
    left -= session + 1;
    if (left < body[0])
        return false;
    out->cookie_length = body[0];
    out->cookie = body + 1;
    memcpy(out->sequence, bytes + 3, sizeof(out->sequence));
    return true;
}

void edge_dtls_write_verify(const struct edge_dtls_hello *hello,
                            const uint8_t cookie[EDGE_DTLS_COOKIE_BYTES],
                            uint8_t out[EDGE_DTLS_VERIFY_BYTES])
{
    static const uint8_t body_length = 3 + EDGE_DTLS_COOKIE_BYTES;

    memset(out, 0, EDGE_DTLS_VERIFY_BYTES);
    out[0] = EDGE_DTLS_HANDSHAKE;
    out[1] = VERSION_MAJOR;
    out[2] = VERSION_MINOR_10;
    /* RFC 6347 4.2.1: the number of the ClientHello's record. */
    memcpy(out + 3, hello->sequence, sizeof(hello->sequence));
    out[12] = HANDSHAKE_HEADER + body_length;
    out[13] = HELLO_VERIFY_REQUEST;
    out[16] = body_length;
    out[24] = body_length;
    out[25] = VERSION_MAJOR;
    out[26] = VERSION_MINOR_10;
    out[27] = EDGE_DTLS_COOKIE_BYTES;
    memcpy(out + 28, cookie, EDGE_DTLS_COOKIE_BYTES);
}
