// SPDX-License-Identifier: GPL-2.0-or-later
#include "ports.h"

#include <errno.h>
#include <stdlib.h>

#define IN_USE UINT64_MAX

struct edge_ports {
    uint16_t first; /* even */
    size_t n_pairs;
    size_t used;
    size_t next;
    uint64_t rest_ns;
    uint64_t ready_ns[]; /* when the pair may go out again; IN_USE while it is out */
};

int edge_ports_new(uint16_t port_min, uint16_t port_max, uint64_t rest_ns, uint32_t start,
                   struct edge_ports **out)
{
    unsigned first = (unsigned)port_min + (port_min & 1u);
    struct edge_ports *ports;
    size_t n_pairs;

    if (port_min == 0 || first + 1u > port_max)
        return -EINVAL;
    n_pairs = (port_max - first + 1u) / 2u;
    ports = calloc(1, sizeof(*ports) + n_pairs * sizeof(ports->ready_ns[0]));
    if (!ports)
        return -ENOMEM;
    ports->first = (uint16_t)first;
    ports->n_pairs = n_pairs;
    ports->rest_ns = rest_ns;
    ports->next = start % n_pairs;
    *out = ports;
    return 0;
}

void edge_ports_free(struct edge_ports *ports)
{
    free(ports);
}

int edge_ports_take(struct edge_ports *ports, uint64_t now_ns, uint16_t *port)
{
    for (size_t tried = 0; tried < ports->n_pairs; tried++) {
        size_t i = ports->next;

        ports->next = (i + 1) % ports->n_pairs;
        if (ports->ready_ns[i] > now_ns)
            continue;
        ports->ready_ns[i] = IN_USE;
        ports->used++;
        *port = (uint16_t)(ports->first + 2 * i);
        return 0;
    }
    return -ENOSPC;
}

int edge_ports_claim(struct edge_ports *ports, uint16_t port)
{
    size_t i = (size_t)(port - ports->first) / 2;

    if (port < ports->first || (port - ports->first) % 2 != 0 || i >= ports->n_pairs)
        return -EINVAL;
    if (ports->ready_ns[i] == IN_USE)
        return -EBUSY;
    ports->ready_ns[i] = IN_USE;
    ports->used++;
    return 0;
}

void edge_ports_return(struct edge_ports *ports, uint16_t port, uint64_t now_ns)
{
    size_t i;

    if (port < ports->first)
        return;
    i = (size_t)(port - ports->first) / 2;
    if (i >= ports->n_pairs || ports->ready_ns[i] != IN_USE)
        return;
    ports->ready_ns[i] = now_ns + ports->rest_ns;
    ports->used--;
}

size_t edge_ports_total(const struct edge_ports *ports)
{
    return ports->n_pairs;
}

size_t edge_ports_used(const struct edge_ports *ports)
{
    return ports->used;
}
