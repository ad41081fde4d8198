// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What one packet costs in the relay's step (no sockets), for 1 and for many calls:
 *     bench_relay [CALLS [ROUNDS]]
 */
#include "relay_pair.h"

#include "clock.h"

#include <stdio.h>

#define BURST 16

struct line {
    const char *name;
    enum edge_srtp_suite suites[2];
};

struct load {
    struct relay_pair pair;
    struct edge_srtp *sender;
    uint16_t seq;
};

struct buffer {
    _Alignas(16) uint8_t bytes[EDGE_PACKET_CAPACITY];
    size_t length;
};

static void make_packet(struct load *load, struct buffer *buffer)
{
    uint8_t header[12] = {0x80, 8, (uint8_t)(load->seq >> 8), (uint8_t)load->seq, 0, 0, 0, 0, 1};

    load->seq++;
    memcpy(buffer->bytes, header, sizeof(header));
    memset(buffer->bytes + sizeof(header), 0x55, 160);
    buffer->length = sizeof(header) + 160;
    if (load->sender && edge_srtp_protect(load->sender, false, buffer->bytes, &buffer->length,
                                          EDGE_PACKET_CAPACITY) != 0)
        abort();
}

/* Time of a burst's steps [ns]; making the packets is not part of it. */
static uint64_t run_burst(struct load *load, uint64_t now_ns)
{
    static struct buffer buffers[BURST];
    uint64_t start_ns;

    for (unsigned i = 0; i < BURST; i++)
        make_packet(load, &buffers[i]);
    start_ns = edge_clock_now_ns();
    for (unsigned i = 0; i < BURST; i++) {
        struct edge_relay_packet packet = {buffers[i].bytes, buffers[i].length,
                                           &load->pair.place[0]};

        if (!edge_relay_step(&load->pair.media[0]->flow[EDGE_RTP], &packet, now_ns).out)
            abort();
    }
    return edge_clock_now_ns() - start_ns;
}

static void open_load(struct load *load, const struct line *line)
{
    struct edge_sdes_line key;

    relay_pair_init(&load->pair, line->suites);
    if (line->suites[0] == EDGE_SUITE_NONE)
        return;
    relay_pair_key(&key, line->suites[0], 1);
    if (edge_srtp_open(&key, EDGE_SRTP_SEND, &load->sender) != 0)
        abort();
}

static double measure(const struct line *line, unsigned n_calls, unsigned rounds)
{
    struct load *loads = calloc(n_calls, sizeof(*loads));
    uint64_t spent_ns = 0;

    if (!loads)
        abort();
    for (unsigned i = 0; i < n_calls; i++)
        open_load(&loads[i], line);
    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < n_calls; i++)
            spent_ns += run_burst(&loads[i], round + 1);
    }
    for (unsigned i = 0; i < n_calls; i++) {
        relay_pair_fini(&loads[i].pair);
        edge_srtp_close(loads[i].sender);
    }
    free(loads);
    return (double)spent_ns / ((double)rounds * n_calls * BURST);
}

int main(int argc, char **argv)
{
    static const struct line lines[] = {
        {"plain to plain", {EDGE_SUITE_NONE, EDGE_SUITE_NONE}},
        {"plain to CM_128_80", {EDGE_SUITE_NONE, EDGE_SUITE_AES_CM_128_HMAC_SHA1_80}},
        {"CM_128_80 to plain", {EDGE_SUITE_AES_CM_128_HMAC_SHA1_80, EDGE_SUITE_NONE}},
        {"CM_128_80 to CM_128_80",
         {EDGE_SUITE_AES_CM_128_HMAC_SHA1_80, EDGE_SUITE_AES_CM_128_HMAC_SHA1_80}},
        {"GCM_128 to GCM_128", {EDGE_SUITE_AEAD_AES_128_GCM, EDGE_SUITE_AEAD_AES_128_GCM}},
    };
    unsigned n_calls = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000;
    unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 20;

    if (n_calls == 0 || rounds == 0 || edge_srtp_library_open() != 0)
        return 1;
    printf("%-24s %12s %12s\n", "172-byte packets", "1 call", "many calls");
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        printf("%-24s %9.0f ns %9.0f ns\n", lines[i].name, measure(&lines[i], 1, rounds * n_calls),
               measure(&lines[i], n_calls, rounds));
    edge_srtp_library_close();
    return 0;
}
