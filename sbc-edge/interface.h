// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "address.h"
#include "ip.h"
#include "view.h"

/**
 * The local addresses media is received on, and their ports. Any thread may open and close pairs:
 * a lock inside guards the ports (control path only).
 */

#define EDGE_INTERFACES_MAX     16
#define EDGE_INTERFACE_NAME_MAX 31

struct edge_interface_config {
    char name[EDGE_INTERFACE_NAME_MAX + 1];
    union edge_address local;  /**< bound to; port 0 */
    struct edge_ip advertised; /**< written into descriptions */
};

/** Reads `[NAME/]ADDRESS[!ADVERTISED]`. 0; -EINVAL. The default name is "default". */
int edge_interface_config_parse(const char *text, struct edge_interface_config *out);

struct edge_interface;

struct edge_media_sockets {
    int rtp_fd;
    int rtcp_fd;
    uint16_t rtp_port; /**< RTCP is the next one */
};

struct edge_port_range {
    uint16_t port_min;
    uint16_t port_max;
    uint64_t rest_ns; /**< how long a freed pair rests [ns] */
    uint32_t start;   /**< random: where the search begins */
};

/**
 * `same`: an interface with the same address, whose ports are then shared; NULL where there is
 * none. 0 and `*out`; -EINVAL for a range without a pair; -ENOMEM. Not thread-safe, and neither is
 * edge_interface_free.
 */
int edge_interface_new(const struct edge_interface_config *config,
                       const struct edge_port_range *range, const struct edge_interface *same,
                       struct edge_interface **out);

/** NULL is fine. */
void edge_interface_free(struct edge_interface *interface);

const struct edge_interface_config *edge_interface_get_config(const struct edge_interface *i);

/**
 * Opens a pair of non-blocking UDP sockets with the type of service `tos`. Returns 0; -ENOSPC when
 * no pair is free; or the negative errno value of a socket call that will not get better by trying
 * another port.
 */
int edge_interface_open_pair(struct edge_interface *interface, uint8_t tos, uint64_t now_ns,
                             struct edge_media_sockets *out);

/**
 * The same for the pair with this RTP port, which a call had before. -EBUSY when it is in use here;
 * -EINVAL when it is none of this interface's range any more; or as above.
 */
int edge_interface_open_pair_at(struct edge_interface *interface, uint8_t tos, uint16_t port,
                                uint64_t now_ns, struct edge_media_sockets *out);

/** True when its address is this machine's now. */
bool edge_interface_is_local(const struct edge_interface *interface);

/** Closes the sockets that are not -1 and lets the ports rest. */
void edge_interface_close_pair(struct edge_interface *interface,
                               const struct edge_media_sockets *sockets, uint64_t now_ns);

/** Pairs in all and in use, for the metrics. */
void edge_interface_count(struct edge_interface *interface, size_t *total, size_t *used);
