// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which media ports of one local address are free. Ports go out in pairs, RTP even and RTCP the
 * next odd one (RFC 3550 section 11). A freed pair rests before it goes out again, so that a late
 * packet of an old call cannot reach a new one. Pure and not thread-safe.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct edge_ports;

/*
 * Pairs within port_min to port_max (inclusive); rest_ns: how long a freed pair rests [ns];
 * start: random number that sets where the search begins. Returns 0, -EINVAL when the range holds
 * no pair, or -ENOMEM.
 */
int edge_ports_new(uint16_t port_min, uint16_t port_max, uint64_t rest_ns, uint32_t start,
                   struct edge_ports **out);

/* NULL is fine. */
void edge_ports_free(struct edge_ports *ports);

/* Writes the RTP port of a free pair to *port; -ENOSPC when all are in use or resting. */
int edge_ports_take(struct edge_ports *ports, uint64_t now_ns, uint16_t *port);

/*
 * Takes the pair of that RTP port, rested or not: for a call that had it before. 0; -EBUSY when it
 * is out; -EINVAL when it is not one of these.
 */
int edge_ports_claim(struct edge_ports *ports, uint16_t port);

/* Gives back a pair by its RTP port; it rests from now_ns on. Unknown ports are ignored. */
void edge_ports_return(struct edge_ports *ports, uint16_t port, uint64_t now_ns);

/* Pairs in all, and pairs given out and not returned. */
size_t edge_ports_total(const struct edge_ports *ports);
size_t edge_ports_used(const struct edge_ports *ports);
