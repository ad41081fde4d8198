// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "address.h"

/**
 * A socket lookup program (BPF_PROG_TYPE_SK_LOOKUP) for each address, which hands what arrives on
 * the media ports of a worker to one socket of that worker, so that a single call reads what came
 * for hundreds of calls. The ports' own sockets stay bound: nobody else gets the numbers, and where
 * this program passes (a port that is not entered, the process gone) the kernel goes on as usual.
 *
 * Needs CAP_BPF and CAP_NET_ADMIN when made, and nothing later. The program also counts: under
 * pressure a worker sets how many datagrams a port may bring in a window of 17 ms, and what a
 * flooded port brings beyond is dropped before it takes anybody's room.
 */

struct edge_fan_in;

#define EDGE_FAN_IN_TEXT 160

struct edge_fan_in_range {
    uint16_t port_min;
    uint16_t port_max;
    unsigned n_workers;
};

/**
 * `locals`: the addresses of the node's interfaces, in their order; one may come several times. 0
 * and `*out`; a negative errno value, with what was being done in `failed`.
 */
int edge_fan_in_new(const union edge_address *locals, unsigned n_locals,
                    const struct edge_fan_in_range *range, struct edge_fan_in **out,
                    char failed[EDGE_FAN_IN_TEXT]);

/** NULL is fine. No worker may be running. */
void edge_fan_in_free(struct edge_fan_in *fan_in);

/** The addresses, each once, and the one of an interface. */
unsigned edge_fan_in_groups(const struct edge_fan_in *fan_in);
unsigned edge_fan_in_group_of(const struct edge_fan_in *fan_in, unsigned interface);
const union edge_address *edge_fan_in_address(const struct edge_fan_in *fan_in, unsigned group);

/** The range, for tables of ports. */
struct edge_fan_in_range edge_fan_in_range(const struct edge_fan_in *fan_in);

/** The worker's socket of that address. It stays the fan-in's. */
int edge_fan_in_socket(const struct edge_fan_in *fan_in, unsigned group, unsigned worker);

/** A raw IPv4 socket for what the worker sends; -1 where CAP_NET_RAW is missing. The fan-in's. */
int edge_fan_in_raw(const struct edge_fan_in *fan_in, unsigned worker);

/** The port's datagrams go to `worker` from here on, or (clear) where its own socket is. The port
 * must be the caller's by bind(). No system call; any thread. */
void edge_fan_in_enter(struct edge_fan_in *fan_in, unsigned group, uint16_t port, unsigned worker);
void edge_fan_in_clear(struct edge_fan_in *fan_in, unsigned group, uint16_t port);

/** Datagrams that each port of the worker may bring in a window; UINT32_MAX: any number. */
void edge_fan_in_limit(struct edge_fan_in *fan_in, unsigned worker, uint32_t per_window);

/** Datagrams of the worker's ports dropped by that limit since the start (modulo 2^32). */
uint32_t edge_fan_in_shed(const struct edge_fan_in *fan_in, unsigned worker);
