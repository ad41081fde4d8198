// SPDX-License-Identifier: GPL-2.0-or-later
#include "leg_sockets.h"

#include "leg_dtls.h"

struct edge_io_port edge_flow_port(const struct edge_flow *flow)
{
    return (struct edge_io_port){.fd = flow->fd,
                                 .number = (uint16_t)(flow->media->port + flow->component),
                                 .tos = flow->media->tos,
                                 .interface = flow->media->leg->interface};
}

/* Takes over an open pair, and tells the worker's io of it. */
static int use_sockets(struct edge_control *control, struct edge_media *media, uint8_t tos,
                       const struct edge_media_sockets *sockets)
{
    media->port = sockets->rtp_port;
    media->tos = tos;
    media->flow[EDGE_RTP].fd = sockets->rtp_fd;
    media->flow[EDGE_RTCP].fd = sockets->rtcp_fd;
    for (int c = EDGE_RTP; c < EDGE_COMPONENTS; c++) {
        const struct edge_io_port port = edge_flow_port(&media->flow[c]);
        int err = control->io_ops->add(control->io, &port, &media->flow[c]);

        if (err != 0) {
            edge_media_close_sockets(control, media);
            return err;
        }
    }
    return 0;
}

int edge_media_open_sockets(struct edge_control *control, struct edge_media *media, uint8_t tos)
{
    struct edge_interface *interface = control->node->interfaces[media->leg->interface];
    struct edge_media_sockets sockets;
    int err;

    if (media->port != 0)
        return 0;
    err = edge_interface_open_pair(interface, tos, control->now_ns, &sockets);
    return err != 0 ? err : use_sockets(control, media, tos, &sockets);
}

int edge_media_open_sockets_at(struct edge_control *control, struct edge_media *media, uint8_t tos,
                               uint16_t port)
{
    struct edge_interface *interface = control->node->interfaces[media->leg->interface];
    struct edge_media_sockets sockets;
    int err = edge_interface_open_pair_at(interface, tos, port, control->now_ns, &sockets);

    return err != 0 ? err : use_sockets(control, media, tos, &sockets);
}

void edge_media_close_sockets(struct edge_control *control, struct edge_media *media)
{
    struct edge_interface *interface = control->node->interfaces[media->leg->interface];
    struct edge_media_sockets sockets = {media->flow[EDGE_RTP].fd, media->flow[EDGE_RTCP].fd,
                                         media->port};

    if (media->port == 0)
        return;
    edge_leg_dtls_close(media->dtls);
    for (int c = EDGE_RTP; c < EDGE_COMPONENTS; c++) {
        const struct edge_io_port port = edge_flow_port(&media->flow[c]);

        control->io_ops->remove(control->io, &port, &media->flow[c]);
        media->flow[c].fd = -1;
    }
    edge_interface_close_pair(interface, &sockets, control->now_ns);
    media->port = 0;
    media->is_active = false;
}

void edge_flow_send(void *context, const struct edge_flow *flow, const union edge_address *to,
                    const uint8_t *bytes, size_t length)
{
    struct edge_control *control = context;
    struct edge_datagram datagram = {.length = length, .address = *to};
    struct edge_datagram *one = &datagram;

    if (flow->fd < 0)
        return;
    datagram.bytes = (uint8_t *)(uintptr_t)bytes; /* only read when sending */
    datagram.from = edge_flow_port(flow);
    control->io_ops->send(control->io, &one, 1);
}

void edge_leg_close_sockets(struct edge_control *control, struct edge_leg *leg)
{
    for (unsigned i = 0; i < leg->n_media; i++)
        edge_media_close_sockets(control, leg->media[i]);
}

static bool has_family(const struct edge_interface_config *config, enum edge_ip_family family)
{
    return family == EDGE_IP_NONE || config->advertised.family == family;
}

unsigned edge_interface_choose(const struct edge_node *node, struct edge_view name,
                               enum edge_ip_family family)
{
    for (int pass = name.len > 0 ? 0 : 1; pass < 2; pass++) {
        for (unsigned i = 0; i < node->n_interfaces; i++) {
            const struct edge_interface_config *config =
                edge_interface_get_config(node->interfaces[i]);

            if (has_family(config, family) &&
                (pass == 1 || edge_view_is_equal(edge_view_of(config->name), name)))
                return i;
        }
    }
    return 0;
}
