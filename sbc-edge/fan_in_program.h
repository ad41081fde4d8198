// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "address.h"

/** The lookup program of fan_in.h as instructions, put together for one address. Pure. */

/** What the map of ports holds for each port of the range. */
struct edge_fan_in_port {
    uint32_t worker; /**< index + 1; 0: not ours */
    uint32_t window; /**< of the last datagram */
    uint32_t count;  /**< in that window */
    uint32_t reserved;
};

/** And, behind the ports, for each worker. */
struct edge_fan_in_share {
    uint32_t limit; /**< datagrams a port may bring in a window */
    uint32_t shed;
    uint32_t reserved[2];
};

/** The length of a window: this power of two nanoseconds. */
#define EDGE_FAN_IN_WINDOW_LOG2 24

#define EDGE_FAN_IN_PROGRAM_MAX 80

struct bpf_insn;

struct edge_fan_in_program {
    const union edge_address *local; /**< a wildcard address: any of the family */
    uint16_t port_min;
    uint32_t n_ports;
    int ports_fd;   /**< map: index of a port, and n_ports + worker */
    int sockets_fd; /**< map: worker to socket */
};

/** Writes at most EDGE_FAN_IN_PROGRAM_MAX instructions; returns how many. */
unsigned edge_fan_in_assemble(const struct edge_fan_in_program *program, struct bpf_insn *out);
