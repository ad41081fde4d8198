// SPDX-License-Identifier: GPL-2.0-or-later
#include "interface.h"

#include "ports.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Ports in the range that somebody else holds are passed over, this many at a time. */
#define BIND_ATTEMPTS 64

/* The ports of one address, which interfaces of several names may share. */
struct pool {
    pthread_mutex_t lock;
    struct edge_ports *ports;
    unsigned n_users;
};

struct edge_interface {
    struct edge_interface_config config;
    struct pool *pool;
};

int edge_interface_config_parse(const char *text, struct edge_interface_config *out)
{
    const char *slash = strchr(text, '/');
    const char *address = slash ? slash + 1 : text;
    size_t length = strcspn(address, "!");
    struct edge_view advertised = {address, length};
    struct edge_interface_config config = {0};

    if (slash && (slash == text || slash - text > EDGE_INTERFACE_NAME_MAX))
        return -EINVAL;
    snprintf(config.name, sizeof(config.name), "%.*s", slash ? (int)(slash - text) : 7,
             slash ? text : "default");
    if (edge_address_parse(address, length, 0, &config.local) != 0)
        return -EINVAL;
    if (address[length] == '!')
        advertised = edge_view_of(address + length + 1);
    if (edge_ip_parse(advertised, &config.advertised) != 0)
        return -EINVAL;
    *out = config;
    return 0;
}

static int pool_new(const struct edge_port_range *range, struct pool **out)
{
    struct pool *pool = calloc(1, sizeof(*pool));
    int err;

    if (!pool)
        return -ENOMEM;
    err = edge_ports_new(range->port_min, range->port_max, range->rest_ns, range->start,
                         &pool->ports);
    if (err != 0) {
        free(pool);
        return err;
    }
    pthread_mutex_init(&pool->lock, NULL);
    *out = pool;
    return 0;
}

int edge_interface_new(const struct edge_interface_config *config,
                       const struct edge_port_range *range, const struct edge_interface *same,
                       struct edge_interface **out)
{
    struct edge_interface *interface = calloc(1, sizeof(*interface));
    int err = 0;

    if (!interface)
        return -ENOMEM;
    interface->config = *config;
    if (same)
        interface->pool = same->pool;
    else
        err = pool_new(range, &interface->pool);
    if (err != 0) {
        free(interface);
        return err;
    }
    interface->pool->n_users++;
    *out = interface;
    return 0;
}

void edge_interface_free(struct edge_interface *interface)
{
    if (!interface)
        return;
    if (--interface->pool->n_users == 0) {
        pthread_mutex_destroy(&interface->pool->lock);
        edge_ports_free(interface->pool->ports);
        free(interface->pool);
    }
    free(interface);
}

const struct edge_interface_config *edge_interface_get_config(const struct edge_interface *i)
{
    return &i->config;
}

static void set_tos(int fd, sa_family_t family, uint8_t tos)
{
    int value = tos;

    /* Marking is a wish: media flows without it too. */
    if (family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &value, sizeof(value));
    else
        (void)setsockopt(fd, IPPROTO_IP, IP_TOS, &value, sizeof(value));
}

static int open_socket(const union edge_address *local, uint16_t port, uint8_t tos, int *out)
{
    union edge_address address = *local;
    const int yes = 1;
    int fd = socket(local->any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int err;

    if (fd < 0)
        return -errno;
    edge_address_set_port(&address, port);
    if (address.any.sa_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
    set_tos(fd, address.any.sa_family, tos);
    if (bind(fd, &address.any, edge_address_length(&address)) != 0) {
        err = -errno;
        close(fd);
        return err;
    }
    *out = fd;
    return 0;
}

static int open_both(struct edge_interface *interface, uint16_t port, uint8_t tos,
                     struct edge_media_sockets *out)
{
    int rtp_fd = -1;
    int rtcp_fd = -1;
    int err = open_socket(&interface->config.local, port, tos, &rtp_fd);

    if (err != 0)
        return err;
    err = open_socket(&interface->config.local, (uint16_t)(port + 1), tos, &rtcp_fd);
    if (err != 0) {
        close(rtp_fd);
        return err;
    }
    *out = (struct edge_media_sockets){rtp_fd, rtcp_fd, port};
    return 0;
}

static int take_port(struct edge_interface *interface, uint64_t now_ns, uint16_t *port)
{
    int err;

    pthread_mutex_lock(&interface->pool->lock);
    err = edge_ports_take(interface->pool->ports, now_ns, port);
    pthread_mutex_unlock(&interface->pool->lock);
    return err;
}

static void return_port(struct edge_interface *interface, uint16_t port, uint64_t now_ns)
{
    pthread_mutex_lock(&interface->pool->lock);
    edge_ports_return(interface->pool->ports, port, now_ns);
    pthread_mutex_unlock(&interface->pool->lock);
}

int edge_interface_open_pair(struct edge_interface *interface, uint8_t tos, uint64_t now_ns,
                             struct edge_media_sockets *out)
{
    for (int attempt = 0; attempt < BIND_ATTEMPTS; attempt++) {
        uint16_t port;
        int err = take_port(interface, now_ns, &port);

        if (err != 0)
            return err;
        err = open_both(interface, port, tos, out);
        if (err == 0)
            return 0;
        return_port(interface, port, now_ns);
        if (err != -EADDRINUSE)
            return err;
    }
    return -ENOSPC;
}

int edge_interface_open_pair_at(struct edge_interface *interface, uint8_t tos, uint16_t port,
                                uint64_t now_ns, struct edge_media_sockets *out)
{
    int err;

    pthread_mutex_lock(&interface->pool->lock);
    err = edge_ports_claim(interface->pool->ports, port);
    pthread_mutex_unlock(&interface->pool->lock);
    if (err != 0)
        return err;
    err = open_both(interface, port, tos, out);
    if (err != 0)
        return_port(interface, port, now_ns);
    return err;
}

bool edge_interface_is_local(const struct edge_interface *interface)
{
    int fd = -1;
    bool is_local = open_socket(&interface->config.local, 0, 0, &fd) == 0;

    if (fd >= 0)
        close(fd);
    return is_local;
}

void edge_interface_close_pair(struct edge_interface *interface,
                               const struct edge_media_sockets *sockets, uint64_t now_ns)
{
    if (sockets->rtp_fd >= 0)
        close(sockets->rtp_fd);
    if (sockets->rtcp_fd >= 0)
        close(sockets->rtcp_fd);
    return_port(interface, sockets->rtp_port, now_ns);
}

void edge_interface_count(struct edge_interface *interface, size_t *total, size_t *used)
{
    pthread_mutex_lock(&interface->pool->lock);
    *total = edge_ports_total(interface->pool->ports);
    *used = edge_ports_used(interface->pool->ports);
    pthread_mutex_unlock(&interface->pool->lock);
}
