// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "control.h"

/** Opens and closes the sockets of media streams, tells the worker's io about them, and sends. */

/** The port of a flow whose socket is open, as the io wants it. */
struct edge_io_port edge_flow_port(const struct edge_flow *flow);

/** Opens the stream's pair on its leg's interface unless it is open. 0 or a negative errno value
 * (-ENOSPC: no free ports). */
int edge_media_open_sockets(struct edge_control *control, struct edge_media *media, uint8_t tos);

/** The same on the RTP port that the stream had before. As edge_interface_open_pair_at. */
int edge_media_open_sockets_at(struct edge_control *control, struct edge_media *media, uint8_t tos,
                               uint16_t port);

/** Closes them; no-op when closed. */
void edge_media_close_sockets(struct edge_control *control, struct edge_media *media);

/** Sends one datagram by the port of `flow`; `context` is the struct edge_control. */
void edge_flow_send(void *context, const struct edge_flow *flow, const union edge_address *to,
                    const uint8_t *bytes, size_t length);

void edge_leg_close_sockets(struct edge_control *control, struct edge_leg *leg);

/**
 * The interface for a leg: by name where `name` is given and known, of the address family where one
 * is asked for (EDGE_IP_NONE: any). Falls back to the first of that family, then to the first.
 */
unsigned edge_interface_choose(const struct edge_node *node, struct edge_view name,
                               enum edge_ip_family family);
