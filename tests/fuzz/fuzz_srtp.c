// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bytes as SRTP and SRTCP packets, given to our implementation and to libsrtp2: the same decisions,
 * the same bytes. The input is a suite, then records: flags, length (two bytes), packet. Flags:
 * 1 SRTCP, 2 encrypt the packet first (with contexts of the same key), 4 and flip a bit of that.
 */
#include "packet.h"
#include "srtp_backend.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY 2048
#define INPUT    1700

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct edge_srtp_ops *const both[2] = {&edge_srtp_native, &edge_srtp_libsrtp};

struct buffer {
    _Alignas(16) uint8_t bytes[CAPACITY];
    size_t length;
};

static void must_be(bool is_true)
{
    if (!is_true)
        abort();
}

static void must_match(const struct buffer pair[2], const enum edge_srtp_status status[2])
{
    must_be(status[0] == status[1]);
    if (status[0] != EDGE_SRTP_OK)
        return;
    must_be(pair[0].length == pair[1].length);
    must_be(memcmp(pair[0].bytes, pair[1].bytes, pair[0].length) == 0);
}

static void feed(struct edge_srtp *const contexts[4], uint8_t flags, const uint8_t *bytes,
                 size_t length)
{
    static struct buffer pair[2];
    enum edge_srtp_status status[2] = {EDGE_SRTP_OK, EDGE_SRTP_OK};
    bool is_rtcp = flags & 1u;

    for (int i = 0; i < 2; i++) {
        memcpy(pair[i].bytes, bytes, length);
        pair[i].length = length;
    }
    if (flags & 2u) {
        /* What does not come from the relay's own check is not encrypted. */
        if (!is_rtcp && !edge_packet_rtp_is_valid(bytes, length))
            return;
        for (int i = 0; i < 2; i++)
            status[i] =
                edge_srtp_protect(contexts[i], is_rtcp, pair[i].bytes, &pair[i].length, CAPACITY);
        must_match(pair, status);
        if (status[0] == EDGE_SRTP_OK && (flags & 4u)) {
            pair[0].bytes[flags >> 3] ^= 1;
            pair[1].bytes[flags >> 3] ^= 1;
        }
    }
    for (int i = 0; i < 2; i++)
        status[i] = edge_srtp_unprotect(contexts[2 + i], is_rtcp, pair[i].bytes, &pair[i].length);
    must_match(pair, status);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_open;
    struct edge_sdes_line line = {0};
    const struct edge_srtp_suite_info *info;
    struct edge_srtp *contexts[4]; /* two senders, two receivers */

    if (size == 0)
        return 0;
    must_be(is_open || (edge_srtp_library_open() == 0 && edge_srtp_libsrtp.start() == 0));
    is_open = true;
    line.suite = (enum edge_srtp_suite)(1 + data[0] % (EDGE_SUITE_USABLE_END - 1));
    info = edge_srtp_suite_info(line.suite);
    line.key_len = (uint8_t)(info->key_bytes + info->salt_bytes);
    for (int i = 0; i < 4; i++)
        must_be(both[i & 1]->open(&line, i < 2 ? EDGE_SRTP_SEND : EDGE_SRTP_RECEIVE,
                                  &contexts[i]) == 0);
    data++;
    size--;
    while (size >= 3) {
        size_t length = (size_t)data[1] << 8 | data[2];
        uint8_t flags = data[0];

        data += 3;
        size -= 3;
        if (length > size)
            length = size;
        if (length > INPUT)
            length = INPUT;
        feed(contexts, flags, data, length);
        data += length;
        size -= length;
    }
    for (int i = 0; i < 4; i++)
        edge_srtp_close(contexts[i]);
    return 0;
}
