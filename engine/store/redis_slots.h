// SPDX-License-Identifier: GPL-2.0-or-later
// Which server of a Redis Cluster has which key ("Redis cluster specification": key distribution,
// MOVED and ASK redirection, CLUSTER SLOTS). Pure: no socket, no clock.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/err.h"
#include "fg/view.h"
#include "resp.h"

#define REDIS_SLOTS       16384
#define REDIS_MASTERS_MAX 64
#define REDIS_NO_NODE     UINT8_MAX
#define REDIS_HOST_SIZE   64 // an address

struct redis_node_name {
    char host[REDIS_HOST_SIZE];
    uint16_t port;
};
struct redis_slot_map {
    uint32_t n_nodes;
    struct redis_node_name nodes[REDIS_MASTERS_MAX];
    uint8_t node_of[REDIS_SLOTS]; // index into nodes; REDIS_NO_NODE: nobody has it
};

// CRC16 (XMODEM) of what stands between the first { and the next }, of the whole key where that is
// nothing; modulo REDIS_SLOTS.
uint16_t redis_slot_of(struct fg_view key);
// The slot of a command's first key; a channel counts as one. Commands without go to slot 0.
uint16_t redis_slot_of_command(const struct fg_view *args, size_t n_args);
// Reads the answer to CLUSTER SLOTS. asked_host: the host that answered, which servers that do not
// know their own address mean. FG_EPROTOCOL, FG_ELIMIT (too many masters); *out is then undefined.
FG_MUST_CHECK int redis_slots_read(const struct resp *reply, const char *asked_host,
                                   struct redis_slot_map *out);

struct redis_redirect {
    bool ask; // for this one command, after ASKING; else the slot has moved
    uint16_t slot;
    struct redis_node_name to;
};
// "MOVED 3999 127.0.0.1:6381", "ASK ...". FG_ENOTFOUND for other errors, FG_EPROTOCOL for one of
// these that cannot be read.
FG_MUST_CHECK int redis_redirect_read(struct fg_view error, const char *asked_host,
                                      struct redis_redirect *out);
